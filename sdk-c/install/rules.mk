# make install PREFIX=DIR: the kit for canisters that live outside of this tree. make uninstall PREFIX=DIR
# takes it away again. A relative PREFIX is one of this folder.
#
#   bin/                    axon didc pb-gen wasm-seal
#   include/axon-sdk/       ic/ axon.h axon_test.h candid's text form, the native twin, nanopb/
#   lib/axon-sdk/           libaxon-sdk.a (axon, the native kit), libaxon_deps.a (Wasmtime, blst),
#                           wasm32/*.o (the kit for canisters, bitcode), binaryen/ (wasm-opt)
#   lib/pkgconfig/          axon-sdk.pc
#   share/axon-sdk/         axon-canister.mk flags.mk template/ did/ (to import or to call) wasm/ README.md
PREFIX      ?= /usr/local
DESTDIR     ?=
INSTALL_DIR := sdk-c/install
ifneq ($(filter install uninstall,$(MAKECMDGOALS)),)
ifneq ($(words [$(PREFIX)][$(DESTDIR)]),1)
$(error PREFIX and DESTDIR must not contain spaces: make cannot name such files)
endif
override PREFIX := $(abspath $(PREFIX))
ifeq ($(PREFIX),)
$(error PREFIX must not be empty)
endif
endif
INSTALLED    = $(DESTDIR)$(PREFIX)

SDK_ARCHIVES      := axon_test axon_http axon_exec axon_engine axon_wasm axon_base text didc web services pb candid ic
# Generated headers that users include, and the parts that canisters of this tree name one by one: here
# they are all there, and the linker drops what is not used.
SDK_GENERATED     := $(foreach p,ic_web ic_mgmt icrc_ledger icp_ledger,$(BUILD)/gen/$(p)_did.h $(BUILD)/gen/$(p)_client.h)
SDK_WASM_OBJECTS   = $(patsubst %.c,$(WASM_DIR)/obj/%.o,$(IC_WASM_SOURCES) $(IC_HTTP_SOURCES) $(IC_SERVICE_SOURCES) $(IC_PB_SOURCES))
SDK_BINARYEN      := integration/clients/node_modules/binaryen
# Flags that name this tree are made anew by axon-canister.mk.
SDK_WASM_CFLAGS    = $(filter-out -I% -isystem sdk-c/wasm/include $(NANOPB) $(WASM_WARNINGS) -MMD -MP -ffile-prefix-map=%,$(WASM_CFLAGS))
SDK_SYSTEM_LIBS    = $(filter-out %.a,$(LDLIBS))

define SDK_FLAGS
# Written by `make install`: the flags that the kit itself was compiled with.
AXON_CLANG          ?= $(CLANG)
AXON_CLANG_VERSION  := $(shell $(CLANG) -dumpversion)
AXON_WASM_CFLAGS    := $(SDK_WASM_CFLAGS)
AXON_WASM_LDFLAGS   := $(WASM_LDFLAGS)
AXON_WASM_OPT_FLAGS := $(WASM_OPT_FLAGS)
AXON_WASM_BUILTINS  := $(WASM_BUILTINS)
AXON_NATIVE_LIBS    := -laxon-sdk -laxon_deps $(SDK_SYSTEM_LIBS)
endef

define SDK_PC
prefix=$(PREFIX)
makefile=$${prefix}/share/axon-sdk/axon-canister.mk
template=$${prefix}/share/axon-sdk/template
did=$${prefix}/share/axon-sdk/did

Name: axon-sdk
Description: Internet Computer canisters in C, and the network they are tested in
Version: 0.1
Cflags: -I$${prefix}/include/axon-sdk -I$${prefix}/include/axon-sdk/nanopb
Libs: -L$${prefix}/lib/axon-sdk -laxon-sdk -laxon_deps $(SDK_SYSTEM_LIBS)
endef

# One archive of all: whoever links it need not know the parts.
$(O)/libaxon-sdk.a: $(patsubst %,$(O)/lib%.a,$(SDK_ARCHIVES))
	@rm -f $@
	@{ echo "create $@"; printf 'addlib %s\n' $^; echo save; echo end; } | ar -M

SDK_FOR_INSTALL := $(BUILD)/axon $(BUILD)/didc $(O)/wasm-seal $(O)/libaxon-sdk.a $(BUILD)/wasm/ledger.wasm

