/* Sums, products and quotients of decimals, and rounding. */
#include "base/decimal.h"

#include "natural.h"

struct decimal decimal_absolute(const struct decimal *decimal)
{
    return (struct decimal){.digits = decimal->digits, .scale = decimal->scale};
}

struct decimal decimal_negate(const struct decimal *decimal)
{
    struct decimal negated = *decimal;
    negated.negative = !decimal->negative && !decimal_is_zero(decimal);
    return negated;
}

/* Gives the result its form: no zeros that say nothing, no negative zero. */
static bool finish(bool negative, struct slice digits, uint32_t scale, struct decimal *ret_decimal)
{
    while (digits.size > scale + 1 && digits.data[0] == '0') {
        digits = slice_part(digits, 1, digits.size);
    }
    if (digits.size > DECIMAL_DIGITS) {
        return false;
    }
    struct decimal result = {negative, digits, scale};
    result.negative = negative && !decimal_is_zero(&result);
    *ret_decimal = result;
    return true;
}

/* The digit at `place`, counted from the last of `scale` digits behind the point. */
static int digit_at(const struct decimal *decimal, size_t place, uint32_t scale)
{
    size_t finer = scale - decimal->scale;
    if (place < finer || place - finer >= decimal->digits.size) {
        return 0;
    }
    return decimal->digits.data[decimal->digits.size - 1 - (place - finer)] - '0';
}

static bool is_smaller(const struct decimal *a, const struct decimal *b)
{
    struct decimal magnitude_a = decimal_absolute(a);
    struct decimal magnitude_b = decimal_absolute(b);
    return decimal_compare(&magnitude_a, &magnitude_b) < 0;
}

static size_t whole_size(const struct decimal *decimal)
{
    return decimal->digits.size - decimal->scale;
}

/* With signs that differ, the smaller magnitude is taken from the larger one, which so gives the
 * result its sign: the same loop, with borrows as negative carries. */
bool decimal_add(const struct decimal *a, const struct decimal *b, struct arena *arena,
                 struct decimal *ret_sum)
{
    bool subtract = a->negative != b->negative;
    if (subtract && is_smaller(a, b)) {
        const struct decimal *smaller = a;
        a = b;
        b = smaller;
    }
    uint32_t scale = a->scale > b->scale ? a->scale : b->scale;
    size_t whole = whole_size(a) > whole_size(b) ? whole_size(a) : whole_size(b);
    size_t size = whole + scale + 1;
    char *digits = arena_alloc(arena, size);
    int carry = 0;
    for (size_t place = 0; place < size; place++) {
        int addend = digit_at(b, place, scale);
        int sum = digit_at(a, place, scale) + (subtract ? -addend : addend) + carry;
        carry = (sum >= 10) - (sum < 0);
        digits[size - 1 - place] = (char)('0' + sum - 10 * carry);
    }
    return finish(a->negative, (struct slice){digits, size}, scale, ret_sum);
}

bool decimal_subtract(const struct decimal *a, const struct decimal *b, struct arena *arena,
                      struct decimal *ret_difference)
{
    struct decimal negated = decimal_negate(b);
    return decimal_add(a, &negated, arena, ret_difference);
}

/* Whether the magnitude grows, by one in its last place, for the rest that it has no place for. */
static bool grows(bool negative, bool odd, enum natural_rest rest, enum decimal_rounding rounding)
{
    if (rest == NATURAL_NOTHING) {
        return false;
    }
    switch (rounding) {
    case DECIMAL_HALF_UP:
        return rest >= NATURAL_HALF;
    case DECIMAL_HALF_EVEN:
        return rest == NATURAL_MORE || (rest == NATURAL_HALF && odd);
    case DECIMAL_DOWN:
        return false;
    case DECIMAL_UP:
        return true;
    case DECIMAL_FLOOR:
        return negative;
    case DECIMAL_CEILING:
        return !negative;
    }
    return false;
}

/* The next number; there is a zero before the digits for it. */
static void increment(char *digits, size_t size)
{
    size_t at = size - 1;
    while (digits[at] == '9') {
        digits[at--] = '0';
    }
    digits[at]++;
}

/* A result that may still want rounding. */
struct result {
    bool negative;
    struct slice digits;
    size_t zeros;           /* that follow the digits */
    uint32_t scale;         /* how many of all these stand behind the point */
    enum natural_rest rest; /* what there was no place for */
};

static bool settle(const struct result *result, enum decimal_rounding rounding, struct arena *arena,
                   struct decimal *ret_decimal)
{
    size_t size = result->digits.size + result->zeros;
    size_t room = 1 + (size > result->scale ? size : (size_t)result->scale + 1);
    char *digits = arena_alloc(arena, room);
    memset(digits, '0', room);
    if (result->digits.size > 0) {
        memcpy(digits + room - size, result->digits.data, result->digits.size);
    }
    bool odd = (digits[room - 1] - '0') % 2 == 1;
    if (grows(result->negative, odd, result->rest, rounding)) {
        increment(digits, room);
    }
    return finish(result->negative, (struct slice){digits, room}, result->scale, ret_decimal);
}

