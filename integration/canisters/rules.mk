# Canisters that exist for tests.
include $(wildcard integration/canisters/*/rules.mk)
