#include "http/auth.h"
#include "http/rihash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_NS  1685570400000000000u /* the time of the specification's vectors */
#define HOUR_NS 3600000000000u
#define L(text) IC_BYTES_LIT(text)

static const uint8_t ARG[] = {0x44, 0x49, 0x44, 0x4c, 0x00, 0xfd, 0x2a};
static const struct ic_bytes CANISTER = {(const uint8_t *)"\0\0\0\0\0\0\x04\xd2", 8};

static void check_hex(struct ic_bytes bytes, const char *hex)
{
    struct axon_buf text = {0};
    axon_buf_append_hex(&text, bytes);
    assert_string_equal(axon_buf_text(&text), hex);
    axon_buf_free(&text);
}

static struct ic_principal principal(struct ic_bytes bytes)
{
    struct ic_principal p;
    assert_true(ic_principal_from_bytes(&p, bytes));
    return p;
}

static struct axon_request call_request(void)
{
    return (struct axon_request){
        .type = AXON_REQUEST_CALL,
        .sender = IC_PRINCIPAL_ANONYMOUS,
        .ingress_expiry_ns = NOW_NS,
        .canister = principal(CANISTER),
        .method = L("hello"),
        .arg = {.at = ARG, .size = sizeof ARG},
    };
}

/* ---- ids. SPEC: ic-http 4 ------------------------------------------------------------------- */

static void test_request_ids(void **state)
{
    (void)state;
    uint8_t id[32];
    uint8_t read_id[32];
    struct axon_request call = call_request();
    axon_request_id(&call, id);
    check_hex((struct ic_bytes){id, 32},
              "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101");
    struct axon_path paths[] = {
        AXON_PATH(L("time")),
        AXON_PATH(L("request_status"), (struct ic_bytes){id, 32}),
    };
    struct axon_request read = {.type = AXON_REQUEST_READ_STATE,
                                .sender = IC_PRINCIPAL_ANONYMOUS,
                                .ingress_expiry_ns = NOW_NS,
                                .paths = paths,
                                .path_count = 2};
    axon_request_id(&read, read_id);
    check_hex((struct ic_bytes){read_id, 32},
              "27758e8909efe6a581c0c4c8e79888325033de8357e61598b86ec0b56cdd161d");
}

static void test_delegation_hash(void **state)
{
    (void)state;
    static const uint8_t ZEROS[44];
    struct ic_principal target = principal(CANISTER);
    struct axon_delegation d = {.public_key = {ZEROS, sizeof ZEROS},
                                .expiration_ns = NOW_NS,
                                .has_targets = true,
                                .targets = &target,
                                .target_count = 1};
    uint8_t hash[32];
    axon_delegation_hash(&d, hash);
    check_hex((struct ic_bytes){hash, 32},
              "37699015b1397ee40559b3104e32550345b98ad207053846f0f6b0cb4ce82dd9");
}

static void check_reply_hash(const struct axon_query_reply *q, const char *hex)
{
    uint8_t id[32];
    struct axon_request call = call_request();
    axon_request_id(&call, id);
    struct axon_buf out = {0};
    axon_query_reply_signed_bytes(&out, q, id);
    assert_memory_equal(out.at, "\x0bic-response", 12);
    check_hex((struct ic_bytes){out.at + 12, out.size - 12}, hex);
    axon_buf_free(&out);
}

static void test_query_reply_hash(void **state)
{
    (void)state;
    struct axon_query_reply replied = {
        .is_replied = true, .arg = L("DIDL\0\0"), .timestamp_ns = NOW_NS};
    struct axon_query_reply rejected = {.reject_code = 4,
                                        .reject_message = L("no"),
                                        .has_error_code = true,
                                        .error_code = L("IC0406"),
                                        .timestamp_ns = NOW_NS};
    check_reply_hash(&replied, "8c7266db1acdf49f61bc35f78f0d226fd505181445eb0a5a58bb180a41436fac");
    check_reply_hash(&rejected, "a9fdaa0f5cbe181f73af82d99e744907b0ac2d572eda995486ca6829fd559c60");
}

/* ---- envelopes ------------------------------------------------------------------------------ */

