include $(wildcard integration/axon/*/rules.mk)
