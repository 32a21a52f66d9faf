# What the stable structures cost in Wasm. `make stable-bench` measures up to 10 million entries and
# writes its part of docs/benchmarks.md.
SB := integration/canisters/stable_bench
$(eval $(call canister,stable_bench,$(SB)/main.c,$(SB)/stable_bench.did))
$(eval $(call unit_test,stable_bench,$(SB)/test_stable_bench.c $(SB)/report.c,$(AXON_LIBS) ic))

.PHONY: stable-bench
stable-bench: $(O)/test/stable_bench $(WASM_DIR)/stable_bench.wasm ## measure the stable structures, write their part of docs/benchmarks.md
	@$(O)/test/stable_bench 10000000 docs/benchmarks.md
