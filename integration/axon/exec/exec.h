/* One execution: a single entry into a canister's code, from its inputs to its effects.
 *
 * Everything a canister does by system calls is collected in struct axon_exec; nothing of it
 * touches the network until the entry has returned. A trap drops the effects, the heap and stable
 * memory changes alike (SPEC: ic-system 3.1); instructions and log stay.
 *
 *     struct axon_exec x;
 *     axon_exec_init(&x, net, canister, AXON_MODE_UPDATE);
 *     x.caller = ...; x.arg = ...;
 *     axon_exec_run(&x, &entry, limit);       runs, records, bills
 *     if (!axon_exec_failed(&x)) ...          take the effects, axon_instance_commit
 *     axon_exec_free(&x); */
#ifndef AXON_EXEC_EXEC_H
#define AXON_EXEC_EXEC_H

#include "exec/state.h"
#include "ic0/contexts.h"

/* A call that has been performed, or is under construction. */
struct axon_outgoing {
    struct axon_callback callback;
    struct axon_buf method;
    struct axon_buf payload;
    axon_u128 cycles;  /* attached: already out of the balance */
    bool has_deadline; /* call_with_best_effort_response was called */
};

enum axon_response { AXON_NO_RESPONSE, AXON_REPLY, AXON_REJECT };

struct axon_exec {
    struct axon_network *net;
    struct axon_canister *canister;
    struct axon_instance *instance;
    enum axon_mode mode;
    const char *kind; /* in the execution record */

    /* ---- inputs: views that outlive the execution ------------------------------------------------ */
    struct ic_principal caller;
    bool has_arg;
    struct ic_bytes arg;         /* argument, or reply data in a reply callback */
    struct ic_bytes method;      /* inspect_message */
    enum axon_error_code reject; /* of a reject callback (and its cleanup) */
    struct ic_bytes reject_text;
    uint64_t deadline_ns;
    uint64_t context;              /* slot id; 0: none */
    uint64_t context_instructions; /* earlier executions of the context */
    bool already_responded;
    bool certificate_wanted; /* a query sent by a user */
    uint64_t version;        /* as canister_version shows it */
    axon_u128 refunded;
    uint64_t reply_bytes_max;

    /* ---- effects --------------------------------------------------------------------------------- */
    axon_u128 balance;
    axon_u128 available; /* of the call, not accepted yet */
    enum axon_response response;
    struct axon_buf reply;       /* reply data, or the reject text */
    bool is_calling;             /* call_new has been called */
    struct axon_outgoing call;   /* under construction */
    struct axon_outgoing *calls; /* performed, in order */
    size_t call_count, call_capacity;
    size_t call_bytes; /* of performed calls */
    bool certified_set;
    uint8_t certified[AXON_CERTIFIED_DATA_BYTES_MAX];
    size_t certified_size;
    bool timer_set;
    uint64_t timer_ns;
    bool accepted; /* inspect_message */
    struct axon_log log;
    struct axon_buf certificate; /* made when first asked for */

    /* ---- outcome --------------------------------------------------------------------------------- */
    uint64_t limit;
    struct axon_run run;
    uint64_t billed;              /* instructions, heap pages included, at most limit */
    struct axon_answer failure;   /* AXON_OK: the entry returned */
    struct axon_buf trap_message; /* of ic0.trap */
};

/* Fills what every mode needs: balance, version, limits. Everything else is zero. */
void axon_exec_init(struct axon_exec *x, struct axon_network *net, struct axon_canister *c,
                    enum axon_mode mode, const char *kind);
/* Runs one entry, adds an execution record, turns its end into x->failure, keeps the log. Memory
 * changes stay pending: the caller commits or rolls back. */
void axon_exec_run(struct axon_exec *x, const struct axon_entry *entry, uint64_t limit);
void axon_exec_free(struct axon_exec *x);

static inline bool axon_exec_failed(const struct axon_exec *x)
{
    return x->failure.error != AXON_OK;
}

/* Commits memories, settings of the canister, calls and response of an execution that returned:
 * SPEC: ic-system 3.1. */
void axon_exec_commit(struct axon_exec *x);

/* For system calls: note why the execution ends and return false. The first reason is kept. */
bool axon_exec_violate(struct axon_exec *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));                  /* IC0504 */
bool axon_exec_trap(struct axon_exec *x, const char *kind); /* IC0502 */
bool axon_exec_fail(struct axon_exec *x, enum axon_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What could leave the balance now without freezing the canister. */
axon_u128 axon_exec_liquid(const struct axon_exec *x);

#endif
