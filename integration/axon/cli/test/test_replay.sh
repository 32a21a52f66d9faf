#!/bin/bash
# Replays the recordings of the official ledger on ours: every step must give the same outcome, value,
# texts, certificates and certified data. Counts steps.
set -uo pipefail
cd "$(dirname "$0")/../../../.."
output=$(build/axon replay integration/vectors/ledger-core/*.jsonl.gz 2>&1)
status=$?
printf '%s\n' "$output" | tail -n 60
# "total  calls  same bytes  same value  different  not implemented  ..."
read -r _ calls bytes value different missing _ < <(printf '%s\n' "$output" | tail -n 1)
passed=$((${bytes:-0} + ${value:-0})) failed=$((${different:-0} + ${missing:-0}))
# Both files were replayed to their end, and the exit status agrees.
[ "${calls:-0}" = 4124 ] || failed=$((failed + 1))
{ [ "$status" = 0 ] && [ "$failed" = 0 ]; } || { [ "$status" = 1 ] && [ "$failed" != 0 ]; } || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
