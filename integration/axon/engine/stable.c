/* Stable memory in chunks that come into being when they are first written. The first write of a
 * 4 KiB page in a message saves its old content; rollback copies it back. */
#include "engine/engine.h"

#include <stdlib.h>

#define CHUNK_BYTES (1u << 20)
#define CHUNK_PAGES (CHUNK_BYTES / AXON_PAGE_BYTES)

struct chunk {
    uint64_t saved_in[CHUNK_PAGES];     /* message that saved the page last */
    uint8_t bytes[CHUNK_BYTES];
};

struct saved_page {
    uint64_t page;                      /* 4 KiB page number */
    uint8_t bytes[AXON_PAGE_BYTES];
};

struct axon_stable {
    struct chunk **chunks;              /* NULL entries read as zeros */
    uint64_t chunk_count;
    uint64_t pages;                     /* 64 KiB */
    uint64_t committed_pages;
    uint64_t message;                   /* number of the current message, from 1 */
    struct saved_page *saved;
    size_t saved_count;                 /* = pages dirtied in this message */
    size_t saved_capacity;
    bool is_bracketed;
    uint64_t bracket_pages;             /* 64 KiB, when the bracket began */
    struct saved_page *kept;            /* of the messages committed inside it, oldest first */
    size_t kept_count;
    size_t kept_capacity;
};

struct axon_stable *axon_stable_new(void)
{
    struct axon_stable *s = axon_alloc(sizeof *s);
    s->message = 1;
    return s;
}

void axon_stable_free(struct axon_stable *s)
{
    if (s == NULL) {
        return;
    }
    for (uint64_t i = 0; i < s->chunk_count; i++) {
        free(s->chunks[i]);
    }
    free(s->chunks);
    free(s->saved);
    free(s->kept);
    free(s);
}

uint64_t axon_stable_pages(const struct axon_stable *s)
{
    return s->pages;
}

uint64_t axon_stable_grow(struct axon_stable *s, uint64_t new_pages, uint64_t limit_pages)
{
    if (s->pages > limit_pages || new_pages > limit_pages - s->pages) {
        return UINT64_MAX;
    }
    uint64_t before = s->pages;
    s->pages += new_pages;
    return before;
}

static bool is_inside(const struct axon_stable *s, uint64_t offset, uint64_t size)
{
    uint64_t end = s->pages * AXON_WASM_PAGE_BYTES;
    return offset <= end && size <= end - offset;
}

static struct chunk *chunk_of(const struct axon_stable *s, uint64_t offset)
{
    uint64_t index = offset / CHUNK_BYTES;
    return index < s->chunk_count ? s->chunks[index] : NULL;
}

static struct chunk *chunk_for_writing(struct axon_stable *s, uint64_t offset)
{
    uint64_t index = offset / CHUNK_BYTES;
    if (index >= s->chunk_count) {
        uint64_t count = s->chunk_count * 2 > index ? s->chunk_count * 2 : index + 1;
        s->chunks = axon_realloc(s->chunks, count * sizeof *s->chunks);
        memset(s->chunks + s->chunk_count, 0, (count - s->chunk_count) * sizeof *s->chunks);
        s->chunk_count = count;
    }
    if (s->chunks[index] == NULL) {
        s->chunks[index] = axon_alloc(sizeof(struct chunk));
    }
    return s->chunks[index];
}

/* Bytes from offset to the end of its unit, at most size. */
static uint64_t part_of(uint64_t offset, uint64_t size, uint64_t unit)
{
    uint64_t left = unit - offset % unit;
    return size < left ? size : left;
}

bool axon_stable_read(const struct axon_stable *s, uint8_t *out, uint64_t offset, uint64_t size)
{
    if (!is_inside(s, offset, size)) {
        return false;
    }
    while (size > 0) {
        uint64_t part = part_of(offset, size, CHUNK_BYTES);
        const struct chunk *chunk = chunk_of(s, offset);
        if (chunk == NULL) {
            memset(out, 0, part);
        } else {
            memcpy(out, chunk->bytes + offset % CHUNK_BYTES, part);
        }
        out += part;
        offset += part;
        size -= part;
    }
    return true;
}

