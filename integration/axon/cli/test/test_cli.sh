#!/bin/bash
# The program as it is used: `axon start` in the background, then calls, installations and bad input.
# Each row checks exit status and a text of stdout and stderr together.
set -uo pipefail
cd "$(dirname "$0")/../../../.."
axon=build/axon
keys=integration/axon/agent/test/keys
ledger=ryjl3-tyaaa-aaaaa-aaaba-cai
work=$(mktemp -d)
passed=0 failed=0
server=

finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

# check NAME STATUS TEXT COMMAND...: TEXT must be part of what the command prints ("" for anything).
check() {
    local name=$1 expected=$2 text=$3 status
    shift 3
    "$@" >"$work/out" 2>&1 </dev/null
    status=$?
    if [ "$status" = "$expected" ] && { [ -z "$text" ] || grep -qF -e "$text" "$work/out"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %d, expected %d and the text: %s\n' "$name" "$status" "$expected" "$text"
        head -c 2000 "$work/out"
    fi
}

# ---- no network needed -----------------------------------------------------------------------------
check "help" 0 "Commands:" $axon --help
check "no command" 2 "no command given" $axon
check "unknown command" 2 "no such command: fly" $axon fly
for command in start call install replay bench; do
    check "help of $command" 0 "Usage: axon $command" $axon $command --help
    check "unknown option of $command" 2 "unrecognized option" $axon $command --no-such-option
done
check "call without method" 2 "CANISTER and METHOD are needed" $axon call $ledger
check "call, bad canister" 2 "not a canister id: nobody" $axon call nobody name
check "call, too many words" 2 "quote the Candid text" $axon call $ledger name '()' more
check "call, bad URL" 2 "not an http:// or https:// URL" $axon call --network ftp://x $ledger name
check "call, short root key" 2 "not 133 bytes in hexadecimal" $axon call --root-key 00ff $ledger name
check "call, odd root key" 2 "not 133 bytes in hexadecimal" $axon call --root-key xyz $ledger name
check "call, absent PEM" 2 "No such file or directory" $axon call --identity $work/none.pem $ledger name
check "call, encrypted PEM" 2 "the private key is encrypted" $axon call --identity $keys/encrypted.pem $ledger name
check "call, P-384" 2 "not a private key of Ed25519, P-256 or secp256k1" $axon call --identity $keys/p384.pem $ledger name
check "call, nobody listens" 3 "cannot ask for the root key" $axon call --network http://127.0.0.1:1 $ledger name
check "install without module" 2 "WASM is needed" $axon install
check "install, absent module" 2 "No such file or directory" $axon install $work/none.wasm
check "install, bad mode" 2 "install, reinstall or upgrade, not fast" $axon install --mode fast $work/none.wasm
check "upgrade of nothing" 2 "needs --canister" $axon install --mode upgrade $work/none.wasm
check "start, bad port" 2 "a number from 0 to 65535" $axon start --port 70000
check "start, word" 2 "unexpected argument: now" $axon start now
check "replay without file" 2 "no transcript given" $axon replay
check "replay, absent file" 2 "No such file or directory" $axon replay $work/none.jsonl
check "replay, absent module" 2 "No such file or directory" $axon replay --wasm $work/none.wasm $work/none.jsonl
echo '{"time_ns":1}' >$work/bad.jsonl
check "replay, bad file" 2 "line 1: canister" $axon replay $work/bad.jsonl
: >$work/empty.jsonl
check "replay, empty file" 2 "the transcript is empty" $axon replay $work/empty.jsonl
# A recording that our ledger did not make: its last line is changed in one thing.
transcript() { zcat integration/vectors/ledger-core/core-seed11.jsonl.gz | head -n 60 | sed "\$ $1" >$work/changed.jsonl; }
transcript 's/^//'
check "replay, the same" 0 "total" $axon replay $work/changed.jsonl
transcript 's/"certified_data_hex":"../"certified_data_hex":"zz/'
check "replay, no hex" 2 "line 60: certified_data_hex" $axon replay $work/changed.jsonl
transcript 's/"certified_data_hex":"..../"certified_data_hex":"0102/'
check "replay, certified data" 1 "changed.jsonl:60: update icrc1_transfer: certified data is" $axon replay $work/changed.jsonl
transcript 's/\(..\)","instructions"/7f","instructions"/'
check "replay, value" 1 "changed.jsonl:60: update icrc1_transfer: reply is" $axon replay $work/changed.jsonl
transcript 's/"outcome":"reply","reply_hex":"[^"]*"/"outcome":"reject","reject":"no"/'
check "replay, outcome" 1 "replied, recorded is a reject: no" $axon replay $work/changed.jsonl
transcript 's/"method":"icrc1_transfer"/"method":"icrc9_transfer"/'
check "replay, not implemented" 1 "icrc9_transfer " $axon replay $work/changed.jsonl
transcript 's/"kind":"update"/"kind":"install","cycles":"1","controllers":["2vxsx-fae"],"machine":{"seed":1,"first_canister":"1"}/'
check "replay, two installs" 2 "begins with its one install step" $axon replay $work/changed.jsonl
transcript 's/^//'
check "replay, instructions" 1 "instructions, recorded are" $axon replay --instructions $work/changed.jsonl

check "bench of nothing" 2 "say what to measure" $axon bench
check "bench of another canister" 1 "1000 accounts: install: failed" $axon bench ledger --check --wasm build/wasm/probe.wasm
check "bench, not a module" 1 "1000 accounts: " $axon bench ledger --check --wasm $work/changed.jsonl
check "bench, unknown" 2 "cannot measure weight" $axon bench weight
check "bench, bad size" 2 "numbers from 1000" $axon bench ledger --accounts 7

# ---- a local network -------------------------------------------------------------------------------
$axon start --port 0 --identities $work/identities >$work/screen 2>$work/start.err &
server=$!
for _ in $(seq 300); do grep -q 'Ctrl-C stops it' $work/screen 2>/dev/null && break; sleep 0.1; done
url=$(sed -n 's/^URL: *//p' $work/screen)
root_key=$(sed -n 's/^Root key: *//p' $work/screen)
port=${url##*:}
check "the screen" 0 "1_000_000 ICP  $work/identities/dev1.pem" cat $work/screen
check "a screenful" 0 "" test "$(fold -w 80 $work/screen | wc -l)" -le 24
check "port in use" 3 "$port" $axon start --port "$port" --identities $work/other
net=(--network "$url" --root-key "$root_key")
dev1=(--identity $work/identities/dev1.pem)

check "query" 0 '(record { name = "Internet Computer" })' $axon call "${net[@]}" --query $ledger name
check "the same as a call" 0 '(record { name = "Internet Computer" })' $axon call "${net[@]}" $ledger name
check "note about the key" 0 "no --root-key given" $axon call --network "$url" --query $ledger name
check "a slash at the end" 0 "Internet" $axon call --network "$url/" --root-key "$root_key" --query $ledger name
pasted=$(sed -n 's/^  .*axon call /call /p' $work/screen)
check "the printed command" 0 "(variant { Ok = 3 : nat })" bash -c "$axon $pasted"
for key in ed25519 p256 secp256k1; do
    check "empty account, $key" 0 "InsufficientFunds = record { balance = 0 : nat }" \
        $axon call "${net[@]}" --identity $keys/$key.pem $ledger icrc1_transfer \
        '(record { to = record { owner = principal "2vxsx-fae" }; amount = 1 })'
done
check "a minus" 2 "argument of icrc1_transfer" $axon call "${net[@]}" $ledger icrc1_transfer \
    '(record { to = record { owner = principal "2vxsx-fae" }; amount = -1 })'
check "missing argument" 2 "argument of icrc1_balance_of" $axon call "${net[@]}" --query $ledger icrc1_balance_of
check "broken text" 2 "argument of icrc1_balance_of" $axon call "${net[@]}" --query $ledger icrc1_balance_of '(record {'
check "unknown method" 1 "IC0536" $axon call "${net[@]}" $ledger no_such_method
check "unknown query" 1 "IC0536" $axon call "${net[@]}" --query $ledger no_such_method
check "unknown canister" 1 "rejected" $axon call "${net[@]}" 5v3p4-iyaaa-aaaaa-qaaaa-cai name
check "trap" 1 "IC0503" $axon call "${net[@]}" $ledger transfer \
    '(record { to = blob "\00"; fee = record { e8s = 10_000 }; memo = 0; amount = record { e8s = 1 } })'
wrong_key=${root_key%??????}$(printf '%06x' $((0x${root_key: -6} ^ 1)))
check "wrong root key, query" 4 "" $axon call --network "$url" --root-key "$wrong_key" --query $ledger name
check "wrong root key, call" 4 "" $axon call --network "$url" --root-key "$wrong_key" $ledger name
$axon start --port 0 --seed other --identities $work/other >$work/other.screen 2>&1 &
other=$!
for _ in $(seq 300); do grep -q 'Ctrl-C stops it' $work/other.screen 2>/dev/null && break; sleep 0.1; done
other_key=$(sed -n 's/^Root key: *//p' $work/other.screen)
kill -INT $other
check "another network's root key" 4 "not valid under this root key" \
    $axon call --network "$url" --root-key "$other_key" --query $ledger name
check "stopped by a signal" 0 "" wait $other
check "another seed, another root key" 1 "" test "$root_key" = "$other_key"
$axon start --port 0 --identities "$work/with blank" >$work/other.screen 2>&1 &
other=$!
for _ in $(seq 300); do grep -q 'Ctrl-C stops it' $work/other.screen 2>/dev/null && break; sleep 0.1; done
check "the same seed, the same root key" 0 "" test "$root_key" = "$(sed -n 's/^Root key: *//p' $work/other.screen)"
pasted=$(sed -n 's/^  .*axon call /call /p' $work/other.screen)
check "a path with a blank" 0 "(variant { Ok = 3 : nat })" bash -c "$axon $pasted"
kill -TERM $other
check "stopped by another signal" 0 "" wait $other

# ---- installing --------------------------------------------------------------------------------------
init='(variant { Init = record { minting_account = "082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b5"; initial_values = vec {}; send_whitelist = vec {}; token_name = opt "Second" } })'
wasm=build/wasm/ledger.wasm
check "install creates" 0 "" $axon install "${net[@]}" "${dev1[@]}" $wasm "$init"
id=$(tail -n 1 $work/out)
check "the id" 0 "Second" $axon call "${net[@]}" --query "$id" name
check "install twice" 1 "rejected" $axon install "${net[@]}" "${dev1[@]}" --canister "$id" $wasm "$init"
check "not the controller" 1 "rejected" $axon install "${net[@]}" --canister "$id" --mode reinstall $wasm "$init"
check "reinstall" 0 "$id" $axon install "${net[@]}" "${dev1[@]}" --canister "$id" --mode reinstall $wasm "${init/Second/Third}"
check "reinstalled" 0 "Third" $axon call "${net[@]}" --query "$id" name
check "upgrade, gzip" 0 "$id" $axon install "${net[@]}" "${dev1[@]}" --canister "$id" --mode upgrade $wasm.gz '(variant { Upgrade = null })'
check "upgraded" 0 "Third" $axon call "${net[@]}" --query "$id" name
check "upgrade without argument" 0 "$id" $axon install "${net[@]}" "${dev1[@]}" --canister "$id" --mode upgrade $wasm
check "management canister" 0 "module_hash = opt blob" $axon call "${net[@]}" "${dev1[@]}" aaaaa-aa canister_status "(record { canister_id = principal \"$id\" })"
check "stopped canister" 0 "()" $axon call "${net[@]}" "${dev1[@]}" aaaaa-aa stop_canister "(record { canister_id = principal \"$id\" })"
check "call to a stopped canister" 1 "IC0508" $axon call "${net[@]}" "$id" name
check "untyped argument" 2 "install argument" $axon install "${net[@]}" "${dev1[@]}" $wasm '(record { nonsense = 1 })'
printf 'not wasm' >$work/not.wasm
check "not a module" 1 "Canister's Wasm module is not valid: " $axon install "${net[@]}" "${dev1[@]}" $work/not.wasm

kill -TERM "$server"
check "stopped cleanly" 0 "" wait "$server"
server=
check "last words" 0 "axon: stopped" cat $work/screen
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
