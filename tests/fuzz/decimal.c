/* Two numbers, a line each, and what must hold of all that is made of them. */
#include "base/decimal.h"

#include <stdlib.h>

#define SCALE 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* In the form that the header promises, and the same when it is written and read again. */
static void check_form(const struct decimal *number, struct arena *arena)
{
    struct decimal again;
    check(number->digits.size > number->scale && number->digits.size <= DECIMAL_DIGITS);
    check(number->digits.size == number->scale + 1 || number->digits.data[0] != '0');
    check(!number->negative || !decimal_is_zero(number));
    check(decimal_parse(decimal_text(number, arena), arena, &again));
    check(slice_equal(again.digits, number->digits) && again.scale == number->scale &&
          again.negative == number->negative);
}

static void check_order(const struct decimal *a, const struct decimal *b, struct arena *arena)
{
    struct decimal difference;
    int order = decimal_compare(a, b);
    check((order < 0) == (decimal_compare(b, a) > 0) && decimal_compare(a, a) == 0);
    if (decimal_subtract(a, b, arena, &difference)) {
        check_form(&difference, arena);
        check((order == 0) == decimal_is_zero(&difference) && (order < 0) == difference.negative);
    }
}

static void check_sum(const struct decimal *a, const struct decimal *b, struct arena *arena)
{
    struct decimal sum, back;
    if (decimal_add(a, b, arena, &sum)) {
        check_form(&sum, arena);
        check(!decimal_subtract(&sum, b, arena, &back) || decimal_compare(&back, a) == 0);
    }
}

static void check_product(const struct decimal *a, const struct decimal *b, struct arena *arena)
{
    struct decimal product, back;
    if (!decimal_multiply(a, b, arena, &product)) {
        return;
    }
    check_form(&product, arena);
    if (!decimal_is_zero(b) && decimal_divide(&product, b, a->scale, DECIMAL_DOWN, arena, &back)) {
        check_form(&back, arena);
        check(decimal_compare(&back, a) == 0);
    }
}

/* Rounding to both sides leaves the number in between. */
static void check_rounding(const struct decimal *number, uint32_t scale, struct arena *arena)
{
    struct decimal floor, ceiling;
    if (decimal_round(number, scale, DECIMAL_FLOOR, arena, &floor) &&
        decimal_round(number, scale, DECIMAL_CEILING, arena, &ceiling)) {
        check_form(&floor, arena);
        check_form(&ceiling, arena);
        check(floor.scale == scale && ceiling.scale == scale);
        check(decimal_compare(&floor, number) <= 0 && decimal_compare(number, &ceiling) <= 0);
    }
}

static void check_shift(const struct decimal *number, int32_t places, struct arena *arena)
{
    struct decimal moved, back;
    if (decimal_shift(number, places, arena, &moved)) {
        check_form(&moved, arena);
        check(!decimal_shift(&moved, -places, arena, &back) || decimal_compare(&back, number) == 0);
    }
}

static void check_integer(const struct decimal *number)
{
    int64_t integer;
    check(!decimal_integer(number, &integer) || decimal_is_integer(number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    arena_reset(&arena);
    struct slice input = arena_copy(&arena, (struct slice){(const char *)data, size});
    size_t line = slice_find(input, SLICE("\n"));
    struct decimal a, b;
    if (!decimal_parse(slice_part(input, 0, line), &arena, &a)) {
        return 0;
    }
    check_form(&a, &arena);
    check_integer(&a);
    check_shift(&a, (int32_t)(size % 64) - 32, &arena);
    check_rounding(&a, (uint32_t)(size % SCALE), &arena);
    if (decimal_parse(slice_part(input, line, SIZE_MAX), &arena, &b)) {
        check_order(&a, &b, &arena);
        check_sum(&a, &b, &arena);
        check_product(&a, &b, &arena);
    }
    return 0;
}
