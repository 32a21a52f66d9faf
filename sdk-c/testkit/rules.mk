# What makes tests of canisters short: axon_test.h over axon and Candid's text form.
$(eval $(call archive,axon_test,sdk-c/testkit/axon_test.c))
