#!/bin/bash
# Tests of didc: golden files, error positions, upgrade checks, hostile sources. Runs from the
# repository root; `run.sh --update` writes the golden files anew, to be reviewed like code.
set -uo pipefail
DIDC=build/didc
HERE=sdk-c/didc/test
OUT=build/didc-test
PASSED=0
FAILED=0
rm -rf "$OUT" && mkdir -p "$OUT"

ok() { PASSED=$((PASSED + 1)); }
bad() { FAILED=$((FAILED + 1)); echo "FAILED: $*"; }
check() { # check WHAT COMMAND...: the command succeeds
    local what=$1
    shift
    if "$@" >"$OUT/log" 2>&1; then ok; else bad "$what"; head -5 "$OUT/log"; fi
}
refused() { # refused WHAT TEXT COMMAND...: exit status 1 and this text
    local what=$1 text=$2
    shift 2
    "$@" >"$OUT/log" 2>&1
    local status=$?
    if [ $status = 1 ] && grep -qF -- "$text" "$OUT/log"; then ok; else
        bad "$what: status $status"; head -5 "$OUT/log"
    fi
}
STRICT="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wstrict-prototypes
        -Wmissing-prototypes -Wvla -Wdate-time -Werror"
CLANG=${CLANG:-${WASI_SDK_PATH:+$WASI_SDK_PATH/bin/clang}}
CLANG=${CLANG:-clang-19}
WASM="--target=wasm32-unknown-unknown -nostdlibinc -isystem sdk-c/wasm/include -Wno-missing-prototypes"
compiles() { # compiles PREFIX FOLDER: with gcc and clang, and as part of a canister
    echo "#include \"$1_client.h\"" >"$2/$1_client.c"
    for part in did dispatch client; do
        for compiler in gcc "$CLANG" "$CLANG $WASM"; do
            # shellcheck disable=SC2086
            $compiler -std=c17 $STRICT -Isdk-c/include -I"$2" -fsyntax-only "$2/$1_$part.c" || return 1
        done
    done
}
gen() { # gen FILE PREFIX FOLDER, as seen from its own folder: no path of this machine gets in
    mkdir -p "$3" && $DIDC gen "$1" --prefix "$2" --out "$3"
}

# ---- golden files -----------------------------------------------------------------------------
for name in bank clash; do
    gen $HERE/golden/$name.did $name "$OUT/$name" || bad "gen $name"
    for file in ${name}_did.h ${name}_did.c ${name}_dispatch.c ${name}_client.h; do
        [ "${1-}" != --update ] || cp "$OUT/$name/$file" "$HERE/golden/$file.expected"
        check "golden $file" diff -u "$HERE/golden/$file.expected" "$OUT/$name/$file"
    done
    check "$name compiles" compiles $name "$OUT/$name"
    $DIDC print --comments $HERE/golden/$name.did >"$OUT/$name.did"
    [ "${1-}" != --update ] || cp "$OUT/$name.did" "$HERE/golden/${name}_print.expected"
    check "golden print of $name" diff -u "$HERE/golden/${name}_print.expected" "$OUT/$name.did"
    check "$name prints stably" bash -c "$DIDC print --comments $OUT/$name.did | diff - $OUT/$name.did"
    check "$name prints without comments" diff <($DIDC print "$OUT/$name.did") <(grep -v "^ *//" "$OUT/$name.did")
    check "$name is what it prints" $DIDC check "$OUT/$name.did" $HERE/golden/$name.did
done
$DIDC methods $HERE/golden/bank.did >"$OUT/methods"
check "methods" diff - "$OUT/methods" <<END
composite_query find
update later
update open
update raw
update tell
query total
END

