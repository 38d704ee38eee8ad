#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Every decimal that comes out of the module has the shape that its header promises. */
static void assert_shape(const struct decimal *decimal)
{
    assert_true(decimal->digits.size > decimal->scale);
    assert_true(decimal->digits.size <= DECIMAL_DIGITS);
    for (size_t i = 0; i < decimal->digits.size; i++) {
        assert_in_range(decimal->digits.data[i], '0', '9');
    }
    assert_false(decimal->negative && decimal_is_zero(decimal));
    assert_true(decimal->digits.data[0] != '0' || decimal->digits.size == decimal->scale + 1);
}

static struct decimal parse(const char *text)
{
    struct decimal decimal;
    if (!decimal_parse(slice_of(text), &arena, &decimal)) {
        fail_msg("%.60s is refused", text);
    }
    assert_shape(&decimal);
    return decimal;
}

static void assert_text(const struct decimal *decimal, const char *expected)
{
    assert_shape(decimal);
    struct slice text = decimal_text(decimal, &arena);
    assert_string_equal(arena_string(&arena, text), expected);
}

static char *repeat(char digit, size_t count)
{
    char *text = arena_alloc(&arena, count + 1);
    memset(text, digit, count);
    text[count] = '\0';
    return text;
}

static void numbers_are_read_and_keep_their_zeros(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"0", "0"},
        {"99.80", "99.80"},
        {"-12", "-12"},
        {"+12", "12"},
        {"007.50", "7.50"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {" \t1.0\r\n", "1.0"},
        {"0.50", "0.50"},
        {"-0", "0"},
        {"-0.00", "0.00"},
        {"000", "0"},
        {"1.5e2", "150"},
        {"1.5E+2", "150"},
        {"1.5e1", "15"},
        {"1.50e1", "15.0"},
        {"1.5e0", "1.5"},
        {"1.5e-3", "0.0015"},
        {"15e-1", "1.5"},
        {"150e-3", "0.150"},
        {"0e5", "0"},
        {"0.00e1", "0.0"},
        {"0e-3", "0.000"},
        {"0e999999999999999999999", "0"},
        {"1e00000000000000000000002", "100"},
        {"0.001e3", "1"},
        {"9007199254740993", "9007199254740993"},
        {"123456789012345678901234567890.10", "123456789012345678901234567890.10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal decimal = parse(cases[i].text);
        assert_text(&decimal, cases[i].expected);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        {NULL, 0},
        SLICE(""),
        SLICE(" "),
        SLICE("."),
        SLICE("-"),
        SLICE("+"),
        SLICE("1."),
        SLICE("1.e5"),
        SLICE("-."),
        SLICE("--1"),
        SLICE("+-1"),
        SLICE("1 2"),
        SLICE("1,5"),
        SLICE("1.2.3"),
        SLICE("e5"),
        SLICE("1e"),
        SLICE("1e+"),
        SLICE("1e1.5"),
        SLICE("1e--1"),
        SLICE("0x10"),
        SLICE("1_000"),
        SLICE("NaN"),
        SLICE("inf"),
        SLICE("Infinity"),
        SLICE("1\0"),
        SLICE("\xC2\xA0"
              "1"),
        SLICE("\xD9\xA1"),
        SLICE("- 1"),
        SLICE("$1"),
        SLICE("1e5e5"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct decimal decimal = {.scale = 77};
        assert_false(decimal_parse(texts[i], &arena, &decimal));
        assert_int_equal(decimal.scale, 77);
    }
}

static void digits_are_limited_once_the_exponent_is_written_out(void **state)
{
    (void)state;
    struct decimal decimal;
    assert_true(decimal_parse(slice_of(repeat('9', 1000)), &arena, &decimal));
    assert_shape(&decimal);
    assert_false(decimal_parse(slice_of(repeat('9', 1001)), &arena, &decimal));
    assert_true(decimal_parse(slice_of(repeat('0', 5000)), &arena, &decimal));
    assert_true(decimal_parse(SLICE("1e999"), &arena, &decimal));
    assert_shape(&decimal);
    assert_false(decimal_parse(SLICE("1e1000"), &arena, &decimal));
    assert_true(decimal_parse(SLICE("1e-999"), &arena, &decimal));
    assert_shape(&decimal);
    assert_false(decimal_parse(SLICE("1e-1000"), &arena, &decimal));
    assert_false(decimal_parse(SLICE("0e-1000"), &arena, &decimal));
    assert_false(decimal_parse(SLICE("1e99999999999999999999"), &arena, &decimal));
    assert_false(decimal_parse(SLICE("1e-99999999999999999999"), &arena, &decimal));
    struct slice tiny = arena_printf(&arena, "0.%s1e2001", repeat('0', 2000));
    assert_true(decimal_parse(tiny, &arena, &decimal));
    assert_text(&decimal, "1");
}

static void order_is_by_value(void **state)
{
    (void)state;
    static const char *const rising[] = {
        "-1e20", "-10.01", "-10", "-9.99", "-0.1", "-0.01", "0",   "0.001", "0.01", "0.010001",
        "1",     "1.001",  "9.9", "10",    "10.1", "99",    "100", "9e19",  "1e20",
    };
    size_t count = sizeof rising / sizeof *rising;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct decimal a = parse(rising[i]);
            struct decimal b = parse(rising[j]);
            int order = decimal_compare(&a, &b);
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
    }
}

