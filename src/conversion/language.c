#include "language.h"

#define TAG_MAX 35 /* RFC 5646, section 4.4.1: what any registered tag fits in */
#define PART_MAX 8

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

static char upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte & ~0x20) : byte;
}

static bool is_part(struct slice part)
{
    for (size_t i = 0; i < part.size; i++) {
        bool digit = part.data[i] >= '0' && part.data[i] <= '9';
        if (!digit && !is_letter(part.data[i])) {
            return false;
        }
    }
    return part.size >= 1 && part.size <= PART_MAX;
}

static bool is_language(struct slice part)
{
    bool letters = true;
    for (size_t i = 0; i < part.size; i++) {
        letters = letters && is_letter(part.data[i]);
    }
    return letters && (part.size == 2 || part.size == 3);
}

/* `plain`: the part is the language, or stands behind a part of one letter. */
static void write_part(struct slice part, bool plain, char *tag)
{
    bool region = !plain && part.size == 2;
    bool script = !plain && part.size == 4 && is_letter(part.data[0]);
    for (size_t i = 0; i < part.size; i++) {
        tag[i] = region || (script && i == 0) ? upper(part.data[i]) : lower(part.data[i]);
    }
}

static struct slice part_at(struct slice text, size_t from)
{
    size_t end = from;
    while (end < text.size && text.data[end] != '-' && text.data[end] != '_') {
        end++;
    }
    return slice_part(text, from, end - from);
}

bool language_normalise(struct slice text, struct arena *arena, struct slice *ret_tag)
{
    struct slice part = part_at(text, 0);
    if (text.size > TAG_MAX || !is_language(part)) {
        return false;
    }
    char *tag = arena_alloc(arena, text.size);
    bool plain = true;
    write_part(part, plain, tag);
    plain = false;
    for (size_t at = part.size; at < text.size; at += part.size) {
        tag[at++] = '-';
        part = part_at(text, at);
        if (!is_part(part)) {
            return false;
        }
        write_part(part, plain, tag + at);
        plain = plain || part.size == 1;
    }
    *ret_tag = (struct slice){tag, text.size};
    return true;
}
