/* The kit's small tools behind methods. */
#include "tools_did.h"

#include "ic/env.h"
#include "ic/random.h"
#include "ic/trap.h"
#include "ic/u128.h"

void tools_variables(struct tools_variables_out *out)
{
    struct ic_arena *arena = candid_msg_arena();
    uint32_t count = ic_env_count();
    struct ic_bytes *names = ic_arena_alloc_array(arena, count, sizeof *names);
    ic_assert(names != NULL);
    for (uint32_t i = 0; i < count; i++) {
        ic_assert(ic_env_name_at(&names[i], i, arena));
    }
    struct ic_bytes none;
    ic_assert(!ic_env_name_at(&none, count, arena));
    out->ret0.at = names;
    out->ret0.count = count;
}

void tools_variable(const struct tools_variable_in *in, struct tools_variable_out *out)
{
    out->ret0.has = ic_env_find(&out->ret0.value, in->name, candid_msg_arena());
}

void tools_variable_principal(const struct tools_variable_principal_in *in,
                              struct tools_variable_principal_out *out)
{
    out->ret0.has = ic_env_principal(&out->ret0.value, in->name);
}

static void seed(struct ic_random *random, struct ic_bytes bytes)
{
    ic_assert(bytes.size == IC_RANDOM_SEED_BYTES);
    ic_random_seed(random, bytes.at);
}

void tools_random(const struct tools_random_in *in, struct tools_random_out *out)
{
    struct ic_random random;
    uint8_t *bytes = ic_arena_alloc(candid_msg_arena(), in->count);
    ic_assert(bytes != NULL);
    seed(&random, in->seed);
    ic_random_fill(&random, bytes, in->count);
    out->ret0 = (struct ic_bytes){.at = bytes, .size = in->count};
}

void tools_below(const struct tools_below_in *in, struct tools_below_out *out)
{
    struct ic_random random;
    uint64_t *drawn = ic_arena_alloc_array(candid_msg_arena(), in->count, sizeof *drawn);
    ic_assert(drawn != NULL);
    seed(&random, in->seed);
    for (uint32_t i = 0; i < in->count; i++) {
        drawn[i] = ic_random_below(&random, in->limit);
    }
    out->ret0.at = drawn;
    out->ret0.count = in->count;
}

static ic_u128 number(const struct candid_nat *n)
{
    ic_assert(!candid_nat_is_big(n));
    return ic_u128_from(n->hi, n->lo);
}

void tools_mul_div(const struct tools_mul_div_in *in, struct tools_mul_div_out *out)
{
    ic_u128 result = 0;
    out->ret0.has = ic_mul_div_u128(&result, number(&in->a), number(&in->b), number(&in->c));
    out->ret0.value = (struct candid_nat){.lo = ic_u128_lo(result), .hi = ic_u128_hi(result)};
}

void tools_decimal(const struct tools_decimal_in *in, struct tools_decimal_out *out)
{
    struct ic_writer w;
    uint8_t *text = ic_arena_alloc(candid_msg_arena(), IC_U128_DECIMAL_MAX);
    ic_assert(text != NULL);
    ic_writer_init(&w, text, IC_U128_DECIMAL_MAX);
    ic_put_u128_decimal(&w, number(&in->a));
    out->ret0 = ic_writer_bytes(&w);
}

CANDID_EXPORT("canister_post_upgrade") void tools_post_upgrade(void);
void tools_post_upgrade(void)
{
}
