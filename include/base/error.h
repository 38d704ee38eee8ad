/* error: what went wrong, in words, and where.
 *
 * `struct error` is one failure of a call, as text; functions that can fail take one and fill it.
 * `struct error_list` collects what is wrong in a file that a person wrote (configuration,
 * mapping), each with its place, so that all are shown at once:
 *
 *     config/shop.yaml:7:21: error: unknown transform "uper"
 *         7 |   currency: $.cur | uper
 *           |                     ^~~~
 *           = the nearest known is "upper"
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdio.h>

#define ERROR_SIZE 512

struct error {
    char text[ERROR_SIZE]; /* NUL-terminated, valid UTF-8, one line; cut with "…" when longer */
};

__attribute__((format(printf, 2, 3))) void error_set(struct error *error, const char *format, ...);

/* Puts "context: " before the text that is there. */
__attribute__((format(printf, 2, 3))) void error_prefix(struct error *error, const char *format,
                                                        ...);

/* A place in a file that a person wrote. Lines and columns count from 1, columns in code points;
 * `length` code points are underlined. A line of 0 is the file as a whole. */
struct place {
    size_t line;
    size_t column;
    size_t length;
};

enum error_grade { ERROR_GRADE_ERROR, ERROR_GRADE_WARNING };

struct error_item {
    enum error_grade grade;
    struct place place;
    char *file;    /* name of the file */
    char *message; /* what is wrong */
    char *hint;    /* what to do, or NULL */
    char *line;    /* the line, a long one cut around the place, a tab as one space; or NULL */
    size_t caret;  /* how many code points of `line` stand before the place */
};

/* All-zero is a valid empty list. */
struct error_list {
    struct error_item *items;
    size_t count;
    size_t errors; /* of these, how many are errors and not warnings */
    size_t capacity;
    bool cut; /* the reading of a file ended at one of them: others may stand behind it */
};

/* A file as its errors name it: `text` is its whole content, from which the lines are shown. */
struct source {
    const char *name;
    struct slice text;
};

void error_list_done(struct error_list *list);

/* Adds one error; a column of 0 is the whole line. `hint` may be NULL. The list copies all. */
void error_list_add(struct error_list *list, enum error_grade grade, const struct source *source,
                    struct place place, const char *message, const char *hint);

/* Writes all of them as shown above, in order of file, then line and column. */
void error_list_write(const struct error_list *list, struct buffer *buffer);

/* Of `count` names, the one nearest to `name`, or NULL when none is near enough to be meant. */
const char *error_nearest(struct slice name, const char *const names[], size_t count);

#endif
