/* ic/msg.h, ic/stable.h (raw part) and ic/trap.h over the system API. */
#include "ic/msg.h"

#include "ic/ic0.h"
#include "ic/stable.h"
#include "ic/trap.h"

#define WASM_PAGE_BYTES 65536u

/* Set by the linker: the first address behind stack and static data. */
extern uint8_t __heap_base;

_Noreturn void ic_trap(struct ic_bytes text)
{
    ic0_trap(text.at, text.size);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static struct ic_arena arena;

struct ic_arena *ic_msg_arena_now(void)
{
    return arena.at == NULL ? NULL : &arena;
}

/* The arena ends where the heap does, until ic_heap_take puts something behind it. Then it ends
 * there, and starts anew behind all of it once it needs more. */
static size_t arena_base; /* 0 = right behind the static data */
static size_t arena_end;  /* 0 = where the heap ends */

static uint64_t heap_bytes(void)
{
    return (uint64_t)__builtin_wasm_memory_size(0) * WASM_PAGE_BYTES;
}

/* Makes the heap end at end or later; false when it cannot. */
static bool heap_reach(uint64_t end)
{
    uint64_t size = heap_bytes();
    if (end <= size) {
        return true;
    }
    uint64_t pages = (end - size + WASM_PAGE_BYTES - 1) / WASM_PAGE_BYTES;
    return end <= UINT32_MAX && __builtin_wasm_memory_grow(0, (size_t)pages) != SIZE_MAX;
}

struct ic_arena *ic_msg_arena(size_t size_bytes)
{
    size_t base = arena_base;
    if (base == 0) {
        base = ((size_t)&__heap_base + IC_ARENA_ALIGN - 1) & ~(size_t)(IC_ARENA_ALIGN - 1);
    }
    if (arena_end != 0 && (uint64_t)base + size_bytes > arena_end) {
        base = arena_base = (size_t)heap_bytes();
        arena_end = 0;
    }
    if (!heap_reach((uint64_t)base + size_bytes)) {
        IC_TRAP("out of heap memory");
    }
    ic_arena_init(&arena, (void *)base, size_bytes);
    return &arena;
}

void *ic_heap_take(size_t size_bytes)
{
    uint64_t start = heap_bytes();
    if (!heap_reach(start + size_bytes)) {
        return NULL;
    }
    if (arena_end == 0) {
        arena_end = (size_t)start;
    }
    return (void *)(size_t)start;
}

/* ---- argument and caller --------------------------------------------------------------------- */

size_t ic_msg_arg_size(void)
{
    return ic0_msg_arg_data_size();
}

bool ic_msg_arg(struct ic_bytes *out, size_t bytes_max, struct ic_arena *a)
{
    size_t size = ic0_msg_arg_data_size();
    if (size > bytes_max) {
        return false;
    }
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic0_msg_arg_data_copy(at, 0, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}

struct ic_principal ic_msg_caller(void)
{
    struct ic_principal p = {.size = 0};
    uint32_t size = ic0_msg_caller_size();
    ic_assert(size <= IC_PRINCIPAL_BYTES_MAX);
    p.size = (uint8_t)size;
    ic0_msg_caller_copy(p.bytes, 0, size);
    return p;
}

/* ---- answer ---------------------------------------------------------------------------------- */

void ic_msg_reply_append(struct ic_bytes in)
{
    ic0_msg_reply_data_append(in.at, in.size);
}

void ic_msg_reply(void)
{
    ic0_msg_reply();
}

void ic_msg_reply_bytes(struct ic_bytes in)
{
    ic0_msg_reply_data_append(in.at, in.size);
    ic0_msg_reply();
}

void ic_msg_reject(struct ic_bytes text)
{
    ic0_msg_reject(text.at, text.size);
}

/* ---- inspect_message ------------------------------------------------------------------------- */

bool ic_msg_method_name(struct ic_bytes *out, struct ic_arena *a)
{
    uint32_t size = ic0_msg_method_name_size();
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic0_msg_method_name_copy(at, 0, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}

void ic_msg_accept(void)
{
    ic0_accept_message();
}

/* ---- the canister and its system ------------------------------------------------------------- */

struct ic_principal ic_canister_self(void)
{
    struct ic_principal p = {.size = 0};
    uint32_t size = ic0_canister_self_size();
    ic_assert(size <= IC_PRINCIPAL_BYTES_MAX);
    p.size = (uint8_t)size;
    ic0_canister_self_copy(p.bytes, 0, size);
    return p;
}

bool ic_is_controller(const struct ic_principal *who)
{
    return ic0_is_controller(who->bytes, who->size) == 1;
}

bool ic_in_replicated_execution(void)
{
    return ic0_in_replicated_execution() == 1;
}

uint64_t ic_time_ns(void)
{
    return ic0_time();
}

uint64_t ic_timer_set(uint64_t at_ns)
{
    return ic0_global_timer_set(at_ns);
}

uint64_t ic_instructions(void)
{
    return ic0_performance_counter(0);
}

uint64_t ic_instructions_of_call(void)
{
    return ic0_performance_counter(1);
}

uint64_t ic_msg_deadline_ns(void)
{
    return ic0_msg_deadline();
}

uint64_t ic_canister_version(void)
{
    return ic0_canister_version();
}

uint64_t ic_heap_bytes(void)
{
    return (uint64_t)__builtin_wasm_memory_size(0) * WASM_PAGE_BYTES;
}

void ic_debug_print(struct ic_bytes text)
{
    ic0_debug_print(text.at, text.size);
}

/* ---- certified data -------------------------------------------------------------------------- */

void ic_certified_data_set(struct ic_bytes in)
{
    ic_assert(in.size <= IC_CERTIFIED_DATA_BYTES_MAX);
    ic0_certified_data_set(in.at, in.size);
}

bool ic_data_certificate(struct ic_bytes *out, struct ic_arena *a)
{
    if (ic0_data_certificate_present() == 0) {
        return false;
    }
    uint32_t size = ic0_data_certificate_size();
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic0_data_certificate_copy(at, 0, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}

/* ---- stable memory --------------------------------------------------------------------------- */

uint64_t ic_stable_pages(void)
{
    return ic0_stable64_size();
}

bool ic_stable_grow(uint64_t pages)
{
    return ic0_stable64_grow(pages) != UINT64_MAX;
}

void ic_stable_read(void *out, uint64_t offset, size_t size)
{
    ic0_stable64_read((uintptr_t)out, offset, size);
}

void ic_stable_write(uint64_t offset, const void *in, size_t size)
{
    ic0_stable64_write(offset, (uintptr_t)in, size);
}
