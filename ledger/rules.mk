# The ledger's rules: pure C over the kit's stable structures, natively a library, in Wasm a part of
# the canister (canisters/ledger/rules.mk).
LEDGER_SOURCES := $(addprefix ledger/,account.c block.c blocks_range.c config.c protobuf.c state.c \
                  transaction_hash.c transfer.c window.c)

$(eval $(call archive,ledger,$(LEDGER_SOURCES)))

LEDGER_TEST_SUPPORT := ledger/test/support.c
$(foreach t,test_account test_block,\
  $(eval $(call unit_test,ledger_$(t),ledger/test/$(t).c $(LEDGER_TEST_SUPPORT),ledger ic)))