/* The identities of these tests: one per scheme and number. */
static struct axon_key *test_key(enum axon_key_scheme scheme, uint8_t number)
{
    uint8_t secret[32] = {1};
    secret[31] = number;
    return axon_key_from_secret(scheme, secret);
}

/* Encodes, decodes, and authenticates at NOW_NS.
 *   why   the refusal's text, empty when accepted */
static void pass_through(const struct axon_request *r, uint64_t now_ns, struct axon_buf *why)
{
    struct axon_buf cbor = {0};
    struct axon_request_store store = {0};
    struct axon_request back;
    uint8_t id[32];
    uint8_t back_id[32];
    axon_buf_clear(why);
    axon_request_put(r, &cbor);
    assert_true(axon_request_read(&back, &store, r->type, axon_buf_bytes(&cbor)));
    axon_request_id(r, id);
    axon_request_id(&back, back_id);
    assert_memory_equal(id, back_id, sizeof id);
    bool ok = axon_request_authenticate(&back, now_ns, back_id, why);
    assert_int_equal(ok, why->size == 0);
    axon_request_store_free(&store);
    axon_buf_free(&cbor);
}

static void check_accepted(const struct axon_request *r)
{
    struct axon_buf why = {0};
    pass_through(r, NOW_NS, &why);
    assert_string_equal(axon_buf_text(&why), "");
    axon_buf_free(&why);
}

static void check_refused_at(const struct axon_request *r, uint64_t now_ns, const char *text)
{
    struct axon_buf why = {0};
    pass_through(r, now_ns, &why);
    assert_string_equal(axon_buf_text(&why), text);
    axon_buf_free(&why);
}

static void check_refused(const struct axon_request *r, const char *text)
{
    check_refused_at(r, NOW_NS, text);
}

#define WRONG_SIGNATURE "Invalid signature: the signature does not verify"

