/* scanner: the words of a JSONPath: blanks, signs, names, numbers, strings.
 *
 * It moves through the text from left to right. Where something is wrong, it stands at the place of
 * the error once the call has failed. */
#ifndef JSON_SCANNER_H
#define JSON_SCANNER_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

struct scanner {
    struct slice text; /* valid UTF-8; results may point into it */
    size_t at;
    size_t nesting; /* how many levels are open */
    size_t nesting_max;
    struct arena *arena; /* for strings */
    struct error *error;
};

/* Sets the error and its place. Always false. */
bool scanner_fail(struct scanner *scanner, size_t place, const char *message);

/* The byte at hand; 0 at the end. */
char scanner_peek(const struct scanner *scanner);

bool scanner_is_digit(char byte);

/* Moves on over `sign` if it stands here. */
bool scanner_take(struct scanner *scanner, struct slice sign);

/* The same, but it is an error when it does not. */
__attribute__((warn_unused_result)) bool scanner_expect(struct scanner *scanner, struct slice sign,
                                                        const char *message);

void scanner_skip_blanks(struct scanner *scanner);

/* Goes a level deeper; fails past the maximum. */
__attribute__((warn_unused_result)) bool scanner_enter(struct scanner *scanner);
void scanner_leave(struct scanner *scanner);

/* A name without quotes, as it stands behind a dot; empty when there is none. */
struct slice scanner_name(struct scanner *scanner);

/* A string in the quotes that stand here, decoded. */
__attribute__((warn_unused_result)) bool scanner_string(struct scanner *scanner,
                                                        struct slice *ret_string);

/* An index: no further from 0 than 2^53 - 1. */
__attribute__((warn_unused_result)) bool scanner_integer(struct scanner *scanner,
                                                         int64_t *ret_integer);

/* A number as JSON writes it, which `ret_digits` points to. */
__attribute__((warn_unused_result)) bool scanner_number(struct scanner *scanner,
                                                        struct slice *ret_digits);

#endif
