/* Where the canister runs, and what it tells the system. SPEC: ic-system 2.4 "Identity and status",
 * "Time and timer", "Certified data", 11.6 */
#include "ic0/ic0.h"
#include "ic0/memory.h"

bool ic0_canister_self_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->canister->id.size;
    return true;
}

bool ic0_canister_self_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes self = ic_principal_bytes(&x->canister->id);
    return ic0_heap_copy(x, "canister_self_copy", self, a[0], a[1], a[2]);
}

bool ic0_canister_status(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = (uint64_t)x->canister->run_state;
    return true;
}

bool ic0_canister_version(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->version;
    return true;
}

bool ic0_subnet_self_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->net->subnet.size;
    return true;
}

bool ic0_subnet_self_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes subnet = ic_principal_bytes(&x->net->subnet);
    return ic0_heap_copy(x, "subnet_self_copy", subnet, a[0], a[1], a[2]);
}

bool ic0_root_key_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->net->root_key.size;
    return true;
}

bool ic0_root_key_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes key = axon_buf_bytes(&x->net->root_key);
    return ic0_heap_copy(x, "root_key_copy", key, a[0], a[1], a[2]);
}

/* ---- certified data -------------------------------------------------------------------------- */

bool ic0_certified_data_set(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes data;
    if (a[1] > AXON_CERTIFIED_DATA_BYTES_MAX) {
        return axon_exec_violate(x,
                                 "ic0.certified_data_set: certified data of %llu bytes exceeds "
                                 "the limit of %u",
                                 (unsigned long long)a[1], AXON_CERTIFIED_DATA_BYTES_MAX);
    }
    if (!ic0_heap_view(x, &data, "certified_data_set", a[0], a[1])) {
        return false;
    }
    if (data.size > 0) {
        memcpy(x->certified, data.at, data.size);
    }
    x->certified_size = data.size;
    x->certified_set = true;
    return true;
}

bool ic0_data_certificate_present(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->certificate_wanted;
    return true;
}

static bool need_certificate(struct axon_exec *x, const char *call)
{
    if (!x->certificate_wanted) {
        return axon_exec_violate(x, "ic0.%s: there is no data certificate", call);
    }
    if (x->certificate.size == 0) {
        x->net->certify(x->net->certify_context, x->net, &x->canister->id, &x->certificate);
    }
    return true;
}

bool ic0_data_certificate_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    if (!need_certificate(x, "data_certificate_size")) {
        return false;
    }
    *r = x->certificate.size;
    return true;
}

bool ic0_data_certificate_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return need_certificate(x, "data_certificate_copy") &&
           ic0_heap_copy(x, "data_certificate_copy", axon_buf_bytes(&x->certificate), a[0], a[1],
                         a[2]);
}

/* ---- time ------------------------------------------------------------------------------------ */

bool ic0_time(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->net->time_ns;
    return true;
}

bool ic0_global_timer_set(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    *r = x->timer_set ? x->timer_ns : x->canister->timer_ns;
    x->timer_set = true;
    x->timer_ns = a[0];
    return true;
}

bool ic0_performance_counter(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    uint64_t used = axon_instance_used(x->instance);
    switch ((uint32_t)a[0]) {
    case 0:
        *r = used;
        return true;
    case 1:
        *r = x->context_instructions + used;
        return true;
    default:
        return axon_exec_violate(x, "ic0.performance_counter: the type %u is not known",
                                 (unsigned)a[0]);
    }
}

bool ic0_is_controller(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    struct ic_bytes bytes;
    struct ic_principal id;
    if (!ic0_heap_view(x, &bytes, "is_controller", a[0], a[1])) {
        return false;
    }
    if (!ic_principal_from_bytes(&id, bytes)) {
        return axon_exec_violate(x, "ic0.is_controller: %zu bytes are not a principal", bytes.size);
    }
    *r = axon_canister_is_controller(x->canister, &id);
    return true;
}

bool ic0_in_replicated_execution(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = axon_mode_is_replicated(x->mode);
    return true;
}

/* ---- environment variables ------------------------------------------------------------------- */

static const struct axon_variable *variable_at(struct axon_exec *x, const char *call,
                                               uint64_t index)
{
    const struct axon_settings *s = &x->canister->settings;
    if (index < s->variable_count) {
        return &s->variables[index];
    }
    axon_exec_violate(x, "ic0.%s: the index %llu is out of bounds: there are %zu variables", call,
                      (unsigned long long)index, s->variable_count);
    return NULL;
}

static bool name_view(struct axon_exec *x, struct ic_bytes *name, const char *call,
                      const uint64_t *a)
{
    if (a[1] > AXON_ENVIRONMENT_BYTES_MAX) {
        return axon_exec_violate(x, "ic0.%s: the name is longer than %u bytes", call,
                                 AXON_ENVIRONMENT_BYTES_MAX);
    }
    return ic0_heap_view(x, name, call, a[0], a[1]) &&
           (axon_utf8_is_valid(*name) ||
            axon_exec_violate(x, "ic0.%s: the name is not valid UTF-8", call));
}

/* NULL: there is none of this name. */
static const struct axon_variable *variable_find(const struct axon_exec *x, struct ic_bytes name)
{
    const struct axon_settings *s = &x->canister->settings;
    for (size_t i = 0; i < s->variable_count; i++) {
        if (ic_bytes_is_equal(axon_short_text_bytes(&s->variables[i].name), name)) {
            return &s->variables[i];
        }
    }
    return NULL;
}

static const struct axon_variable *variable_named(struct axon_exec *x, const char *call,
                                                  const uint64_t *a)
{
    struct ic_bytes name;
    if (!name_view(x, &name, call, a)) {
        return NULL;
    }
    const struct axon_variable *v = variable_find(x, name);
    if (v == NULL) {
        axon_exec_violate(x, "ic0.%s: there is no variable of this name", call);
    }
    return v;
}

bool ic0_env_var_count(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->canister->settings.variable_count;
    return true;
}

bool ic0_env_var_name_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    const struct axon_variable *v = variable_at(x, "env_var_name_size", a[0]);
    *r = v == NULL ? 0 : v->name.size;
    return v != NULL;
}

bool ic0_env_var_name_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    const struct axon_variable *v = variable_at(x, "env_var_name_copy", a[0]);
    return v != NULL && ic0_heap_copy(x, "env_var_name_copy", axon_short_text_bytes(&v->name), a[1],
                                      a[2], a[3]);
}

bool ic0_env_var_name_exists(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    struct ic_bytes name;
    if (!name_view(x, &name, "env_var_name_exists", a)) {
        return false;
    }
    *r = variable_find(x, name) != NULL;
    return true;
}

bool ic0_env_var_value_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    const struct axon_variable *v = variable_named(x, "env_var_value_size", a);
    *r = v == NULL ? 0 : v->value.size;
    return v != NULL;
}

bool ic0_env_var_value_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    const struct axon_variable *v = variable_named(x, "env_var_value_copy", a);
    return v != NULL && ic0_heap_copy(x, "env_var_value_copy", axon_short_text_bytes(&v->value),
                                      a[2], a[3], a[4]);
}
