# The execution environment: system API, messages, management canister. What a program that embeds
# axon links, dependents first.
AXON_LIBS := axon_exec axon_engine axon_wasm axon_base candid ic

AXON_EXEC_SOURCES := $(wildcard integration/axon/exec/*.c integration/axon/ic0/*.c \
                       integration/axon/mgmt/*.c) $(BUILD)/gen/management_did.c \
                     $(BUILD)/gen/transform_did.c
$(eval $(call archive,axon_exec,$(AXON_EXEC_SOURCES)))
$(patsubst %.c,$(O)/%.o,$(wildcard integration/axon/mgmt/*.c)): $(BUILD)/gen/management_did.h $(BUILD)/gen/transform_did.h
