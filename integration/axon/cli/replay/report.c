#include "cli/replay/report.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct replay_row *replay_report_row(struct replay_report *report, const char *method)
{
    for (size_t i = 0; i < report->row_count; i++) {
        if (strcmp(report->rows[i].method, method) == 0) {
            return &report->rows[i];
        }
    }
    if (report->row_count == REPLAY_ROWS_MAX) {
        return &report->rows[REPLAY_ROWS_MAX - 1];
    }
    struct replay_row *row = &report->rows[report->row_count++];
    *row = (struct replay_row){0};
    snprintf(row->method, sizeof row->method, "%s", method);
    return row;
}

struct replay_row replay_report_total(const struct replay_report *report)
{
    struct replay_row total = {.method = "total"};
    for (size_t i = 0; i < report->row_count; i++) {
        const struct replay_row *row = &report->rows[i];
        total.call_count += row->call_count;
        total.same_bytes_count += row->same_bytes_count;
        total.same_value_count += row->same_value_count;
        total.different_count += row->different_count;
        total.not_implemented_count += row->not_implemented_count;
        total.instructions += row->instructions;
        total.recorded_instructions += row->recorded_instructions;
    }
    return total;
}

static int compare_rows(const void *a, const void *b)
{
    const struct replay_row *x = a, *y = b;
    return strcmp(x->method, y->method);
}

static void print_row(const struct replay_row *row, FILE *out)
{
    char here[CLI_GROUPED_MAX] = "-", there[CLI_GROUPED_MAX] = "-";
    uint64_t ran = row->call_count - row->not_implemented_count;
    if (ran > 0) {
        cli_grouped(here, row->instructions / ran);
        cli_grouped(there, row->recorded_instructions / ran);
    }
    fprintf(out, "%-38s %7" PRIu64 " %10" PRIu64 " %10" PRIu64 " %9" PRIu64 " %11" PRIu64
                 " %13s %13s\n",
            row->method, row->call_count, row->same_bytes_count, row->same_value_count,
            row->different_count, row->not_implemented_count, here, there);
}

void replay_report_print(struct replay_report *report, FILE *out)
{
    qsort(report->rows, report->row_count, sizeof report->rows[0], compare_rows);
    fprintf(out, "%-38s %7s %10s %10s %9s %11s %13s %13s\n", "", "", "same", "same", "", "not",
            "instructions", "recorded");
    fprintf(out, "%-38s %7s %10s %10s %9s %11s %13s %13s\n", "method", "calls", "bytes", "value",
            "different", "implemented", "per call", "per call");
    for (size_t i = 0; i < report->row_count; i++) {
        print_row(&report->rows[i], out);
    }
    struct replay_row total = replay_report_total(report);
    print_row(&total, out);
}