static void zeros_do_not_change_the_value(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1.0", "1.00"}, {"0", "-0.000"}, {"-5", "-5.0"}, {"1e2", "100.00"}, {"007", "7"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct decimal a = parse(pairs[i][0]);
        struct decimal b = parse(pairs[i][1]);
        assert_int_equal(decimal_compare(&a, &b), 0);
        assert_int_equal(decimal_compare(&b, &a), 0);
    }
}

static void integers_and_zeros_are_known(void **state)
{
    (void)state;
    struct decimal decimal = parse("5.00");
    assert_true(decimal_is_integer(&decimal));
    assert_false(decimal_is_zero(&decimal));
    decimal = parse("5.001");
    assert_false(decimal_is_integer(&decimal));
    decimal = parse("-0.00");
    assert_true(decimal_is_integer(&decimal));
    assert_true(decimal_is_zero(&decimal));
}

static void sums_are_exact_with_the_larger_scale(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"0.1", "0.2", "0.3"},
        {"99.80", "0.2", "100.00"},
        {"1", "-1", "0"},
        {"1.00", "-1", "0.00"},
        {"-1.5", "0.25", "-1.25"},
        {"0.25", "-1.5", "-1.25"},
        {"100", "-0.01", "99.99"},
        {"-100", "0.01", "-99.99"},
        {"1000", "-999", "1"},
        {"0", "-0", "0"},
        {"999999999999999999999", "1", "1000000000000000000000"},
        {"-5", "-7.5", "-12.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal a = parse(cases[i][0]);
        struct decimal b = parse(cases[i][1]);
        struct decimal sum;
        assert_true(decimal_add(&a, &b, &arena, &sum));
        assert_text(&sum, cases[i][2]);
        assert_true(decimal_add(&b, &a, &arena, &sum));
        assert_text(&sum, cases[i][2]);
    }
}

static void a_sum_past_the_limit_is_refused(void **state)
{
    (void)state;
    struct decimal sum;
    struct decimal nines = parse(repeat('9', 1000));
    struct decimal one = parse("1");
    struct decimal minus = parse("-1");
    struct decimal tenth = parse("0.1");
    assert_false(decimal_add(&nines, &one, &arena, &sum));
    assert_false(decimal_add(&nines, &tenth, &arena, &sum));
    assert_true(decimal_add(&nines, &minus, &arena, &sum));
    assert_shape(&sum);
    struct decimal finest = parse("1e-999");
    assert_true(decimal_add(&finest, &one, &arena, &sum));
    assert_shape(&sum);
    struct decimal ten = parse("10");
    assert_false(decimal_add(&finest, &ten, &arena, &sum));
}

static void products_are_exact_with_the_sum_of_the_scales(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"19.99", "3", "59.97"},
        {"0.10", "0.10", "0.0100"},
        {"-2", "3.5", "-7.0"},
        {"-2", "-3.5", "7.0"},
        {"-2", "0.0", "0.0"},
        {"99999999999999999999", "99999999999999999999",
         "9999999999999999999800000000000000000001"},
        {"100", "0.01", "1.00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal a = parse(cases[i][0]);
        struct decimal b = parse(cases[i][1]);
        struct decimal product;
        assert_true(decimal_multiply(&a, &b, &arena, &product));
        assert_text(&product, cases[i][2]);
        assert_true(decimal_multiply(&b, &a, &arena, &product));
        assert_text(&product, cases[i][2]);
    }
}

static void a_product_past_the_limit_is_refused(void **state)
{
    (void)state;
    struct decimal product;
    struct decimal a = parse(repeat('9', 500));
    assert_true(decimal_multiply(&a, &a, &arena, &product));
    assert_shape(&product);
    assert_int_equal(product.digits.size, 1000);
    struct decimal longest = parse(repeat('9', 1000));
    struct decimal two = parse("2");
    struct decimal one = parse("1");
    assert_false(decimal_multiply(&longest, &two, &arena, &product));
    assert_false(decimal_multiply(&longest, &longest, &arena, &product));
    assert_true(decimal_multiply(&longest, &one, &arena, &product));
    struct decimal fine = parse("1e-500");
    assert_false(decimal_multiply(&fine, &fine, &arena, &product));
}

