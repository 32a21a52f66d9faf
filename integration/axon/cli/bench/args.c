#include "cli/bench/args.h"

#include "base/hash.h"
#include "cert/cbor.h"

#include <string.h>
#include <zlib.h>

/* The messages up to the first value: magic, type table, argument types. Spaces separate the magic,
 * the entries and the argument list. */
struct header {
    const char *js;
    const char *rust;
};

static const struct header TRANSFER_ARG = {
    .js = "4449444c06 6d7b 6e00 6c02b3b0dac30368ad86ca830501 6e7d 6e78 "
          "6c06fbca0102c6fcb60203ba89e5c20401a2de94eb060182f3f3910c04d8a38ca80d7d 0105",
    .rust = "4449444c06 6c06fbca0101c6fcb60204ba89e5c20402a2de94eb060282f3f3910c05d8a38ca80d7d "
            "6c02b3b0dac30368ad86ca830502 6e03 6d7b 6e7d 6e78 0100",
};
static const struct header LEGACY_TRANSFER_ARGS = {
    .js = "4449444c06 6d7b 6c01e0a9b30278 6e00 6c01d6f68e800178 6e03 "
          "6c06fbca0100c6fcb60201ba89e5c20478a2de94eb060282f3f3910c04d8a38ca80d01 0105",
    .rust = "4449444c06 6c06fbca0101c6fcb60202ba89e5c20478a2de94eb060382f3f3910c04d8a38ca80d02 "
            "6d7b 6c01e0a9b30278 6e01 6e05 6c01d6f68e800178 0100",
};
static const struct header APPROVE_ARGS = {
    .js = "4449444c06 6e7d 6d7b 6e01 6e78 6c02b3b0dac30368ad86ca830502 "
          "6c08c6fcb60200ba89e5c20402a2de94eb060282f3f3910c03d8a38ca80d7d919c9cbf0d00dea7f7da0d03"
          "cb96dcb40e04 0105",
    .rust = "4449444c06 "
            "6c08c6fcb60201ba89e5c20402a2de94eb060282f3f3910c04d8a38ca80d7d919c9cbf0d01dea7f7da0d04"
            "cb96dcb40e05 6e7d 6e03 6d7b 6e78 6c02b3b0dac30368ad86ca830502 0100",
};
static const struct header TRANSFER_FROM_ARGS = {
    .js = "4449444c06 6d7b 6e00 6c02b3b0dac30368ad86ca830501 6e7d 6e78 "
          "6c07fbca0102c6fcb60203e185c1940201eaca8a9e0402ba89e5c2040182f3f3910c04d8a38ca80d7d 0105",
    .rust = "4449444c06 "
            "6c07fbca0101c6fcb60204e185c1940202eaca8a9e0401ba89e5c2040282f3f3910c05d8a38ca80d7d "
            "6c02b3b0dac30368ad86ca830502 6e03 6d7b 6e7d 6e78 0100",
};
static const struct header ACCOUNT_BALANCE_ARGS = {
    .js = "4449444c02 6d7b 6c01adf9e78a0a00 0101",
    .rust = "4449444c02 6c01adf9e78a0a01 6d7b 0100",
};
static const struct header ACCOUNT = {
    .js = "4449444c03 6d7b 6e00 6c02b3b0dac30368ad86ca830501 0102",
    .rust = "4449444c03 6c02b3b0dac30368ad86ca830501 6e02 6d7b 0100",
};
static const struct header ALLOWANCE_ARGS = {
    .js = "4449444c04 6d7b 6e00 6c02b3b0dac30368ad86ca830501 6c02adf9e78a0a02cb96dcb40e02 0103",
    .rust = "4449444c04 6c02adf9e78a0a01cb96dcb40e01 6c02b3b0dac30368ad86ca830502 6e03 6d7b 0100",
};
static const struct header GET_BLOCKS_ARGS = {
    .js = "4449444c01 6c02e2e8ada00878e6a99ef80978 0100",
    .rust = "4449444c01 6c02e2e8ada00878e6a99ef80978 0100",
};

/* ---- values ---------------------------------------------------------------------------------- */

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Adds an entry `opt null` behind the table: the count is the byte after the magic, the list of the
 * one argument takes the last two bytes. */
static void add_unused_entry(struct axon_buf *out)
{
    uint8_t arguments[2];
    memcpy(arguments, out->at + out->size - 2, 2);
    out->at[4]++;
    out->size -= 2;
    axon_buf_append(out, (struct ic_bytes){.at = (const uint8_t[]){0x6e, 0x7f}, .size = 2});
    axon_buf_append(out, (struct ic_bytes){.at = arguments, .size = 2});
}

static void put_header(struct axon_buf *out, const struct header *header, enum bench_layout layout)
{
    axon_buf_clear(out);
    for (const char *at = layout == BENCH_RUST ? header->rust : header->js; *at != '\0'; at++) {
        if (*at != ' ') {
            axon_buf_append_byte(out, (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1])));
            at++;
        }
    }
    if (layout == BENCH_OTHER) {
        add_unused_entry(out);
    }
}

static void put_u64(struct axon_buf *out, uint64_t n)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        axon_buf_append_byte(out, (uint8_t)(n >> shift));
    }
}

