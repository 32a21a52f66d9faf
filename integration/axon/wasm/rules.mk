AXON_WASM := $(addprefix integration/axon/wasm/,reader.c opcodes.c code.c parse.c validate.c instrument.c)
$(eval $(call archive,axon_wasm,$(AXON_WASM)))
$(eval $(call unit_test,axon_wasm,$(addprefix integration/axon/wasm/test/,test_wasm.c build.c),axon_wasm axon_base))
$(eval $(call fuzz_target,fuzz_wasm,integration/axon/wasm/test/fuzz_wasm.c,axon_wasm axon_base))
