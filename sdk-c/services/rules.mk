# Clients of canisters that everybody calls, generated. A canister that calls them adds
# $(IC_SERVICE_SOURCES) to its sources and includes ic/management.h, ic/outcall.h or ic/icp_ledger.h.
$(eval $(call didc_gen,ic_mgmt,sdk-c/services/management.did))
$(eval $(call didc_gen,ic_outcall_wire,sdk-c/services/outcall.did))
$(eval $(call didc_gen,icp_ledger,canisters/ledger/ledger.did))
IC_SERVICE_SOURCES := sdk-c/services/outcall.c $(BUILD)/gen/ic_mgmt_did.c $(BUILD)/gen/ic_outcall_wire_did.c \
                      $(BUILD)/gen/icp_ledger_did.c
$(eval $(call archive,services,$(IC_SERVICE_SOURCES)))
$(O)/sdk-c/services/outcall.o: | $(BUILD)/gen/ic_mgmt_did.h $(BUILD)/gen/ic_outcall_wire_did.h
AXON_TESTS += sdk-c/services/test-services.sh
$(O)/sdk-c/services/test/%.o: | $(BUILD)/gen/ic_mgmt_did.h $(BUILD)/gen/ic_outcall_wire_did.h $(BUILD)/gen/icp_ledger_did.h
$(eval $(call unit_test,ic_clients,sdk-c/services/test/test_clients.c,services candid ic))
$(eval $(call unit_test,ic_outcall,sdk-c/services/test/test_outcall.c,services candid ic))
