/* The table that `axon replay` ends with: one row per method. */
#ifndef AXON_CLI_REPLAY_REPORT_H
#define AXON_CLI_REPLAY_REPORT_H

#include "cli/replay/compare.h"

#include <stdio.h>

#define REPLAY_ROWS_MAX 128u /* methods of one interface; the official ledger has 45 */

struct replay_row {
    char method[128];
    uint64_t call_count;
    uint64_t same_bytes_count;
    uint64_t same_value_count;      /* accepted extensions included */
    uint64_t different_count;
    uint64_t not_implemented_count;
    uint64_t instructions;          /* sums over the calls that ran in both */
    uint64_t recorded_instructions;
};

struct replay_report {
    struct replay_row rows[REPLAY_ROWS_MAX];
    size_t row_count;
};

/* The row of a method, made when it is new. A row beyond REPLAY_ROWS_MAX is the last one again. */
struct replay_row *replay_report_row(struct replay_report *report, const char *method);

/* All rows added up, method "total". */
struct replay_row replay_report_total(const struct replay_report *report);

/* Prints the table, rows in order of name, instructions as averages per call. */
void replay_report_print(struct replay_report *report, FILE *out);

#endif
