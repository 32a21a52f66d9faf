/* The tests of the web part: the small rules, and whole sites behind a gateway. */
#ifndef IC_TEST_HTTP_H
#define IC_TEST_HTTP_H

#include "test/check.h"

#include "ic/http.h"
#include "ic/trap.h"

/* Number of failed tests. */
int test_http_parts(void);

#endif
