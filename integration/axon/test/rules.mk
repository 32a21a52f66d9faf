$(eval $(call unit_test,metering,integration/axon/test/test_metering.c,axon_exec axon_engine axon_wasm axon_base candid ic))
