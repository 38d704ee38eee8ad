#include "base/letter.h"

#include <glib.h>

uint32_t letter_lower(uint32_t code_point)
{
    return g_unichar_tolower(code_point);
}

uint32_t letter_upper(uint32_t code_point)
{
    return g_unichar_toupper(code_point);
}

/* A result takes at most half as many bytes more than its letter. */
struct slice letter_change(struct slice text, uint32_t (*change)(uint32_t code_point),
                           struct arena *arena)
{
    char *room = arena_alloc(arena, text.size + text.size / 2);
    size_t size = 0;
    size_t at = 0;
    while (at < text.size) {
        uint32_t code_point = 0;
        at += slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
        size += letter_encode(change(code_point), room + size);
    }
    return (struct slice){room, size};
}

bool letter_is_blank(uint32_t code_point)
{
    if (code_point < 0x80) {
        return slice_is_blank((char)code_point);
    }
    return g_unichar_isspace(code_point) || code_point == 0x85;
}

/* Where the code point begins that ends at `end`, which is no 0. */
static size_t start_of(struct slice text, size_t end)
{
    do {
        end--;
    } while (end > 0 && ((unsigned char)text.data[end] & 0xC0) == 0x80);
    return end;
}

static bool is_blank_at(struct slice text, size_t at, size_t *ret_size)
{
    uint32_t code_point = 0;
    *ret_size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
    return letter_is_blank(code_point);
}

size_t letter_blank_size(struct slice text)
{
    size_t at = 0;
    size_t size;
    while (at < text.size && is_blank_at(text, at, &size)) {
        at += size;
    }
    return at;
}

struct slice letter_trim_blanks(struct slice text)
{
    size_t from = letter_blank_size(text);
    size_t to = text.size;
    size_t size;
    while (to > from && is_blank_at(text, start_of(text, to), &size)) {
        to -= size;
    }
    return slice_part(text, from, to - from);
}

size_t letter_encode(uint32_t code_point, char *ret_bytes)
{
    return (size_t)g_unichar_to_utf8(code_point, ret_bytes);
}

int letter_hex_digit(char byte)
{
    return g_ascii_xdigit_value(byte);
}
