/* decimal: exact decimal numbers, for money.
 *
 * A number is a sign, decimal digits and a scale (how many digits stand behind the point); it keeps
 * the zeros it came with, so 99.80 stays 99.80. No binary floating point anywhere. Digits live in
 * the arena given, at most DECIMAL_DIGITS of them: more is an error, never a rounding. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define DECIMAL_DIGITS 1000

struct decimal {
    bool negative;
    struct slice digits; /* '0'…'9'; no leading zero but for the one before the point */
    uint32_t scale;      /* digits behind the point; digits.size > scale always */
};

/* Reads a number as JSON writes one (-12, 0.50, 1.5e2), also with a leading '+', leading zeros or a
 * bare point (.5), blanks around. False for anything else, or too many digits once the exponent is
 * written out. */
__attribute__((warn_unused_result)) bool decimal_parse(struct slice text, struct arena *arena,
                                                       struct decimal *ret_decimal);

/* Plain notation, no exponent, '.' as the mark; minus only when it is not zero. */
struct slice decimal_text(const struct decimal *decimal, struct arena *arena);

/* By value: 1.0 and 1.00 are equal. < 0, 0 or > 0. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

bool decimal_is_zero(const struct decimal *decimal);
/* Whether the digits behind the point are all zeros. */
bool decimal_is_integer(const struct decimal *decimal);

/* The sum, with the larger scale. False past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_add(const struct decimal *a,
                                                     const struct decimal *b, struct arena *arena,
                                                     struct decimal *ret_sum);

/* The product, its scale the sum of both scales. False past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_multiply(const struct decimal *a,
                                                          const struct decimal *b,
                                                          struct arena *arena,
                                                          struct decimal *ret_product);

/* Moves the point by `places` to the left (1999 by 2 is 19.99), to the right when negative. False
 * past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_shift(const struct decimal *decimal,
                                                       int32_t places, struct arena *arena,
                                                       struct decimal *ret_decimal);

/* As an int64_t; false when it has a fraction or is out of range. */
__attribute__((warn_unused_result)) bool decimal_integer(const struct decimal *decimal,
                                                         int64_t *ret_integer);

#endif
