# Clients of canisters that everybody calls, generated. A canister that calls them adds
# $(IC_SERVICE_SOURCES) to its sources and includes ic/management.h or ic/icp_ledger.h.
$(eval $(call didc_gen,ic_mgmt,sdk-c/services/management.did))
$(eval $(call didc_gen,icp_ledger,canisters/ledger/ledger.did))
IC_SERVICE_SOURCES := $(BUILD)/gen/ic_mgmt_did.c $(BUILD)/gen/icp_ledger_did.c
$(eval $(call archive,services,$(IC_SERVICE_SOURCES)))
AXON_TESTS += sdk-c/services/test-services.sh
