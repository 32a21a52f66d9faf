# The Candid runtime: descriptor-driven decoder and encoder. The same sources go into canisters.
CANDID_SOURCES := $(addprefix sdk-c/candid/,decode.c header.c read.c plan.c coerce.c direct.c skip.c subtype.c encode.c scalar.c msg.c inspect.c call.c)
$(eval $(call archive,candid,$(CANDID_SOURCES)))
