/* Calls of users that are refused before they are executed, and all calls that are not asked. */
#include "testkit/axon_test.h"

#include <stdio.h>
#include <stdlib.h>

#define BASE          "build/wasm/gate"
#define NAME_BYTES    20000u /* the longest method name the system knows */
#define ARG_BYTES_MAX 300u   /* @max above the service */

static struct axon_test t;
static struct ic_principal id;

static uint64_t cycles(void)
{
    struct axon_canister_info info = {.cycles_lo = 0};
    AXON_TEST_THAT(&t, axon_canister_find(t.net, &info, &id));
    return info.cycles_lo;
}

static size_t executions(const char *kind)
{
    size_t count;
    size_t found = 0;
    const struct axon_execution_record *records = axon_records(t.net, &count);
    for (size_t i = 0; i < count; i++) {
        found += strcmp(records[i].kind, kind) == 0;
    }
    return found;
}

/* The call is refused by the inspection: nothing else runs, nothing is paid. */
static void refused(const char *method, struct ic_bytes arg, const char *text)
{
    const uint64_t before = cycles();
    axon_records_clear(t.net);
    axon_update(t.net, &t.last, &t.sender, &id, method, arg);
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED && t.last.refused);
    AXON_TEST_THAT(&t, executions("inspect") == 1 && executions("update") == 0 &&
                           executions("query") == 0);
    AXON_TEST_THAT(&t, cycles() == before);
    AXON_TEST_THAT(&t, strstr(axon_buf_text(&t.last.reject_text), text) != NULL);
    if (strstr(axon_buf_text(&t.last.reject_text), text) == NULL) {
        fprintf(stderr, "%s: %s\n", method, axon_buf_text(&t.last.reject_text));
    }
}

/* The same call is executed, and counted. */
static void accepted(const char *method, const char *args, uint64_t count)
{
    char text[32];
    axon_records_clear(t.net);
    AXON_TEST_UPDATE(&t, &id, method, args, "()");
    AXON_TEST_THAT(&t, executions("inspect") == 1 && executions("update") == 1);
    snprintf(text, sizeof text, "(%u)", (unsigned)count);
    AXON_TEST_QUERY(&t, &id, "count", "()", text);
}

#define NOTHING IC_BYTES_LIT("DIDL\0\0")

/* A blob whose message has this many bytes. */
static struct ic_bytes blob_of(size_t bytes)
{
    static uint8_t message[4096] = {'D', 'I', 'D', 'L', 1, 0x6d, 0x7b, 1, 0};
    const size_t length = bytes < 140 ? bytes - 10 : bytes - 11;
    size_t at = 9;
    if (length >= 128) {
        message[at++] = (uint8_t)(length | 0x80);
        message[at++] = (uint8_t)(length >> 7);
    } else {
        message[at++] = (uint8_t)length;
    }
    memset(message + at, 7, length);
    return (struct ic_bytes){.at = message, .size = at + length};
}

static void the_function_decides(void)
{
    t.sender = IC_PRINCIPAL_ANONYMOUS;
    refused("plain", blob_of(20), "anonymous calls are refused");
    refused("tell", NOTHING, "anonymous calls are refused");
    refused("count", NOTHING, "anonymous calls are refused"); /* a query called as an update */
    AXON_TEST_QUERY(&t, &id, "count", "()", "(0)");           /* never inspected */
    AXON_TEST_QUERY(&t, &id, "all", "()", "(0)");
    t.sender = ic_principal_from_canister_index(77);
    accepted("plain", "(blob \"abc\")", 1);
    accepted("näme with blanks", "()", 2);
    AXON_TEST_UPDATE(&t, &id, "count", "()", "(2)");
}

static void the_guard_decides(void)
{
    refused("set", NOTHING, "only controllers"); /* before the argument is looked at */
    t.sender = ic_principal_from_canister_index(1);
    accepted("set", "(5)", 3);
    axon_update(t.net, &t.last, &t.sender, &id, "set", NOTHING); /* accepted, and then decoded */
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED && !t.last.refused);
}