# ---- import service: the methods of another file are the service's own ------------------------------
mkdir -p "$OUT/import"
echo 'type T = record { a : nat }; service : { one : (T) -> (); two : () -> () query }' >"$OUT/import/base.did"
echo 'import service "base.did"; service : { three : (T) -> (T) }' >"$OUT/import/main.did"
echo 'service : { one : (record { a : nat }) -> (); two : () -> () query; three : (record { a : nat }) -> (record { a : nat }) }' >"$OUT/import/flat.did"
check "import service is what it spells" $DIDC check "$OUT/import/main.did" "$OUT/import/flat.did"
check "and the other way" $DIDC check "$OUT/import/flat.did" "$OUT/import/main.did"
echo 'import service "base.did"; service : { one : () -> () }' >"$OUT/import/twice.did"
refused "import service twice the same method" "base.did:1:42: two methods have the same name: one" $DIDC print "$OUT/import/twice.did"
check "import service generates" gen "$OUT/import/main.did" imported "$OUT/import"
check "import service compiles" compiles imported "$OUT/import"

# A service given by name, and files that import each other by several paths.
cat >"$OUT/import/named.did" <<'END'
import "./sub/../ring.did"; type S = service { four : (Ring) -> () }; type Same = S; service : Same
END
echo 'import "named.did"; import "./ring.did"; type Ring = record { next : opt Ring; to : opt S };' >"$OUT/import/ring.did"
echo 'import service "named.did"; import "ring.did"; service : { five : () -> (S) }' >"$OUT/import/all.did"
echo 'type Ring = record { next : opt Ring; to : opt S }; type S = service { four : (Ring) -> () };
service : { four : (Ring) -> (); five : () -> (S) }' >"$OUT/import/all_flat.did"
check "a named service is imported" $DIDC check "$OUT/import/all.did" "$OUT/import/all_flat.did"
check "and the other way" $DIDC check "$OUT/import/all_flat.did" "$OUT/import/all.did"
check "a ring of imports generates" gen "$OUT/import/all.did" ring "$OUT/import"
check "a ring of imports compiles" compiles ring "$OUT/import"

# Annotations above an imported service would be lost; those of a file imported for its types do not count.
printf '// @inspect me\nservice : { n : () -> () }\n' >"$OUT/import/annotated.did"
echo 'import service "annotated.did"; service : { m : () -> () }' >"$OUT/import/lost.did"
refused "an annotation above an imported service" "import/annotated.did:1:4: an annotation stands" \
    $DIDC gen "$OUT/import/lost.did" --prefix lost --out "$OUT/import"
echo 'import "annotated.did"; service : { m : () -> () }' >"$OUT/import/types.did"
check "an annotation in a file of types" gen "$OUT/import/types.did" types "$OUT/import"

# ---- names ----------------------------------------------------------------------------------------
check "gen names" gen $HERE/compile/names.did e "$OUT/names"
check "names compiles" compiles e "$OUT/names"
printf 'service : { "two\\nlines\\t\\"?\\\\ \\01 \\u{202e} \\u{85} ä" : () -> () }' >"$OUT/lines.did"
check "gen lines" gen "$OUT/lines.did" lines "$OUT/names"
check "lines compiles" compiles lines "$OUT/names"
refused "methods of two lines" "lines.did:1:13: the name of this method does not fit on one line" \
    $DIDC methods "$OUT/lines.did"
# An argument that does not fit on the stack of a canister does not compile; as bytes it does.
fields=$(for ((i = 0; i < 3000; i++)); do printf 'f%d : nat; ' $i; done)
echo "service : { m : (record { $fields }) -> () }" >"$OUT/large.did"
check "gen large" gen "$OUT/large.did" large "$OUT/large"
if compiles large "$OUT/large" >"$OUT/large.log" 2>&1; then bad "large compiles"; else
    check "large is refused for its reason" grep -q "too large for the stack: make the method @raw" "$OUT/large.log"
fi
printf 'service : {\n// @raw\nm : (record { %s }) -> () }' "$fields" >"$OUT/large.did"
check "gen large as bytes" gen "$OUT/large.did" large "$OUT/large"
check "large as bytes compiles" compiles large "$OUT/large"
# The same source with other ends of lines is the same program.
sed 's/$/\r/' $HERE/golden/bank.did >"$OUT/bank_crlf.did"
cp $HERE/golden/common.did "$OUT/common.did"
gen "$OUT/bank_crlf.did" bank "$OUT/crlf"
for file in bank_did.h bank_did.c bank_dispatch.c bank_client.h; do
    check "CRLF $file" diff <(sed 1d "$OUT/crlf/$file") <(sed 1d "$OUT/bank/$file")
