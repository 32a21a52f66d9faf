#!/bin/bash
# Words and constructs that do not belong in this repository: goto, allocation in core folders, work
# left undone, header guards that are missing, and paths of anybody's machine.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
refuse() { # WHY PATTERN FILES...
    local why=$1 pattern=$2 hits
    shift 2
    hits=$(printf '%s\n' "$@" | xargs -r grep -nE "$pattern" || true)
    [ -z "$hits" ] || { printf '%s:\n%s\n' "$why" "$hits"; status=1; }
}
mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t core < <(git ls-files 'ledger/*.c' 'nns/*.c' 'cycles/*.c' 'sdk-c/src/*.c' 'sdk-c/candid/*.c' 'canisters/*.c' | grep -v /test/)
mapfile -t all < <(git ls-files | grep -vE 'vectors/|package-lock|scripts/check-text.sh|corpus/|\.(wasm|bin)$')
refuse 'goto' '^\s+goto ' "${sources[@]}"
refuse 'allocation in core code' '\b(malloc|calloc|realloc)\(' "${core[@]}"
refuse 'work left undone' '\b(TODO|FIXME|XXX)\b' "${all[@]}"
refuse "a machine's path" '(/home/|/root/|/work/|/Users/)' "${all[@]}"
for header in $(git ls-files '*.h' | grep -v golden | grep -v expected); do
    grep -qE '^#ifndef [A-Z0-9_]+_H$' "$header" || { echo "$header: no include guard"; status=1; }
done
exit $status