static void differences_are_exact_and_signs_change(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"1", "0.1", "0.9"}, {"0.1", "1", "-0.9"},  {"5", "5.00", "0.00"},
        {"-5", "5", "-10"},  {"0", "0.00", "0.00"}, {"99.80", "-0.20", "100.00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal a = parse(cases[i][0]);
        struct decimal b = parse(cases[i][1]);
        struct decimal difference;
        assert_true(decimal_subtract(&a, &b, &arena, &difference));
        assert_text(&difference, cases[i][2]);
        assert_true(decimal_subtract(&b, &a, &arena, &difference));
        struct decimal negated = decimal_negate(&difference);
        assert_text(&negated, cases[i][2]);
    }
    struct decimal zero = parse("0.00");
    struct decimal still_zero = decimal_negate(&zero);
    assert_text(&still_zero, "0.00");
    struct decimal minus = parse("-1.50");
    struct decimal plus = decimal_absolute(&minus);
    assert_text(&plus, "1.50");
}

static enum decimal_rounding rounding(const char *name)
{
    enum decimal_rounding found = DECIMAL_DOWN;
    assert_true(decimal_rounding_find(slice_of(name), &found));
    return found;
}

static void each_rounding_does_what_its_name_says(void **state)
{
    (void)state;
    static const char *const numbers[] = {"2.5",  "1.5",  "1.1",  "1.9",  "1.0", "0.5", "-0.5",
                                          "-1.1", "-1.5", "-1.9", "-2.5", "9.5", "0"};
    static const char *const cases[][14] = {
        {"half_up", "3", "2", "1", "2", "1", "1", "-1", "-1", "-2", "-2", "-3", "10", "0"},
        {"half_even", "2", "2", "1", "2", "1", "0", "0", "-1", "-2", "-2", "-2", "10", "0"},
        {"down", "2", "1", "1", "1", "1", "0", "0", "-1", "-1", "-1", "-2", "9", "0"},
        {"up", "3", "2", "2", "2", "1", "1", "-1", "-2", "-2", "-2", "-3", "10", "0"},
        {"floor", "2", "1", "1", "1", "1", "0", "-1", "-2", "-2", "-2", "-3", "9", "0"},
        {"ceiling", "3", "2", "2", "2", "1", "1", "0", "-1", "-1", "-1", "-2", "10", "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++) {
            struct decimal number = parse(numbers[j]);
            struct decimal rounded;
            assert_true(decimal_round(&number, 0, rounding(cases[i][0]), &arena, &rounded));
            assert_text(&rounded, cases[i][j + 1]);
            /* A quotient is rounded in the same way. */
            struct decimal ten = parse("10");
            struct decimal tenfold;
            assert_true(decimal_multiply(&number, &ten, &arena, &tenfold));
            assert_true(decimal_divide(&tenfold, &ten, 0, rounding(cases[i][0]), &arena, &rounded));
            assert_text(&rounded, cases[i][j + 1]);
        }
    }
    enum decimal_rounding none;
    assert_false(decimal_rounding_find(SLICE("half"), &none));
}

static void rounding_gives_exactly_the_scale(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t scale;
        const char *expected;
    } cases[] = {
        {"19.99", 2, "19.99"},   {"5", 2, "5.00"},     {"0", 3, "0.000"},
        {"99.995", 2, "100.00"}, {"0.005", 2, "0.01"}, {"-0.004", 2, "0.00"},
        {"1.2345", 3, "1.235"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal number = parse(cases[i].text);
        struct decimal rounded;
        assert_true(decimal_round(&number, cases[i].scale, DECIMAL_HALF_UP, &arena, &rounded));
        assert_text(&rounded, cases[i].expected);
    }
}

static void quotients_are_rounded_once(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        uint32_t scale;
        const char *expected;
    } cases[] = {
        {"10", "3", 2, "3.33"},
        {"20", "3", 2, "6.67"},
        {"-20", "3", 2, "-6.67"},
        {"1999", "100", 2, "19.99"},
        {"19.99", "0.01", 0, "1999"},
        {"1", "8", 2, "0.13"},
        {"0", "7", 2, "0.00"},
        {"0.0001", "1000", 2, "0.00"},
        /* 0.4499… would be 0.5 if it were rounded twice. */
        {"4499", "10000", 0, "0"},
        {"1", "3", 40, "0.3333333333333333333333333333333333333333"},
        {"1000000000000000000000000000", "1000000001", 0, "999999999000000001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal a = parse(cases[i].a);
        struct decimal b = parse(cases[i].b);
        struct decimal quotient;
        assert_true(decimal_divide(&a, &b, cases[i].scale, DECIMAL_HALF_UP, &arena, &quotient));
        assert_text(&quotient, cases[i].expected);
    }
}

