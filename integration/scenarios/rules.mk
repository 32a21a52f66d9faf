# Whole-canister stories: the Wasm that would be deployed, in axon.
SCENARIO_SOURCES := integration/scenarios/ledger_setup.c
$(eval $(call unit_test,test_bad_input,integration/scenarios/test_bad_input.c $(SCENARIO_SOURCES),$(AXON_LIBS) text didc candid ic))
