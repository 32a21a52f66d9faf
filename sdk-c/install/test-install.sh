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

# Two canisters that know each other's interface, in a folder with a space in its name; a local variable
# that does not survive its await.
mkdir -p "$away/two canisters"
cat >"$away/two canisters/Makefile" <<'END'
include $(shell pkg-config --variable=makefile axon-sdk)
$(eval $(call axon_test,test_two,test_two.c))
$(eval $(call axon_canister,asker,asker.c build/gen/hello_did.c,asker.did))
$(eval $(call axon_canister,hello,main.c,hello.did))
END
cat >"$away/two canisters/asker.did" <<'END'
service : (hello : principal) -> {
    // @manual
    twice : (nat64) -> (nat64);
}
END
cat >"$away/two canisters/asker.c" <<'END'
#include "asker_did.h"
#include "hello_client.h"
#include <ic/msg.h>
struct twice {
    struct ic_flow flow;
    struct ic_answer answer;
    uint64_t amount;
};
IC_ASYNC_POOL(pool, struct twice, 5, 5, 1);
static struct ic_store store;
static struct candid_callee hello;
void asker_init(const struct asker_init_in *in)
{
    ic_store_create(&store, (struct ic_store_app){.magic = "ASKER", .version = 1});
    ic_async_open(&pool, &store, 0);
    hello.canister = in->hello;
}
static void twice_run(struct ic_flow *flow)
{
    struct twice *f = (struct twice *)flow;
    struct hello_add_out out;
    IC_FLOW_BEGIN(f);
    uint64_t amount = f->amount;
    IC_AWAIT(f, hello_call_add(flow, &f->answer, &hello, &(struct hello_add_in){.amount = amount}));
    ic_assert(hello_take_add(&out, &f->answer));
    asker_twice_reply(&(struct asker_twice_out){.ret0 = out.ret0 + AMOUNT});
    IC_FLOW_END(f);
}
void asker_twice(const struct asker_twice_in *in)
{
    struct twice *f = ic_flow_new(twice_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->amount = in->arg0;
    ic_flow_start(&f->flow);
}
END
cat >"$away/two canisters/test_two.c" <<'END'
#include <axon_test.h>
int main(void)
{
    struct axon_test t;
    axon_test_open(&t);
    struct ic_principal hello = axon_test_install(&t, "build/hello", "()");
    struct ic_principal asker = axon_test_install(
        &t, "build/asker", axon_test_text(&t, "(principal \"%s\")", axon_test_id(&t, &hello)));
    AXON_TEST_UPDATE(&t, &asker, "twice", "(21)", "(42)");
    return axon_test_close(&t);
}
END
cp sdk-c/template/main.c sdk-c/template/hello.did "$away/two canisters/"
sed 's/AMOUNT/amount/' "$away/two canisters/asker.c" >"$away/wrong.c"
sed -i 's/AMOUNT/f->amount/' "$away/two canisters/asker.c"
in_two() { (cd "$away/two canisters" && "$@"); }
check "two canisters, made side by side" in_two make -j4 test
check "one calls the other" has '^1 passed, 0 failed$' "$away/before"
cp "$away/wrong.c" "$away/two canisters/asker.c"
check "a local variable across an await" in_two make
check "is warned of" has "asker.c:.*variable 'amount' may be uninitialized" "$away/before"
sed -i '/^IC_TIMERS_EXPORT/d' "$away/two canisters/main.c"
check "timers without their export do not link" bash -c "! make -C '$away/two canisters'"
check "and the linker says what is missing" has IC_TIMERS_EXPORT "$away/before"
check "another clang than the kit's is refused" bash -c "! make -C '$away/two canisters' AXON_CLANG=/bin/true"
check "with its version" has 'is not the clang .* that the kit was installed with' "$away/before"

# Where it goes, and back.
check "a PREFIX with a space is refused" bash -c "! make -s install PREFIX='$away/a b'"
check "with a reason" has 'PREFIX and DESTDIR must not contain spaces' "$away/before"
check "a relative PREFIX" make -s install PREFIX=build/install-relative
check "becomes absolute" has "^prefix=$PWD/build/install-relative$" build/install-relative/lib/pkgconfig/axon-sdk.pc
check "uninstall" make -s uninstall PREFIX=build/install-relative
check "leaves no file" test -z "$(find build/install-relative -type f)"
rm -rf build/install-relative
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
