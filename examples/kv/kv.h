/* The key-value store: main.c has state and methods, pages.c what browsers see. */
#ifndef EXAMPLE_KV_H
#define EXAMPLE_KV_H

#include "ic/cert.h"
#include "ic/logring.h"
#include "ic/map.h"
#include "kv_did.h"

#define KV_KEY_BYTES_MAX   48u /* with a SHA-256 it fills a label of the certified tree */
#define KV_VALUE_BYTES_MAX 256u
#define KV_KEYS_REPLY_MAX  1000u
#define KV_LINES_REPLY_MAX 100u

/* ---- state (main.c) -------------------------------------------------------------------------- */

struct kv_state {
    struct ic_store store;
    struct ic_map entries;   /* key, padded with zeros -> u16 size, value, padding */
    struct ic_cert tree;     /* "value" / key -> SHA-256 of the value; and the pages */
    struct ic_logring lines; /* what was changed, and when */
    uint64_t put_count;      /* since the last upgrade */
};
extern struct kv_state kv;

/* A value in the message arena; false when there is none. */
bool kv_find(struct ic_bytes *value, struct ic_bytes key);

/* Fills out with the first keys behind one (empty: from the beginning).
 *   returns   how many */
size_t kv_keys_list(struct ic_bytes *out, size_t limit, struct ic_bytes after);

/* ---- pages (pages.c) ------------------------------------------------------------------------- */

/* Makes the proofs of all pages anew. */
void kv_pages_certify(void);
/* Makes those anew that show a key which was changed. */
void kv_pages_refresh(struct ic_bytes key);

#endif
