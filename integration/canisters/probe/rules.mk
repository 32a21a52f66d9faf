# The probe: a canister that does what the test tells it, one system call at a time.
$(eval $(call canister,probe,integration/canisters/probe/main.c,integration/canisters/probe/probe.did))
