# Where the tools are. setup.sh installs them; $(SETUP_STAMP) says that it has run for this state of
# the pins. Heavy third-party builds live outside the tree, keyed by their lock file.

CLANG ?= $(if $(WASI_SDK_PATH),$(WASI_SDK_PATH)/bin/clang,clang-19)
CACHE ?= $(or $(AXON_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/axon)

DEPS_KEY    := $(shell cat integration/deps/Cargo.toml integration/deps/Cargo.lock integration/deps/src/lib.rs | sha256sum | cut -c1-16)
DEPS        := $(CACHE)/deps-$(DEPS_KEY)
# nanopb's run-time, unpacked; only what uses protocol buffers depends on its stamp.
NANOPB_VERSION := 0.4.7
NANOPB         := $(CACHE)/nanopb-$(NANOPB_VERSION)
NANOPB_STAMP   := $(BUILD)/.nanopb-$(NANOPB_VERSION)
NPM_KEY     := $(shell cat integration/clients/package-lock.json 2>/dev/null | sha256sum | cut -c1-16)
SETUP_KEY   := $(shell cat scripts/setup.sh scripts/packages.txt 2>/dev/null | sha256sum | cut -c1-16)
SETUP_STAMP := $(BUILD)/.setup-$(SETUP_KEY)-$(DEPS_KEY)-$(NPM_KEY)
WASM_OPT    := integration/clients/node_modules/.bin/wasm-opt

$(SETUP_STAMP):
	@DEPS=$(DEPS) scripts/setup.sh
	@mkdir -p $(BUILD) && rm -f $(BUILD)/.setup-* && touch $@

$(NANOPB_STAMP): | $(SETUP_STAMP)
	@NANOPB=$(NANOPB) NANOPB_VERSION=$(NANOPB_VERSION) scripts/setup.sh nanopb
	@touch $@
