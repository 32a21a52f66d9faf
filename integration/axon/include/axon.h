/* axon: the Internet Computer on a desk.
 *
 * A network is a plain object: create canisters, install Wasm, send messages, move time, look at the
 * state, drop it. No server, no port, no thread; many networks fit in a process; the same calls give
 * the same results to the last instruction.
 *
 *     struct axon_network *net = axon_network_new(&(struct axon_config){.seed = "demo"});
 *     struct ic_principal id = axon_create_canister(net, &user, NULL, AXON_CYCLES_DEFAULT);
 *     axon_install(net, &out, &user, &id, AXON_INSTALL, wasm, arg);
 *     axon_update(net, &out, &user, &id, "transfer", arg);
 *
 * Time is IC time in nanoseconds and moves only by axon_set_time. Messages run first in, first out, to
 * quiescence inside axon_update or one at a time with axon_submit and axon_step. Global timers become
 * due when time moves: a timer set to "now" runs after the next axon_set_time to a later time, never
 * inside the call that set it.
 *
 * Ownership: axon_outcome is filled by the network and released by the caller with
 * axon_outcome_free (a zeroed one may be passed in again and again). Everything else that is
 * returned by pointer belongs to the network and is valid until the next call on it.
 *
 * SPEC: see docs/sources.md for what the section numbers refer to. */
#ifndef AXON_H
#define AXON_H

#include "base/buf.h"
#include "ic/bytes.h"
#include "ic/principal.h"

struct axon_network;

/* ---- networks -------------------------------------------------------------------------------- */

#define AXON_CYCLES_DEFAULT 100000000000000u /* 100 T, as provisional_create_canister_with_cycles */
#define AXON_FIRST_CANISTER_DEFAULT 0x100000u

struct axon_config {
    const char *seed;           /* raw_rand: the n-th value is SHA-256("{seed}/{n}"); NULL: "axon" */
    uint64_t time_ns;           /* 0: 2025-01-01T00:00:00Z */
    uint64_t first_canister;    /* index of the first id handed out; 0: the default above */
    bool free_cycles;           /* true: system subnet and its limits, nothing is charged;
                                 * false: application subnet of 13 nodes */
    bool skip_validation;       /* metering tests only */
    uint64_t limit;             /* instruction limit of update messages; 0: as the IC has it */
};

/* axon_network_new makes an empty network; config may be NULL. Never NULL. */
struct axon_network *axon_network_new(const struct axon_config *config);
void axon_network_free(struct axon_network *net);

uint64_t axon_time(const struct axon_network *net);
/* Time never goes back: an earlier value is ignored. A later one makes timers due (they run in the
 * next steps), ends best-effort calls whose deadline has passed and bills storage. */
void axon_set_time(struct axon_network *net, uint64_t time_ns);

/* The root public key (DER) that canisters see; the network's subnet id is derived from it. Without
 * this call the key is empty. */
void axon_set_root_key(struct axon_network *net, struct ic_bytes der);
struct ic_principal axon_subnet_id(const struct axon_network *net);

/* How data certificates are made (query calls, data_certificate_copy). The default writes the
 * unsigned form of the recorded vectors: tree and 48 zero bytes. */
typedef void axon_certify_fn(void *context, struct axon_network *net,
                             const struct ic_principal *canister, struct axon_buf *out);
void axon_set_certifier(struct axon_network *net, axon_certify_fn *fn, void *context);

/* ---- messages -------------------------------------------------------------------------------- */

/* SPEC 14. */
enum axon_reject_code {
    AXON_REJECT_NONE = 0,
    AXON_SYS_FATAL = 1,
    AXON_SYS_TRANSIENT = 2,
    AXON_DESTINATION_INVALID = 3,
    AXON_CANISTER_REJECT = 4,
    AXON_CANISTER_ERROR = 5,
    AXON_SYS_UNKNOWN = 6,
};