bool decimal_multiply(const struct decimal *a, const struct decimal *b, struct arena *arena,
                      struct decimal *ret_product)
{
    struct natural factor_a = natural_read(a->digits, 0, arena);
    struct natural factor_b = natural_read(b->digits, 0, arena);
    struct natural product = natural_multiply(&factor_a, &factor_b, arena);
    struct result result = {.negative = a->negative != b->negative,
                            .digits = natural_digits(&product, arena),
                            .scale = a->scale + b->scale};
    return settle(&result, DECIMAL_DOWN, arena, ret_product);
}

static const char *const rounding_names[] = {
    [DECIMAL_HALF_UP] = "half_up", [DECIMAL_HALF_EVEN] = "half_even", [DECIMAL_DOWN] = "down",
    [DECIMAL_UP] = "up",           [DECIMAL_FLOOR] = "floor",         [DECIMAL_CEILING] = "ceiling",
};

bool decimal_rounding_find(struct slice name, enum decimal_rounding *ret_rounding)
{
    for (size_t i = 0; i < sizeof rounding_names / sizeof *rounding_names; i++) {
        if (slice_equal(name, slice_of(rounding_names[i]))) {
            *ret_rounding = (enum decimal_rounding)i;
            return true;
        }
    }
    return false;
}

/* What the digits that are cut off are, against half of the last place before them. */
static enum natural_rest rest_of(struct slice cut)
{
    bool zeros = true;
    for (size_t i = 1; i < cut.size && zeros; i++) {
        zeros = cut.data[i] == '0';
    }
    if (cut.size == 0 || (cut.data[0] == '0' && zeros)) {
        return NATURAL_NOTHING;
    }
    if (cut.data[0] == '5' && zeros) {
        return NATURAL_HALF;
    }
    return cut.data[0] < '5' ? NATURAL_LESS : NATURAL_MORE;
}

bool decimal_round(const struct decimal *decimal, uint32_t scale, enum decimal_rounding rounding,
                   struct arena *arena, struct decimal *ret_rounded)
{
    if (scale >= DECIMAL_DIGITS) {
        return false;
    }
    size_t cut = decimal->scale > scale ? decimal->scale - scale : 0;
    size_t kept = decimal->digits.size - cut;
    struct result result = {.negative = decimal->negative,
                            .digits = slice_part(decimal->digits, 0, kept),
                            .zeros = scale > decimal->scale ? scale - decimal->scale : 0,
                            .scale = scale,
                            .rest = rest_of(slice_part(decimal->digits, kept, cut))};
    return settle(&result, rounding, arena, ret_rounded);
}

bool decimal_divide(const struct decimal *a, const struct decimal *b, uint32_t scale,
                    enum decimal_rounding rounding, struct arena *arena,
                    struct decimal *ret_quotient)
{
    if (scale >= DECIMAL_DIGITS || decimal_is_zero(b)) {
        return false;
    }
    /* As whole numbers, of which one has zeros appended, so that the quotient has the scale. */
    size_t places_a = (size_t)scale + b->scale;
    size_t zeros_a = places_a > a->scale ? places_a - a->scale : 0;
    size_t zeros_b = a->scale > places_a ? a->scale - places_a : 0;
    struct natural dividend = natural_read(a->digits, zeros_a, arena);
    struct natural divisor = natural_read(b->digits, zeros_b, arena);
    struct result result = {.negative = a->negative != b->negative, .scale = scale};
    struct natural quotient = natural_divide(&dividend, &divisor, arena, &result.rest);
    result.digits = natural_digits(&quotient, arena);
    return settle(&result, rounding, arena, ret_quotient);
}

/* Of a negative number in two's complement. */
static struct slice magnitude(struct slice bytes, struct arena *arena)
{
    char *positive = arena_alloc(arena, bytes.size);
    unsigned carry = 1;
    for (size_t i = bytes.size; i > 0; i--) {
        unsigned sum = (unsigned char)~(unsigned)bytes.data[i - 1] + carry;
        positive[i - 1] = (char)(sum & 0xFF);
        carry = sum >> 8;
    }
    return (struct slice){positive, bytes.size};
}

bool decimal_of_bytes(struct slice bytes, int32_t scale, struct arena *arena,
                      struct decimal *ret_decimal)
{
    if (bytes.size == 0 || bytes.size > DECIMAL_DIGITS) {
        return false;
    }
    bool negative = (bytes.data[0] & 0x80) != 0;
    struct natural natural = natural_of_bytes(negative ? magnitude(bytes, arena) : bytes, arena);
    struct result result = {.negative = negative, .digits = natural_digits(&natural, arena)};
    struct decimal whole;
    return settle(&result, DECIMAL_DOWN, arena, &whole) &&
           decimal_shift(&whole, scale, arena, ret_decimal);
}
