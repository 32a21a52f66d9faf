#!/bin/bash
# The core folders are freestanding: their sources include the four plain C headers, headers of the C
# kit that make no system call, and their own folder.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
check() {
    local folder=$1 allowed=$2 bad
    [ -d "$folder" ] || return 0
    bad=$(git ls-files "$folder/*.c" "$folder/*.h" | grep -v '/test/' |
        xargs -r grep -nE '^ *# *include' | grep -vE "#include ($allowed)" || true)
    [ -z "$bad" ] || { printf '%s\n' "$bad"; status=1; }
}
plain='<(stdint|stddef|stdbool|string)\.h>'
kit='"ic/(account|arena|bytes|cell|checked|crc32|hex|leb|log|nat|principal|ring|sha2|stable|table|text|trap|assert|writer|buf|map)\.h"'
check ledger "$plain|$kit|\"ledger/"
check nns "$plain|$kit|\"nns/|\"ledger/types\.h\""
check cycles "$plain|$kit|\"cycles/|\"ledger/types\.h\""
exit $status
