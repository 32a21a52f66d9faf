#include "exec/methods.h"

bool axon_canister_is_callable(const struct axon_canister *c, struct axon_answer *answer)
{
    if (c->run_state == AXON_STOPPED) {
        axon_answer_fail(answer, AXON_E_STOPPED, "Canister %s is stopped", AXON_TEXT(&c->id));
        return false;
    }
    if (c->run_state == AXON_STOPPING) {
        axon_answer_fail(answer, AXON_E_STOPPING, "Canister %s is stopping", AXON_TEXT(&c->id));
        return false;
    }
    if (c->code == NULL) {
        axon_answer_fail_framed(answer, &c->id, AXON_E_NO_MODULE,
                                "Attempted to execute a message, but the canister contains no "
                                "Wasm module.");
        return false;
    }
    return true;
}

const struct axon_wasm_method *axon_method_find(const struct axon_canister *c, struct ic_bytes name)
{
    const struct axon_wasm *module = axon_code_wasm(c->code);
    if (name.size > 0 && memchr(name.at, '\0', name.size) != NULL) {
        return NULL; /* the engine looks exports up by C strings */
    }
    for (size_t i = 0; i < axon_wasm_method_count(module); i++) {
        const struct axon_wasm_method *method = axon_wasm_method_at(module, i);
        if (ic_bytes_is_equal(method->name, name)) {
            return method;
        }
    }
    return NULL;
}

void axon_method_missing(const struct axon_canister *c, const char *kind, struct ic_bytes name,
                         struct axon_answer *answer)
{
    axon_answer_fail_framed(answer, &c->id, AXON_E_NO_METHOD, "Canister has no %s method '", kind);
    axon_buf_append_utf8_lossy(&answer->bytes, name);
    axon_buf_append_text(&answer->bytes, "'.");
}
