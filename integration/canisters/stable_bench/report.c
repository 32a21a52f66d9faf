#include "integration/canisters/stable_bench/report.h"

#include <string.h>

#define SIZE_PUBLISHED 1u /* index of 10,000 entries, where others have figures */

void report_add(struct report_row *row, size_t size, uint64_t average, uint64_t worst,
                double heap_pages)
{
    row->average[size] = average;
    row->worst = worst > row->worst ? worst : row->worst;
    row->heap_pages = heap_pages > row->heap_pages ? heap_pages : row->heap_pages;
}

/* With underscores between thousands, as in docs/benchmarks.md. */
static void print_number(FILE *out, uint64_t number)
{
    if (number >= 1000) {
        print_number(out, number / 1000);
        fprintf(out, "_%03llu", (unsigned long long)(number % 1000));
    } else {
        fprintf(out, "%llu", (unsigned long long)number);
    }
}

static void print_cell(FILE *out, uint64_t number)
{
    fputc(' ', out);
    print_number(out, number);
    fputs(" |", out);
}

static void print_intro(FILE *out)
{
    fputs(
        "## The stable structures of the kit\n\n"
        "One operation in a message, 1,000 messages for each figure: the difference of two "
        "`performance_counter(0)` less that of an empty pair, the charges for stable pages "
        "included. Heap pages are charged at the end of a message, 1,000 instructions each; what "
        "a message changed of them, its argument and reply included, is given apart. `table` and "
        "`map` have 28-byte keys and 8-byte values, `log` records of 138 bytes, `vec` of 128, "
        "`ring` of 48, `queue` random times and 8-byte payloads. The canister has one structure; "
        "caches of maps are warm.\n\n"
        "\"Dearest\" is the dearest of all single operations: growth never pauses a message for "
        "more than 100,000 instructions.\n\n",
        out);
}

static void print_costs(FILE *out, const struct report_row *rows, size_t row_count,
                        const uint64_t *sizes, size_t size_count)
{
    fputs("### Instructions per operation, on average\n\n| entries |", out);
    for (size_t s = 0; s < size_count; s++) {
        print_cell(out, sizes[s]);
    }
    fputs(" budget | dearest | heap pages |\n|---|", out);
    for (size_t s = 0; s < size_count + 3; s++) {
        fputs("--:|", out);
    }
    fputc('\n', out);
    for (size_t i = 0; i < row_count; i++) {
        fprintf(out, "| %s |", rows[i].name);
        for (size_t s = 0; s < size_count; s++) {
            print_cell(out, rows[i].average[s]);
        }
        print_cell(out, rows[i].budget);
        print_cell(out, rows[i].worst);
        fprintf(out, " %.1f |\n", rows[i].heap_pages);
    }
}

/* ---- beside ic-stable-structures ------------------------------------------------------------- */

#define PUBLISHED_OPERATIONS 10000u

/* SRC: dfinity/stable-structures at b5d1650463f477affb3d358e86b1113953fc9937,
 * benchmarks/btreemap/canbench_results.yml and benchmarks/vec/canbench_results.yml. */
static const struct {
    const char *benchmark;
    uint64_t instructions;
    const char *row; /* the nearest operation here */
} PUBLISHED[] = {
    {"btreemap_v2_get_blob_32_8", 247087511, "map get, random, present"},
    {"btreemap_v2_get_blob_32_8", 247087511, "table lookup, present"},
    {"btreemap_v2_get_miss_u64_u64", 178307024, "map get, random, absent"},
    {"btreemap_v2_insert_blob_32_8", 423948483, "map insert, random"},
    {"btreemap_v2_insert_blob_32_8", 423948483, "table insert"},
    {"btreemap_v2_insert_seq_u64_u64", 333906568, "map insert, ascending"},
    {"btreemap_v2_remove_blob_32_8", 614281188, "map remove, random"},
    {"btreemap_v2_remove_blob_32_8", 614281188, "table remove"},
    {"btreemap_v2_pop_first_blob_32_0", 398686459, "queue pop"},
    {"vec_insert_blob_128", 3821424, "vec push of 128 bytes, one of 100"},
    {"vec_get_blob_128", 18706659, "vec get of 128 bytes, one of 100"},
};

static const struct report_row *row_find(const struct report_row *rows, size_t row_count,
                                         const char *name)
{
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static void print_published(FILE *out, const struct report_row *rows, size_t row_count)
{
    fputs("\n### Beside ic-stable-structures\n\n"
          "Its published canbench results: [`dfinity/stable-structures`]"
          "(https://github.com/dfinity/stable-structures) at "
          "`b5d1650463f477affb3d358e86b1113953fc9937`, `benchmarks/btreemap/canbench_results.yml` "
          "and `benchmarks/vec/canbench_results.yml`. Each benchmark does 10,000 operations on a "
          "structure of at most 10,000 entries in one message, so that a stable page is charged "
          "once for all of them; here each operation is a message and pays for its pages itself, "
          "but for the vector's, of which 100 share one. Its map stores 32-byte keys of bounded "
          "size and 8-byte values, here keys have 28 bytes; it has no hash table.\n\n"
          "| published benchmark | all 10,000 | each | here, at 10,000 entries | |\n"
          "|---|--:|--:|---|--:|\n",
          out);
    for (size_t i = 0; i < sizeof PUBLISHED / sizeof PUBLISHED[0]; i++) {
        const struct report_row *row = row_find(rows, row_count, PUBLISHED[i].row);
        if (row == NULL) {
            continue;
        }
        fprintf(out, "| `%s` |", PUBLISHED[i].benchmark);
        print_cell(out, PUBLISHED[i].instructions);
        print_cell(out, PUBLISHED[i].instructions / PUBLISHED_OPERATIONS);
        fprintf(out, " %s |", row->name);
        print_cell(out, row->average[SIZE_PUBLISHED]);
        fputc('\n', out);
    }
}

void report_print(FILE *out, const struct report_row *rows, size_t row_count, const uint64_t *sizes,
                  size_t size_count)
{
    print_intro(out);
    print_costs(out, rows, row_count, sizes, size_count);
    if (size_count > SIZE_PUBLISHED) {
        print_published(out, rows, row_count);
    }
}
