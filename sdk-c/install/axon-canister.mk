# Builds canisters and their tests outside of Axon's tree. In your Makefile:
#
#   include $(shell pkg-config --variable=makefile axon-sdk)
#   $(eval $(call axon_canister,NAME,SOURCES,FILE.did[,HIDDEN]))
#   $(eval $(call axon_test,NAME,SOURCES[,CANISTERS]))
#   $(eval $(call axon_proto,NAME,FILE.proto[,IMPORTED]))
#
# axon_canister makes build/NAME.wasm, .wasm.gz and .did. didc writes build/gen/NAME_did.h (types and
# the functions you write), NAME_did.c and NAME_dispatch.c (the exports); they are compiled along.
# HIDDEN lists exported methods that the .did does not show, one `canister_query:NAME` a line.
# axon_test makes a program linked with axon and the native kit, run by `make test` from here when all
# canisters are built. Generated sources can be listed, e.g. build/gen/NAME_did.c.
#
# axon_proto makes build/gen/NAME.pb.h and NAME.pb.c, messages for ic/pb.h; list NAME.pb.c among the sources of
# canister and test. It alone needs nanopb's generator (Debian: apt-get install nanopb).
#
# The interface in module and build/ is in one piece: imports are resolved, comments left out.
#
# Targets: all (the canisters; the default), test, clean. V=1 shows the commands.
# Variables to set before: CC, CFLAGS (tests), CANISTER_CFLAGS, AXON_BUILD (build), WASM_OPT, AXON_CLANG.

AXON_SDK   := $(patsubst %/share/axon-sdk/axon-canister.mk,%,$(abspath $(lastword $(MAKEFILE_LIST))))
AXON_BUILD ?= build
AXON_LIB   := $(AXON_SDK)/lib/axon-sdk
include $(AXON_SDK)/share/axon-sdk/flags.mk

