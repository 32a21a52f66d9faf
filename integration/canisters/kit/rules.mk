# The kit in Wasm: a canister that checks and measures it, and the test that drives the canister.
$(eval $(call canister,kit,integration/canisters/kit/main.c sdk-c/test/dump_content.c sdk-c/test/hash_chain.c,integration/canisters/kit/kit.did))
$(eval $(call unit_test,kit_wasm,integration/canisters/kit/test_kit.c sdk-c/test/dump_content.c sdk-c/test/hash_chain.c,$(AXON_LIBS) ic))
