/* ic/env.h over the system API. */
#include "ic/env.h"

#include "ic/ic0.h"
#include "ic/text.h"

uint32_t ic_env_count(void)
{
    return ic0_env_var_count();
}

bool ic_env_find(struct ic_bytes *out, struct ic_bytes name, struct ic_arena *a)
{
    if (name.size > IC_ENV_BYTES_MAX || !ic_utf8_is_valid(name) ||
        ic0_env_var_name_exists(name.at, name.size) == 0) {
        return false;
    }
    uint32_t size = ic0_env_var_value_size(name.at, name.size);
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic0_env_var_value_copy(name.at, name.size, at, 0, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}

bool ic_env_name_at(struct ic_bytes *out, uint32_t index, struct ic_arena *a)
{
    if (index >= ic0_env_var_count()) {
        return false;
    }
    uint32_t size = ic0_env_var_name_size(index);
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic0_env_var_name_copy(index, at, 0, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}
