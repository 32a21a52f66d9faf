# build/gen/management_did.[ch]: the interface of the management canister.
$(eval $(call didc_gen,management,integration/axon/mgmt/management.did))