static void save_page(struct axon_stable *s, struct chunk *chunk, uint64_t page)
{
    if (chunk->saved_in[page % CHUNK_PAGES] == s->message) {
        return;
    }
    chunk->saved_in[page % CHUNK_PAGES] = s->message;
    if (s->saved_count == s->saved_capacity) {
        s->saved_capacity = s->saved_capacity == 0 ? 16 : s->saved_capacity * 2;
        s->saved = axon_realloc(s->saved, s->saved_capacity * sizeof *s->saved);
    }
    struct saved_page *saved = &s->saved[s->saved_count++];
    saved->page = page;
    memcpy(saved->bytes, chunk->bytes + page % CHUNK_PAGES * AXON_PAGE_BYTES, AXON_PAGE_BYTES);
}

bool axon_stable_write(struct axon_stable *s, uint64_t offset, const uint8_t *in, uint64_t size)
{
    if (!is_inside(s, offset, size)) {
        return false;
    }
    while (size > 0) {
        uint64_t part = part_of(offset, size, AXON_PAGE_BYTES);
        struct chunk *chunk = chunk_for_writing(s, offset);
        save_page(s, chunk, offset / AXON_PAGE_BYTES);
        memcpy(chunk->bytes + offset % CHUNK_BYTES, in, part);
        in += part;
        offset += part;
        size -= part;
    }
    return true;
}

uint64_t axon_stable_fresh_pages(const struct axon_stable *s, uint64_t offset, uint64_t size)
{
    if (size == 0) {
        return 0;
    }
    uint64_t fresh = 0;
    uint64_t last = (offset + size - 1) / AXON_PAGE_BYTES;
    for (uint64_t page = offset / AXON_PAGE_BYTES; page <= last; page++) {
        const struct chunk *chunk = chunk_of(s, page * AXON_PAGE_BYTES);
        fresh += chunk == NULL || chunk->saved_in[page % CHUNK_PAGES] != s->message;
    }
    return fresh;
}

uint64_t axon_stable_dirty_pages(const struct axon_stable *s)
{
    return s->saved_count;
}

static void end_message(struct axon_stable *s)
{
    s->message++;
    s->saved_count = 0;
    s->committed_pages = s->pages;
}

/* Inside a bracket the old contents are still needed after the commit. */
static void keep_saved(struct axon_stable *s)
{
    size_t needed = s->kept_count + s->saved_count;
    if (needed > s->kept_capacity) {
        s->kept_capacity = needed * 2;
        s->kept = axon_realloc(s->kept, s->kept_capacity * sizeof *s->kept);
    }
    if (s->saved_count > 0) {
        memcpy(s->kept + s->kept_count, s->saved, s->saved_count * sizeof *s->saved);
    }
    s->kept_count = needed;
}

void axon_stable_commit(struct axon_stable *s)
{
    if (s->is_bracketed) {
        keep_saved(s);
    }
    end_message(s);
}

static void restore_page(struct axon_stable *s, const struct saved_page *saved)
{
    struct chunk *chunk = chunk_of(s, saved->page * AXON_PAGE_BYTES);
    memcpy(chunk->bytes + saved->page % CHUNK_PAGES * AXON_PAGE_BYTES, saved->bytes,
           AXON_PAGE_BYTES);
}

void axon_stable_rollback(struct axon_stable *s)
{
    for (size_t i = 0; i < s->saved_count; i++) {
        restore_page(s, &s->saved[i]);
    }
    s->pages = s->committed_pages;
    end_message(s);
}

void axon_stable_begin(struct axon_stable *s)
{
    s->is_bracketed = true;
    s->bracket_pages = s->pages;
}

void axon_stable_end(struct axon_stable *s, bool keep)
{
    if (!keep) {
        for (size_t i = s->kept_count; i > 0; i--) { /* newest first: the oldest content wins */
            restore_page(s, &s->kept[i - 1]);
        }
        s->pages = s->bracket_pages;
        end_message(s);
    }
    s->is_bracketed = false;
    s->kept_count = 0;
}
