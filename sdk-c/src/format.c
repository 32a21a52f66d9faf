/* printf into a writer. SPEC: C17, 7.21.6.1, as far as ic/format.h says. */
#include "ic/format.h"

#include "ic/msg.h"
#include "ic/trap.h"

#define DIGITS_MAX 20u /* of 64 bits in decimal */

enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG };

/* One conversion. */
struct spec {
    bool is_left;
    bool has_zeros;
    char plus; /* what stands before a number that is not negative: '+', ' ' or 0 */
    size_t width;
    bool has_precision;
    size_t precision;
    enum length length;
    bool is_cut; /* of what does not fit, the beginning is written */
};

/* A va_list that functions can pass on by address, whatever the machine makes of it. */
struct arguments {
    va_list list;
};

/* ---- parts of the text ----------------------------------------------------------------------- */

/* Room for the next size bytes, or for those that fit: then the writer has failed behind them. */
static uint8_t *room_take(struct ic_writer *w, bool is_cut, size_t *size)
{
    const size_t left = w->overflow ? 0 : w->capacity - w->used;
    const bool is_short = is_cut && *size > left;
    *size = is_short ? left : *size;
    uint8_t *at = *size == 0 ? NULL : ic_writer_reserve(w, *size);
    w->overflow = w->overflow || is_short;
    return at;
}

static void repeat(struct ic_writer *w, bool is_cut, char c, size_t count)
{
    uint8_t *at = room_take(w, is_cut, &count);
    if (at != NULL) {
        memset(at, c, count);
    }
}

static void put_part(struct ic_writer *w, bool is_cut, struct ic_bytes text)
{
    uint8_t *at = room_take(w, is_cut, &text.size);
    if (at != NULL) {
        memcpy(at, text.at, text.size);
    }
}

/* Text in its field; before is a sign, which stands in front of zeros. */
static void put_field(struct ic_writer *w, const struct spec *s, struct ic_bytes before,
                      size_t zeros, struct ic_bytes text)
{
    const size_t size = before.size + zeros + text.size;
    const size_t padding = s->width > size ? s->width - size : 0;
    if (!s->is_left) {
        repeat(w, s->is_cut, ' ', padding);
    }
    put_part(w, s->is_cut, before);
    repeat(w, s->is_cut, '0', zeros);
    put_part(w, s->is_cut, text);
    if (s->is_left) {
        repeat(w, s->is_cut, ' ', padding);
    }
}

static void put_number(struct ic_writer *w, const struct spec *s, uint64_t value, char sign,
                       unsigned base, char ten)
{
    uint8_t digits[DIGITS_MAX];
    size_t first = sizeof digits;
    const struct ic_bytes before = {.at = (const uint8_t *)&sign, .size = sign == 0 ? 0 : 1};
    for (; value != 0; value /= base) {
        const unsigned digit = (unsigned)(value % base);
        digits[--first] = (uint8_t)(digit < 10 ? '0' + (int)digit : ten + (int)(digit - 10));
    }
    const struct ic_bytes text = {.at = digits + first, .size = sizeof digits - first};
    size_t wanted = s->has_precision ? s->precision : 1;
    if (s->has_zeros && !s->is_left && !s->has_precision && s->width > before.size) {
        wanted = s->width - before.size;
    }
    put_field(w, s, before, wanted > text.size ? wanted - text.size : 0, text);
}

static void put_text(struct ic_writer *w, const struct spec *s, const char *text)
{
    const struct ic_bytes none = {.size = 0};
    size_t size = 0;
    ic_assert(text != NULL || (s->has_precision && s->precision == 0));
    while ((!s->has_precision || size < s->precision) && text[size] != '\0') {
        size++;
    }
    put_field(w, s, none, 0, (struct ic_bytes){.at = (const uint8_t *)text, .size = size});
}

/* ---- arguments ------------------------------------------------------------------------------- */

static uint64_t unsigned_take(struct arguments *a, enum length length)
{
    switch (length) {
    case LENGTH_CHAR:
        return (unsigned char)va_arg(a->list, unsigned);
    case LENGTH_SHORT:
        return (unsigned short)va_arg(a->list, unsigned);
    case LENGTH_INT:
        return va_arg(a->list, unsigned);
    case LENGTH_LONG:
        return va_arg(a->list, unsigned long);
    case LENGTH_LONG_LONG:
        break;
    }
    return va_arg(a->list, unsigned long long);
}

static int64_t signed_take(struct arguments *a, enum length length)
{
    switch (length) {
    case LENGTH_CHAR:
        return (signed char)va_arg(a->list, int);
    case LENGTH_SHORT:
        return (short)va_arg(a->list, int);
    case LENGTH_INT:
        return va_arg(a->list, int);
    case LENGTH_LONG:
        return va_arg(a->list, long);
    case LENGTH_LONG_LONG:
        break;
    }
    return va_arg(a->list, long long);
}

/* ---- formats --------------------------------------------------------------------------------- */

_Noreturn static void malformed(void)
{
    IC_TRAP("format: a conversion that is not known");
}

static const char *flags_read(struct spec *s, const char *at)
{
    for (;; at++) {
        if (*at == '-') {
            s->is_left = true;
        } else if (*at == '0') {
            s->has_zeros = true;
        } else if (*at == '+' || (*at == ' ' && s->plus == 0)) {
            s->plus = *at;
        } else if (*at != ' ') {
            return at;
        }
    }
}

