#!/bin/bash
# Runs the wallet tests against a network of its own; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d build/clients.XXXXXX)
trap 'kill "$network" 2>/dev/null; wait "$network" 2>/dev/null; rm -rf "$work"' EXIT

port=$((20000 + RANDOM % 20000))
build/axon start --port "$port" --seed wallet-test --identities "$work/identities" >"$work/log" 2>&1 &
network=$!
for _ in $(seq 100); do
    curl -sf "http://127.0.0.1:$port/api/v2/status" -o /dev/null && break
    sleep 0.1
done
URL=http://127.0.0.1:$port IDENTITIES="$PWD/$work/identities" \
    node --test --test-reporter=tap integration/clients/wallet.test.mjs >"$work/tap" 2>&1
cat "$work/tap"
passed=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$work/tap")
failed=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$work/tap")
[ -n "$passed" ] || { cat "$work/log"; passed=0 failed=1; }
echo "$passed passed, $failed failed"
