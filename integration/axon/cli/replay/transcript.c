#include "cli/replay/transcript.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES 65536u
/* The longest recorded line is a reply of 2,000 blocks in hex, under 2 MB. */
#define LINE_BYTES_MAX (64u << 20)

struct replay_transcript {
    gzFile file;
    size_t line;
    struct axon_buf text;
};

const char *replay_kind_name(enum replay_kind kind)
{
    static const char *const names[] = {"install", "upgrade", "update", "query"};
    return names[kind];
}

void replay_step_free(struct replay_step *step)
{
    axon_buf_free(&step->arg);
    axon_buf_free(&step->reply);
    axon_buf_free(&step->reject);
    axon_buf_free(&step->certified_data);
}

struct replay_transcript *replay_transcript_open(const char *path, struct axon_buf *why)
{
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        axon_buf_append_text(why, strerror(errno));
        return NULL;
    }
    struct replay_transcript *t = axon_alloc(sizeof *t);
    t->file = file;
    return t;
}

void replay_transcript_close(struct replay_transcript *t)
{
    gzclose(t->file);
    axon_buf_free(&t->text);
    free(t);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Reading one step: the first thing that is wrong is kept, later reads give nothing. */
struct fields {
    json_t *object;
    const char *wrong; /* name of the field, NULL: none so far */
};

static const char *text_field(struct fields *f, const char *name)
{
    const char *text = json_string_value(json_object_get(f->object, name));
    if (text == NULL && f->wrong == NULL) {
        f->wrong = name;
    }
    return text == NULL ? "" : text;
}

static void hex_field(struct fields *f, const char *name, struct axon_buf *out)
{
    axon_buf_clear(out);
    if (!axon_buf_append_from_hex(out, ic_bytes_from_text(text_field(f, name))) &&
        f->wrong == NULL) {
        f->wrong = name;
    }
}

/* Numbers above 2^53 are written as text. */
static uint64_t number_field(struct fields *f, const char *name)
{
    json_t *value = json_object_get(f->object, name);
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        return (uint64_t)json_integer_value(value);
    }
    const char *text = json_string_value(value);
    char *end = NULL;
    errno = 0;
    unsigned long long n = text == NULL ? 0 : strtoull(text, &end, 10);
    if ((text == NULL || end == text || *end != '\0' || errno != 0) && f->wrong == NULL) {
        f->wrong = name;
    }
    return n;
}

static struct ic_principal principal_from(struct fields *f, const char *name, const char *text)
{
    struct ic_principal out = {0};
    if (!ic_principal_from_text(&out, ic_bytes_from_text(text)) && f->wrong == NULL) {
        f->wrong = name;
    }
    return out;
}

static enum replay_kind kind_field(struct fields *f)
{
    const char *text = text_field(f, "kind");
    for (enum replay_kind k = REPLAY_INSTALL; k <= REPLAY_QUERY; k++) {
        if (strcmp(text, replay_kind_name(k)) == 0) {
            return k;
        }
    }
    f->wrong = f->wrong == NULL ? "kind" : f->wrong;
    return REPLAY_QUERY;
}

/* cycles, controllers and machine of the first line. */
static void machine_fields(struct fields *f, struct replay_step *step)
{
    json_t *controllers = json_object_get(f->object, "controllers");
    json_t *machine = json_object_get(f->object, "machine");
    json_t *seed = json_object_get(machine, "seed");
    step->cycles = number_field(f, "cycles");
    if (json_array_size(controllers) != 1) {
        f->wrong = f->wrong == NULL ? "controllers (one is expected)" : f->wrong;
        return;
    }
    const char *controller = json_string_value(json_array_get(controllers, 0));
    step->controller = principal_from(f, "controllers", controller == NULL ? "" : controller);
    if (json_is_integer(seed)) {
        snprintf(step->seed, sizeof step->seed, "%" JSON_INTEGER_FORMAT, json_integer_value(seed));
    } else {
        snprintf(step->seed, sizeof step->seed, "%s",
                 json_is_string(seed) ? json_string_value(seed) : "");
    }
    struct fields of_machine = {.object = machine};
    step->first_canister = number_field(&of_machine, "first_canister");
    if (f->wrong == NULL && (of_machine.wrong != NULL || step->seed[0] == '\0')) {
        f->wrong = "machine";
    }
}

static void outcome_fields(struct fields *f, struct replay_step *step)
{
    const char *outcome = text_field(f, "outcome");
    step->has_reply = strcmp(outcome, "reply") == 0;
    axon_buf_clear(&step->reply);
    axon_buf_clear(&step->reject);
    if (step->has_reply) {
        hex_field(f, "reply_hex", &step->reply);
    } else if (strcmp(outcome, "reject") == 0) {
        axon_buf_append_text(&step->reject, text_field(f, "reject"));
    } else if (f->wrong == NULL) {
        f->wrong = "outcome";
    }
    step->instructions = number_field(f, "instructions");
    hex_field(f, "certified_data_hex", &step->certified_data);
}

static const char *step_from_json(json_t *object, struct replay_step *step)
{
    struct fields f = {.object = object};
    step->time_ns = number_field(&f, "time_ns");
    step->canister = principal_from(&f, "canister", text_field(&f, "canister"));
    step->caller = principal_from(&f, "caller", text_field(&f, "caller"));
    step->kind = kind_field(&f);
    const char *method = text_field(&f, "method");
    if (strlen(method) >= sizeof step->method) {
        return "method";
    }
    strcpy(step->method, method);
    hex_field(&f, "arg_hex", &step->arg);
    outcome_fields(&f, step);
    if (step->kind == REPLAY_INSTALL) {
        machine_fields(&f, step);
    }
    return f.wrong;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The next line without its newline into t->text. */
static enum replay_read read_line(struct replay_transcript *t, struct axon_buf *why)
{
    char chunk[CHUNK_BYTES];
    axon_buf_clear(&t->text);
    t->line++;
    while (gzgets(t->file, chunk, sizeof chunk) != NULL) {
        size_t size = strlen(chunk);
        bool is_end = size > 0 && chunk[size - 1] == '\n';
        axon_buf_append(&t->text, (struct ic_bytes){.at = (const uint8_t *)chunk,
                                                    .size = is_end ? size - 1 : size});
        if (is_end) {
            return REPLAY_READ_STEP;
        }
        if (t->text.size > LINE_BYTES_MAX) {
            axon_buf_printf(why, "line %zu: too long", t->line);
            return REPLAY_READ_BAD;
        }
    }
    int code = Z_OK;
    const char *message = gzerror(t->file, &code);
    if (code != Z_OK && code != Z_STREAM_END) {
        axon_buf_printf(why, "line %zu: %s", t->line, message);
        return REPLAY_READ_BAD;
    }
    return t->text.size > 0 ? REPLAY_READ_STEP : REPLAY_READ_END;
}

enum replay_read replay_transcript_next(struct replay_transcript *t, struct replay_step *step,
                                        struct axon_buf *why)
{
    enum replay_read read = read_line(t, why);
    if (read != REPLAY_READ_STEP) {
        return read;
    }
    json_error_t error;
    json_t *object = json_loadb((const char *)t->text.at, t->text.size, JSON_REJECT_DUPLICATES,
                                &error);
    step->line = t->line;
    const char *wrong = json_is_object(object) ? step_from_json(object, step) : "no JSON object";
    if (wrong != NULL) {
        axon_buf_printf(why, "line %zu: %s", t->line, wrong);
    }
    json_decref(object);
    return wrong == NULL ? REPLAY_READ_STEP : REPLAY_READ_BAD;
}
