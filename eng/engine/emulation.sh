# arm64 programs on an amd64 kernel, through binfmt_misc. A handler that is there already is used and left alone.

binfmt=/proc/sys/fs/binfmt_misc
qemu=$root/usr/bin/qemu-aarch64-static

# ELF header of a 64-bit little-endian aarch64 program, and the bits of it that count (as in Debian's own registration).
aarch64_magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
aarch64_mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

emulation_works() {
    [[ $(uname -m) == aarch64 || $(uname -m) == arm64 ]] && return
    if [[ $(uname -s) == Linux ]]; then
        [[ -f $binfmt/qemu-aarch64 ]] && grep -q enabled "$binfmt/qemu-aarch64"
    else
        current_docker buildx inspect 2>/dev/null | grep -q linux/arm64
    fi
}

emulation_up() {
    if emulation_works; then
        say "emulation: arm64 works already"
        return
    fi
    if [[ -x $qemu && $(id -u) == 0 ]]; then
        emulation_register
    else
        say "emulation: letting the engine register arm64"
        current_docker run --rm --privileged "${DEVCONTAINER_ENGINE_BINFMT_IMAGE:-tonistiigi/binfmt}" --install arm64 >"$logs/emulation.log" 2>&1 &&
            echo engine >"$state/binfmt-registered"
    fi
    emulation_works || warn "arm64 programs cannot be run here: only amd64 images can be built"
}

# F opens the interpreter now, so that it works inside containers; P keeps the program's own name as its first argument;
# C gives set-uid programs their rights (sudo does not work without it) and wants O.
emulation_register() {
    say "emulation: registering qemu for arm64"
    if [[ ! -f $binfmt/register ]]; then
        mount -t binfmt_misc binfmt_misc "$binfmt" && touch "$state/binfmt-mounted"
    fi
    printf ':qemu-aarch64:M::%s:%s:%s:POCF\n' "$aarch64_magic" "$aarch64_mask" "$qemu" >"$binfmt/register" &&
        echo kernel >"$state/binfmt-registered"
}

emulation_down() {
    case $(cat "$state/binfmt-registered" 2>/dev/null) in
    kernel) [[ ! -f $binfmt/qemu-aarch64 ]] || echo -1 >"$binfmt/qemu-aarch64" ;;
    engine) current_docker run --rm --privileged "${DEVCONTAINER_ENGINE_BINFMT_IMAGE:-tonistiigi/binfmt}" --uninstall qemu-aarch64 >/dev/null 2>&1 || true ;;
    esac
    if [[ -f $state/binfmt-mounted ]]; then umount "$binfmt" || true; fi
    rm -f "$state/binfmt-registered" "$state/binfmt-mounted"
}

emulation_status() {
    emulation_works || { report emulation down ""; return 1; }
    report emulation up arm64
}
