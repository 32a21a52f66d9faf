#!/bin/bash
# pb-gen: what it makes, what it refuses; and the layer over nanopb against protoc, in both directions.
# The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
here=sdk-c/pb/test out=build/pb-test passed=0 failed=0
rm -rf "$out" && mkdir -p "$out"
check() { # TEXT COMMAND...
    if "${@:2}" >"$out/log" 2>&1; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAILED: $1"; head -n 5 "$out/log"
    fi
}
if ! make -s --no-print-directory build/dev/pb_peer; then
    echo "0 passed, 1 failed"
    exit 1
fi

# ---- against protoc -----------------------------------------------------------------------------
protoc_() { protoc "--$1=axon.sample.v1.$2" -I$here $here/sample.proto; }
# A message in protobuf's text form: protoc's bytes come back from us unchanged, and mean what they meant.
both_ways() { # MESSAGE TEXT
    protoc_ encode "$1" <<<"$2" >"$out/theirs" &&
        build/dev/pb_peer "$1" <"$out/theirs" >"$out/ours" && cmp "$out/theirs" "$out/ours" &&
        diff <(protoc_ decode "$1" <"$out/ours") <(protoc_ decode "$1" <"$out/theirs")
}
while IFS='|' read -r message text; do
    check "protoc: $message { $text }" both_ways "$message" "$text"
done <<'END'
Scalars|
Scalars|i32: -1 i64: -2 u32: 4294967295 u64: 18446744073709551615 s32: -3 s64: -9223372036854775808
Scalars|flag: true f32: 4294967295 f64: 18446744073709551615 sf32: -1 sf64: -2 mood: MOOD_BAD
Scalars|i32: 2147483647 i64: 9223372036854775807 s32: 2147483647 s64: 9223372036854775807 mood: MOOD_GOOD
Scalars|real32: 1.5 real64: -1e-300 blob: "\000\001\377" text: "h\303\251"
Scalars|real32: inf real64: nan
Test4|d: "hello" e: [3, 270, 86942]
Shapes|maybe: 0 maybe_blob: ""
Shapes|numbers: [0, 1, 127, 128, 18446744073709551615] signs: [0, -1, 2147483647, -2147483648] words: [1, 2]
Shapes|blobs: ["", "a", "\377"] texts: ["", "b", "\342\202\254"] blobs: "c"
Shapes|number: 0
Shapes|raw: ""
Shapes|name: "x"
Shapes|who { serialized_id: "\004" }
Shapes|other { self { self { maybe: 1 } } }
Shapes|owner { } self { children { } children { maybe: 7 } }
Shapes|hash: "01234567890123456789012345678901" label: "fifteen bytes.."
Shapes|friends { serialized_id: "a" } friends { } friends { serialized_id: "b" }
Shapes|ages { key: "a" value: 1 }
Shapes|children { owner { serialized_id: "01234567890123456789012345678" } texts: "deep" } maybe: 12345678901
END

# ---- the generator ------------------------------------------------------------------------------
gen() { mkdir -p "$out/$1" && sdk-c/pb/pb-gen --prefix "$1" --out "$out/$1" "${@:2}"; }
refused() { # TEXT COMMAND...: exit status 1, and the message has this text
    "${@:2}" >"$out/message" 2>&1
    [ $? = 1 ] && grep -F -- "$1" "$out/message"
}
proto() { printf 'syntax = "proto%s";\npackage p;\n%s\n' "$2" "$3" >"$out/$1.proto"; }

check "the same text from another folder" bash -c "cp $here/sample* $out/ &&
    sdk-c/pb/pb-gen --prefix sample --out $out $PWD/$out/sample.proto &&
    cmp $out/sample.pb.h build/gen/sample.pb.h && cmp $out/sample.pb.c build/gen/sample.pb.c"
check "no package, folder or time gets in" bash -c "! grep -nE 'axon|$PWD|20[0-9][0-9]' build/gen/sample.pb.[hc]"

proto numbers 3 'message M { repeated uint64 n = 1; }'
check "repeated numbers need a bound" refused "M.n: repeated numbers need a max_count" gen numbers "$out/numbers.proto"
echo 'M.n max_count:4' >"$out/numbers.options"
check "and have one" gen numbers "$out/numbers.proto"
echo 'M.m max_count:4' >>"$out/numbers.options"
check "an option for no field is refused" refused "did not match" gen numbers "$out/numbers.proto"
echo 'M.n type:FT_POINTER' >"$out/numbers.options"
check "pointers are refused" refused "M.n: pointers need malloc" gen numbers "$out/numbers.proto"

proto other 3 'message Twice { }'
sed -i 's/package p/package q/' "$out/other.proto"
proto twice 3 'import "other.proto"; message Twice { q.Twice t = 1; }'
check "two messages of one name are refused" refused "Twice is in other.proto, too" gen twice "$out/twice.proto"
proto wrong 3 'message M { Nothing n = 1; }'
check "protoc's messages come through" refused '"Nothing" is not defined' gen wrong "$out/wrong.proto"
check "no file" refused "No such file" gen none "$out/none.proto"

# proto2, defaults, extensions, messages in circles: all of it compiles, strictly, and decodes.
proto old 2 'message A { required B b = 1; optional string s = 2 [default = "x"]; optional int32 i = 3 [default = 7];
    extensions 100 to 200; enum E { ONE = 1; } optional E e = 4; }
message B { optional A a = 1; optional C c = 2; } message C { repeated A a = 1; optional C c = 2; } extend A { optional int32 x = 100; }'
check "proto2 and circles" gen old "$out/old.proto"
cat >"$out/old/main.c" <<'END'
#include "old.pb.h"
int main(void)
{
    struct ic_arena arena;
    uint8_t memory[256];
    ic_arena_init(&arena, memory, sizeof memory);
    old_A a = old_A_init_zero;
    struct ic_bytes good = IC_BYTES_LIT("\x0a\x00\x12\x01y\xa0\x06\x05"), bad = IC_BYTES_LIT("\x12\x01y"), packed;
    if (ic_pb_decode(&a, old_A, bad, &arena) || !ic_pb_decode(&a, old_A, good, &arena)) {
        return 1; /* b is required */
    }
    if (a.i != 7 || a.e != old_A_E_ONE || a.s.size != 1 || !ic_pb_pack(&packed, old_A, &a, &arena)) {
        return 2;
    }
    return !ic_bytes_is_equal(packed, IC_BYTES_LIT("\x0a\x00\x12\x01y"));
}
END
nanopb=$(make -s --no-print-directory print-NANOPB)
strict="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wstrict-prototypes -Wvla -Werror"
# shellcheck disable=SC2086
check "compile" gcc -std=c17 $strict -Isdk-c/include -isystem "$nanopb" -I"$out/old" "$out/old/main.c" "$out/old/old.pb.c" \
    build/dev/libpb.a build/dev/libic.a -o "$out/old/main"
check "and work" "$out/old/main"

# Without nanopb: a message that says what to do. /usr/bin/python3 alone is on the path.
mkdir -p "$out/bin"
check "without nanopb" refused "nanopb's generator is not installed: apt-get install nanopb" \
    env PATH="$PWD/$out/bin" sdk-c/pb/pb-gen --prefix x --out "$out" $here/sample.proto
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
