#include "base/decimal.h"

/* Reading an exponent stops here: no text has zeros enough to make up for it. */
#define EXPONENT_LIMIT 1000000000

/* What a number's text consists of. */
struct parts {
    bool negative;
    struct slice whole;    /* the digits before the point; may be empty */
    struct slice fraction; /* the digits behind it; may be empty */
    int64_t exponent;
};

/* Takes the first byte off `text` when it is `byte`. */
static bool take(struct slice *text, char byte)
{
    if (text->size == 0 || text->data[0] != byte) {
        return false;
    }
    *text = slice_part(*text, 1, text->size);
    return true;
}

static bool take_sign(struct slice *text)
{
    bool negative = take(text, '-');
    if (!negative) {
        (void)take(text, '+');
    }
    return negative;
}

/* Takes the digits off that `text` begins with. */
static struct slice take_digits(struct slice *text)
{
    size_t size = 0;
    while (size < text->size && text->data[size] >= '0' && text->data[size] <= '9') {
        size++;
    }
    struct slice digits = slice_part(*text, 0, size);
    *text = slice_part(*text, size, text->size);
    return digits;
}

static bool take_exponent(struct slice *text, int64_t *ret_exponent)
{
    bool negative = take_sign(text);
    struct slice digits = take_digits(text);
    int64_t exponent = 0;
    for (size_t i = 0; i < digits.size && exponent < EXPONENT_LIMIT; i++) {
        exponent = exponent * 10 + (digits.data[i] - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return digits.size > 0;
}

static bool read_parts(struct slice text, struct parts *ret_parts)
{
    struct parts parts = {.negative = take_sign(&text)};
    parts.whole = take_digits(&text);
    if (take(&text, '.')) {
        parts.fraction = take_digits(&text);
        if (parts.fraction.size == 0) {
            return false;
        }
    }
    if (parts.whole.size + parts.fraction.size == 0) {
        return false;
    }
    if ((take(&text, 'e') || take(&text, 'E')) && !take_exponent(&text, &parts.exponent)) {
        return false;
    }
    *ret_parts = parts;
    return text.size == 0;
}

static struct slice without_leading_zeros(struct slice digits)
{
    size_t zeros = 0;
    while (zeros < digits.size && digits.data[zeros] == '0') {
        zeros++;
    }
    return slice_part(digits, zeros, digits.size);
}

/* The number whose digits are those of `head` and `tail`, with `scale` of them behind the point, or
 * -scale zeros appended. */
static bool compose(bool negative, struct slice head, struct slice tail, int64_t scale,
                    struct arena *arena, struct decimal *ret_decimal)
{
    head = without_leading_zeros(head);
    if (head.size == 0) {
        tail = without_leading_zeros(tail);
    }
    size_t significant = head.size + tail.size;
    int64_t behind = scale < 0 && significant > 0 ? -scale : 0;
    int64_t places = scale > 0 ? scale : 0;
    if (significant > DECIMAL_DIGITS || behind > DECIMAL_DIGITS || places >= DECIMAL_DIGITS) {
        return false;
    }
    size_t size = significant + (size_t)behind;
    size_t before = size > (size_t)places ? 0 : (size_t)places + 1 - size;
    if (before + size > DECIMAL_DIGITS) {
        return false;
    }
    char *digits = arena_alloc(arena, before + size);
    memset(digits, '0', before + size);
    memcpy(digits + before, head.size == 0 ? "" : head.data, head.size);
    memcpy(digits + before + head.size, tail.size == 0 ? "" : tail.data, tail.size);
    *ret_decimal = (struct decimal){
        .negative = negative && significant > 0,
        .digits = {digits, before + size},
        .scale = (uint32_t)places,
    };
    return true;
}

bool decimal_parse(struct slice text, struct arena *arena, struct decimal *ret_decimal)
{
    struct parts parts;
    if (!read_parts(slice_trim(text), &parts)) {
        return false;
    }
    int64_t scale = (int64_t)parts.fraction.size - parts.exponent;
    return compose(parts.negative, parts.whole, parts.fraction, scale, arena, ret_decimal);
}

bool decimal_shift(const struct decimal *decimal, int32_t places, struct arena *arena,
                   struct decimal *ret_decimal)
{
    int64_t scale = (int64_t)decimal->scale + places;
    return compose(decimal->negative, decimal->digits, (struct slice){NULL, 0}, scale, arena,
                   ret_decimal);
}

static size_t whole_size(const struct decimal *decimal)
{
    return decimal->digits.size - decimal->scale;
}

bool decimal_is_zero(const struct decimal *decimal)
{
    return without_leading_zeros(decimal->digits).size == 0;
}

bool decimal_is_integer(const struct decimal *decimal)
{
    struct slice fraction = slice_part(decimal->digits, whole_size(decimal), SIZE_MAX);
    return without_leading_zeros(fraction).size == 0;
}

struct slice decimal_text(const struct decimal *decimal, struct arena *arena)
{
    bool negative = decimal->negative && !decimal_is_zero(decimal);
    size_t whole = whole_size(decimal);
    char *text = arena_alloc(arena, decimal->digits.size + 2);
    size_t size = 0;
    if (negative) {
        text[size++] = '-';
    }
    memcpy(text + size, decimal->digits.data, whole);
    size += whole;
    if (decimal->scale > 0) {
        text[size++] = '.';
        memcpy(text + size, decimal->digits.data + whole, decimal->scale);
        size += decimal->scale;
    }
    return (struct slice){text, size};
}

/* Without the signs. As neither has leading zeros, more digits before the point are more; else the
 * digits align from the left. */
static int compare_magnitudes(const struct decimal *a, const struct decimal *b)
{
    size_t whole_a = whole_size(a);
    size_t whole_b = whole_size(b);
    if (whole_a != whole_b) {
        return whole_a < whole_b ? -1 : 1;
    }
    size_t common = a->digits.size < b->digits.size ? a->digits.size : b->digits.size;
    int order = memcmp(a->digits.data, b->digits.data, common);
    if (order != 0) {
        return order;
    }
    struct slice more_a = slice_part(a->digits, common, SIZE_MAX);
    struct slice more_b = slice_part(b->digits, common, SIZE_MAX);
    return (without_leading_zeros(more_a).size > 0) - (without_leading_zeros(more_b).size > 0);
}

static int sign(const struct decimal *decimal)
{
    if (decimal_is_zero(decimal)) {
        return 0;
    }
    return decimal->negative ? -1 : 1;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    int sign_a = sign(a);
    int sign_b = sign(b);
    if (sign_a != sign_b || sign_a == 0) {
        return sign_a - sign_b;
    }
    return sign_a < 0 ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

bool decimal_integer(const struct decimal *decimal, int64_t *ret_integer)
{
    if (!decimal_is_integer(decimal)) {
        return false;
    }
    int64_t integer = 0;
    for (size_t i = 0; i < whole_size(decimal); i++) {
        int digit = decimal->digits.data[i] - '0';
        /* Towards its sign from the start, because INT64_MIN has no positive counterpart. */
        if (__builtin_mul_overflow(integer, 10, &integer) ||
            __builtin_add_overflow(integer, decimal->negative ? -digit : digit, &integer)) {
            return false;
        }
    }
    *ret_integer = integer;
    return true;
}
