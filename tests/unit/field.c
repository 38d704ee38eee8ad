#include "conversion/field.h"

#include "base/timestamp.h"
#include "conversion/conversion.h"
#include "conversion/currency.h"
#include "json/reader.h"
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

#define EVENT_TIME_MS 1795428180125 /* 2026-11-23T10:03:00.125Z */

static struct field_context context = {&arena, EVENT_TIME_MS, false, 0};

/* The value becomes `expected`. */
static void takes(enum field field, const char *value, const char *expected)
{
    struct slice normal = {NULL, 0};
    struct error error = {""};
    if (!field_normalise(field, slice_of(value), &context, &normal, &error)) {
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
    if (field_normalise(field, slice_of(value), &context, &normal, &error)) {
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
        assert_non_null(field_form(info));
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

static void every_example_in_the_table_is_taken_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        takes((enum field)i, field_info((enum field)i)->example, field_info((enum field)i)->gives);
    }
}

static void text_stays_as_it_is(void **state)
{
    (void)state;
    takes(FIELD_FIRSTNAME, " João ", " João ");
    takes(FIELD_LASTNAME, "O’Neill–Đặng 李 👩‍👩‍👧",
          "O’Neill–Đặng 李 👩‍👩‍👧");
    takes(FIELD_TRANSACTIONID, "1234567890123456789012345", "1234567890123456789012345");
    takes(FIELD_TRANSACTIONID, " A 1 ", " A 1 ");
    takes(FIELD_PASSBACKCONVERSIONTRACKINGID, "abc", "abc");
    takes(FIELD_CUSTOMERID, "gid://shopify/Customer/207119551", "gid://shopify/Customer/207119551");
}

static void a_control_character_in_a_text_becomes_a_space(void **state)
{
    (void)state;
    takes(FIELD_PRODUCTNAME, "Mug\r\nblue\t", "Mug  blue ");
    takes(FIELD_PRODUCTNAME,
          "\x7f"
          "a\xc2\x85"
          "b\xe2\x80\xa8"
          "c",
          " a b c");
    takes(FIELD_CITY, "£ — Â", "£ — Â"); /* begin with the same bytes as control characters */
    takes(FIELD_CITY, "\x01\x02", "");
    struct slice nul = {"a\0b", 3};
    struct slice normal = {NULL, 0};
    struct error error;
    assert_true(field_normalise(FIELD_USERAGENT, nul, &context, &normal, &error));
    assert_true(slice_equal(normal, SLICE("a b")));
}

static void an_id_has_no_control_character(void **state)
{
    (void)state;
    refuses(FIELD_TRANSACTIONID, "4711\n", "control character");
    refuses(FIELD_CONFIRMATIONREF,
            "47\x1f"
            "11",
            "control character");
    refuses(FIELD_CUSTOMERID, "4711\xc2\x85", "control character");
    refuses(FIELD_CONVERSIONTYPE, "a\tb", "control character");
    struct slice nul = {"a\0b", 3};
    struct slice normal;
    struct error error;
    assert_false(field_normalise(FIELD_TRANSACTIONID, nul, &context, &normal, &error));
}

static void what_programs_write_for_nothing_is_no_id(void **state)
{
    (void)state;
    static const enum field unique[] = {FIELD_TRANSACTIONID, FIELD_CONFIRMATIONREF,
                                        FIELD_CUSTOMERID, FIELD_PASSBACKCONVERSIONTRACKINGID};
    for (size_t i = 0; i < sizeof unique / sizeof *unique; i++) {
        refuses(unique[i], " Undefined", "no id");
        refuses(unique[i], "False", "no id");
        takes(unique[i], "nullable", "nullable");
    }
    takes(FIELD_CONVERSIONTYPE, "true", "true");
}

static void a_sku_is_one(void **state)
{
    (void)state;
    takes(FIELD_SKU, "MUG-1 / blue; 0.5", "MUG-1 / blue; 0.5");
    refuses(FIELD_SKU, "MUG-1,LID-2", "comma");
    refuses(FIELD_SKU, "MUG-1\nLID-2", "control character");
}

static void text_is_bounded_in_characters_and_not_in_bytes(void **state)
{
    (void)state;
    size_t max = CONVERSION_ATTRIBUTE_VALUE_MAX;
    char *text = malloc(2 * max + 2);
    assert_non_null(text);
    for (size_t i = 0; i <= max; i++) {
        memcpy(text + 2 * i, "é", 2);
    }
    struct slice normal = {NULL, 0};
    struct error error;
    struct slice longest = {text, 2 * max};
    assert_true(field_normalise(FIELD_PRODUCTNAME, longest, &context, &normal, &error));
    assert_int_equal(normal.size, 2 * max);
    struct slice longer = {text, 2 * max + 2};
    assert_false(field_normalise(FIELD_PRODUCTNAME, longer, &context, &normal, &error));
    assert_string_equal(error.text, "productname is longer than 65536 characters");
    struct field_context shorter = context;
    shorter.value_max = 4096; /* the Event and Audience API's */
    longest.size = (size_t)2 * 4096;
    assert_true(field_normalise(FIELD_PRODUCTNAME, longest, &shorter, &normal, &error));
    longest.size += 2;
    assert_false(field_normalise(FIELD_PRODUCTNAME, longest, &shorter, &normal, &error));
    assert_string_equal(error.text, "productname is longer than 4096 characters");
    free(text);
}

static void an_email_is_trimmed_and_made_lower_case(void **state)
{
    (void)state;
    takes(FIELD_EMAIL, "  Bob.Norman@Mail.Example.COM\n", "bob.norman@mail.example.com");
    takes(FIELD_EMAIL, "a+b_c-d!#$%&'/=?^`{|}~@ex-ample.co", "a+b_c-d!#$%&'/=?^`{|}~@ex-ample.co");
    takes(FIELD_EMAIL, "用户@例え.テスト", "用户@例え.テスト");
    takes(FIELD_EMAIL, "x@1.example", "x@1.example");
    takes(FIELD_EMAIL, "JOSÉ.Ñ@MÜNCHEN.Example", "josé.ñ@münchen.example");
    takes(FIELD_EMAIL, "ΔΟΚΙΜΗ@Example.COM", "δοκιμη@example.com");
    takes(FIELD_EMAIL, "Ⱥ@example.com", "ⱥ@example.com"); /* takes a byte more in lower case */
}

static void what_is_no_email_is_refused_with_the_reason(void **state)
{
    (void)state;
    refuses(FIELD_EMAIL, "2962", "no '@'");
    refuses(FIELD_EMAIL, "2********@****.com", "masked");
    refuses(FIELD_EMAIL, "j••••@example.com", "masked");
    refuses(FIELD_EMAIL, "joh…@example.com", "masked");
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
    refuses(FIELD_EMAIL, "joe\xc2\xa0@example.com", "invisible");
    refuses(FIELD_EMAIL, "joe\xe2\x80\x8b@example.com", "invisible");
    refuses(FIELD_EMAIL, "\xef\xbb\xbfjoe@example.com", "invisible");
    refuses(FIELD_EMAIL, "joe＠example.com@x.org", "invisible");
    refuses(FIELD_EMAIL, "joe@example.com\nbcc: x@example.com", "more than one '@'");
    refuses(FIELD_EMAIL, "mailto:joe@example.com", "before the '@'");
    refuses(FIELD_EMAIL, "Joe <joe@example.com>", "before the '@'");
    refuses(FIELD_EMAIL, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "no '@'");
    refuses(FIELD_EMAIL, "a123456789b123456789c123456789d123456789e123456789f123456789g1234@x.com",
            "64 bytes");
}

static void a_digest_is_64_hex_digits_and_not_that_of_nothing(void **state)
{
    (void)state;
    const enum field digests[] = {FIELD_EMAILSHA256,  FIELD_FIRSTNAMESHA256,  FIELD_LASTNAMESHA256,
                                  FIELD_MOBILESHA256, FIELD_BILLINGZIPSHA256, FIELD_ZIPSHA256};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        takes(digests[i], " FAB1E2E699B3B927CBF875046A64F2225DF02D5CB306F3857424C2BBB87BE61F\n",
              "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f");
        refuses(digests[i], "john@email.com", "64 hex digits");
        refuses(digests[i], "fab1e2", "64 hex digits");
        refuses(digests[i], "gab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f",
                "64 hex digits");
        refuses(digests[i], "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "empty text");
    }
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
    takes(FIELD_AMOUNT, "1234567890123456789012345678901234567890",
          "1234567890123456789012345678901234567890");
    refuses(FIELD_AMOUNT, "12345678901234567890123456789012345678901", "more than 40 digits");
    refuses(FIELD_AMOUNT, "1e40", "more than 40 digits");
    refuses(FIELD_MARGIN, "-1e-40", "more than 40 digits");
    refuses(FIELD_AMOUNT, "-5.00", "negative");
    refuses(FIELD_AMOUNT, "1,234.50", "no decimal number");
    refuses(FIELD_AMOUNT, "USD 5.00", "no decimal number");
    refuses(FIELD_AMOUNT, "1e999999999", "no decimal number");
    refuses(FIELD_AMOUNT, "0x10", "no decimal number");
    refuses(FIELD_AMOUNT, "NaN", "no decimal number");
    takes(FIELD_MARGIN, "-10.12", "-10.12");
}

static void an_amount_is_negative_only_where_the_mapping_allows_it(void **state)
{
    (void)state;
    context.negative = true;
    takes(FIELD_AMOUNT, "-5.00", "-5.00");
    takes(FIELD_AMOUNT, "-0.00", "0.00");
    takes(FIELD_AMOUNT, "5", "5");
    refuses(FIELD_AMOUNT, "--5", "no decimal number");
    refuses(FIELD_QUANTITY, "-1", "negative");
    context.negative = false;
    refuses(FIELD_AMOUNT, "-5.00", "negative");
    refuses(FIELD_AMOUNT, "-1e-30", "negative");
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
    refuses(FIELD_QUANTITY, "1,000", "no number");
    takes(FIELD_QUANTITY, "123456789012345678901234567890", "123456789012345678901234567890");
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
    refuses(FIELD_CURRENCY, "978", "ISO 4217");
    refuses(FIELD_CURRENCY, "Euro", "ISO 4217");
    takes(FIELD_CURRENCY,
          "\xe2\x80\x89"
          "EUR\xc2\xa0",
          "EUR");
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
    refuses(FIELD_COUNTRY, "ZZ", "ISO 3166");
    refuses(FIELD_COUNTRY, "Germany", "ISO 3166");
    refuses(FIELD_COUNTRY, "276", "ISO 3166");
    takes(FIELD_COUNTRY, " Gb\n", "GB");
}

static void a_language_is_a_tag_of_bcp_47(void **state)
{
    (void)state;
    takes(FIELD_LANGUAGE, "en", "en");
    takes(FIELD_LANGUAGE, " EN ", "en");
    takes(FIELD_LANGUAGE, "gsw", "gsw");
    takes(FIELD_LANGUAGE, "de-at", "de-AT");
    takes(FIELD_LANGUAGE, "pt_BR", "pt-BR");
    takes(FIELD_LANGUAGE, "ZH-HANT-tw", "zh-Hant-TW");
    takes(FIELD_LANGUAGE, "es-419", "es-419");
    takes(FIELD_LANGUAGE, "de-CH-1996", "de-CH-1996");
    takes(FIELD_LANGUAGE, "en-US-x-Acme-AB", "en-US-x-acme-ab");
    refuses(FIELD_LANGUAGE, "English", "BCP 47");
    refuses(FIELD_LANGUAGE, "e", "BCP 47");
    refuses(FIELD_LANGUAGE, "e1", "BCP 47");
    refuses(FIELD_LANGUAGE, "en-", "BCP 47");
    refuses(FIELD_LANGUAGE, "en--US", "BCP 47");
    refuses(FIELD_LANGUAGE, "-en", "BCP 47");
    refuses(FIELD_LANGUAGE, "en-US,en;q=0.9", "BCP 47");
    refuses(FIELD_LANGUAGE, "en_US.UTF-8", "BCP 47");
    refuses(FIELD_LANGUAGE, "en-abcdefghi", "BCP 47");
    refuses(FIELD_LANGUAGE, "日本語", "BCP 47");
    refuses(FIELD_LANGUAGE, "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", "BCP 47");
}

static void a_phone_number_is_loose_but_not_masked(void **state)
{
    (void)state;
    takes(FIELD_MOBILE, "3053211654", "3053211654");
    takes(FIELD_MOBILE, "+1 (323) 867-5309", "+1 (323) 867-5309");
    takes(FIELD_MOBILE, " 030/12345 ext. 7\n", "030/12345 ext. 7");
    refuses(FIELD_MOBILE, "n/a", "fewer than 5 digits");
    refuses(FIELD_MOBILE, "0000", "fewer than 5 digits");
    refuses(FIELD_MOBILE, "+1 323 ***-5309", "masked");
    refuses(FIELD_MOBILE, "+1 (323)\n867-5309", "control character");
}

static void an_address_is_one_of_ip(void **state)
{
    (void)state;
    takes(FIELD_IPADDRESS, " 203.0.113.24 ", "203.0.113.24");
    takes(FIELD_IPADDRESS, "2001:db8::1", "2001:db8::1");
    takes(FIELD_IPADDRESS, "::ffff:203.0.113.24", "::ffff:203.0.113.24");
    refuses(FIELD_IPADDRESS, "203.0.113.256", "IP address");
    refuses(FIELD_IPADDRESS, "203.0.113.24, 10.0.0.1", "IP address");
    refuses(FIELD_IPADDRESS, "203.0.113.24:443", "IP address");
    refuses(FIELD_IPADDRESS, "[2001:db8::1]", "IP address");
    refuses(FIELD_IPADDRESS, "localhost", "IP address");
    refuses(FIELD_IPADDRESS,
            "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", "IP address");
}

static void a_date_of_birth_is_a_real_day_before_the_event(void **state)
{
    (void)state;
    takes(FIELD_DOB, "1984-02-29", "19840229");
    takes(FIELD_DOB, "19840229", "19840229");
    takes(FIELD_DOB, "2000-02-29", "20000229");
    takes(FIELD_DOB, "19010101", "19010101");
    refuses(FIELD_DOB, "1983-02-29", "no date");
    refuses(FIELD_DOB, "2100-02-29", "no date");
    refuses(FIELD_DOB, "1984-02-31", "no date");
    refuses(FIELD_DOB, "1984-13-01", "no date");
    refuses(FIELD_DOB, "1984-00-10", "no date");
    refuses(FIELD_DOB, "1984-01-00", "no date");
    refuses(FIELD_DOB, "1984/02/29", "no date");
    refuses(FIELD_DOB, "29.02.1984", "no date");
    refuses(FIELD_DOB, "1984-2-29", "no date");
    refuses(FIELD_DOB, "1984-02-29T00:00:00Z", "no date");
    refuses(FIELD_DOB, "441849600", "no date");
    refuses(FIELD_DOB, "0001-01-01", "before 1901");
    refuses(FIELD_DOB, "19001231", "before 1901");
    takes(FIELD_DOB, "2026-11-23", "20261123");
    refuses(FIELD_DOB, "2026-11-24", "after the event");
    refuses(FIELD_DOB, "9999-12-31", "after the event");
    context.event_time_ms = MOMENT_MAX_MS;
    takes(FIELD_DOB, "2026-11-24", "20261124");
    context.event_time_ms = EVENT_TIME_MS;
}

static void an_age_is_one_that_people_have(void **state)
{
    (void)state;
    takes(FIELD_AGE, "42", "42");
    takes(FIELD_AGE, "42.0", "42");
    takes(FIELD_AGE, "1", "1");
    takes(FIELD_AGE, "130", "130");
    refuses(FIELD_AGE, "0", "between 1 and 130");
    refuses(FIELD_AGE, "131", "between 1 and 130");
    refuses(FIELD_AGE, "1984", "between 1 and 130");
    refuses(FIELD_AGE, "123456789012345678901234567890", "between 1 and 130");
    refuses(FIELD_AGE, "-5", "negative");
    refuses(FIELD_AGE, "35-44", "no number");
    refuses(FIELD_AGE, "4.5", "fraction");
}

static void a_gender_is_m_or_f(void **state)
{
    (void)state;
    takes(FIELD_GENDER, "Female", "f");
    takes(FIELD_GENDER, "M", "m");
    takes(FIELD_GENDER, "male", "m");
    takes(FIELD_GENDER, " F ", "f");
    refuses(FIELD_GENDER, "diverse", "neither");
    refuses(FIELD_GENDER, "w", "neither");
    refuses(FIELD_GENDER, "1", "neither");
}

static void of_a_card_six_digits_are_taken_and_never_a_whole_number(void **state)
{
    (void)state;
    takes(FIELD_CCBIN, "411111", "411111");
    takes(FIELD_CCBIN, " 41111122 ", "411111");
    takes(FIELD_CCBIN, "000000", "000000");
    refuses(FIELD_CCBIN, "4111111111111111", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "411111******1111", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "4111", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "4111112", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "4111 11", "6 (or 8) digits");
    refuses(FIELD_CCBIN, "41111a", "6 (or 8) digits");
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

/* Backwards: no code of ours is in nobody's use. */
static void no_currency_is_made_up(void **state)
{
    (void)state;
    struct slice list = shared_read("standards/iso4217.csv");
    if (list.data == NULL) {
        print_message("skipped: %s is not there\n", shared_path("standards/iso4217.csv"));
        skip();
    }
    size_t known = 0;
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char column[] = {
            ',', (char)('A' + i / 676), (char)('A' + i / 26 % 26), (char)('A' + i % 26), ',', '\0'};
        if (currency_find((struct slice){column + 1, 3}, NULL)) {
            known++;
            assert_true(slice_find(list, slice_of(column)) != SIZE_MAX);
        }
    }
    assert_true(known > 150);
    free((void *)(uintptr_t)list.data);
}

/* What an address may be beyond what orders have: email.h says why these are refused. */
static bool is_unwanted_email(struct slice text)
{
    return slice_find(text, SLICE("\"")) != SIZE_MAX || slice_find(text, SLICE("[")) != SIZE_MAX ||
           slice_find(text, SLICE("\xc2\x85")) != SIZE_MAX;
}

/* The vectors judge one of the two kinds of address at a time, and do not trim. */
static bool is_other_ip(struct slice text)
{
    return slice_trim(text).size < text.size || slice_equal(text, SLICE("127.0.0.1")) ||
           slice_equal(text, SLICE("::ffff:192.168.0.1"));
}

/* Compares what a rule takes with the vectors for a format. Returns how many there are of each. */
static void check_vectors(const struct json_value *groups, enum field field,
                          bool (*is_exception)(struct slice text), size_t counts[2])
{
    for (const struct json_value *group = groups->first; group != NULL; group = group->next) {
        const struct json_value *test = json_member(group, SLICE("tests"))->first;
        for (; test != NULL; test = test->next) {
            const struct json_value *data = json_member(test, SLICE("data"));
            bool valid = json_member(test, SLICE("valid"))->kind == JSON_TRUE;
            if (data->kind != JSON_STRING || data->text.size == 0 || is_exception(data->text)) {
                continue;
            }
            struct slice normal;
            struct error error;
            if (field_normalise(field, data->text, &context, &normal, &error) != valid) {
                fail_msg("%.*s: %s", SLICE_PRINT(data->text), valid ? error.text : "is taken");
            }
            counts[valid]++;
        }
    }
}

static void addresses_are_judged_as_the_published_vectors_judge_them(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum field field;
        bool (*is_exception)(struct slice text);
    } formats[] = {
        {"standards/formats/email.json", FIELD_EMAIL, is_unwanted_email},
        {"standards/formats/idn-email.json", FIELD_EMAIL, is_unwanted_email},
        {"standards/formats/ipv4.json", FIELD_IPADDRESS, is_other_ip},
        {"standards/formats/ipv6.json", FIELD_IPADDRESS, is_other_ip},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct slice text = shared_read(formats[i].path);
        const struct json_value *groups;
        struct error error;
        size_t counts[2] = {0, 0};
        if (text.data == NULL) {
            print_message("skipped: %s is not there\n", shared_path(formats[i].path));
            skip();
        }
        assert_true(json_read(text, &arena, &groups, &error));
        check_vectors(groups, formats[i].field, formats[i].is_exception, counts);
        assert_true(counts[false] >= 2 && counts[true] >= 4);
        free((void *)(uintptr_t)text.data);
    }
}

