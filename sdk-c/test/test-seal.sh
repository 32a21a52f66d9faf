#!/bin/bash
# wasm-seal refuses what a canister of ours must not be. Modules are written here byte by byte; run from
# the repository root with the dev build in place.
set -uo pipefail
seal=build/dev/wasm-seal
dir=build/test-seal
passed=0 failed=0
mkdir -p "$dir"

# A section: id, content in \x form.
section() { printf '\\x%02x\\x%02x%s' "$1" $((${#2} / 4)) "$2"; }
text() { # a name, with its length
    local hex
    hex=$(printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
    printf '\\x%02x%s' "${#1}" "$hex"
}
types='\x01\x60\x00\x00'
# module IMPORT_MODULE IMPORT_NAME EXPORT...: imports one function and exports it under each name.
module() {
    local imports exports='' name
    imports="\\x01$(text "$1")$(text "$2")\\x00\\x00"
    shift 2
    for name in "$@"; do exports+="$(text "$name")\\x00\\x00"; done
    printf '%b' '\x00asm\x01\x00\x00\x00' "$(section 1 "$types")" "$(section 2 "$imports")" \
        "$(section 5 '\x01\x00\x01')" \
        "$(section 7 "$(printf '\\x%02x' $(($# + 1)))$exports$(text memory)\\x02\\x00")" \
        "$(section 0 "$(text producers)\\x00")"
}
expect() { # NAME STATUS TEXT, module on stdin
    local output status=0
    cat >"$dir/in.wasm"
    rm -f "$dir/out.wasm"
    output=$($seal "$dir/in.wasm" "$dir/out.wasm" --did "$dir/a.did" --methods "$dir/a.methods" \
        --hidden "$dir/hidden.conf" 2>&1) || status=$?
    if [ "$status" = "$2" ] && [[ "$output" == *"$3"* ]] && { [ "$2" = 0 ] || [ ! -f "$dir/out.wasm" ]; }; then
        passed=$((passed + 1))
    else
        echo "$1: status $status, output: $output"
        failed=$((failed + 1))
    fi
}

echo 'service : { put : () -> (); get : () -> () query }' >"$dir/a.did"
printf 'update put\nquery get\n' >"$dir/a.methods"
printf '# hidden\ncanister_query:probe\n' >"$dir/hidden.conf"
all=('canister_update put' 'canister_query get' 'canister_query probe')

expect 'a sound module' 0 '' \
    < <(module ic0 time "${all[@]}" canister_init)
if grep -aq 'icp:public candid:service.*put : () -> ()' "$dir/out.wasm" && ! grep -aq producers "$dir/out.wasm"; then
    passed=$((passed + 1))
else
    echo 'the interface is not in the sealed module, or its custom section is still there'
    failed=$((failed + 1))
fi
expect 'a foreign import' 1 'imports something that is not a function of ic0: time' \
    < <(module env time "${all[@]}")
expect 'a missing method' 1 'does not export a method of its interface: canister_query get' \
    < <(module ic0 time 'canister_update put' 'canister_query probe')
expect 'a missing hidden method' 1 'does not export a method of its interface: canister_query probe' \
    < <(module ic0 time 'canister_update put' 'canister_query get')
expect 'a method too many' 1 'exports what neither the interface nor the hidden list has: canister_query more' \
    < <(module ic0 time "${all[@]}" 'canister_query more')
expect 'a method of another kind' 1 'canister_query put' \
    < <(module ic0 time 'canister_query put' 'canister_query get' 'canister_query probe')
expect 'a helper function' 1 'exports what neither the interface nor the hidden list has: main' \
    < <(module ic0 time "${all[@]}" main)
expect 'a reserved name' 1 'canister_start' \
    < <(module ic0 time "${all[@]}" canister_start)
expect 'not a module' 1 'not a Wasm module' \
    < <(printf 'no wasm')
expect 'a truncated module' 1 'malformed section' \
    < <(module ic0 time "${all[@]}" | head -c 40)
expect 'no exports' 1 'exports nothing' \
    < <(printf '%b' '\x00asm\x01\x00\x00\x00')
expect 'a truncated export section' 1 'malformed export section' \
    < <(printf '%b' '\x00asm\x01\x00\x00\x00\x07\x01\x05')

rm -rf "$dir"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
