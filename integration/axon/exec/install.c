/* Installing code. SPEC: ic-system 7.1 - 7.3
 *
 * The hooks are up to three executions - pre_upgrade on the old instance, start and init or
 * post_upgrade on the new one - that must take effect together. So the old instance stays as it is,
 * its last changes pending, until everything has gone well; stable memory is bracketed; and the few
 * things a canister tells the system are saved before and put back on failure. */
#include "exec/exec.h"
#include "exec/lifecycle.h"

#include <assert.h>

struct install {
    struct axon_network *net;
    struct axon_canister *canister;
    const struct axon_install_request *request;
    struct axon_answer *answer;
    uint64_t limit; /* of all hooks together, or of each with axon_set_limit */
    uint64_t used;
    struct axon_code *code;         /* new */
    struct axon_instance *instance; /* new */
    struct axon_stable *stable;     /* new; the old one in an upgrade */
    uint64_t log_index;             /* of the first record that the hooks add */
};

/* What is put back on failure. */
struct saved {
    uint8_t certified_data[AXON_CERTIFIED_DATA_BYTES_MAX];
    size_t certified_data_size;
    uint64_t timer_ns;
    axon_u128 cycles;
};

static struct saved save(const struct axon_canister *c)
{
    struct saved saved = {.certified_data_size = c->certified_data_size,
                          .timer_ns = c->timer_ns,
                          .cycles = c->cycles};
    memcpy(saved.certified_data, c->certified_data, sizeof saved.certified_data);
    return saved;
}

