#include "exec/error.h"

#include <stdio.h>
#include <stdlib.h>

void axon_answer_free(struct axon_answer *a)
{
    axon_buf_free(&a->bytes);
    a->error = AXON_OK;
}

void axon_answer_reply(struct axon_answer *a, struct ic_bytes bytes)
{
    a->error = AXON_OK;
    axon_buf_clear(&a->bytes);
    axon_buf_append(&a->bytes, bytes);
}

static void append_formatted(struct axon_buf *out, const char *format, va_list arguments)
{
    char *text = NULL;
    int size = vasprintf(&text, format, arguments);
    if (size >= 0) {
        axon_buf_append(out, (struct ic_bytes){.at = (const uint8_t *)text, .size = (size_t)size});
        free(text);
    }
}

void axon_answer_fail(struct axon_answer *a, enum axon_error_code code, const char *format, ...)
{
    va_list arguments;
    a->error = code;
    axon_buf_clear(&a->bytes);
    va_start(arguments, format);
    append_formatted(&a->bytes, format, arguments);
    va_end(arguments);
}

void axon_answer_fail_framed(struct axon_answer *a, const struct ic_principal *id,
                             enum axon_error_code code, const char *format, ...)
{
    va_list arguments;
    axon_answer_fail(a, code, "Error from Canister %s: ", AXON_TEXT(id));
    va_start(arguments, format);
    append_formatted(&a->bytes, format, arguments);
    va_end(arguments);
}

void axon_outcome_from_answer(struct axon_outcome *out, const struct axon_answer *a)
{
    axon_buf_clear(&out->reply);
    axon_buf_clear(&out->reject_text);
    out->error_code[0] = '\0';
    out->reject_code = axon_error_reject_code(a->error);
    if (a->error == AXON_OK) {
        out->status = AXON_STATUS_REPLIED;
        axon_buf_append(&out->reply, axon_buf_bytes(&a->bytes));
        return;
    }
    out->status = AXON_STATUS_REJECTED;
    axon_buf_append(&out->reject_text, axon_buf_bytes(&a->bytes));
    (void)snprintf(out->error_code, sizeof out->error_code, "IC%04u", (unsigned)a->error % 10000u);
}

struct axon_id_text axon_id_text(const struct ic_principal *id)
{
    struct axon_id_text text;
    (void)ic_principal_to_text(text.text, id);
    return text;
}

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0u) == 0x80u;
}

/* The bounds of the second byte rule out overlong forms, surrogates and what is above U+10FFFF. */
static bool is_second(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_tail(second);
    }
}

/* Size of the character at the front of in, 0 when it is not valid. */
static size_t utf8_size(struct ic_bytes in)
{
    uint8_t first = in.at[0];
    if (first < 0x80) {
        return 1;
    }
    size_t size = first >= 0xc2 && first <= 0xdf   ? 2
                  : first >= 0xe0 && first <= 0xef ? 3
                  : first >= 0xf0 && first <= 0xf4 ? 4
                                                   : 0;
    if (size == 0 || in.size < size || !is_second(first, in.at[1])) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if (!is_tail(in.at[i])) {
            return 0;
        }
    }
    return size;
}

bool axon_utf8_is_valid(struct ic_bytes in)
{
    while (in.size > 0) {
        size_t size = utf8_size(in);
        if (size == 0) {
            return false;
        }
        in.at += size;
        in.size -= size;
    }
    return true;
}

void axon_buf_append_utf8_lossy(struct axon_buf *out, struct ic_bytes in)
{
    while (in.size > 0) {
        size_t size = utf8_size(in);
        if (size == 0) {
            axon_buf_append_text(out, "\xef\xbf\xbd");
            size = 1;
        } else {
            axon_buf_append(out, (struct ic_bytes){.at = in.at, .size = size});
        }
        in.at += size;
        in.size -= size;
    }
}
