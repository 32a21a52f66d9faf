/* The Candid runtime in a canister: what it accepts, and what it costs by the instruction counter. */
#include "bench.h"
#include "candid_bench_did.h"
#include "cases_did.h"
#include "dear_did.h"
#include "hostile_did.h"
#include "ic/buf.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "sample_did.h"

#define VALUE_BYTES_MAX 4096u

struct job {
    const struct candid_tuple *types;
    struct ic_bytes message;
    bool use_known;
    bool narrow;
    struct ic_arena *arena;
};

static uint64_t value[VALUE_BYTES_MAX / 8];

static const struct candid_method *method_of(unsigned table, size_t i)
{
    const struct {
        const struct candid_method *const *methods;
        size_t count;
    } tables[BENCH_TABLE_COUNT] = {
        [BENCH_SAMPLE] = {sample_methods, sample_method_count},
        [BENCH_HOSTILE] = {hostile_methods, hostile_method_count},
        [BENCH_DEAR] = {dear_methods, dear_method_count},
        [BENCH_CASES] = {cases_methods, cases_method_count},
    };
    ic_assert(table < BENCH_TABLE_COUNT);
    ic_assert(i < tables[table].count);
    return tables[table].methods[i];
}

static struct job read_job(struct ic_bytes argument)
{
    struct job job = {.arena = candid_msg_arena()};
    ic_assert(argument.size >= BENCH_HEAD_BYTES);
    const struct candid_method *method =
        method_of(argument.at[0], (size_t)argument.at[1] | (size_t)argument.at[2] << 8);
    const unsigned flags = argument.at[3];
    job.types = (flags & BENCH_RESULTS) == 0 ? &method->in : &method->out;
    job.use_known = (flags & BENCH_TABLE_ONLY) == 0;
    job.narrow = (flags & BENCH_NARROW) != 0;
    job.message = (struct ic_bytes){.at = argument.at + BENCH_HEAD_BYTES,
                                    .size = argument.size - BENCH_HEAD_BYTES};
    ic_assert(job.types->record->size <= sizeof value);
    return job;
}

static void reply(enum candid_result result, uint64_t a, uint64_t b)
{
    uint8_t bytes[BENCH_REPLY_BYTES] = {(uint8_t)result};
    ic_store_u64_le(bytes + 1, a);
    ic_store_u64_le(bytes + 9, b);
    ic_msg_reply_bytes((struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

void candid_bench_decode(struct ic_bytes argument)
{
    const struct job job = read_job(argument);
    struct candid_report report;
    const uint64_t before = ic_instructions();
    const enum candid_result result = candid_decode_reported(value, job.types, job.message,
                                                             job.use_known, job.arena, &report);
    reply(result, ic_instructions() - before, report.units);
}

void candid_bench_encode(struct ic_bytes argument)
{
    const struct job job = read_job(argument);
    struct ic_bytes out = {0};
    enum candid_result result = candid_decode(value, job.types, job.message, job.arena);
    const uint64_t before = ic_instructions();
    if (result == CANDID_OK) {
        result = candid_encode(&out, job.types, value,
                               job.narrow ? CANDID_ENCODE_NARROW : CANDID_ENCODE_FULL, job.arena);
    }
    reply(result, ic_instructions() - before, out.size);
}

/* Decodes and encodes again: one form for each value. */
static enum candid_result recode(struct ic_bytes *out, const struct job *job,
                                 struct ic_bytes message)
{
    struct candid_report report;
    const enum candid_result result = candid_decode_reported(value, job->types, message,
                                                             job->use_known, job->arena, &report);
    return result != CANDID_OK
               ? result
               : candid_encode(out, job->types, value,
                               job->narrow ? CANDID_ENCODE_NARROW : CANDID_ENCODE_FULL, job->arena);
}

/* True when an encoding decodes to what encodes to the same bytes. */
static bool is_stable(const struct job *job, enum candid_result result, struct ic_bytes encoded)
{
    struct ic_bytes again = {0};
    return result != CANDID_OK || (recode(&again, job, encoded) == CANDID_OK &&
                                   ic_bytes_is_equal(again, encoded));
}

void candid_bench_compare(struct ic_bytes argument)
{
    const struct job job = read_job(argument);
    ic_assert(job.message.size >= 4);
    const size_t first_bytes = ic_load_u32_le(job.message.at);
    ic_assert(first_bytes <= job.message.size - 4);
    const struct ic_bytes messages[2] = {
        {.at = job.message.at + 4, .size = first_bytes},
        {.at = job.message.at + 4 + first_bytes, .size = job.message.size - 4 - first_bytes}};
    struct ic_bytes out[2] = {{0}, {0}};
    enum candid_result results[2];
    bool stable = true;
    for (int i = 0; i < 2; i++) {
        results[i] = recode(&out[i], &job, messages[i]);
        stable = is_stable(&job, results[i], out[i]) && stable;
    }
    const uint8_t bytes[4] = {(uint8_t)results[0], (uint8_t)results[1],
                              ic_bytes_is_equal(out[0], out[1]), stable};
    ic_msg_reply_bytes((struct ic_bytes){.at = bytes, .size = sizeof bytes});
}
