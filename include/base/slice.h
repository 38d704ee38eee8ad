/* slice: a run of bytes that somebody else owns.
 *
 * Text in this project is a slice: bytes with a length, UTF-8 unless said otherwise, never
 * terminated, and free to hold NUL. A slice is valid as long as what it points into: the message,
 * an arena, or a literal. The all-zero slice is the empty text. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

/* A string literal as a slice. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

/* For printf: printf("%.*s", SLICE_PRINT(slice)). */
#define SLICE_PRINT(slice) (int)(slice).size, (slice).data

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Equal but for the case of ASCII letters. */
bool slice_equal_ignoring_case(struct slice a, struct slice b);

/* Order of the bytes, which for UTF-8 is the order of the code points: < 0, 0 or > 0. */
int slice_compare(struct slice a, struct slice b);

bool slice_starts_with(struct slice text, struct slice prefix);
bool slice_ends_with(struct slice text, struct slice suffix);

/* A number that is the same for equal texts (FNV-1a), for hash tables. Whoever chooses the texts can make
 * it the same for others, too: bound how many of them a table takes from outside. */
size_t slice_hash(struct slice text);

/* Where `part` first stands in `text`, or SIZE_MAX. The empty part stands at 0. */
size_t slice_find(struct slice text, struct slice part);

/* The bytes from `from` on, at most `size` of them; empty when `from` is past the end. */
static inline struct slice slice_part(struct slice text, size_t from, size_t size)
{
    if (from >= text.size) {
        return (struct slice){text.data, 0};
    }
    size_t left = text.size - from;
    return (struct slice){text.data + from, size < left ? size : left};
}

/* Space, tab, CR, LF, FF, VT. */
static inline bool slice_is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* For slice_trim(), when there is a blank at an end. */
struct slice slice_trim_blanks(struct slice text);

/* Without the ASCII blanks at both ends. Most texts have none. */
static inline struct slice slice_trim(struct slice text)
{
    bool blank =
        text.size > 0 && (slice_is_blank(text.data[0]) || slice_is_blank(text.data[text.size - 1]));
    return blank ? slice_trim_blanks(text) : text;
}

/* The first code point of `text`; returns how many bytes it takes, 0 when there is none or the
 * bytes there are not valid UTF-8. `ret_code_point` may be NULL. */
size_t slice_decode(struct slice text, uint32_t *ret_code_point);

/* Whether a code point would begin another line or do something to a terminal, instead of being
 * shown there: C0, C1, and the separators of lines and paragraphs. */
bool slice_is_control(uint32_t code_point);

bool slice_is_ascii(struct slice text);

/* Whether the bytes are valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool slice_is_utf8(struct slice text);

/* How many code points `text`, which must be valid UTF-8, has. */
size_t slice_length(struct slice text);

/* How far two names are apart, in insertions, deletions, replacements and swaps of neighbours
 * (Damerau-Levenshtein); used to name the nearest known name. Names past 64 bytes are SIZE_MAX. */
size_t slice_distance(struct slice a, struct slice b);

#endif
