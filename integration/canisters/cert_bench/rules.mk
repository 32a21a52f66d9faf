# What the certified tree and the log ring cost in Wasm.
CB := integration/canisters/cert_bench
$(eval $(call canister,cert_bench,$(CB)/main.c,$(CB)/cert_bench.did))
$(eval $(call unit_test,cert_bench,$(CB)/test_cert_bench.c,$(AXON_LIBS) ic))