static void stands_at(const struct field_home *home, const char *path)
{
    struct buffer buffer;
    buffer_init(&buffer, 256);
    field_home_write(home, &buffer);
    if (!slice_equal(buffer_slice(&buffer), slice_of(path))) {
        fail_msg("%.*s is not %s", SLICE_PRINT(buffer_slice(&buffer)), path);
    }
    buffer_done(&buffer);
}

static void each_field_has_its_home_in_the_event_and_audience_api(void **state)
{
    (void)state;
    stands_at(&field_info(FIELD_EMAIL)->home, "user_identities.email");
    stands_at(&field_info(FIELD_EMAILSHA256)->home, "user_identities.other");
    stands_at(&field_info(FIELD_CUSTOMERID)->home, "user_identities.customerid");
    stands_at(&field_info(FIELD_PASSBACKCONVERSIONTRACKINGID)->home, "user_identities.other2");
    stands_at(&field_info(FIELD_PASSBACKCONVERSIONTRACKINGID)->second_home,
              "integration_attributes.1277.passbackconversiontrackingid");
    stands_at(&field_info(FIELD_USERAGENT)->home, "device_info.http_header_user_agent");
    stands_at(&field_info(FIELD_IPADDRESS)->home, "ip");
    stands_at(&field_info(FIELD_MOBILESHA256)->home, "user_attributes.mobilesha256");
    stands_at(&field_info(FIELD_AMOUNT)->home, "custom_attributes.amount");
    stands_at(&field_info(FIELD_TRANSACTIONID)->second_home, "custom_attributes.confirmationref");
    stands_at(&field_info(FIELD_EMAIL)->second_home, "");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_home *home = &field_info((enum field)i)->home;
        assert_true(home->part != FIELD_NOWHERE);
        for (size_t j = 0; j < i; j++) {
            const struct field_home *other = &field_info((enum field)j)->home;
            assert_false(home->part == other->part && strcmp(home->key, other->key) == 0);
        }
    }
}

