# The counter canister, and its test in axon.
X := examples/counter
$(eval $(call didc_gen,counter,$(X)/counter.did))
$(eval $(call canister,counter,$(X)/main.c $(BUILD)/gen/counter_did.c $(BUILD)/gen/counter_dispatch.c,$(X)/counter.did))
$(eval $(call unit_test,example_counter,$(X)/test/test_counter.c,axon_test $(AXON_LIBS) text didc candid ic))
$(O)/$(X)/test/%.o: CFLAGS += -Isdk-c/testkit
