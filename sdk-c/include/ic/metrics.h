/* Figures for Prometheus, in its text format, version 0.0.4. SPEC: Prometheus, "Exposition
 * formats".
 *
 *     ic_metric_head(&w, "kv_entries", "Entries of the store.", IC_METRIC_GAUGE);
 *     ic_metric_u64(&w, "kv_entries", NULL, 0, count, now_ns);
 *
 *     # HELP kv_entries Entries of the store.
 *     # TYPE kv_entries gauge
 *     kv_entries 42 1700000000000
 *
 * One head for each name, all its samples right behind it. Written into an ic_writer, which says at
 * the end whether all fitted. Served as "text/plain; version=0.0.4". */
#ifndef IC_METRICS_H
#define IC_METRICS_H

#include "ic/u128.h"

#define IC_METRICS_CONTENT_TYPE "text/plain; version=0.0.4"
#define IC_METRIC_DECIMALS_MAX  18u

enum ic_metric_kind {
    IC_METRIC_COUNTER, /* only grows; its name ends in _total */
    IC_METRIC_GAUGE,
};

/* What tells samples of one name apart. name: letters, digits and "_", not beginning with a digit;
 * value: any text, escaped here. */
struct ic_metric_label {
    const char *name;
    struct ic_bytes value;
};

/* ic_metric_head writes the lines HELP and TYPE. Names are as of labels, and may have ":".
 *   traps     when the name is none */
void ic_metric_head(struct ic_writer *w, const char *name, const char *help,
                    enum ic_metric_kind kind);

/* ic_metric_u64 and ic_metric_i64 write one sample.
 *   labels    may be NULL when label_count is 0
 *   time_ns   of the sample, written in ms; 0: without, then it is the time of collection
 *   traps     when a name is none */
void ic_metric_u64(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                   size_t label_count, uint64_t value, uint64_t time_ns);
void ic_metric_i64(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                   size_t label_count, int64_t value, uint64_t time_ns);

/* Prometheus computes with 53 bits; all digits are written. */
void ic_metric_u128(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                    size_t label_count, ic_u128 value, uint64_t time_ns);

/* The same with a decimal point before the last decimals digits: 1234 with 2 is 12.34. e8s have 8.
 *   decimals  <= IC_METRIC_DECIMALS_MAX */
void ic_metric_decimal(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                       size_t label_count, uint64_t value, unsigned decimals, uint64_t time_ns);

/* ic_metric_histogram writes head, buckets, sum and count of a histogram.
 *   bounds    upper bounds, ascending; an observation belongs to the first bound that is >= it
 *   counts    count + 1 of them, each of its own bucket; the last is of what is above all bounds */
void ic_metric_histogram(struct ic_writer *w, const char *name, const char *help,
                         const uint64_t *bounds, const uint64_t *counts, size_t count, uint64_t sum,
                         uint64_t time_ns);

/* ic_metrics_put_canister writes what every canister should tell: canister_cycles_balance,
 * canister_cycles_liquid (what it can spend before it freezes), canister_heap_bytes,
 * canister_stable_bytes, canister_version; 700 bytes. */
void ic_metrics_put_canister(struct ic_writer *w, uint64_t time_ns);

#endif
