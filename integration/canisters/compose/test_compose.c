/* Composite queries of the kit: flows begin in a query, their awaits share one heap that is
 * dropped at the end, and what queries may not call is refused. */
#include "testkit/axon_test.h"

#include <stdio.h>

#define CANISTERS 8u
#define DEPTH_MAX 6u /* SPEC: ic-system 3.6 */
#define NOTHING   "(record { awaits = 0; stored_awaits = 0; flows = 0; calls = 0; locks = 0 })"
#define TEXT_MAX  1024

static struct axon_test t;
static struct ic_principal ids[CANISTERS];
static char args[TEXT_MAX];

/* "(vec { principal ..; .. })" of the canisters first to last, both included. */
static const char *list(unsigned first, unsigned last)
{
    size_t used = (size_t)snprintf(args, sizeof args, "(vec {");
    for (unsigned i = first; i <= last; i++) {
        char text[IC_PRINCIPAL_TEXT_MAX + 1];
        ic_principal_to_text(text, &ids[i]);
        used += (size_t)snprintf(args + used, sizeof args - used, " principal \"%s\";", text);
    }
    snprintf(args + used, sizeof args - used, " })");
    return args;
}

static const char *one(const struct ic_principal *id)
{
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, id);
    snprintf(args, sizeof args, "(principal \"%s\")", text);
    return args;
}

static void nothing_lasts(void)
{
    for (unsigned i = 0; i < CANISTERS; i++) {
        AXON_TEST_QUERY(&t, &ids[i], "state", "()", NOTHING);
    }
}

static void query_refused(const char *method, const char *arguments, const char *text)
{
    AXON_TEST_CALL(&t, AXON_TEST_KIND_QUERY, &ids[0], method, arguments, NULL, text);
    nothing_lasts();
}

static void set_up(void)
{
    for (unsigned i = 0; i < CANISTERS; i++) {
        char text[32];
        ids[i] = axon_test_install(&t, "build/wasm/compose", "()");
        snprintf(text, sizeof text, "(%u)", 1u << i);
        AXON_TEST_UPDATE(&t, &ids[i], "set", text, "()");
    }
}

static void awaits_one_after_the_other(void)
{
    AXON_TEST_QUERY(&t, &ids[0], "sum", "(vec {})",
                    "(record { total = 0; awaits = 0; stored_awaits = 0 })");
    AXON_TEST_QUERY(&t, &ids[0], "sum", list(1, 5),
                    "(record { total = 62; awaits = 5; stored_awaits = 5 })");
    nothing_lasts();
    /* More often than there are frames, and than there are calls: each evaluation has its own. */
    for (int i = 0; i < 5; i++) {
        AXON_TEST_QUERY(&t, &ids[0], "sum", list(1, 7),
                        "(record { total = 254; awaits = 7; stored_awaits = 7 })");
    }
    nothing_lasts();
}

