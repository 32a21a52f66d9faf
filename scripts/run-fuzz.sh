#!/bin/bash
# Runs each fuzz target built with MODE=fuzz for RUNS executions from its kept corpus and prints the
# count. A crash stops with the input's path. New inputs go to build/fuzz/found, not into the tree.
#   run-fuzz.sh RUNS [MODE]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=$1 mode=${2-fuzz}
for target in $(make --no-print-directory -s MODE="$mode" print-FUZZ_TARGETS); do
    name=$(basename "$target")
    found=build/$mode/found/$name
    mkdir -p "$found"
    corpus=$(git ls-files "*corpus/$name/*" | xargs -r dirname | sort -u)
    [ -n "$corpus" ] || { echo "$name: no kept corpus"; exit 1; }
    echo "$name: kept corpus of $(git ls-files "*corpus/$name/*" | wc -l) inputs"
    # shellcheck disable=SC2086
    "$target" $corpus -runs=0 -timeout=10 2>"build/$mode/$name.log" ||
        { tail -n 30 "build/$mode/$name.log"; exit 1; }
    # shellcheck disable=SC2086
    "$target" "$found" $corpus -runs="$runs" -seed=1 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="build/$mode/$name-" 2>"build/$mode/$name.log" ||
        { tail -n 30 "build/$mode/$name.log"; exit 1; }
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/$mode/$name.log") executions"
done
