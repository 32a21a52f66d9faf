/* What of ic/env.h needs no system. */
#include "ic/env.h"

#include "ic/principal.h"

bool ic_env_principal(struct ic_principal *out, struct ic_bytes name)
{
    uint8_t memory[IC_ENV_BYTES_MAX + IC_ARENA_ALIGN];
    struct ic_arena arena;
    struct ic_bytes value;
    ic_arena_init(&arena, memory, sizeof memory);
    return ic_env_find(&value, name, &arena) && ic_principal_from_text(out, value);
}