static void put_blob(struct axon_buf *out, const uint8_t *at, size_t size)
{
    axon_leb128_put(out, size);
    axon_buf_append(out, (struct ic_bytes){.at = at, .size = size});
}

static void put_null(struct axon_buf *out)
{
    axon_buf_append_byte(out, 0);
}

/* The principal's account without subaccount. */
static void put_account(struct axon_buf *out, const struct ic_principal *owner)
{
    axon_buf_append_byte(out, 1);
    put_blob(out, owner->bytes, owner->size);
    put_null(out);
}

static void put_opt_nat(struct axon_buf *out, bool has, uint64_t n)
{
    axon_buf_append_byte(out, has);
    if (has) {
        axon_leb128_put(out, n);
    }
}

static void put_opt_u64(struct axon_buf *out, bool has, uint64_t n)
{
    axon_buf_append_byte(out, has);
    if (has) {
        put_u64(out, n);
    }
}

static void put_opt_memo(struct axon_buf *out, const struct bench_transfer *t)
{
    axon_buf_append_byte(out, t->has_memo);
    if (t->has_memo) {
        put_blob(out, t->memo, sizeof t->memo);
    }
}

void bench_account_identifier(uint8_t out[BENCH_ACCOUNT_BYTES], const struct ic_principal *owner)
{
    static const uint8_t no_subaccount[32];
    struct axon_buf in = {0};
    axon_buf_append_text(&in, "\x0a" "account-id");
    axon_buf_append(&in, ic_principal_bytes(owner));
    axon_buf_append(&in, (struct ic_bytes){.at = no_subaccount, .size = sizeof no_subaccount});
    axon_sha224(out + 4, axon_buf_bytes(&in));
    uint32_t crc = (uint32_t)crc32(0, out + 4, AXON_SHA224_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    axon_buf_free(&in);
}

/* ---- messages: fields in the order of their ids ---------------------------------------------- */

void bench_arg_icrc1_transfer(struct axon_buf *out, enum bench_layout layout,
                              const struct bench_transfer *t)
{
    put_header(out, &TRANSFER_ARG, layout);
    put_account(out, &t->to);
    put_opt_nat(out, t->has_fee, t->fee_e8s);
    put_opt_memo(out, t);
    put_null(out); /* from_subaccount */
    put_opt_u64(out, t->has_created_at_time, t->created_at_time_ns);
    axon_leb128_put(out, t->amount_e8s);
}

void bench_arg_transfer(struct axon_buf *out, enum bench_layout layout,
                        const struct bench_transfer *t)
{
    uint8_t account[BENCH_ACCOUNT_BYTES];
    bench_account_identifier(account, &t->to);
    put_header(out, &LEGACY_TRANSFER_ARGS, layout);
    put_blob(out, account, sizeof account);
    put_u64(out, t->fee_e8s);
    put_u64(out, 0); /* memo */
    put_null(out);   /* from_subaccount */
    put_opt_u64(out, t->has_created_at_time, t->created_at_time_ns);
    put_u64(out, t->amount_e8s);
}

void bench_arg_icrc2_approve(struct axon_buf *out, enum bench_layout layout,
                             const struct bench_transfer *t)
{
    put_header(out, &APPROVE_ARGS, layout);
    put_opt_nat(out, t->has_fee, t->fee_e8s);
    put_opt_memo(out, t);
    put_null(out); /* from_subaccount */
    put_opt_u64(out, t->has_created_at_time, t->created_at_time_ns);
    axon_leb128_put(out, t->amount_e8s);
    put_null(out); /* expected_allowance */
    put_opt_u64(out, t->has_expires_at, t->expires_at_ns);
    put_account(out, &t->to);
}

void bench_arg_icrc2_transfer_from(struct axon_buf *out, enum bench_layout layout,
                                   const struct bench_transfer *t)
{
    put_header(out, &TRANSFER_FROM_ARGS, layout);
    put_account(out, &t->to);
    put_opt_nat(out, t->has_fee, t->fee_e8s);
    put_null(out); /* spender_subaccount */
    put_account(out, &t->from);
    put_opt_memo(out, t);
    put_opt_u64(out, t->has_created_at_time, t->created_at_time_ns);
    axon_leb128_put(out, t->amount_e8s);
}

void bench_arg_account_balance(struct axon_buf *out, enum bench_layout layout,
                               const struct ic_principal *owner)
{
    uint8_t account[BENCH_ACCOUNT_BYTES];
    bench_account_identifier(account, owner);
    put_header(out, &ACCOUNT_BALANCE_ARGS, layout);
    put_blob(out, account, sizeof account);
}

void bench_arg_icrc1_balance_of(struct axon_buf *out, enum bench_layout layout,
                                const struct ic_principal *owner)
{
    put_header(out, &ACCOUNT, layout);
    put_account(out, owner);
}

void bench_arg_icrc2_allowance(struct axon_buf *out, enum bench_layout layout,
                               const struct ic_principal *owner,
                               const struct ic_principal *spender)
{
    put_header(out, &ALLOWANCE_ARGS, layout);
    put_account(out, owner);
    put_account(out, spender);
}

void bench_arg_blocks(struct axon_buf *out, uint64_t start, uint64_t length)
{
    put_header(out, &GET_BLOCKS_ARGS, BENCH_JS);
    put_u64(out, start);
    put_u64(out, length);
}
