# Axon. `make run` starts a local network, `make test` passes all tests, `make help` lists the rest.
# Each folder brings its own rules.mk; this file holds what they share.
#
# MODE chooses how host code is built: dev (gcc, the program that is used), asan (clang with
# AddressSanitizer and UBSan), fuzz (the same with libFuzzer), fuzzbug (fuzz with the planted bugs
# that the fuzzers must find). Objects live in build/MODE.

MODE  ?= dev
BUILD := build
O     := $(BUILD)/$(MODE)
PORT  ?= 8080
# A line for each step; the commands with V=1, nothing with -s.
Q     := $(if $(V),,@)
say    = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-8s %s\n' $(1) $@)

include scripts/toolchain.mk

# ---- host builds ---------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wdate-time -Werror
INCLUDES := -I. -Iintegration -Isdk-c/include -Isdk-c -Iintegration/axon/include -Iintegration/axon -I$(BUILD)/gen \
            -isystem $(DEPS)/include -isystem $(NANOPB)
CFLAGS_dev  := -O2 -g
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_fuzz := $(CFLAGS_asan) -fsanitize=fuzzer-no-link -DAXON_FUZZ
CFLAGS_fuzzbug := $(CFLAGS_fuzz) -DAXON_PLANTED_BUG
CC_dev  := gcc
CC_asan := $(CLANG)
CC_fuzz := $(CLANG)
CC_fuzzbug := $(CLANG)
HOSTCC   = $(CC_$(MODE))
CFLAGS   = -std=c17 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS_$(MODE)) $(INCLUDES) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
LDFLAGS  = $(filter -fsanitize%,$(CFLAGS_$(MODE)))
LDLIBS   = $(DEPS)/lib/libaxon_deps.a -lmicrohttpd -lcbor -ljansson -lcurl -lcrypto -lz -lpthread -ldl -lm

$(O)/%.o: %.c $(SETUP_STAMP)
	@mkdir -p $(@D)
	$(call say,$(HOSTCC))
	$(Q)$(HOSTCC) $(CFLAGS) -c $< -o $@
# Generated C (didc writes build/gen) is compiled like ours.
$(O)/gen/%.o: $(BUILD)/gen/%.c $(SETUP_STAMP)
	@mkdir -p $(@D)
	$(call say,$(HOSTCC))
	$(Q)$(HOSTCC) $(CFLAGS) -c $< -o $@

# $(call archive,NAME,SOURCES): $(O)/libNAME.a
define archive
$(O)/lib$(1).a: $(patsubst $(BUILD)/gen/%.c,$(O)/gen/%.o,$(patsubst %.c,$(O)/%.o,$(2)))
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
# $(call program,PATH,SOURCES,LIBS): $(O)/PATH from SOURCES and lib*.a; $(call unit_test,...) is the
# same and runs in `make test`, under the sanitizers; $(call fuzz_target,...) links libFuzzer.
define program
$(O)/$(1): $(patsubst $(BUILD)/gen/%.c,$(O)/gen/%.o,$(patsubst %.c,$(O)/%.o,$(2))) $(patsubst %,$(O)/lib%.a,$(3))
	@mkdir -p $$(@D)
	$$(call say,link)
	$(Q)$$(HOSTCC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) $(4)
endef
define unit_test
$(call program,test/$(1),$(2),$(3),-lcmocka)
UNIT_TESTS += $(O)/test/$(1)
endef
define fuzz_target
$(call program,fuzz/$(1),$(2),$(3),-fsanitize=fuzzer)
FUZZ_TARGETS += $(O)/fuzz/$(1)
endef

UNIT_TESTS   :=
FUZZ_TARGETS :=
AXON_TESTS   :=
WASM         :=

.DEFAULT_GOAL := help
include $(wildcard sdk-c/rules.mk ledger/rules.mk nns/rules.mk cycles/rules.mk)
include $(wildcard canisters/*/rules.mk integration/*/rules.mk examples/*/rules.mk)

# ---- what people type ------------------------------------------------------------------------------
.PHONY: help setup all wasm run test unit fuzzers axon-tests fuzz bench lint clean axon
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(filter Makefile %.mk,$(MAKEFILE_LIST)) | expand -t 20

setup: $(SETUP_STAMP) $(NANOPB_STAMP) ## install what is missing (Debian packages, Rust, npm packages, Wasmtime, nanopb)

all: wasm axon ## build everything

wasm: $(WASM) ## build the canisters into build/wasm, print sizes and hashes
	@scripts/wasm-report.sh $(WASM)

axon: $(BUILD)/axon ## build the host program
$(BUILD)/axon: $(O)/axon
	@ln -sf $(MODE)/axon $@

run: $(BUILD)/axon $(BUILD)/wasm/ledger.wasm ## start a local network with the ICP ledger on PORT (8080)
	@$(BUILD)/axon start --port $(PORT)

test: $(BUILD)/axon $(WASM) ## pass all tests; the last line is "N passed, N failed"
	@scripts/run-tests.sh

unit: $(UNIT_TESTS) ## build the native unit tests of MODE
fuzzers: $(FUZZ_TARGETS) ## build the fuzz targets of MODE (fuzz or fuzzbug)
axon-tests: $(filter $(O)/%,$(AXON_TESTS)) ## build the tests that run the dev build

fuzz: ## run each fuzz target for 1,000,000 executions
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers
	@scripts/run-fuzz.sh 1000000

bench: $(BUILD)/axon $(WASM) ## measure the ledger, write its part of docs/benchmarks.md
	@$(BUILD)/axon bench ledger

install: ## install the kit for canisters outside of this tree: PREFIX=DIR
uninstall: ## take it away again: PREFIX=DIR

lint: ## source checks that do not compile
	@for check in scripts/check-*.sh; do $$check || exit 1; done

clean: ## remove what was built; caches outside the tree stay
	rm -rf $(BUILD)

print-%: ; @echo '$($*)'
-include $(shell [ ! -d $(O) ] || find $(O) -name '*.d')
