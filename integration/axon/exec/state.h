/* What a network consists of. Internal to exec/, ic0/ and mgmt/.
 *
 *   network -- canisters (by id)      module, memories, balance, settings, log
 *           -- contexts (slots)       one per public method or task that is not finished
 *           -- callbacks (slots)      one per call that has not been answered
 *           -- ingress (slots)        one per user message that somebody may still ask about
 *           -- queue                  messages in the order in which they will be executed
 *
 * Everything refers to contexts, callbacks and ingress messages by slot id, never by pointer: a
 * slot id names one object for ever, so a late response finds nothing instead of somebody else's.
 */
#ifndef AXON_EXEC_STATE_H
#define AXON_EXEC_STATE_H

#include "axon.h"
#include "engine/engine.h"
#include "exec/cycles.h"
#include "exec/error.h"
#include "exec/limits.h"
#include "exec/log.h"
#include "exec/slots.h"

/* ---- where an answer goes -------------------------------------------------------------------- */

enum axon_origin { AXON_FROM_TASK, AXON_FROM_INGRESS, AXON_FROM_CANISTER };

struct axon_reply_to {
    enum axon_origin origin;
    uint64_t root;              /* ingress message all this comes from; 0: a task */
    struct ic_principal sender; /* user or canister; the management canister for tasks */
    uint64_t callback;          /* of the sending canister, slot id */
    uint64_t deadline_ns;       /* 0: the answer is guaranteed */
};

/* ---- messages -------------------------------------------------------------------------------- */

enum axon_message_kind { AXON_REQUEST, AXON_RESPONSE, AXON_TASK };

struct axon_message {
    struct axon_message *next;
    enum axon_message_kind kind;
    struct ic_principal to;
    struct axon_reply_to reply_to; /* REQUEST; for the others only root is used */
    struct axon_buf method;        /* REQUEST, bytes as the caller gave them */
    struct axon_buf payload;       /* REQUEST */
    axon_u128 cycles;              /* REQUEST: attached. RESPONSE: refunded */
    uint64_t callback;             /* RESPONSE: whom it answers */
    struct axon_answer answer;     /* RESPONSE */
    const char *task;              /* TASK: name of the export, static */
    uint64_t held_until_ns;        /* delayed by a fault hook; 0: never was */
};

/* ---- calls ----------------------------------------------------------------------------------- */

struct axon_context {
    struct ic_principal canister;
    struct axon_reply_to reply_to;
    bool responded;        /* or nobody waits: a task */
    axon_u128 available;   /* cycles not accepted yet */
    uint64_t instructions; /* of all earlier executions, heap pages included */
    uint32_t open_calls;
};

struct axon_closure {
    uint32_t fun, env; /* table index and argument */
};

struct axon_callback {
    uint64_t context;
    struct ic_principal canister; /* the caller, whose code the closures are in */
    struct ic_principal callee;
    struct axon_closure on_reply, on_reject, on_cleanup;
    bool has_cleanup;
    uint64_t deadline_ns; /* 0: guaranteed response */
    axon_u128 prepaid_execution;
    axon_u128 prepaid_response;
};

/* ---- canisters ------------------------------------------------------------------------------- */

/* UTF-8, AXON_ENVIRONMENT_BYTES_MAX bytes at most. */
struct axon_short_text {
    uint8_t size;
    uint8_t at[AXON_ENVIRONMENT_BYTES_MAX];
};

struct axon_variable {
    struct axon_short_text name, value;
};

struct axon_settings {
    struct ic_principal controllers[AXON_CONTROLLERS_MAX];
    size_t controller_count;
    uint64_t compute_percent;
    uint64_t memory_allocation;
    uint64_t freezing_threshold_s;
    axon_u128 reserved_cycles_limit;
    axon_u128 minimum_call_cycles;
    uint64_t wasm_memory_limit; /* 0: none */
    uint64_t wasm_memory_threshold;
    unsigned log_visibility; /* controllers, public, allowed viewers */
    struct ic_principal log_viewers[AXON_CONTROLLERS_MAX];
    size_t log_viewer_count;
    struct axon_variable variables[AXON_ENVIRONMENT_COUNT_MAX]; /* in the order of their names */
    size_t variable_count;
};

