#!/bin/sh
# base.sh <root> <package...>: makes a plain Debian root file system what a dev container base image is.
# Run by mmdebstrap, which has the network and mounts of the root set up.
set -eu
root=$1
shift

# The certificates that the machine trusts beyond Debian's, so that a proxy works inside builds as it does outside.
mkdir -p "$root/usr/local/share/ca-certificates"
for certificate in /usr/local/share/ca-certificates/*.crt; do
  [ ! -f "$certificate" ] || cp "$certificate" "$root/usr/local/share/ca-certificates/"
done

chroot "$root" apt-get install -y --no-install-recommends "$@"
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 --user-group vscode
echo 'vscode ALL=(root) NOPASSWD:ALL' >"$root/etc/sudoers.d/vscode"
chmod 0440 "$root/etc/sudoers.d/vscode"
