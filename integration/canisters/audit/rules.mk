# Integrity checks that go on from query to query.
AUDIT := integration/canisters/audit
$(eval $(call didc_gen,audit,$(AUDIT)/audit.did))
$(eval $(call canister,audit,$(AUDIT)/main.c $(BUILD)/gen/audit_did.c $(BUILD)/gen/audit_dispatch.c,$(AUDIT)/audit.did))
$(O)/$(AUDIT)/test_audit.o: | $(BUILD)/gen/audit_did.h
$(eval $(call unit_test,audit_wasm,$(AUDIT)/test_audit.c $(BUILD)/gen/audit_did.c,$(AXON_LIBS)))
