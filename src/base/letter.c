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
    return g_unichar_isspace(code_point) || code_point == '\v' || code_point == 0x85;
}

size_t letter_encode(uint32_t code_point, char *ret_bytes)
{
    return (size_t)g_unichar_to_utf8(code_point, ret_bytes);
}

int letter_hex_digit(char byte)
{
    return g_ascii_xdigit_value(byte);
}