done

# ---- real interfaces --------------------------------------------------------------------------
for name in icp_ledger ic_management nns_governance; do
    check "gen $name" gen integration/vectors/interfaces/$name.did $name "$OUT/$name"
    check "$name compiles" compiles $name "$OUT/$name"
done
check "the ledger is a safe replacement" \
    $DIDC check --methods-of canisters/ledger/ledger.did integration/vectors/interfaces/icp_ledger.did
refused "the ledger lacks methods" "missing method" \
    $DIDC check canisters/ledger/ledger.did integration/vectors/interfaces/icp_ledger.did
start=$(date +%s%N)
gen integration/vectors/interfaces/nns_governance.did gov "$OUT/timed"
check "governance in under a second" [ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ]

# ---- errors, with position --------------------------------------------------------------------
while IFS='|' read -r file text; do
    refused "error $file" "$file.did:$text" $DIDC gen $HERE/errors/"$file".did --prefix e --out "$OUT"
done <$HERE/errors/expected.txt

# ---- upgrades: new type | old type | ok, or the path that is named ------------------------------
while IFS='|' read -r new old want; do
    echo "type L = opt record { nat; L }; type M = opt record { nat; M }; service : { m : $new }" >"$OUT/new.did"
    echo "type L = opt record { nat; L }; type M = opt record { int; M }; service : { m : $old }" >"$OUT/old.did"
    if [ "$want" = ok ]; then
        check "upgrade $new of $old" $DIDC check "$OUT/new.did" "$OUT/old.did"
    else
        refused "upgrade $new of $old" "$want" $DIDC check "$OUT/new.did" "$OUT/old.did"
    fi
done <$HERE/upgrades.txt

refused "an upgrade says where" "$OUT/new.did:1:81: no safe upgrade of $OUT/old.did:1:72: m.argument 0.x: missing field \"a b\"" \
    bash -c "echo 'type L = opt record { nat; L }; service : { m : (record { x : record { y : nat; \"a b\" : text } }) -> () }' >$OUT/new.did
             echo 'type M = opt record { int; M }; service : { m : (record {          x : record { y : nat } }) -> () }' >$OUT/old.did
             $DIDC check $OUT/new.did $OUT/old.did"
# Definitions that share each other, doubled three thousand times; two cycles whose product is too long.
for ((i = 0; i < 3000; i++)); do echo "type T$i = record { a : T$((i + 1)); b : T$((i + 1)) };"; done >"$OUT/shared.did"
for what in nat text; do
    { cat "$OUT/shared.did"; echo "type T3000 = record { x : $what; l : opt T0; r : vec T0 }; service : { m : (T0) -> (T0) }"; } >"$OUT/shared_$what.did"
done
check "shared recursive types" timeout 5 $DIDC check "$OUT/shared_nat.did" "$OUT/shared_nat.did"
refused "shared recursive types that differ" "m.argument 0.a.a.a.a.a.a.a.a ... a.a.a.a.a.a.a.a.a.x: different types (nat is no text)" \
    timeout 5 $DIDC check "$OUT/shared_text.did" "$OUT/shared_nat.did"
for n in 2003 2011; do
    { for ((i = 0; i < n; i++)); do echo "type T$i = record { x : T$(((i + 1) % n)) };"; done; echo "service : { m : () -> (T0) }"; } >"$OUT/cycle$n.did"
done
refused "two long cycles" "too many types to compare" timeout 20 $DIDC check "$OUT/cycle2003.did" "$OUT/cycle2011.did"

