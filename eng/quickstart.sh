#!/usr/bin/env bash
# From a fresh clone to a two-platform dev container image, and to a second build that finds it: sets up what is missing, packs the SDK and
# prebuilds samples/quickstart.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

step() { printf '\n==> %s\n' "$*"; }

step "An engine, a registry, arm64 emulation and base images (eng/engine.sh up)"
eng/engine.sh up
eval "$(eng/engine.sh env)"

step "The SDK, packed into artifacts/packages (eng/pack.sh)"
eng/pack.sh

# The sample starts from a public image, which the registry of eng/engine.sh stands in for. Locked mode, the default on CI, asks for
# checked-in pins; the pins of a stand-in are worth nothing elsewhere.
export DevcontainerRegistryMirrors="mcr.microsoft.com=$DEVCONTAINER_TEST_REGISTRY"
export DevcontainerLockedMode=false
project=samples/quickstart

step "dotnet build $project -t:Prebuild"
dotnet build "$project" -t:Prebuild --tl:off --nologo

step "Again: nothing has changed"
dotnet build "$project" -t:Prebuild --tl:off --nologo

step "What the next step of a build gets (-getItem)"
dotnet build "$project" -t:Prebuild -getItem:DevcontainerDigest -getItem:DevcontainerSbom

step "Into the local engine, and run on both platforms (-t:LoadDevcontainer)"
dotnet build "$project" -t:LoadDevcontainer --tl:off --nologo --verbosity minimal
for platform in linux/amd64 linux/arm64; do
    docker run --rm --platform "$platform" --user vscode quickstart hello
done
