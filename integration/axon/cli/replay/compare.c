#include "cli/replay/compare.h"

#include "cli/replay/official_did.h"
#include "cli/replay/quoted.h"
#include "text/candid_text.h"

#include <string.h>

/* What a difference shows of each side. */
#define SHOWN_BYTES 300u

/* The entry newer builds add. SPEC: ledger 5.5 */
static const char ICRC_10[] =
    "record { name = \"ICRC-10\"; "
    "url = \"https://github.com/dfinity/ICRC/blob/main/ICRCs/ICRC-10/ICRC-10.md\" }";

void replay_append_short(struct axon_buf *out, struct ic_bytes text, size_t max)
{
    size_t size = text.size > max ? max : text.size;
    bool was_space = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = text.at[i] < 0x20 ? ' ' : text.at[i];
        if (c != ' ' || !was_space) {
            axon_buf_append_byte(out, c);
        }
        was_space = c == ' ';
    }
    if (size < text.size) {
        axon_buf_append_text(out, "...");
    }
}

/* ---- replies --------------------------------------------------------------------------------- */

static bool is_standards(const char *method)
{
    return strcmp(method, "icrc1_supported_standards") == 0 ||
           strcmp(method, "icrc10_supported_standards") == 0;
}

/* True when ours is the recorded list with the ICRC-10 entry behind it. */
static bool is_extended(struct candid_text *t, const struct candid_text_types *types,
                        struct ic_bytes recorded, struct ic_bytes ours)
{
    struct candid_text_error error;
    const char *text = candid_text_decode(t, types, recorded, &error);
    const char *end = text == NULL ? NULL : strrchr(text, '}');
    if (end == NULL) {
        return false;
    }
    const char *last = end; /* what stands before the closing brace of the list */
    while (last > text && strchr(" \n", last[-1]) != NULL) {
        last--;
    }
    struct axon_buf longer = {0};
    axon_buf_append(&longer, (struct ic_bytes){.at = (const uint8_t *)text,
                                               .size = (size_t)(last - text)});
    axon_buf_append_text(&longer, last[-1] == ';' || last[-1] == '{' ? " " : "; ");
    axon_buf_append_text(&longer, ICRC_10);
    axon_buf_append_text(&longer, end);
    struct ic_bytes message;
    bool equal = false;
    bool ok = candid_text_encode(t, &message, types, axon_buf_bytes(&longer), &error) &&
              candid_text_compare(t, &equal, types, message, ours, &error);
    axon_buf_free(&longer);
    return ok && equal;
}

/* In a consent message, what follows "Failed to decode X: " is the wording of a decoder and free,
 * except that an argument without a Candid header is quoted in hex. */
static bool is_same_refusal(const char *recorded, const char *ours)
{
    static const char failed[] = "Failed to decode ";
    static const char header[] = "Cannot parse header ";
    const char *a = strstr(recorded, failed);
    const char *colon = a == NULL ? NULL : strstr(a, ": ");
    if (colon == NULL || strncmp(colon + 2, header, sizeof header - 1) == 0) {
        return false;
    }
    return strncmp(recorded, ours, (size_t)(colon + 2 - recorded)) == 0;
}

static void append_values(struct axon_buf *why, const char *recorded, const char *ours,
                          const struct candid_text_error *error)
{
    axon_buf_append_text(why, "reply is ");
    replay_append_short(why, ic_bytes_from_text(ours != NULL ? ours : error->text), SHOWN_BYTES);
    axon_buf_append_text(why, ", recorded is ");
    replay_append_short(why, ic_bytes_from_text(recorded != NULL ? recorded : "undecodable"),
                        SHOWN_BYTES);
}

static enum replay_match compare_values(struct candid_text *t, const char *method,
                                        const struct candid_text_types *types,
                                        struct ic_bytes recorded, struct ic_bytes ours,
                                        struct axon_buf *why)
{
    struct candid_text_error error = {0};
    bool equal = false;
    if (candid_text_compare(t, &equal, types, recorded, ours, &error) && equal) {
        return REPLAY_SAME_VALUE;
    }
    if (is_standards(method) && is_extended(t, types, recorded, ours)) {
        return REPLAY_EXTENDED;
    }
    const char *recorded_text = candid_text_decode(t, types, recorded, &error);
    const char *our_text = candid_text_decode(t, types, ours, &error);
    if (strcmp(method, "icrc21_canister_call_consent_message") == 0 && recorded_text != NULL &&
        our_text != NULL && is_same_refusal(recorded_text, our_text)) {
        return REPLAY_SAME_VALUE;
    }
    append_values(why, recorded_text, our_text, &error);
    return REPLAY_DIFFERENT;
}

static enum replay_match different_bytes(struct ic_bytes recorded, struct ic_bytes ours,
                                         struct axon_buf *why)
{
    struct axon_buf hex = {0};
    axon_buf_append_hex(&hex, ours);
    axon_buf_append_text(why, "reply bytes are ");
    replay_append_short(why, axon_buf_bytes(&hex), SHOWN_BYTES);
    axon_buf_clear(&hex);
    axon_buf_append_hex(&hex, recorded);
    axon_buf_append_text(why, ", recorded are ");
    replay_append_short(why, axon_buf_bytes(&hex), SHOWN_BYTES);
    axon_buf_free(&hex);
    return REPLAY_DIFFERENT;
}

enum replay_match replay_compare_reply(const char *method, struct ic_bytes recorded,
                                       struct ic_bytes ours, struct axon_buf *why)
{
    if (ic_bytes_is_equal(recorded, ours)) {
        return REPLAY_SAME_BYTES;
    }
    /* Opened anew each time: it keeps everything it decodes until it is closed. */
    struct candid_text_error error;
    struct candid_text *t = candid_text_open(replay_official_did(), &error);
    const struct candid_text_method *m = t == NULL ? NULL : candid_text_method_find(t, method);
    enum replay_match match = m == NULL
                                  ? different_bytes(recorded, ours, why)
                                  : compare_values(t, method, m->results, recorded, ours, why);
    if (t != NULL) {
        candid_text_close(t);
    }
    return match;
}

/* ---- rejects --------------------------------------------------------------------------------- */

static bool contains(struct ic_bytes text, struct ic_bytes part)
{
    return memmem(text.at, text.size, part.at, part.size) != NULL;
}

enum replay_match replay_compare_reject(struct ic_bytes recorded, struct ic_bytes ours,
                                        struct axon_buf *why)
{
    if (ic_bytes_is_equal(recorded, ours)) {
        return REPLAY_SAME_BYTES;
    }
    if (replay_is_decoding_failure(recorded)) {
        return REPLAY_SAME_VALUE;
    }
    struct ic_bytes quoted;
    for (size_t i = replay_quoted_find(&quoted, recorded, 0); i != SIZE_MAX;
         i = replay_quoted_find(&quoted, recorded, i + 1)) {
        if (!contains(ours, quoted)) {
            axon_buf_append_text(why, "reject does not contain \"");
            axon_buf_append(why, quoted);
            axon_buf_append_text(why, "\" but is \"");
            replay_append_short(why, ours, SHOWN_BYTES);
            axon_buf_append_text(why, "\"");
            return REPLAY_DIFFERENT;
        }
    }
    return REPLAY_SAME_VALUE;
}