# ---- hostile sources: an error or a result, never a crash ------------------------------------------
hostile=0
nested() { # nested OPEN CLOSE: a type a hundred thousand deep is refused with a position
    { printf 'type T = '; yes "$1" | head -100000 | tr -d '\n'; printf 'nat'; yes "$2" | head -100000 |
        tr -d '\n'; } >"$OUT/nested.did"
    for command in "print" "methods" "headers" "gen --prefix n --out $OUT"; do
        # shellcheck disable=SC2086
        refused "nested $1 at $command" "nested.did:1:" $DIDC $command "$OUT/nested.did"
    done
}
nested 'opt ' ''
nested 'record { ' ' }'
nested 'variant { a : ' ' }'
nested 'func (' ') -> ()'
nested 'service { a : (' ') -> () }'
# A chain of a thousand definitions is no nesting of one expression, and has limits of its own.
for ((i = 0; i < 3000; i++)); do echo "type T$i = record { T$((i + 1)) };"; done >"$OUT/chain.did"
echo "type T3000 = nat; service : { m : (T0) -> () }" >>"$OUT/chain.did"
$DIDC gen "$OUT/chain.did" --prefix chain --out "$OUT" >"$OUT/log" 2>&1
[ $? -le 1 ] || { bad "chain of definitions"; hostile=1; }
survives() { # survives WHAT FILE: generated, or refused with a position
    $DIDC gen "$2" --prefix cut --out "$OUT" >"$OUT/log" 2>&1
    local status=$?
    [ $status = 0 ] || { [ $status = 1 ] && grep -q '\.did:[0-9]*:[0-9]*: ' "$OUT/log"; } ||
        { bad "$1: status $status"; head -3 "$OUT/log"; hostile=1; }
}
for file in $HERE/golden/bank.did $HERE/golden/clash.did $HERE/compile/names.did; do
    size=$(wc -c <$file)
    for ((i = 0; i < size; i += 7)); do
        head -c $i $file >"$OUT/cut.did"
        survives "cut at $i of $file" "$OUT/cut.did"
    done
    # Without each of its words and signs in turn, and with each of them twice.
    tokens=$(grep -oE '[A-Za-z0-9_]+|"[^"]*"|//.*|[^ ]' $file)
    count=$(wc -l <<<"$tokens")
    for ((i = 1; i <= count; i += 3)); do
        sed "${i}d" <<<"$tokens" >"$OUT/cut.did"
        survives "without word $i of $file" "$OUT/cut.did"
        sed "${i}p" <<<"$tokens" >"$OUT/cut.did"
        survives "word $i twice of $file" "$OUT/cut.did"
    done
done
for i in $(seq 50); do
    LC_ALL=C awk -v seed=$i 'BEGIN { srand(seed); for (i = 0; i < 300; i++) printf "%c", int(rand() * 256) }' \
        >"$OUT/random.did"
    survives "random $i" "$OUT/random.did"
done
[ $hostile = 0 ] && ok

# ---- called wrongly ---------------------------------------------------------------------------------
wrong() { # wrong TEXT ARGUMENT...: exit status 2 and this text
    local text=$1
    shift
    $DIDC "$@" >"$OUT/log" 2>&1
    local status=$?
    if [ $status = 2 ] && grep -qF -- "$text" "$OUT/log"; then ok; else bad "didc $*: status $status"; fi
}
wrong "a command is missing"
wrong "unknown command chek" chek a.did b.did
wrong "a .did file is missing behind gen" gen
wrong "a .did file is missing behind check" check a.did
wrong "one file too many: b.did" print a.did b.did
wrong "unknown option --prfix" gen a.did --prfix a --out "$OUT"
wrong "unknown option --prefix" print a.did --prefix a
wrong "a value is missing behind --out" gen a.did --prefix a --out
wrong "gen needs --prefix and --out" gen a.did --prefix a
for prefix in "" A 1a _a ic candid a-b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do
    wrong "a prefix has a letter" gen a.did --prefix "$prefix" --out "$OUT"
done
check "help names every command" bash -c "for word in 'gen FILE' 'check \[' 'print \\[--comments' 'methods FILE' 'headers FILE'; do
    $DIDC help | grep -q \"didc \$word\" || exit 1; done"
check "help names every annotation" bash -c "for word in raw manual noargs full max guard inspect; do
    $DIDC help annotations | grep -q \"@\$word\" || exit 1; done"
refused "no such file" "cannot read $OUT/none.did" $DIDC print "$OUT/none.did"
refused "no such folder" "cannot write $OUT/none/b_did.h" $DIDC gen $HERE/golden/bank.did --prefix b --out "$OUT/none"

echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
