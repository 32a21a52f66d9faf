AXON_ENGINE := $(addprefix integration/axon/engine/,heap.c stable.c code.c instance.c)
$(eval $(call archive,axon_engine,$(AXON_ENGINE)))
$(eval $(call unit_test,axon_engine,integration/axon/engine/test/test_engine.c,axon_engine axon_wasm axon_base))
$(eval $(call fuzz_target,fuzz_instrument,integration/axon/engine/test/fuzz_instrument.c,axon_engine axon_wasm axon_base))
