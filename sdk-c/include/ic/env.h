/* Environment variables of the canister: texts that its controllers set with update_settings, for what
 * differs between deployments of the same Wasm (ids of other canisters, names of keys).
 *
 * They can change between any two messages, so read them when they are needed and check what they
 * say. Natively the twin sets them: ic_host_variable_set.
 *
 * SPEC: IC interface specification, "Environment variables": at most 20, in the order of their names. */
#ifndef IC_ENV_H
#define IC_ENV_H

#include "ic/arena.h"

#define IC_ENV_COUNT_MAX 20u
#define IC_ENV_BYTES_MAX 128u /* of a name, and of a value */

uint32_t ic_env_count(void);

/* ic_env_find copies the value of a variable into the arena: UTF-8.
 *   name      UTF-8; a longer one than IC_ENV_BYTES_MAX names nothing
 *   returns   false when there is none of this name, or no room; *out is untouched then */
IC_MUST_USE bool ic_env_find(struct ic_bytes *out, struct ic_bytes name, struct ic_arena *a);

/* ic_env_name_at copies the index-th name; false when there are fewer or no room. */
IC_MUST_USE bool ic_env_name_at(struct ic_bytes *out, uint32_t index, struct ic_arena *a);

/* ic_env_principal reads a variable as a canister's or user's id in text form: what they are used for
 * most. False also when it is not one. */
struct ic_principal;
IC_MUST_USE bool ic_env_principal(struct ic_principal *out, struct ic_bytes name);

#endif
