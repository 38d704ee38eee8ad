#include "config/csv.h"

#include "base/arena.h"
#include "base/memory.h"
#include "lines.h"
#include "secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTE_ORDER_MARK SLICE("\xEF\xBB\xBF")
#define QUOTES_HINT "put the whole value in double quotes, and write each quote in it twice"

struct csv {
    const char *name;
    struct lines lines; /* of the text, less a byte order mark */
    struct error_list *errors;
    size_t error_count;
    size_t at; /* where reading stands */
    size_t row_count;
    struct arena arena; /* what of a line had to be decoded; taken back with the next one */
    struct arena name_arena;
    struct csv_cell names[CSV_COLUMNS_MAX];
    size_t name_count;
    struct csv_cell cells[CSV_COLUMNS_MAX];
};

static size_t text_size(const struct csv *csv)
{
    return csv->lines.text.size;
}

static char byte_at(const struct csv *csv, size_t at)
{
    return at < text_size(csv) ? csv->lines.text.data[at] : '\0';
}

/* --- Errors ---------------------------------------------------------------------------------- */

/* A line that seems to hold a secret is not shown: somebody may have named the wrong file. */
static struct source shown_source(const struct csv *csv, struct place place)
{
    bool secret = place.line > 0 && secret_is_value(lines_text(&csv->lines, place.line - 1));
    return (struct source){csv->name, secret ? SLICE("") : csv->lines.text};
}

static void add_error(struct csv *csv, struct place place, const char *hint, const char *message)
{
    if (csv->error_count > CSV_ERRORS_MAX) {
        return;
    }
    if (csv->error_count == CSV_ERRORS_MAX) {
        message = "there may be more errors: the file is read no further";
        hint = "correct these first";
        csv->at = text_size(csv);
    }
    csv->error_count++;
    struct source source = shown_source(csv, place);
    error_list_add(csv->errors, ERROR_GRADE_ERROR, &source, place, message, hint);
}

