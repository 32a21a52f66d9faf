# The Candid runtime: descriptor-driven decoder and encoder. The same sources go into canisters.
CANDID_SOURCES := $(addprefix sdk-c/candid/,scalar.c)
$(eval $(call archive,candid,$(CANDID_SOURCES)))
