#include "http/effective.h"

#include "ic/arena.h"
#include "management_did.h"

#include <stdlib.h>

/* Reading a single principal needs next to nothing, but an argument may nest its types. */
#define SCRATCH_BYTES 65536u

static bool method_makes_canisters(struct ic_bytes method)
{
    return ic_bytes_is_equal(method, IC_BYTES_LIT("create_canister")) ||
           ic_bytes_is_equal(method, IC_BYTES_LIT("provisional_create_canister_with_cycles"));
}

/* Candid skips the fields that are not asked for: the argument of start_canister is what the
 * arguments of all these methods have in common. */
static bool named_canister(struct ic_principal *out, struct ic_bytes arg)
{
    struct management_start_canister_in in;
    struct ic_arena arena;
    uint8_t *memory = axon_alloc(SCRATCH_BYTES);
    ic_arena_init(&arena, memory, SCRATCH_BYTES);
    bool ok = candid_decode(&in, &management_start_canister_method.in, arg, &arena) == CANDID_OK;
    if (ok) {
        *out = in.arg0.canister_id;
    }
    free(memory);
    return ok;
}

bool axon_effective_canister(struct ic_principal *out, const struct axon_request *r)
{
    if (r->canister.size != 0) {
        *out = r->canister;
        return true;
    }
    return !method_makes_canisters(r->method) && named_canister(out, r->arg);
}
