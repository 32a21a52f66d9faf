/* wasm-seal: the last step of building a canister.
 *
 *     wasm-seal IN.wasm OUT.wasm --did FILE --methods FILE [--hidden FILE]
 *
 * Refuses a module that imports anything but functions of ic0, or whose exported methods are not
 * exactly those of the interface (--methods, the output of `didc methods`) and of the hidden list,
 * or that exports anything else than lifecycle hooks, its memory and its table. Otherwise writes it
 * again without the compiler's custom sections and with the interface as canister metadata.
 *
 * SPEC: IC interface specification, "Canister module format". */
#include "ic/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX   2000u /* methods and hidden methods together; the system allows 1,000 */
#define SECTION_MAX 13u   /* highest section id that is not refused */

enum section_id { SECTION_CUSTOM = 0, SECTION_IMPORT = 2, SECTION_EXPORT = 7 };
enum extern_kind { KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL };

static const char *const HOOKS[] = {
    "canister_init",
    "canister_pre_upgrade",
    "canister_post_upgrade",
    "canister_heartbeat",
    "canister_global_timer",
    "canister_inspect_message",
    "canister_on_low_wasm_memory",
    "canister_update <ic timer>",  /* ic/timer.h */
    "canister_query <ic outcall>", /* ic/outcall.h */
};
#define HOOK_COUNT (sizeof HOOKS / sizeof HOOKS[0])

/* A public method as it must be exported: "canister_query name". */
struct method {
    char *export_name;
    bool is_exported;
};

struct seal {
    const char *path;
    struct method methods[NAMES_MAX];
    size_t method_count;
    bool is_bad;
};

_Noreturn static void die(const char *path, const char *what)
{
    fprintf(stderr, "wasm-seal: %s: %s\n", path, what);
    exit(1);
}

static void complain(struct seal *s, const char *what, struct ic_bytes name)
{
    fprintf(stderr, "wasm-seal: %s: %s: %.*s\n", s->path, what, (int)name.size,
            (const char *)name.at);
    s->is_bad = true;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* The whole file, followed by a NUL that is not counted. Never freed: the program ends soon. */
static struct ic_bytes file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        die(path, "cannot be read");
    }
    long size = ftell(f);
    uint8_t *at = size < 0 ? NULL : malloc((size_t)size + 1);
    if (at == NULL || fseek(f, 0, SEEK_SET) != 0 || fread(at, 1, (size_t)size, f) != (size_t)size) {
        die(path, "cannot be read");
    }
    at[size] = 0;
    fclose(f);
    return (struct ic_bytes){.at = at, .size = (size_t)size};
}

static void file_write(const char *path, struct ic_bytes content)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(content.at, 1, content.size, f) != content.size || fclose(f) != 0) {
        die(path, "cannot be written");
    }
}

/* ---- expected methods ------------------------------------------------------------------------ */

static void method_add(struct seal *s, const char *path, const char *kind, const char *name)
{
    if (s->method_count == NAMES_MAX) {
        die(path, "too many methods");
    }
    size_t size = sizeof "canister_composite_query " + strlen(kind) + strlen(name);
    char *export_name = malloc(size);
    if (export_name == NULL) {
        die(path, "out of memory");
    }
    snprintf(export_name, size, "canister_%s %s", kind, name);
    s->methods[s->method_count++] = (struct method){.export_name = export_name};
}

/* Lines "query NAME" (from didc) or "canister_query:NAME"; empty ones and comments are skipped. */
static void methods_read(struct seal *s, const char *path)
{
    static const char *const KINDS[] = {"update", "query", "composite_query"};
    char *text = (char *)(uintptr_t)file_read(path).at;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (line[0] == '#') {
            continue;
        }
        char *kind = strncmp(line, "canister_", 9) == 0 ? line + 9 : line;
        char *name = strpbrk(kind, " :");
        bool is_known = false;
        if (name != NULL) {
            *name++ = 0;
            for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
                is_known = is_known || strcmp(kind, KINDS[i]) == 0;
            }
        }
        if (!is_known || *name == 0) {
            die(path, "a line is not `KIND NAME`");
        }
        method_add(s, path, kind, name);
    }
}

/* ---- the module ------------------------------------------------------------------------------ */

static struct ic_bytes name_get(struct ic_reader *r)
{
    uint64_t size = ic_get_leb128(r);
    return ic_get_bytes(r, size > r->left ? r->left + 1 : (size_t)size);
}

static bool is_text(struct ic_bytes name, const char *text)
{
    return ic_bytes_is_equal(name, ic_bytes_from_text(text));
}

/* Function imports have one number behind their kind; nothing else may be imported. */
static void imports_check(struct seal *s, struct ic_reader r)
{
    uint64_t count = ic_get_leb128(&r);
    for (uint64_t i = 0; i < count && ic_reader_ok(&r); i++) {
        struct ic_bytes module = name_get(&r);
        struct ic_bytes field = name_get(&r);
        if (!is_text(module, "ic0") || ic_get_u8(&r) != KIND_FUNCTION) {
            complain(s, "imports something that is not a function of ic0", field);
            return;
        }
        ic_get_leb128(&r);
    }
    if (!ic_reader_done(&r)) {
        die(s->path, "malformed import section");
    }
}

