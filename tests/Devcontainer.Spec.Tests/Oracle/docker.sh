#!/bin/sh
# Stands in for docker while the reference CLI is asked: answers what it inspects, and keeps what it would build. Compose files are read by docker compose itself.
case "$1 $2" in
  "inspect --type")
    if [ -f "$ORACLE/image.json" ]; then cat "$ORACLE/image.json"; else echo "Error: No such image: $4" >&2; exit 1; fi ;;
  "buildx version") echo "github.com/docker/buildx v0.29.1 oracle" ;;
  "version "*) echo "28.5.2" ;;
  "compose version") docker compose version --short ;;
  "compose --project-name")
    # The last file is what the reference adds: its Dockerfile and the folder of its Features.
    for file in "$@"; do [ "$before" = -f ] && last=$file; before=$file; done
    dockerfile=$(sed -n 's/^ *dockerfile: \(.*Dockerfile-with-features\)$/\1/p' "$last")
    [ -z "$dockerfile" ] || cp "$dockerfile" "$ORACLE/Dockerfile"
    content=$(sed -n 's/^ *- dev_containers_feature_content_source=//p' "$last")
    [ -z "$content" ] || cp -r "$content" "$ORACLE/content" ;;
  "compose "*) exec docker "$@" ;;
  "buildx build")
    printf '%s\n' "$@" > "$ORACLE/arguments"
    while [ $# -gt 0 ]; do
      case "$1" in
        -f) cp "$2" "$ORACLE/Dockerfile" ;;
        --build-context) cp -r "${2#*=}" "$ORACLE/content" ;;
      esac
      shift
    done ;;
esac
