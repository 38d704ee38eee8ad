#include "scalar.h"

#include <stdio.h>

/* A run of raw bytes, and how many bytes of text they became: the same bytes when `exact`, otherwise
 * something else, which stands for them as a whole (an escape, a folded line end). */
struct piece {
    size_t from;
    size_t to;
    size_t size;
    bool exact;
};

struct walk {
    struct slice raw;
    size_t at;
    size_t end;
    size_t lines_end; /* block: where its content ends, or SIZE_MAX before the first line of it */
    size_t indent;    /* block */
    bool bare; /* block: the last line with content began with a blank, so it is not folded */
};

static char byte_at(const struct walk *walk, size_t at)
{
    return at < walk->end ? walk->raw.data[at] : '\0';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_break(char byte)
{
    return byte == '\n' || byte == '\r';
}

/* Behind the line end at `at`. */
static size_t skip_break(const struct walk *walk, size_t at)
{
    bool pair = byte_at(walk, at) == '\r' && byte_at(walk, at + 1) == '\n';
    return at + (pair ? 2 : 1);
}

/* Behind the blanks and line ends at `at`; counts the line ends. */
static size_t skip_space(const struct walk *walk, size_t at, size_t *ret_breaks)
{
    *ret_breaks = 0;
    while (is_blank(byte_at(walk, at)) || is_break(byte_at(walk, at))) {
        if (is_blank(byte_at(walk, at))) {
            at++;
        } else {
            at = skip_break(walk, at);
            (*ret_breaks)++;
        }
    }
    return at;
}

/* One line end is folded into a blank; of several, the first is dropped. */
static size_t folded_size(size_t breaks)
{
    return breaks == 1 ? 1 : breaks - 1;
}

static struct piece space_piece(const struct walk *walk)
{
    size_t breaks = 0;
    size_t to = skip_space(walk, walk->at, &breaks);
    if (breaks == 0) {
        return (struct piece){walk->at, to, to - walk->at, true};
    }
    return (struct piece){walk->at, to, folded_size(breaks), false};
}

static size_t utf8_size(uint32_t code_point)
{
    if (code_point < 0x80) {
        return 1;
    }
    if (code_point < 0x800) {
        return 2;
    }
    return code_point < 0x10000 ? 3 : 4;
}

static uint32_t hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return (uint32_t)(byte - '0');
    }
    return (uint32_t)((byte | 0x20) - 'a' + 10);
}

static bool is_hex_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/* Of \uXXXX at `at`, where one stands. */
static bool read_unit(struct slice raw, size_t at, uint32_t *ret_unit)
{
    if (at > raw.size || raw.size - at < SCALAR_PAIR_SIZE / 2 || raw.data[at] != '\\' ||
        raw.data[at + 1] != 'u') {
        return false;
    }
    *ret_unit = 0;
    for (size_t i = at + 2; i < at + SCALAR_PAIR_SIZE / 2; i++) {
        if (!is_hex_digit(raw.data[i])) {
            return false;
        }
        *ret_unit = *ret_unit << 4 | hex_digit(raw.data[i]);
    }
    return true;
}

bool scalar_pair(struct slice raw, size_t at, uint32_t *ret_code_point)
{
    uint32_t high = 0;
    uint32_t low = 0;
    if (!read_unit(raw, at, &high) || !read_unit(raw, at + SCALAR_PAIR_SIZE / 2, &low) ||
        high >> 10 != 0xD800 >> 10 || low >> 10 != 0xDC00 >> 10) {
        return false;
    }
    *ret_code_point = 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF));
    return true;
}

#define FILL "__"

void scalar_write_pair(uint32_t code_point, char *raw)
{
    char text[32];
    (void)snprintf(text, sizeof text, "\\U%08X" FILL, (unsigned)code_point);
    memcpy(raw, text, SCALAR_PAIR_SIZE);
}

/* \xXX, \uXXXX or \UXXXXXXXX: libyaml has seen to it that they are digits. */
static struct piece code_piece(const struct walk *walk, size_t digits)
{
    uint32_t code_point = 0;
    if (scalar_pair(walk->raw, walk->at, &code_point)) {
        return (struct piece){walk->at, walk->at + SCALAR_PAIR_SIZE, utf8_size(code_point), false};
    }
    for (size_t i = 0; i < digits; i++) {
        code_point = code_point << 4 | hex_digit(byte_at(walk, walk->at + 2 + i));
    }
    return (struct piece){walk->at, walk->at + 2 + digits, utf8_size(code_point), false};
}

