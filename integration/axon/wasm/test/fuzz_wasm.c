/* Any bytes give a module or a reason; an instrumented module parses again and counts more. */
#include "wasm/wasm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct axon_wasm_import_rule RULES[] = {
    {"time", ":I"}, {"msg_reply", ":"}, {"msg_arg_data_size", ":i"}, {"stable64_grow", "I:I"},
};

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_instrumented(const struct axon_wasm *m)
{
    struct axon_buf out = {0};
    struct axon_buf why = {0};
    axon_wasm_instrument(m, &out);
    struct axon_wasm *again = axon_wasm_parse(axon_buf_bytes(&out), &why);
    must(again != NULL);
    must(!axon_wasm_has_start(again));
    must(axon_wasm_method_count(again) == axon_wasm_method_count(m));
    must(axon_wasm_instruction_count(again) > axon_wasm_instruction_count(m));
    axon_wasm_free(again);
    axon_buf_free(&out);
    axon_buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct axon_buf why = {0};
    struct axon_wasm *m = axon_wasm_parse((struct ic_bytes){data, size}, &why);
    if (m == NULL || !axon_wasm_validate(m, RULES, sizeof RULES / sizeof RULES[0], &why)) {
        must(why.size > 0 && why.size <= 200);
    }
    if (m != NULL) {
        check_instrumented(m);
    }
    axon_wasm_free(m);
    axon_buf_free(&why);
    return 0;
}
