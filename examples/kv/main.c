/* State and methods. Everything is in stable memory: entries in an ordered map, their proofs in a
 * certified tree beside it, so an upgrade costs the same with ten entries and ten million. */
#include "kv.h"

#include "ic/msg.h"
#include "ic/sha2.h"
#include "ic/trap.h"

/* Raise the version when pages look different: then post_upgrade certifies them again. */
static const struct ic_store_app APP = {.magic = "KVSTORE", .version = 1};
#define REGION_ENTRIES 0u
#define REGION_TREE    1u
#define REGION_LINES   2u
#define LINES_BYTES    65536u
#define SIZE_BYTES     2u /* of a value, before it */

struct kv_state kv;

static void open_structures(void)
{
    ic_map_open(&kv.entries, &kv.store, REGION_ENTRIES, KV_KEY_BYTES_MAX,
                SIZE_BYTES + KV_VALUE_BYTES_MAX);
    ic_cert_open(&kv.tree, &kv.store, REGION_TREE);
    ic_logring_open(&kv.lines, &kv.store, REGION_LINES, LINES_BYTES);
}

CANDID_EXPORT("canister_init") void kv_init(void);
void kv_init(void)
{
    ic_store_create(&kv.store, APP);
    open_structures();
    kv_pages_certify();
    ic_cert_commit(&kv.tree);
}

CANDID_EXPORT("canister_post_upgrade") void kv_post_upgrade(void);
void kv_post_upgrade(void)
{
    ic_store_open(&kv.store, APP);
    open_structures();
    if (kv.store.app_version < APP.version) {
        kv_pages_certify();
        ic_cert_commit(&kv.tree);
        ic_store_version_set(&kv.store, APP);
    }
}

/* ---- entries --------------------------------------------------------------------------------- */

struct entry {
    uint8_t key[KV_KEY_BYTES_MAX];
    uint8_t value[SIZE_BYTES + KV_VALUE_BYTES_MAX];
};

/* Keys are padded with zeros, so they hold none. */
static bool key_from(struct entry *entry, struct ic_bytes key)
{
    if (key.size == 0 || key.size > KV_KEY_BYTES_MAX || memchr(key.at, 0, key.size) != NULL) {
        return false;
    }
    memset(entry->key, 0, sizeof entry->key);
    memcpy(entry->key, key.at, key.size);
    return true;
}

bool kv_find(struct ic_bytes *value, struct ic_bytes key)
{
    struct entry entry;
    return key_from(&entry, key) && ic_map_find(&kv.entries, entry.value, entry.key) &&
           ic_arena_copy(value,
                         (struct ic_bytes){.at = entry.value + SIZE_BYTES,
                                           .size = ic_load_u16_le(entry.value)},
                         candid_msg_arena());
}

size_t kv_keys_list(struct ic_bytes *out, size_t limit, struct ic_bytes after)
{
    struct entry entry = {.key = {0}};
    struct ic_map_cursor cursor;
    size_t count = 0;
    if (after.size > 0 && !key_from(&entry, after)) {
        return 0;
    }
    ic_map_seek(&kv.entries, &cursor, entry.key);
    while (count < limit && ic_map_next(&kv.entries, entry.key, NULL, &cursor)) {
        const uint8_t *end = memchr(entry.key, 0, sizeof entry.key);
        const struct ic_bytes key = {
            .at = entry.key, .size = end == NULL ? sizeof entry.key : (size_t)(end - entry.key)};
        if (!ic_bytes_is_equal(key, after) &&
            !ic_arena_copy(&out[count++], key, candid_msg_arena())) {
            IC_TRAP("out of memory");
        }
    }
    return count;
}

/* Everything that follows from a changed entry; the end of each update. */
static void entry_changed(struct ic_bytes key, const char *what)
{
    uint8_t line[64];
    struct ic_writer w;
    ic_writer_init(&w, line, sizeof line);
    ic_put_bytes(&w, ic_bytes_from_text(what));
    ic_put_bytes(&w, key);
    ic_logring_add(&kv.lines, ic_time_ns(), IC_LOGRING_INFO, ic_writer_bytes(&w));
    kv_pages_refresh(key);
    ic_cert_commit(&kv.tree);
}

