# What Candid costs in a canister: measured in axon, bounds asserted.
$(eval $(call didc_gen,candid_bench,integration/canisters/candid/candid_bench.did))
$(eval $(call canister,candid_bench,integration/canisters/candid/main.c $(BUILD)/gen/candid_bench_did.c $(BUILD)/gen/candid_bench_dispatch.c $(BUILD)/gen/sample_did.c,integration/canisters/candid/candid_bench.did))
$(eval $(call unit_test,candid_cost,integration/canisters/candid/test_candid_cost.c,$(AXON_LIBS) candid ic))
