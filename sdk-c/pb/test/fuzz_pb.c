/* Any bytes as a message, decoded and encoded again, then the messages inside: views must lie in the
 * input, bounds hold, and what was read must come back the same from its own encoding. */
#include "ic/pb.h"
#include "ic/text.h"

#include "sample.pb.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED 4096u
#define DEPTH_MAX      8u

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "protobuf: %s\n", what);
        abort();
    }
}

static uint64_t sum; /* of all bytes of a view, so that reading beyond the input is seen */

static void check_view(struct ic_bytes view, struct ic_bytes in)
{
    uintptr_t at = (uintptr_t)view.at, start = (uintptr_t)in.at;
    if (view.at == NULL) {
        must(view.size == 0, "a size without a view");
        return;
    }
    must(at >= start && at + view.size <= start + in.size, "a view outside of the message");
    for (size_t i = 0; i < view.size; i++) {
        sum += view.at[i];
    }
}

static void check_list(const struct ic_pb_list *list, struct ic_bytes in)
{
    for (size_t i = 0; i < list->count; i++) {
        must(list->items[i].at != NULL, "an element that is not there");
        check_view(list->items[i], in);
    }
}

static void check_shapes(const sample_Shapes *s, struct ic_bytes in)
{
    check_view(s->maybe_blob, in);
    check_view(s->self, in);
    check_list(&s->blobs, in);
    check_list(&s->texts, in);
    check_list(&s->children, in);
    check_list(&s->ages, in);
    must(s->numbers_count <= 8 && s->signs_count <= 8 && s->words_count <= 8, "too many numbers");
    must(s->friends_count <= 4, "too many friends");
    must(s->hash.size <= 32 && s->owner.serialized_id.size <= 29, "too many bytes");
    must(ic_utf8_is_valid(ic_bytes_from_text(s->label)), "a label that is not UTF-8");
    for (size_t i = 0; i < s->texts.count; i++) {
        must(ic_utf8_is_valid(s->texts.items[i]), "a text that is not UTF-8");
    }
    if (s->which_choice == sample_Shapes_raw_tag || s->which_choice == sample_Shapes_name_tag ||
        s->which_choice == sample_Shapes_other_tag) {
        check_view(s->choice.raw, in);
    } else {
        must(s->which_choice == 0 || s->which_choice == sample_Shapes_number_tag ||
                 s->which_choice == sample_Shapes_who_tag,
             "no such choice");
    }
}

/* What was read, written, read and written again: the same bytes. */
#define CHECK_ROUND_TRIP(type, message, a)                                                         \
    do {                                                                                           \
        struct ic_bytes once_, twice_;                                                             \
        type again_;                                                                               \
        must(ic_pb_pack(&once_, type, message, a), "what was read cannot be written");             \
        must(ic_pb_decode(&again_, type, once_, a), "what was written cannot be read");            \
        must(ic_pb_pack(&twice_, type, &again_, a), "what came back cannot be written");           \
        must(ic_bytes_is_equal(once_, twice_), "the second encoding differs");                     \
    } while (0)

static uint8_t memory[1u << 22]; /* enough for all that SIZE_MAX_TRIED bytes may ask for */

static void try_shapes(struct ic_bytes in, unsigned depth, struct ic_arena *a)
{
    sample_Shapes s;
    if (!ic_pb_decode(&s, sample_Shapes, in, a)) {
        return;
    }
    check_shapes(&s, in);
    CHECK_ROUND_TRIP(sample_Shapes, &s, a);
    if (depth == DEPTH_MAX) {
        return;
    }
    for (size_t i = 0; i < s.children.count; i++) {
        try_shapes(s.children.items[i], depth + 1, a);
    }
    try_shapes(s.self, depth + 1, a);
}

static void try_scalars(struct ic_bytes in, struct ic_arena *a)
{
    sample_Scalars s;
    if (ic_pb_decode(&s, sample_Scalars, in, a)) {
        check_view(s.blob, in);
        check_view(s.text, in);
        CHECK_ROUND_TRIP(sample_Scalars, &s, a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ic_arena arena;
    struct ic_bytes in = {.at = data, .size = size};
    if (size > SIZE_MAX_TRIED) {
        return 0;
    }
    ic_arena_init(&arena, memory, sizeof memory);
    try_scalars(in, &arena);
    try_shapes(in, 0, &arena);
    return 0;
}
