# Scenario tests of the execution environment. They need build/wasm/probe.wasm.
AXON_TEST_DIR := integration/axon/test
AXON_EXEC_TESTS := $(patsubst $(AXON_TEST_DIR)/%.c,%,$(wildcard $(AXON_TEST_DIR)/test_exec_*.c))
$(foreach t,$(AXON_EXEC_TESTS),$(eval $(call unit_test,$(t),$(AXON_TEST_DIR)/$(t).c $(AXON_TEST_DIR)/world.c,$(AXON_LIBS))))
# Every step of the metering vectors, through the same library.
$(eval $(call unit_test,test_metering,$(AXON_TEST_DIR)/test_metering.c,$(AXON_LIBS)))
$(O)/integration/axon/test/test_exec_management.o $(O)/integration/axon/test/test_exec_edges.o: | $(BUILD)/gen/management_did.h