/* An escaped line end is dropped, with the blanks that begin the next line; empty lines stay. */
static struct piece continuation_piece(const struct walk *walk)
{
    size_t breaks = 0;
    size_t to = skip_space(walk, skip_break(walk, walk->at + 1), &breaks);
    return (struct piece){walk->at, to, breaks, false};
}

static struct piece escape_piece(const struct walk *walk)
{
    char name = byte_at(walk, walk->at + 1);
    size_t size = 1;
    switch (name) {
    case '\r':
    case '\n':
        return continuation_piece(walk);
    case 'x':
        return code_piece(walk, 2);
    case 'u':
        return code_piece(walk, 4);
    case 'U':
        return code_piece(walk, 8);
    case 'N': /* U+0085 */
    case '_': /* U+00A0 */
        size = 2;
        break;
    case 'L': /* U+2028 */
    case 'P': /* U+2029 */
        size = 3;
        break;
    default:
        break;
    }
    return (struct piece){walk->at, walk->at + 2, size, false};
}

/* The next piece of a plain or quoted scalar. */
static struct piece flow_piece(const struct walk *walk)
{
    char style = walk->raw.data[0];
    char first = byte_at(walk, walk->at);
    if (is_blank(first) || is_break(first)) {
        return space_piece(walk);
    }
    if (style == '"' && first == '\\') {
        return escape_piece(walk);
    }
    if (style == '\'' && first == '\'') {
        return (struct piece){walk->at, walk->at + 2, 1, false};
    }
    return (struct piece){walk->at, walk->at + 1, 1, true};
}

/* Behind the empty lines at `at`, at the first byte after the indentation of a line with content, or
 * wherever the content ends; counts the empty lines. */
static size_t skip_empty_lines(const struct walk *walk, size_t at, size_t *ret_breaks)
{
    *ret_breaks = 0;
    for (;;) {
        size_t spaces = 0;
        while (spaces < walk->indent && byte_at(walk, at + spaces) == ' ') {
            spaces++;
        }
        at += spaces;
        if (!is_break(byte_at(walk, at))) {
            return at;
        }
        at = skip_break(walk, at);
        (*ret_breaks)++;
    }
}

/* What lies between one line with content and the next. */
static struct piece gap_piece(struct walk *walk)
{
    bool first = walk->lines_end == SIZE_MAX;
    size_t breaks = 0;
    size_t start = first ? walk->at : skip_break(walk, walk->at);
    size_t to = skip_empty_lines(walk, start, &breaks);
    bool bare = is_blank(byte_at(walk, to));
    size_t size = breaks + (first ? 0 : 1);
    if (!first && walk->raw.data[0] == '>' && !bare && !walk->bare) {
        size = folded_size(size);
    }
    walk->bare = bare;
    return (struct piece){walk->at, to, size, false};
}

static struct piece line_piece(const struct walk *walk)
{
    size_t to = walk->at;
    while (to < walk->end && !is_break(byte_at(walk, to))) {
        to++;
    }
    return (struct piece){walk->at, to, to - walk->at, true};
}

/* The next piece of a block scalar: by turns what lies before a line with content, and that line. */
static struct piece block_piece(struct walk *walk, bool gap)
{
    if (gap) {
        return gap_piece(walk);
    }
    struct piece piece = line_piece(walk);
    walk->lines_end = piece.to;
    return piece;
}

static size_t count_leading(struct slice text, char byte)
{
    size_t count = 0;
    while (count < text.size && text.data[count] == byte) {
        count++;
    }
    return count;
}

/* How many blanks the lines of a block are indented by: what the first line with content has more of in
 * the file than in the text. `at` is where the first line begins. */
