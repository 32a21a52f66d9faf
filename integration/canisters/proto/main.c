/* Protocol buffers in a canister: methods that speak them, a call to one, and what they cost. */
#include "proto_did.h"

#include "ic/async.h"
#include "ic/msg.h"
#include "ic/pb.h"
#include "ic/stable.h"
#include "ic/trap.h"

#include "nns.pb.h"
#include "sample.pb.h"

#define ARENA_BYTES       (1u << 20)
#define REQUEST_BYTES_MAX 100u /* two numbers, and what later versions may add */
#define BLOCKS_MAX        2000u
#define TOTAL_SUPPLY_E8S  50000000000000001u

/* ---- methods ----------------------------------------------------------------------------------- */

CANDID_EXPORT("canister_query total_supply_pb") void total_supply_pb(void);
void total_supply_pb(void)
{
    struct ic_arena *arena = ic_msg_arena(ARENA_BYTES);
    nns_TotalSupplyRequest request;
    ic_pb_arg(&request, nns_TotalSupplyRequest, REQUEST_BYTES_MAX, arena);
    nns_TotalSupplyResponse reply = {.has_total_supply = true,
                                     .total_supply = {.e8s = TOTAL_SUPPLY_E8S}};
    ic_pb_reply(nns_TotalSupplyResponse, &reply);
}

/* A block is its index in eight bytes, here. */
static void add_block(struct ic_pb_list *blocks, uint64_t index, struct ic_arena *arena)
{
    struct ic_writer w;
    struct ic_bytes packed;
    uint8_t *at = ic_arena_alloc(arena, sizeof index);
    ic_assert(at != NULL);
    ic_writer_init(&w, at, sizeof index);
    ic_put_u64_le(&w, index);
    nns_EncodedBlock block = {.block = ic_writer_bytes(&w)};
    ic_assert(ic_pb_pack(&packed, nns_EncodedBlock, &block, arena));
    ic_assert(ic_pb_list_add(blocks, packed, arena));
}

CANDID_EXPORT("canister_query get_blocks_pb") void get_blocks_pb(void);
void get_blocks_pb(void)
{
    struct ic_arena *arena = ic_msg_arena(ARENA_BYTES);
    nns_GetBlocksRequest request;
    ic_pb_arg(&request, nns_GetBlocksRequest, REQUEST_BYTES_MAX, arena);
    nns_GetBlocksResponse reply = nns_GetBlocksResponse_init_zero;
    if (request.length > BLOCKS_MAX) {
        reply.which_get_blocks_content = nns_GetBlocksResponse_error_tag;
        reply.get_blocks_content.error = IC_BYTES_LIT("at most 2000 blocks at a time");
    } else {
        reply.which_get_blocks_content = nns_GetBlocksResponse_blocks_tag;
        for (uint64_t i = 0; i < request.length; i++) {
            add_block(&reply.get_blocks_content.blocks.blocks, request.start + i, arena);
        }
    }
    ic_pb_reply(nns_GetBlocksResponse, &reply);
}

/* ---- what they cost ---------------------------------------------------------------------------- */

/* Answers u64 instructions for decoding, u64 for encoding, and the message encoded again; with
 * nothing when it was refused. */
static void answer(bool is_good, const uint64_t at[3], struct ic_bytes message)
{
    struct ic_writer w;
    uint8_t head[16];
    if (is_good) {
        ic_writer_init(&w, head, sizeof head);
        ic_put_u64_le(&w, at[1] - at[0]);
        ic_put_u64_le(&w, at[2] - at[1]);
        ic_msg_reply_append(ic_writer_bytes(&w));
        ic_msg_reply_append(message);
    }
    ic_msg_reply();
}

#define MEASURE(type)                                                                              \
    do {                                                                                           \
        type message_;                                                                             \
        uint64_t at_[3];                                                                           \
        struct ic_bytes in_, out_ = {.size = 0};                                                   \
        struct ic_arena *arena_ = ic_msg_arena(ARENA_BYTES);                                       \
        ic_assert(ic_msg_arg(&in_, ARENA_BYTES / 8, arena_));                                      \
        at_[0] = ic_instructions();                                                                \
        bool is_good_ = ic_pb_decode(&message_, type, in_, arena_);                                \
        at_[1] = ic_instructions();                                                                \
        is_good_ = is_good_ && ic_pb_pack(&out_, type, &message_, arena_);                         \
        at_[2] = ic_instructions();                                                                \
        answer(is_good_, at_, out_);                                                               \
    } while (0)

CANDID_EXPORT("canister_query shapes") void shapes(void);
void shapes(void)
{
    MEASURE(sample_Shapes);
}

CANDID_EXPORT("canister_query scalars") void scalars(void);
void scalars(void)
{
    MEASURE(sample_Scalars);
}

/* ---- a call ------------------------------------------------------------------------------------ */

struct ask {
    struct ic_flow flow;
    struct ic_answer answer;
    struct ic_principal canister;
};

IC_ASYNC_POOL(pool, struct ask, 4, 4, 1);

static const struct ic_store_app APP = {.magic = "PROTO", .version = 1};
static struct ic_store store;

CANDID_EXPORT("canister_init") void proto_init(void);
void proto_init(void)
{
    ic_store_create(&store, APP);
    ic_async_open(&pool, &store, 0);
}

static void ask_run(struct ic_flow *flow)
{
    struct ask *f = (struct ask *)flow;
    struct ic_bytes request;
    nns_TotalSupplyResponse reply;
    IC_FLOW_BEGIN(f);
    ic_assert(ic_pb_pack(&request, nns_TotalSupplyRequest, &(nns_TotalSupplyRequest){0},
                         ic_msg_arena_now()));
    IC_AWAIT(f, ic_call(&f->flow, &f->answer,
                        &(struct ic_call){.to = f->canister,
                                          .method = IC_BYTES_LIT("total_supply_pb"),
                                          .argument = request}));
    if (f->answer.code != IC_CALL_OK ||
        !ic_pb_decode(&reply, nns_TotalSupplyResponse, ic_answer_bytes(&f->answer),
                      ic_msg_arena_now())) {
        ic_msg_reject(IC_BYTES_LIT("no supply"));
        return;
    }
    proto_supply_of_reply(&(struct proto_supply_of_out){.ret0 = reply.total_supply.e8s});
    IC_FLOW_END(f);
}

void proto_supply_of(const struct proto_supply_of_in *in)
{
    struct ask *f = ic_flow_new(ask_run, NULL, sizeof *f);
    if (f == NULL) {
        IC_TRAP("busy");
    }
    f->canister = in->canister;
    ic_flow_start(&f->flow);
}