static void the_argument_decides(void)
{
    refused("add", IC_BYTES_LIT("DIDL\0\1\x78\0\0\0\0\0\0\0\0"), "nothing to add");
    refused("add", IC_BYTES_LIT("DIDL\0\1\x78\0\0\0\0\0\0\0"), "Candid: ");
    refused("add", IC_BYTES_LIT(""), "Candid: ");
    accepted("add", "(1)", 4);
    refused("plain", blob_of(ARG_BYTES_MAX + 1), "the argument is too large");
    refused("plain", blob_of(4000), "the argument is too large");
    axon_update(t.net, &t.last, &t.sender, &id, "plain", blob_of(ARG_BYTES_MAX));
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
    refused("small", blob_of(21), "the argument is too large");
    axon_update(t.net, &t.last, &t.sender, &id, "small", blob_of(20));
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
    AXON_TEST_QUERY(&t, &id, "count", "()", "(6)");
}

static void the_name_decides(void)
{
    static const char *const names[] = {
        "",          "ad",   "addd",          "Add",
        " add",      "init", "canister_init", "all", /* a composite query */
        "<ic timer>"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        refused(names[i], NOTHING, "no method of this name can be called as an update");
    }
    char *longest = malloc(NAME_BYTES + 1);
    AXON_TEST_THAT(&t, longest != NULL);
    memset(longest, 'a', NAME_BYTES);
    longest[NAME_BYTES] = 0;
    refused(longest, NOTHING, "no method of this name");
    free(longest);
}

static void inspections_that_go_wrong(void)
{
    refused("spin", NOTHING, "instruction");
    refused("secret", NOTHING, "never as an update");
    AXON_TEST_QUERY(&t, &id, "secret", "()", "(6)");
    accepted("counted", "()", 7); /* once: what an inspection writes does not last */
    for (uint64_t n = 1;; n++) {  /* whatever system call fails, the message is refused */
        axon_trap_at_call(t.net, n);
        axon_update(t.net, &t.last, &t.sender, &id, "add", IC_BYTES_LIT("DIDL\0\0"));
        axon_trap_at_call(t.net, 0);
        AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED && t.last.refused);
        if (strstr(axon_buf_text(&t.last.reject_text), "injected fault") == NULL) {
            AXON_TEST_THAT(&t, n > 5);
            break;
        }
    }
}

/* Canisters are not inspected: what must not happen is for guards and handlers to refuse. */
static void canisters_are_not_inspected(void)
{
    char args[256], self[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(self, &id);
#define RELAY(method, argument, reply)                                                             \
    snprintf(args, sizeof args, "(principal \"%s\", \"%s\", blob \"%s\")", self, method,           \
             argument);                                                                            \
    axon_records_clear(t.net);                                                                     \
    AXON_TEST_UPDATE(&t, &id, "relay", args, reply);                                               \
    AXON_TEST_THAT(&t, executions("inspect") == 1)
    RELAY("add", "DIDL\\00\\01x\\00\\00\\00\\00\\00\\00\\00\\00", "(\"IC_CALL_OK\")");
    RELAY("spin", "DIDL\\00\\00", "(\"IC_CALL_OK\")");
    AXON_TEST_QUERY(&t, &id, "count", "()", "(9)");
    RELAY("set", "DIDL\\00\\00", "(\"only controllers\")");
    AXON_TEST_QUERY(&t, &id, "count", "()", "(9)");
#undef RELAY
}

/* What a refusal saves: the same refusal by the method costs what an execution costs. */
static void a_refusal_is_free(void)
{
    const uint64_t before = cycles();
    axon_update(t.net, &t.last, &t.sender, &id, "set", NOTHING);
    AXON_TEST_THAT(&t, !t.last.refused && cycles() < before);
    printf("refused by the method: %llu cycles; by the inspection: none\n",
           (unsigned long long)(before - cycles()));
}

int main(void)
{
    axon_test_open(&t);
    t.sender = ic_principal_from_canister_index(1); /* the controller */
    id = axon_test_install(&t, BASE, "()");
    the_function_decides();
    the_guard_decides();
    the_argument_decides();
    the_name_decides();
    inspections_that_go_wrong();
    canisters_are_not_inspected();
    a_refusal_is_free();
    return axon_test_close(&t);
}
