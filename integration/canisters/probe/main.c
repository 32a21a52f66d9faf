/* The probe: executes scripts (script.h). It holds no rules of its own: every operation is one
 * system call, so that a test in C can put together any behaviour of a canister and look at the
 * result. */
#include "ic/bytes.h"
#include "ic/ic0.h"
#include "integration/canisters/probe/script.h"

#define EXPORT(name)     __attribute__((export_name(name)))
#define POOL_BYTES_MAX   4194304u /* strings of one message */
#define SCRIPT_BYTES_MAX 4096u    /* of one callback or hook, and of the kept string */
#define STACK_MAX        32u
#define SLOTS_MAX        640u /* callbacks with a script at one time: more than a queue holds */
#define HEAP_PAGE_BYTES  4096u

/* ---- memory ---------------------------------------------------------------------------------- */

struct stored {
    uint32_t size;
    uint8_t bytes[SCRIPT_BYTES_MAX];
};

static uint8_t pool[POOL_BYTES_MAX]; /* reset by every message */
static uint32_t pool_used;
static uint64_t numbers[STACK_MAX];
static uint32_t number_count;
static struct ic_bytes strings[STACK_MAX];
static uint32_t string_count;

static struct stored kept;
static struct stored hooks[PROBE_HOOKS];
static struct stored slots[SLOTS_MAX]; /* scripts of callbacks, used round robin */
static uint32_t next_slot;

#define FAIL(text) ic0_trap("script: " text, sizeof("script: " text) - 1)

static uint8_t *pool_take(uint32_t size)
{
    if (size > POOL_BYTES_MAX - pool_used) {
        FAIL("no room");
    }
    uint8_t *at = pool + pool_used;
    pool_used += size;
    return at;
}

static void store(struct stored *to, struct ic_bytes in)
{
    if (in.size > SCRIPT_BYTES_MAX) {
        FAIL("too long to keep");
    }
    memcpy(to->bytes, in.at, in.size);
    to->size = (uint32_t)in.size;
}

