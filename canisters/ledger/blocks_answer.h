/* The answers of query_blocks and query_encoded_blocks, sent while they are made. SPEC: ledger 8.4
 *
 * Up to 2,000 blocks are answered at once, and each reply byte costs 50 instructions whatever is done;
 * so what is done besides matters. The general encoder would walk a descriptor for each of 20 fields
 * and want every block in memory as a struct, then as bytes. Here the answer without its blocks is
 * encoded by candid_encode, and the blocks are put between by straight code, through one small buffer
 * that is reused. The reply is, byte for byte, what candid_encode makes of the whole; a test holds the
 * two against each other. */
#ifndef CANISTERS_LEDGER_BLOCKS_ANSWER_H
#define CANISTERS_LEDGER_BLOCKS_ANSWER_H

#include "ic/candid_msg.h"
#include "ledger/block.h"

/* A reply under way. */
struct blocks_answer {
    uint8_t *start;       /* of the buffer */
    uint8_t *at;          /* where the next byte goes */
    const uint8_t *end;   /* of the buffer */
    struct ic_bytes tail; /* of the reply: what comes behind the blocks */
};

/* blocks_answer_start begins a reply.
 *   method   its answer is a record whose fields are, in the order of Candid: things, the list of
 *            blocks, chain_length, first_block_index, the list of archives
 *   out      the answer, both lists empty
 *   count    of the blocks that follow */
void blocks_answer_start(struct blocks_answer *a, const struct candid_method *method,
                         const void *out, size_t count);

/* blocks_answer_put adds a block as a record, blocks_answer_put_encoded one as a blob. */
void blocks_answer_put(struct blocks_answer *a, struct ic_bytes record);
void blocks_answer_put_encoded(struct blocks_answer *a, struct ic_bytes record);

/* blocks_answer_end sends the rest and replies. */
void blocks_answer_end(struct blocks_answer *a);

#endif
