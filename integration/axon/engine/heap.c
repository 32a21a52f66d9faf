#include "engine/heap.h"

#include "base/buf.h"
#include "engine/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HOT_PAGES_MAX 64u       /* writable between messages: 256 KiB to compare after each */
/* The same for all heaps together. A hot page splits a kernel mapping in three, of which a process
 * has 65,530 (vm.max_map_count). */
#define HOT_PAGES_OF_PROCESS_MAX 8192u
#define HOT_IDLE_MAX 8u         /* messages without a change, then a page is cold again */
#define BULK_PAGES_MIN 1024u    /* from here on all pages are protected by one call */
/* Faults of one message after which one fault opens 16 and 64 pages. Bounds the number of kernel
 * mappings again, and the time of messages that write everywhere. */
#define FAULTS_OF_1_PAGE 256u
#define FAULTS_OF_16_PAGES 2048u

struct axon_heap {
    uint8_t *base;
    size_t size;            /* bytes accessible */
    size_t committed_size;  /* bytes when the last message ended */
    size_t reserved;
    size_t guard;
    bool is_tracking;
    uint32_t faults;        /* in this message */
    uint32_t saved;         /* entries below */
    uint32_t hot;           /* of these, kept from the last message */
    uint8_t *is_saved;      /* per page: writable and in the tables below */
    /* Saved pages in the order of their first write. Address space for every page is reserved, so
     * that the fault handler never allocates. */
    uint32_t *pages;
    uint8_t *copies;        /* AXON_PAGE_BYTES each */
    uint8_t *idle;          /* messages since its last change */
    uint8_t *is_changed;    /* as of axon_heap_changed_pages */
};

static struct axon_heap *active_heap;
static uint32_t hot_pages_of_process;

/* The signals that Wasm code raises: memory, `unreachable`, division. */
static const int TRAP_SIGNALS[] = {SIGSEGV, SIGILL, SIGFPE};
#define TRAP_SIGNAL_COUNT (sizeof TRAP_SIGNALS / sizeof TRAP_SIGNALS[0])
static struct sigaction wasmtime_handlers[TRAP_SIGNAL_COUNT];
static struct sigaction our_handlers[TRAP_SIGNAL_COUNT]; /* the same but for SIGSEGV */

/* ---- protection --------------------------------------------------------------------------------- */

static void *reserve(size_t size, int protection)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *at = mmap(NULL, size, protection, flags, -1, 0);
    if (at == MAP_FAILED) {
        perror("axon: cannot reserve address space for a canister");
        abort();
    }
    madvise(at, size, MADV_NOHUGEPAGE); /* page-wise protection would split huge pages anyway */
    return at;
}

static void protect(uint8_t *at, size_t size, int protection)
{
    if (size > 0 && mprotect(at, size, protection) != 0) {
        perror("axon: cannot protect canister memory");
        abort();
    }
}

static uint8_t *page_at(const struct axon_heap *h, uint32_t page)
{
    return h->base + (size_t)page * AXON_PAGE_BYTES;
}

static uint8_t *copy_at(const struct axon_heap *h, uint32_t entry)
{
    return h->copies + (size_t)entry * AXON_PAGE_BYTES;
}

static uint32_t pages_per_fault(uint32_t faults)
{
    return faults < FAULTS_OF_1_PAGE ? 1 : faults < FAULTS_OF_16_PAGES ? 16 : 64;
}

/* Saves the page and its neighbours and makes them writable. Runs inside the fault handler: no
 * allocation, no locks. */
static void open_page(struct axon_heap *h, uint32_t page)
{
    uint32_t step = pages_per_fault(h->faults++);
    uint32_t first = page / step * step;
    uint32_t end = first + step;
    uint32_t page_count = (uint32_t)(h->size / AXON_PAGE_BYTES);
    end = end < page_count ? end : page_count;
    for (uint32_t p = first; p < end; p++) {
        if (h->is_saved[p] == 0) {
            h->is_saved[p] = 1;
            h->pages[h->saved] = p;
            h->idle[h->saved] = 0;
            memcpy(copy_at(h, h->saved), page_at(h, p), AXON_PAGE_BYTES);
            h->saved++;
        }
    }
    protect(page_at(h, first), (size_t)(end - first) * AXON_PAGE_BYTES, PROT_READ | PROT_WRITE);
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    struct axon_heap *h = active_heap;
    uintptr_t offset = h == NULL ? 0 : (uintptr_t)info->si_addr - (uintptr_t)h->base;
    if (h != NULL && h->is_tracking && offset < h->size) {
        uint32_t page = (uint32_t)(offset / AXON_PAGE_BYTES);
        if (h->is_saved[page] == 0) {
            int errno_before = errno;
            open_page(h, page);
            errno = errno_before;
            return;
        }
    }
    wasmtime_handlers[0].sa_sigaction(signal_number, info, context);
}

void axon_heap_prepare_signals(void)
{
    for (size_t i = 0; i < TRAP_SIGNAL_COUNT; i++) {
        if (sigaction(TRAP_SIGNALS[i], NULL, &wasmtime_handlers[i]) != 0 ||
            (wasmtime_handlers[i].sa_flags & SA_SIGINFO) == 0) {
            fprintf(stderr, "axon: Wasmtime does not handle signal %d\n", TRAP_SIGNALS[i]);
            abort();
        }
        our_handlers[i] = wasmtime_handlers[i];
    }
    our_handlers[0].sa_sigaction = on_fault;
}

