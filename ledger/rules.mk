# The ledger's rules: pure C over the kit's stable structures, natively a library, in Wasm a part of
# the canister (canisters/ledger/rules.mk).
LEDGER_SOURCES := $(addprefix ledger/,account.c block.c blocks_range.c config.c protobuf.c state.c \
                  transaction_hash.c transfer.c window.c)

$(eval $(call archive,ledger,$(LEDGER_SOURCES)))