static void a_division_by_zero_or_past_the_limit_is_refused(void **state)
{
    (void)state;
    struct decimal result;
    struct decimal one = parse("1");
    struct decimal zero = parse("-0.00");
    struct decimal tiny = parse("1e-999");
    struct decimal nines = parse(repeat('9', 1000));
    struct decimal tenths = parse("9.9");
    assert_false(decimal_divide(&one, &zero, 2, DECIMAL_DOWN, &arena, &result));
    assert_false(decimal_divide(&one, &tiny, 1, DECIMAL_DOWN, &arena, &result));
    assert_true(decimal_divide(&one, &tiny, 0, DECIMAL_DOWN, &arena, &result));
    assert_int_equal(result.digits.size, 1000);
    assert_false(decimal_divide(&one, &one, 1000, DECIMAL_DOWN, &arena, &result));
    assert_false(decimal_divide(&nines, &one, 1, DECIMAL_DOWN, &arena, &result));
    assert_false(decimal_round(&nines, 1, DECIMAL_DOWN, &arena, &result));
    assert_false(decimal_round(&one, UINT32_MAX, DECIMAL_DOWN, &arena, &result));
    assert_true(decimal_round(&tenths, 0, DECIMAL_UP, &arena, &result));
    assert_text(&result, "10");
}

static void bytes_in_twos_complement_are_numbers(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        int32_t scale;
        const char *expected;
    } cases[] = {
        {{"\x00", 1}, 2, "0.00"},
        {{"\x7F", 1}, 0, "127"},
        {{"\x80", 1}, 0, "-128"},
        {{"\xFF", 1}, 1, "-0.1"},
        {{"\x26\xFC", 2}, 2, "99.80"},
        {{"\x00\x80", 2}, 0, "128"},
        {{"\xFF\xFF\xFF\x85", 4}, 2, "-1.23"},
        {{"\x01\x00\x00\x00\x00\x00\x00\x00\x00", 9}, 0, "18446744073709551616"},
        {{"\x05", 1}, -3, "5000"},
    };
    struct decimal decimal;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(decimal_of_bytes(cases[i].bytes, cases[i].scale, &arena, &decimal));
        assert_text(&decimal, cases[i].expected);
    }
    assert_false(decimal_of_bytes((struct slice){NULL, 0}, 0, &arena, &decimal));
    assert_false(decimal_of_bytes(slice_of(repeat('x', 417)), 0, &arena, &decimal));
    assert_false(decimal_of_bytes(slice_of(repeat('x', 100000)), 0, &arena, &decimal));
    assert_false(decimal_of_bytes(SLICE("x"), 1000, &arena, &decimal));
    assert_false(decimal_of_bytes(SLICE("x"), INT32_MIN, &arena, &decimal));
}

static void the_point_moves_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t places;
        const char *expected;
    } cases[] = {
        {"1999", 2, "19.99"}, {"19.99", -2, "1999"}, {"5", 2, "0.05"},      {"0.05", -1, "0.5"},
        {"0.05", -2, "5"},    {"5", -3, "5000"},     {"-1.5", -3, "-1500"}, {"0", -7, "0"},
        {"0", 2, "0.00"},     {"0.00", -1, "0.0"},   {"7", 0, "7"},         {"-1", 3, "-0.001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal decimal = parse(cases[i].text);
        struct decimal shifted;
        assert_true(decimal_shift(&decimal, cases[i].places, &arena, &shifted));
        assert_text(&shifted, cases[i].expected);
    }
}

static void a_point_moved_too_far_is_refused(void **state)
{
    (void)state;
    struct decimal one = parse("1");
    struct decimal shifted;
    assert_true(decimal_shift(&one, 999, &arena, &shifted));
    assert_shape(&shifted);
    assert_true(decimal_shift(&one, -999, &arena, &shifted));
    assert_shape(&shifted);
    assert_false(decimal_shift(&one, 1000, &arena, &shifted));
    assert_false(decimal_shift(&one, -1000, &arena, &shifted));
    assert_false(decimal_shift(&one, INT32_MAX, &arena, &shifted));
    assert_false(decimal_shift(&one, INT32_MIN, &arena, &shifted));
}