static bool is_hook(struct ic_bytes name)
{
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        if (is_text(name, HOOKS[i])) {
            return true;
        }
    }
    return false;
}

static void export_check(struct seal *s, struct ic_bytes name, uint8_t kind)
{
    if (kind == KIND_MEMORY || kind == KIND_TABLE || (kind == KIND_FUNCTION && is_hook(name))) {
        return;
    }
    for (size_t i = 0; i < s->method_count; i++) {
        if (kind == KIND_FUNCTION && is_text(name, s->methods[i].export_name)) {
            s->methods[i].is_exported = true;
            return;
        }
    }
    complain(s, "exports what neither the interface nor the hidden list has", name);
}

static void exports_check(struct seal *s, struct ic_reader r)
{
    uint64_t count = ic_get_leb128(&r);
    for (uint64_t i = 0; i < count && ic_reader_ok(&r); i++) {
        struct ic_bytes name = name_get(&r);
        uint8_t kind = ic_get_u8(&r);
        ic_get_leb128(&r);
        export_check(s, name, kind);
    }
    if (!ic_reader_done(&r)) {
        die(s->path, "malformed export section");
    }
    for (size_t i = 0; i < s->method_count; i++) {
        if (!s->methods[i].is_exported) {
            complain(s, "does not export a method of its interface",
                     ic_bytes_from_text(s->methods[i].export_name));
        }
    }
}

static void custom_put(struct ic_writer *out, const char *name, struct ic_bytes content)
{
    struct ic_bytes label = ic_bytes_from_text(name);
    ic_put_u8(out, SECTION_CUSTOM);
    ic_put_leb128(out, ic_leb128_size(label.size) + label.size + content.size);
    ic_put_leb128(out, label.size);
    ic_put_bytes(out, label);
    ic_put_bytes(out, content);
}

/* Copies the module without its custom sections, checking imports and exports on the way. */
static void module_copy(struct seal *s, struct ic_writer *out, struct ic_bytes module)
{
    struct ic_reader r = ic_reader_from(module);
    struct ic_bytes magic = ic_get_bytes(&r, 8);
    bool has_exports = false;
    if (!ic_bytes_is_equal(magic, IC_BYTES_LIT("\0asm\1\0\0\0"))) {
        die(s->path, "not a Wasm module");
    }
    ic_put_bytes(out, magic);
    while (r.left != 0 && ic_reader_ok(&r)) {
        uint8_t id = ic_get_u8(&r);
        struct ic_bytes content = name_get(&r); /* a size and that many bytes */
        if (!ic_reader_ok(&r) || id > SECTION_MAX) {
            die(s->path, "malformed section");
        }
        if (id == SECTION_CUSTOM) {
            continue;
        }
        if (id == SECTION_IMPORT) {
            imports_check(s, ic_reader_from(content));
        } else if (id == SECTION_EXPORT) {
            exports_check(s, ic_reader_from(content));
            has_exports = true;
        }
        ic_put_u8(out, id);
        ic_put_leb128(out, content.size);
        ic_put_bytes(out, content);
    }
    if (!has_exports) {
        die(s->path, "exports nothing");
    }
}

int main(int argc, char **argv)
{
    static struct seal s;
    const char *did = NULL, *methods = NULL;
    if (argc < 3 || argc % 2 == 0) {
        die("usage", "wasm-seal IN.wasm OUT.wasm --did FILE --methods FILE [--hidden FILE]");
    }
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--did") == 0) {
            did = argv[i + 1];
        } else if (strcmp(argv[i], "--methods") == 0) {
            methods = argv[i + 1];
            methods_read(&s, methods);
        } else if (strcmp(argv[i], "--hidden") == 0) {
            methods_read(&s, argv[i + 1]);
        } else {
            die(argv[i], "unknown option");
        }
    }
    if (did == NULL || methods == NULL) {
        die("usage", "--did and --methods must be given");
    }
    s.path = argv[1];
    struct ic_bytes module = file_read(argv[1]);
    struct ic_bytes interface = file_read(did);
    size_t capacity = module.size + interface.size + 1024;
    struct ic_writer out;
    ic_writer_init(&out, malloc(capacity), capacity);
    if (out.at == NULL) {
        die(s.path, "out of memory");
    }
    module_copy(&s, &out, module);
    custom_put(&out, "icp:public candid:service", interface);
    custom_put(&out, "icp:public cdk:name", IC_BYTES_LIT("axon sdk-c"));
    if (s.is_bad) {
        return 1;
    }
    if (!ic_writer_ok(&out)) {
        die(s.path, "the sealed module is larger than expected");
    }
    file_write(argv[2], ic_writer_bytes(&out));
    return 0;
}
