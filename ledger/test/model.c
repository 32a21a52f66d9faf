#include "ledger/test/model.h"

#include <assert.h>
#include <string.h>

void model_init(struct model *m, uint64_t fee, uint64_t window)
{
    memset(m->balance, 0, sizeof m->balance);
    m->fee = fee;
    m->window = window;
    m->supply_max = UINT64_MAX;
    m->supply = 0;
    m->blocks = 0;
    m->transaction_count = 0;
}

static const struct model_transaction *find(const struct model *m, const struct model_request *r,
                                            uint64_t created)
{
    for (size_t i = 0; i < m->transaction_count; i++) {
        const struct model_transaction *t = &m->transactions[i];
        if (t->from == r->from && t->to == r->to && t->amount == r->amount &&
            t->created == created) {
            return t;
        }
    }
    return NULL;
}

/* The dedup window, for a request with a time: everything ever executed is remembered, and times
 * that are too old are refused, so forgetting makes no difference. */
static enum model_answer check_time(const struct model *m, uint64_t *value, uint64_t now,
                                    const struct model_request *r, uint64_t created)
{
    const uint64_t minute = 60000000000u;
    if (now > m->window && created < now - m->window) {
        *value = m->window;
        return MODEL_TOO_OLD;
    }
    if (created > now + minute) {
        *value = now;
        return MODEL_IN_FUTURE;
    }
    const struct model_transaction *same = find(m, r, created);
    if (same != NULL) {
        *value = same->block;
        return MODEL_DUPLICATE;
    }
    return MODEL_OK;
}

static enum model_answer finish(struct model *m, uint64_t *value, uint64_t now,
                                const struct model_request *r, bool has_created, uint64_t created)
{
    if (has_created) {
        assert(m->transaction_count < MODEL_TRANSACTIONS_MAX);
        m->transactions[m->transaction_count++] = (struct model_transaction){
            r->from, r->to, r->amount, created, m->blocks, now};
    }
    *value = m->blocks++;
    return MODEL_OK;
}

static enum model_answer check_fee(uint64_t *value, const struct model_request *r, uint64_t fee)
{
    *value = fee;
    return r->has_fee && r->fee != fee ? MODEL_BAD_FEE : MODEL_OK;
}

static enum model_answer check_burn(const struct model *m, uint64_t *value,
                                    const struct model_request *r)
{
    const uint64_t held = m->balance[r->from];
    const uint64_t least = held < m->fee ? held : m->fee;
    if (check_fee(value, r, 0) != MODEL_OK) {
        return MODEL_BAD_FEE;
    }
    *value = least;
    if (r->amount < least) {
        return MODEL_BURN_TOO_SMALL;
    }
    *value = m->fee;
    return r->amount == 0 && !r->is_legacy ? MODEL_BURN_TOO_SMALL : MODEL_OK;
}

enum model_answer model_run(struct model *m, uint64_t *value, uint64_t now,
                            const struct model_request *r)
{
    const bool has_created = r->has_created || r->is_legacy;
    const uint64_t created = r->has_created ? r->created : now;
    const bool burns = r->to == MODEL_MINTER && !(r->is_legacy && r->from == MODEL_MINTER);
    const bool mints = r->from == MODEL_MINTER && !burns;
    enum model_answer answer;
    *value = 0;
    if (burns) {
        answer = check_burn(m, value, r);
    } else {
        answer = check_fee(value, r, mints ? 0 : m->fee);
    }
    if (answer != MODEL_OK) {
        return answer;
    }
    *value = 0;
    if (mints && r->to == MODEL_MINTER) {
        return MODEL_MINT_TO_MINTER;
    }
    if (has_created) {
        answer = check_time(m, value, now, r, created);
        if (answer != MODEL_OK) {
            return answer;
        }
    }
    if (mints) {
        if (r->amount > m->supply_max - m->supply) {
            return MODEL_NO_SUPPLY;
        }
        m->balance[r->to] += r->amount;
        m->supply += r->amount;
        return finish(m, value, now, r, has_created, created);
    }
    const uint64_t fee = burns ? 0 : m->fee;
    const uint64_t held = m->balance[r->from];
    *value = held;
    if (held == 0 || r->amount > held || fee > held - r->amount) {
        return MODEL_NO_FUNDS;
    }
    m->balance[r->from] -= r->amount + fee;
    m->supply -= fee;
    if (burns) {
        m->supply -= r->amount;
    } else {
        m->balance[r->to] += r->amount;
    }
    return finish(m, value, now, r, has_created, created);
}