static inline struct ic_bytes axon_short_text_bytes(const struct axon_short_text *text)
{
    return (struct ic_bytes){.at = text->at, .size = text->size};
}

struct axon_stop_request {
    struct axon_reply_to reply_to;
    axon_u128 cycles;
    uint64_t expires_ns;
};

struct axon_canister {
    struct ic_principal id;
    struct axon_settings settings;
    axon_u128 cycles;
    uint64_t charged_until_ns; /* storage */
    uint64_t version;
    enum axon_run_state run_state;

    struct axon_code *code; /* NULL: empty canister; then instance and stable are NULL too */
    struct axon_instance *instance;
    struct axon_stable *stable;
    uint64_t module_bytes; /* as uploaded */
    uint8_t certified_data[AXON_CERTIFIED_DATA_BYTES_MAX];
    size_t certified_data_size;
    uint64_t timer_ns; /* 0: none */
    struct axon_log log;

    size_t open_contexts;
    size_t open_callbacks;
    struct axon_stop_request *stops;
    size_t stop_count;

    axon_stub_fn *stub; /* NULL: a real canister */
    void *stub_context;
};

struct axon_ingress {
    struct ic_principal callee;
    enum axon_status status;
    struct axon_answer answer;
    uint64_t instructions; /* of callee, for this message and all that followed from it */
};

/* ---- network --------------------------------------------------------------------------------- */

struct axon_network {
    char *seed;
    uint64_t time_ns;
    uint64_t next_canister; /* index of the next id */
    uint64_t random_count;  /* raw_rand values given out */
    bool free_cycles;
    enum axon_validation validation;
    uint64_t limit_config;   /* 0: by subnet type */
    uint64_t limit_override; /* 0: none */
    bool timers_due;         /* time has moved since the timers were looked at */
    uint32_t timer_rounds;   /* at this time */

    struct axon_canister **canisters; /* sorted by id */
    size_t canister_count, canister_capacity;
    struct axon_slots contexts, callbacks, ingress;

    struct axon_message *queue_head, *queue_tail;
    size_t queued_bytes;

    axon_fault_fn *fault_hook; /* NULL: none. fault.c */
    void *fault_context;
    uint64_t fault_count;             /* messages shown to it */
    enum axon_fault_kind fault_order; /* for the next execution */
    struct axon_message *held;        /* delayed, in order */

    axon_certify_fn *certify;
    axon_web_fn *web; /* NULL: nobody answers outcalls */
    void *web_context;
    void *certify_context;
    struct axon_buf root_key; /* DER */
    struct ic_principal subnet;
    struct ic_principal subnets[AXON_SUBNETS_MAX]; /* further names of the management canister */
    size_t subnet_count;
    struct axon_message *stub_message; /* while its handler runs */

    uint64_t system_calls; /* made so far */
    uint64_t trap_at;      /* the one that fails; 0: none */

    struct axon_execution_record *records;
    size_t record_count, record_capacity;
};

/* ---- network.c ------------------------------------------------------------------------------- */

/* The engine of the process, made at first use. */
struct axon_engine *axon_engine_shared(void);

/* Instructions that one message may execute, as configured or by default. */
uint64_t axon_limit_update(const struct axon_network *net);
uint64_t axon_limit_query(const struct axon_network *net);
uint64_t axon_limit_install(const struct axon_network *net);

/* The empty principal, or the id of a subnet. */
bool axon_is_management(const struct axon_network *net, const struct ic_principal *id);

/* 32 fresh bytes: SHA-256("{seed}/{n}"). */
void axon_network_random(struct axon_network *net, uint8_t out[32]);

/* Keeps what an execution cost for axon_records; beyond AXON_RECORDS_MAX it is dropped. */
void axon_record_add(struct axon_network *net, const struct axon_execution_record *record);

/* ---- canister.c ------------------------------------------------------------------------------ */

/* NULL when there is none. */
struct axon_canister *axon_canister_get(const struct axon_network *net,
                                        const struct ic_principal *id);
/* A new, empty, running canister; NULL when the id is in use or there are too many.
 *   at        NULL: the next free id of the network */
