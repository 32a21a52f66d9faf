#include "host/ic_host.h"

#include "ic/msg.h"
#include "ic/stable.h"
#include "ic/trap.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define TRAP_TEXT_MAX     16384u /* where the system cuts */
#define PAGES_MAX_DEFAULT 65536u
#define CHARGE_CALL       5u /* the call instruction; the rest as in ic/ic0.h */
#define CHARGE_ACCESS     20u
#define CHARGE_GROW       100u
#define CHARGE_PAGE       1000u

/* A buffer that the twin owns. */
struct owned {
    uint8_t *at;
    size_t size;
};

/* The content of a 4 KiB page before the message first wrote it. */
struct undo {
    uint64_t page;
    uint8_t before[IC_STABLE_CHARGE_BYTES];
    struct undo *next;
};

static struct {
    uint64_t deadline_ns, version, heap_bytes;
    struct ic_principal caller, self, controller;
    uint64_t now_ns;
    bool is_replicated;
    bool has_certificate;
    struct owned arg, method, certificate;

    struct owned reply, reject_text, arena;
    bool has_replied, has_rejected, has_accepted;
    uint8_t certified[IC_CERTIFIED_DATA_BYTES_MAX];
    size_t certified_size;
    uint64_t timer_ns;

    struct owned stable;
    size_t stable_room; /* allocated; what is behind stable.size is zero */
    bool is_exposed;    /* a test has a pointer to it, and may have changed anything */
    uint64_t pages_max;
    bool *dirty; /* for each 4 KiB page of the room: written in this message */
    struct undo *undo, *undo_spare;
    uint64_t *written; /* pages written since the last reset, some of them twice */
    size_t written_count, written_room;
    uint64_t instructions, dirty_pages;
    uint64_t trap_at_write;

