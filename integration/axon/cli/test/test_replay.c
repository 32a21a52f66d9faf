/* The rules of `axon replay`: which answers count as the recorded one, and what a damaged
 * transcript gives. The replay of the recordings themselves is test_replay.sh. */
#include "cli/replay/compare.h"
#include "cli/replay/quoted.h"
#include "cli/replay/transcript.h"
#include "text/candid_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- rejects --------------------------------------------------------------------------------- */

#define FRAME                                                                                      \
    "Error from Canister ryjl3-tyaaa-aaaaa-aaaba-cai: Canister called `ic0.trap` with message: "
#define HEX_64 "b28760ac5caa19e1cc8c005f926c34df2db1e605050e6874cbdc2e15ee46bcbb"

static const struct {
    const char *recorded;
    const char *ours;
    bool is_accepted;
} REJECTS[] = {
    {FRAME "'the memo field is too large'", FRAME "'the memo field is too large'", true},
    {FRAME "'the memo field is too large'", "trap: the memo field is too large", true},
    {FRAME "'the memo field is too large'", "trap: the memo is too large", false},
    {FRAME "'Panicked at 'assertion failed: Fee for burning should be zero\n  left: 1'",
     "Fee for burning should be zero", true},
    {FRAME "'Panicked at 'assertion failed: Fee for burning should be zero\n  left: 1'",
     "Fee for minting should be zero", false},
    {FRAME "'transfer fee should be 0.00010000 Token'", "transfer fee should be 0.00010000 Token",
     true},
    {FRAME "'transfer fee should be 0.00010000 Token'", "transfer fee should be 0.00020000 Token",
     false},
    {FRAME "'transaction is a duplicate of another transaction in block 165'",
     "transaction is a duplicate of another transaction in block 165", true},
    {FRAME "'transaction is a duplicate of another transaction in block 165'",
     "transaction is a duplicate of another transaction in block 16", false},
    {FRAME "'Invalid account identifier: Checksum failed for " HEX_64
           ", expected check bytes 957491d5 but found b28760ac'",
     "Checksum failed for " HEX_64 ", expected check bytes 957491d5 but found b28760ac", false},
    {FRAME "'Invalid account identifier: Checksum failed for " HEX_64
           ", expected check bytes 957491d5 but found b28760ac'",
     "Invalid account identifier: Checksum failed for " HEX_64
     ", expected check bytes 957491d5 but found b28760ac",
     true},
    /* decoding failures and the system's own texts are free */
    {FRAME "'Panicked at 'called `Result::unwrap()` on an `Err` value: Custom(Fail to decode "
           "argument 0: Checksum failed for 00, expected check bytes 00 but found 00)'",
     "Candid: the message ends early", true},
    {"Canister has no update method 'no_such_method'", "there is no such method", true},
};

static void test_rejects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REJECTS / sizeof REJECTS[0]; i++) {
        struct axon_buf why = {0};
        enum replay_match match = replay_compare_reject(ic_bytes_from_text(REJECTS[i].recorded),
                                                        ic_bytes_from_text(REJECTS[i].ours), &why);
        if ((match != REPLAY_DIFFERENT) != REJECTS[i].is_accepted) {
            fail_msg("row %zu: %s", i, axon_buf_text(&why));
        }
        assert_int_equal(why.size > 0, match == REPLAY_DIFFERENT);
        axon_buf_free(&why);
    }
}

/* ---- replies --------------------------------------------------------------------------------- */

#define STANDARD(name) "record { name = \"" name "\"; url = \"u\" }"
#define ICRC_10                                                                                    \
    "record { name = \"ICRC-10\"; "                                                                \
    "url = \"https://github.com/dfinity/ICRC/blob/main/ICRCs/ICRC-10/ICRC-10.md\" }"

