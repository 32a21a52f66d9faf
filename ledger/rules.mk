# The ledger's rules: pure C over the kit's stable structures, natively a library, in Wasm a part of
# the canister (canisters/ledger/rules.mk).
LEDGER_SOURCES := $(addprefix ledger/,account.c block_decode.c block_encode.c blocks_range.c config.c \
                  protobuf.c state.c transaction_hash.c transfer.c window.c)

$(eval $(call archive,ledger,$(LEDGER_SOURCES)))

LEDGER_TEST_SUPPORT := ledger/test/support.c
$(foreach t,test_account test_block test_dump test_pieces test_readme_block test_transfer test_upgrade test_window,\
  $(eval $(call unit_test,ledger_$(t),ledger/test/$(t).c $(LEDGER_TEST_SUPPORT),ledger ic)))
$(eval $(call unit_test,ledger_exhaustive_transfer,\
  ledger/test/exhaustive_transfer.c ledger/test/model.c $(LEDGER_TEST_SUPPORT),ledger ic))
$(eval $(call fuzz_target,ledger_block,ledger/test/fuzz_block.c,ledger ic))
