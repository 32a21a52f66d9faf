# How canisters are built: $(eval $(call canister,NAME,SOURCES,FILE.did[,HIDDEN])) gives
# build/wasm/NAME.wasm, .wasm.gz and .did. SOURCES are the canister's own and those of the pure cores
# it uses, generated ones under build/gen; the kit and the Candid runtime are added. HIDDEN lists
# exported methods that the .did does not show, one `canister_query:NAME` a line.
#
# clang compiles to bitcode for bare wasm32 (no WASI), lld optimizes the whole program, wasm-opt
# shortens it, wasm-seal checks imports and exports and adds the interface as metadata. The same
# sources give the same bytes in any folder: no path, time or host name gets in.

WASM_DIR         := $(BUILD)/wasm
WASM_STACK_BYTES := 131072

# No -mbulk-memory: memory.copy costs 100 + 1 for each byte here, the functions of mem.c a quarter.
WASM_FEATURES := -msimd128 -msign-ext -mnontrapping-fptoint -mmutable-globals
WASM_WARNINGS := $(filter-out -Wmissing-prototypes,$(WARNINGS))
WASM_CFLAGS    = --target=wasm32-unknown-unknown -std=c17 -O3 $(WASM_FEATURES) -nostdlibinc -isystem sdk-c/wasm/include \
                 -isystem $(NANOPB) -I. -Isdk-c/include -Isdk-c -I$(BUILD)/gen -fvisibility=hidden -fno-ident \
                 $(WASM_WARNINGS) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
# The table is exported because callbacks are its entries, called by the system: nothing inside the module
# shows that they are used, and the optimizer would drop them.
# A quarter of the linker's usual inlining: a tenth less Wasm for 0.2 % more instructions.
WASM_LDFLAGS   = --target=wasm32-unknown-unknown -nostdlib -fuse-ld=lld -flto -Wl,--no-entry -Wl,--stack-first \
                 -Wl,-z,stack-size=$(WASM_STACK_BYTES) -Wl,--gc-sections -Wl,--lto-O3 -Wl,-mllvm,-inline-threshold=60 \
                 -Wl,-O2 -Wl,--strip-all -Wl,--fatal-warnings -Wl,--export-table
# The compiler's own functions (128-bit multiplication and division), where this clang keeps them.
WASM_BUILTINS  = $(firstword $(wildcard $(addprefix $(shell $(CLANG) -print-resource-dir)/lib/,\
                 wasi/libclang_rt.builtins-wasm32.a wasm*/libclang_rt.builtins*.a wasi*/libclang_rt.builtins*.a)))
WASM_OPT_FLAGS := -O3 --enable-simd --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals \
                  --disable-bulk-memory --strip-producers --strip-debug --strip-target-features

# Bitcode for everything, so that the linker sees the whole program; mem.c apart, because the compiler
# itself emits calls to it, and must not turn its loops into calls of themselves.
$(WASM_DIR)/obj/%.o: %.c $(SETUP_STAMP)
	@mkdir -p $(@D)
	$(call say,$(CLANG))
	$(Q)$(CLANG) $(WASM_CFLAGS) -flto -c $< -o $@
$(WASM_DIR)/obj/sdk-c/wasm/mem.o: sdk-c/wasm/mem.c $(SETUP_STAMP)
	@mkdir -p $(@D)
	$(call say,$(CLANG))
	$(Q)$(CLANG) $(WASM_CFLAGS) -fno-builtin -c $< -o $@
# call.c apart, because its callbacks must be the first entries of the table; see there.
$(WASM_DIR)/obj/sdk-c/wasm/call.o: sdk-c/wasm/call.c $(SETUP_STAMP)
	@mkdir -p $(@D)
	$(call say,$(CLANG))
	$(Q)$(CLANG) $(WASM_CFLAGS) -c $< -o $@
# nanopb lies outside of the tree; see sdk-c/pb/rules.mk.
$(WASM_DIR)/obj/nanopb/%.o: $(NANOPB_STAMP)
	@mkdir -p $(@D)
	$(call say,$(CLANG))
	$(Q)$(CLANG) $(WASM_CFLAGS) $(NANOPB_CFLAGS) -flto -c $(NANOPB)/$*.c -o $@
$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(IC_PB_SOURCES)): | $(NANOPB_STAMP)

# For size: what is called rarely, or gains nothing from speed.
IC_SMALL := $(addprefix sdk-c/src/,arena.c buf.c cell.c principal.c text.c) sdk-c/candid/plan.c sdk-c/candid/subtype.c
$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(IC_SMALL)): WASM_CFLAGS += -Oz

IC_WASM_SOURCES = $(IC_CORE_SOURCES) $(CANDID_SOURCES) sdk-c/wasm/msg.c sdk-c/wasm/env.c sdk-c/wasm/cycles.c sdk-c/wasm/call.c sdk-c/wasm/mem.c

# A tool of the build: always the dev build, whatever MODE is.
$(eval $(call program,wasm-seal,sdk-c/wasm/tools/wasm-seal.c,ic))
WASM_SEAL := $(BUILD)/dev/wasm-seal
ifneq ($(MODE),dev)
$(WASM_SEAL):
	@$(MAKE) --no-print-directory MODE=dev $@
endif

define canister
$$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(2)): | $$(GENERATED)
$(WASM_DIR)/obj/$(1).linked.wasm: $$(sort $$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(2) $$(IC_WASM_SOURCES)))
	@mkdir -p $$(@D)
	$$(call say,link)
	$(Q)$(CLANG) $(WASM_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(WASM_BUILTINS)
$(WASM_DIR)/obj/$(1).small.wasm: $(WASM_DIR)/obj/$(1).linked.wasm
	$$(call say,wasm-opt)
	$(Q)$(WASM_OPT) $(WASM_OPT_FLAGS) $$< -o $$@
$(BUILD)/gen/$(1).methods: $(3) $(BUILD)/didc
	@mkdir -p $$(@D)
	$(BUILD)/didc methods $(3) >$$@.new && mv $$@.new $$@
$(WASM_DIR)/$(1).wasm: $(WASM_DIR)/obj/$(1).small.wasm $(3) $(BUILD)/gen/$(1).methods $(4) $(WASM_SEAL)
	$$(call say,seal)
	$(Q)$(WASM_SEAL) $$< $$@ --did $(3) --methods $(BUILD)/gen/$(1).methods $(if $(4),--hidden $(4))
	@gzip -n9 <$$@ >$$@.gz && cp $(3) $(WASM_DIR)/$(1).did
WASM += $(WASM_DIR)/$(1).wasm
endef

-include $(shell [ ! -d $(WASM_DIR)/obj ] || find $(WASM_DIR)/obj -name '*.d')