/* Texts with annotated types, so that each side is encoded at its own. */
static const struct {
    const char *method;
    const char *recorded;
    const char *ours;
    enum replay_match match;
} REPLIES[] = {
    {"icrc1_fee", "(5 : nat)", "(5 : nat)", REPLAY_SAME_BYTES},
    {"icrc1_fee", "(5 : nat)", "(6 : nat)", REPLAY_DIFFERENT},
    {"icrc1_fee", "(5 : nat)", "(5 : nat, null : null)", REPLAY_SAME_VALUE},
    {"icrc1_fee", "(5 : nat)", "(5 : nat64)", REPLAY_DIFFERENT},
    {"icrc1_transfer", "(variant { Ok = 5 : nat })", "(variant { Err = 5 : nat })",
     REPLAY_DIFFERENT},
    {"icrc1_minting_account", "(null)", "(null : reserved)", REPLAY_SAME_VALUE},
    {"tip_of_chain_pb", "(5 : nat)", "(5 : nat, null : null)", REPLAY_DIFFERENT},
    {"icrc1_supported_standards", "(vec { " STANDARD("ICRC-1") " })",
     "(vec { " STANDARD("ICRC-1") "; " ICRC_10 " })", REPLAY_EXTENDED},
    {"icrc10_supported_standards",
     "(vec { " STANDARD("ICRC-1") "; " STANDARD("ICRC-2") "; " STANDARD("ICRC-21") " })",
     "(vec { " STANDARD("ICRC-1") "; " STANDARD("ICRC-2") "; " STANDARD("ICRC-21") "; " ICRC_10
     " })",
     REPLAY_EXTENDED},
    {"icrc1_supported_standards", "(vec { " STANDARD("ICRC-1") " })",
     "(vec { " STANDARD("ICRC-1") "; " STANDARD("ICRC-10") " })", REPLAY_DIFFERENT},
    {"icrc1_supported_standards", "(vec { " STANDARD("ICRC-1") " })", "(vec { " ICRC_10 " })",
     REPLAY_DIFFERENT},
};

static void test_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REPLIES / sizeof REPLIES[0]; i++) {
        struct candid_text_error error;
        struct candid_text *t = candid_text_open((struct ic_bytes){0}, &error);
        struct ic_bytes recorded = {0}, ours = {0};
        struct axon_buf why = {0};
        if (!candid_text_encode(t, &recorded, NULL, ic_bytes_from_text(REPLIES[i].recorded),
                                &error) ||
            !candid_text_encode(t, &ours, NULL, ic_bytes_from_text(REPLIES[i].ours), &error)) {
            fail_msg("row %zu: %s", i, error.text);
        }
        enum replay_match match = replay_compare_reply(REPLIES[i].method, recorded, ours, &why);
        if (match != REPLIES[i].match) {
            fail_msg("row %zu: %d %s", i, (int)match, axon_buf_text(&why));
        }
        axon_buf_free(&why);
        candid_text_close(t);
    }
}

/* ---- transcripts ----------------------------------------------------------------------------- */

#define QUERY                                                                                      \
    "{\"time_ns\":\"5\",\"canister\":\"ryjl3-tyaaa-aaaaa-aaaba-cai\",\"caller\":\"2vxsx-fae\","    \
    "\"kind\":\"query\",\"method\":\"name\",\"arg_hex\":\"4449\",\"outcome\":\"reply\","           \
    "\"reply_hex\":\"\",\"instructions\":7,\"certified_data_hex\":\"00ff\"}\n"

static const struct {
    const char *content;
    const char *why; /* NULL: one step, then the end */
} TRANSCRIPTS[] = {
    {QUERY, NULL},
    {QUERY "{", "line 2: no JSON object"},
    {"7\n", "line 1: no JSON object"},
    {"{}\n", "line 1: time_ns"},
    {"{\"time_ns\":\"5x\"}\n", "line 1: time_ns"},
    {"{\"time_ns\":\"5\",\"canister\":\"nobody\"}\n", "line 1: canister"},
    {"\x1f\x8b\x08garbage", "line 1: "},
};

/* Reads until the end or the first failure. Returns the number of steps. */
static size_t read_all(const char *path, struct axon_buf *why)
{
    struct replay_step step = {0};
    struct replay_transcript *t = replay_transcript_open(path, why);
    size_t count = 0;
    assert_non_null(t);
    while (replay_transcript_next(t, &step, why) == REPLAY_READ_STEP) {
        assert_int_equal(step.kind, REPLAY_QUERY);
        assert_string_equal(step.method, "name");
        assert_int_equal(step.instructions, 7);
        assert_int_equal(step.certified_data.size, 2);
        count++;
    }
    replay_step_free(&step);
    replay_transcript_close(t);
    return count;
}

static void test_transcripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TRANSCRIPTS / sizeof TRANSCRIPTS[0]; i++) {
        char path[] = "/tmp/axon-transcript-XXXXXX";
        struct axon_buf why = {0};
        int file = mkstemp(path);
        size_t size = strlen(TRANSCRIPTS[i].content);
        assert_true(file >= 0 && write(file, TRANSCRIPTS[i].content, size) == (ssize_t)size);
        close(file);
        size_t count = read_all(path, &why);
        if (TRANSCRIPTS[i].why == NULL) {
            assert_int_equal(count, 1);
            assert_int_equal(why.size, 0);
        } else {
            assert_non_null(strstr(axon_buf_text(&why), TRANSCRIPTS[i].why));
        }
        unlink(path);
        axon_buf_free(&why);
    }
    struct axon_buf why = {0};
    assert_null(replay_transcript_open("/no/such/file", &why));
    assert_true(why.size > 0);
    axon_buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_transcripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