.PHONY: install
install: $(SDK_FOR_INSTALL) sdk-wasm-objects
	@rm -rf $(INSTALLED)/include/axon-sdk
	@install -d $(INSTALLED)/bin $(INSTALLED)/lib/pkgconfig $(INSTALLED)/lib/axon-sdk/wasm32 \
	    $(addprefix $(INSTALLED)/include/axon-sdk/,ic host text base wasm nanopb) \
	    $(INSTALLED)/lib/axon-sdk/binaryen/bin $(INSTALLED)/share/axon-sdk/template $(INSTALLED)/share/axon-sdk/did $(INSTALLED)/share/axon-sdk/wasm
	@install $(BUILD)/axon $(BUILD)/didc $(O)/wasm-seal $(PB_GEN) $(INSTALLED)/bin/
	@install -m 644 sdk-c/include/ic/*.h $(INSTALLED)/include/axon-sdk/ic/
	@install -m 644 sdk-c/host/*.h $(INSTALLED)/include/axon-sdk/host/
	@install -m 644 sdk-c/text/candid_text.h $(INSTALLED)/include/axon-sdk/text/
	@install -m 644 sdk-c/wasm/include/*.h $(INSTALLED)/include/axon-sdk/wasm/
	@install -m 644 $(NANOPB)/*.h $(NANOPB)/LICENSE.txt $(INSTALLED)/include/axon-sdk/nanopb/
	@install -m 644 integration/axon/base/buf.h $(INSTALLED)/include/axon-sdk/base/
	@install -m 644 integration/axon/include/axon.h sdk-c/testkit/axon_test.h $(INSTALLED)/include/axon-sdk/
	@install -m 644 $(O)/libaxon-sdk.a $(DEPS)/lib/libaxon_deps.a $(INSTALLED)/lib/axon-sdk/
	@rm -f $(INSTALLED)/lib/axon-sdk/wasm32/*.o
	@for object in $(SDK_WASM_OBJECTS); do \
	    install -m 644 $$object $(INSTALLED)/lib/axon-sdk/wasm32/$$(echo $${object#$(WASM_DIR)/obj/sdk-c/} | sed 's#^.*/\(gen\|nanopb\)/#\1/#' | tr / -) || exit 1; \
	done
	@install -m 644 $(SDK_GENERATED) $(INSTALLED)/include/axon-sdk/
	@install -m 644 sdk-c/web/http.did sdk-c/services/management.did canisters/ledger/ledger.did $(INSTALLED)/share/axon-sdk/did/
	@install -m 644 $(WASM_DIR)/ledger.wasm $(INSTALLED)/share/axon-sdk/wasm/
	@install $(SDK_BINARYEN)/bin/wasm-opt $(INSTALLED)/lib/axon-sdk/binaryen/bin/
	@install -m 644 $(SDK_BINARYEN)/bin/package.json $(INSTALLED)/lib/axon-sdk/binaryen/bin/
	@install -m 644 $(SDK_BINARYEN)/LICENSE $(INSTALLED)/lib/axon-sdk/binaryen/
	@install -m 644 $(INSTALL_DIR)/axon-canister.mk sdk-c/README.md $(INSTALLED)/share/axon-sdk/
	@install -m 644 $(filter-out %/build,$(wildcard sdk-c/template/*)) $(INSTALLED)/share/axon-sdk/template/
	$(file >$(BUILD)/sdk-flags.mk,$(SDK_FLAGS))
	$(file >$(BUILD)/axon-sdk.pc,$(SDK_PC))
	@install -m 644 $(BUILD)/sdk-flags.mk $(INSTALLED)/share/axon-sdk/flags.mk
	@install -m 644 $(BUILD)/axon-sdk.pc $(INSTALLED)/lib/pkgconfig/axon-sdk.pc
	@echo "axon-sdk is installed in $(PREFIX); try: cp -r $(PREFIX)/share/axon-sdk/template hello"

.PHONY: uninstall
uninstall:
	rm -rf $(addprefix $(INSTALLED)/,$(addprefix bin/,axon didc pb-gen wasm-seal) $(addsuffix /axon-sdk,include lib share) lib/pkgconfig/axon-sdk.pc)

# The list of sources is complete only when all rules have been read.
.PHONY: sdk-wasm-objects
sdk-wasm-objects: $(SDK_GENERATED)
	@$(MAKE) --no-print-directory -s $(SDK_WASM_OBJECTS)

AXON_TESTS += $(INSTALL_DIR)/test-install.sh $(INSTALL_DIR)/test-readme.sh
