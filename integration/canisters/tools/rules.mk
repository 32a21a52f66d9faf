# The kit's small tools in Wasm: environment variables, random numbers, 128-bit arithmetic.
TOOLS := integration/canisters/tools
$(eval $(call didc_gen,tools,$(TOOLS)/tools.did))
$(eval $(call canister,tools,$(TOOLS)/main.c $(BUILD)/gen/tools_did.c $(BUILD)/gen/tools_dispatch.c $(IC_SERVICE_SOURCES),$(TOOLS)/tools.did))
$(eval $(call unit_test,tools_wasm,$(TOOLS)/test_tools.c,axon_test $(AXON_LIBS) text didc candid ic))
