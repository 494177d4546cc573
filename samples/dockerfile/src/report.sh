#!/bin/sh
printf 'built for the @BUILT_FOR@ of %s\n' "$(cat /etc/team)"
