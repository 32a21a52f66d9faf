/* Errors as the Internet Computer reports them: a number (IC0503) and a text. The reject code is
 * the number's first digit. SPEC: ic-system 14. */
#ifndef AXON_EXEC_ERROR_H
#define AXON_EXEC_ERROR_H

#include "axon.h"
#include "base/buf.h"

enum axon_error_code {
    AXON_OK = 0,
    /* Outcalls, which the Internet Computer rejects without a number: these are the digits only. */
    AXON_E_OUTCALL_FAILED = 100,
    AXON_E_OUTCALL_MAY_SUCCEED_LATER = 200,
    AXON_E_QUEUE_FULL = 201,
    AXON_E_INGRESS_HISTORY_FULL = 204,
    AXON_E_ID_IN_USE = 205,
    AXON_E_STOP_TIMEOUT = 206,
    AXON_E_OUT_OF_CYCLES = 207,
    AXON_E_NOT_FOUND = 301,
    AXON_E_TOO_FEW_CYCLES_TO_CREATE = 403,
    AXON_E_NOT_HOSTED = 405,
    AXON_E_REJECTED = 406,
    AXON_E_BAD_PAYLOAD = 408,
    AXON_E_TRAPPED = 502,
    AXON_E_CALLED_TRAP = 503,
    AXON_E_CONTRACT = 504,
    AXON_E_INVALID_WASM = 505,
    AXON_E_NO_REPLY = 506,
    AXON_E_OUT_OF_MEMORY = 507,
    AXON_E_STOPPED = 508,
    AXON_E_STOPPING = 509,
    AXON_E_NOT_STOPPED = 510,
    AXON_E_STOP_CANCELLED = 511,
    AXON_E_NOT_CONTROLLER = 512,
    AXON_E_NO_FUNCTION = 513,
    AXON_E_NOT_EMPTY = 514,
    AXON_E_QUERY_LOOP = 517,
    AXON_E_TOO_FEW_CYCLES = 520,
    AXON_E_INSTRUCTIONS = 522,
    AXON_E_MEMORY_ACCESS = 524,
    AXON_E_QUERY_TOO_DEEP = 525,
    AXON_E_QUERY_INSTRUCTIONS = 526,
    AXON_E_COMPOSITE_IN_UPDATE = 527,
    AXON_E_MEMORY_GROW_CYCLES = 532,
    AXON_E_NO_METHOD = 536,
    AXON_E_NO_MODULE = 537,
    AXON_E_WASM_MEMORY_LIMIT = 539,
    AXON_E_DEADLINE = 601,
};

static inline enum axon_reject_code axon_error_reject_code(enum axon_error_code code)
{
    return (enum axon_reject_code)((unsigned)code / 100u);
}

/* How a call ended. Owned by whoever holds it; release with axon_answer_free. A zeroed one is a
 * reply without bytes. */
struct axon_answer {
    enum axon_error_code error; /* AXON_OK: a reply */
    struct axon_buf bytes;      /* the reply, or the reject text (UTF-8) */
};

void axon_answer_free(struct axon_answer *a);
/* Replaces what a holds. */
void axon_answer_reply(struct axon_answer *a, struct ic_bytes bytes);
void axon_answer_fail(struct axon_answer *a, enum axon_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with the frame "Error from Canister <id>: " in front. */
void axon_answer_fail_framed(struct axon_answer *a, const struct ic_principal *id,
                             enum axon_error_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* axon_outcome_from_answer copies an answer into the public form; status becomes REPLIED or
 * REJECTED, instructions stay. */
void axon_outcome_from_answer(struct axon_outcome *out, const struct axon_answer *a);

/* A text form of a principal that lives as long as the full expression:
 * printf("%s", AXON_TEXT(&id)). */
struct axon_id_text {
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
};
struct axon_id_text axon_id_text(const struct ic_principal *id);
#define AXON_TEXT(id) (axon_id_text(id).text)

/* Valid UTF-8? And the same with every invalid byte replaced by U+FFFD. */
bool axon_utf8_is_valid(struct ic_bytes in);
void axon_buf_append_utf8_lossy(struct axon_buf *out, struct ic_bytes in);

#endif
