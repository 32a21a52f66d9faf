# Timers in Wasm: a canister whose timers misbehave, and the test that drives it.
TIMERS := integration/canisters/timers
$(eval $(call didc_gen,timers,$(TIMERS)/timers.did))
$(eval $(call canister,timers,$(TIMERS)/main.c $(BUILD)/gen/timers_did.c $(BUILD)/gen/timers_dispatch.c,$(TIMERS)/timers.did))
$(eval $(call unit_test,timers_wasm,$(TIMERS)/test_timers.c,axon_test $(AXON_LIBS) text didc candid ic))