enum axon_status {
    AXON_STATUS_UNKNOWN,     /* no such message */
    AXON_STATUS_RECEIVED,
    AXON_STATUS_PROCESSING,
    AXON_STATUS_REPLIED,
    AXON_STATUS_REJECTED,
};

/* The answer to one call. */
struct axon_outcome {
    enum axon_status status;
    struct axon_buf reply;               /* when REPLIED */
    enum axon_reject_code reject_code;   /* when REJECTED */
    char error_code[8];                  /* "IC0503" */
    struct axon_buf reject_text;
    bool refused;                        /* rejected before execution: inspect_message, no such
                                          * canister, stopped, not a controller, ... */
    /* Used by the called canister for this message and everything it led to, callbacks and heap
     * pages included; inspect_message and timers are not. Of an axon_update whose canister calls
     * itself for ever: what was used until axon_update gave up. */
    uint64_t instructions;
};
void axon_outcome_free(struct axon_outcome *o);

/* axon_update lets due timers run, sends an ingress update call and runs the network until it is
 * quiet. The effective canister id is the callee; calls to the management canister name their target
 * in the argument. status is PROCESSING when the call was not answered (a stub kept silent, a
 * canister waits to be stopped, or it never ends). */
void axon_update(struct axon_network *net, struct axon_outcome *out,
                 const struct ic_principal *sender, const struct ic_principal *canister,
                 const char *method, struct ic_bytes arg);

/* axon_query evaluates a query call on the current state; keeps nothing. */
void axon_query(struct axon_network *net, struct axon_outcome *out,
                const struct ic_principal *sender, const struct ic_principal *canister,
                const char *method, struct ic_bytes arg);

/* The same in steps. axon_submit checks as the ingress filter does (inspect_message included).
 *   returns   a message id > 0 that axon_poll takes, or 0 when refused: *out says why */
uint64_t axon_submit(struct axon_network *net, struct axon_outcome *out,
                     const struct ic_principal *sender, const struct ic_principal *canister,
                     const char *method, struct ic_bytes arg);
/* axon_step executes the next message, timer or task. False when nothing is left to do now. */
bool axon_step(struct axon_network *net);
/* Runs "canister_heartbeat" or "canister_global_timer" of a canister once, due or not, then until
 * quiet. False when the canister has no such export or is not running. */
bool axon_run_task(struct axon_network *net, const struct ic_principal *canister,
                   const char *export_name);
/* Steps until quiet; gives up after AXON_QUIET_STEPS_MAX steps and returns false. */
#define AXON_QUIET_STEPS_MAX 1000000u
bool axon_run_until_quiet(struct axon_network *net);
/* axon_poll copies the state of a submitted message; false when the id is unknown. */
bool axon_poll(struct axon_network *net, struct axon_outcome *out, uint64_t message_id);
/* Forgets a message; when it is not finished yet its answer is dropped. */
void axon_forget(struct axon_network *net, uint64_t message_id);

/* ---- canisters ------------------------------------------------------------------------------- */

enum axon_install_mode { AXON_INSTALL, AXON_REINSTALL, AXON_UPGRADE };

/* axon_create_canister makes an empty canister controlled by controller.
 *   at        its id, or NULL for the next free one. An id in use ends the program: a test bug
 *   cycles    AXON_CYCLES_DEFAULT or what you like */
struct ic_principal axon_create_canister(struct axon_network *net,
                                         const struct ic_principal *controller,
                                         const struct ic_principal *at, uint64_t cycles);

/* axon_install is install_code by sender; out as for an update (reply empty). instructions counts
 * all hooks and leaves out compiling. */
void axon_install(struct axon_network *net, struct axon_outcome *out,
                  const struct ic_principal *sender, const struct ic_principal *canister,
                  enum axon_install_mode mode, struct ic_bytes module, struct ic_bytes arg);

enum axon_run_state { AXON_RUNNING = 1, AXON_STOPPING = 2, AXON_STOPPED = 3 };