static void awaits_together(void)
{
    char a[IC_PRINCIPAL_TEXT_MAX + 1], b[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(a, &ids[3]);
    ic_principal_to_text(b, &ids[4]);
    snprintf(args, sizeof args, "(principal \"%s\", principal \"%s\")", a, b);
    AXON_TEST_QUERY(&t, &ids[0], "both", args, "(24)");
    ic_principal_to_text(b, &(struct ic_principal){.size = 3, .bytes = {1, 2, 3}});
    snprintf(args, sizeof args, "(principal \"%s\", principal \"%s\")", a, b);
    query_refused("both", args, "IC_CALL_DESTINATION_INVALID");
}

/* Composite queries of composite queries, as deep as the system lets them be. */
static void composite_queries_of_others(void)
{
    AXON_TEST_QUERY(&t, &ids[0], "chain", "(vec {})", "(1)");
    AXON_TEST_QUERY(&t, &ids[0], "chain", list(1, 1), "(3)");
    AXON_TEST_QUERY(&t, &ids[0], "chain", list(1, DEPTH_MAX - 1), "(63)");
    query_refused("chain", list(1, 7),
                  "IC_CALL_"); /* too deep: rejected somewhere down the chain */
    query_refused("chain", list(0, 0), "IC_CALL_"); /* a loop */
    nothing_lasts();
}

static void what_queries_cannot_do(void)
{
    AXON_TEST_QUERY(&t, &ids[0], "change", one(&ids[1]), "(\"IC_CALL_CANISTER_ERROR\")");
    AXON_TEST_QUERY(&t, &ids[1], "value", "()", "(2)");
    query_refused("pay", one(&ids[1]), "cannot be executed");
    query_refused("stumble", one(&ids[1]), "stumbled");
    AXON_TEST_UPDATE(&t, &ids[0], "misuse", one(&ids[1]), "(\"IC_CALL_CANISTER_ERROR\")");
    AXON_TEST_TRAPS(&t, &ids[0], "sum", list(1, 1),
                    "Composite query cannot be called in replicated mode");
    nothing_lasts();
}

/* A composite query between the messages of an update's flow: neither sees the other. */
static void beside_an_update(void)
{
    uint8_t message[64] = {'D', 'I', 'D', 'L', 0, 1, 0x68, 1, ids[6].size};
    memcpy(message + 9, ids[6].bytes, ids[6].size);
    const uint64_t id = axon_submit(t.net, &t.last, &t.sender, &ids[0], "ask",
                                    (struct ic_bytes){.at = message, .size = 9u + ids[6].size});
    AXON_TEST_THAT(&t, id != 0);
    AXON_TEST_THAT(&t, axon_step(t.net)); /* ask has begun and awaits */
    for (int i = 0; i < 3; i++) {
        AXON_TEST_QUERY(
            &t, &ids[0], "state", "()",
            "(record { awaits = 0; stored_awaits = 0; flows = 1; calls = 1; locks = 1 })");
        AXON_TEST_QUERY(&t, &ids[0], "sum", list(1, 5),
                        "(record { total = 62; awaits = 5; stored_awaits = 5 })");
        AXON_TEST_CALL(&t, AXON_TEST_KIND_QUERY, &ids[0], "stumble", one(&ids[1]), NULL, "IC");
    }
    AXON_TEST_THAT(&t, axon_run_until_quiet(t.net));
    AXON_TEST_THAT(&t, axon_poll(t.net, &t.last, id));
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
    static const uint8_t sixty_four[] = {'D', 'I', 'D', 'L', 0, 1, 0x78, 64, 0, 0, 0, 0, 0, 0, 0};
    AXON_TEST_THAT(&t, ic_bytes_is_equal(axon_buf_bytes(&t.last.reply),
                                         (struct ic_bytes){sixty_four, sizeof sixty_four}));
    nothing_lasts();
}

/* Whatever system call fails: an answer or a refusal, and nothing lasts. */
static void failing_everywhere(void)
{
    static const char *const text = "injected fault";
    uint64_t n = 1;
    for (;; n++) {
        struct ic_principal *const other = &ids[1];
        uint8_t message[64] = {'D', 'I', 'D', 'L', 1, 0x6d, 0x68, 1, 0, 2, 1, other->size};
        size_t size = 12;
        memcpy(message + size, other->bytes, other->size);
        size += other->size;
        message[size++] = 1;
        message[size++] = ids[2].size;
        memcpy(message + size, ids[2].bytes, ids[2].size);
        size += ids[2].size;
        axon_trap_at_call(t.net, n);
        axon_query(t.net, &t.last, &t.sender, &ids[0], "sum",
                   (struct ic_bytes){.at = message, .size = size});
        axon_trap_at_call(t.net, 0);
        if (t.last.status == AXON_STATUS_REPLIED) {
            break;
        }
        /* In the asking canister the text; a canister asked that traps is a code. */
        AXON_TEST_THAT(&t,
                       strstr(axon_buf_text(&t.last.reject_text), text) != NULL ||
                           strstr(axon_buf_text(&t.last.reject_text), "IC_CALL_CANISTER_ERROR"));
        nothing_lasts();
    }
    printf("failed at each of %llu system calls\n", (unsigned long long)n - 1);
    AXON_TEST_THAT(&t, n > 20);
}

int main(void)
{
    axon_test_open(&t);
    set_up();
    awaits_one_after_the_other();
    awaits_together();
    composite_queries_of_others();
    what_queries_cannot_do();
    beside_an_update();
    failing_everywhere();
    return axon_test_close(&t);
}
