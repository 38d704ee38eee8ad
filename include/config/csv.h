/* csv: a table in a text file: RFC 4180, in UTF-8, with the columns' names on the first line.
 *
 * Values stand between commas, lines end with LF or CRLF. A value with a comma, a quote or a line
 * end in it stands in double quotes, a quote within it twice. Blanks are part of a value. A byte
 * order mark and empty lines are passed over; every other line has as many values as the first.
 * Lines are read one by one, so that a caller keeps what it needs. */
#ifndef CONFIG_CSV_H
#define CONFIG_CSV_H

#include "base/error.h"
#include "base/slice.h"

#define CSV_BYTES_MAX (16 * 1024 * 1024)
#define CSV_ROWS_MAX 200000 /* lines with values; that of the names does not count */
#define CSV_COLUMNS_MAX 64
#define CSV_ERRORS_MAX 20 /* of one file; past it, one more says that reading has ended there */

struct csv;

/* A value as it is meant, and the bytes in the file that it was made from. */
struct csv_cell {
    struct slice text;
    size_t from, to;
};

/* A line. */
struct csv_row {
    const struct csv_cell *cells;
    size_t count;
};

/* Begins to read `text`, which must outlive it. NULL, with errors in `errors`, when it is no text,
 * too large, or has no line of names. `name` is the file's, as errors show it. */
struct csv *csv_open(const char *name, struct slice text, struct error_list *errors);
void csv_close(struct csv *csv);

/* The first line: the columns' names. */
struct csv_row csv_names(const struct csv *csv);

/* How many lines there are to come at most. */
size_t csv_row_limit(const struct csv *csv);

/* The next line, with as many values as there are names; false behind the last. It is valid until
 * the next call. Lines that are wrong are passed over, their errors are in `errors`. */
__attribute__((warn_unused_result)) bool csv_next(struct csv *csv, struct csv_row *ret_row);

/* The number of the line that a value begins on, counted from 1. */
size_t csv_line(const struct csv *csv, const struct csv_cell *cell);

/* Adds an error at a value; `hint` may be NULL. */
__attribute__((format(printf, 4, 5))) void csv_error(struct csv *csv, const struct csv_cell *cell,
                                                     const char *hint, const char *format, ...);

#endif
