#!/bin/bash
# The clients' interfaces fit the canisters: what is called exists there, with types that can be decoded.
set -uo pipefail
cd "$(dirname "$0")/../.."
passed=0 failed=0
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
check "axon's management canister answers the client" \
    build/didc check --methods-of integration/axon/mgmt/management.did sdk-c/services/management.did
grep -v icrc2_ sdk-c/services/icrc_ledger.did >build/icrc1_of_the_client.did
check "the ICP ledger answers the client of any ledger, as far as it has its methods" \
    build/didc check --methods-of canisters/ledger/ledger.did build/icrc1_of_the_client.did
check "the ICP ledger answers as an ICRC-1 ledger" \
    build/didc check --methods-of canisters/ledger/ledger.did examples/escrow/icrc1.did
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
