AXON_WASM := $(addprefix integration/axon/wasm/,reader.c opcodes.c code.c parse.c validate.c instrument.c)
$(eval $(call archive,axon_wasm,$(AXON_WASM)))
