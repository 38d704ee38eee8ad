#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static void equality_is_of_all_bytes(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("ab"), SLICE("abc")));
    assert_true(slice_equal((struct slice){0}, SLICE("")));
    assert_true(slice_equal(slice_of(NULL), (struct slice){0}));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(slice_equal_ignoring_case(SLICE("Content-TYPE"), SLICE("content-type")));
    assert_true(slice_equal_ignoring_case(SLICE("AMZ"), SLICE("amz")));
    assert_true(slice_equal_ignoring_case((struct slice){0}, SLICE("")));
    assert_false(slice_equal_ignoring_case(SLICE("a"), SLICE("ab")));
    assert_false(slice_equal_ignoring_case(SLICE("@[`{"), SLICE("`{@[")));
    assert_false(slice_equal_ignoring_case(SLICE("\xC3\x89"), SLICE("\xC3\xA9"))); /* É, é */
}

static void order_is_of_unsigned_bytes_then_size(void **state)
{
    (void)state;
    assert_true(slice_compare(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_compare(SLICE("ab"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("z"), SLICE("\xC3\xA9")) < 0);
    assert_int_equal(slice_compare((struct slice){0}, SLICE("")), 0);
    assert_true(slice_compare((struct slice){0}, SLICE("a")) < 0);
}

static void beginnings_and_ends_are_found(void **state)
{
    (void)state;
    assert_true(slice_starts_with(SLICE("orders.completed"), SLICE("orders.")));
    assert_false(slice_starts_with(SLICE("order"), SLICE("orders")));
    assert_false(slice_starts_with(SLICE("my orders"), SLICE("orders")));
    assert_true(slice_starts_with(SLICE(""), SLICE("")));
    assert_true(slice_ends_with(SLICE("orders.completed"), SLICE("completed")));
    assert_true(slice_ends_with(SLICE("abc"), SLICE("abc")));
    assert_true(slice_ends_with(SLICE("abc"), (struct slice){0}));
    assert_false(slice_ends_with(SLICE("orders.completed"), SLICE("orders")));
    assert_false(slice_ends_with(SLICE("bc"), SLICE("abc")));
}

static void the_first_occurrence_is_found(void **state)
{
    (void)state;
    assert_int_equal(slice_find(SLICE("abcabc"), SLICE("bc")), 1);
    assert_int_equal(slice_find(SLICE("abc"), SLICE("abc")), 0);
    assert_int_equal(slice_find(SLICE("abc"), SLICE("")), 0);
    assert_int_equal(slice_find((struct slice){0}, SLICE("")), 0);
    assert_int_equal(slice_find((struct slice){0}, SLICE("a")), SIZE_MAX);
    assert_int_equal(slice_find(SLICE("abc"), SLICE("abcd")), SIZE_MAX);
    assert_int_equal(slice_find(SLICE("a\0b"), SLICE("\0b")), 1);
}

static void a_part_never_leaves_the_text(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_part(SLICE("abcdef"), 2, 3), SLICE("cde")));
    assert_true(slice_equal(slice_part(SLICE("abcdef"), 4, SIZE_MAX), SLICE("ef")));
    assert_int_equal(slice_part(SLICE("abc"), 3, 1).size, 0);
    assert_int_equal(slice_part(SLICE("abc"), SIZE_MAX, SIZE_MAX).size, 0);
    assert_int_equal(slice_part((struct slice){0}, 0, 1).size, 0);
}

static void blanks_are_trimmed_at_both_ends_only(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_trim(SLICE(" \t\r\n\f\va b \n")), SLICE("a b")));
    assert_int_equal(slice_trim(SLICE(" \t ")).size, 0);
    assert_int_equal(slice_trim((struct slice){0}).size, 0);
    /* A no-break space is no ASCII blank. */
    assert_true(slice_equal(slice_trim(SLICE("\xC2\xA0")), SLICE("\xC2\xA0")));
}

static void valid_utf8_is_accepted(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        {NULL, 0},
        SLICE("plain text that is longer than one word"),
        SLICE("\0\x7F"),
        SLICE("\xC2\x80\xDF\xBF"),
        SLICE("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"),
        SLICE("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
        SLICE("1234567\xC3\xA9"
              "12345678\xE2\x82\xAC"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(slice_is_utf8(texts[i]));
    }
}

static void invalid_utf8_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    static const struct slice wrong[] = {
        SLICE("\x80"),             /* a continuation alone */
        SLICE("\xBF"),             /* another one */
        SLICE("\xC0\x80"),         /* NUL, overlong */
        SLICE("\xC1\xBF"),         /* DEL, overlong */
        SLICE("\xE0\x9F\xBF"),     /* U+07FF, overlong */
        SLICE("\xF0\x8F\xBF\xBF"), /* U+FFFF, overlong */
        SLICE("\xED\xA0\x80"),     /* the first surrogate */
        SLICE("\xED\xBF\xBF"),     /* the last one */
        SLICE("\xF4\x90\x80\x80"), /* U+110000 */
        SLICE("\xF5\x80\x80\x80"),
        SLICE("\xFE"),
        SLICE("\xFF"),
        SLICE("\xC3"),         /* cut short */
        SLICE("\xE2\x82"),     /* cut short */
        SLICE("\xF0\x9F\x98"), /* cut short */
        SLICE("\xC3("),        /* no continuation */
        SLICE("\xE2(\xA1"),    /* no continuation */
    };
    char text[96];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (size_t before = 0; before <= 80; before++) {
            memset(text, 'x', sizeof text);
            memcpy(text + before, wrong[i].data, wrong[i].size);
            assert_false(slice_is_utf8((struct slice){text, before + wrong[i].size}));
            assert_false(slice_is_utf8((struct slice){text, sizeof text}));
        }
    }
}

