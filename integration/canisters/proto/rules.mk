# Protocol buffers in Wasm: a canister whose methods speak them, and the test that drives it.
P := integration/canisters/proto
$(eval $(call didc_gen,proto,$(P)/proto.did))
$(eval $(call nanopb_gen,nns,$(P)/nns.proto))
PROTO_MESSAGES := $(BUILD)/gen/nns.pb.c $(BUILD)/gen/sample.pb.c
$(eval $(call canister,proto,$(P)/main.c $(BUILD)/gen/proto_did.c $(BUILD)/gen/proto_dispatch.c $(PROTO_MESSAGES) $(IC_PB_SOURCES),$(P)/proto.did,$(P)/hidden.conf))
$(eval $(call unit_test,proto_wasm,$(P)/test_proto.c $(PROTO_MESSAGES),axon_test pb $(AXON_LIBS) text didc candid ic))
$(WASM_DIR)/obj/$(P)/main.o $(O)/$(P)/test_proto.o: | $(BUILD)/gen/nns.pb.h $(BUILD)/gen/sample.pb.h
