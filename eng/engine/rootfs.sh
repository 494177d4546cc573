# shellcheck shell=bash disable=SC2034,SC2154
# Debian root file systems for amd64 and arm64, plain and with what a dev container base image has.
#
# amd64 is a normal bootstrap. Doing the same for arm64 takes minutes, because each package's installation scripts run under
# emulation. But what those scripts leave behind (users, groups, alternatives, certificates, debconf answers) does not depend on
# the architecture. So the arm64 packages are unpacked, and the files that no package owns are taken from the amd64 root.

rootfs=$home/rootfs
release=bookworm
# libicu, because .NET asks for it and the real image has it.
base_extras=(git curl sudo ca-certificates libicu72)
# Newer times are set back to this one, so that the same packages give the same layers.
epoch=1767225600

rootfs_apt=$home/apt-rootfs

rootfs_sources() {
  local security
  cat <<EOF
Types: deb
URIs: $(debian_mirror)
Suites: $release $release-updates
Components: main
Signed-By: $debian_keyring
EOF
  security=$(apt-get update --print-uris 2>/dev/null | sed -nE "s#^'([^']*/debian-security)/dists/.*#\1#p" | head -n 1)
  [[ -z $security ]] || cat <<EOF

Types: deb
URIs: $security
Suites: $release-security
Components: main
Signed-By: $debian_keyring
EOF
}

# What apt needs here to reach the archive (a proxy, a clock that is off), it needs in a build inside an image too.
rootfs_apt_options() {
  apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' | grep -v '""' || true
  echo "$apt_retries"
  echo 'Acquire::Languages "none";'
}

rootfs_apt_prepare() {
  rm -rf "$rootfs" "$rootfs_apt"
  mkdir -p "$rootfs/debs/partial" "$rootfs_apt"/{lists/partial,parts,none}
  rootfs_sources >"$rootfs_apt/parts/debian.sources"
  rootfs_apt_options >"$rootfs_apt/options"
  : >"$rootfs_apt/status"
  cat - "$rootfs_apt/options" >"$rootfs_apt/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Dir::State::lists "$rootfs_apt/lists";
Dir::State::status "$rootfs_apt/status";
Dir::Cache "$rootfs/debs";
Dir::Cache::archives "$rootfs/debs";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$rootfs_apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$rootfs_apt/none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
EOF
}

rootfs_build() {
  local amd64
  rootfs_apt_prepare
  retry rootfs_amd64 >"$logs/rootfs-amd64.log" 2>&1 &
  amd64=$!
  # In the background, because errexit does not reach into what stands before `||`.
  rootfs_arm64_download >"$logs/rootfs-arm64.log" 2>&1 &
  wait $! || rootfs_failed arm64
  wait "$amd64" || rootfs_failed amd64
  {
    rootfs_arm64 plain
    rootfs_arm64 base
  } >>"$logs/rootfs-arm64.log" 2>&1 &
  wait $! || rootfs_failed arm64
}

rootfs_failed() {
  tail -n 8 "$logs/rootfs-$1.log" >&2
  die "no $1 root file system: see $logs/rootfs-$1.log"
}

