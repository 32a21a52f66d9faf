#!/bin/bash
# The path of a stranger: installs the kit, copies the template out of the tree, builds and tests it
# there with nothing but what was installed.
set -uo pipefail
cd "$(dirname "$0")/../.."
prefix=$PWD/build/install-test
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
passed=0 failed=0
check() { # TEXT COMMAND...
    local text=$1; shift
    [ ! -e "$away/log" ] || cp "$away/log" "$away/before" # what the check before printed
    if "$@" >"$away/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)); echo "FAIL: $text"; tail -n 30 "$away/log"
    fi
}
in_hello() { (cd "$away/hello" && "$@"); }
has() { grep -q "$@"; }

rm -rf "$prefix"
check "make install" make -s install PREFIX="$prefix"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
check "copies the template" cp -r "$(pkg-config --variable=template axon-sdk)" "$away/hello"
check "make" in_hello make
check "the module is small" test "$(stat -c %s "$away/hello/build/hello.wasm" 2>/dev/null || echo 999999)" -lt 80000
check "make test" in_hello make test
check "counts its checks" has '^8 passed, 0 failed$' "$away/before"
check "nothing in the module names this machine" bash -c "! grep -qa -e '$prefix' -e '$away' -e '$HOME/' '$away/hello/build/hello.wasm'"
check "the interface is in the module" grep -qa 'service' "$away/hello/build/hello.wasm"

# Protocol buffers: messages in a canister and in its test; a canister without them has nothing of nanopb.
cat >"$away/hello/sum.proto" <<'END'
syntax = "proto3";
message Numbers { repeated uint64 n = 1; }
message Sum { uint64 sum = 1; string comment = 2; }
END
echo 'Numbers.n max_count:8' >"$away/hello/sum.options"
cat >"$away/hello/sum.c" <<'END'
#include "ic/candid_msg.h"
#include "ic/msg.h"
#include "sum.pb.h"
CANDID_EXPORT("canister_query sum_pb") void sum_pb(void);
void sum_pb(void)
{
    sum_Numbers in;
    ic_pb_arg(&in, sum_Numbers, 100, ic_msg_arena(4096));
    sum_Sum out = {.comment = IC_BYTES_LIT("no overflow")};
    for (uint32_t i = 0; i < in.n_count; i++) {
        out.sum += in.n[i];
    }
    ic_pb_reply(sum_Sum, &out);
}
END
cat >"$away/hello/test_sum.c" <<'END'
#include <axon_test.h>
#include "sum.pb.h"
int main(void)
{
    struct axon_test t;
    static uint8_t memory[4096];
    struct ic_arena arena;
    struct ic_bytes arg = {.size = 0};
    sum_Numbers in = {.n_count = 3, .n = {1, 20, 300}};
    sum_Sum out;
    ic_arena_init(&arena, memory, sizeof memory);
    axon_test_open(&t);
    struct ic_principal id = axon_test_install(&t, "build/sums", "()");
    AXON_TEST_THAT(&t, ic_pb_pack(&arg, sum_Numbers, &in, &arena));
    axon_query(t.net, &t.last, &t.sender, &id, "sum_pb", arg);
    AXON_TEST_THAT(&t, ic_pb_decode(&out, sum_Sum, axon_buf_bytes(&t.last.reply), &arena));
    AXON_TEST_THAT(&t, out.sum == 321 && ic_bytes_is_equal(out.comment, IC_BYTES_LIT("no overflow")));
    return axon_test_close(&t);
}
END
echo 'service : { }' >"$away/hello/sums.did"
echo 'canister_query:sum_pb' >"$away/hello/hidden.conf"
cp "$away/hello/Makefile" "$away/Makefile.before"
cat >>"$away/hello/Makefile" <<'END'
$(eval $(call axon_proto,sum,sum.proto))
$(eval $(call axon_canister,sums,sum.c build/gen/sum.pb.c,sums.did,hidden.conf))
$(eval $(call axon_test,test_sum,test_sum.c build/gen/sum.pb.c))
END
check "protocol buffers" in_hello make build/sums.wasm
check "and their test" in_hello make test
check "counts its checks, too" has '^3 passed, 0 failed$' "$away/before"
mkdir -p "$away/empty"
check "a generator that is missing is named" bash -c "cd '$away/hello' && touch sum.proto &&
    ! PATH='$away/empty' '$prefix/bin/pb-gen' --prefix sum --out build/gen sum.proto 2>'$away/message' && grep -q 'apt-get install nanopb' '$away/message'"
cp "$away/Makefile.before" "$away/hello/Makefile"
check "a canister without them is the same without nanopb" bash -c "cd '$away/hello' && cp build/hello.wasm '$away/with.wasm' &&
    rm build/hello.wasm && make AXON_RUNTIME=\"\$(ls '$prefix'/lib/axon-sdk/wasm32/*.o | grep -v pb | xargs)\" build/hello.wasm &&
    cmp build/hello.wasm '$away/with.wasm'"

# The library without the make fragment, and an installation that is staged elsewhere.
cat >"$away/plain.c" <<'END'
#include <axon.h>
int main(void)
{
    struct axon_network *net = axon_network_new(NULL);
    axon_network_free(net);
    return 0;
}
END
# shellcheck disable=SC2046
check "links with pkg-config alone" gcc -std=c17 "$away/plain.c" -o "$away/plain" $(pkg-config --cflags --libs axon-sdk)
check "and runs" "$away/plain"
check "DESTDIR" make -s install DESTDIR="$away/stage" PREFIX=/usr
check "does not show in what is installed" grep -qx 'prefix=/usr' "$away/stage/usr/lib/pkgconfig/axon-sdk.pc"

# A canister that is wrong is refused with a reason.
sed -i 's/hello_total(struct/hello_totals(struct/' "$away/hello/main.c" 2>/dev/null
check "a method without its function does not build" bash -c "! make -C '$away/hello' build/hello.wasm"
check "and the linker names it" has hello_total "$away/before"
sed -i 's/hello_totals(struct/hello_total(struct/; s/out->ret0 = total;/out->ret0 = 1;/' "$away/hello/main.c" 2>/dev/null
check "a test that fails says so" bash -c "! make -C '$away/hello' test"
check "with place, expectation and answer" bash -c "grep -q 'test_hello.c:10: add (5)' '$away/before' && grep -q 'expected (5)' '$away/before' && grep -q 'came     (1 : nat64)' '$away/before'"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
