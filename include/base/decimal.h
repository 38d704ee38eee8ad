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

/* The number without its sign, and with the other one. They share its digits. */
struct decimal decimal_absolute(const struct decimal *decimal);
struct decimal decimal_negate(const struct decimal *decimal);

/* The sum and the difference, with the larger scale. False past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_add(const struct decimal *a,
                                                     const struct decimal *b, struct arena *arena,
                                                     struct decimal *ret_sum);
__attribute__((warn_unused_result)) bool decimal_subtract(const struct decimal *a,
                                                          const struct decimal *b,
                                                          struct arena *arena,
                                                          struct decimal *ret_difference);

/* The product, its scale the sum of both scales. False past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_multiply(const struct decimal *a,
                                                          const struct decimal *b,
                                                          struct arena *arena,
                                                          struct decimal *ret_product);

/* What becomes of digits that there is no place for. */
enum decimal_rounding {
    DECIMAL_HALF_UP,   /* to the nearest number, from a half away from zero: 0.5 is 1, -0.5 is -1 */
    DECIMAL_HALF_EVEN, /* to the nearest number, from a half to the even one: 0.5 is 0, 1.5 is 2 */
    DECIMAL_DOWN,      /* towards zero */
    DECIMAL_UP,        /* away from zero */
    DECIMAL_FLOOR,     /* to the smaller number */
    DECIMAL_CEILING    /* to the larger number */
};

/* By its name: "half_up", "half_even" … */
__attribute__((warn_unused_result)) bool decimal_rounding_find(struct slice name,
                                                               enum decimal_rounding *ret_rounding);

/* The number with exactly `scale` digits behind the point. False past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool
decimal_round(const struct decimal *decimal, uint32_t scale, enum decimal_rounding rounding,
              struct arena *arena, struct decimal *ret_rounded);

/* The quotient with exactly `scale` digits behind the point, rounded once. False when `b` is zero,
 * and past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool
decimal_divide(const struct decimal *a, const struct decimal *b, uint32_t scale,
               enum decimal_rounding rounding, struct arena *arena, struct decimal *ret_quotient);

/* The whole number that the bytes are in two's complement, the highest byte first (Java's
 * BigInteger.toByteArray()), with the point moved by `scale` to the left, to the right when
 * negative. False when there is no byte, and past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_of_bytes(struct slice bytes, int32_t scale,
                                                          struct arena *arena,
                                                          struct decimal *ret_decimal);

/* Moves the point by `places` to the left (1999 by 2 is 19.99), to the right when negative. False
 * past DECIMAL_DIGITS. */
__attribute__((warn_unused_result)) bool decimal_shift(const struct decimal *decimal,
                                                       int32_t places, struct arena *arena,
                                                       struct decimal *ret_decimal);

/* As an int64_t; false when it has a fraction or is out of range. */
__attribute__((warn_unused_result)) bool decimal_integer(const struct decimal *decimal,
                                                         int64_t *ret_integer);

#endif
