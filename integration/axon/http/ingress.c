#include "http/ingress.h"

#include <stdlib.h>

/* Ids are hashes: their first bytes choose the bucket. */
#define BUCKET_COUNT 65536u

struct axon_ingress_history {
    struct axon_ingress_entry *buckets[BUCKET_COUNT];
    struct axon_ingress_entry *open;   /* not finished, by next_by_age */
    struct axon_ingress_entry *oldest; /* finished, in the order of finishing */
    struct axon_ingress_entry *youngest;
};

struct axon_ingress_history *axon_ingress_history_new(void)
{
    return axon_alloc(sizeof(struct axon_ingress_history));
}

void axon_ingress_history_free(struct axon_ingress_history *h)
{
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        for (struct axon_ingress_entry *e = h->buckets[i]; e != NULL;) {
            struct axon_ingress_entry *next = e->next_in_bucket;
            free(e);
            e = next;
        }
    }
    free(h);
}

static struct axon_ingress_entry **bucket(struct axon_ingress_history *h, const uint8_t *id)
{
    return &h->buckets[(unsigned)id[0] << 8 | id[1]];
}

struct axon_ingress_entry *axon_ingress_find(struct axon_ingress_history *h,
                                             const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_ingress_entry *e = *bucket(h, id);
    while (e != NULL && memcmp(e->id, id, sizeof e->id) != 0) {
        e = e->next_in_bucket;
    }
    return e;
}

struct axon_ingress_entry *axon_ingress_add(struct axon_ingress_history *h,
                                            const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_ingress_entry *e = axon_alloc(sizeof *e);
    memcpy(e->id, id, sizeof e->id);
    e->next_in_bucket = *bucket(h, id);
    *bucket(h, id) = e;
    e->next_by_age = h->open;
    h->open = e;
    return e;
}

bool axon_ingress_is_finished(const struct axon_ingress_entry *e)
{
    return e->status == AXON_STATUS_REPLIED || e->status == AXON_STATUS_REJECTED;
}

void axon_ingress_each_open(struct axon_ingress_history *h,
                            void (*visit)(void *context, struct axon_ingress_entry *e),
                            void *context)
{
    for (struct axon_ingress_entry *e = h->open; e != NULL;) {
        struct axon_ingress_entry *next = e->next_by_age; /* e may be finished by visit */
        visit(context, e);
        e = next;
    }
}

void axon_ingress_mark_finished(struct axon_ingress_history *h, struct axon_ingress_entry *e,
                                uint64_t now_ns)
{
    struct axon_ingress_entry **at = &h->open;
    while (*at != e) {
        at = &(*at)->next_by_age;
    }
    *at = e->next_by_age;
    e->next_by_age = NULL;
    e->answered_ns = now_ns;
    if (h->youngest == NULL) {
        h->oldest = e;
    } else {
        h->youngest->next_by_age = e;
    }
    h->youngest = e;
}

static bool may_be_forgotten(const struct axon_ingress_entry *e, uint64_t now_ns)
{
    return now_ns > e->expiry_ns && now_ns - e->answered_ns > AXON_ANSWER_KEPT_NS;
}

static void unlink_from_bucket(struct axon_ingress_history *h, const struct axon_ingress_entry *e)
{
    struct axon_ingress_entry **at = bucket(h, e->id);
    while (*at != e) {
        at = &(*at)->next_in_bucket;
    }
    *at = e->next_in_bucket;
}

/* Expiries differ by minutes at most, so one that waits at the head holds others up for as long. */
void axon_ingress_drop_old(struct axon_ingress_history *h, uint64_t now_ns,
                           void (*forget)(void *context, const struct axon_ingress_entry *e),
                           void *context)
{
    while (h->oldest != NULL && may_be_forgotten(h->oldest, now_ns)) {
        struct axon_ingress_entry *e = h->oldest;
        h->oldest = e->next_by_age;
        if (h->oldest == NULL) {
            h->youngest = NULL;
        }
        unlink_from_bucket(h, e);
        forget(context, e);
        free(e);
    }
}
