#!/bin/bash
# The fuzzers as a test: each target passes its kept corpus and 20,000 more executions, and each finds
# the bug that -DAXON_PLANTED_BUG plants in its decoder.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
check() { if "${@:2}"; then passed=$((passed + 1)); echo "ok $1"; else failed=$((failed + 1)); echo "FAILED $1"; fi; }

corpus_passes() { ASAN_OPTIONS=allow_user_segv_handler=1 "$1" "${@:2}" -runs=0 -timeout=10 2>build/fuzz.log || { tail -n 20 build/fuzz.log; false; }; }
more_pass() {
    local target=$1; shift
    "$target" "$@" -runs=20000 -seed=1 -timeout=10 -artifact_prefix=build/fuzz/ 2>build/fuzz.log || { tail -n 20 build/fuzz.log; false; }
}
# However the target dies, it is the planted bug, since without it the same inputs pass; but running out of
# time (70) or memory (71), or not running at all (126, 127), is no find.
bug_is_found() {
    local target=$1 status=0; shift
    "$target" "$@" -runs=2000000 -seed=1 -timeout=10 -artifact_prefix=build/fuzzbug/ >build/fuzz.log 2>&1 || status=$?
    case $status in
    0 | 70 | 71 | 126 | 127) tail -n 5 build/fuzz.log; return 1 ;;
    esac
}

for mode in fuzz fuzzbug; do
    make --no-print-directory -s MODE=$mode fuzzers || { echo "0 passed, 1 failed"; exit 1; }
done
for target in $(make --no-print-directory -s MODE=fuzz print-FUZZ_TARGETS); do
    name=$(basename "$target")
    corpus=$(git ls-files "*corpus/$name/*" | xargs -r dirname | sort -u)
    scratch=build/fuzz/scratch/$name
    rm -rf "$scratch" && mkdir -p "$scratch"
    # shellcheck disable=SC2086
    check "$name: kept corpus" corpus_passes "$target" $corpus
    # shellcheck disable=SC2086
    check "$name: 20,000 more" more_pass "$target" "$scratch" $corpus
    rm -rf "$scratch" && mkdir -p "$scratch"
    # shellcheck disable=SC2086
    check "$name: planted bug is found" bug_is_found "build/fuzzbug/fuzz/$name" "$scratch" $corpus
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
