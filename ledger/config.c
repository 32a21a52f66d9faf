#include "ledger/config.h"

#include "ic/buf.h"
#include "ic/trap.h"

static bool subaccount_is_equal(const struct icrc_account *a, const struct icrc_account *b)
{
    if (a->has_subaccount && b->has_subaccount) {
        return memcmp(a->subaccount.bytes, b->subaccount.bytes, IC_SUBACCOUNT_BYTES) == 0;
    }
    return (!a->has_subaccount || ic_subaccount_is_default(&a->subaccount)) &&
           (!b->has_subaccount || ic_subaccount_is_default(&b->subaccount));
}

bool icrc_account_is_equal(const struct icrc_account *a, const struct icrc_account *b)
{
    return ic_principal_is_equal(&a->owner, &b->owner) && subaccount_is_equal(a, b);
}

/* text_set copies a short text; false when it is too long. */
static bool text_set(uint8_t *size, uint8_t *bytes, size_t room, struct ic_bytes text)
{
    if (text.size > room) {
        return false;
    }
    if (text.size != 0) {
        memcpy(bytes, text.at, text.size);
    }
    *size = (uint8_t)text.size;
    return true;
}

bool ledger_config_symbol_set(struct ledger_config *config, struct ic_bytes symbol)
{
    return text_set(&config->symbol.size, config->symbol.bytes, sizeof config->symbol.bytes,
                    symbol);
}

bool ledger_config_name_set(struct ledger_config *config, struct ic_bytes name)
{
    return text_set(&config->name.size, config->name.bytes, sizeof config->name.bytes, name);
}

void ledger_config_default(struct ledger_config *config,
                           const struct ledger_account *minting_account)
{
    *config = (struct ledger_config){
        .minting_account = *minting_account,
        .fee = {LEDGER_FEE_E8S_DEFAULT},
        .window_ns = LEDGER_WINDOW_NS_DEFAULT,
        .has_icrc2 = true,
    };
    ic_assert(ledger_config_symbol_set(config, IC_BYTES_LIT(LEDGER_SYMBOL_DEFAULT)));
    ic_assert(ledger_config_name_set(config, IC_BYTES_LIT(LEDGER_NAME_DEFAULT)));
}

static void put_text(struct ic_writer *w, uint8_t size, const uint8_t *bytes)
{
    ic_put_u8(w, size);
    ic_put_bytes(w, (struct ic_bytes){.at = bytes, .size = size});
}

static void put_icrc_account(struct ic_writer *w, const struct icrc_account *account)
{
    ic_put_u8(w, account->owner.size);
    ic_put_bytes(w, (struct ic_bytes){.at = account->owner.bytes, .size = IC_PRINCIPAL_BYTES_MAX});
    ic_put_u8(w, account->has_subaccount);
    ic_put_bytes(w,
                 (struct ic_bytes){.at = account->subaccount.bytes, .size = IC_SUBACCOUNT_BYTES});
}

size_t ledger_config_encode(uint8_t out[LEDGER_CONFIG_BYTES_MAX],
                            const struct ledger_config *config)
{
    struct ic_writer w;
    ic_writer_init(&w, out, LEDGER_CONFIG_BYTES_MAX);
    ic_put_bytes(&w, (struct ic_bytes){.at = config->minting_account.address,
                                       .size = LEDGER_ACCOUNT_BYTES});
    ic_put_u64_le(&w, config->fee.v);
    ic_put_u64_le(&w, config->window_ns);
    ic_put_u8(&w, config->has_icrc2);
    ic_put_u8(&w, config->has_icrc_minting_account);
    put_icrc_account(&w, &config->icrc_minting_account);
    put_text(&w, config->symbol.size, config->symbol.bytes);
    put_text(&w, config->name.size, config->name.bytes);
    ic_assert(ic_writer_ok(&w));
    return ic_writer_bytes(&w).size;
}

/* get_copy copies size bytes, zeros when they are not there. */
static void get_copy(uint8_t *out, struct ic_reader *r, size_t size)
{
    const struct ic_bytes in = ic_get_bytes(r, size);
    if (ic_reader_ok(r)) {
        memcpy(out, in.at, size);
    } else {
        memset(out, 0, size);
    }
}

static bool get_bool(struct ic_reader *r)
{
    const uint8_t byte = ic_get_u8(r);
    if (byte > 1) {
        r->failed = true;
    }
    return byte == 1;
}

static void get_icrc_account(struct icrc_account *account, struct ic_reader *r)
{
    account->owner.size = ic_get_u8(r);
    if (account->owner.size > IC_PRINCIPAL_BYTES_MAX) {
        r->failed = true;
    }
    get_copy(account->owner.bytes, r, IC_PRINCIPAL_BYTES_MAX);
    account->has_subaccount = get_bool(r);
    get_copy(account->subaccount.bytes, r, IC_SUBACCOUNT_BYTES);
}

bool ledger_config_decode(struct ledger_config *config, struct ic_bytes in)
{
    struct ic_reader r = ic_reader_from(in);
    *config = (struct ledger_config){0};
    get_copy(config->minting_account.address, &r, LEDGER_ACCOUNT_BYTES);
    config->fee.v = ic_get_u64_le(&r);
    config->window_ns = ic_get_u64_le(&r);
    config->has_icrc2 = get_bool(&r);
    config->has_icrc_minting_account = get_bool(&r);
    get_icrc_account(&config->icrc_minting_account, &r);
    const bool has_symbol = ledger_config_symbol_set(config, ic_get_bytes(&r, ic_get_u8(&r)));
    const bool has_name = ledger_config_name_set(config, ic_get_bytes(&r, ic_get_u8(&r)));
    return has_symbol && has_name && ic_reader_done(&r);
}