# The plain one is copied aside half way: one file system only, since /proc and /sys are mounted in it then.
rootfs_amd64() {
  local options=()
  rm -rf "$rootfs"/amd64-*
  mapfile -t options < <(sed 's/^/--aptopt=/' "$rootfs_apt/options")
  SOURCE_DATE_EPOCH=$epoch with_root mmdebstrap --mode=root --variant=minbase --arch=amd64 --format=directory \
    "${options[@]}" \
    --customize-hook="cp -ax \"\$1\" '$rootfs/amd64-plain'" \
    --customize-hook="sh '$here/base.sh' \"\$1\" ${base_extras[*]}" \
    "$release" "$rootfs/amd64-base" "$rootfs_apt/parts/debian.sources" || return
  rm -rf "$rootfs"/amd64-plain/var/lib/apt/lists/* "$rootfs"/amd64-plain/var/cache/apt/archives/*
}

# Every package of both root file systems, each unpacked once into a folder of its own.
rootfs_arm64_download() {
  export APT_CONFIG=$rootfs_apt/apt.conf
  retry apt-get -q update &&
    retry apt-get -q -y --download-only install '?essential' '?priority(required)' apt "${base_extras[@]}" || return
  mkdir -p "$rootfs/unpacked"
  # shellcheck disable=SC2016
  printf '%s\0' "$rootfs"/debs/*.deb | xargs -0 -n 1 -P "$(nproc)" sh -c '
        folder=$0/$(dpkg-deb --field "$1" Package) && mkdir "$folder" && dpkg-deb --raw-extract "$1" "$folder"' "$rootfs/unpacked"
}

installed() { dpkg-query --admindir="$1/var/lib/dpkg" --show --showformat '${Package}\n' | sort; }

# rootfs_arm64 <plain|base>
rootfs_arm64() {
  local from=$rootfs/amd64-$1 to=$rootfs/arm64-$1 package link
  mkdir -p "$to/var/lib/dpkg/info"
  for link in bin sbin lib; do mkdir -p "$to/usr/$link" && ln -s "usr/$link" "$to/$link"; done
  while read -r package; do
    [[ -d $rootfs/unpacked/$package ]] || { echo "arm64 has no package $package" && continue; }
    tar -c -C "$rootfs/unpacked/$package" --exclude=./DEBIAN . | tar -x -C "$to" --keep-directory-symlink
    rootfs_record "$rootfs/unpacked/$package" "$to"
  done < <(installed "$from")
  echo 1 >"$to/var/lib/dpkg/info/format"
  rootfs_overlay "$from" "$to"
  rootfs_modes "$from" "$to"
  # The one thing that does depend on the architecture.
  chroot "$to" /sbin/ldconfig
}

# Writes what dpkg would have recorded of an installed package.
rootfs_record() {
  local control=$1/DEBIAN name file info=$2/var/lib/dpkg/info
  name=$(sed -n 's/^Package: //p' "$control/control")
  {
    sed '/^Package: /a Status: install ok installed' "$control/control"
    if [[ -f $control/conffiles ]]; then
      echo Conffiles:
      while read -r file; do
        [[ $file != /* ]] || echo " $file $(md5sum <"$1$file" | cut -d ' ' -f 1)"
      done <"$control/conffiles"
    fi
    echo
  } >>"$2/var/lib/dpkg/status"
  ! grep -q '^Multi-Arch: same' "$control/control" || name=$name:arm64
  for file in "$control"/*; do
    [[ $file == */control ]] || cp "$file" "$info/$name.${file##*/}"
  done
  (cd "$1" && find . -path ./DEBIAN -prune -o -print | sed 's#^\.##; s#^$#/.#') >"$info/$name.list"
}

# The files of <from> that no package owns. Packages of this release still name /bin and /lib, where files are in /usr now.
rootfs_overlay() {
  local triplet=x86_64-linux-gnu
  cat "$1"/var/lib/dpkg/info/*.list | sed -E 's#^/(bin|sbin|lib|lib64)(/|$)#/usr/\1\2#' | sort -u >"$rootfs/owned"
  (cd "$1" && find . -mindepth 1 \( -path ./dev -o -path ./proc -o -path ./sys -o -path ./run -o -path ./tmp \
    -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt/lists \
    -o -path ./var/lib/dpkg/info -o -path './var/lib/dpkg/status*' -o -path './var/lib/dpkg/lock*' -o -path ./var/lib/dpkg/arch \
    -o -path ./etc/ld.so.cache -o -path ./lib64 -o -path './usr/lib64' -o -name $triplet \) -prune -o -print) |
    sed 's#^\.##' | sort | comm -23 - "$rootfs/owned" | sed 's#^#.#' >"$rootfs/unowned"
  tar -c -C "$1" --no-recursion --files-from="$rootfs/unowned" | tar -x -C "$2" --keep-directory-symlink
  if [[ -f $2/var/lib/apt/extended_states ]]; then sed -i 's/^Architecture: amd64/Architecture: arm64/' "$2/var/lib/apt/extended_states"; fi
  sed -i 's/:amd64/:arm64/' "$2"/var/lib/dpkg/triggers/*
}

# Some installation scripts change owner or mode of a file that a package owns.
rootfs_modes() {
  local mode owner path
  comm -13 <(cd "$2" && find . ! -type l -printf '%m %U:%G %p\n' | sort) <(cd "$1" && find . ! -type l -printf '%m %U:%G %p\n' | sort) |
    while read -r mode owner path; do
      if [[ -e $2/$path && ! -L $2/$path ]]; then chown "$owner" "$2/$path" && chmod "$mode" "$2/$path"; fi
    done
}

# A tar for a layer: sorted, with fixed times, and without what differs from run to run.
rootfs_tar() {
  tar -c -C "$1" --sort=name --mtime="@$epoch" --clamp-mtime --numeric-owner --format=posix \
    --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
    --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' --exclude='./run/*' --exclude='./tmp/*' \
    --exclude='./var/cache/*' --exclude='./var/log/*' --exclude='./var/lib/apt/lists/*' \
    --exclude=./etc/resolv.conf --exclude=./etc/hostname --exclude='./var/lib/dpkg/*-old' .
}