/* As RFC 3629 writes it, with no check of any kind. */
static size_t encode(uint32_t code_point, char ret_bytes[static 4])
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t size = code_point > 0xFFFF ? 4 : code_point > 0x7FF ? 3 : code_point > 0x7F ? 2 : 1;
    for (size_t i = size - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    ret_bytes[0] = (char)(leads[size] | code_point);
    return size;
}

static void ascii_is_told_from_all_else_wherever_it_stands(void **state)
{
    (void)state;
    assert_true(slice_is_ascii(SLICE("")));
    for (size_t size = 1; size < 40; size++) {
        char text[40];
        memset(text, 'x', sizeof text);
        text[size / 2] = '\x7f';
        assert_true(slice_is_ascii((struct slice){text, size}));
        for (size_t at = 0; at < size; at++) {
            text[at] = '\x80';
            assert_false(slice_is_ascii((struct slice){text, size}));
            text[at] = 'x';
        }
    }
}

static void every_code_point_but_the_surrogates_is_decoded(void **state)
{
    (void)state;
    for (uint32_t expected = 0; expected < 0x1FFFFF; expected++) {
        char bytes[4];
        struct slice text = {bytes, encode(expected, bytes)};
        bool valid = expected <= 0x10FFFF && (expected < 0xD800 || expected > 0xDFFF);
        uint32_t code_point = UINT32_MAX;
        size_t size = slice_decode(text, &code_point);
        if (size != (valid ? text.size : 0) || (valid && code_point != expected)) {
            fail_msg("U+%04X: size %zu, code point %X", expected, size, code_point);
        }
    }
}

static void only_the_first_code_point_is_decoded(void **state)
{
    (void)state;
    uint32_t code_point = 0;
    assert_int_equal(slice_decode(SLICE("\xF0\x9F\x98\x80!"), &code_point), 4);
    assert_int_equal(code_point, 0x1F600);
    assert_int_equal(slice_decode(SLICE("ab"), NULL), 1);
    assert_int_equal(slice_decode((struct slice){0}, &code_point), 0);
    assert_int_equal(slice_decode(SLICE("\xF0\x9F\x98"), NULL), 0);
    /* What stands behind the end is not looked at. */
    assert_int_equal(slice_decode(slice_part(SLICE("\xE2\x82\xAC"), 0, 2), NULL), 0);
}

static void what_moves_a_terminal_is_a_control(void **state)
{
    (void)state;
    static const uint32_t controls[] = {0,    '\t', '\n', 0x1B,   0x1F,
                                        0x7F, 0x80, 0x9F, 0x2028, 0x2029};
    static const uint32_t others[] = {' ', 'a', '~', 0xA0, 0xE9, 0x2027, 0x202A, 0x1F600};
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        assert_true(slice_is_control(controls[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(slice_is_control(others[i]));
    }
}

static void length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(slice_length((struct slice){0}), 0);
    assert_int_equal(slice_length(SLICE("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
}

static void distance_counts_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(slice_distance(SLICE("upper"), SLICE("upper")), 0);
    assert_int_equal(slice_distance(SLICE("uper"), SLICE("upper")), 1);
    assert_int_equal(slice_distance(SLICE("upppper"), SLICE("upper")), 2);
    assert_int_equal(slice_distance(SLICE("upqer"), SLICE("upper")), 1);
    assert_int_equal(slice_distance(SLICE("lookpu"), SLICE("lookup")), 1);
    assert_int_equal(slice_distance(SLICE("ab"), SLICE("ba")), 1);
    assert_int_equal(slice_distance(SLICE("kitten"), SLICE("sitting")), 3);
    assert_int_equal(slice_distance(SLICE(""), SLICE("abc")), 3);
    assert_int_equal(slice_distance(SLICE("abc"), (struct slice){0}), 3);
}

static void distance_is_bounded_by_the_size_of_names(void **state)
{
    (void)state;
    char text[65];
    memset(text, 'a', sizeof text);
    struct slice longest = {text, 64};
    struct slice too_long = {text, 65};
    assert_int_equal(slice_distance(longest, longest), 0);
    assert_int_equal(slice_distance(longest, SLICE("b")), 64);
    assert_int_equal(slice_distance(too_long, too_long), SIZE_MAX);
    assert_int_equal(slice_distance(SLICE("a"), too_long), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_all_bytes),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(order_is_of_unsigned_bytes_then_size),
        cmocka_unit_test(beginnings_and_ends_are_found),
        cmocka_unit_test(the_first_occurrence_is_found),
        cmocka_unit_test(a_part_never_leaves_the_text),
        cmocka_unit_test(blanks_are_trimmed_at_both_ends_only),
        cmocka_unit_test(valid_utf8_is_accepted),
        cmocka_unit_test(invalid_utf8_is_refused_wherever_it_stands),
        cmocka_unit_test(ascii_is_told_from_all_else_wherever_it_stands),
        cmocka_unit_test(every_code_point_but_the_surrogates_is_decoded),
        cmocka_unit_test(only_the_first_code_point_is_decoded),
        cmocka_unit_test(what_moves_a_terminal_is_a_control),
        cmocka_unit_test(length_counts_code_points),
        cmocka_unit_test(distance_counts_edits_and_swaps),
        cmocka_unit_test(distance_is_bounded_by_the_size_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
