# Composite queries that await, in Wasm: several canisters of this module, and the test that asks them.
COMPOSE := integration/canisters/compose
$(eval $(call didc_gen,compose,$(COMPOSE)/compose.did))
$(eval $(call canister,compose,$(COMPOSE)/main.c $(BUILD)/gen/compose_did.c $(BUILD)/gen/compose_dispatch.c,$(COMPOSE)/compose.did))
$(eval $(call unit_test,compose_wasm,$(COMPOSE)/test_compose.c,axon_test $(AXON_LIBS) text didc candid ic))