void axon_heap_own_signals(void)
{
    for (size_t i = 0; i < TRAP_SIGNAL_COUNT; i++) {
        struct sigaction now;
        sigaction(TRAP_SIGNALS[i], NULL, &now);
        if ((now.sa_flags & SA_SIGINFO) == 0 ||
            now.sa_sigaction != our_handlers[i].sa_sigaction) {
            sigaction(TRAP_SIGNALS[i], &our_handlers[i], NULL);
        }
    }
}

/* ---- life --------------------------------------------------------------------------------------- */

/* Bytes of the tables: copies, then one element per page of each of the others. */
static size_t table_bytes(const struct axon_heap *h)
{
    size_t pages = h->reserved / AXON_PAGE_BYTES;
    return pages * (AXON_PAGE_BYTES + sizeof *h->pages + sizeof *h->is_saved + sizeof *h->idle +
                    sizeof *h->is_changed);
}

struct axon_heap *axon_heap_new(size_t reserved, size_t guard)
{
    struct axon_heap *h = axon_alloc(sizeof *h);
    size_t pages = reserved / AXON_PAGE_BYTES;
    h->reserved = reserved;
    h->guard = guard;
    h->base = reserve(reserved + guard, PROT_NONE);
    h->copies = reserve(table_bytes(h), PROT_READ | PROT_WRITE);
    uint8_t *after_copies = h->copies + pages * AXON_PAGE_BYTES;
    h->pages = (uint32_t *)(void *)after_copies;
    h->is_saved = after_copies + pages * sizeof *h->pages;
    h->idle = h->is_saved + pages;
    h->is_changed = h->idle + pages;
    return h;
}

void axon_heap_free(struct axon_heap *h)
{
    if (h == NULL) {
        return;
    }
    hot_pages_of_process -= h->hot;
    munmap(h->base, h->reserved + h->guard);
    munmap(h->copies, table_bytes(h));
    free(h);
}

uint8_t *axon_heap_base(const struct axon_heap *h)
{
    return h->base;
}

size_t axon_heap_size(const struct axon_heap *h)
{
    return h->size;
}

size_t axon_heap_reserved(const struct axon_heap *h)
{
    return h->reserved;
}

bool axon_heap_grow(struct axon_heap *h, size_t size)
{
    if (size > h->reserved) {
        return false;
    }
    if (size > h->size) {
        int protection = h->is_tracking ? PROT_READ : PROT_READ | PROT_WRITE;
        protect(h->base + h->size, size - h->size, protection);
        h->size = size;
    }
    return true;
}

void axon_heap_start_tracking(struct axon_heap *h)
{
    protect(h->base, h->size, PROT_READ);
    h->committed_size = h->size;
    h->is_tracking = true;
}

struct axon_heap *axon_heap_activate(struct axon_heap *h)
{
    struct axon_heap *before = active_heap;
    active_heap = h;
    return before;
}

/* ---- the end of a message ----------------------------------------------------------------------- */

uint64_t axon_heap_changed_pages(struct axon_heap *h)
{
    uint64_t changed = 0;
    for (uint32_t i = 0; i < h->saved; i++) {
        bool differs = memcmp(copy_at(h, i), page_at(h, h->pages[i]), AXON_PAGE_BYTES) != 0;
        h->is_changed[i] = differs;
        changed += differs;
    }
    return changed;
}

/* Moves entry `from` to `to`, taking the copy from where the content now is. */
static void keep_entry(struct axon_heap *h, uint32_t from, uint32_t to)
{
    uint32_t page = h->pages[from];
    h->pages[to] = page;
    h->idle[to] = h->is_changed[from] != 0 ? 0 : (uint8_t)(h->idle[from] + 1);
    if (h->is_changed[from] != 0 || from != to) {
        memcpy(copy_at(h, to), page_at(h, page), AXON_PAGE_BYTES);
    }
    h->is_changed[to] = 0;
}

/* Chooses the pages that stay writable, write-protects the others. */
static void settle(struct axon_heap *h)
{
    uint32_t page_count = (uint32_t)(h->size / AXON_PAGE_BYTES);
    bool is_bulk = h->saved >= BULK_PAGES_MIN;
    hot_pages_of_process -= h->hot;
    uint32_t kept_max = HOT_PAGES_OF_PROCESS_MAX - hot_pages_of_process;
    kept_max = kept_max < HOT_PAGES_MAX ? kept_max : HOT_PAGES_MAX;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->saved; i++) {
        uint32_t page = h->pages[i];
        bool is_hot = h->is_changed[i] != 0 || h->idle[i] + 1u < HOT_IDLE_MAX;
        if (!is_bulk && is_hot && kept < kept_max && page < page_count) {
            keep_entry(h, i, kept++);
            continue;
        }
        h->is_saved[page] = 0;
        if (!is_bulk && page < page_count) {
            protect(page_at(h, page), AXON_PAGE_BYTES, PROT_READ);
        }
    }
    if (is_bulk) {
        protect(h->base, h->size, PROT_READ);
        madvise(h->copies, (size_t)h->saved * AXON_PAGE_BYTES, MADV_DONTNEED);
    }
    h->saved = kept;
    h->hot = kept;
    hot_pages_of_process += kept;
    h->faults = 0;
}

void axon_heap_commit(struct axon_heap *h)
{
    settle(h);
    h->committed_size = h->size;
}

bool axon_heap_rollback(struct axon_heap *h)
{
    for (uint32_t i = 0; i < h->saved; i++) {
        if (h->is_changed[i] != 0) {
            memcpy(page_at(h, h->pages[i]), copy_at(h, i), AXON_PAGE_BYTES);
        }
    }
    bool shrinks = h->size > h->committed_size;
    if (shrinks) {
        protect(h->base + h->committed_size, h->size - h->committed_size, PROT_NONE);
        h->size = h->committed_size;
    }
    settle(h);
    return shrinks;
}