static struct ic_bytes stored_bytes(const struct stored *from)
{
    return (struct ic_bytes){.at = from->bytes, .size = from->size};
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static void push(uint64_t n)
{
    if (number_count == STACK_MAX) {
        FAIL("too many numbers");
    }
    numbers[number_count++] = n;
}

static uint64_t pop(void)
{
    if (number_count == 0) {
        FAIL("a number is missing");
    }
    return numbers[--number_count];
}

static void push_string(struct ic_bytes s)
{
    if (string_count == STACK_MAX) {
        FAIL("too many strings");
    }
    strings[string_count++] = s;
}

static struct ic_bytes pop_string(void)
{
    if (string_count == 0) {
        FAIL("a string is missing");
    }
    return strings[--string_count];
}

static uint64_t read_le(const uint8_t *at, uint32_t size)
{
    uint64_t value = 0;
    for (uint32_t i = size; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

static void push_le(uint64_t value)
{
    uint8_t *at = pool_take(8);
    for (uint32_t i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
    push_string((struct ic_bytes){.at = at, .size = 8});
}

/* The X_size, X_copy pairs. */
static void push_copy(uint32_t size, void (*copy)(void *dst, uint32_t offset, uint32_t size))
{
    uint8_t *at = pool_take(size);
    copy(at, 0, size);
    push_string((struct ic_bytes){.at = at, .size = size});
}

static void push_reject_text(void)
{
    push_copy(ic0_msg_reject_msg_size(), ic0_msg_reject_msg_copy);
}

static void push_certificate(void)
{
    push_copy(ic0_data_certificate_size(), ic0_data_certificate_copy);
}

static void push_method_name(void)
{
    push_copy(ic0_msg_method_name_size(), ic0_msg_method_name_copy);
}

static void join(void)
{
    struct ic_bytes second = pop_string();
    struct ic_bytes first = pop_string();
    uint8_t *at = pool_take((uint32_t)(first.size + second.size));
    memcpy(at, first.at, first.size);
    memcpy(at + first.size, second.at, second.size);
    push_string((struct ic_bytes){.at = at, .size = first.size + second.size});
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void begin(struct ic_bytes script);

static void run_slot(uint32_t slot)
{
    begin(stored_bytes(&slots[slot]));
}

static uint32_t new_slot(struct ic_bytes script)
{
    uint32_t slot = next_slot++ % SLOTS_MAX;
    store(&slots[slot], script);
    return slot;
}

static void call_new(void)
{
    struct ic_bytes on_reject = pop_string();
    struct ic_bytes on_reply = pop_string();
    struct ic_bytes method = pop_string();
    struct ic_bytes callee = pop_string();
    ic0_call_new(callee.at, callee.size, method.at, method.size, (uint32_t)run_slot,
                 new_slot(on_reply), (uint32_t)run_slot, new_slot(on_reject));
}

static void call_raw(void)
{
    struct ic_bytes method = pop_string();
    struct ic_bytes callee = pop_string();
    uint32_t index = (uint32_t)pop();
    ic0_call_new(callee.at, callee.size, method.at, method.size, index, 0, index, 0);
}

/* ---- misbehaviour ---------------------------------------------------------------------------- */

static __attribute__((noinline)) uint32_t recurse(volatile uint32_t *above)
{
    volatile uint32_t here[64];
    here[0] = *above + 1;
    return here[0] == 0 ? 0 : recurse(here) + here[0];
}

static void spin(void)
{
    for (volatile uint32_t i = 0;; i++) {
    }
}

static void dirty_heap(void)
{
    uint64_t step = pop() * HEAP_PAGE_BYTES;
    uint64_t count = pop();
    uint64_t size = (uint64_t)__builtin_wasm_memory_size(0) * 65536u;
    for (uint64_t i = 0; i < count && i * step + HEAP_PAGE_BYTES <= size; i++) {
        volatile uint8_t *at = (uint8_t *)(uint32_t)(size - HEAP_PAGE_BYTES - i * step);
        *at = (uint8_t)(*at + 1);
    }
}

/* ---- operations ------------------------------------------------------------------------------ */

static void do_string(enum probe_operation op)
{
    struct ic_bytes s = pop_string();
    switch ((int)op) {
    case PROBE_APPEND:
        ic0_msg_reply_data_append(s.at, s.size);
        break;
    case PROBE_REJECT:
        ic0_msg_reject(s.at, s.size);
        break;
    case PROBE_TRAP:
        ic0_trap(s.at, s.size);
    case PROBE_PRINT:
        ic0_debug_print(s.at, s.size);
        break;
    case PROBE_CALL_DATA:
        ic0_call_data_append(s.at, s.size);
        break;
    case PROBE_CALL_CLEANUP:
        ic0_call_on_cleanup((uint32_t)run_slot, new_slot(s));
        break;
    case PROBE_KEEP:
        store(&kept, s);
        break;
    case PROBE_CERTIFY:
        ic0_certified_data_set(s.at, s.size);
        break;
    case PROBE_IS_CONTROLLER:
        push(ic0_is_controller(s.at, s.size));
        break;
    default:
        FAIL("unknown operation");
    }
}

static void do_number(enum probe_operation op)
{
    uint64_t n = pop();
    switch ((int)op) {
    case PROBE_BYTES:
        push_le(n);
        break;
    case PROBE_ADD:
        push(n + pop());
        break;
    case PROBE_ACCEPT:
        push(ic0_msg_cycles_accept(n));
        break;
    case PROBE_BURN: {
        uint8_t burnt[16];
        ic0_cycles_burn128(0, n, burnt);
        push(read_le(burnt, 8));
        break;
    }
    case PROBE_CALL_CYCLES:
        ic0_call_cycles_add(n);
        break;
    case PROBE_CALL_BEST_EFFORT:
        ic0_call_with_best_effort_response((uint32_t)n);
        break;
    case PROBE_STABLE_GROW:
        push(ic0_stable64_grow(n));
        break;
    case PROBE_TIMER:
        push(ic0_global_timer_set(n));
        break;
    case PROBE_COUNTER:
        push(ic0_performance_counter((uint32_t)n));
        break;
    case PROBE_CHECK:
        if (n == 0) {
            ic0_trap("check failed", 12);
        }
        break;
    case PROBE_GROW_HEAP:
        push(__builtin_wasm_memory_grow(0, (size_t)n));
        break;
    case PROBE_WILD_STORE:
        *(volatile uint8_t *)(uint32_t)n = 1;
        break;
    default:
        do_string(op);
    }
}

static void do_stable_write(void)
{
    struct ic_bytes s = pop_string();
    ic0_stable64_write(pop(), (uint32_t)s.at, s.size);
}

static void do_stable_read(void)
{
    uint32_t size = (uint32_t)pop();
    uint8_t *at = pool_take(size);
    ic0_stable64_read((uint32_t)at, pop(), size);
    push_string((struct ic_bytes){.at = at, .size = size});
}

static void do_equal(void)
{
    struct ic_bytes second = pop_string();
    push(ic_bytes_is_equal(pop_string(), second));
}

static void do_hook(void)
{
    uint64_t which = pop();
    if (which >= PROBE_HOOKS) {
        FAIL("unknown hook");
    }
    store(&hooks[which], pop_string());
}

/* Operations that take nothing or have a shape of their own: one per line. */
/* clang-format off */
static bool do_plain(enum probe_operation op)
{
    switch ((int)op) {
    case PROBE_JOIN: join(); return true;
    case PROBE_REPLY: ic0_msg_reply(); return true;
    case PROBE_ARG: push_copy(ic0_msg_arg_data_size(), ic0_msg_arg_data_copy); return true;
    case PROBE_CALLER: push_copy(ic0_msg_caller_size(), ic0_msg_caller_copy); return true;
    case PROBE_SELF: push_copy(ic0_canister_self_size(), ic0_canister_self_copy); return true;
    case PROBE_REJECT_CODE: push(ic0_msg_reject_code()); return true;
    case PROBE_REJECT_TEXT: push_reject_text(); return true;
    case PROBE_DEADLINE: push(ic0_msg_deadline()); return true;
    case PROBE_AVAILABLE: push(ic0_msg_cycles_available()); return true;
    case PROBE_REFUNDED: push(ic0_msg_cycles_refunded()); return true;
    case PROBE_BALANCE: push(ic0_canister_cycle_balance()); return true;
    case PROBE_CALL: call_new(); return true;
    case PROBE_CALL_RAW: call_raw(); return true;
    case PROBE_PERFORM: push(ic0_call_perform()); return true;
    case PROBE_KEPT: push_string(stored_bytes(&kept)); return true;
    case PROBE_STABLE_SIZE: push(ic0_stable64_size()); return true;
    case PROBE_STABLE_WRITE: do_stable_write(); return true;
    case PROBE_STABLE_READ: do_stable_read(); return true;
    case PROBE_HOOK: do_hook(); return true;
    case PROBE_TIME: push(ic0_time()); return true;
    case PROBE_HAS_CERTIFICATE: push(ic0_data_certificate_present()); return true;
    case PROBE_CERTIFICATE: push_certificate(); return true;
    case PROBE_STATUS: push(ic0_canister_status()); return true;
    case PROBE_VERSION: push(ic0_canister_version()); return true;
    case PROBE_IS_REPLICATED: push(ic0_in_replicated_execution()); return true;
    case PROBE_METHOD_NAME: push_method_name(); return true;
    case PROBE_ACCEPT_MESSAGE: ic0_accept_message(); return true;
    case PROBE_EQUAL: do_equal(); return true;
    case PROBE_SPIN: spin(); return true;
    case PROBE_RECURSE: push(recurse(&(volatile uint32_t){0})); return true;
    case PROBE_UNREACHABLE: __builtin_trap();
    case PROBE_DIRTY_HEAP: dirty_heap(); return true;
    default: return false;
    }
}
/* clang-format on */

static bool takes_number(enum probe_operation op)
{
    return op == PROBE_BYTES || op == PROBE_ADD || op == PROBE_ACCEPT || op == PROBE_BURN ||
           op == PROBE_CALL_CYCLES || op == PROBE_CALL_BEST_EFFORT || op == PROBE_STABLE_GROW ||
           op == PROBE_TIMER || op == PROBE_COUNTER || op == PROBE_CHECK || op == PROBE_GROW_HEAP ||
           op == PROBE_WILD_STORE;
}

/* Reads an immediate: size bytes of the script behind *at. */
static const uint8_t *immediate(struct ic_bytes script, size_t *at, size_t size)
{
    if (size > script.size - *at) {
        FAIL("cut off");
    }
    const uint8_t *bytes = script.at + *at;
    *at += size;
    return bytes;
}

static void run(struct ic_bytes script)
{
    size_t at = 0;
    while (at < script.size) {
        enum probe_operation op = script.at[at++];
        if (op == PROBE_NUM) {
            push(read_le(immediate(script, &at, 8), 8));
        } else if (op == PROBE_STR) {
            size_t size = (size_t)read_le(immediate(script, &at, 4), 4);
            push_string((struct ic_bytes){.at = immediate(script, &at, size), .size = size});
        } else if (!do_plain(op)) {
            if (takes_number(op)) {
                do_number(op);
            } else {
                do_string(op);
            }
        }
    }
}

/* A message begins with empty stacks; what it leaves on them is of no use to the next. */
static void begin(struct ic_bytes script)
{
    pool_used = 0;
    number_count = 0;
    string_count = 0;
    run(script);
}

static void run_hook(enum probe_hook hook)
{
    begin(stored_bytes(&hooks[hook]));
}

static void run_argument(void)
{
    uint32_t size = ic0_msg_arg_data_size();
    static uint8_t script[POOL_BYTES_MAX];
    if (size > sizeof script) {
        FAIL("too long");
    }
    ic0_msg_arg_data_copy(script, 0, size);
    begin((struct ic_bytes){.at = script, .size = size});
}

/* clang-format off */
/* ---- exports --------------------------------------------------------------------------------- */

EXPORT("canister_init") void probe_init(void) { run_argument(); }
EXPORT("canister_post_upgrade") void probe_post_upgrade(void) { run_argument(); }
EXPORT("canister_pre_upgrade") void probe_pre_upgrade(void) { run_hook(PROBE_ON_PRE_UPGRADE); }
EXPORT("canister_global_timer") void probe_timer(void) { run_hook(PROBE_ON_TIMER); }
EXPORT("canister_heartbeat") void probe_heartbeat(void) { run_hook(PROBE_ON_HEARTBEAT); }
EXPORT("canister_inspect_message") void probe_inspect(void)
{
    if (hooks[PROBE_ON_INSPECT].size == 0) {
        ic0_accept_message();
    }
    run_hook(PROBE_ON_INSPECT);
}
EXPORT("canister_update run") void probe_run(void) { run_argument(); }
EXPORT("canister_update also_run") void probe_also_run(void) { run_argument(); }
EXPORT("canister_query ask") void probe_ask(void) { run_argument(); }
EXPORT("canister_composite_query ask_others") void probe_ask_others(void) { run_argument(); }
/* clang-format on */
