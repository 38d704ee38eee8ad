#include "conversion/field.h"

#include "conversion/currency.h"
#include "support/reference.h"
#include "support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* The value becomes `expected`. */
static void takes(enum field field, const char *value, const char *expected)
{
    struct slice normal = {NULL, 0};
    struct error error = {""};
    if (!field_normalise(field, slice_of(value), &arena, &normal, &error)) {
        fail_msg("'%s' is refused: %s", value, error.text);
    }
    if (!slice_equal(normal, slice_of(expected))) {
        fail_msg("'%s' becomes '%.*s' and not '%s'", value, SLICE_PRINT(normal), expected);
    }
}

/* The value is refused, in words that name the field, say `why`, and do not hold the value. */
static void refuses(enum field field, const char *value, const char *why)
{
    struct slice normal = SLICE("untouched");
    struct error error = {""};
    if (field_normalise(field, slice_of(value), &arena, &normal, &error)) {
        fail_msg("'%s' is taken", value);
    }
    assert_true(slice_equal(normal, SLICE("untouched")));
    assert_true(slice_starts_with(slice_of(error.text), slice_of(field_info(field)->name)));
    if (strstr(error.text, why) == NULL) {
        fail_msg("'%s' is refused in other words: %s", value, error.text);
    }
    if (strlen(value) > 3) {
        assert_null(strstr(error.text, value));
    }
}

static void every_field_has_a_row_and_is_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)i);
        enum field found = FIELD_COUNT;
        assert_non_null(info->name);
        assert_non_null(info->doc);
        assert_true(info->length_max > 0);
        assert_true(field_find(slice_of(info->name), &found));
        assert_int_equal(found, i);
    }
    enum field untouched = FIELD_SKU;
    assert_false(field_find(SLICE("Email"), &untouched));
    assert_false(field_find(SLICE(""), &untouched));
    assert_int_equal(untouched, FIELD_SKU);
}

static void the_nearest_name_is_offered(void **state)
{
    (void)state;
    assert_string_equal(field_nearest(SLICE("curency")), "currency");
    assert_null(field_nearest(SLICE("completely-different")));
}

static void blanks_are_nothing_to_send_in_every_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        takes((enum field)i, "", "");
        takes((enum field)i, " \t\r\n", "");
    }
}

static void text_stays_as_it_is(void **state)
{
    (void)state;
    takes(FIELD_FIRSTNAME, " João ", " João ");
    takes(FIELD_TRANSACTIONID, "1234567890123456789012345", "1234567890123456789012345");
    takes(FIELD_PASSBACKCONVERSIONTRACKINGID, "abc", "abc");
    takes(FIELD_MOBILE, "+1 (323) 867-5309", "+1 (323) 867-5309");
}

static void text_is_bounded_in_characters_and_not_in_bytes(void **state)
{
    (void)state;
    size_t max = field_info(FIELD_PRODUCTNAME)->length_max;
    char *text = malloc(2 * max + 2);
    assert_non_null(text);
    for (size_t i = 0; i <= max; i++) {
        memcpy(text + 2 * i, "é", 2);
    }
    struct slice normal = {NULL, 0};
    struct error error;
    struct slice longest = {text, 2 * max};
    assert_true(field_normalise(FIELD_PRODUCTNAME, longest, &arena, &normal, &error));
    assert_int_equal(normal.size, 2 * max);
    struct slice longer = {text, 2 * max + 2};
    assert_false(field_normalise(FIELD_PRODUCTNAME, longer, &arena, &normal, &error));
    assert_string_equal(error.text, "productname is longer than 65536 characters");
    free(text);
}

static void an_email_is_trimmed_and_made_lower_case(void **state)
{
    (void)state;
    takes(FIELD_EMAIL, "  Bob.Norman@Mail.Example.COM\n", "bob.norman@mail.example.com");
    takes(FIELD_EMAIL, "a+b_c-d!#$%&'/=?^`{|}~@ex-ample.co", "a+b_c-d!#$%&'/=?^`{|}~@ex-ample.co");
    takes(FIELD_EMAIL, "用户@例え.テスト", "用户@例え.テスト");
    takes(FIELD_EMAIL, "x@1.example", "x@1.example");
}

