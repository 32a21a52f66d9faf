#!/bin/bash
# Prints size, compressed size and hash of each canister.
#   wasm-report.sh FILE.wasm...
set -euo pipefail
printf '%-28s %10s %10s  %s\n' canister bytes gzip 'sha256 of the .wasm'
for wasm in "$@"; do
    printf '%-28s %10d %10d  %s\n' "$(basename "$wasm" .wasm)" "$(stat -c %s "$wasm")" \
        "$(stat -c %s "$wasm.gz")" "$(sha256sum "$wasm" | cut -d' ' -f1)"
done
