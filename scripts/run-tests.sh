#!/bin/bash
# Builds and runs every test; the last line is "N passed, N failed". Each test is a program or script
# that ends with a cmocka summary or with a line "N passed, N failed"; one that says neither, or dies,
# counts as a failure.
#   run-tests.sh [PATTERN]     only tests whose path contains PATTERN
set -uo pipefail
cd "$(dirname "$0")/.."
pattern=${1-}
passed=0 failed=0
log=build/test.log
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1:allow_user_segv_handler=1}

make_quietly() { make --no-print-directory -s "$@"; }

# Adds the counts that the output in $log reports; $1 is the test's name, $2 its exit status.
count() {
    local ok bad line
    line=$(tail -n 1 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed$')
    if [ -n "$line" ]; then
        ok=${line%% *} bad=$(cut -d' ' -f3 <<<"$line")
    else
        ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$log" | paste -sd+ | bc_sum)
        bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log" | paste -sd+ | bc_sum)
    fi
    if [ $((ok + bad)) = 0 ] || { [ "$2" != 0 ] && [ "$bad" = 0 ]; }; then
        bad=$((bad + 1))
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" = 0 ]; then
        printf 'ok    %-58s %6d passed\n' "$1" "$ok"
    else
        tail -n 60 "$log"
        printf 'FAIL  %-58s %6d passed, %d failed (exit status %d)\n' "$1" "$ok" "$bad" "$2"
    fi
}

bc_sum() { local s; read -r s || s=0; echo $((${s:-0})); }

run() {
    [[ "$1" == *"$pattern"* ]] || return 0
    timeout 1200 "$@" >"$log" 2>&1 </dev/null
    count "$1" $?
}

mkdir -p build
make_quietly MODE=asan unit >build/unit-build.log 2>&1 || { cat build/unit-build.log; passed=0 failed=1; }
for test in $(make_quietly MODE=asan print-UNIT_TESTS); do run "$test"; done
make_quietly axon-tests || failed=$((failed + 1))
for test in $(make_quietly print-AXON_TESTS); do run "$test"; done
run scripts/test-fuzzers.sh
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
