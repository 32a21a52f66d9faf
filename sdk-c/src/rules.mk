# The kit's core for native code: libic.a, with the host twin instead of the system.
IC_CORE_SOURCES := $(sort $(wildcard sdk-c/src/*.c))
$(eval $(call archive,ic,$(IC_CORE_SOURCES) $(sort $(wildcard sdk-c/host/*.c))))
