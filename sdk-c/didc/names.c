/* Candid names as C names. */
#include "graph.h"

#include <stdio.h>

/* C keywords, and macros of the headers that generated code includes. */
static const char *const TAKEN[] = {
    "auto",     "break",    "case",     "char",   "const",    "continue", "default",  "do",
    "double",   "else",     "enum",     "extern", "float",    "for",      "goto",     "if",
    "inline",   "int",      "long",     "register", "restrict", "return", "short",    "signed",
    "sizeof",   "static",   "struct",   "switch", "typedef",  "union",    "unsigned", "void",
    "volatile", "while",    "bool",     "true",   "false",    "asm",      "typeof",   "alignas",
    "alignof",  "constexpr", "nullptr", "thread_local", "static_assert", "noreturn", "linux", "unix",
};

struct did_names {
    struct did_pool *pool;
    const char **at; /* hash table */
    size_t capacity;
    size_t count;
};

struct did_names *did_names_new(struct did_pool *pool)
{
    struct did_names *names = did_pool_alloc(pool, sizeof *names);
    names->pool = pool;
    names->capacity = 64;
    names->at = did_pool_alloc(pool, names->capacity * sizeof *names->at);
    return names;
}

static const char **slot(struct did_names *names, const char *name)
{
    const uint64_t hash = candid_hash(ic_bytes_from_text(name)) * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(hash >> 24) & (names->capacity - 1);
    while (names->at[i] != NULL && strcmp(names->at[i], name) != 0) {
        i = (i + 1) & (names->capacity - 1);
    }
    return &names->at[i];
}

static void grow(struct did_names *names)
{
    const char **old = names->at;
    const size_t old_capacity = names->capacity;
    names->capacity *= 2;
    names->at = did_pool_alloc(names->pool, names->capacity * sizeof *names->at);
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i] != NULL) {
            *slot(names, old[i]) = old[i];
        }
    }
}

bool did_name_is_reserved(struct ic_bytes name)
{
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++) {
        if (ic_bytes_is_equal(ic_bytes_from_text(TAKEN[i]), name)) {
            return true;
        }
    }
    return false;
}

bool did_name_is_used(struct did_names *names, const char *name)
{
    return *slot(names, name) != NULL;
}

const char *did_name_unique(struct did_names *names, const char *wanted)
{
    if (2 * names->count >= names->capacity) {
        grow(names);
    }
    const char *name = did_name_is_reserved(ic_bytes_from_text(wanted))
                           ? did_pool_printf(names->pool, "%s_", wanted)
                           : wanted;
    /* After a few underscores a number, so that many equal names stay cheap. */
    for (unsigned n = 2; *slot(names, name) != NULL; n++) {
        name = n < 4 ? did_pool_printf(names->pool, "%s_", name)
                     : did_pool_printf(names->pool, "%s_%u", wanted,
                                       (unsigned)names->count + n);
    }
    *slot(names, name) = name;
    names->count++;
    return name;
}

static bool is_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(int c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* A word begins at an upper-case letter after a lower-case one or a digit, and at the last of
 * several upper-case ones if a lower-case one follows: ICRCFee is icrc_fee. */
static bool begins_word(struct ic_bytes name, size_t i)
{
    if (i == 0 || !is_upper(name.at[i])) {
        return false;
    }
    const int before = name.at[i - 1];
    const int after = i + 1 < name.size ? name.at[i + 1] : 0;
    return is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(after));
}

/* Longer names are cut; clashes that makes are resolved like others. */
#define C_NAME_BYTES_MAX 120u

static bool becomes_underscore(int c)
{
    return !is_upper(c) && !is_lower(c) && !is_digit(c);
}

/* Names that begin with two underscores are the compiler's: __attribute__, __LINE__. */
static bool begins_reserved(struct ic_bytes name)
{
    return name.size > 1 && becomes_underscore(name.at[0]) && becomes_underscore(name.at[1]);
}

const char *did_name_snake(struct did_pool *pool, struct ic_bytes name)
{
    char out[2 * C_NAME_BYTES_MAX + 4];
    size_t n = 0;
    if (name.size == 0 || is_digit(name.at[0]) || begins_reserved(name)) {
        out[n++] = 'f';
    }
    for (size_t i = 0; i < name.size && n < C_NAME_BYTES_MAX; i++) {
        const int c = name.at[i];
        if (begins_word(name, i)) {
            out[n++] = '_';
        }
        out[n++] = is_upper(c) ? (char)(c | 32) : is_lower(c) || is_digit(c) ? (char)c : '_';
    }
    out[n] = 0;
    return did_pool_printf(pool, "%s", out);
}

const char *did_name_upper(struct did_pool *pool, const char *name)
{
    const struct ic_bytes copy = did_pool_copy(pool, ic_bytes_from_text(name));
    char *upper = did_pool_alloc(pool, copy.size + 1);
    for (size_t i = 0; i < copy.size; i++) {
        upper[i] = is_lower(copy.at[i]) ? (char)(copy.at[i] & ~32) : (char)copy.at[i];
    }
    return upper;
}
