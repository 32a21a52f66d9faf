# build/gen/management_did.[ch]: the interface of the management canister.
$(eval $(call didc_gen,management,integration/axon/mgmt/management.did))
# build/gen/transform_did.[ch]: what it calls to transform the answers of web servers.
$(eval $(call didc_gen,transform,sdk-c/services/outcall.did))