/* ---- methods --------------------------------------------------------------------------------- */

#define PROOF_PATH(key) IC_CERT_PATH(IC_BYTES_LIT("value"), (key))

void kv_put(const struct kv_put_in *in, struct kv_put_out *out)
{
    struct entry entry;
    uint8_t hash[IC_SHA256_BYTES];
    out->ret0.tag = KV_PUT_RESULT_ERR;
    if (!key_from(&entry, in->key)) {
        out->ret0.as.err.tag = KV_PUT_ERROR_BAD_KEY;
        return;
    }
    if (in->value.size > KV_VALUE_BYTES_MAX) {
        out->ret0.as.err.tag = KV_PUT_ERROR_VALUE_TOO_LARGE;
        return;
    }
    memset(entry.value, 0, sizeof entry.value);
    ic_store_u16_le(entry.value, (uint16_t)in->value.size);
    if (in->value.size > 0) {
        memcpy(entry.value + SIZE_BYTES, in->value.at, in->value.size);
    }
    ic_map_put(&kv.entries, entry.key, entry.value);
    ic_sha256(hash, in->value);
    if (!ic_cert_put(&kv.tree, PROOF_PATH(in->key),
                     (struct ic_bytes){.at = hash, .size = sizeof hash})) {
        IC_TRAP("a key cannot be certified");
    }
    kv.put_count++;
    entry_changed(in->key, "put ");
    out->ret0.tag = KV_PUT_RESULT_OK;
}

void kv_remove(const struct kv_remove_in *in, struct kv_remove_out *out)
{
    struct entry entry;
    out->ret0 = key_from(&entry, in->key) && ic_map_remove(&kv.entries, entry.key);
    if (out->ret0) {
        ic_cert_remove(&kv.tree, PROOF_PATH(in->key));
        entry_changed(in->key, "remove ");
    }
}

void kv_get(const struct kv_get_in *in, struct kv_get_out *out)
{
    out->ret0.has = kv_find(&out->ret0.value, in->key);
}

void kv_keys(const struct kv_keys_in *in, struct kv_keys_out *out)
{
    const size_t limit = in->limit < KV_KEYS_REPLY_MAX ? in->limit : KV_KEYS_REPLY_MAX;
    struct ic_bytes *keys = ic_arena_alloc_array(candid_msg_arena(), limit, sizeof *keys);
    const struct ic_bytes none = {.size = 0};
    ic_assert(keys != NULL);
    out->ret0.count = kv_keys_list(keys, limit, in->after.has ? in->after.value : none);
    out->ret0.at = keys;
}

void kv_get_proved(const struct kv_get_proved_in *in, struct kv_get_proved_out *out)
{
    struct ic_arena *arena = candid_msg_arena();
    out->value.has = kv_find(&out->value.value, in->key);
    out->proof.certificate.has = ic_data_certificate(&out->proof.certificate.value, arena);
    if (!ic_cert_witness(&out->proof.witness, &kv.tree, &PROOF_PATH(in->key), 1, arena)) {
        IC_TRAP("no room for the witness");
    }
}

void kv_log(const struct kv_log_in *in, struct kv_log_out *out)
{
    const size_t limit = in->limit < KV_LINES_REPLY_MAX ? in->limit : KV_LINES_REPLY_MAX;
    struct ic_arena *arena = candid_msg_arena();
    struct kv_line *lines = ic_arena_alloc_array(arena, limit, sizeof *lines);
    struct ic_logring_cursor cursor = ic_logring_last(&kv.lines);
    struct ic_logring_line line;
    ic_assert(lines != NULL);
    while (out->ret0.count < limit && ic_logring_previous(&line, &kv.lines, &cursor, arena)) {
        lines[out->ret0.count++] =
            (struct kv_line){.number = line.number,
                             .time_ns = line.time_ns,
                             .level = ic_bytes_from_text(ic_logring_level_name(line.level)),
                             .text = line.text};
    }
    out->ret0.at = lines;
}

const char *kv_only_controllers(void)
{
    const struct ic_principal caller = ic_msg_caller();
    return ic_is_controller(&caller) ? NULL : "only controllers may change the store";
}