    bool is_running;
    jmp_buf escape;
    char trap_text[TRAP_TEXT_MAX + 1];
} host = {.pages_max = PAGES_MAX_DEFAULT, .is_replicated = true};

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("ic_host: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static void own(struct owned *o, struct ic_bytes in)
{
    uint8_t *at = must(malloc(in.size == 0 ? 1 : in.size));
    if (in.size != 0) {
        memcpy(at, in.at, in.size);
    }
    free(o->at);
    *o = (struct owned){.at = at, .size = in.size};
}

static void owned_append(struct owned *o, struct ic_bytes in)
{
    o->at = must(realloc(o->at, o->size + in.size + 1));
    if (in.size != 0) {
        memcpy(o->at + o->size, in.at, in.size);
    }
    o->size += in.size;
}

static void owned_free(struct owned *o)
{
    free(o->at);
    *o = (struct owned){.at = NULL};
}

static struct ic_bytes view(const struct owned *o)
{
    return (struct ic_bytes){.at = o->at, .size = o->size};
}

/* ---- stable memory --------------------------------------------------------------------------- */

#define STABLE_ROOM_MIN  (4u << 20)
#define STABLE_ROOM_KEPT (64u << 20) /* from one test to the next */

static void stable_room_grow(size_t room)
{
    const size_t old_marks = host.stable_room / IC_STABLE_CHARGE_BYTES;
    const size_t marks = room / IC_STABLE_CHARGE_BYTES;
    host.stable.at = must(realloc(host.stable.at, room));
    host.dirty = must(realloc(host.dirty, marks * sizeof *host.dirty));
    memset(host.stable.at + host.stable_room, 0, room - host.stable_room);
    memset(host.dirty + old_marks, 0, (marks - old_marks) * sizeof *host.dirty);
    host.stable_room = room;
}

static void stable_resize(size_t size)
{
    if (size > host.stable_room) {
        const size_t twice = 2 * host.stable_room;
        const size_t least = twice > STABLE_ROOM_MIN ? twice : STABLE_ROOM_MIN;
        stable_room_grow(size > least ? size : least);
    }
    host.stable.size = size;
}

/* Ends a message: drops what undoing it would take. */
static void undo_forget(void)
{
    while (host.undo != NULL) {
        struct undo *next = host.undo->next;
        host.dirty[host.undo->page] = false;
        host.undo->next = host.undo_spare;
        host.undo_spare = host.undo;
        host.undo = next;
    }
}

static struct undo *undo_take(void)
{
    struct undo *u = host.undo_spare;
    if (u == NULL) {
        return must(malloc(sizeof *u));
    }
    host.undo_spare = u->next;
    return u;
}

/* Makes stable memory empty, by clearing only what was written when that is known. */
static void stable_clear(void)
{
    undo_forget();
    if (host.stable_room > STABLE_ROOM_KEPT) {
        owned_free(&host.stable);
        free(host.dirty);
        host.dirty = NULL;
        host.stable_room = 0;
    } else if (host.is_exposed) {
        memset(host.stable.at, 0, host.stable_room);
    } else {
        for (size_t i = 0; i < host.written_count; i++) {
            memset(host.stable.at + host.written[i] * IC_STABLE_CHARGE_BYTES, 0,
                   IC_STABLE_CHARGE_BYTES);
        }
    }
    host.stable.size = 0;
    host.written_count = 0;
    host.is_exposed = false;
}

static void written_note(uint64_t page)
{
    if (host.is_exposed || host.written_count >= host.stable_room / IC_STABLE_CHARGE_BYTES) {
        host.is_exposed = true; // by now clearing everything is not dearer
        return;
    }
    if (host.written_count == host.written_room) {
        host.written_room = 2 * host.written_room + 256;
        host.written = must(realloc(host.written, host.written_room * sizeof *host.written));
    }
    host.written[host.written_count++] = page;
}

static void undo_apply(size_t size_before)
{
    for (const struct undo *u = host.undo; u != NULL; u = u->next) {
        memcpy(host.stable.at + u->page * IC_STABLE_CHARGE_BYTES, u->before, sizeof u->before);
    }
    undo_forget();
    stable_resize(size_before);
}

static void page_mark(uint64_t page)
{
    if (host.dirty[page]) {
        return;
    }
    struct undo *u = undo_take();
    written_note(page);
    u->page = page;
    u->next = host.undo;
    memcpy(u->before, host.stable.at + page * IC_STABLE_CHARGE_BYTES, sizeof u->before);
    host.undo = u;
    host.dirty[page] = true;
    host.dirty_pages++;
    host.instructions += CHARGE_PAGE;
}

static void bounds_check(uint64_t offset, size_t size)
{
    if (offset > host.stable.size || size > host.stable.size - offset) {
        IC_TRAP("stable memory out of bounds");
    }
}

uint64_t ic_stable_pages(void)
{
    host.instructions += CHARGE_CALL;
    return host.stable.size / IC_STABLE_PAGE_BYTES;
}

bool ic_stable_grow(uint64_t pages)
{
    host.instructions += CHARGE_CALL + CHARGE_GROW;
    uint64_t old_pages = host.stable.size / IC_STABLE_PAGE_BYTES;
    if (old_pages > host.pages_max || pages > host.pages_max - old_pages) {
        return false;
    }
    stable_resize((size_t)(old_pages + pages) * IC_STABLE_PAGE_BYTES);
    return true;
}

void ic_stable_read(void *out, uint64_t offset, size_t size)
{
    host.instructions += CHARGE_CALL + CHARGE_ACCESS + size;
    if (size != 0) {
        bounds_check(offset, size);
        memcpy(out, host.stable.at + offset, size);
    }
}

void ic_stable_write(uint64_t offset, const void *in, size_t size)
{
    host.instructions += CHARGE_CALL + CHARGE_ACCESS + size;
    if (host.trap_at_write != 0 && --host.trap_at_write == 0) {
        IC_TRAP("planned trap in a stable write");
    }
    if (size == 0) {
        return;
    }
    bounds_check(offset, size);
    uint64_t last = (offset + size - 1) / IC_STABLE_CHARGE_BYTES;
    for (uint64_t page = offset / IC_STABLE_CHARGE_BYTES; page <= last; page++) {
        page_mark(page);
    }
    memcpy(host.stable.at + offset, in, size);
}

uint8_t *ic_host_stable(void)
{
    host.is_exposed = true;
    return host.stable.at;
}

size_t ic_host_stable_bytes(void)
{
    return host.stable.size;
}

void ic_host_stable_load(struct ic_bytes content)
{
    stable_clear();
    size_t pages = (content.size + IC_STABLE_PAGE_BYTES - 1) / IC_STABLE_PAGE_BYTES;
    stable_resize(pages * IC_STABLE_PAGE_BYTES);
    if (content.size != 0) {
        memcpy(host.stable.at, content.at, content.size);
    }
    host.is_exposed = true;
}

void ic_host_stable_limit_set(uint64_t pages)
{
    host.pages_max = pages;
}

void ic_host_stable_trap_at(uint64_t write)
{
    host.trap_at_write = write;
}

uint64_t ic_host_stable_instructions(void)
{
    return host.instructions;
}

uint64_t ic_host_stable_dirty_pages(void)
{
    return host.dirty_pages;
}

/* ---- messages -------------------------------------------------------------------------------- */

_Noreturn void ic_trap(struct ic_bytes text)
{
    size_t size = text.size < TRAP_TEXT_MAX ? text.size : TRAP_TEXT_MAX;
    if (size != 0) {
        memcpy(host.trap_text, text.at, size);
    }
    host.trap_text[size] = 0;
    if (!host.is_running) {
        fprintf(stderr, "trap outside of a message: %s\n", host.trap_text);
        abort();
    }
    longjmp(host.escape, 1);
}

/* What a rollback restores besides the pages. */
struct checkpoint {
    size_t stable_size;
    uint64_t timer_ns;
    uint8_t certified[IC_CERTIFIED_DATA_BYTES_MAX];
    size_t certified_size;
};

static void message_begin(struct checkpoint *c)
{
    undo_forget();
    host.instructions = 0;
    host.dirty_pages = 0;
    host.reply.size = 0;
    host.reject_text.size = 0;
    host.has_replied = host.has_rejected = host.has_accepted = false;
    host.trap_text[0] = 0;
    host.is_running = true;
    c->stable_size = host.stable.size;
    c->timer_ns = host.timer_ns;
    c->certified_size = host.certified_size;
    memcpy(c->certified, host.certified, sizeof c->certified);
}

static void message_undo(const struct checkpoint *c)
{
    undo_apply(c->stable_size);
    host.timer_ns = c->timer_ns;
    host.certified_size = c->certified_size;
    memcpy(host.certified, c->certified, sizeof c->certified);
    host.reply.size = 0;
    host.reject_text.size = 0;
    host.has_replied = host.has_rejected = host.has_accepted = false;
}

bool ic_host_run(void (*body)(void *argument), void *argument)
{
    static struct checkpoint checkpoint; /* survives the longjmp */
    message_begin(&checkpoint);
    if (setjmp(host.escape) != 0) {
        message_undo(&checkpoint);
        host.is_running = false;
        return false;
    }
    body(argument);
    host.is_running = false;
    undo_forget();
    return true;
}

const char *ic_host_trap_text(void)
{
    return host.trap_text;
}

struct ic_bytes ic_host_reply(void)
{
    return view(&host.reply);
}

struct ic_bytes ic_host_reject_text(void)
{
    return view(&host.reject_text);
}

bool ic_host_has_replied(void)
{
    return host.has_replied;
}

bool ic_host_has_rejected(void)
{
    return host.has_rejected;
}

bool ic_host_has_accepted(void)
{
    return host.has_accepted;
}

struct ic_bytes ic_host_certified_data(void)
{
    return (struct ic_bytes){.at = host.certified, .size = host.certified_size};
}

uint64_t ic_host_timer(void)
{
    return host.timer_ns;
}

/* ---- the script ------------------------------------------------------------------------------ */

void ic_host_reset(void)
{
    owned_free(&host.arg);
    owned_free(&host.method);
    owned_free(&host.certificate);
    owned_free(&host.reply);
    owned_free(&host.reject_text);
    owned_free(&host.arena);
    stable_clear();
    host.caller = IC_PRINCIPAL_ANONYMOUS;
    host.self = host.controller = IC_PRINCIPAL_MANAGEMENT;
    host.now_ns = host.timer_ns = 0;
    host.deadline_ns = host.version = host.heap_bytes = 0;
    host.is_replicated = true;
    host.has_certificate = host.has_replied = host.has_rejected = host.has_accepted = false;
    host.certified_size = 0;
    host.pages_max = PAGES_MAX_DEFAULT;
    host.instructions = host.dirty_pages = host.trap_at_write = 0;
    host.is_running = false;
    host.trap_text[0] = 0;
}

void ic_host_caller_set(struct ic_principal caller)
{
    host.caller = caller;
}

void ic_host_self_set(struct ic_principal self)
{
    host.self = self;
}

void ic_host_time_set(uint64_t now_ns)
{
    host.now_ns = now_ns;
}

void ic_host_arg_set(struct ic_bytes arg)
{
    own(&host.arg, arg);
}

void ic_host_method_set(struct ic_bytes name)
{
    own(&host.method, name);
}

void ic_host_controller_set(struct ic_principal controller)
{
    host.controller = controller;
}

void ic_host_replicated_set(bool replicated)
{
    host.is_replicated = replicated;
}

void ic_host_deadline_set(uint64_t deadline_ns)
{
    host.deadline_ns = deadline_ns;
}

void ic_host_version_set(uint64_t version)
{
    host.version = version;
}

void ic_host_heap_bytes_set(uint64_t bytes)
{
    host.heap_bytes = bytes;
}

void ic_host_certificate_set(struct ic_bytes certificate)
{
    own(&host.certificate, certificate);
    host.has_certificate = true;
}

/* ---- ic/msg.h -------------------------------------------------------------------------------- */

static struct ic_arena arena;

struct ic_arena *ic_msg_arena_now(void)
{
    return host.arena.at == NULL ? NULL : &arena;
}

struct ic_arena *ic_msg_arena(size_t size_bytes)
{
    owned_free(&host.arena);
    host.arena = (struct owned){.at = must(malloc(size_bytes + 1)), .size = size_bytes};
    ic_arena_init(&arena, host.arena.at, size_bytes);
    return &arena;
}

/* What was taken stays, as it does in a canister; the list keeps it reachable. */
struct taken {
    struct taken *before;
    _Alignas(IC_ARENA_ALIGN) uint8_t bytes[];
};
static struct taken *taken_last;

void *ic_heap_take(size_t size_bytes)
{
    struct taken *taken = must(calloc(1, sizeof *taken + size_bytes));
    taken->before = taken_last;
    taken_last = taken;
    return taken->bytes;
}

size_t ic_msg_arg_size(void)
{
    return host.arg.size;
}

bool ic_msg_arg(struct ic_bytes *out, size_t bytes_max, struct ic_arena *a)
{
    return host.arg.size <= bytes_max && ic_arena_copy(out, view(&host.arg), a);
}

struct ic_principal ic_msg_caller(void)
{
    return host.caller;
}

static void answer_check(void)
{
    if (host.has_replied || host.has_rejected) {
        IC_TRAP("the call was answered already");
    }
}

void ic_msg_reply_append(struct ic_bytes in)
{
    answer_check();
    owned_append(&host.reply, in);
}

void ic_msg_reply(void)
{
    answer_check();
    host.has_replied = true;
}

void ic_msg_reply_bytes(struct ic_bytes in)
{
    ic_msg_reply_append(in);
    ic_msg_reply();
}

void ic_msg_reject(struct ic_bytes text)
{
    answer_check();
    host.reply.size = 0;
    owned_append(&host.reject_text, text);
    host.has_rejected = true;
}

bool ic_msg_method_name(struct ic_bytes *out, struct ic_arena *a)
{
    return ic_arena_copy(out, view(&host.method), a);
}

void ic_msg_accept(void)
{
    if (host.has_accepted) {
        IC_TRAP("the message was accepted already");
    }
    host.has_accepted = true;
}

struct ic_principal ic_canister_self(void)
{
    return host.self;
}

bool ic_is_controller(const struct ic_principal *who)
{
    return ic_principal_is_equal(who, &host.controller);
}

bool ic_in_replicated_execution(void)
{
    return host.is_replicated;
}

uint64_t ic_time_ns(void)
{
    return host.now_ns;
}

uint64_t ic_timer_set(uint64_t at_ns)
{
    uint64_t before = host.timer_ns;
    host.timer_ns = at_ns;
    return before;
}

uint64_t ic_instructions(void)
{
    return host.instructions;
}

uint64_t ic_instructions_of_call(void)
{
    return host.instructions;
}

uint64_t ic_msg_deadline_ns(void)
{
    return host.deadline_ns;
}

uint64_t ic_canister_version(void)
{
    return host.version;
}

uint64_t ic_heap_bytes(void)
{
    return host.heap_bytes;
}

void ic_debug_print(struct ic_bytes text)
{
    fprintf(stderr, "%.*s\n", (int)text.size, (const char *)text.at);
}

void ic_certified_data_set(struct ic_bytes in)
{
    ic_assert(in.size <= IC_CERTIFIED_DATA_BYTES_MAX);
    if (in.size != 0) {
        memcpy(host.certified, in.at, in.size);
    }
    host.certified_size = in.size;
}

bool ic_data_certificate(struct ic_bytes *out, struct ic_arena *a)
{
    return host.has_certificate && ic_arena_copy(out, view(&host.certificate), a);
}
