/* Quoted texts of expressions: those of RFC 9535, section 2.3.1.1. */
#include "parser.h"

#include "base/letter.h"

/* The four hex digits at `at`, or -1. */
static int32_t hex_unit(struct slice text, size_t at)
{
    int32_t unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = at + i < text.size ? letter_hex_digit(text.data[at + i]) : -1;
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The escape \uXXXX whose digits begin at `at`, with its other half when it is the first of a
 * surrogate pair. Returns how many bytes were read, 0 when it is none. */
static size_t unicode_escape(struct slice text, size_t at, uint32_t *ret_code_point)
{
    int32_t unit = hex_unit(text, at);
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) {
        return 0;
    }
    *ret_code_point = (uint32_t)unit;
    if (unit < 0xD800 || unit > 0xDBFF) {
        return 4;
    }
    struct slice between = slice_part(text, at + 4, 2);
    int32_t low = hex_unit(text, at + 6);
    if (!slice_equal(between, SLICE("\\u")) || low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *ret_code_point = 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
    return 10;
}

/* Decodes the escape whose letter is at `at`; returns how many bytes were read, 0 when it is
 * none. */
static size_t take_escape(struct slice text, size_t at, char quote, char *room, size_t *size)
{
    static const char letters[] = "bfnrt/\\";
    static const char meanings[] = "\b\f\n\r\t/\\";
    char letter = at < text.size ? text.data[at] : '\0';
    const char *known = letter == '\0' ? NULL : strchr(letters, letter);
    if (known != NULL || letter == quote) {
        room[(*size)++] = known != NULL ? meanings[known - letters] : quote;
        return 1;
    }
    uint32_t code_point = 0;
    size_t read = letter == 'u' ? unicode_escape(text, at + 1, &code_point) : 0;
    if (read == 0) {
        return 0;
    }
    *size += letter_encode(code_point, room + *size);
    return read + 1;
}

bool parser_take_string(struct parser *parser, struct slice *ret_text)
{
    size_t from = parser->at;
    struct slice text = parser->text;
    char quote = text.data[from];
    char *room = arena_alloc(&parser->scope->pool->arena, text.size - from);
    size_t size = 0;
    size_t at = from + 1;
    while (at < text.size && text.data[at] != quote) {
        if ((unsigned char)text.data[at] < 0x20) {
            parser_error(parser, at, 1, "write it as an escape: \\n, \\t, \\u0000",
                         "a control character in a text");
            return false;
        }
        if (text.data[at] != '\\') {
            room[size++] = text.data[at++];
            continue;
        }
        size_t read = take_escape(text, at + 1, quote, room, &size);
        if (read == 0) {
            parser_error(parser, at, 2, "\\\\ is a backslash; \\n, \\t, \\u00e9 … are known",
                         "unknown escape in a text");
            return false;
        }
        at += 1 + read;
    }
    if (at == text.size) {
        parser_error(parser, from, text.size - from, parser_comment_hint(parser),
                     "this text has no end: %c is missing", quote);
        return false;
    }
    parser->at = at + 1;
    *ret_text = (struct slice){room, size};
    return true;
}
