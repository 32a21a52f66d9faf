# Protocol buffers: the kit's layer over nanopb, whose run-time lies outside of the tree (scripts/setup.sh).
# A canister that uses them adds $(IC_PB_SOURCES) and its generated NAME.pb.c to its sources; nothing else
# needs nanopb.
PB     := sdk-c/pb
PB_GEN := $(PB)/pb-gen
NANOPB_SOURCES := pb_common.c pb_decode.c pb_encode.c
IC_PB_SOURCES  := $(addprefix $(PB)/,pb.c pb_msg.c) $(addprefix nanopb/,$(NANOPB_SOURCES))

# $(call nanopb_gen,NAME,FILE.proto[,IMPORTED]): build/gen/NAME.pb.h and NAME.pb.c. Objects that include
# the header name it as an order-only prerequisite.
define nanopb_gen
$(BUILD)/gen/$(1).pb.h $(BUILD)/gen/$(1).pb.c &: $(2) $(wildcard $(2:.proto=.options)) $(3) $(PB_GEN) | $(NANOPB_STAMP)
	@mkdir -p $(BUILD)/gen
	$(PB_GEN) --prefix $(1) --out $(BUILD)/gen $(2)
endef

# nanopb's own sources, under the options of ic/pb.h. It reaches structs through pointers to look-alikes of
# other types, so the compiler must not conclude anything from types; its warnings are not ours.
NANOPB_CFLAGS := -w -fno-strict-aliasing -include ic/pb.h
$(O)/nanopb/%.o: $(NANOPB_STAMP)
	@mkdir -p $(@D)
	$(call say,$(HOSTCC))
	$(Q)$(HOSTCC) $(CFLAGS) $(NANOPB_CFLAGS) -c $(NANOPB)/$*.c -o $@
$(patsubst %.c,$(O)/%.o,$(IC_PB_SOURCES)): | $(NANOPB_STAMP)

$(eval $(call archive,pb,$(IC_PB_SOURCES)))
$(eval $(call nanopb_gen,sample,$(PB)/test/sample.proto,$(PB)/test/sample_base.proto))
$(eval $(call unit_test,ic_pb,$(PB)/test/test_pb.c $(BUILD)/gen/sample.pb.c,pb ic))
$(eval $(call fuzz_target,fuzz_pb,$(PB)/test/fuzz_pb.c $(BUILD)/gen/sample.pb.c,pb ic))
$(patsubst %.c,$(O)/%.o,$(wildcard $(PB)/test/*.c)): | $(BUILD)/gen/sample.pb.h
# Against protoc.
$(eval $(call program,pb_peer,$(PB)/test/peer.c $(BUILD)/gen/sample.pb.c,pb ic))
AXON_TESTS += $(PB)/test/run.sh
