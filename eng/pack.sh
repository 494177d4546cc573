#!/usr/bin/env bash
# Packs Devcontainer.Sdk into artifacts/packages, the local feed of the samples and of this repository's own dev container.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

dotnet pack "$root/sdk/Devcontainer.Sdk.csproj" --configuration Release --output "$root/artifacts/packages" --nologo --verbosity quiet "$@"
# The version stays the same while we work, and NuGet never unpacks one it has a second time.
rm -rf "$root/artifacts/sdk-packages/devcontainer.sdk"