static void what_tells_who_somebody_is_is_personal(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)i);
        bool user =
            info->home.part != FIELD_EVENT_ATTRIBUTE && i != FIELD_COUNTRY && i != FIELD_LANGUAGE;
        assert_int_equal(info->personal, user || i == FIELD_CCBIN);
    }
}

static void the_rows_begin_with_what_every_conversion_has(void **state)
{
    (void)state;
    static const char *const names[] = {"eventTime", "clientEventId", "eventType", "email"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_string_equal(field_at(i)->name, names[i]);
    }
    while (field_at(count) != NULL) {
        count++;
    }
    assert_int_equal(count, 3 + FIELD_COUNT);
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
    assert_int_equal(lines, 3 + FIELD_COUNT + 2);
    reference_check("fields", buffer_slice(&buffer));
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_row_and_is_found_by_its_name),
        cmocka_unit_test(the_nearest_name_is_offered),
        cmocka_unit_test(blanks_are_nothing_to_send_in_every_field),
        cmocka_unit_test(every_example_in_the_table_is_taken_as_it_says),
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(a_control_character_in_a_text_becomes_a_space),
        cmocka_unit_test(an_id_has_no_control_character),
        cmocka_unit_test(what_programs_write_for_nothing_is_no_id),
        cmocka_unit_test(a_sku_is_one),
        cmocka_unit_test(text_is_bounded_in_characters_and_not_in_bytes),
        cmocka_unit_test(an_email_is_trimmed_and_made_lower_case),
        cmocka_unit_test(what_is_no_email_is_refused_with_the_reason),
        cmocka_unit_test(a_digest_is_64_hex_digits_and_not_that_of_nothing),
        cmocka_unit_test(an_amount_keeps_its_digits_in_plain_notation),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(an_amount_is_negative_only_where_the_mapping_allows_it),
        cmocka_unit_test(a_quantity_is_a_whole_number),
        cmocka_unit_test(a_currency_is_one_of_iso_4217),
        cmocka_unit_test(a_country_is_one_of_iso_3166),
        cmocka_unit_test(a_language_is_a_tag_of_bcp_47),
        cmocka_unit_test(a_phone_number_is_loose_but_not_masked),
        cmocka_unit_test(an_address_is_one_of_ip),
        cmocka_unit_test(a_date_of_birth_is_a_real_day_before_the_event),
        cmocka_unit_test(an_age_is_one_that_people_have),
        cmocka_unit_test(a_gender_is_m_or_f),
        cmocka_unit_test(of_a_card_six_digits_are_taken_and_never_a_whole_number),
        cmocka_unit_test(a_bad_amount_costs_the_conversion_and_a_bad_attribute_does_not),
        cmocka_unit_test(the_currencies_are_those_of_the_published_list),
        cmocka_unit_test(no_currency_is_made_up),
        cmocka_unit_test(addresses_are_judged_as_the_published_vectors_judge_them),
        cmocka_unit_test(each_field_has_its_home_in_the_event_and_audience_api),
        cmocka_unit_test(what_tells_who_somebody_is_is_personal),
        cmocka_unit_test(the_rows_begin_with_what_every_conversion_has),
        cmocka_unit_test(the_reference_has_a_row_for_each_field_and_stands_in_the_readme),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
