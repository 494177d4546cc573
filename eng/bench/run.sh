#!/usr/bin/env bash
# Measures the figures of docs/figures.md and prints a table: eng/bench/run.sh [rounds [figure...]]
# Sets up the engine, packs the SDK, installs the reference CLI from its lock file. Everything it writes is under artifacts/bench.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/artifacts/bench
rounds=${1:-7}
figures=("${@:2}")
((${#figures[@]})) || figures=(1 2 3 4 5 7 8)

"$root/eng/engine.sh" up
eval "$("$root/eng/engine.sh" env)"
rm -rf "$out"
mkdir -p "$out"
if [[ " ${figures[*]} " =~ " "[123457]" " ]]; then
  "$root/eng/pack.sh"
  dotnet pack "$here/EmptySdk/Empty.Sdk.csproj" --output "$root/artifacts/packages" --nologo --verbosity quiet
  cp "$here/package.json" "$here/package-lock.json" "$out/"
  npm ci --prefix "$out" --silent --no-audit --no-fund
fi
dotnet publish "$here/Devcontainer.Bench.csproj" --configuration Release --output "$out/program" --nologo --verbosity quiet
"$out/program/Devcontainer.Bench" "$root" "$out" "$rounds" "${figures[@]}"
