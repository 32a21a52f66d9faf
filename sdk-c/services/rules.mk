# Clients of canisters that everybody calls, generated. A canister that calls them adds
# $(IC_SERVICE_SOURCES) to its sources and includes ic/management.h, ic/outcall.h, ic/icrc_ledger.h
# or ic/icp_ledger.h.
$(eval $(call didc_gen,ic_mgmt,sdk-c/services/management.did))
$(eval $(call didc_gen,ic_outcall_wire,sdk-c/services/outcall.did))
$(eval $(call didc_gen,icrc_ledger,sdk-c/services/icrc_ledger.did))
$(eval $(call didc_gen,icp_ledger,canisters/ledger/ledger.did))
IC_SERVICE_SOURCES := sdk-c/services/outcall.c sdk-c/services/icrc_ledger.c \
                      $(patsubst %,$(BUILD)/gen/%_did.c,ic_mgmt ic_outcall_wire icrc_ledger icp_ledger)
$(eval $(call archive,services,$(IC_SERVICE_SOURCES)))
IC_SERVICE_HEADERS := $(patsubst %,$(BUILD)/gen/%_did.h,ic_mgmt ic_outcall_wire icrc_ledger icp_ledger)
$(patsubst %.c,$(O)/%.o,$(wildcard sdk-c/services/*.c sdk-c/services/test/*.c)): | $(IC_SERVICE_HEADERS)
AXON_TESTS += sdk-c/services/test-services.sh
$(eval $(call unit_test,ic_clients,sdk-c/services/test/test_clients.c,services candid ic))
$(eval $(call unit_test,ic_outcall,sdk-c/services/test/test_outcall.c,services candid ic))
$(eval $(call unit_test,ic_icrc_ledger,sdk-c/services/test/test_icrc_ledger.c,services candid ic))