static void test_signed_requests(void **state)
{
    (void)state;
    for (enum axon_key_scheme scheme = AXON_KEY_ED25519; scheme <= AXON_KEY_SECP256K1; scheme++) {
        struct axon_key *key = test_key(scheme, 1);
        struct axon_request r = call_request();
        uint8_t signature[64];
        r.has_nonce = true;
        r.nonce = L("nonce");
        axon_request_sign(&r, signature, key);
        check_accepted(&r);
        r.arg.size--; /* the content changes, the signature stays */
        check_refused(&r, WRONG_SIGNATURE);
        r.arg.size++;
        for (size_t bit = 0; bit < 512; bit += 101) {
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            check_refused(&r, WRONG_SIGNATURE);
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        r.signature.size = 63;
        check_refused(&r, "Invalid signature: the signature is not 64 bytes long");
        axon_key_free(key);
    }
}

static void test_sender_rules(void **state)
{
    (void)state;
    struct axon_key *key = test_key(AXON_KEY_ED25519, 1);
    struct axon_request r = call_request();
    uint8_t signature[64];
    check_accepted(&r);
    axon_request_sign(&r, signature, key);
    struct ic_principal user = r.sender;
    r.sender = IC_PRINCIPAL_ANONYMOUS;
    check_refused(&r, "Signature is not allowed for the anonymous user.");
    r.sender = user;
    r.has_signature = false;
    struct axon_buf text = {0};
    char id[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(id, &user);
    axon_buf_printf(&text, "Missing signature from user: %s", id);
    check_refused(&r, axon_buf_text(&text));
    r.has_signature = true;
    r.sender = principal(CANISTER);
    ic_principal_to_text(id, &r.sender);
    axon_buf_clear(&text);
    axon_buf_printf(&text, "The user id '%s' does not match the public key '", id);
    axon_buf_append_hex(&text, r.public_key);
    axon_buf_append_text(&text, "'");
    check_refused(&r, axon_buf_text(&text));
    axon_buf_free(&text);
    axon_key_free(key);
}

static void test_expiry(void **state)
{
    (void)state;
    struct axon_request r = call_request();
    r.ingress_expiry_ns = NOW_NS + AXON_INGRESS_WINDOW_NS + AXON_INGRESS_DRIFT_NS;
    check_accepted(&r);
    check_refused_at(&r, NOW_NS - 1,
                     "Invalid request expiry: Specified ingress_expiry not within expected range: "
                     "Minimum allowed expiry: 2023-05-31 21:59:59.999999999 UTC, "
                     "Maximum allowed expiry: 2023-05-31 22:05:29.999999999 UTC, "
                     "Provided expiry: 2023-05-31 22:05:30.000000000 UTC");
    r.ingress_expiry_ns = NOW_NS;
    check_refused_at(&r, NOW_NS + 1,
                     "Invalid request expiry: Specified ingress_expiry not within expected range: "
                     "Minimum allowed expiry: 2023-05-31 22:00:00.000000001 UTC, "
                     "Maximum allowed expiry: 2023-05-31 22:05:30.000000001 UTC, "
                     "Provided expiry: 2023-05-31 22:00:00.000000000 UTC");
    r.type = AXON_REQUEST_QUERY; /* anonymous queries are not checked */
    r.ingress_expiry_ns = 0;
    check_accepted(&r);
    struct axon_key *key = test_key(AXON_KEY_P256, 1);
    uint8_t signature[64];
    axon_request_sign(&r, signature, key); /* signed ones are */
    struct axon_buf why = {0};
    pass_through(&r, NOW_NS, &why);
    assert_memory_equal(why.at, "Invalid request expiry: ", 24);
    axon_buf_free(&why);
    axon_key_free(key);
}

/* ---- delegations ---------------------------------------------------------------------------- */

#define CHAIN_MAX (AXON_DELEGATIONS_MAX + 1)

/* keys[0] is the user; delegation i names keys[i + 1] and is signed by keys[i]. */
struct chain {
    struct axon_key *keys[CHAIN_MAX + 1];
    struct axon_delegation delegations[CHAIN_MAX];
    uint8_t signatures[CHAIN_MAX][64];
    uint8_t signature[64];
    size_t length;
};

static void sign_delegation(struct chain *c, size_t i)
{
    struct axon_buf message = {0};
    axon_delegation_signed_bytes(&message, &c->delegations[i]);
    axon_key_sign(c->keys[i], c->signatures[i], axon_buf_bytes(&message));
    c->delegations[i].signature = (struct ic_bytes){c->signatures[i], 64};
    axon_buf_free(&message);
}

static void chain_init(struct chain *c, size_t length)
{
    *c = (struct chain){.length = length};
    for (size_t i = 0; i <= length; i++) {
        c->keys[i] = test_key((enum axon_key_scheme)(i % 3), (uint8_t)(i + 1));
    }
    for (size_t i = 0; i < length; i++) {
        c->delegations[i] = (struct axon_delegation){
            .public_key = axon_key_public_der(c->keys[i + 1]), .expiration_ns = NOW_NS + HOUR_NS};
        sign_delegation(c, i);
    }
}

static void chain_free(struct chain *c)
{
    for (size_t i = 0; i <= c->length; i++) {
        axon_key_free(c->keys[i]);
    }
}

static struct axon_request chain_request(struct chain *c, enum axon_request_type type)
{
    struct axon_request r = call_request();
    r.type = type;
    r.has_delegations = true;
    r.delegations = c->delegations;
    r.delegation_count = c->length;
    r.has_public_key = true;
    r.public_key = axon_key_public_der(c->keys[0]);
    axon_request_sign(&r, c->signature, c->keys[c->length]);
    return r;
}

static void check_chain(struct chain *c, enum axon_request_type type, const char *why)
{
    struct axon_request r = chain_request(c, type);
    check_refused(&r, why);
}

static void test_delegation_chains(void **state)
{
    (void)state;
    struct chain c;
    for (size_t length = 0; length <= AXON_DELEGATIONS_MAX; length++) {
        chain_init(&c, length);
        check_chain(&c, AXON_REQUEST_CALL, "");
        chain_free(&c);
    }
    chain_init(&c, CHAIN_MAX);
    check_chain(&c, AXON_REQUEST_CALL,
                "Invalid delegation: got 21 delegations, but at most 20 are allowed.");
    chain_free(&c);
}

#define WRONG_DELEGATION "Invalid delegation: the signature does not verify"

static void test_broken_chains(void **state)
{
    (void)state;
    struct chain c;
    chain_init(&c, 2);
    c.signatures[1][5] ^= 1;
    check_chain(&c, AXON_REQUEST_CALL, WRONG_DELEGATION);
    chain_free(&c);

    chain_init(&c, 2); /* wrong order */
    struct axon_delegation first = c.delegations[0];
    c.delegations[0] = c.delegations[1];
    c.delegations[1] = first;
    check_chain(&c, AXON_REQUEST_CALL, WRONG_DELEGATION);
    chain_free(&c);

    chain_init(&c, 2); /* the last link is missing: signed by a key that nobody named */
    c.length = 1;
    struct axon_request r = chain_request(&c, AXON_REQUEST_CALL);
    c.length = 2;
    axon_key_sign(c.keys[2], c.signature, L("anything"));
    check_refused(&r, WRONG_SIGNATURE);
    chain_free(&c);

    chain_init(&c, 2); /* expired by a nanosecond */
    c.delegations[1].expiration_ns = NOW_NS;
    sign_delegation(&c, 1);
    check_chain(&c, AXON_REQUEST_CALL, "");
    c.delegations[1].expiration_ns = NOW_NS - 1;
    sign_delegation(&c, 1);
    check_chain(&c, AXON_REQUEST_CALL,
                "Invalid delegation expiry: Specified expiration 2023-05-31 21:59:59.999999999 UTC "
                "is before the current time 2023-05-31 22:00:00.000000000 UTC");
    chain_free(&c);

    chain_init(&c, 3); /* back to the user's own key, and to itself */
    c.delegations[2].public_key = axon_key_public_der(c.keys[0]);
    sign_delegation(&c, 2);
    check_chain(&c, AXON_REQUEST_CALL, "Invalid delegation: the chain contains a key twice");
    c.delegations[2].public_key = axon_key_public_der(c.keys[2]);
    sign_delegation(&c, 2);
    check_chain(&c, AXON_REQUEST_CALL, "Invalid delegation: the chain contains a key twice");
    chain_free(&c);
}

static void set_targets(struct chain *c, size_t i, const struct ic_principal *targets, size_t count)
{
    c->delegations[i].has_targets = true;
    c->delegations[i].targets = targets;
    c->delegations[i].target_count = count;
    sign_delegation(c, i);
}

/* The effective targets are the intersection along the chain. */
static void test_targets(void **state)
{
    (void)state;
    struct ic_principal ours = principal(CANISTER);
    struct ic_principal both[] = {ic_principal_from_canister_index(1), ours};
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, &ours);
    struct axon_buf refusal = {0};
    axon_buf_printf(&refusal, "Canister '%s' is not one of the delegation targets.", text);
    struct chain c;
    chain_init(&c, 2);
    set_targets(&c, 0, both, 2);
    check_chain(&c, AXON_REQUEST_CALL, "");
    set_targets(&c, 1, &ours, 1);
    check_chain(&c, AXON_REQUEST_QUERY, "");
    set_targets(&c, 1, &both[0], 1);
    check_chain(&c, AXON_REQUEST_CALL, axon_buf_text(&refusal));
    set_targets(&c, 1, both, 2);
    set_targets(&c, 0, NULL, 0); /* nothing at all */
    check_chain(&c, AXON_REQUEST_QUERY, axon_buf_text(&refusal));
    struct ic_principal *many = axon_alloc(1001 * sizeof *many);
    set_targets(&c, 0, many, 1001);
    check_chain(&c, AXON_REQUEST_CALL,
                "Invalid delegation: got 1001 targets, but at most 1000 are allowed.");
    free(many);
    axon_buf_free(&refusal);
    chain_free(&c);
}

static void test_permissions(void **state)
{
    (void)state;
    struct chain c;
    chain_init(&c, 2);
    c.delegations[0].permissions = AXON_PERMISSIONS_ALL;
    sign_delegation(&c, 0);
    check_chain(&c, AXON_REQUEST_CALL, "");
    c.delegations[0].permissions = AXON_PERMISSIONS_QUERIES;
    sign_delegation(&c, 0);
    check_chain(&c, AXON_REQUEST_QUERY, "");
    check_chain(&c, AXON_REQUEST_CALL, "Invalid delegation: it permits queries only");
    chain_free(&c);
}

/* ---- which refusal wins ---------------------------------------------------------------------- */

/* Everything that can be wrong with a call, in the order in which it is refused. */
static const char *const REFUSALS[] = {
    "Invalid request expiry: Specified ingress_expiry not within expected range: ",
    "Missing signature from user: ",
    "The user id '",
    "Invalid delegation: got 21 delegations, but at most 20 are allowed.",
    "Invalid delegation: got 1001 targets, but at most 1000 are allowed.",
    "Invalid delegation: the chain contains a key twice",
    "Invalid delegation expiry: Specified expiration ",
    "Invalid delegation: it permits queries only",
    WRONG_DELEGATION,
    WRONG_SIGNATURE,
    "Canister '",
    "",
};
enum fault {
    FAULT_EXPIRY,
    FAULT_NO_SIGNATURE,
    FAULT_SENDER,
    FAULT_CHAIN_LENGTH,
    FAULT_TARGET_COUNT,
    FAULT_CYCLE,
    FAULT_DELEGATION_EXPIRY,
    FAULT_PERMISSIONS,
    FAULT_DELEGATION_SIGNATURE,
    FAULT_SIGNATURE,
    FAULT_TARGETS,
    FAULT_COUNT,
};

/* A chain with the faults from first on: all in its first two delegations. */
static void faulty_chain(struct chain *c, const struct ic_principal *targets, enum fault first)
{
    chain_init(c, first <= FAULT_CHAIN_LENGTH ? CHAIN_MAX : 3);
    struct axon_delegation *d = c->delegations;
    set_targets(c, 0, targets, first <= FAULT_TARGET_COUNT ? 1001 : first <= FAULT_TARGETS);
    if (first > FAULT_TARGETS) {
        d[0].has_targets = false;
    }
    if (first <= FAULT_CYCLE) {
        d[1].public_key = axon_key_public_der(c->keys[0]);
    }
    d[0].expiration_ns = first <= FAULT_DELEGATION_EXPIRY ? 1 : NOW_NS;
    if (first <= FAULT_PERMISSIONS) {
        d[0].permissions = AXON_PERMISSIONS_QUERIES;
    }
    sign_delegation(c, 0);
    sign_delegation(c, 1);
    c->signatures[0][9] ^= first <= FAULT_DELEGATION_SIGNATURE ? 1 : 0;
}

static void test_precedence(void **state)
{
    (void)state;
    struct ic_principal *targets = axon_alloc(1001 * sizeof *targets);
    for (enum fault first = FAULT_EXPIRY; first <= FAULT_COUNT; first++) {
        struct chain c;
        struct axon_buf why = {0};
        faulty_chain(&c, targets, first);
        struct axon_request r = chain_request(&c, AXON_REQUEST_CALL);
        c.signature[9] ^= first <= FAULT_SIGNATURE ? 1 : 0;
        if (first <= FAULT_SENDER) {
            r.sender = principal(CANISTER);
        }
        r.has_signature = first > FAULT_NO_SIGNATURE;
        if (first <= FAULT_EXPIRY) {
            r.ingress_expiry_ns = 1;
        }
        pass_through(&r, NOW_NS, &why);
        size_t size = strlen(REFUSALS[first]);
        assert_true(why.size >= size && (first < FAULT_COUNT || why.size == 0));
        assert_memory_equal(axon_buf_text(&why), REFUSALS[first], size);
        axon_buf_free(&why);
        chain_free(&c);
    }
    free(targets);
}

/* ---- malformed envelopes -------------------------------------------------------------------- */

/* An anonymous call with its fields as CBOR in hex; each case replaces or removes one. */
struct field {
    const char *key;
    const char *value;
};

static const struct field CALL_FIELDS[] = {
    {"request_type", "6463616c6c"}, {"sender", "4104"},      {"ingress_expiry", "1a00000001"},
    {"canister_id", "4101"},        {"method_name", "616d"}, {"arg", "40"},
};
static const struct field READ_FIELDS[] = {
    {"request_type", "6a726561645f7374617465"},
    {"sender", "4104"},
    {"ingress_expiry", "1a00000001"},
    {"paths", "81814474696d65"},
};

#define BYTES_30 "581e000000000000000000000000000000000000000000000000000000000000"
#define BYTES_33 "5821000000000000000000000000000000000000000000000000000000000000000000"

static const struct {
    enum axon_request_type type;
    const char *key;   /* in the content, or after a dot in the envelope */
    const char *value; /* NULL: removed */
    const char *why;
} MALFORMED[] = {
    {AXON_REQUEST_CALL, "request_type", NULL, "field request_type is missing"},
    {AXON_REQUEST_CALL, "request_type", "657175657279",
     "field request_type does not fit the endpoint"},
    {AXON_REQUEST_CALL, "request_type", "4463616c6c", "field request_type has the wrong type"},
    {AXON_REQUEST_CALL, "sender", NULL, "field sender is missing"},
    {AXON_REQUEST_CALL, "sender", "6104", "field sender has the wrong type"},
    {AXON_REQUEST_CALL, "sender", BYTES_30, "field sender is not a principal: more than 29 bytes"},
    {AXON_REQUEST_CALL, "ingress_expiry", NULL, "field ingress_expiry is missing"},
    {AXON_REQUEST_CALL, "ingress_expiry", "20", "field ingress_expiry has the wrong type"},
    {AXON_REQUEST_CALL, "ingress_expiry", "c249010000000000000000",
     "field ingress_expiry has the wrong type"},
    {AXON_REQUEST_CALL, "ingress_expiry", "c24101", ""},
    {AXON_REQUEST_CALL, "canister_id", NULL, "field canister_id is missing"},
    {AXON_REQUEST_CALL, "canister_id", BYTES_30,
     "field canister_id is not a principal: more than 29 bytes"},
    {AXON_REQUEST_CALL, "canister_id", "40", ""},
    {AXON_REQUEST_CALL, "method_name", NULL, "field method_name is missing"},
    {AXON_REQUEST_CALL, "method_name", "416d", "field method_name has the wrong type"},
    {AXON_REQUEST_CALL, "method_name", "626d00", "field method_name is not a method name"},
    {AXON_REQUEST_CALL, "arg", NULL, "field arg is missing"},
    {AXON_REQUEST_CALL, "arg", "60", "field arg has the wrong type"},
    {AXON_REQUEST_CALL, "nonce", "40", ""},
    {AXON_REQUEST_CALL, "nonce", "f6", ""},
    {AXON_REQUEST_CALL, "nonce", "00", "field nonce has the wrong type"},
    {AXON_REQUEST_CALL, "nonce", BYTES_33, "field nonce is longer than 32 bytes"},
    {AXON_REQUEST_CALL, "extra", "00", "field content has an unknown field"},
    {AXON_REQUEST_CALL, ".sender_pubkey", "00", "field sender_pubkey has the wrong type"},
    {AXON_REQUEST_CALL, ".sender_sig", "60", "field sender_sig has the wrong type"},
    {AXON_REQUEST_CALL, ".sender_delegation", "a0", "field sender_delegation has the wrong type"},
    {AXON_REQUEST_CALL, ".sender_delegation", "8100", "field sender_delegation has the wrong type"},
    {AXON_REQUEST_CALL, ".sender_delegation", "81a0", "field signature is missing"},
    {AXON_REQUEST_CALL, ".sender_delegation", "80", ""},
    {AXON_REQUEST_CALL, ".other", "00", ""},
    {AXON_REQUEST_READ_STATE, "paths", NULL, "field paths is missing"},
    {AXON_REQUEST_READ_STATE, "paths", "00", "field paths has the wrong type"},
    {AXON_REQUEST_READ_STATE, "paths", "8100", "field paths has the wrong type"},
    {AXON_REQUEST_READ_STATE, "paths", "818100", "field paths has the wrong type"},
    {AXON_REQUEST_READ_STATE, "paths", "8180", ""},
    {AXON_REQUEST_READ_STATE, "paths", "80", ""},
    {AXON_REQUEST_READ_STATE, "arg", "40", "field content has an unknown field"},
};

static void put_field(struct axon_buf *out, const char *key, const char *value_hex)
{
    axon_cbor_put_text(out, key);
    assert_true(axon_buf_append_from_hex(out, ic_bytes_from_text(value_hex)));
}

static void put_case(struct axon_buf *out, enum axon_request_type type, const char *key,
                     const char *value)
{
    const struct field *fields = type == AXON_REQUEST_CALL ? CALL_FIELDS : READ_FIELDS;
    size_t count = type == AXON_REQUEST_CALL ? 6 : 4;
    bool in_envelope = key[0] == '.';
    struct axon_buf content = {0};
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_case = strcmp(fields[i].key, key) == 0;
        if (!is_case || value != NULL) {
            put_field(&content, fields[i].key, is_case ? value : fields[i].value);
            used++;
        }
        key = is_case ? "." : key;
    }
    if (!in_envelope && key[0] != '.') {
        put_field(&content, key, value);
        used++;
    }
    axon_cbor_put_tag(out, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_map(out, 1u + in_envelope);
    axon_cbor_put_text(out, "content");
    axon_cbor_put_map(out, used);
    axon_buf_append(out, axon_buf_bytes(&content));
    if (in_envelope) {
        put_field(out, key + 1, value);
    }
    axon_buf_free(&content);
}

static void test_malformed_envelopes(void **state)
{
    (void)state;
    struct axon_request_store store = {0};
    struct axon_request r;
    for (size_t i = 0; i < sizeof MALFORMED / sizeof MALFORMED[0]; i++) {
        struct axon_buf cbor = {0};
        put_case(&cbor, MALFORMED[i].type, MALFORMED[i].key, MALFORMED[i].value);
        bool ok = axon_request_read(&r, &store, MALFORMED[i].type, axon_buf_bytes(&cbor));
        assert_string_equal(store.why, MALFORMED[i].why);
        assert_int_equal(ok, MALFORMED[i].why[0] == '\0');
        axon_buf_free(&cbor);
    }
    assert_false(axon_request_read(&r, &store, AXON_REQUEST_CALL, L("\x00")));
    assert_string_equal(store.why, "field content is missing");
    assert_false(axon_request_read(&r, &store, AXON_REQUEST_CALL, L("")));
    assert_string_equal(store.why, "ends too early");
    axon_request_store_free(&store);
}

/* Cut anywhere, an envelope is refused; a longest possible path is not. */
static void test_cut_envelopes(void **state)
{
    (void)state;
    struct chain c;
    chain_init(&c, 2);
    struct axon_request r = chain_request(&c, AXON_REQUEST_CALL);
    struct axon_buf cbor = {0};
    struct axon_request_store store = {0};
    struct axon_request back;
    axon_request_put(&r, &cbor);
    for (size_t size = 0; size < cbor.size; size++) {
        struct ic_bytes cut = {.at = cbor.at, .size = size};
        assert_false(axon_request_read(&back, &store, AXON_REQUEST_CALL, cut));
    }
    struct ic_bytes labels[AXON_PATH_LABELS_MAX + 1] = {{0}};
    for (size_t extra = 0; extra < 2; extra++) {
        struct axon_path path = {.labels = labels, .count = AXON_PATH_LABELS_MAX + extra};
        struct axon_request read = {
            .type = AXON_REQUEST_READ_STATE, .paths = &path, .path_count = 1};
        axon_buf_clear(&cbor);
        axon_request_put(&read, &cbor);
        assert_int_equal(
            axon_request_read(&back, &store, AXON_REQUEST_READ_STATE, axon_buf_bytes(&cbor)),
            extra == 0);
    }
    axon_request_store_free(&store);
    axon_buf_free(&cbor);
    chain_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_ids),       cmocka_unit_test(test_delegation_hash),
        cmocka_unit_test(test_query_reply_hash),  cmocka_unit_test(test_signed_requests),
        cmocka_unit_test(test_sender_rules),      cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_delegation_chains), cmocka_unit_test(test_broken_chains),
        cmocka_unit_test(test_targets),           cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_precedence),        cmocka_unit_test(test_malformed_envelopes),
        cmocka_unit_test(test_cut_envelopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