/* Digits, or an argument for "*". */
static const char *count_read(size_t *count, bool *is_negative, struct arguments *a, const char *at)
{
    *count = 0;
    *is_negative = false;
    if (*at == '*') {
        const int value = va_arg(a->list, int);
        *is_negative = value < 0;
        *count = value < 0 ? 0u - (unsigned)value : (unsigned)value;
        return at + 1;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        *count = *count * 10 + (size_t)(*at - '0');
        if (*count > INT32_MAX) {
            malformed();
        }
    }
    return at;
}

static const char *length_read(struct spec *s, const char *at)
{
    s->length = LENGTH_INT;
    switch (*at) {
    case 'h':
        s->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
        s->length = at[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
        return at + (at[1] == 'l' ? 2 : 1);
    case 'j':
        s->length = LENGTH_LONG_LONG;
        return at + 1;
    case 'z':
    case 't':
        s->length = LENGTH_LONG;
        return at + 1;
    default:
        return at;
    }
}
_Static_assert(sizeof(size_t) == sizeof(long) && sizeof(ptrdiff_t) == sizeof(long), "z, t are l");

static const char *spec_read(struct spec *s, bool is_cut, struct arguments *a, const char *at)
{
    bool is_negative = false;
    *s = (struct spec){.is_cut = is_cut};
    at = flags_read(s, at);
    at = count_read(&s->width, &is_negative, a, at);
    s->is_left = s->is_left || is_negative;
    if (*at == '.') {
        at = count_read(&s->precision, &is_negative, a, at + 1);
        s->has_precision = !is_negative;
    }
    return length_read(s, at);
}

static void put_signed(struct ic_writer *w, const struct spec *s, int64_t value)
{
    const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(w, s, magnitude, value < 0 ? '-' : s->plus, 10, 'a');
}

static void put_char(struct ic_writer *w, struct spec *s, int value)
{
    const uint8_t c = (uint8_t)value;
    const struct ic_bytes none = {.size = 0};
    put_field(w, s, none, 0, (struct ic_bytes){.at = &c, .size = 1});
}

static void put_pointer(struct ic_writer *w, const struct spec *s, const void *value)
{
    uint8_t text[2 + 2 * sizeof value];
    struct ic_writer hex;
    const struct ic_bytes none = {.size = 0};
    ic_writer_init(&hex, text, sizeof text);
    IC_PUT_LIT(&hex, "0x");
    put_number(&hex, &(struct spec){.width = 0}, (uintptr_t)value, 0, 16, 'a');
    put_field(w, s, none, 0, ic_writer_bytes(&hex));
}

static void put_conversion(struct ic_writer *w, struct spec *s, struct arguments *a, char kind)
{
    switch (kind) {
    case 'd':
    case 'i':
        put_signed(w, s, signed_take(a, s->length));
        break;
    case 'u':
        put_number(w, s, unsigned_take(a, s->length), 0, 10, 'a');
        break;
    case 'x':
        put_number(w, s, unsigned_take(a, s->length), 0, 16, 'a');
        break;
    case 'X':
        put_number(w, s, unsigned_take(a, s->length), 0, 16, 'A');
        break;
    case 'c':
        put_char(w, s, va_arg(a->list, int));
        break;
    case 's':
        put_text(w, s, va_arg(a->list, const char *));
        break;
    case 'p':
        put_pointer(w, s, va_arg(a->list, const void *));
        break;
    case '%':
        put_part(w, s->is_cut, IC_BYTES_LIT("%"));
        break;
    default:
        malformed();
    }
}

static void put_list(struct ic_writer *w, bool is_cut, const char *format, va_list arguments)
{
    struct arguments a;
    va_copy(a.list, arguments);
    while (*format != '\0') {
        size_t plain = 0;
        while (format[plain] != '\0' && format[plain] != '%') {
            plain++;
        }
        put_part(w, is_cut, (struct ic_bytes){.at = (const uint8_t *)format, .size = plain});
        format += plain;
        if (*format == '%') {
            struct spec s;
            format = spec_read(&s, is_cut, &a, format + 1);
            put_conversion(w, &s, &a, *format);
            format++;
        }
    }
    va_end(a.list);
}

void ic_put_format_list(struct ic_writer *w, const char *format, va_list arguments)
{
    put_list(w, false, format, arguments);
}

/* ---- the forms ------------------------------------------------------------------------------- */

void ic_put_format(struct ic_writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ic_put_format_list(w, format, arguments);
    va_end(arguments);
}

bool ic_arena_format(struct ic_bytes *out, struct ic_arena *a, const char *format, ...)
{
    struct ic_writer w;
    struct ic_arena rest = *a;
    const size_t room = ic_arena_left(a) & ~(size_t)(IC_ARENA_ALIGN - 1);
    uint8_t *at = ic_arena_alloc(&rest, room);
    va_list arguments;
    ic_writer_init(&w, at, at == NULL ? 0 : room);
    va_start(arguments, format);
    ic_put_format_list(&w, format, arguments);
    va_end(arguments);
    if (!ic_writer_ok(&w)) {
        return false;
    }
    const uint8_t *taken = ic_arena_alloc(a, w.used);
    ic_assert(taken == at);
    *out = ic_writer_bytes(&w);
    return true;
}

void ic_print(const char *format, ...)
{
    uint8_t line[IC_PRINT_BYTES_MAX];
    struct ic_writer w;
    va_list arguments;
    ic_writer_init(&w, line, sizeof line);
    va_start(arguments, format);
    put_list(&w, true, format, arguments);
    va_end(arguments);
    ic_debug_print(ic_writer_bytes(&w));
}
