#!/bin/bash
# Known headers against the JavaScript library; the last line is "N passed, N failed".
cd "$(dirname "$0")/../../../.." || exit 1
if ! make -s --no-print-directory MODE=dev build/didc build/dev/candid_peer; then
    echo "0 passed, 1 failed"
    exit 1
fi
node sdk-c/candid/test/js/headers.test.mjs