static void what_is_no_email_is_refused_with_the_reason(void **state)
{
    (void)state;
    refuses(FIELD_EMAIL, "2962", "no '@'");
    refuses(FIELD_EMAIL, "2********@****.com", "masked");
    refuses(FIELD_EMAIL, "a@b@example.com", "more than one '@'");
    refuses(FIELD_EMAIL, "user1@oceania.org, user2@oceania.org", "more than one '@'");
    refuses(FIELD_EMAIL, "@example.com", "before the '@'");
    refuses(FIELD_EMAIL, "joe bloggs@example.com", "before the '@'");
    refuses(FIELD_EMAIL, ".test@example.com", "dot");
    refuses(FIELD_EMAIL, "test.@example.com", "dot");
    refuses(FIELD_EMAIL, "te..st@example.com", "dot");
    refuses(FIELD_EMAIL, "joe@", "domain");
    refuses(FIELD_EMAIL, "joe@localhost", "domain");
    refuses(FIELD_EMAIL, "joe@example.", "domain");
    refuses(FIELD_EMAIL, "joe@-example.com", "domain");
    refuses(FIELD_EMAIL, "joe@example..com", "domain");
    refuses(FIELD_EMAIL, "joe@127.0.0.1", "domain");
    refuses(FIELD_EMAIL, "joe@invalid=domain.com", "domain");
    refuses(FIELD_EMAIL, "a123456789b123456789c123456789d123456789e123456789f123456789g1234@x.com",
            "64 bytes");
}

