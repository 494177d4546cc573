#!/usr/bin/env bash
# Runs the tests: what CI runs, or with --all the long ones too. Sets up an engine, a registry and base images where the machine has none.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

case "${1:-}" in
"") ;;
--all) export DEVCONTAINER_TEST_ALL=1 ;;
*)
    echo "usage: eng/test.sh [--all]" >&2
    exit 2
    ;;
esac

eng/engine.sh up
[[ -z ${DEVCONTAINER_TEST_ALL:-} ]] || eng/engine.sh browser
eval "$(eng/engine.sh env)"

echo "test.sh: building"
dotnet build Devcontainer.Sdk.sln --nologo --verbosity quiet

echo "test.sh: running the tests"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# Whatever a shell starts in the background ignores Ctrl-C, which some tests send.
interruptible=()
env --default-signal=INT true 2> /dev/null && interruptible=(env --default-signal=INT)
"${interruptible[@]}" dotnet test --solution Devcontainer.Sdk.sln --no-build | tee "$log" || status=$?

# The runner's own summary, as the one line that is easy to find.
count() { sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
echo "${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped"
exit "$status"
