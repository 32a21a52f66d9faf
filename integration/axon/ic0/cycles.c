/* Cycles. SPEC: ic-system 2.4 "Cycles", 4 */
#include "ic0/ic0.h"
#include "ic0/memory.h"

/* The only canister that may mint: rkp4c-7iaaa-aaaaa-aaaca-cai. */
#define CYCLES_MINTING_CANISTER_INDEX 4u

static bool put_u64(struct axon_exec *x, uint64_t *r, axon_u128 value)
{
    if (value > UINT64_MAX) {
        return axon_exec_trap(x, "cycles amount exceeds 64-bit representation");
    }
    *r = (uint64_t)value;
    return true;
}

bool ic0_msg_cycles_available(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    return put_u64(x, r, x->response == AXON_NO_RESPONSE ? x->available : 0);
}

bool ic0_msg_cycles_available128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "msg_cycles_available128", a[0],
                             x->response == AXON_NO_RESPONSE ? x->available : 0);
}

bool ic0_msg_cycles_refunded(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    return put_u64(x, r, x->refunded);
}

bool ic0_msg_cycles_refunded128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "msg_cycles_refunded128", a[0], x->refunded);
}

/* After the response the rest belongs to the caller again. */
static axon_u128 accept(struct axon_exec *x, axon_u128 max)
{
    axon_u128 amount = x->response == AXON_NO_RESPONSE ? axon_u128_min(max, x->available) : 0;
    x->available -= amount;
    x->balance = axon_u128_add(x->balance, amount);
    return amount;
}

bool ic0_msg_cycles_accept(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    return put_u64(x, r, accept(x, a[0]));
}

bool ic0_msg_cycles_accept128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "msg_cycles_accept128", a[2],
                             accept(x, axon_u128_from(a[0], a[1])));
}

bool ic0_cycles_burn128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    axon_u128 amount = axon_u128_min(axon_u128_from(a[0], a[1]), axon_exec_liquid(x));
    x->balance -= amount;
    return ic0_heap_put_u128(x, "cycles_burn128", a[2], amount);
}

static bool mint(struct axon_exec *x, const char *call, axon_u128 amount, axon_u128 *minted)
{
    struct ic_principal minter = ic_principal_from_canister_index(CYCLES_MINTING_CANISTER_INDEX);
    if (!ic_principal_is_equal(&x->canister->id, &minter)) {
        return axon_exec_violate(x, "ic0.%s cannot be executed on non Cycles Minting Canister: %s",
                                 call, AXON_TEXT(&x->canister->id));
    }
    *minted = axon_u128_min(amount, AXON_U128_MAX - x->balance);
    x->balance += *minted;
    return true;
}

bool ic0_mint_cycles(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    axon_u128 minted;
    return mint(x, "mint_cycles", a[0], &minted) && put_u64(x, r, minted);
}

bool ic0_mint_cycles128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    axon_u128 minted;
    return mint(x, "mint_cycles128", axon_u128_from(a[0], a[1]), &minted) &&
           ic0_heap_put_u128(x, "mint_cycles128", a[2], minted);
}

bool ic0_canister_cycle_balance(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    return put_u64(x, r, x->balance);
}

bool ic0_canister_cycle_balance128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "canister_cycle_balance128", a[0], x->balance);
}

bool ic0_canister_liquid_cycle_balance128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "canister_liquid_cycle_balance128", a[0], axon_exec_liquid(x));
}
