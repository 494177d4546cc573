# shellcheck shell=bash disable=SC2034,SC2154
# The base images, in the registry on loopback under the names that the real ones have in theirs:
#   library/debian:bookworm        plain Debian                                              amd64, arm64
#   devcontainers/base:bookworm    git, curl, sudo, ca-certificates, user vscode (1000)      amd64, arm64
#   devcontainers/dotnet:10.0      base and the .NET SDK of this machine                     amd64
# Beside an engine that was there before us the real ones are copied; else, or where they cannot be reached, stand-ins are built.

images=(library/debian:bookworm devcontainers/base:bookworm devcontainers/dotnet:10.0)
layout=$home/layout

image_is_there() {
  [[ $(http HEAD 127.0.0.1 "$(registry_port)" "/v2/${1%:*}/manifests/${1##*:}") == 200 ]]
}

images_wanted() { if has dotnet; then echo "${images[@]}"; else echo "${images[@]:0:2}"; fi; }

missing_images() {
  local image missing=()
  for image in $(images_wanted); do
    image_is_there "$image" || missing+=("$image")
  done
  echo "${missing[*]-}"
}

# To be raised when the content of an image changes.
images_version=3

images_up() {
  local variant sdk
  sdk=$(sdk_version)
  variant=$(engine_mode)${sdk:+ $sdk}
  if stamped "$state/images" "$images_version" "$variant" && [[ -z $(missing_images) ]]; then
    say "images: up already"
    return
  fi
  if [[ $(engine_mode) == own ]]; then
    images_build
  elif ! images_copy; then
    images_buildable || die "images: the real ones cannot be reached, and only root on Debian can build stand-ins"
    packages_up judges tools
    tools_link
    images_build
  fi
  echo "$images_version $variant" >"$state/images"
}

# From the folder's name: asking dotnet takes longer than all the rest of a second `up`.
sdk_version() {
  if has dotnet; then find "$(dotnet_root)/sdk" -mindepth 1 -maxdepth 1 -name '[0-9]*' | sed 's#.*/##' | sort | paste -s -d ' '; fi
}

dotnet_root() { dirname "$(readlink -f "$(command -v dotnet)")"; }

images_status() {
  local missing
  registry_answers && missing=$(missing_images) || missing="${images[*]}"
  if [[ $missing ]]; then
    report images down "missing: $missing"
    return 1
  fi
  report images up "$(images_wanted)"
}

