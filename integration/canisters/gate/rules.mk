# @inspect in Wasm: a canister whose messages are inspected, and the test that sends them.
GATE := integration/canisters/gate
$(eval $(call didc_gen,gate,$(GATE)/gate.did))
$(eval $(call canister,gate,$(GATE)/main.c $(BUILD)/gen/gate_did.c $(BUILD)/gen/gate_dispatch.c,$(GATE)/gate.did))
$(eval $(call unit_test,gate_wasm,$(GATE)/test_gate.c,axon_test $(AXON_LIBS) text didc candid ic))
