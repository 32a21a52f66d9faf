include $(wildcard sdk-c/*/rules.mk)
