/* lines: where each line of a text begins, so that bytes become places: lines and columns.
 *
 * The text is valid UTF-8 and ends its lines with LF or CRLF; lines of this module count from 0, those of
 * a place from 1. */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include "base/error.h"
#include "base/slice.h"

struct lines {
    struct slice text; /* somebody else's */
    size_t *starts;
    size_t count; /* at least 1: what follows the last line end is a line too */
};

void lines_init(struct lines *lines, struct slice text);
void lines_done(struct lines *lines);

/* The line that holds byte `at`. */
size_t lines_find(const struct lines *lines, size_t at);

/* A line with its end. */
struct slice lines_text(const struct lines *lines, size_t line);

/* The place of the bytes [from, to), as far as they stand on the line of `from`. */
struct place lines_place(const struct lines *lines, size_t from, size_t to);

/* The length of that place alone, which is quicker. */
size_t lines_length(const struct lines *lines, size_t from, size_t to);

#endif
