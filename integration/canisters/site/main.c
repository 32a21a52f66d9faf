/* A film in stable memory, served in parts. */
#include "integration/canisters/site/film.h"
#include "site_did.h"

#include "ic/http.h"
#include "ic/msg.h"
#include "ic/stable.h"
#include "ic/trap.h"

#define REGION_TREE 0u
#define REGION_FILM 1u
#define FILM_LAYOUT 1u
#define SIZE_BYTES  8u /* in the head slot */
#define PIECE_BYTES 8192u

static const struct ic_store_app APP = {.magic = "TESTSITE", .version = 1};
static struct ic_store store;
static struct ic_cert tree;
static struct ic_region *film;

static void film_read(void *context, uint8_t *out, uint64_t at, size_t size)
{
    (void)context;
    ic_region_read(film, out, at, size);
}

static void page_film(const struct ic_http_request *request, struct ic_http_response *response)
{
    uint8_t size[SIZE_BYTES];
    ic_region_head_read(film, size, 0, sizeof size);
    const struct ic_http_content content = {.size = ic_load_u64_le(size), .read = film_read};
    ic_http_answer_content(request, response, "video/mp4", &content);
}

static const struct ic_http_route ROUTES[] = {IC_HTTP_ROUTE_IN_PARTS("/film", page_film)};
static const struct ic_http_site SITE = {.routes = ROUTES, .route_count = 1, .tree = &tree};

static void open_structures(void)
{
    ic_cert_open(&tree, &store, REGION_TREE);
    film = ic_store_region(&store, NULL, REGION_FILM, IC_REGION_RAW, FILM_LAYOUT);
}

CANDID_EXPORT("canister_init") void site_init(void);
void site_init(void)
{
    ic_store_create(&store, APP);
    open_structures();
    ic_http_certify_site(&SITE, candid_msg_arena());
    ic_cert_commit(&tree);
}

CANDID_EXPORT("canister_post_upgrade") void site_post_upgrade(void);
void site_post_upgrade(void)
{
    ic_store_open(&store, APP);
    open_structures();
}

void site_fill(const struct site_fill_in *in, struct site_fill_out *out)
{
    uint8_t piece[PIECE_BYTES], size[SIZE_BYTES];
    ic_assert(ic_region_reserve(&store, film, in->size));
    for (uint64_t at = 0; at < in->size; at += PIECE_BYTES) {
        const uint64_t left = in->size - at;
        const uint32_t n = (uint32_t)(left < PIECE_BYTES ? left : PIECE_BYTES);
        for (uint32_t i = 0; i < n; i++) {
            piece[i] = film_byte(at + i, in->salt);
        }
        ic_region_write(film, at, piece, n);
    }
    ic_store_u64_le(size, in->size);
    ic_region_head_write(film, 0, size, sizeof size);
    const uint64_t before = ic_instructions();
    ic_assert(ic_http_certify_parts(&SITE, IC_BYTES_LIT("/film"), candid_msg_arena()));
    ic_cert_commit(&tree);
    out->ret0 = ic_instructions() - before;
}

void site_http_request(struct ic_bytes argument)
{
    ic_http_query(&SITE, argument);
}

void site_http_request_update(struct ic_bytes argument)
{
    ic_http_update(&SITE, argument);
}
