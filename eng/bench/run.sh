#!/usr/bin/env bash
# Measures the figures of docs/figures.md and prints a table: eng/bench/run.sh [rounds]
# Sets up the engine, packs the SDK, installs the reference CLI from its lock file. Everything it writes is under artifacts/bench.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/artifacts/bench

"$root/eng/engine.sh" up
eval "$("$root/eng/engine.sh" env)"
"$root/eng/pack.sh"
rm -rf "$out"
mkdir -p "$out"
dotnet pack "$here/EmptySdk/Empty.Sdk.csproj" --output "$root/artifacts/packages" --nologo --verbosity quiet
cp "$here/package.json" "$here/package-lock.json" "$out/"
npm ci --prefix "$out" --silent --no-audit --no-fund
dotnet run --project "$here/Devcontainer.Bench.csproj" --configuration Release -- "$root" "$out" "${1:-7}"