/* What can be seen of a canister. Views are valid until the next call that changes the network. */
struct axon_canister_info {
    struct ic_principal id;
    bool has_module;
    uint8_t module_hash[32];
    uint8_t certified_data[32];
    size_t certified_data_size;
    const struct ic_principal *controllers;
    size_t controller_count;
    uint64_t version;
    uint64_t cycles_lo, cycles_hi;
    uint64_t heap_bytes;
    uint64_t stable_bytes;
    enum axon_run_state run_state;
    size_t open_call_contexts;
    uint64_t global_timer_ns;            /* 0: none */
};

/* Both return false when there is no such canister (or fewer). Order: bytes of the id. */
IC_MUST_USE bool axon_canister_find(const struct axon_network *net, struct axon_canister_info *out,
                                    const struct ic_principal *id);
IC_MUST_USE bool axon_canister_at(const struct axon_network *net, struct axon_canister_info *out,
                                  size_t index);

/* Custom section icp:public NAME / icp:private NAME. False when absent. */
IC_MUST_USE bool axon_canister_metadata(const struct axon_network *net,
                                        const struct ic_principal *id, const char *name,
                                        struct ic_bytes *content, bool *is_public);
/* The index-th metadata section. False when there are fewer. */
IC_MUST_USE bool axon_canister_metadata_at(const struct axon_network *net,
                                           const struct ic_principal *id, size_t index,
                                           struct ic_bytes *name, struct ic_bytes *content,
                                           bool *is_public);
/* True when the module exports the method in any of the three kinds. */
bool axon_canister_has_method(const struct axon_network *net, const struct ic_principal *id,
                              const char *method);

/* Copies stable memory; false when the range is outside. */
IC_MUST_USE bool axon_canister_stable_read(const struct axon_network *net,
                                           const struct ic_principal *id, uint8_t *out,
                                           uint64_t offset, uint64_t size);
/* The canister log as text, one record a line. */
void axon_canister_log(const struct axon_network *net, const struct ic_principal *id,
                       struct axon_buf *out);

/* ---- what tests look at ---------------------------------------------------------------------- */

/* One execution, as the metering vectors list them. */
struct axon_execution_record {
    /* "start", "init", "pre_upgrade", "post_upgrade", "update", "query", "composite_query",
     * "reply_callback", "reject_callback", "cleanup", "timer", "heartbeat", "inspect" */
    const char *kind;
    struct ic_principal canister;
    uint64_t instructions;      /* heap pages included */
    uint64_t wasm_instructions;
    uint64_t heap_pages;
    uint64_t stable_pages;
    bool trapped;
};
/* Records since the last axon_records_clear; at most AXON_RECORDS_MAX are kept. */
#define AXON_RECORDS_MAX 100000u
const struct axon_execution_record *axon_records(const struct axon_network *net, size_t *count);
void axon_records_clear(struct axon_network *net);

/* Instruction limit of every later message, query and install; 0: the defaults again. */
void axon_set_limit(struct axon_network *net, uint64_t instructions);

/* The n-th system call from now on traps (IC0502, "injected fault"), once, wherever it is made.
 * 0 takes the order back. With n = 1, 2, 3, ... a test fails everywhere its canister could. */
void axon_trap_at_call(struct axon_network *net, uint64_t n);
/* System calls since the network was made. */
uint64_t axon_call_count(const struct axon_network *net);

/* ---- faults between canisters ------------------------------------------------------------------ */

/* A message from canister to canister, as a fault hook sees it right before it would be executed. */
struct axon_traffic {
    bool is_response;
    uint64_t number;               /* 1, 2, 3, ... since the hook was set */
    struct ic_principal from, to;  /* of a response: the callee and the caller */
    struct ic_bytes method;        /* of a request; empty for a response */
    struct ic_bytes bytes;         /* argument, reply or reject text */
    enum axon_reject_code code;    /* of a response */
    bool is_bounded;               /* a bounded-wait call, not expired yet */
};

