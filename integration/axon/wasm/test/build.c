#include "wasm/test/build.h"

#include <stdlib.h>

void build_header(struct axon_buf *out)
{
    axon_buf_append(out, (struct ic_bytes){(const uint8_t *)"\0asm\1\0\0\0", 8});
}

void build_number(struct axon_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        axon_buf_append_byte(out, (uint8_t)(value | 0x80));
    }
    axon_buf_append_byte(out, (uint8_t)value);
}

/* Appends the items up to the closing brace, their size first; returns what follows the brace. */
static const char *build_block(struct axon_buf *out, const char *items)
{
    const char *end = strchr(items, '}');
    struct axon_buf text = {0};
    struct axon_buf content = {0};
    axon_buf_append(&text, (struct ic_bytes){(const uint8_t *)items, (size_t)(end - items)});
    build_items(&content, axon_buf_text(&text));
    build_number(out, content.size);
    axon_buf_append(out, axon_buf_bytes(&content));
    axon_buf_free(&text);
    axon_buf_free(&content);
    return end + 1;
}

void build_items(struct axon_buf *out, const char *items)
{
    while (*items != 0) {
        if (*items == '\'') {
            const char *end = strchr(items + 1, '\'');
            build_number(out, (uint64_t)(end - items - 1));
            axon_buf_append(out, (struct ic_bytes){(const uint8_t *)items + 1,
                                                   (size_t)(end - items - 1)});
            items = end + 1;
        } else if (*items == '{') {
            items = build_block(out, items + 1);
        } else if (*items == ' ') {
            items++;
        } else {
            char digits[3] = {items[0], items[1], 0};
            axon_buf_append_byte(out, (uint8_t)strtoul(digits, NULL, 16));
            items += 2;
        }
    }
}

void build_section(struct axon_buf *out, uint8_t id, const struct axon_buf *content)
{
    axon_buf_append_byte(out, id);
    build_number(out, content->size);
    axon_buf_append(out, axon_buf_bytes(content));
}

void build_module(struct axon_buf *out, const char *sections)
{
    build_header(out);
    struct axon_buf items = {0};
    struct axon_buf content = {0};
    while (*sections != 0) {
        char *colon;
        unsigned long id = strtoul(sections, &colon, 10);
        size_t size = strcspn(colon + 1, ";");
        axon_buf_clear(&items);
        axon_buf_clear(&content);
        axon_buf_append(&items, (struct ic_bytes){(const uint8_t *)colon + 1, size});
        build_items(&content, axon_buf_text(&items));
        build_section(out, (uint8_t)id, &content);
        sections = colon + 1 + size;
        sections += strspn(sections, "; ");
    }
    axon_buf_free(&items);
    axon_buf_free(&content);
}
