# shellcheck shell=bash disable=SC2034,SC2154
# The engine: the one that is there, or a private dockerd on a socket in the private folder.

dockerd=$root/usr/sbin/dockerd
lib_path=$root/usr/lib/$(uname -m)-linux-gnu:$root/lib/$(uname -m)-linux-gnu
perl_path=$(printf '%s:' "$root"/usr/{share/perl5,share/perl/5*.*,lib/"$(uname -m)"-linux-gnu/perl/5*.*})

# Runs a command with the programs and libraries of the private folder, for those that the machine lacks.
with_root() {
  LD_LIBRARY_PATH=$lib_path XTABLES_LIBDIR=$root/usr/lib/$(uname -m)-linux-gnu/xtables PERL5LIB=$perl_path \
  PATH=$root/usr/sbin:$root/usr/bin:$root/sbin:$root/bin:$PATH "$@"
}

engine_is_ours() { running docker "$dockerd"; }

# Whether an engine other than ours answers. A caller that has evaluated our `env` asks through our own socket.
engine_is_foreign() {
  [[ ${DOCKER_HOST:-} != "unix://$socket" ]] && has docker && docker version >/dev/null 2>&1
}

foreign_up() {
  local where
  where=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || where=unknown
  case ${DOCKER_HOST:-$where} in
  ssh://* | tcp://*) warn "the engine is on another machine, which cannot reach a registry on the loopback of this one" ;;
  esac
  docker buildx version >/dev/null 2>&1 || die "the engine that is there has no buildx: install the docker buildx plugin"
  say "engine: using the one that is there ($(docker version --format '{{.Server.Version}}'))"
}

engine_answers() { "$root/usr/bin/docker" -H "unix://$socket" version >/dev/null 2>&1; }

engine_answers_or_ended() { gone "$(cat "$state/docker.pid")" || engine_answers; }

daemon_up() {
  if engine_is_ours && engine_answers; then
    say "engine: up already"
    return
  fi
  [[ $(uname -s) == Linux && $(id -u) == 0 ]] || die "no engine answers, and only root on Linux can set one up: start Docker first"
  [[ $(dpkg --print-architecture) == amd64 ]] || die "no engine answers, and one can be set up on amd64 only: start Docker first"
  say "engine: starting dockerd with the containerd image store"
  cgroups_up
  network_up
  daemon_config >"$home/daemon.json"
  rm -f "$socket" "$state/docker.pid" "$state/dockerd.pid"
  with_root start docker "$dockerd" --config-file "$home/daemon.json"
  wait_for 60 engine_answers_or_ended
  engine_answers || {
    tail -n 15 "$logs/docker.log" >&2
    die "dockerd did not start: see $logs/docker.log"
  }
}

# iptables stays off so that two engines, or an engine and the machine's firewall, do not rewrite each other's chains:
# network_up adds the three rules that are needed, network_down takes back those three.
daemon_config() {
  cat <<EOF
{
  "hosts": ["unix://$socket"],
  "data-root": "$home/docker",
  "exec-root": "$home/exec",
  "pidfile": "$state/dockerd.pid",
  "features": { "containerd-snapshotter": true },
  "bridge": "$(bridge)",
  "default-address-pools": [{ "base": "$(subnet)", "size": 24 }],
  "iptables": false,
  "ip6tables": false,
  "userland-proxy-path": "$root/usr/sbin/docker-proxy",
  "init-path": "$root/usr/bin/docker-init",
  "log-level": "warn"
}
EOF
}

# A container engine needs the cgroup file system, which a bare machine or a nested one may not have mounted.
cgroups_up() {
  if [[ -e /sys/fs/cgroup/cgroup.controllers || -d /sys/fs/cgroup/memory ]]; then return; fi
  mount -t cgroup2 none /sys/fs/cgroup && touch "$state/cgroup-mounted"
}

# The second byte of the engine's 10.x.0.0/16: from the private folder's path, moved on while the machine has a route there.
network_number() {
  local n
  if [[ ! -f $state/network ]]; then
    n=$(($(cksum <<<"$home" | cut -d ' ' -f 1) % 100 + 100))
    while with_root ip -4 route | grep -q "^10\.$n\."; do n=$(((n - 99) % 100 + 100)); done
    echo "$n" >"$state/network"
  fi
  cat "$state/network"
}
subnet() { echo "10.$(network_number).0.0/16"; }
bridge() { echo "devc$(network_number)"; }

