# The escrow canister: rules, methods, flow, state; tests natively and in axon.
E := examples/escrow
$(eval $(call didc_gen,escrow,$(E)/escrow.did))
$(eval $(call didc_gen,icrc,$(E)/icrc1.did))
$(eval $(call canister,escrow,$(addprefix $(E)/,deal.c main.c settle.c state.c) $(BUILD)/gen/escrow_did.c $(BUILD)/gen/escrow_dispatch.c $(BUILD)/gen/icrc_did.c,$(E)/escrow.did))
$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(wildcard $(E)/*.c)): WASM_CFLAGS += -Iexamples

$(O)/$(E)/%.o: CFLAGS += -Iexamples -Isdk-c/testkit
$(patsubst %.c,$(O)/%.o,$(wildcard $(E)/test/*.c)): | $(BUILD)/gen/ic_mgmt_did.h $(BUILD)/gen/escrow_did.h $(BUILD)/gen/icrc_did.h
$(eval $(call unit_test,escrow_deal,$(E)/test/test_deal.c $(E)/deal.c,ic))
ESCROW_WORLD := $(E)/test/world.c $(E)/deal.c $(BUILD)/gen/escrow_did.c $(BUILD)/gen/icrc_did.c
$(eval $(call unit_test,escrow,$(E)/test/test_escrow.c $(ESCROW_WORLD),services axon_test $(AXON_LIBS) text didc candid ic))
$(eval $(call unit_test,escrow_faults,$(E)/test/test_faults.c $(ESCROW_WORLD),axon_test $(AXON_LIBS) text didc candid ic))
$(eval $(call unit_test,escrow_settle,$(addprefix $(E)/,test/test_settle.c deal.c main.c settle.c state.c) $(addprefix $(BUILD)/gen/,escrow_did.c escrow_dispatch.c icrc_did.c),candid ic))
$(patsubst %.c,$(O)/%.o,$(wildcard $(E)/*.c)): | $(BUILD)/gen/escrow_did.h $(BUILD)/gen/icrc_did.h