static size_t block_indent(const struct walk *walk, size_t at, struct slice text)
{
    size_t empty = count_leading(text, '\n');
    for (size_t i = 0; i < empty; i++) {
        while (at < walk->end && !is_break(byte_at(walk, at))) {
            at++;
        }
        at = skip_break(walk, at);
    }
    size_t raw = count_leading(slice_part(walk->raw, at, walk->raw.size), ' ');
    size_t decoded = count_leading(slice_part(text, empty, text.size), ' ');
    return raw > decoded ? raw - decoded : 0;
}

/* The bytes `size` from `offset` of a piece. */
static struct scalar_span part_of(const struct piece *piece, size_t offset, size_t size)
{
    if (!piece->exact) {
        return (struct scalar_span){piece->from, piece->to};
    }
    size_t from = piece->from + offset;
    return (struct scalar_span){from, size < piece->to - from ? from + size : piece->to};
}

/* Extends `span` by what of `piece`, whose text starts at `start`, lies in the wanted bytes. */
static void collect(struct scalar_span *span, const struct piece *piece, size_t start,
                    size_t offset, size_t size)
{
    if (offset + size <= start || offset >= start + piece->size) {
        return;
    }
    size_t skipped = offset > start ? offset - start : 0;
    struct scalar_span part = part_of(piece, skipped, offset + size - start - skipped);
    if (span->from == SIZE_MAX) {
        span->from = part.from;
    }
    span->to = part.to;
}

static struct scalar_span find_in_flow(struct walk *walk, size_t offset, size_t size)
{
    struct scalar_span span = {SIZE_MAX, SIZE_MAX};
    size_t start = 0;
    while (walk->at < walk->end && start < offset + size) {
        struct piece piece = flow_piece(walk);
        collect(&span, &piece, start, offset, size);
        start += piece.size;
        walk->at = piece.to;
    }
    return span.from == SIZE_MAX ? (struct scalar_span){walk->end, walk->end} : span;
}

/* The line ends that a block ends with belong to the end of its last line; an empty block has nothing
 * but its header. */
static struct scalar_span find_in_block(struct walk *walk, struct slice text, size_t offset,
                                        size_t size)
{
    struct scalar_span span = {SIZE_MAX, SIZE_MAX};
    size_t content = text.size;
    while (content > 0 && text.data[content - 1] == '\n') {
        content--;
    }
    size_t start = 0;
    for (bool gap = true; walk->at < walk->end && start < content; gap = !gap) {
        struct piece piece = block_piece(walk, gap);
        collect(&span, &piece, start, offset, size);
        start += piece.size;
        walk->at = piece.to;
    }
    size_t end = walk->lines_end == SIZE_MAX ? 0 : walk->lines_end;
    return span.from == SIZE_MAX ? (struct scalar_span){end, end} : span;
}

struct scalar_span scalar_find(struct slice raw, struct slice text, size_t offset, size_t size)
{
    if (raw.size == 0) {
        return (struct scalar_span){0, 0};
    }
    struct walk walk = {.raw = raw, .end = raw.size, .lines_end = SIZE_MAX};
    offset = offset < text.size ? offset : text.size;
    size = size < text.size - offset ? size : text.size - offset;
    size = size > 0 ? size : 1; /* the place before a character is where that character begins */
    if (raw.data[0] == '|' || raw.data[0] == '>') {
        walk.at = line_piece(&walk).to;
        walk.at = skip_break(&walk, walk.at);
        walk.indent = block_indent(&walk, walk.at, text);
        return find_in_block(&walk, text, offset, size);
    }
    if (raw.data[0] == '\'' || raw.data[0] == '"') {
        walk.at = 1;
        walk.end = raw.size - 1;
    }
    return find_in_flow(&walk, offset, size);
}

size_t scalar_read_pairs(struct slice raw, char *text, size_t size)
{
    struct walk walk = {.raw = raw, .at = 1, .end = raw.size - 1};
    size_t from = 0;
    size_t to = 0;
    while (walk.at < walk.end && from < size) {
        struct piece piece = flow_piece(&walk);
        size_t kept = piece.size < size - from ? piece.size : size - from;
        uint32_t code_point = 0;
        memmove(text + to, text + from, kept);
        to += kept;
        from += kept + (scalar_pair(raw, walk.at, &code_point) ? sizeof FILL - 1 : 0);
        walk.at = piece.to;
    }
    text[to] = '\0';
    return to;
}
