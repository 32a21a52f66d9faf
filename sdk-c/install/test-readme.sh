#!/bin/bash
# Follows the guide of sdk-c/README.md line by line: its sh blocks, in one shell, with a home folder that
# is empty. Only the port is another one, because 8081 may be taken here.
set -uo pipefail
cd "$(dirname "$0")/../.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
passed=0 failed=0
check() { # TEXT COMMAND...
    if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $1"; tail -n 40 "$home/log"; fi
}
awk '/^## /{ guide = /From an empty folder/ } guide && /^```$/{ block = 0 } guide && block { print } guide && /^```sh$/{ block = 1 }' \
    sdk-c/README.md >"$home/guide.sh"
port=$((20000 + $$ % 20000))
sed -i "s/8081/$port/g" "$home/guide.sh"
commands=$(grep -vcE '^(EOF|$)' <(awk "/<<'EOF'/{ print; skip = 1 } !skip { print } /^EOF/{ skip = 0 }" "$home/guide.sh"))
cache=${AXON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/axon}
start=$SECONDS
HOME=$home AXON_CACHE=$cache bash -em "$home/guide.sh" >"$home/log" 2>&1 </dev/null
status=$?
check "the guide runs to its end" test "$status" = 0
check "the tests of the template pass" grep -q '^8 passed, 0 failed$' "$home/log"
check "the tests of call and page pass" grep -q '^14 passed, 0 failed$' "$home/log"
check "the local network answers" grep -q '^(5 : nat64)$' "$home/log"
# What the guide quotes of the template is in the template.
awk '/^## /{ guide = /From an empty folder/ } guide && /^```$/{ block = 0 } guide && block { print } guide && /^```c$/{ block = 1 }' \
    sdk-c/README.md >"$home/quoted"
while IFS= read -r line; do
    check "quoted from the template: $line" grep -qxF -- "$line" sdk-c/template/main.c sdk-c/template/test_hello.c
done <"$home/quoted"
echo "$commands commands, $((SECONDS - start)) seconds"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
