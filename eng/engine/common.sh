# shellcheck shell=bash disable=SC2034,SC2154
# Where things are, how they are said, and what counts as alive.

home=${DEVCONTAINER_ENGINE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/devcontainer-sdk-engine}
root=$home/root   # unpacked packages
state=$home/state # pid files and notes on what `up` changed
logs=$home/log
bin=$home/bin # what `env` puts on PATH
socket=$home/docker.sock

say() { echo "engine.sh: $*" >&2; }
warn() { say "warning: $*"; }
die() {
  say "error: $*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Takes the lock of the private folder: two clones may call `up` at once. Descriptor 9 must not reach a daemon,
# which would hold the lock for as long as it lives.
enter() {
  case $(uname -s) in
  Linux | Darwin) ;;
  *) die "$(uname -s) is not supported: run this inside WSL 2 or a Linux machine" ;;
  esac
  # A unix socket's path holds 107 bytes, and the engine makes longer ones below the same folder.
  ((${#socket} < 80)) || die "the private folder's path is too long: set DEVCONTAINER_ENGINE_HOME to a shorter one"
  mkdir -p "$root" "$state" "$logs" "$bin"
  if has flock; then
    exec 9>"$home/lock"
    flock -n 9 || {
      say "waiting for another engine.sh"
      flock 9
    }
  fi
}

# running <name> <program>: whether the process in the pid file is alive and still that program, not a later
# process that was given the same id.
running() {
  local pid exe
  pid=$(cat "$state/$1.pid" 2>/dev/null) && exe=$(readlink "/proc/$pid/exe" 2>/dev/null) &&
    [[ ${exe% (deleted)} == "$2" ]]
}

# start <name> <command...>: in a session of its own, so that it outlives the calling shell or CI step.
start() {
  local name=$1
  shift
  setsid nohup "$@" >"$logs/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$state/$name.pid"
}

# stop <name> <program>: asks, waits up to 20 s, then insists.
stop() {
  local pid
  running "$1" "$2" || {
    rm -f "$state/$1.pid"
    return 0
  }
  pid=$(cat "$state/$1.pid")
  kill "$pid" 2>/dev/null || true
  wait_for 20 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
  rm -f "$state/$1.pid"
}

# A process that nobody has waited for is gone too; it has no program any more.
gone() { ! readlink "/proc/$1/exe" >/dev/null 2>&1; }

# retry <command...>: three times, for what depends on a network.
retry() {
  "$@" || { sleep 1 && "$@"; } || { sleep 3 && "$@"; }
}

# wait_for <seconds> <command...>
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# http <method> <host> <port> <path>: the status code, with nothing but bash, since a bare machine has no curl.
http() {
  local line
  {
    exec 8<>"/dev/tcp/$2/$3"
  } 2>/dev/null || return 1
  printf '%s\r\n' "$1 $4 HTTP/1.0" "Host: $2:$3" 'Accept: application/vnd.oci.image.index.v1+json' \
    'Accept: application/vnd.docker.distribution.manifest.list.v2+json' '' >&8
  IFS= read -r -t 5 line <&8 2>/dev/null || line=
  exec 8>&-
  line=${line#* }
  echo "${line%% *}"
}

# stamped <file> <version> [<rest>]: whether <file> was written for this version or a later one. Clones of different age share
# the private folder; they must not undo each other's work in turn.
stamped() {
  local version rest
  [[ -f $1 ]] && read -r version rest <"$1" && [[ $version =~ ^[0-9]+$ ]] && ((version >= $2)) && [[ $rest == "${3:-}" ]]
}

engine_mode() { cat "$state/engine" 2>/dev/null || echo none; }

env_write() {
  {
    # The second `eval` of a shell must not make PATH longer.
    # shellcheck disable=SC2016
    printf 'case ":$PATH:" in *:%q:*) ;; *) export PATH=%q:"$PATH" ;; esac\n' "$bin" "$bin"
    if [[ $(engine_mode) == own ]]; then
      printf 'export DOCKER_HOST=%q\n' "unix://$socket"
      echo 'unset DOCKER_CONTEXT'
    fi
    printf 'export DEVCONTAINER_TEST_REGISTRY=%q\n' "localhost:$(registry_port)"
  } >"$state/env.new"
  mv "$state/env.new" "$state/env"
}

# The `false` makes the caller's `eval` fail, which an empty output would not.
env_print() {
  [[ -f $state/env ]] || {
    echo false
    die "nothing is up: run eng/engine.sh up"
  }
  cat "$state/env"
}

report() { printf '%-10s %-5s %s\n' "$1" "$2" "$3"; }
