/* Modules from text, for tests:
 *
 *     "1: 01 60 00 00; 3: 01 00; 7: 01 'canister_init' 00 00; 10: 01 02 00 0b"
 *
 * is a header and four sections by id; bytes are hex, 'text' is a length and its characters, {items}
 * (not nested) a length and these items. Section sizes are filled in. */
#ifndef AXON_WASM_TEST_BUILD_H
#define AXON_WASM_TEST_BUILD_H

#include "base/buf.h"

void build_module(struct axon_buf *out, const char *sections);
/* Pieces, for modules that are too large for a text. */
void build_header(struct axon_buf *out);
void build_items(struct axon_buf *out, const char *items);
void build_number(struct axon_buf *out, uint64_t value);
void build_section(struct axon_buf *out, uint8_t id, const struct axon_buf *content);

#endif
