# shellcheck shell=bash disable=SC2034,SC2154
# A registry on loopback: Debian's docker-registry beside our own engine, else what is there.

registry=$root/usr/bin/docker-registry
registry_container=devcontainer-sdk-registry

registry_port() { cat "$state/port"; }
registry_answers() { [[ -f $state/port && $(http GET 127.0.0.1 "$(registry_port)" /v2/) == 200 ]]; }
port_is_free() { ! { exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; }

# The port is kept, since image names hold it; another one is taken only if it is in use.
choose_port() {
  local port
  if [[ -f $state/port ]] && port_is_free "$(registry_port)"; then return; fi
  for port in {5000..5099}; do
    if port_is_free "$port"; then
      echo "$port" >"$state/port"
      return
    fi
  done
  die "no free port between 5000 and 5099 for the registry"
}

registry_up() {
  if registry_is_ours && registry_answers; then
    say "registry: up already on localhost:$(registry_port)"
    return
  fi
  choose_port
  if [[ ! -x $registry ]] && ! registry_container_up; then packages_up tools; fi
  if [[ -x $registry ]]; then
    registry_config >"$home/registry.yml"
    start registry "$registry" serve "$home/registry.yml"
  fi
  wait_for 20 registry_answers || die "the registry did not start: see $logs/registry.log"
  say "registry: up on localhost:$(registry_port)"
}

registry_container_up() {
  registry_container_down
  current_docker run -d --name "$registry_container" -p "127.0.0.1:$(registry_port):5000" \
    -e REGISTRY_STORAGE_DELETE_ENABLED=true -v "$registry_container:/var/lib/registry" \
    "${DEVCONTAINER_ENGINE_REGISTRY_IMAGE:-registry:2}" >"$logs/registry.log" 2>&1 && touch "$state/registry-container"
}

registry_container_down() {
  current_docker rm -f "$registry_container" >/dev/null 2>&1 || true
  rm -f "$state/registry-container"
}

registry_config() {
  cat <<EOF
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: $home/registry }
  delete: { enabled: true }
http: { addr: "127.0.0.1:$(registry_port)" }
EOF
}

registry_is_ours() { [[ -f $state/registry-container ]] || running registry "$registry"; }

registry_down() {
  if [[ -f $state/registry-container ]]; then registry_container_down; else stop registry "$registry"; fi
}

registry_status() {
  registry_answers || {
    report registry down ""
    return 1
  }
  report registry up "localhost:$(registry_port)"
}