enum axon_fault_kind {
    AXON_FAULT_NONE,
    /* A request is not executed, a response is replaced (so the callee has executed): the caller sees
     * code and text. AXON_SYS_UNKNOWN is what a subnet says when it has lost either. */
    AXON_FAULT_REJECT,
    /* The message is lost: the caller learns it from its deadline, when time moves there. The system
     * never loses what has no deadline: such a message is delivered. */
    AXON_FAULT_DROP,
    /* Delivered when time has come to until_ns, behind what is queued then. */
    AXON_FAULT_DELAY,
    /* What the message would execute (the method, or the callback) traps with "injected fault", before
     * its first instruction or after its last. */
    AXON_FAULT_TRAP_BEFORE,
    AXON_FAULT_TRAP_AFTER,
};

struct axon_fault {
    enum axon_fault_kind kind;
    enum axon_reject_code code; /* REJECT, not NONE */
    const char *text;           /* REJECT; may be NULL */
    uint64_t until_ns;          /* DELAY */
};

/* The hook decides for one message; a delayed one is not shown again. It may change the network while
 * it is asked (axon_install to upgrade a canister between two messages, axon_set_time,
 * axon_cycles_set), but not execute messages. The views are valid until it returns. NULL: no hook. */
typedef struct axon_fault axon_fault_fn(void *context, struct axon_network *net,
                                        const struct axon_traffic *traffic);
void axon_set_fault_hook(struct axon_network *net, axon_fault_fn *hook, void *context);

/* Replaces the balance of a canister; false when there is none. */
bool axon_cycles_set(struct axon_network *net, const struct ic_principal *id, uint64_t hi,
                     uint64_t lo);

/* A canister the host implements (test stubs, management on another subnet): called for every
 * message to id. *out arrives as an empty reply (REPLIED); the handler fills reply, or sets status
 * REJECTED with reject_code and reject_text, or PROCESSING to keep silent for ever. The canister is
 * made when id is not in use. Attached cycles that it does not take go back. */
typedef void axon_stub_fn(void *context, struct axon_network *net,
                          const struct ic_principal *sender, const char *method,
                          struct ic_bytes arg, struct axon_outcome *out);
void axon_set_stub(struct axon_network *net, const struct ic_principal *id, axon_stub_fn *fn,
                   void *context);
/* Inside a handler: takes at most amount of the attached cycles, as msg_cycles_accept does, and
 * returns what it took. 0 outside of one, and in queries. */
uint64_t axon_stub_accept(struct axon_network *net, uint64_t amount);

/* ---- the web ---------------------------------------------------------------------------------
 * HTTPS outcalls, the method http_request of the management canister, never leave the process: the
 * test says what servers answer. SPEC: ic-system 10.3 */

struct axon_web_field {
    struct ic_bytes name, value;
};

struct axon_web_request {
    struct ic_principal canister;
    unsigned node;      /* each node of the subnet asks, 0 first; they must agree */
    bool is_replicated; /* false: node 0 alone asks */
    const char *method; /* "GET" */
    struct ic_bytes url, body;
    const struct axon_web_field *fields;
    size_t field_count;
};

/* The views must be valid until the function is called again. */
struct axon_web_response {
    unsigned status;
    const struct axon_web_field *fields;
    size_t field_count;
    struct ic_bytes body;
};

/* What one node gets; *out arrives as 200 without headers and body.
 *   returns   false when the server does not answer */
typedef bool axon_web_fn(void *context, const struct axon_web_request *request,
                         struct axon_web_response *out);
/* NULL, as at first: no server answers. */
void axon_set_web(struct axon_network *net, axon_web_fn *fn, void *context);

/* Makes a principal another name of the management canister, as the id of a subnet is. At most
 * AXON_SUBNETS_MAX, more are ignored. The network's own subnet id is one without being told. */
#define AXON_SUBNETS_MAX 64u
void axon_add_subnet(struct axon_network *net, const struct ic_principal *id);

#endif