/* Of the bytes [from, to). */
__attribute__((format(printf, 5, 6))) static void
error_at(struct csv *csv, size_t from, size_t to, const char *hint, const char *format, ...)
{
    char message[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    add_error(csv, lines_place(&csv->lines, from, to), hint, message);
}

void csv_error(struct csv *csv, const struct csv_cell *cell, const char *hint, const char *format,
               ...)
{
    char message[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_at(csv, cell->from, cell->to, hint, "%s", message);
}

size_t csv_line(const struct csv *csv, const struct csv_cell *cell)
{
    return lines_find(&csv->lines, cell->from) + 1;
}

/* --- The text as a whole --------------------------------------------------------------------- */

/* Line ends are LF or CRLF, so that lines are what editors call lines. */
static const char *character_fault(uint32_t code_point, size_t size, char next)
{
    if (size == 0) {
        return "these bytes are not UTF-8";
    }
    if (code_point == '\r') {
        return next == '\n' ? NULL : "a carriage return (CR) without a line feed (LF)";
    }
    return code_point < 0x20 && code_point != '\t' && code_point != '\n' ? "a control character"
                                                                         : NULL;
}

static bool check_characters(struct csv *csv)
{
    for (size_t at = 0; at < text_size(csv);) {
        uint32_t code_point = 0;
        size_t size = slice_decode(slice_part(csv->lines.text, at, SIZE_MAX), &code_point);
        const char *fault = character_fault(code_point, size, byte_at(csv, at + 1));
        if (fault != NULL) {
            error_at(csv, at, at + 1, "save the file as UTF-8 text with LF or CRLF as line ends",
                     "%s", fault);
            return false;
        }
        at += size;
    }
    return true;
}

/* --- Values ---------------------------------------------------------------------------------- */

/* Where the value that begins at `at` ends, if it has no quotes around it. */
static size_t end_of_plain(const struct csv *csv, size_t at)
{
    while (at < text_size(csv) && memchr(",\"\r\n", byte_at(csv, at), 4) == NULL) {
        at++;
    }
    return at;
}

static bool take_plain(struct csv *csv, struct csv_cell *cell)
{
    size_t from = csv->at;
    csv->at = end_of_plain(csv, from);
    if (byte_at(csv, csv->at) == '"') {
        error_at(csv, csv->at, csv->at + 1, QUOTES_HINT,
                 "a quote in a value that does not begin with one");
        return false;
    }
    *cell = (struct csv_cell){slice_part(csv->lines.text, from, csv->at - from), from, csv->at};
    return true;
}

/* Behind the quote that ends the value whose first byte is at `at`; counts the quotes within it,
 * each of which stands twice. SIZE_MAX when there is no end. */
static size_t end_of_quoted(const struct csv *csv, size_t at, size_t *ret_quotes)
{
    *ret_quotes = 0;
    for (; at < text_size(csv); at++) {
        if (byte_at(csv, at) == '"' && byte_at(csv, at + 1) != '"') {
            return at + 1;
        }
        if (byte_at(csv, at) == '"') {
            (*ret_quotes)++;
            at++;
        }
    }
    return SIZE_MAX;
}

/* Every other quote of `raw` left out. */
static struct slice without_quotes(struct slice raw, size_t quotes, struct arena *arena)
{
    char *room = arena_alloc(arena, raw.size - quotes);
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        room[size++] = raw.data[i];
        i += raw.data[i] == '"';
    }
    return (struct slice){room, size};
}

static bool take_quoted(struct csv *csv, struct csv_cell *cell)
{
    size_t from = csv->at;
    size_t quotes = 0;
    size_t to = end_of_quoted(csv, from + 1, &quotes);
    if (to == SIZE_MAX) {
        error_at(csv, from, from + 1, QUOTES_HINT, "this value has no end: a quote is missing");
        csv->at = text_size(csv);
        return false;
    }
    csv->at = to;
    if (to < text_size(csv) && memchr(",\r\n", byte_at(csv, to), 3) == NULL) {
        error_at(csv, to, to + 1, QUOTES_HINT,
                 "a comma or the end of the line was expected behind the quote");
        return false;
    }
    struct slice raw = slice_part(csv->lines.text, from + 1, to - from - 2);
    struct slice text = quotes == 0 ? raw : without_quotes(raw, quotes, &csv->arena);
    *cell = (struct csv_cell){text, from, to};
    return true;
}

/* --- Lines ----------------------------------------------------------------------------------- */

static void skip_line(struct csv *csv)
{
    struct slice rest = slice_part(csv->lines.text, csv->at, SIZE_MAX);
    size_t end = slice_find(rest, SLICE("\n"));
    csv->at = end == SIZE_MAX ? text_size(csv) : csv->at + end + 1;
}

/* The line end at which reading stands, if there is one. */
static bool take_line_end(struct csv *csv)
{
    size_t cr = byte_at(csv, csv->at) == '\r' ? 1 : 0;
    if (byte_at(csv, csv->at + cr) != '\n') {
        return false;
    }
    csv->at += cr + 1;
    return true;
}

/* Reads the values of a line; false, with the rest of it passed over, when one is wrong. */
static bool take_cells(struct csv *csv, struct csv_cell *cells, size_t *ret_count)
{
    size_t count = 0;
    bool more = true;
    while (more) {
        if (count == CSV_COLUMNS_MAX) {
            error_at(csv, csv->at, csv->at + 1, NULL, "more than %d values on a line",
                     CSV_COLUMNS_MAX);
            skip_line(csv);
            return false;
        }
        bool quoted = byte_at(csv, csv->at) == '"';
        if (!(quoted ? take_quoted(csv, &cells[count]) : take_plain(csv, &cells[count]))) {
            skip_line(csv);
            return false;
        }
        count++;
        more = byte_at(csv, csv->at) == ',';
        csv->at += more;
    }
    (void)take_line_end(csv);
    *ret_count = count;
    return true;
}

static void skip_empty_lines(struct csv *csv)
{
    while (take_line_end(csv)) {
    }
}

static bool check_count(struct csv *csv, size_t count)
{
    if (count == csv->name_count) {
        return true;
    }
    error_at(csv, csv->cells[0].from, csv->cells[count - 1].to,
             "a value with a comma in it stands in double quotes",
             "%zu value%s on this line, and the first line names %zu column%s", count,
             count == 1 ? "" : "s", csv->name_count, csv->name_count == 1 ? "" : "s");
    return false;
}

bool csv_next(struct csv *csv, struct csv_row *ret_row)
{
    for (;;) {
        size_t count = 0;
        skip_empty_lines(csv);
        if (csv->at == text_size(csv)) {
            return false;
        }
        if (csv->row_count == CSV_ROWS_MAX) {
            error_at(csv, csv->at, csv->at + 1, NULL, "more than %d lines", CSV_ROWS_MAX);
            csv->at = text_size(csv);
            return false;
        }
        csv->row_count++;
        arena_reset(&csv->arena);
        if (take_cells(csv, csv->cells, &count) && check_count(csv, count)) {
            *ret_row = (struct csv_row){csv->cells, count};
            return true;
        }
    }
}

/* --- Beginning and end ----------------------------------------------------------------------- */

static bool take_names(struct csv *csv)
{
    const struct place whole_file = {0, 0, 0};
    skip_empty_lines(csv);
    if (csv->at == text_size(csv)) {
        add_error(csv, whole_file, NULL, "the file is empty: its first line names the columns");
        return false;
    }
    if (!take_cells(csv, csv->names, &csv->name_count)) {
        return false;
    }
    for (size_t i = 0; i < csv->name_count; i++) {
        csv->names[i].text = arena_copy(&csv->name_arena, csv->names[i].text);
    }
    return true;
}

struct csv *csv_open(const char *name, struct slice text, struct error_list *errors)
{
    const struct place whole_file = {0, 0, 0};
    bool fits = text.size <= CSV_BYTES_MAX;
    if (slice_starts_with(text, BYTE_ORDER_MARK)) {
        text = slice_part(text, BYTE_ORDER_MARK.size, SIZE_MAX);
    }
    struct csv *csv = memory_new(1, sizeof *csv);
    csv->name = name;
    csv->errors = errors;
    arena_init(&csv->arena, 0);
    arena_init(&csv->name_arena, 0);
    lines_init(&csv->lines, fits ? text : SLICE(""));
    if (!fits) {
        struct error error;
        error_set(&error, "the file is larger than %d bytes", CSV_BYTES_MAX);
        add_error(csv, whole_file, NULL, error.text);
    } else if (check_characters(csv) && take_names(csv)) {
        return csv;
    }
    csv_close(csv);
    return NULL;
}

void csv_close(struct csv *csv)
{
    if (csv == NULL) {
        return;
    }
    lines_done(&csv->lines);
    arena_done(&csv->arena);
    arena_done(&csv->name_arena);
    free(csv);
}

struct csv_row csv_names(const struct csv *csv)
{
    return (struct csv_row){csv->names, csv->name_count};
}

size_t csv_row_limit(const struct csv *csv)
{
    return csv->lines.count < CSV_ROWS_MAX ? csv->lines.count : CSV_ROWS_MAX;
}