# The kernel has the nftables back end, the old one, or both.
ipt() {
  if [[ ! -f $state/iptables ]]; then
    local program=xtables-legacy-multi
    if with_root xtables-nft-multi iptables -w -t nat -S >/dev/null 2>&1; then program=xtables-nft-multi; fi
    echo "$program" >"$state/iptables"
    # The engine looks for `iptables` to set up name resolution inside user-defined networks.
    ln -sf "$program" "$root/usr/sbin/iptables"
    ln -sf "$program" "$root/usr/sbin/ip6tables"
  fi
  with_root "$(cat "$state/iptables")" iptables -w "$@"
}

# each_rule <command...>: calls it with table, chain and rule.
each_rule() {
  "$@" nat POSTROUTING -s "$(subnet)" ! -d "$(subnet)" -j MASQUERADE
  "$@" filter FORWARD -s "$(subnet)" -j ACCEPT
  "$@" filter FORWARD -d "$(subnet)" -j ACCEPT
}
rule_add() { ipt -t "$1" -C "${@:2}" 2>/dev/null || ipt -t "$1" -I "${@:2}"; }
rule_remove() { while ipt -t "$1" -D "${@:2}" 2>/dev/null; do :; done; }

network_up() {
  local address
  address=10.$(network_number).255.1/24
  [[ -d /sys/class/net/$(bridge) ]] || with_root ip link add "$(bridge)" type bridge
  with_root ip address replace "$address" dev "$(bridge)"
  with_root ip link set "$(bridge)" up
  [[ -f $state/ip_forward ]] || cat /proc/sys/net/ipv4/ip_forward >"$state/ip_forward"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  each_rule rule_add
}

network_down() {
  [[ -f $state/network ]] || return 0
  local device
  each_rule rule_remove
  # Our bridge, and those of networks that somebody made in the engine.
  with_root ip -o -4 address show to "$(subnet)" | awk '{ print $2 }' | while read -r device; do
    with_root ip link delete "$device"
  done
  # Forwarding goes back to what it was, unless another engine has come to rely on it.
  if [[ -f $state/ip_forward ]] && ! compgen -G '/sys/class/net/docker*' >/dev/null && ! compgen -G '/sys/class/net/devc*' >/dev/null; then
    cat "$state/ip_forward" >/proc/sys/net/ipv4/ip_forward
  fi
  rm -f "$state/ip_forward" "$state/network"
}

daemon_down() {
  [[ -x $dockerd ]] || return 0
  # After a crash of dockerd its containers run on: a new one takes them over and ends them in order.
  if ! engine_is_ours && [[ $(private_processes) ]]; then (daemon_up) || true; fi
  stop docker "$dockerd"
  network_down
}

# Every process whose program lies in the private folder.
private_processes() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    if [[ $(readlink "$exe" 2>/dev/null) == "$root"/* ]]; then
      exe=${exe#/proc/}
      echo "${exe%/exe}"
    fi
  done
}

no_private_processes() { [[ -z $(private_processes) ]]; }

# What may be left over after a crash, and mounts below the private folder.
leftovers_down() {
  [[ $(uname -s) == Linux ]] || return 0
  if ! wait_for 5 no_private_processes; then private_processes | xargs -r kill -9; fi
  local mount
  awk -v home="$home/" 'index($2, home) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
    umount "$mount" || umount -l "$mount"
  done
  if [[ -f $state/cgroup-mounted ]]; then umount /sys/fs/cgroup && rm -f "$state/cgroup-mounted"; fi
}

current_docker() {
  if [[ $(engine_mode) == own ]]; then "$bin/docker" -H "unix://$socket" "$@"; else docker "$@"; fi
}

engine_status() {
  local what store
  what=$(current_docker info --format '{{.ServerVersion}} {{json .DriverStatus}}' 2>/dev/null) || what=' '
  if [[ $what == ' '* ]]; then
    report engine down ""
    return 1
  fi
  case $what in
  *containerd.snapshotter*) store='containerd image store' ;;
  *) store='classic image store' ;;
  esac
  report engine up "${what%% *}, $store, $(engine_mode)"
}

buildx_status() {
  local version
  version=$(current_docker buildx version 2>/dev/null) || {
    report buildx down ""
    return 1
  }
  report buildx up "$version"
}
