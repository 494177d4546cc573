# shellcheck shell=bash disable=SC2034,SC2154
# Debian packages, downloaded with an apt configuration of our own and unpacked into the private folder: the machine's
# suites, package database and libraries stay as they are.

judges=(oras crane cosign skopeo)

# The engine is from sid, because bookworm's is too old and has no buildx; it is built against bookworm's libc or an older one.
# The rest is from the machine's own suite, with what it needs and the machine has not. (sid's runc and skopeo want a newer libc.)
package_set() {
  case $1 in
  engine) echo {docker.io,docker-cli,docker-buildx,docker-compose,containerd,tini-static}/sid runc iptables iproute2 ;;
  judges) echo {oras,crane,cosign}/sid skopeo ;;
  tools) echo docker-registry qemu-user-static mmdebstrap ;;
  tracer) echo strace ;;
  browser) echo chromium-headless-shell fonts-liberation ;;
  esac
}
# To be raised when a set changes.
package_set_version() {
  case $1 in
  judges) echo 3 ;;
  *) echo 2 ;;
  esac
}

apt_home=$home/apt
private_apt() { APT_CONFIG=$apt_home/apt.conf "$@"; }

# The mirror that the machine's apt is set to, so that a proxy or an internal mirror is honoured.
debian_mirror() {
  local uri
  uri=${DEVCONTAINER_ENGINE_DEBIAN_MIRROR:-$(apt-get update --print-uris 2>/dev/null |
    sed -nE "s#^'([^']*/debian)/dists/.*#\1#p" | head -n 1)}
  [[ $uri ]] || return 1
  echo "$uri"
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt 2.6 may wait for minutes, or for ever, before it retries after a reset connection: retry at once instead.
apt_retries='Acquire::Retries "3";
Acquire::Retries::Delay "false";'

apt_prepare() {
  local mirror suite
  has apt-get && [[ -f $debian_keyring ]] && mirror=$(debian_mirror) || return 1
  suite=$(. /etc/os-release && [[ $ID == debian ]] && echo "$VERSION_CODENAME") || suite=
  mkdir -p "$apt_home"/{lists/partial,cache/archives/partial,parts,none}
  cat >"$apt_home/parts/debian.sources" <<EOF
Types: deb
URIs: $mirror
Suites: $suite sid
Components: main
Architectures: $(dpkg --print-architecture)
Signed-By: $debian_keyring
EOF
  printf 'Package: *\nPin: release n=sid\nPin-Priority: 100\n' >"$apt_home/preferences"
  # The machine's apt.conf.d still applies (proxy, certificates); the index files that only desktops want do not.
  cat >"$apt_home/apt.conf" <<EOF
Dir::State::lists "$apt_home/lists";
Dir::Cache "$apt_home/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt_home/parts";
Dir::Etc::preferences "$apt_home/preferences";
Dir::Etc::preferencesparts "$apt_home/none";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Acquire::Languages "none";
$apt_retries
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
APT::Sandbox::User "root";
Debug::NoLocking "1";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
EOF
  retry private_apt apt-get -q update >"$logs/apt.log" 2>&1
}

# packages_up <set...>: downloads and unpacks the sets that are not there in this version.
packages_up() {
  local set package sid=() suite=() sets=() debs=$home/debs
  for set in "$@"; do
    if stamped "$root/.unpacked-$set" "$(package_set_version "$set")"; then continue; fi
    sets+=("$set")
    for package in $(package_set "$set"); do
      if [[ $package == */sid ]]; then sid+=("$package"); else suite+=("$package"); fi
    done
  done
  ((${#sets[@]})) || return 0
  say "packages: downloading ${sets[*]} (privately; the machine's own are not touched)"
  apt_prepare || packages_failed "no Debian archive to download from: install an engine, or set DEVCONTAINER_ENGINE_DEBIAN_MIRROR"
  rm -rf "$debs"
  mkdir -p "$debs/partial"
  if ((${#sid[@]})); then
    (cd "$debs" && retry private_apt apt-get -q download "${sid[@]}") >>"$logs/apt.log" 2>&1 || packages_failed "download failed"
  fi
  if ((${#suite[@]})); then
    retry private_apt apt-get -q -y --reinstall --no-install-recommends -o Dir::Cache::archives="$debs" --download-only \
      install "${suite[@]}" >>"$logs/apt.log" 2>&1 || packages_failed "download failed"
  fi
  say "packages: unpacking"
  # shellcheck disable=SC2016
  printf '%s\0' "$debs"/*.deb | xargs -0 -n 1 -P "$(nproc)" bash -c '
        dpkg-deb --fsys-tarfile "$1" | tar -x -C "$0" --no-same-owner --exclude=./usr/share/{doc,man,locale} \
            --exclude="./usr/bin/qemu-[!a]*" --exclude="./usr/bin/qemu-a[lr]*" --exclude="./usr/bin/qemu-aarch64_*"' "$root" ||
    die "unpacking failed"
  rm -rf "$debs"
  for set in "${sets[@]}"; do package_set_version "$set" >"$root/.unpacked-$set"; done
}

packages_failed() {
  tail -n 5 "$logs/apt.log" >&2 2>/dev/null || true
  die "$1: see $logs/apt.log"
}

# What goes on the caller's PATH: the independent judges, a registry for tests that start their own, and with our own engine the docker
# command with its plugins.
tools_link() {
  local tool
  for tool in "${judges[@]}" docker-registry; do
    if [[ ! -x $root/usr/bin/$tool ]]; then continue; fi
    if [[ $tool == skopeo ]]; then
      skopeo_command >"$bin/skopeo.new"
      chmod +x "$bin/skopeo.new"
      mv "$bin/skopeo.new" "$bin/skopeo"
    else
      ln -sfn "$root/usr/bin/$tool" "$bin/$tool"
    fi
  done
  if [[ $(engine_mode) != own ]]; then
    rm -f "$bin/docker"
  elif ! cmp -s <(docker_command) "$bin/docker"; then
    docker_command >"$bin/docker.new"
    chmod +x "$bin/docker.new"
    mv "$bin/docker.new" "$bin/docker"
  fi
}

# What kills programs at a given system call, for the tests of crashes. Its libraries are none of the traced program's business.
tracer_up() {
  has strace || (packages_up tracer) || warn "strace is missing, tests that need it are skipped"
  [[ ! -x $root/usr/bin/strace ]] || {
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q -E LD_LIBRARY_PATH "$@"\n' "$lib_path" "$root/usr/bin/strace" >"$bin/strace.new"
    chmod +x "$bin/strace.new"
    mv "$bin/strace.new" "$bin/strace"
  }
}

# A browser for the tests of pages that people look at: `env` puts it on PATH where it was set up.
browser_up() {
  packages_up browser
  local program
  program=$(find "$root/usr/lib/chromium" -name chromium-headless-shell -o -name headless_shell 2>/dev/null | head -n 1)
  [[ $program ]] || die "the browser is not where it was: see $root/usr/lib/chromium"
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q FONTCONFIG_PATH=%q exec %q "$@"\n' "$lib_path:${lib_path%%:*}/pulseaudio" "$root/etc/fonts" "$program" >"$bin/chromium-headless-shell.new"
  chmod +x "$bin/chromium-headless-shell.new"
  mv "$bin/chromium-headless-shell.new" "$bin/chromium-headless-shell"
  say "browser: $bin/chromium-headless-shell"
}

docker_command() { sed "s#@root@#$root#" "$here/docker"; }

# It is linked to libraries of the private folder, and wants a policy.
skopeo_command() {
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q --policy %q "$@"\n' "$lib_path" "$root/usr/bin/skopeo" "$root/etc/containers/policy.json"
}

missing_judges() {
  local tool missing=()
  for tool in "${judges[@]}"; do
    [[ -x $bin/$tool ]] || has "$tool" || missing+=("$tool")
  done
  echo "${missing[*]-}"
}

# Beside an engine that was there before us, the judges are welcome and not required.
judges_up() {
  [[ $(missing_judges) ]] || return 0
  (packages_up judges) || warn "these judges are missing, tests that need them are skipped: $(missing_judges)"
}

judges_status() {
  local missing
  missing=$(missing_judges)
  if [[ $missing ]]; then
    report judges down "missing: $missing"
    return 1
  fi
  report judges up "${judges[*]}"
}
