/* The native twin of ic/env.h. */
#ifndef IC_HOST_ENV_H
#define IC_HOST_ENV_H

#include "ic/bytes.h"

/* ic_host_variable_set sets or replaces a variable; texts are NUL-terminated and copied. As in the
 * system at most IC_ENV_COUNT_MAX, of IC_ENV_BYTES_MAX bytes; aborts beyond. */
void ic_host_variable_set(const char *name, const char *value);
void ic_host_variables_reset(void);

#endif
