#include "base/part.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where a line begins that starts with a mark and whose name ends there; NULL when there is none. */
static const char *mark_find(const char *page, const char *mark)
{
    size_t size = strlen(mark);
    for (const char *at = strstr(page, mark); at != NULL; at = strstr(at + 1, mark)) {
        bool is_line = at == page || at[-1] == '\n';
        if (is_line && (at[size] == ' ' || at[size] == ',')) {
            return at;
        }
    }
    return NULL;
}

/* The line after the one that begins here; NULL when there is none. */
static const char *line_after(const char *at)
{
    const char *end = strchr(at, '\n');
    return end == NULL ? NULL : end + 1;
}

bool axon_part_replace(struct axon_buf *out, struct ic_bytes page, const char *name,
                       struct ic_bytes text)
{
    struct axon_buf whole = {0}, begin = {0}, end = {0};
    axon_buf_append(&whole, page);
    axon_buf_printf(&begin, "<!-- begin %s", name);
    axon_buf_printf(&end, "<!-- end %s", name);
    const char *start = axon_buf_text(&whole);
    const char *first = mark_find(start, axon_buf_text(&begin));
    const char *last = mark_find(start, axon_buf_text(&end));
    const char *inside = first == NULL ? NULL : line_after(first);
    bool is_there = inside != NULL && last != NULL && inside <= last &&
                    mark_find(inside, axon_buf_text(&begin)) == NULL &&
                    mark_find(last + 1, axon_buf_text(&end)) == NULL;
    if (is_there) {
        axon_buf_append(out, (struct ic_bytes){.at = whole.at, .size = (size_t)(inside - start)});
        axon_buf_append(out, text);
        axon_buf_append_text(out, last);
    } else {
        axon_buf_append(out, page);
    }
    axon_buf_free(&whole);
    axon_buf_free(&begin);
    axon_buf_free(&end);
    return is_there;
}

/* Writes beside the file and renames: it is never half written. */
static bool file_write(const char *path, struct ic_bytes content)
{
    struct axon_buf beside = {0};
    axon_buf_printf(&beside, "%s.new", path);
    FILE *f = fopen(axon_buf_text(&beside), "w");
    bool ok = f != NULL && fwrite(content.at, 1, content.size, f) == content.size;
    ok = (f == NULL || fclose(f) == 0) && ok && rename(axon_buf_text(&beside), path) == 0;
    axon_buf_free(&beside);
    return ok;
}

bool axon_part_write(const char *path, const char *name, struct ic_bytes text,
                     struct axon_buf *why)
{
    struct axon_buf page = {0}, out = {0};
    bool is_read = axon_buf_read_file(&page, path);
    if (!is_read && errno == ENOENT) {
        axon_buf_printf(&page, "<!-- begin %s -->\n<!-- end %s -->\n", name, name);
        is_read = true;
    }
    bool ok = false;
    if (!is_read) {
        axon_buf_printf(why, "%s: %s", path, strerror(errno));
    } else if (!axon_part_replace(&out, axon_buf_bytes(&page), name, text)) {
        axon_buf_printf(why, "%s: no lines that begin and end its part \"%s\"", path, name);
    } else {
        ok = file_write(path, axon_buf_bytes(&out));
        if (!ok) {
            axon_buf_printf(why, "%s: %s", path, strerror(errno));
        }
    }
    axon_buf_free(&page);
    axon_buf_free(&out);
    return ok;
}
