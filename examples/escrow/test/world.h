/* A network with the ledger and the escrow that would be deployed, one buyer and one seller, for
 * tests. Functions end the test on failure. Amounts are e8s. */
#ifndef ESCROW_TEST_WORLD_H
#define ESCROW_TEST_WORLD_H

#include "axon.h"
#include "escrow_did.h"

#define WORLD_PRICE_E8S 500000000u
#define WORLD_BOND_E8S  100000000u
#define WORLD_FEE_E8S   10000u
#define WORLD_EXPIRES_S 3600u
#define WORLD_S         1000000000u /* ns */

enum world_account {
    WORLD_RICH,  /* holds everything at first */
    WORLD_BUYER, /* begins with nothing */
    WORLD_SELLER,
    WORLD_PRICE, /* the accounts of the deal */
    WORLD_BOND,
    WORLD_ACCOUNTS,
};

struct world {
    struct axon_network *net;
    struct ic_principal ledger, escrow, buyer, seller;
    uint64_t deal;       /* its id; money is paid in */
    uint64_t supply_e8s; /* of the ledger, after that */
};

/* What a method of the escrow answered. */
enum world_answer { WORLD_ANSWER_OK, WORLD_ANSWER_ERROR, WORLD_ANSWER_REJECTED, WORLD_ANSWER_NONE };
struct world_result {
    enum world_answer answer;
    enum escrow_phase_tag phase; /* OK */
    enum escrow_error_tag error; /* ERROR */
    uint32_t code;               /* ERROR with _LEDGER */
};

void world_open(struct world *w);
void world_close(struct world *w);

/* Opens a further deal, with nothing paid in, and makes it the one that is spoken of. */
void world_open_deal(struct world *w);

/* Calls "release", "refund" or "resume" of the deal and runs until quiet; then lets `patience`
 * seconds pass, so that whatever was lost or delayed comes to its end. */
struct world_result world_call(struct world *w, const struct ic_principal *sender,
                               const char *method, uint64_t patience_s);

/* Installs the escrow's module again. */
void world_upgrade_escrow(struct world *w);
void world_upgrade_ledger(struct world *w);
/* Upgrades the escrow to the module in a file. */
void world_replace_escrow(struct world *w, const char *path);

uint64_t world_balance(struct world *w, enum world_account account);
uint64_t world_supply(struct world *w);
struct escrow_deal world_deal(struct world *w);
struct escrow_health_out world_health(struct world *w);
/* Sends more to an account of the deal. */
void world_pay(struct world *w, enum world_account account, uint64_t amount_e8s);

#endif
