# Flows and cycles of the kit in Wasm: two canisters of this module, and the test that drives them.
F := integration/canisters/flows
$(eval $(call didc_gen,flows,$(F)/flows.did))
$(eval $(call canister,flows,$(F)/main.c $(BUILD)/gen/flows_did.c $(BUILD)/gen/flows_dispatch.c,$(F)/flows.did))
$(O)/$(F)/test_flows.o: CFLAGS += -Isdk-c/testkit
$(O)/$(F)/test_flows.o: | $(BUILD)/gen/flows_did.h
$(eval $(call unit_test,flows_wasm,$(F)/test_flows.c $(BUILD)/gen/flows_did.c,axon_test $(AXON_LIBS) text didc candid ic))