static void integers_fit_or_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits;
        int64_t integer;
    } cases[] = {
        {"0", true, 0},
        {"-0.0", true, 0},
        {"42.000", true, 42},
        {"-42", true, -42},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"0.5", false, 0},
        {"1e30", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal decimal = parse(cases[i].text);
        int64_t integer = 77;
        assert_int_equal(decimal_integer(&decimal, &integer), cases[i].fits);
        assert_int_equal(integer, cases[i].fits ? cases[i].integer : 77);
    }
}

/* Numbers that a 128-bit integer holds, with a scale of their own. */
static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static struct decimal from_integer(__int128 value, unsigned scale)
{
    char text[64];
    size_t at = sizeof text;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    for (unsigned place = 0; rest > 0 || place <= scale; place++) {
        if (place == scale && scale > 0) {
            text[--at] = '.';
        }
        text[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0) {
        text[--at] = '-';
    }
    struct decimal decimal;
    assert_true(decimal_parse((struct slice){text + at, sizeof text - at}, &arena, &decimal));
    return decimal;
}

static int64_t random_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t random = *seed >> 11;
    unsigned bits = (unsigned)(random % 54);
    int64_t number = (int64_t)(random >> bits);
    return (random & 1) == 0 ? number : -number;
}

static void assert_same(const struct decimal *decimal, const struct decimal *expected)
{
    assert_shape(decimal);
    assert_int_equal(decimal->scale, expected->scale);
    assert_int_equal(decimal->negative, expected->negative);
    assert_true(slice_equal(decimal->digits, expected->digits));
}

static void random_numbers_agree_with_binary_arithmetic(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        int64_t a = random_number(&seed);
        int64_t b = random_number(&seed);
        unsigned scale_a = (unsigned)(seed >> 40) % 7;
        unsigned scale_b = (unsigned)(seed >> 50) % 7;
        unsigned scale = scale_a > scale_b ? scale_a : scale_b;
        __int128 aligned_a = (__int128)a * powers[scale - scale_a];
        __int128 aligned_b = (__int128)b * powers[scale - scale_b];
        struct decimal x = from_integer(a, scale_a);
        struct decimal y = from_integer(b, scale_b);
        struct decimal result;
        assert_true(decimal_add(&x, &y, &arena, &result));
        struct decimal expected = from_integer(aligned_a + aligned_b, scale);
        assert_same(&result, &expected);
        assert_true(decimal_multiply(&x, &y, &arena, &result));
        expected = from_integer((__int128)a * b, scale_a + scale_b);
        assert_same(&result, &expected);
        int order = decimal_compare(&x, &y);
        assert_int_equal((order > 0) - (order < 0),
                         (aligned_a > aligned_b) - (aligned_a < aligned_b));
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(numbers_are_read_and_keep_their_zeros, free_arena),
        cmocka_unit_test_teardown(what_is_no_number_is_refused, free_arena),
        cmocka_unit_test_teardown(digits_are_limited_once_the_exponent_is_written_out, free_arena),
        cmocka_unit_test_teardown(order_is_by_value, free_arena),
        cmocka_unit_test_teardown(zeros_do_not_change_the_value, free_arena),
        cmocka_unit_test_teardown(integers_and_zeros_are_known, free_arena),
        cmocka_unit_test_teardown(sums_are_exact_with_the_larger_scale, free_arena),
        cmocka_unit_test_teardown(a_sum_past_the_limit_is_refused, free_arena),
        cmocka_unit_test_teardown(products_are_exact_with_the_sum_of_the_scales, free_arena),
        cmocka_unit_test_teardown(a_product_past_the_limit_is_refused, free_arena),
        cmocka_unit_test_teardown(differences_are_exact_and_signs_change, free_arena),
        cmocka_unit_test_teardown(each_rounding_does_what_its_name_says, free_arena),
        cmocka_unit_test_teardown(rounding_gives_exactly_the_scale, free_arena),
        cmocka_unit_test_teardown(quotients_are_rounded_once, free_arena),
        cmocka_unit_test_teardown(a_division_by_zero_or_past_the_limit_is_refused, free_arena),
        cmocka_unit_test_teardown(bytes_in_twos_complement_are_numbers, free_arena),
        cmocka_unit_test_teardown(the_point_moves_both_ways, free_arena),
        cmocka_unit_test_teardown(a_point_moved_too_far_is_refused, free_arena),
        cmocka_unit_test_teardown(integers_fit_or_are_refused, free_arena),
        cmocka_unit_test_teardown(random_numbers_agree_with_binary_arithmetic, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
