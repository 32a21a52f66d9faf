# The ICP ledger canister: entry points over ledger/ and the kit. The same sources make the Wasm and a
# native library, so that recorded calls run under the sanitizers.
L := canisters/ledger
LEDGER_CANISTER_SOURCES := $(addprefix $(L)/,answers.c block_queries.c lifecycle.c queries.c transfers.c) \
                           $(BUILD)/gen/icp_did.c $(BUILD)/gen/icp_dispatch.c

$(eval $(call didc_gen,icp,$(L)/ledger.did))
$(eval $(call archive,ledger_canister,$(LEDGER_CANISTER_SOURCES)))
$(patsubst %.c,$(O)/%.o,$(filter $(L)/%,$(LEDGER_CANISTER_SOURCES))): | $(BUILD)/gen/icp_did.h
