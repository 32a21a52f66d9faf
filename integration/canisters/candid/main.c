/* What decoding and encoding cost, measured around the runtime by the instruction counter. */
#include "candid_bench_did.h"
#include "ic/buf.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "sample_did.h"

#define REPLY_BYTES 17u
#define VALUE_BYTES_MAX 1024u

struct job {
    const struct candid_tuple *types;
    struct ic_bytes message;
    bool use_known;
    bool narrow;
    struct ic_arena *arena;
};

static uint64_t value[VALUE_BYTES_MAX / 8];

static struct job read_job(struct ic_bytes argument)
{
    struct job job = {.arena = candid_msg_arena()};
    ic_assert(argument.size >= 2);
    const size_t which = argument.at[0];
    ic_assert(which < 2 * sample_method_count);
    const struct candid_method *method = sample_methods[which / 2];
    job.types = which % 2 == 0 ? &method->in : &method->out;
    job.use_known = (argument.at[1] & 1) == 0;
    job.narrow = (argument.at[1] & 2) != 0;
    job.message = (struct ic_bytes){.at = argument.at + 2, .size = argument.size - 2};
    ic_assert(job.types->record->size <= sizeof value);
    return job;
}

static void reply(enum candid_result result, uint64_t a, uint64_t b)
{
    uint8_t bytes[REPLY_BYTES] = {(uint8_t)result};
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
