/* Between the files of the canister: state in stable memory, and how deals look to a caller. */
#ifndef ESCROW_ESCROW_H
#define ESCROW_ESCROW_H

#include "escrow/deal.h"
#include "escrow_did.h"

/* Regions of the store, fixed for ever. */
enum { ESCROW_REGION_CONFIG, ESCROW_REGION_DEALS, ESCROW_REGION_ASYNC, ESCROW_REGION_TIMERS };

/* escrow_state_create lays out empty state, escrow_state_open finds it again after an upgrade. */
void escrow_state_create(const struct ic_principal *ledger);
void escrow_state_open(void);

struct ic_principal escrow_ledger(void);

/* The id of the next deal. */
uint64_t escrow_deal_count(void);
/* escrow_deal_find reads a deal; false when there is none. */
IC_MUST_USE bool escrow_deal_find(struct deal *out, uint64_t id);
/* escrow_deal_get reads one that must exist. */
struct deal escrow_deal_get(uint64_t id);
void escrow_deal_put(const struct deal *deal);

/* escrow_deal_show fills the Candid form; what it points to is in the arena of the message. */
void escrow_deal_show(struct escrow_deal *out, const struct deal *deal);
struct escrow_phase escrow_phase_show(enum deal_phase phase);

/* What a method is asked to do with a deal. */
enum settle_wish { SETTLE_RELEASE, SETTLE_REFUND, SETTLE_RECLAIM, SETTLE_RESUME };

/* Declares the pool of flows and opens it: in init and after upgrades. */
struct ic_store;
void settle_open(struct ic_store *store);

/* settle_start starts the flow that decides and pays, and answers the message, now or later. */
void settle_start(enum settle_wish wish, uint64_t id);

#endif