# Copied from registry to registry, so that every platform comes along and the image store of the engine does not matter.
images_copy() {
  local image from
  for image in $(images_wanted); do
    case $image in
    library/*) from=${DEVCONTAINER_ENGINE_HUB:-docker.io}/$image ;;
    *) from=${DEVCONTAINER_ENGINE_MCR:-mcr.microsoft.com}/$image ;;
    esac
    say "images: copying $from"
    current_docker buildx imagetools create --tag "localhost:$(registry_port)/$image" "$from" >"$logs/images.log" 2>&1 || {
      tail -n 1 "$logs/images.log" >&2
      warn "images: $from cannot be copied"
      return 1
    }
  done
}

images_buildable() { [[ $(uname -s) == Linux && $(id -u) == 0 && -f $debian_keyring ]] && debian_mirror >/dev/null && emulation_works; }

images_build() {
  local image job jobs=()
  say "images: bootstrapping Debian $release for amd64 and arm64"
  rm -rf "$layout"
  mkdir -p "$layout/blobs/sha256" "$layout/notes"
  if has dotnet; then
    layer sdk sdk_tar &
    jobs+=($!)
  fi
  rootfs_build
  for image in {amd64,arm64}-{plain,base}; do
    layer "$image" rootfs_tar "$rootfs/$image" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || die "the layers could not be packed"; done
  layout_write
  say "images: pushing to localhost:$(registry_port)"
  for image in $(images_wanted); do
    "$bin/oras" cp --from-oci-layout "$layout:${image//[\/:]/-}" "localhost:$(registry_port)/$image" >"$logs/images.log" 2>&1 || {
      tail -n 3 "$logs/images.log" >&2
      die "$image could not be pushed: see $logs/images.log"
    }
  done
  rm -rf "$layout" "$rootfs" "$rootfs_apt"
}

# The SDK where the real image has it, with the link that puts it on PATH.
sdk_tar() {
  mkdir -p "$layout/notes/links/usr/bin"
  ln -s ../share/dotnet/dotnet "$layout/notes/links/usr/bin/dotnet"
  tar -c --sort=name --mtime="@$epoch" --clamp-mtime --numeric-owner --owner=0 --group=0 --mode=go-w --format=posix \
    --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --transform='flags=r;s#^\.#usr/share/dotnet#' \
    -C "$layout/notes/links" usr/bin/dotnet -C "$(dotnet_root)" .
}

# layer <name> <command...>: packs the tar that the command writes; notes hold its digest, size and uncompressed digest.
layer() {
  local name=$1 file=$layout/notes/$1
  shift
  "$@" >"$file.tar" && sha256sum <"$file.tar" | cut -d ' ' -f 1 >"$file.diff" && gzip -n -1 "$file.tar" || return
  blob "$file.tar.gz" >"$file.blob"
}

# blob <file>: moves it into the layout and prints its digest and size.
blob() {
  local digest
  digest=$(sha256sum <"$1" | cut -d ' ' -f 1)
  mv "$1" "$layout/blobs/sha256/$digest"
  # Last, since a reader goes on as soon as it has the line.
  stat -c "sha256:$digest %s" "$layout/blobs/sha256/$digest"
}

joined() {
  local IFS=,
  echo "$*"
}

# The image formats that are out there: Docker's official images are OCI, the dev container images are Docker's own.
oci=(application/vnd.oci.image.{index,manifest,config}.v1+json application/vnd.oci.image.layer.v1.tar+gzip)
docker=(application/vnd.docker.distribution.manifest.{list.v2,v2}+json application/vnd.docker.container.image.v1+json
  application/vnd.docker.image.rootfs.diff.tar.gzip)

system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The label of the real image, as a JSON string.
features=ghcr.io/devcontainers/features
metadata='[ {\"id\":\"'$features'/common-utils:2\"}, {\"id\":\"'$features'/git:1\"}, {\"remoteUser\":\"vscode\"} ]'
base_config='"User":"root","Labels":{"devcontainer.metadata":"'$metadata'"},'
sdk_env='"DOTNET_RUNNING_IN_CONTAINER=true","DOTNET_USE_POLLING_FILE_WATCHER=true","NUGET_XMLDOC_MODE=skip"'

layout_write() {
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  local types=("${oci[@]}") entries=()
  entries+=("$(index library-debian-bookworm "$(manifest amd64 '' '' amd64-plain)" "$(manifest arm64 '' '' arm64-plain)")")
  types=("${docker[@]}")
  entries+=("$(index devcontainers-base-bookworm "$(manifest amd64 "$base_config" '' amd64-base)" \
    "$(manifest arm64 "$base_config" '' arm64-base)")")
  if has dotnet; then
    entries+=("$(index devcontainers-dotnet-10.0 "$(manifest amd64 "$base_config" ",$sdk_env" amd64-base sdk)")")
  fi
  printf '{"schemaVersion":2,"manifests":[%s]}' "$(joined "${entries[@]}")" >"$layout/index.json"
}

# manifest <architecture> <more configuration> <more environment> <layer...>: prints the index entry. Reads types.
manifest() {
  local architecture=$1 more=$2 env=$3 name digest size layers=() diffs=() file=$layout/notes/json
  shift 3
  for name in "$@"; do
    read -r digest size <"$layout/notes/$name.blob"
    layers+=("{\"mediaType\":\"${types[3]}\",\"digest\":\"$digest\",\"size\":$size}")
    diffs+=("\"sha256:$(cat "$layout/notes/$name.diff")\"")
  done
  {
    printf '{"architecture":"%s","os":"linux","created":"%s",' "$architecture" "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)"
    printf '"config":{%s"Env":["PATH=%s"%s],"Cmd":["bash"]},' "$more" "$system_path" "$env"
    printf '"rootfs":{"type":"layers","diff_ids":[%s]}}' "$(joined "${diffs[@]}")"
  } >"$file"
  read -r digest size < <(blob "$file")
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"%s","size":%s},"layers":[%s]}' \
    "${types[1]}" "${types[2]}" "$digest" "$size" "$(joined "${layers[@]}")" >"$file"
  read -r digest size < <(blob "$file")
  printf '{"mediaType":"%s","digest":"%s","size":%s,"platform":{"architecture":"%s","os":"linux"}}' \
    "${types[1]}" "$digest" "$size" "$architecture"
}

# index <tag> <entry...>: prints the layout's entry. Reads types.
index() {
  local tag=$1 digest size file=$layout/notes/json
  shift
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' "${types[0]}" "$(joined "$@")" >"$file"
  read -r digest size < <(blob "$file")
  printf '{"mediaType":"%s","digest":"%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}' \
    "${types[0]}" "$digest" "$size" "$tag"
}
