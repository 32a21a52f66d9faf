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
