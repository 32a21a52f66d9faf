# The Candid runtime inside a canister, in axon: the official assertions, and what decoding costs.
CANDID_BENCH_DIR := integration/canisters/candid
# Like didc, what makes build/gen does not depend on MODE.
$(BUILD)/cases_did: $(addprefix $(CANDID_BENCH_DIR)/,cases_did.c cases.c cases.h) $(DIDC)
	@mkdir -p $(@D)
	gcc -std=c17 -O1 -D_GNU_SOURCE -Isdk-c/include -Isdk-c -o $@ $(filter %.c,$^) $(DIDC_LIBRARY_SOURCES) -ljansson
$(BUILD)/gen/cases.did: $(BUILD)/cases_did integration/vectors/candid/assertions.jsonl
	@mkdir -p $(@D)
	$(BUILD)/cases_did >$@.new && mv $@.new $@
$(eval $(call didc_gen,cases,$(BUILD)/gen/cases.did))
$(eval $(call didc_gen,dear,$(CANDID_BENCH_DIR)/dear.did))
$(eval $(call didc_gen,candid_bench,$(CANDID_BENCH_DIR)/candid_bench.did))
CANDID_BENCH_SOURCES := $(CANDID_BENCH_DIR)/main.c \
    $(addprefix $(BUILD)/gen/,candid_bench_did.c candid_bench_dispatch.c cases_did.c dear_did.c hostile_did.c sample_did.c)
$(eval $(call canister,candid_bench,$(CANDID_BENCH_SOURCES),$(CANDID_BENCH_DIR)/candid_bench.did))
$(O)/$(CANDID_BENCH_DIR)/test_candid_cost.o: | $(BUILD)/gen/hostile_did.h
$(eval $(call unit_test,candid_cost,$(addprefix $(CANDID_BENCH_DIR)/,test_candid_cost.c bench.c) $(BUILD)/gen/hostile_did.c,$(AXON_LIBS) candid ic))
$(eval $(call unit_test,candid_wasm,$(addprefix $(CANDID_BENCH_DIR)/,test_candid_wasm.c bench.c cases.c),$(AXON_LIBS) text didc candid ic))
$(O)/$(CANDID_BENCH_DIR)/search.o $(O)/$(CANDID_BENCH_DIR)/test_candid_search.o: | $(BUILD)/gen/dear_did.h $(BUILD)/gen/hostile_did.h
$(eval $(call unit_test,candid_search,$(addprefix $(CANDID_BENCH_DIR)/,test_candid_search.c search.c wire.c bench.c) $(BUILD)/gen/dear_did.c $(BUILD)/gen/hostile_did.c,$(AXON_LIBS) candid ic))
$(O)/$(CANDID_BENCH_DIR)/test_candid_units.o: | $(BUILD)/gen/dear_did.h
$(eval $(call unit_test,candid_units,$(CANDID_BENCH_DIR)/test_candid_units.c $(BUILD)/gen/dear_did.c,candid ic))
$(O)/$(CANDID_BENCH_DIR)/test_candid_deep.o: | $(BUILD)/gen/dear_did.h
$(eval $(call unit_test,candid_deep,$(addprefix $(CANDID_BENCH_DIR)/,test_candid_deep.c bench.c) $(BUILD)/gen/dear_did.c,$(AXON_LIBS) candid ic))
