#include "cli/bench/print.h"

#include "cli/cli.h"

#include <inttypes.h>

/* A number with groups of three, or "-" for 0. */
struct cell {
    char text[CLI_GROUPED_MAX];
};

static struct cell cell(uint64_t n)
{
    struct cell out = {"-"};
    if (n > 0) {
        cli_grouped(out.text, n);
    }
    return out;
}

static uint64_t official(enum bench_row row, uint64_t account_count)
{
    for (size_t i = 0; i < BENCH_SIZES; i++) {
        if (BENCH_SIZE[i] == account_count) {
            return BENCH_SPEC[row].official[i];
        }
    }
    return 0;
}

void bench_print_result(FILE *out, const struct bench_result *r)
{
    fprintf(out, "%s accounts, %s blocks, %s bytes of stable memory, %s of heap\n",
            cell(r->account_count).text, cell(r->block_count).text, cell(r->stable_bytes).text,
            cell(r->heap_bytes).text);
    fprintf(out, "%-38s %10s %10s %11s %10s %10s %10s\n", "instructions per call", "here",
            "Rust table", "other table", "official", "limit", "budget");
    for (enum bench_row row = 0; row < BENCH_ROWS; row++) {
        const struct bench_spec *spec = &BENCH_SPEC[row];
        fprintf(out, "%-38s %10s %10s %11s %10s %10s %10s\n", spec->title,
                cell(r->cost[BENCH_JS][row]).text, cell(r->cost[BENCH_RUST][row]).text,
                cell(r->cost[BENCH_OTHER][row]).text, cell(official(row, r->account_count)).text,
                cell(spec->limit).text, cell(spec->budget).text);
    }
    fprintf(out, "\n");
}

/* ---- docs/benchmarks.md ---------------------------------------------------------------------- */

static const char INTRODUCTION[] =
    "## The ledger\n"
    "\n"
    "Metering is the replica's, 1,000 for each heap page a message changed included. \"Official\" "
    "is the ICP ledger of October 2025 under the same workload and metering. \"Limit\" is what "
    "`make test` asserts (at 1,000 accounts); \"budget\" is what the finished ledger may cost. A row "
    "that is not built yet, and a figure nobody has, is `-`.\n"
    "\n"
    "One account holds 10^16 e8s. Each user gets 10,000,000 e8s by `icrc1_transfer`, the last 200 "
    "of these are the \"fresh recipient\" row. Then 200 calls of each update, 20 refused ones, 100 "
    "of each balance query and 10 of each block query, spread over users and blocks. Time moves "
    "0.25 s after each successful update. Arguments are the bytes that `@icp-sdk/core` sends; "
    "\"Rust table\" is the same call with the type table as Rust clients order it, \"other table\" "
    "with one that the ledger has not seen (an unused entry). Every reply is checked; total "
    "supply, chain length, the hash chain and the certified tip are checked at the end.\n"
    "\n";

static void print_markdown_table(FILE *out, const struct bench_result *r)
{
    fprintf(out, "### %s accounts\n\n", cell(r->account_count).text);
    fprintf(out, "%s blocks; %s bytes of stable memory, %s of heap.\n\n",
            cell(r->block_count).text, cell(r->stable_bytes).text, cell(r->heap_bytes).text);
    fprintf(out, "| instructions per call, average | here | Rust table | other table | official "
                 "| limit | budget |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for (enum bench_row row = 0; row < BENCH_ROWS; row++) {
        const struct bench_spec *spec = &BENCH_SPEC[row];
        fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", spec->title,
                cell(r->cost[BENCH_JS][row]).text, cell(r->cost[BENCH_RUST][row]).text,
                cell(r->cost[BENCH_OTHER][row]).text, cell(official(row, r->account_count)).text,
                cell(spec->limit).text, cell(spec->budget).text);
    }
    fprintf(out, "\n");
}

