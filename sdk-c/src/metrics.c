#include "ic/metrics.h"

#include "ic/checked.h"
#include "ic/cycles.h"
#include "ic/msg.h"
#include "ic/stable.h"
#include "ic/trap.h"

#define NS_PER_MS 1000000u

/* ---- names and text -------------------------------------------------------------------------- */

static bool is_name(const char *name, bool with_colon)
{
    size_t n = 0;
    for (; name[n] != '\0'; n++) {
        const char c = name[n];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                               (with_colon && c == ':');
        if (!is_letter && (n == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return n > 0;
}

static void put_name(struct ic_writer *w, const char *name, bool with_colon)
{
    if (!is_name(name, with_colon)) {
        IC_TRAP("metrics: malformed name");
    }
    ic_put_bytes(w, ic_bytes_from_text(name));
}

/* Escaped as in label values; help texts leave quotes as they are. */
static void put_escaped(struct ic_writer *w, struct ic_bytes text, bool with_quotes)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.at[i];
        if (c == '\n') {
            IC_PUT_LIT(w, "\\n");
        } else {
            if (c == '\\' || (with_quotes && c == '"')) {
                IC_PUT_LIT(w, "\\");
            }
            ic_put_u8(w, c);
        }
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void head_put(struct ic_writer *w, const char *name, const char *help, const char *kind)
{
    IC_PUT_LIT(w, "# HELP ");
    put_name(w, name, true);
    IC_PUT_LIT(w, " ");
    put_escaped(w, ic_bytes_from_text(help), false);
    IC_PUT_LIT(w, "\n# TYPE ");
    ic_put_bytes(w, ic_bytes_from_text(name));
    IC_PUT_LIT(w, " ");
    ic_put_bytes(w, ic_bytes_from_text(kind));
    IC_PUT_LIT(w, "\n");
}

void ic_metric_head(struct ic_writer *w, const char *name, const char *help,
                    enum ic_metric_kind kind)
{
    const char *text = NULL;
    switch (kind) {
    case IC_METRIC_COUNTER:
        text = "counter";
        break;
    case IC_METRIC_GAUGE:
        text = "gauge";
        break;
    }
    ic_assert(text != NULL);
    head_put(w, name, help, text);
}

/* Up to where the value stands. */
static void start_put(struct ic_writer *w, const char *name, const char *suffix,
                      const struct ic_metric_label *labels, size_t label_count)
{
    put_name(w, name, true);
    ic_put_bytes(w, ic_bytes_from_text(suffix));
    for (size_t i = 0; i < label_count; i++) {
        ic_put_u8(w, i == 0 ? '{' : ',');
        put_name(w, labels[i].name, false);
        IC_PUT_LIT(w, "=\"");
        put_escaped(w, labels[i].value, true);
        IC_PUT_LIT(w, "\"");
    }
    ic_put_bytes(w, label_count > 0 ? IC_BYTES_LIT("} ") : IC_BYTES_LIT(" "));
}

static void end_put(struct ic_writer *w, uint64_t time_ns)
{
    if (time_ns != 0) {
        IC_PUT_LIT(w, " ");
        ic_put_decimal(w, time_ns / NS_PER_MS);
    }
    IC_PUT_LIT(w, "\n");
}

void ic_metric_u64(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                   size_t label_count, uint64_t value, uint64_t time_ns)
{
    start_put(w, name, "", labels, label_count);
    ic_put_decimal(w, value);
    end_put(w, time_ns);
}

void ic_metric_i64(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                   size_t label_count, int64_t value, uint64_t time_ns)
{
    start_put(w, name, "", labels, label_count);
    if (value < 0) {
        IC_PUT_LIT(w, "-");
    }
    ic_put_decimal(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    end_put(w, time_ns);
}

void ic_metric_u128(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                    size_t label_count, ic_u128 value, uint64_t time_ns)
{
    start_put(w, name, "", labels, label_count);
    ic_put_u128_decimal(w, value);
    end_put(w, time_ns);
}

void ic_metric_decimal(struct ic_writer *w, const char *name, const struct ic_metric_label *labels,
                       size_t label_count, uint64_t value, unsigned decimals, uint64_t time_ns)
{
    ic_assert(decimals <= IC_METRIC_DECIMALS_MAX);
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    start_put(w, name, "", labels, label_count);
    ic_put_decimal(w, value / unit);
    if (decimals > 0) {
        IC_PUT_LIT(w, ".");
        for (uint64_t rest = value % unit; unit > 1; rest %= unit) {
            unit /= 10;
            ic_put_u8(w, (uint8_t)('0' + rest / unit));
        }
    }
    end_put(w, time_ns);
}

/* ---- histograms ------------------------------------------------------------------------------ */

static void bucket_put(struct ic_writer *w, const char *name, struct ic_bytes bound,
                       uint64_t observations, uint64_t time_ns)
{
    const struct ic_metric_label label = {.name = "le", .value = bound};
    start_put(w, name, "_bucket", &label, 1);
    ic_put_decimal(w, observations);
    end_put(w, time_ns);
}

void ic_metric_histogram(struct ic_writer *w, const char *name, const char *help,
                         const uint64_t *bounds, const uint64_t *counts, size_t count, uint64_t sum,
                         uint64_t time_ns)
{
    uint64_t observations = 0;
    head_put(w, name, help, "histogram");
    for (size_t i = 0; i < count; i++) {
        uint8_t digits[20];
        struct ic_writer bound;
        ic_assert(i == 0 || bounds[i - 1] < bounds[i]);
        ic_writer_init(&bound, digits, sizeof digits);
        ic_put_decimal(&bound, bounds[i]);
        observations = ic_sat_add_u64(observations, counts[i]);
        bucket_put(w, name, ic_writer_bytes(&bound), observations, time_ns);
    }
    observations = ic_sat_add_u64(observations, counts[count]);
    bucket_put(w, name, IC_BYTES_LIT("+Inf"), observations, time_ns);
    start_put(w, name, "_sum", NULL, 0);
    ic_put_decimal(w, sum);
    end_put(w, time_ns);
    start_put(w, name, "_count", NULL, 0);
    ic_put_decimal(w, observations);
    end_put(w, time_ns);
}

/* ---- the canister ---------------------------------------------------------------------------- */

static void gauge_put(struct ic_writer *w, const char *name, const char *help, ic_u128 value,
                      uint64_t time_ns)
{
    ic_metric_head(w, name, help, IC_METRIC_GAUGE);
    ic_metric_u128(w, name, NULL, 0, value, time_ns);
}

void ic_metrics_put_canister(struct ic_writer *w, uint64_t time_ns)
{
    gauge_put(w, "canister_cycles_balance", "Cycles of the canister.", ic_cycles_balance(),
              time_ns);
    gauge_put(w, "canister_cycles_liquid", "Cycles it can spend before it freezes.",
              ic_cycles_liquid(), time_ns);
    gauge_put(w, "canister_heap_bytes", "Wasm memory.", ic_heap_bytes(), time_ns);
    gauge_put(w, "canister_stable_bytes", "Stable memory.",
              (ic_u128)ic_stable_pages() * IC_STABLE_PAGE_BYTES, time_ns);
    gauge_put(w, "canister_version", "Grows with changes of code, settings and state.",
              ic_canister_version(), time_ns);
}
