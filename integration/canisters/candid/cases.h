/* The official Candid assertions: integration/vectors/candid/assertions.jsonl, see README there. */
#ifndef CANDID_CASES_H
#define CANDID_CASES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CASES_PATH "integration/vectors/candid/assertions.jsonl"
#define CASES_MAX 1024u

struct cases_assertion {
    json_t *json;
    unsigned type; /* number of its types among the distinct ones, in order of first use */
};

struct cases {
    struct cases_assertion assertions[CASES_MAX];
    size_t count;
    const char *types[CASES_MAX]; /* distinct, as Candid source in parentheses */
    size_t type_count;
};

/* cases_load reads all assertions, from the repository root. Returns false when the file is not
 * there or not as its README says. */
bool cases_load(struct cases *cases);
void cases_free(struct cases *cases);

/* A text member, or NULL. */
const char *cases_get(const struct cases_assertion *assertion, const char *key);

#endif
