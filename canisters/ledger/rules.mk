# The ICP ledger canister: entry points over ledger/ and the kit. The same sources make the Wasm and a
# native library, so that recorded calls run under the sanitizers.
L := canisters/ledger
LEDGER_CANISTER_SOURCES := $(addprefix $(L)/,answers.c block_queries.c blocks_answer.c interface.c lifecycle.c \
                             queries.c transfers.c) \
                           $(BUILD)/gen/icp_did.c $(BUILD)/gen/icp_dispatch.c

$(eval $(call didc_gen,icp,$(L)/ledger.did))
# The interface in its normal form, without comments: what the module's metadata carry, and what
# __get_candid_interface_tmp_hack answers, there as bytes of a C array.
$(BUILD)/gen/ledger.did: $(L)/ledger.did $(BUILD)/didc
	@mkdir -p $(@D)
	$(BUILD)/didc print $< >$@.new && mv $@.new $@
$(BUILD)/gen/icp_interface.inc: $(BUILD)/gen/ledger.did
	od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g' >$@.new && mv $@.new $@
GENERATED += $(BUILD)/gen/icp_interface.inc

$(eval $(call archive,ledger_canister,$(LEDGER_CANISTER_SOURCES)))
$(patsubst %.c,$(O)/%.o,$(filter $(L)/%,$(LEDGER_CANISTER_SOURCES))): | $(BUILD)/gen/icp_did.h $(BUILD)/gen/icp_interface.inc

$(eval $(call canister,ledger,$(LEDGER_CANISTER_SOURCES) $(LEDGER_SOURCES),$(BUILD)/gen/ledger.did,$(L)/hidden.conf))

# For size: the shell, and what runs once in a life or once for each block that is read. What a transfer
# costs is hashing, system calls, pages, and the rest of ledger/.
LEDGER_SMALL := $(filter-out $(BUILD)/gen/%,$(LEDGER_CANISTER_SOURCES)) \
                $(addprefix ledger/,block_decode.c config.c transaction_hash.c)
$(patsubst %.c,$(WASM_DIR)/obj/%.o,$(LEDGER_SMALL)) $(WASM_DIR)/obj/$(BUILD)/gen/icp_dispatch.o: WASM_CFLAGS += -Oz

$(eval $(call unit_test,ledger_canister_replay,$(L)/test/test_replay.c,ledger_canister ledger candid ic))
$(patsubst %.c,$(O)/%.o,$(wildcard $(L)/test/*.c)): | $(BUILD)/gen/icp_did.h
LEDGER_CANISTER_LIBS := ledger_canister ledger candid ic
$(foreach t,lifecycle answers block_queries blocks_answer,\
  $(eval $(call unit_test,ledger_canister_$(t),$(L)/test/test_$(t).c $(L)/test/support.c,$(LEDGER_CANISTER_LIBS))))
