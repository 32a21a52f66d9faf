#!/bin/bash
# Installs what the build and the tests need and is not there yet. Safe to repeat; says what it does.
#   setup.sh           everything but nanopb
#   setup.sh nanopb    nanopb, which only code with protocol buffers needs: generator and run-time
#   DEPS    folder for the built Wasmtime and blst (scripts/toolchain.mk)
#   NANOPB, NANOPB_VERSION    folder for nanopb's run-time; its version (scripts/toolchain.mk)
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

RUST_VERSION_MIN=1.95

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    as_root apt-get update -q >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

install_rust() {
    local have
    have=$(cargo --version 2>/dev/null | cut -d' ' -f2 || true)
    [ -n "$have" ] && version_at_least "$RUST_VERSION_MIN" "$have" && return 0
    apt_install cargo-web rustc-web
}

build_deps() {
    [ ! -e "$DEPS/.done" ] || return 0
    install_rust
    say "building Wasmtime and blst (about four minutes, once per machine)"
    local target="$DEPS.build"
    rm -rf "$DEPS" "$target"
    cargo build --release --locked --manifest-path integration/deps/Cargo.toml --target-dir "$target"
    mkdir -p "$DEPS/lib" "$DEPS/include"
    cp "$target/release/libaxon_deps.a" "$DEPS/lib/"
    cp -r "$target"/release/build/wasmtime-c-api-impl-*/out/include/. "$DEPS/include/"
    cp "$(blst_bindings)"/blst.h "$(blst_bindings)"/blst_aux.h "$DEPS/include/"
    rm -rf "$target"
    touch "$DEPS/.done"
}

blst_bindings() {
    cargo metadata --locked --format-version 1 --filter-platform "$(rustc -vV | sed -n "s/^host: //p")" \
        --manifest-path integration/deps/Cargo.toml |
        grep -o '"manifest_path":"[^"]*/blst-[^"]*Cargo.toml"' | head -n 1 | cut -d'"' -f4 |
        sed 's#Cargo.toml$#blst/bindings#'
}

install_npm_packages() {
    [ -e integration/clients/package.json ] || return 0
    command -v npm >/dev/null || apt_install nodejs npm
    local key
    key=$(sha256sum integration/clients/package-lock.json | cut -c1-16)
    [ ! -e "integration/clients/node_modules/.axon-$key" ] || return 0
    say "installing npm packages"
    npm ci --prefix integration/clients --no-audit --no-fund --loglevel=error >/dev/null
    touch "integration/clients/node_modules/.axon-$key"
}

# The sources of the Debian packages that this machine's own list names, in a folder of their own: the list
# itself stays as it is. Both forms of it are understood, one line an entry and deb822.
debian_sources() {
    local file
    mkdir -p "$1"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/$(basename "$file")"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -e "$file" ] || sed -n 's/^ *deb /deb-src /p' "$file" >"$1/$(basename "$file" .list).list"
    done
}

# apt checks signatures and checksums; the download is pinned by name besides, because generated code fits one
# version of the run-time alone. A list that has no sources (a third party's) makes the update fail in part.
download_nanopb() {
    local apt=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$1/parts" -o "Dir::State::lists=$1/lists")
    mkdir -p "$1/lists"
    debian_sources "$1/parts"
    as_root apt-get "${apt[@]}" update >"$1/log" 2>&1 || true
    (cd "$1" && apt-get "${apt[@]}" source --download-only nanopb) >>"$1/log" 2>&1
}

install_nanopb() {
    local work files=(pb.h pb_common.h pb_common.c pb_encode.h pb_encode.c pb_decode.h pb_decode.c LICENSE.txt)
    apt_install nanopb
    [ "$(nanopb_version)" = "nanopb-$NANOPB_VERSION" ] || fail "Debian's nanopb is $(nanopb_version), needed is nanopb-$NANOPB_VERSION"
    [ ! -e "$NANOPB/.done" ] || return 0
    say "unpacking the run-time of nanopb $NANOPB_VERSION from Debian's source package"
    work=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "as_root rm -rf '$work'" EXIT
    chmod 755 "$work"
    download_nanopb "$work" && [ -e "$work/nanopb_$NANOPB_VERSION.orig.tar.gz" ] || {
        tail -n 5 "$work/log" >&2
        fail "no source package of nanopb $NANOPB_VERSION from the mirrors of /etc/apt; it can be unpacked by hand: ${files[*]} into $NANOPB, then touch $NANOPB/.done"
    }
    rm -rf "$NANOPB"
    mkdir -p "$NANOPB"
    tar -xzf "$work/nanopb_$NANOPB_VERSION.orig.tar.gz" -C "$NANOPB" --strip-components=1 "${files[@]/#/nanopb-$NANOPB_VERSION/}"
    touch "$NANOPB/.done"
}

nanopb_version() { nanopb_generator.py --version 2>&1 | tail -n 1; }

if [ "${1-}" = nanopb ]; then
    install_nanopb
    exit
fi
# shellcheck disable=SC2046
apt_install $(cat scripts/packages.txt)
build_deps
install_npm_packages
say "done"
