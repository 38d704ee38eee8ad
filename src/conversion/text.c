#include "conversion/text.h"

#include "base/letter.h"

/* Whether a control character may begin with the byte: C0, DEL, or the first byte of C1 or of
 * U+2028. */
static bool may_be_control(char byte)
{
    unsigned char first = (unsigned char)byte;
    return first < 0x20 || first == 0x7F || first == 0xC2 || first == 0xE2;
}

static bool is_control_at(struct slice text, size_t at, size_t *ret_size)
{
    uint32_t code_point;
    *ret_size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
    return slice_is_control(code_point);
}

/* Whether none of eight bytes is a control character of ASCII, or no ASCII at all. What is taken from a byte, or
 * added to one, reaches its highest bit, or the next byte's where it was found already. */
static bool is_plain(const char *eight)
{
    uint64_t word;
    memcpy(&word, eight, sizeof word);
    uint64_t below_space = word - 0x2020202020202020u;
    uint64_t above_tilde = word + 0x0101010101010101u;
    return ((word | below_space | above_tilde) & 0x8080808080808080u) == 0;
}

/* Where the first control character from `from` on stands, or the end; `ret_size` is its size. */
static size_t find_control(struct slice text, size_t from, size_t *ret_size)
{
    size_t at = from;
    while (at < text.size) {
        size_t left = text.size - at;
        size_t end = at + (left < sizeof(uint64_t) ? left : sizeof(uint64_t));
        if (left >= sizeof(uint64_t) && is_plain(text.data + at)) {
            at = end;
        }
        for (; at < end; at++) {
            if (may_be_control(text.data[at]) && is_control_at(text, at, ret_size)) {
                return at;
            }
        }
    }
    return text.size;
}

bool text_has_control(struct slice text)
{
    size_t size;
    return find_control(text, 0, &size) < text.size;
}

bool text_is_no_id(struct slice text)
{
    static const char *const words[] = {"null", "undefined", "none", "nan", "true", "false"};
    struct slice word = letter_trim(text);
    bool is_one = false;
    for (size_t i = 0; i < sizeof words / sizeof *words && word.size < sizeof "undefined"; i++) {
        is_one = is_one || slice_equal_ignoring_case(word, slice_of(words[i]));
    }
    return is_one;
}

struct slice text_clean(struct slice text, struct arena *arena)
{
    size_t size;
    size_t at = find_control(text, 0, &size);
    struct slice clean = text;
    if (at < text.size) {
        char *copy = arena_alloc(arena, text.size);
        size_t written = 0;
        size_t from = 0;
        for (; at < text.size; at = find_control(text, from, &size)) {
            memcpy(copy + written, text.data + from, at - from);
            written += at - from;
            copy[written++] = ' ';
            from = at + size;
        }
        memcpy(copy + written, text.data + from, text.size - from);
        clean = (struct slice){copy, written + text.size - from};
    }
    return slice_trim(clean).size > 0 ? clean : (struct slice){NULL, 0};
}