static void restore(struct axon_canister *c, const struct saved *saved)
{
    memcpy(c->certified_data, saved->certified_data, sizeof saved->certified_data);
    c->certified_data_size = saved->certified_data_size;
    c->timer_ns = saved->timer_ns;
    c->cycles = saved->cycles;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static bool has_persistent_heap(const struct axon_code *code)
{
    const struct axon_wasm *module = axon_code_wasm(code);
    for (size_t i = 0; i < axon_wasm_metadata_count(module); i++) {
        const struct axon_wasm_metadata *metadata = axon_wasm_metadata_at(module, i);
        if (!metadata->is_public &&
            ic_bytes_is_equal(metadata->name, IC_BYTES_LIT("enhanced-orthogonal-persistence"))) {
            return true;
        }
    }
    return false;
}

/* Heaps are never kept here, so a module that counts on it must not be upgraded silently. */
static bool check_persistence(const struct install *in)
{
    const struct axon_canister *c = in->canister;
    if (in->request->mode != AXON_UPGRADE) {
        return true;
    }
    if (in->request->persistence_keep) {
        axon_answer_fail_framed(in->answer, &c->id, AXON_E_CONTRACT,
                                "Canister violated contract: Invalid upgrade option: "
                                "wasm_memory_persistence = keep is not supported");
        return false;
    }
    if (has_persistent_heap(c->code) && !in->request->persistence_given) {
        axon_answer_fail_framed(in->answer, &c->id, AXON_E_CONTRACT,
                                "Canister violated contract: Missing upgrade option: "
                                "wasm_memory_persistence is needed by the enhanced orthogonal "
                                "persistence of this canister");
        return false;
    }
    return true;
}

static bool check_mode(const struct install *in)
{
    const struct axon_canister *c = in->canister;
    if (in->request->mode == AXON_INSTALL && c->code != NULL) {
        axon_answer_fail(in->answer, AXON_E_NOT_EMPTY,
                         "Canister %s cannot be installed because the canister is not empty. Try "
                         "installing with mode='reinstall' instead.",
                         AXON_TEXT(&c->id));
        return false;
    }
    if (in->request->mode == AXON_UPGRADE && c->code == NULL) {
        axon_answer_fail_framed(in->answer, &c->id, AXON_E_NO_MODULE,
                                "Attempted to execute a message, but the canister contains no "
                                "Wasm module.");
        return false;
    }
    return check_persistence(in);
}

static bool load(struct install *in)
{
    struct axon_buf why = {0};
    in->code = axon_code_load(axon_engine_shared(), in->request->module, in->net->validation, &why);
    if (in->code == NULL) {
        axon_answer_fail_framed(in->answer, &in->canister->id, AXON_E_INVALID_WASM,
                                "Canister's Wasm module is not valid: %s", axon_buf_text(&why));
    }
    axon_buf_free(&why);
    return in->code != NULL;
}

/* ---- hooks ----------------------------------------------------------------------------------- */

/* Effects of a hook that returned, memories apart. */
static void take_effects(struct axon_exec *x)
{
    struct axon_canister *c = x->canister;
    c->cycles = x->balance;
    if (x->certified_set) {
        memcpy(c->certified_data, x->certified, x->certified_size);
        c->certified_data_size = x->certified_size;
    }
    if (x->timer_set) {
        c->timer_ns = x->timer_ns;
    }
}

static bool run_hook(struct install *in, struct axon_instance *instance, enum axon_mode mode,
                     const char *kind, const struct axon_entry *entry)
{
    struct axon_exec x;
    bool is_each = in->net->limit_override != 0;
    axon_exec_init(&x, in->net, in->canister, mode, kind);
    x.instance = instance;
    x.caller = in->request->sender;
    x.has_arg = mode == AXON_MODE_INIT;
    x.arg = in->request->arg;
    x.version = in->canister->version + (instance == in->instance ? 1 : 0);
    axon_exec_run(&x, entry, is_each || in->used > in->limit ? in->limit : in->limit - in->used);
    in->used += x.billed;
    bool ok = !axon_exec_failed(&x);
    if (ok) {
        take_effects(&x);
        if (instance == in->instance) {
            axon_instance_commit(instance);
        } else {
            axon_stable_commit(in->stable); /* the old heap may still be needed */
        }
    } else {
        axon_answer_free(in->answer);
        *in->answer = x.failure;
        x.failure = (struct axon_answer){.error = AXON_OK};
    }
    axon_exec_free(&x);
    return ok;
}

static bool run_export(struct install *in, struct axon_instance *instance,
                       const struct axon_code *code, enum axon_mode mode, const char *kind,
                       const char *export_name)
{
    struct axon_entry entry = {.export_name = export_name};
    return !axon_wasm_has_function(axon_code_wasm(code), ic_bytes_from_text(export_name)) ||
           run_hook(in, instance, mode, kind, &entry);
}

static bool run_pre_upgrade(struct install *in)
{
    struct axon_canister *c = in->canister;
    return in->request->mode != AXON_UPGRADE || in->request->skip_pre_upgrade ||
           run_export(in, c->instance, c->code, AXON_MODE_PRE_UPGRADE, "pre_upgrade",
                      "canister_pre_upgrade");
}

static bool run_start(struct install *in)
{
    struct axon_entry entry = {.start = true};
    return !axon_wasm_has_start(axon_code_wasm(in->code)) ||
           run_hook(in, in->instance, AXON_MODE_START, "start", &entry);
}

static bool run_init(struct install *in)
{
    bool is_upgrade = in->request->mode == AXON_UPGRADE;
    return run_export(in, in->instance, in->code, AXON_MODE_INIT,
                      is_upgrade ? "post_upgrade" : "init",
                      is_upgrade ? "canister_post_upgrade" : "canister_init");
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool run_hooks(struct install *in)
{
    struct axon_canister *c = in->canister;
    bool is_upgrade = in->request->mode == AXON_UPGRADE;
    in->stable = is_upgrade ? c->stable : axon_stable_new();
    axon_stable_begin(in->stable);
    if (!run_pre_upgrade(in)) {
        return false;
    }
    c->timer_ns = 0;
    c->certified_data_size = is_upgrade ? c->certified_data_size : 0;
    in->instance = axon_instance_new(in->code, in->stable);
    if (in->instance == NULL) {
        axon_answer_fail_framed(in->answer, &c->id, AXON_E_INVALID_WASM,
                                "Canister's Wasm module is not valid: a data or element segment "
                                "does not fit");
        return false;
    }
    return run_start(in) && run_init(in);
}

/* The new code takes the place of the old. */
static void succeed(struct install *in)
{
    struct axon_canister *c = in->canister;
    bool is_upgrade = in->request->mode == AXON_UPGRADE;
    axon_stable_end(in->stable, true);
    if (c->code != NULL) {
        axon_instance_free(c->instance);
        axon_code_release(c->code);
        if (!is_upgrade) {
            axon_stable_free(c->stable);
            axon_log_drop_before(&c->log, in->log_index);
        }
    }
    c->code = in->code;
    c->instance = in->instance;
    c->stable = in->stable;
    c->module_bytes = in->request->module.size;
    c->version++;
    axon_answer_reply(in->answer, (struct ic_bytes){.at = NULL, .size = 0});
}

static void fail(struct install *in, const struct saved *saved)
{
    struct axon_canister *c = in->canister;
    if (in->instance != NULL) {
        axon_instance_rollback(in->instance);
        axon_instance_free(in->instance);
    }
    if (in->request->mode == AXON_UPGRADE) {
        axon_instance_rollback(c->instance);
        axon_stable_end(in->stable, false);
    } else {
        axon_stable_free(in->stable);
    }
    axon_code_release(in->code);
    restore(c, saved);
}

/* The price of the whole limit is needed to begin, as for every execution. */
static bool prepay(const struct install *in, axon_u128 *prepaid)
{
    struct axon_canister *c = in->canister;
    *prepaid = in->net->free_cycles ? 0 : axon_execution_cost(in->limit);
    if (*prepaid <= axon_u128_sub(c->cycles, axon_canister_freezing_balance(in->net, c))) {
        c->cycles -= *prepaid;
        return true;
    }
    axon_answer_fail(in->answer, AXON_E_OUT_OF_CYCLES,
                     "Canister installation failed with `Canister %s is out of cycles`",
                     AXON_TEXT(&c->id));
    return false;
}

void axon_install_code(struct axon_network *net, struct axon_canister *c,
                       const struct axon_install_request *request, struct axon_answer *answer,
                       uint64_t *instructions)
{
    axon_u128 prepaid;
    struct install in = {.net = net,
                         .canister = c,
                         .request = request,
                         .answer = answer,
                         .limit = axon_limit_install(net),
                         .log_index = c->log.next_index};
    *instructions = 0;
    if (!check_mode(&in) || !prepay(&in, &prepaid)) {
        return;
    }
    /* Compiling is paid and counts against the limit, but is not part of what is reported. */
    bool is_valid = load(&in);
    uint64_t compiled = is_valid ? axon_code_instruction_count(in.code) : request->module.size;
    uint64_t compiling = compiled * AXON_COMPILE_INSTRUCTIONS;
    compiling = compiling < in.limit ? compiling : in.limit;
    in.used = compiling;
    if (is_valid) {
        struct saved saved = save(c);
        if (run_hooks(&in)) {
            succeed(&in);
        } else {
            fail(&in, &saved);
        }
    }
    *instructions = in.used - compiling;
    if (!net->free_cycles) {
        uint64_t used = in.used < in.limit ? in.used : in.limit;
        c->cycles = axon_u128_add(c->cycles, axon_u128_sub(prepaid, axon_execution_cost(used)));
    }
}

void axon_install(struct axon_network *net, struct axon_outcome *out,
                  const struct ic_principal *sender, const struct ic_principal *canister,
                  enum axon_install_mode mode, struct ic_bytes module, struct ic_bytes arg)
{
    struct axon_answer answer = {.error = AXON_OK};
    struct axon_canister *c = axon_canister_get(net, canister);
    uint64_t instructions = 0;
    if (c == NULL) {
        axon_answer_fail(&answer, AXON_E_NOT_FOUND, "Canister %s not found", AXON_TEXT(canister));
    } else if (!axon_canister_is_controller(c, sender)) {
        axon_answer_not_controller(&answer, c, sender);
    } else {
        const struct axon_install_request request = {
            .mode = mode, .module = module, .arg = arg, .sender = *sender};
        axon_install_code(net, c, &request, &answer, &instructions);
    }
    axon_outcome_from_answer(out, &answer);
    out->instructions = instructions;
    out->refused = false;
    axon_answer_free(&answer);
}
