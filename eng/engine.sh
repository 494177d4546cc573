#!/usr/bin/env bash
# An engine, a registry on loopback, arm64 emulation and base images for machines that have none of them.
#
#   eng/engine.sh up       use the engine that is there, else set one up in a private folder
#   eng/engine.sh env      print the settings: eval "$(eng/engine.sh env)"
#   eng/engine.sh status   one line per part; exit code 0 when all are up
#   eng/engine.sh browser  a browser without a window, for the tests of pages that people look at
#   eng/engine.sh down     stop and remove everything that `up` started; downloads and images stay
#
# DEVCONTAINER_ENGINE_HOME is the private folder, shared by every clone on the machine.
# shellcheck source-path=SCRIPTDIR/engine
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/engine
. "$here/common.sh"
. "$here/packages.sh"
. "$here/daemon.sh"
. "$here/registry.sh"
. "$here/emulation.sh"
. "$here/rootfs.sh"
. "$here/images.sh"

up() {
  enter
  if engine_is_ours || ! engine_is_foreign; then
    echo own >"$state/engine"
    packages_up engine judges tools
    tracer_up
    daemon_up
  else
    echo existing >"$state/engine"
    foreign_up
    judges_up
  fi
  tools_link
  registry_up
  emulation_up
  images_up
  env_write
  say "up in ${SECONDS} s. Now: eval \"\$(eng/engine.sh env)\""
}

status() {
  local part down=0
  for part in engine buildx registry emulation images judges; do
    "${part}_status" || down=1
  done
  return "$down"
}

down() {
  enter
  registry_down
  daemon_down
  emulation_down
  leftovers_down
  rm -f "$state/env"
  say "down; downloads and images stay in $home"
}

browser() {
  enter
  browser_up
}

case "${1:-}" in
up | status | browser | down) "$1" ;;
env) env_print ;;
*)
  sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
