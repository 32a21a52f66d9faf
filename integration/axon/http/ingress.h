/* The ingress history: which request ids are known, whose they are and what became of them. It is
 * why a call that is sent again is not executed again. SPEC: ic-http 5.4, 7.4.
 *
 * An entry lives until its expiry has passed (after which the request would be refused as too old)
 * and its answer is AXON_ANSWER_KEPT_NS old; one that was never answered stays. */
#ifndef AXON_INGRESS_HISTORY_H
#define AXON_INGRESS_HISTORY_H

#include "axon.h"
#include "http/request.h"

#define AXON_ANSWER_KEPT_NS 300000000000u /* 5 min. SPEC: ic-http 7.4 */

struct axon_ingress_entry {
    uint8_t id[AXON_REQUEST_ID_BYTES];
    struct ic_principal sender;
    struct ic_principal receiver;
    uint64_t message_id; /* of axon_submit; 0 once the outcome was taken over */
    enum axon_status status;
    uint64_t expiry_ns;
    uint64_t answered_ns;
    struct axon_ingress_entry *next_in_bucket;
    struct axon_ingress_entry *next_by_age;
};

struct axon_ingress_history;

struct axon_ingress_history *axon_ingress_history_new(void);
void axon_ingress_history_free(struct axon_ingress_history *h);

/* NULL when the id is unknown. Entries stay where they are until they are dropped. */
struct axon_ingress_entry *axon_ingress_find(struct axon_ingress_history *h,
                                             const uint8_t id[AXON_REQUEST_ID_BYTES]);
/* Adds an id that is not there; the caller fills in the rest. */
struct axon_ingress_entry *axon_ingress_add(struct axon_ingress_history *h,
                                            const uint8_t id[AXON_REQUEST_ID_BYTES]);
bool axon_ingress_is_finished(const struct axon_ingress_entry *e);
/* Calls visit for each entry that is not finished. */
void axon_ingress_each_open(struct axon_ingress_history *h,
                            void (*visit)(void *context, struct axon_ingress_entry *e),
                            void *context);
/* Must be called when an entry was finished. */
void axon_ingress_mark_finished(struct axon_ingress_history *h, struct axon_ingress_entry *e,
                                uint64_t now_ns);
/* Drops what may be forgotten at now_ns, calling forget for each. */
void axon_ingress_drop_old(struct axon_ingress_history *h, uint64_t now_ns,
                           void (*forget)(void *context, const struct axon_ingress_entry *e),
                           void *context);

#endif
