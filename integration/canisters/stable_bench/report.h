/* The figures of stable_bench as a part of docs/benchmarks.md. */
#ifndef INTEGRATION_CANISTERS_STABLE_BENCH_REPORT_H
#define INTEGRATION_CANISTERS_STABLE_BENCH_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_SIZES 4u

/* One operation, measured at each number of entries. */
struct report_row {
    const char *name;
    uint64_t budget;                /* instructions on average */
    uint64_t average[REPORT_SIZES]; /* instructions */
    uint64_t worst;                 /* at any number of entries */
    double heap_pages;              /* most at any number of entries, on average */
};

/* Takes one measurement down; size is its index. */
void report_add(struct report_row *row, size_t size, uint64_t average, uint64_t worst,
                double heap_pages);

/* Prints the part.
 *   sizes, size_count   numbers of entries that were measured: the first of REPORT_SIZES */
void report_print(FILE *out, const struct report_row *rows, size_t row_count, const uint64_t *sizes,
                  size_t size_count);

#endif
