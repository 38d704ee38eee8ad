#include "base/letter.h"

#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CODE_POINTS 0x110000

static bool is_surrogate(uint32_t code_point)
{
    return code_point >= 0xD800 && code_point <= 0xDFFF;
}

static void the_case_of_letters_of_all_scripts_is_changed(void **state)
{
    (void)state;
    static const uint32_t pairs[][2] = {
        {'A', 'a'},       {0xC9, 0xE9},     {0x178, 0xFF},      {0x141, 0x142},
        {0x3A3, 0x3C3},   {0x42F, 0x44F},   {0x531, 0x561},     {0x1E9E, 0xDF},
        {0x10A0, 0x2D00}, {0x13A0, 0xAB70}, {0x10400, 0x10428}, {0x1E900, 0x1E922},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(letter_lower(pairs[i][0]), pairs[i][1]);
        if (pairs[i][1] != 0xDF) {
            assert_int_equal(letter_upper(pairs[i][1]), pairs[i][0]);
        }
    }
    assert_int_equal(letter_upper(0xDF), 0xDF);
    assert_int_equal(letter_upper(0x3C2), 0x3A3);
    assert_int_equal(letter_upper('i'), 'I');
    assert_int_equal(letter_lower('1'), '1');
    assert_int_equal(letter_upper(0x65E5), 0x65E5);
    assert_int_equal(letter_upper(0x1F600), 0x1F600);
}

static void a_letter_in_another_case_takes_at_most_half_as_many_bytes_more(void **state)
{
    (void)state;
    char bytes[LETTER_SIZE_MAX];
    for (uint32_t code_point = 0; code_point < CODE_POINTS; code_point++) {
        if (!is_surrogate(code_point)) {
            size_t size = letter_encode(code_point, bytes);
            assert_in_range(letter_encode(letter_lower(code_point), bytes), 1, size + size / 2);
            assert_in_range(letter_encode(letter_upper(code_point), bytes), 1, size + size / 2);
        }
    }
}

static void what_is_encoded_is_decoded_as_the_same(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point < CODE_POINTS; code_point++) {
        char bytes[LETTER_SIZE_MAX];
        uint32_t decoded = UINT32_MAX;
        if (!is_surrogate(code_point)) {
            size_t size = letter_encode(code_point, bytes);
            assert_int_equal(slice_decode((struct slice){bytes, size}, &decoded), size);
            assert_int_equal(decoded, code_point);
        }
    }
}

static void blanks_are_those_of_unicode(void **state)
{
    (void)state;
    static const uint32_t blanks[] = {' ',    '\t',   '\n',   '\v',   '\f',   '\r',
                                      0x85,   0xA0,   0x1680, 0x2000, 0x2003, 0x200A,
                                      0x2028, 0x2029, 0x202F, 0x3000};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        assert_true(letter_is_blank(blanks[i]));
    }
    static const uint32_t others[] = {0, 'a', '_', '-', 0x1C, 0x7F, 0xAD, 0x200B, 0x2060, 0xFEFF};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(letter_is_blank(others[i]));
    }
}

static bool all_blank(const char *text)
{
    return letter_all_blank(slice_of(text));
}

static void a_text_of_nothing_but_blanks_is_told_from_others(void **state)
{
    (void)state;
    assert_true(all_blank(""));
    assert_true(all_blank(" \t"));
    assert_true(all_blank("\u00a0\u2003 \u3000"));
    assert_false(all_blank("\u00a0x"));
    assert_false(all_blank("x\u00a0"));
    assert_false(all_blank("\u00e9"));
    assert_false(all_blank("\u200b"));
    assert_false(letter_all_blank(SLICE("\0")));
    assert_int_equal(letter_blank_size(slice_of("\u3000 x ")), 4);
}

static void hex_digits_have_their_values(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    for (int i = 0; i < 32; i++) {
        assert_int_equal(letter_hex_digit(digits[i]), i % 16);
    }
    static const char others[] = {'g', 'G', '/', ':', '@', '`', '\0', ' ', '-', (char)0xE9};
    for (size_t i = 0; i < sizeof others; i++) {
        assert_int_equal(letter_hex_digit(others[i]), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_case_of_letters_of_all_scripts_is_changed),
        cmocka_unit_test(a_letter_in_another_case_takes_at_most_half_as_many_bytes_more),
        cmocka_unit_test(what_is_encoded_is_decoded_as_the_same),
        cmocka_unit_test(blanks_are_those_of_unicode),
        cmocka_unit_test(a_text_of_nothing_but_blanks_is_told_from_others),
        cmocka_unit_test(hex_digits_have_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