static void a_digest_is_64_hex_digits_and_not_that_of_nothing(void **state)
{
    (void)state;
    takes(FIELD_EMAILSHA256, "FAB1E2E699B3B927CBF875046A64F2225DF02D5CB306F3857424C2BBB87BE61F",
          "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f");
    refuses(FIELD_EMAILSHA256, "fab1e2", "64 hex digits");
    refuses(FIELD_EMAILSHA256, "gab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f",
            "64 hex digits");
    refuses(FIELD_EMAILSHA256, "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "empty text");
}

static void an_amount_keeps_its_digits_in_plain_notation(void **state)
{
    (void)state;
    takes(FIELD_AMOUNT, "99.80", "99.80");
    takes(FIELD_AMOUNT, "0", "0");
    takes(FIELD_AMOUNT, "0.00", "0.00");
    takes(FIELD_AMOUNT, "-0.00", "0.00");
    takes(FIELD_AMOUNT, " 12 ", "12");
    takes(FIELD_AMOUNT, "1.5e2", "150");
    takes(FIELD_AMOUNT, "1E-2", "0.01");
    takes(FIELD_AMOUNT, "+007.50", "7.50");
    takes(FIELD_AMOUNT, ".5", "0.5");
    takes(FIELD_AMOUNT, "123456789012345678901234567890.12", "123456789012345678901234567890.12");
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    refuses(FIELD_AMOUNT, "-5.00", "negative");
    refuses(FIELD_AMOUNT, "1,234.50", "no decimal number");
    refuses(FIELD_AMOUNT, "USD 5.00", "no decimal number");
    refuses(FIELD_AMOUNT, "1e999999999", "no decimal number");
    refuses(FIELD_AMOUNT, "0x10", "no decimal number");
    refuses(FIELD_AMOUNT, "NaN", "no decimal number");
    takes(FIELD_MARGIN, "-10.12", "-10.12");
}

static void a_quantity_is_a_whole_number(void **state)
{
    (void)state;
    takes(FIELD_QUANTITY, "3", "3");
    takes(FIELD_QUANTITY, "3.00", "3");
    takes(FIELD_QUANTITY, "0", "0");
    takes(FIELD_QUANTITY, "-0", "0");
    takes(FIELD_QUANTITY, "1e2", "100");
    refuses(FIELD_QUANTITY, "2.5", "fraction");
    refuses(FIELD_QUANTITY, "-1", "negative");
    refuses(FIELD_QUANTITY, "two", "no number");
}

static void a_currency_is_one_of_iso_4217(void **state)
{
    (void)state;
    takes(FIELD_CURRENCY, "usd", "USD");
    takes(FIELD_CURRENCY, " EUR ", "EUR");
    refuses(FIELD_CURRENCY, "XXX", "ISO 4217");
    refuses(FIELD_CURRENCY, "US", "ISO 4217");
    refuses(FIELD_CURRENCY, "DEM", "ISO 4217");
    refuses(FIELD_CURRENCY, "$", "ISO 4217");
}

static void a_country_is_one_of_iso_3166(void **state)
{
    (void)state;
    takes(FIELD_COUNTRY, "de", "DE");
    takes(FIELD_COUNTRY, "XK", "XK");
    takes(FIELD_COUNTRY, "ZW", "ZW");
    refuses(FIELD_COUNTRY, "UK", "ISO 3166");
    refuses(FIELD_COUNTRY, "DEU", "ISO 3166");
    refuses(FIELD_COUNTRY, "D ", "ISO 3166");
}

static void the_other_rules_hold(void **state)
{
    (void)state;
    takes(FIELD_IPADDRESS, " 203.0.113.24 ", "203.0.113.24");
    takes(FIELD_IPADDRESS, "2001:db8::1", "2001:db8::1");
    refuses(FIELD_IPADDRESS, "203.0.113.256", "IP address");
    refuses(FIELD_IPADDRESS, "203.0.113.24, 10.0.0.1", "IP address");
    takes(FIELD_DOB, "1984-02-29", "19840229");
    takes(FIELD_DOB, "19840229", "19840229");
    refuses(FIELD_DOB, "1983-02-29", "date");
    refuses(FIELD_DOB, "1984/02/29", "date");
    refuses(FIELD_DOB, "29.02.1984", "date");
    refuses(FIELD_DOB, "1984-2-29", "date");
    takes(FIELD_GENDER, "Female", "f");
    takes(FIELD_GENDER, "M", "m");
    refuses(FIELD_GENDER, "diverse", "neither");
    takes(FIELD_CCBIN, "411111", "411111");
    takes(FIELD_CCBIN, "41111122", "411111");
    refuses(FIELD_CCBIN, "4111111111111111", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "4111", "6 (or 8) digits");
    takes(FIELD_AGE, "42", "42");
}

static void a_bad_amount_costs_the_conversion_and_a_bad_attribute_does_not(void **state)
{
    (void)state;
    assert_int_equal(field_info(FIELD_AMOUNT)->policy, FIELD_DEAD_LETTER);
    assert_int_equal(field_info(FIELD_CURRENCY)->policy, FIELD_DEAD_LETTER);
    assert_int_equal(field_info(FIELD_IPADDRESS)->policy, FIELD_OMIT);
    assert_int_equal(field_info(FIELD_QUANTITY)->policy, FIELD_OMIT);
}

/* Whether the line is of a currency in use. One line of the list:
 * Entity,Currency,AlphabeticCode,NumericCode,MinorUnit,WithdrawalDate. Counted from the end,
 * since names may hold commas. */
static bool check_currency_line(struct slice line)
{
    struct slice columns[4];
    for (size_t i = 0; i < 4; i++) {
        const char *comma = memrchr(line.data, ',', line.size);
        size_t before = (size_t)(comma - line.data);
        columns[i] = slice_part(line, before + 1, SIZE_MAX);
        line.size = before;
    }
    struct slice code = columns[3];
    struct slice digits = columns[1];
    bool current = columns[0].size == 0 && code.size == 3 && digits.size == 1;
    int known = -1;
    if (!current || digits.data[0] == '-') {
        return false;
    }
    if (!currency_find(code, &known) || known != digits.data[0] - '0') {
        fail_msg("%.*s has %.*s digits and not %d", SLICE_PRINT(code), SLICE_PRINT(digits), known);
    }
    return true;
}

static void the_currencies_are_those_of_the_published_list(void **state)
{
    (void)state;
    struct slice list = shared_read("standards/iso4217.csv");
    if (list.data == NULL) {
        print_message("skipped: %s is not there\n", shared_path("standards/iso4217.csv"));
        skip();
    }
    size_t in_use = 0;
    size_t from = slice_find(list, SLICE("\n")) + 1;
    while (from < list.size) {
        struct slice rest = slice_part(list, from, SIZE_MAX);
        size_t end = slice_find(rest, SLICE("\n"));
        struct slice line = slice_part(rest, 0, end);
        in_use += check_currency_line(slice_trim(line));
        from += line.size + 1;
    }
    assert_true(in_use > 150);
    free((void *)(uintptr_t)list.data);
}

static void the_reference_has_a_row_for_each_field_and_stands_in_the_readme(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 64 * 1024);
    field_reference(&buffer);
    assert_false(buffer.failed);
    size_t lines = 0;
    for (size_t i = 0; i < buffer.size; i++) {
        lines += buffer.data[i] == '\n';
    }
    assert_int_equal(lines, FIELD_COUNT + 2);
    reference_check("fields", buffer_slice(&buffer));
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_row_and_is_found_by_its_name),
        cmocka_unit_test(the_nearest_name_is_offered),
        cmocka_unit_test(blanks_are_nothing_to_send_in_every_field),
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(text_is_bounded_in_characters_and_not_in_bytes),
        cmocka_unit_test(an_email_is_trimmed_and_made_lower_case),
        cmocka_unit_test(what_is_no_email_is_refused_with_the_reason),
        cmocka_unit_test(a_digest_is_64_hex_digits_and_not_that_of_nothing),
        cmocka_unit_test(an_amount_keeps_its_digits_in_plain_notation),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(a_quantity_is_a_whole_number),
        cmocka_unit_test(a_currency_is_one_of_iso_4217),
        cmocka_unit_test(a_country_is_one_of_iso_3166),
        cmocka_unit_test(the_other_rules_hold),
        cmocka_unit_test(a_bad_amount_costs_the_conversion_and_a_bad_attribute_does_not),
        cmocka_unit_test(the_currencies_are_those_of_the_published_list),
        cmocka_unit_test(the_reference_has_a_row_for_each_field_and_stands_in_the_readme),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