/* Stable bytes that one account with one block takes, between two sizes. */
static void print_growth(FILE *out, const struct bench_result *a, const struct bench_result *b)
{
    uint64_t accounts = b->account_count - a->account_count;
    fprintf(out, "From %s to %s accounts stable memory grows by %s bytes for each account with one "
                 "138-byte block (official 276, budget 208).\n\n",
            cell(a->account_count).text, cell(b->account_count).text,
            cell((b->stable_bytes - a->stable_bytes) / accounts).text);
}

void bench_print_markdown(FILE *out, const struct bench_result *results, size_t count,
                          const struct bench_sizes *sizes)
{
    fputs(INTRODUCTION, out);
    fprintf(out, "### Wasm\n\n| | here | official | limit | budget |\n|---|--:|--:|--:|--:|\n");
    fprintf(out, "| raw, bytes | %s | %s | %s | %s |\n", cell(sizes->wasm_bytes).text,
            cell(BENCH_WASM_BYTES_OFFICIAL).text, cell(BENCH_WASM_BYTES_LIMIT).text,
            cell(BENCH_WASM_BYTES_BUDGET).text);
    fprintf(out, "| gzip, bytes | %s | %s | - | %s |\n\n", cell(sizes->gzip_bytes).text,
            cell(BENCH_WASM_GZIP_BYTES_OFFICIAL).text, cell(BENCH_WASM_GZIP_BYTES_BUDGET).text);
    for (size_t i = 0; i < count; i++) {
        print_markdown_table(out, &results[i]);
    }
    if (count > 1 && results[count - 1].account_count > results[count - 2].account_count) {
        print_growth(out, &results[count - 2], &results[count - 1]);
    }
    fputs("The official ledger spends 38,065,319 on an upgrade at 300,000 accounts, and "
          "172,744,514 with 10,000 remembered transactions.\n",
          out);
}

/* ---- speed ----------------------------------------------------------------------------------- */

void bench_print_throughput(FILE *out, const struct bench_throughput *r)
{
    fprintf(out,
            "%" PRIu64 " transfers between %" PRIu64 " accounts in %.2f s: %.0f per second on one "
            "core,\nmetering and rollback on; replies, supply, chain and tip checked\n"
            "%.2f s from `axon start` to the first answered query\n",
            r->transfer_count, r->account_count, r->seconds,
            (double)r->transfer_count / r->seconds, r->start_s);
}

void bench_print_throughput_markdown(FILE *out, const struct bench_throughput *r)
{
    fprintf(out,
            "## How fast axon is\n\n"
            "Wall-clock figures depend on the machine, here a shared x86-64 core; measure your "
            "own.\n\n"
            "| | |\n|---|--:|\n"
            "| transfers per second | %s |\n"
            "| from `axon start` to the first answered query, seconds | %.2f |\n\n"
            "%s distinct users out of %s accounts send to each other through the library, on one "
            "core, with the same Wasm and the same metering and rollback as in the tests. Every "
            "reply is checked, and afterwards total supply, block count, hash chain and the "
            "certified tip.\n",
            cell((uint64_t)((double)r->transfer_count / r->seconds)).text, r->start_s,
            cell(r->transfer_count).text, cell(r->account_count).text);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void check(FILE *out, const char *what, uint64_t value, uint64_t limit, unsigned *passed,
                  unsigned *failed)
{
    bool ok = value > 0 && value < limit;
    fprintf(out, "%-4s %-42s %12s, limit %s\n", ok ? "ok" : "FAIL", what, cell(value).text,
            cell(limit).text);
    *(ok ? passed : failed) += 1;
}

void bench_print_checks(FILE *out, const struct bench_result *result,
                        const struct bench_sizes *sizes, unsigned *passed, unsigned *failed)
{
    for (enum bench_row row = 0; row < BENCH_ROWS; row++) {
        const struct bench_spec *spec = &BENCH_SPEC[row];
        if (spec->limit > 0) {
            check(out, spec->title, result->cost[BENCH_JS][row], spec->limit, passed, failed);
        }
    }
    check(out, "ledger Wasm, bytes", sizes->wasm_bytes, BENCH_WASM_BYTES_LIMIT, passed, failed);
}
