#!/bin/bash
# Installs what the build and the tests need and is not there yet. Safe to repeat; says what it does.
#   DEPS    folder for the built Wasmtime and blst (scripts/toolchain.mk)
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*"; }

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

# shellcheck disable=SC2046
apt_install $(cat scripts/packages.txt)
build_deps
install_npm_packages
say "done"
