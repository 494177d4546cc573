# shellcheck shell=bash disable=SC2034,SC2154
# arm64 programs on an amd64 kernel, through binfmt_misc. A handler that is there already is used and left alone.

binfmt=/proc/sys/fs/binfmt_misc
qemu=$root/usr/bin/qemu-aarch64-static

# ELF header of a 64-bit little-endian aarch64 program, and the bits of it that count (as in Debian's own registration).
aarch64_magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
aarch64_mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

binfmt_files() { grep -lsF "$1" "$binfmt"/* || true; }

# handler <flag...>: whether an enabled handler for aarch64 has all of these flags.
handler() {
  local file flag flags
  for file in $(binfmt_files 'magic 7f454c460201010000000000000000000200b700'); do
    flags=$(sed -n 's/^flags: //p' "$file")
    for flag in "$@"; do [[ $flags == *$flag* ]] || flags=; done
    if [[ $flags ]] && grep -q enabled "$file"; then return 0; fi
  done
  return 1
}

emulation_works() {
  case $(uname -s)-$(uname -m) in
  *-aarch64 | *-arm64) ;;
  Linux-*) handler F ;;
  *) current_docker buildx inspect 2>/dev/null | grep -q linux/arm64 ;;
  esac
}

emulation_up() {
  if [[ $(engine_mode) == own ]]; then
    binfmt_mount
    handler F C || emulation_register
  elif ! emulation_works; then
    say "emulation: letting the engine register arm64"
    if engine_binfmt --install arm64 >"$logs/emulation.log" 2>&1; then
      touch "$state/binfmt-engine"
    elif [[ -x $qemu && $(id -u) == 0 ]]; then
      binfmt_mount
      emulation_register
    fi
  fi
  if emulation_works; then say "emulation: arm64 works"; else warn "arm64 programs cannot be run here: only amd64 images can be built"; fi
}

# Before anything is looked up in it: handlers are the kernel's, and there without the mount too.
binfmt_mount() {
  [[ -f $binfmt/register ]] || { mount -t binfmt_misc binfmt_misc "$binfmt" && touch "$state/binfmt-mounted"; }
}

engine_binfmt() { current_docker run --rm --privileged "${DEVCONTAINER_ENGINE_BINFMT_IMAGE:-tonistiigi/binfmt}" "$@"; }

# F opens the interpreter now, so that it works inside containers; P keeps the program's own name as its first argument;
# C gives set-uid programs their rights (sudo does not work without it) and wants O. Where another handler without
# them has the usual name, ours goes before it, since the last one registered is asked first.
emulation_register() {
  local name=qemu-aarch64
  say "emulation: registering qemu for arm64"
  [[ ! -f $binfmt/$name ]] || name=devcontainer-aarch64
  [[ ! -f $binfmt/$name ]] || echo -1 >"$binfmt/$name"
  printf ':%s:M::%s:%s:%s:POCF\n' "$name" "$aarch64_magic" "$aarch64_mask" "$qemu" >"$binfmt/register"
  echo "$name" >"$state/binfmt"
}

emulation_down() {
  local name
  name=$(cat "$state/binfmt" 2>/dev/null) || name=
  # Somebody else may have put theirs in its place.
  if [[ $name ]] && grep -qsxF "interpreter $qemu" "$binfmt/$name"; then echo -1 >"$binfmt/$name"; fi
  if [[ -f $state/binfmt-engine ]]; then engine_binfmt --uninstall qemu-aarch64 >/dev/null 2>&1 || true; fi
  if [[ -f $state/binfmt-mounted ]]; then umount "$binfmt" || true; fi
  rm -f "$state/binfmt" "$state/binfmt-engine" "$state/binfmt-mounted"
}

emulation_status() {
  emulation_works || {
    report emulation down ""
    return 1
  }
  report emulation up arm64
}
