# didc, the generator, and its library (parser, subtyping, printing), which the text form shares.
DIDC_DIR := sdk-c/didc
$(eval $(call archive,didc,$(addprefix $(DIDC_DIR)/,pool.c lex.c parse.c resolve.c check.c print.c names.c graph.c classes.c header.c js.c layout.c)))
$(eval $(call program,didc,$(addprefix $(DIDC_DIR)/,main.c options.c gen.c gen_header.c gen_source.c gen_client.c),didc candid ic))

# The generator that makes build/gen is always the dev build, whatever MODE is.
DIDC := $(BUILD)/didc
DIDC_LIBRARY_SOURCES := $(addprefix $(DIDC_DIR)/,pool.c lex.c parse.c resolve.c print.c) sdk-c/src/text.c sdk-c/candid/scalar.c
$(DIDC): $(wildcard $(DIDC_DIR)/*.c $(DIDC_DIR)/*.h) sdk-c/candid/scalar.c sdk-c/src/text.c sdk-c/include/ic/candid.h
	@mkdir -p $(@D)
	gcc -std=c17 -O1 -D_GNU_SOURCE -Isdk-c/include -Isdk-c -o $@ $(filter %.c,$^)

# $(call didc_gen,PREFIX,FILE.did): build/gen/PREFIX_did.h, PREFIX_did.c, PREFIX_dispatch.c,
# PREFIX_client.h
define didc_gen
$(BUILD)/gen/$(1)_did.h $(BUILD)/gen/$(1)_did.c $(BUILD)/gen/$(1)_dispatch.c $(BUILD)/gen/$(1)_client.h &: $(2) $(DIDC)
	@mkdir -p $(BUILD)/gen
	$(DIDC) gen $(2) --prefix $(1) --out $(BUILD)/gen
GENERATED += $(BUILD)/gen/$(1)_did.h
endef

# The runtime's tests use generated code, so their rules stand behind the generator's.
$(eval $(call didc_gen,sample,sdk-c/candid/test/sample.did))
$(eval $(call didc_gen,hostile,sdk-c/candid/test/hostile.did))
$(O)/sdk-c/candid/test/test_candid.o: | $(BUILD)/gen/sample_did.h
$(eval $(call unit_test,candid,sdk-c/candid/test/test_candid.c $(BUILD)/gen/sample_did.c $(BUILD)/gen/sample_dispatch.c,candid ic))
$(O)/sdk-c/candid/test/fuzz_candid.o: | $(BUILD)/gen/hostile_did.h
$(eval $(call fuzz_target,fuzz_candid,sdk-c/candid/test/fuzz_candid.c $(BUILD)/gen/hostile_did.c,candid ic))
$(eval $(call fuzz_target,fuzz_did,$(DIDC_DIR)/test/fuzz_did.c $(addprefix $(DIDC_DIR)/,gen.c gen_header.c gen_source.c gen_client.c),didc candid ic))

$(eval $(call unit_test,didc_model,$(DIDC_DIR)/test/test_model.c,didc candid ic))
AXON_TESTS += sdk-c/didc/test/run.sh