struct axon_canister *axon_canister_add(struct axon_network *net, const struct ic_principal *at);
/* Frees the canister, its code and its memories. */
void axon_canister_remove(struct axon_network *net, struct axon_canister *c);
/* Frees code, memories and log. Settings, balance and calls stay. */
void axon_canister_drop_code(struct axon_canister *c);

/* Whether who is among the controllers in the settings. */
bool axon_canister_is_controller(const struct axon_canister *c, const struct ic_principal *who);
/* Heap, stable memory, module. SPEC: ic-system 9 */
uint64_t axon_canister_memory_bytes(const struct axon_canister *c);
/* The heap alone; 0 without code. */
uint64_t axon_canister_heap_bytes(const struct axon_canister *c);
/* The balance below which the canister is frozen: 0 when cycles are free. */
axon_u128 axon_canister_freezing_balance(const struct axon_network *net,
                                         const struct axon_canister *c);
/* Takes what can be taken of an amount; nothing when cycles are free. */
void axon_canister_charge(const struct axon_network *net, struct axon_canister *c,
                          axon_u128 amount);

/* Bills memory and compute since the last time; who cannot pay is uninstalled. */
void axon_storage_charge(struct axon_network *net);

/* ---- calls.c --------------------------------------------------------------------------------- */

/* Frees a message that is in no queue, with its name, payload and answer. */
void axon_message_free(struct axon_message *m);
/* Appends a message the caller has filled; the queue owns it. */
void axon_queue_push(struct axon_network *net, struct axon_message *m);
/* NULL when empty; the caller owns it. */
struct axon_message *axon_queue_pop(struct axon_network *net);

/* Sends an answer (which is emptied) where it belongs, with the refund. Tasks get none. */
void axon_answer_send(struct axon_network *net, const struct axon_reply_to *to,
                      struct axon_answer *answer, axon_u128 refund);

/* Opens a call context of c; returns its id.
 *   reply_to  who gets the response (nobody, for a task)
 *   available cycles that came with the call and can be accepted */
uint64_t axon_context_open(struct axon_network *net, struct axon_canister *c,
                           const struct axon_reply_to *reply_to, axon_u128 available);
/* NULL when it is closed. */
struct axon_context *axon_context_find(const struct axon_network *net, uint64_t id);
/* Closes a context when nothing is open any more; if it still owes a response, failure (may be
 * NULL: the canister did not reply) becomes it. The failure is emptied. */
void axon_context_settle(struct axon_network *net, uint64_t id, struct axon_answer *failure);

/* NULL when the call was answered. */
struct axon_callback *axon_callback_find(const struct axon_network *net, uint64_t id);
/* Registers a call; the network owns a copy. */
uint64_t axon_callback_open(struct axon_network *net, const struct axon_callback *callback);
/* Forgets a call, which no longer counts as open; nothing happens if it is closed already. */
void axon_callback_close(struct axon_network *net, uint64_t id);
/* Open calls from one canister to another. */
size_t axon_callback_count(const struct axon_network *net, const struct ic_principal *from,
                           const struct ic_principal *to);
/* Answers calls whose deadline has passed. */
void axon_callbacks_expire(struct axon_network *net);

/* ---- lifecycle.c ----------------------------------------------------------------------------- */

/* Becomes stopped when nothing is open, and tells those who wait. */
void axon_canister_check_stopped(struct axon_network *net, struct axon_canister *c);
/* Drops the code; everything open is answered. SPEC: ic-system 7.5 */
void axon_canister_uninstall(struct axon_network *net, struct axon_canister *c);
/* Pending stop requests whose time is over are rejected. */
void axon_stops_expire(struct axon_network *net);

/* ---- deliver.c ------------------------------------------------------------------------------- */

/* Executes one message and frees it. */
void axon_deliver(struct axon_network *net, struct axon_message *m);

/* ---- certificate.c --------------------------------------------------------------------------- */

/* The certifier of a network that has no key: appends a certificate over the certified data of the
 * canister and the time, with 48 zero bytes for a signature; nothing for an unknown canister. */
void axon_certify_unsigned(void *context, struct axon_network *net,
                           const struct ic_principal *canister, struct axon_buf *out);

#endif
