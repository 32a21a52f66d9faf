#!/bin/bash
# Builds every canister once more in another folder, under another time zone, locale and mask, and
# compares the bytes with those in build/wasm. Run from the repository root after `make wasm`.
set -euo pipefail
copy=build/repro/another/folder
root=$PWD
passed=0 failed=0
rm -rf build/repro
mkdir -p "$copy/build" "$copy/integration/clients"
git ls-files -z | grep -zvE '^integration/vectors/(ledger|metering)|/corpus/' |
    tar cf - --null --ignore-failed-read -T - 2>/dev/null | tar xf - -C "$copy"
ln -sfn "$root/integration/clients/node_modules" "$copy/integration/clients/node_modules"
# What was set up for this tree is good for the copy.
touch "$copy/$(make -s print-SETUP_STAMP)" "$copy/$(make -s print-NANOPB_STAMP)"
(
    cd "$copy"
    umask 077
    unset MAKEFLAGS MAKELEVEL MFLAGS
    TZ=Pacific/Auckland LC_ALL=C make -s -j2 $(make -s print-WASM) >make.log 2>&1 || { cat make.log; exit 1; }
)
for wasm in $(make -s print-WASM); do
    for file in "$wasm" "$wasm.gz" "${wasm%.wasm}.did"; do
        if cmp "$file" "$copy/$file"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
done
[ "$passed" -gt 0 ] || failed=$((failed + 1))
[ "$failed" != 0 ] || rm -rf build/repro
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
