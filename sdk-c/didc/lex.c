/* Tokens of .did files and of Candid text. */
#include "did.h"

#include "ic/text.h"

#include <stdarg.h>
#include <stdio.h>

bool did_fail(struct did_error *error, const char *name, struct did_position at, const char *format,
              ...)
{
    int used = snprintf(error->text, sizeof error->text, "%.*s%s%u:%u: ", (int)DID_PATH_MAX, name,
                        *name == 0 ? "" : ":", at.line, at.column);
    if (used < 0 || (size_t)used >= sizeof error->text) {
        used = 0;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(error->text + used, sizeof error->text - (size_t)used, format, args);
    va_end(args);
    return false;
}

void did_lexer_init(struct did_lexer *lexer, struct did_pool *pool, const char *name,
                    struct ic_bytes source, struct did_error *error)
{
    *lexer = (struct did_lexer){
        .pool = pool, .source_name = name, .source = source, .line = 1, .error = error};
}

static int peek(const struct did_lexer *l, size_t ahead)
{
    return l->at + ahead < l->source.size ? l->source.at[l->at + ahead] : -1;
}

static struct did_position position(const struct did_lexer *l)
{
    return (struct did_position){.source = l->source_index,
                                 .line = l->line,
                                 .column = (uint32_t)(l->at - l->line_start) + 1};
}

static void advance(struct did_lexer *l)
{
    if (l->source.at[l->at] == '\n') {
        l->line++;
        l->line_start = l->at + 1;
    }
    l->at++;
}

static struct did_token bad(struct did_lexer *l, struct did_position at, const char *reason)
{
    did_fail(l->error, l->source_name, at, "%s", reason);
    return (struct did_token){.kind = DID_BAD, .at = at};
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int hex_digit(int c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* ---- blanks and comments ------------------------------------------------------------------------- */

/* A run of comment lines, each alone on its line, the last directly above the next token. */
struct doc_run {
    size_t start;
    size_t end;
    uint32_t next_line; /* where the token or the next comment must stand; 0: no run */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Keeps a comment whose text, from start to end of its first line, begins with @. */
static void note_annotation(struct did_lexer *l, size_t start)
{
    while (start < l->source.size && is_blank(l->source.at[start])) {
        start++;
    }
    if (l->annotations == NULL || start == l->source.size || l->source.at[start] != '@') {
        return;
    }
    size_t end = start;
    while (end < l->source.size && l->source.at[end] != '\n') {
        end++;
    }
    while (is_blank(l->source.at[end - 1])) {
        end--;
    }
    *DID_PUSH(l->pool, l->annotations->at, l->annotations->count) = (struct did_annotation){
        .text = {.at = l->source.at + start, .size = end - start}, .source = l->source_index};
}

static void skip_line_comment(struct did_lexer *l, struct doc_run *doc, bool alone)
{
    const size_t start = l->at;
    size_t text = start;
    while (text < l->source.size && l->source.at[text] == '/') {
        text++;
    }
    note_annotation(l, text);
#ifdef AXON_PLANTED_BUG
    /* What the fuzzer must find: a comment at the very end is read too far. */
    while (l->at <= l->source.size && l->source.at[l->at] != '\n') {
        l->at++;
    }
    l->at = l->at > l->source.size ? l->source.size : l->at;
#else
    while (peek(l, 0) != -1 && peek(l, 0) != '\n') {
        l->at++;
    }
#endif
    if (!alone) {
        return;
    }
    if (doc->next_line != l->line) {
        doc->start = start;
    }
    doc->end = l->at;
    doc->next_line = l->line + 1;
}

static bool skip_block_comment(struct did_lexer *l)
{
    unsigned depth = 0;
    size_t text = l->at + 1;
    while (text < l->source.size && l->source.at[text] == '*') {
        text++;
    }
    note_annotation(l, text);
    do {
        if (peek(l, 0) == '/' && peek(l, 1) == '*') {
            depth++;
            l->at += 2;
        } else if (peek(l, 0) == '*' && peek(l, 1) == '/') {
            depth--;
            l->at += 2;
        } else if (peek(l, 0) == -1) {
            return false;
        } else {
            advance(l);
        }
    } while (depth != 0);
    return true;
}

/* Skips what is between tokens. Returns false at an unterminated block comment. */
static bool skip_blanks(struct did_lexer *l, struct doc_run *doc)
{
    bool alone = l->at == 0;
    uint32_t line = l->line;
    for (;;) {
        const int c = peek(l, 0);
        if (l->line != line) {
            alone = true;
            line = l->line;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            advance(l);
        } else if (c == '/' && peek(l, 1) == '/') {
            skip_line_comment(l, doc, alone);
        } else if (c == '/' && peek(l, 1) == '*') {
            if (!skip_block_comment(l)) {
                return false;
            }
        } else {
            return true;
        }
    }
}

bool did_doc_next(struct ic_bytes *line, struct ic_bytes *doc)
{
    if (doc->size == 0) {
        return false;
    }
    size_t end = 0;
    while (end < doc->size && doc->at[end] != '\n') {
        end++;
    }
    const size_t next = end < doc->size ? end + 1 : end;
    size_t start = 0;
    while (start < end && is_blank(doc->at[start])) {
        start++;
    }
    while (start < end && doc->at[start] == '/') {
        start++;
    }
    size_t text = start;
    while (text < end && is_blank(doc->at[text])) {
        text++;
    }
    if (text < end && doc->at[text] == '@') {
        start = text;
    } else if (start < end && doc->at[start] == ' ') {
        start++;
    }
    while (end > start && is_blank(doc->at[end - 1])) {
        end--;
    }
    *line = (struct ic_bytes){.at = doc->at + start, .size = end - start};
    *doc = (struct ic_bytes){.at = doc->at + next, .size = doc->size - next};
    return true;
}

/* ---- text literals ------------------------------------------------------------------------------- */

/* \u{hex}: a scalar value; _ stands between digits. Appends its UTF-8. */
static const char *unescape_unicode(struct did_lexer *l, struct did_text *out)
{
    if (peek(l, 0) != '{' || hex_digit(peek(l, 1)) < 0) {
        return "\\u must be followed by {hex digits}";
    }
    l->at++;
    uint32_t c = 0;
    bool after_digit = false;
    while (peek(l, 0) != '}') {
        const int digit = hex_digit(peek(l, 0));
        if (digit < 0 && !(peek(l, 0) == '_' && after_digit)) {
            return "malformed \\u escape";
        }
        if (digit >= 0) {
            c = c * 16 + (uint32_t)digit;
        }
        after_digit = digit >= 0;
        l->at++;
        if (c > 0x10ffff) {
            return "\\u escape above 10ffff";
        }
    }
    if (!after_digit || (c >= 0xd800 && c <= 0xdfff)) {
        return "\\u escape is no scalar value";
    }
    l->at++;
    if (c < 0x80) {
        const uint8_t ascii = (uint8_t)c;
        did_append(out, (struct ic_bytes){.at = &ascii, .size = 1});
    } else {
        const int continuation = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        uint8_t utf8[4];
        static const uint8_t lead[4] = {0, 0xc0, 0xe0, 0xf0};
        utf8[0] = (uint8_t)(lead[continuation] | (c >> (6 * continuation)));
        for (int i = 1; i <= continuation; i++) {
            utf8[i] = (uint8_t)(0x80 | ((c >> (6 * (continuation - i))) & 0x3f));
        }
        did_append(out, (struct ic_bytes){.at = utf8, .size = (size_t)continuation + 1});
    }
    return NULL;
}

static const char *unescape(struct did_lexer *l, struct did_text *out)
{
    static const char from[] = "nrt\\\"'";
    static const char to[] = "\n\r\t\\\"'";
    const int c = peek(l, 0);
    const char *simple = c > 0 ? strchr(from, c) : NULL;
    if (simple != NULL) {
        l->at++;
        did_append(out, (struct ic_bytes){.at = (const uint8_t *)&to[simple - from], .size = 1});
        return NULL;
    }
    if (c == 'u') {
        l->at++;
        return unescape_unicode(l, out);
    }
    const int high = hex_digit(c);
    const int low = hex_digit(peek(l, 1));
    if (high < 0 || low < 0) {
        return "unknown escape";
    }
    l->at += 2;
    const uint8_t byte = (uint8_t)(high * 16 + low);
    did_append(out, (struct ic_bytes){.at = &byte, .size = 1});
    return NULL;
}

static struct did_token lex_text(struct did_lexer *l)
{
    struct did_token token = {.kind = DID_TEXT, .at = position(l)};
    struct did_position failed_at = token.at;
    struct did_text out = {0};
    const char *reason = NULL;
    l->at++;
    while (reason == NULL && peek(l, 0) != '"') {
        if (peek(l, 0) == -1) {
            reason = "unterminated text";
        } else if (peek(l, 0) == '\\') {
            failed_at = position(l);
            l->at++;
            reason = unescape(l, &out);
        } else {
            const uint8_t byte = (uint8_t)peek(l, 0);
            did_append(&out, (struct ic_bytes){.at = &byte, .size = 1});
            advance(l);
        }
    }
    if (reason != NULL) {
        did_text_free(&out);
        return bad(l, failed_at, reason);
    }
    l->at++;
    token.text = did_pool_copy(l->pool, (struct ic_bytes){.at = (uint8_t *)out.at, .size = out.size});
    token.is_utf8 = ic_utf8_is_valid(token.text);
    did_text_free(&out);
    return token;
}

/* ---- tokens -------------------------------------------------------------------------------------- */

/* Anything that looks like a number, floats included; who wants one checks the form. */
static void scan_number(struct did_lexer *l)
{
    const bool hex = peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X');
    const char exponent = hex ? 'p' : 'e';
    for (;;) {
        const int c = peek(l, 0);
        if ((c | 32) == exponent && (peek(l, 1) == '+' || peek(l, 1) == '-')) {
            l->at += 2;
        } else if (is_digit(c) || is_word_start(c) || c == '.') {
            l->at++;
        } else {
            return;
        }
    }
}

/* Shown, if it is one that can be seen; else the byte. */
static struct did_token bad_character(struct did_lexer *l, struct did_position at)
{
    static const uint8_t BOM[] = {0xef, 0xbb, 0xbf};
    const int c = peek(l, 0);
    if (l->at == 0 && l->source.size >= sizeof BOM && memcmp(l->source.at, BOM, sizeof BOM) == 0) {
        return bad(l, at, "the file begins with a byte order mark: save it as UTF-8 without one");
    }
    if (c > ' ' && c < 0x7f) {
        did_fail(l->error, l->source_name, at, "unexpected character '%c'", c);
    } else {
        did_fail(l->error, l->source_name, at, "unexpected byte 0x%02x", (unsigned)c);
    }
    return (struct did_token){.kind = DID_BAD, .at = at};
}

struct did_token did_lex(struct did_lexer *l)
{
    struct doc_run doc = {0};
    const struct did_position before = position(l);
    if (!skip_blanks(l, &doc)) {
        return bad(l, before, "unterminated comment");
    }
    struct did_token token = {.at = position(l)};
    const size_t start = l->at;
    const int c = peek(l, 0);
    if (c == -1) {
        token.kind = DID_END;
    } else if (c == '"') {
        token = lex_text(l);
    } else if (is_word_start(c)) {
        token.kind = DID_ID;
        while (is_word_start(peek(l, 0)) || is_digit(peek(l, 0))) {
            l->at++;
        }
        token.text = (struct ic_bytes){.at = l->source.at + start, .size = l->at - start};
    } else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        token.kind = DID_NUMBER;
        scan_number(l);
        token.text = (struct ic_bytes){.at = l->source.at + start, .size = l->at - start};
    } else if (c == '-' && peek(l, 1) == '>') {
        token.kind = DID_PUNCT;
        token.punct = '>';
        l->at += 2;
    } else if (c != 0 && strchr("(){}:;,=.+-", c) != NULL) {
        token.kind = DID_PUNCT;
        token.punct = (char)c;
        l->at++;
    } else {
        return bad_character(l, token.at);
    }
    if (doc.next_line != 0 && doc.next_line == token.at.line) {
        token.doc = (struct ic_bytes){.at = l->source.at + doc.start, .size = doc.end - doc.start};
    }
    return token;
}

bool did_nat_parse(uint64_t *out, struct ic_bytes text)
{
    const bool hex = text.size > 2 && text.at[0] == '0' && text.at[1] == 'x';
    const uint64_t base = hex ? 16 : 10;
    uint64_t value = 0;
    bool after_digit = false;
    for (size_t i = hex ? 2 : 0; i < text.size; i++) {
        const int digit = hex_digit(text.at[i]);
        if (text.at[i] == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        if (digit < 0 || (uint64_t)digit >= base) {
            return false;
        }
        after_digit = true;
        if (value > (UINT64_MAX - (uint64_t)digit) / base) {
            return false;
        }
        value = value * base + (uint64_t)digit;
    }
    *out = value;
    return after_digit;
}