WASM_OPT        ?= $(AXON_LIB)/binaryen/bin/wasm-opt
# The last finds local variables that are set before an await and read after it.
CANISTER_CFLAGS ?= -Wall -Wextra -Wconditional-uninitialized
CFLAGS          ?= -O1 -g -Wall -Wextra
AXON_OBJ        := $(AXON_BUILD)/obj
# The kit, compiled to bitcode by the same clang: the linker sees the whole program.
AXON_RUNTIME    := $(sort $(wildcard $(AXON_LIB)/wasm32/*.o))
$(if $(filter $(AXON_CLANG_VERSION),$(shell $(AXON_CLANG) -dumpversion)),,\
    $(error $(AXON_CLANG) is not the clang $(AXON_CLANG_VERSION) that the kit was installed with: set AXON_CLANG, or install again))

Q    := $(if $(V),,@)
say   = $(if $(V),,@printf '  %-8s %s\n' $(1) $@)

.PHONY: all test clean
.DEFAULT_GOAL := all
AXON_CANISTERS :=
AXON_TESTS     :=
AXON_GENERATED :=
AXON_MESSAGES  :=

$(AXON_OBJ)/wasm/%.o: %.c $(AXON_RUNTIME)
	@mkdir -p $(@D)
	$(call say,clang)
	$(Q)$(AXON_CLANG) $(AXON_WASM_CFLAGS) -isystem $(AXON_SDK)/include/axon-sdk/wasm -I$(AXON_SDK)/include/axon-sdk \
	    -isystem $(AXON_SDK)/include/axon-sdk/nanopb -I$(AXON_BUILD)/gen -I. '-ffile-prefix-map=$(CURDIR)=.' $(CANISTER_CFLAGS) -MMD -MP -flto -c $< -o $@
$(AXON_OBJ)/native/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) -std=c17 -I$(AXON_SDK)/include/axon-sdk -isystem $(AXON_SDK)/include/axon-sdk/nanopb -I$(AXON_BUILD)/gen -I. $(CFLAGS) -MMD -MP -c $< -o $@

# Expanded late: canisters and tests are declared after this file, in any order, and may include each
# other's generated headers.
.SECONDEXPANSION:

define axon_canister
$(AXON_BUILD)/gen/$(1)_did.h $(AXON_BUILD)/gen/$(1)_did.c $(AXON_BUILD)/gen/$(1)_dispatch.c &: $(3) $(AXON_SDK)/bin/didc
	@mkdir -p $(AXON_BUILD)/gen
	$$(call say,didc)
	$(Q)$(AXON_SDK)/bin/didc gen $(3) --prefix $(1) --out $(AXON_BUILD)/gen
	$(Q)$(AXON_SDK)/bin/didc methods $(3) >$(AXON_BUILD)/gen/$(1).methods
	$(Q)$(AXON_SDK)/bin/didc print --comments $(3) >$(AXON_BUILD)/gen/$(1).did
AXON_GENERATED += $(AXON_BUILD)/gen/$(1)_did.h
AXON_OBJECTS_$(1) := $(patsubst %.c,$(AXON_OBJ)/wasm/%.o,$(2) $(AXON_BUILD)/gen/$(1)_did.c $(AXON_BUILD)/gen/$(1)_dispatch.c)
$$(AXON_OBJECTS_$(1)): | $$$$(AXON_GENERATED) $$$$(AXON_MESSAGES)
$(AXON_BUILD)/$(1).wasm: $$(AXON_OBJECTS_$(1)) $(AXON_RUNTIME) $(3) $(4)
	$$(call say,link)
	$(Q)$(AXON_CLANG) $(AXON_WASM_LDFLAGS) -o $(AXON_OBJ)/$(1).linked.wasm $$(AXON_OBJECTS_$(1)) $(AXON_RUNTIME) $(AXON_WASM_BUILTINS)
	$(Q)$$(WASM_OPT) $(AXON_WASM_OPT_FLAGS) $(AXON_OBJ)/$(1).linked.wasm -o $(AXON_OBJ)/$(1).small.wasm
	$(Q)$(AXON_SDK)/bin/wasm-seal $(AXON_OBJ)/$(1).small.wasm $$@ --did $(AXON_BUILD)/gen/$(1).did --methods $(AXON_BUILD)/gen/$(1).methods $(if $(4),--hidden $(4))
	@gzip -n9 <$$@ >$$@.gz && cp $(AXON_BUILD)/gen/$(1).did $(AXON_BUILD)/$(1).did
AXON_CANISTERS += $(AXON_BUILD)/$(1).wasm
endef

define axon_test
$(patsubst %.c,$(AXON_OBJ)/native/%.o,$(2)): | $$$$(AXON_GENERATED) $$$$(AXON_MESSAGES)
$(AXON_BUILD)/$(1): $(patsubst %.c,$(AXON_OBJ)/native/%.o,$(2)) $(AXON_LIB)/libaxon-sdk.a
	$$(call say,link)
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -L$(AXON_LIB) $$(AXON_NATIVE_LIBS)
AXON_TESTS += $(AXON_BUILD)/$(1)
endef

define axon_proto
$(AXON_BUILD)/gen/$(1).pb.h $(AXON_BUILD)/gen/$(1).pb.c &: $(2) $(wildcard $(2:.proto=.options)) $(3) $(AXON_SDK)/bin/pb-gen
	@mkdir -p $(AXON_BUILD)/gen
	$$(call say,pb-gen)
	$(Q)$(AXON_SDK)/bin/pb-gen --prefix $(1) --out $(AXON_BUILD)/gen $(2)
AXON_MESSAGES += $(AXON_BUILD)/gen/$(1).pb.h
endef

all: $$(AXON_CANISTERS)
test: $$(AXON_CANISTERS) $$(AXON_TESTS)
	@for program in $(AXON_TESTS); do echo "$$program:" && $$program || exit 1; done
clean:
	rm -rf $(AXON_BUILD)

-include $(shell [ ! -d $(AXON_OBJ) ] || find $(AXON_OBJ) -name '*.d')
