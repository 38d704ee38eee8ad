/* The transforms of what tells who somebody is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expressions.h"

#include <stdio.h>

/* What the expression gives on a text, which has to be written as JSON has it. */
static void on_text(const char *text, const char *source, const char *expected)
{
    char json[512];
    (void)snprintf(json, sizeof json, "\"%s\"", text);
    expressions_give(json, source, expected);
}

/* --- E-mail addresses and hashes ------------------------------------------------------------- */

#define JOHN "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f"

static void emails_are_hashed_as_rokt_wants_them(void **state)
{
    (void)state;
    on_text("john@email.com", "$ | email_sha256", JOHN);
    on_text(" \\tJOHN@EMAIL.COM\\r\\n ", "$ | email_sha256", JOHN);
    /* Dots and +tags stay: what is hashed elsewhere has them too. */
    on_text("j.ohn+tag@email.com", "$ | email_sha256",
            "9986b688c7067d9f976d6a1f718a7a73d16f8753a631a36d4331d6ce98839ecd");
}

static void capital_letters_of_all_alphabets_become_small_before_they_are_hashed(void **state)
{
    (void)state;
    expressions_give("[\"Émile@Bücher.example\", \"émile@bücher.example\"]",
                     "$[*] | email_sha256 | distinct | count", "1");
    expressions_give("[\"ΔΟΚΙΜΉ@example.com\", \"δοκιμή@example.com\"]",
                     "$[*] | email_sha256 | distinct | count", "1");
}

static void what_would_match_nobody_is_not_hashed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "  ",
        "2********@****.com",
        "j***@email.com",
        "j•••@email.com",
        "joh…@email.com",
        JOHN,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "null",
        "john@",
        "@email.com",
        "john@email",
        "john@email.com, mary@email.com",
        "John <john@email.com>",
        "john＠email.com",
        "john\\u200b@email.com",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        on_text(texts[i], "$ | email_sha256", "nothing");
    }
    expressions_give("null", "$ | email_sha256", "nothing");
    expressions_give("{}", "$ | email_sha256", "nothing");
}

static void a_digest_is_told_from_what_is_none(void **state)
{
    (void)state;
    on_text(JOHN, "$ | sha256_digest", JOHN);
    on_text(" FAB1E2E699B3B927CBF875046A64F2225DF02D5CB306F3857424C2BBB87BE61F ",
            "$ | sha256_digest", JOHN);
    static const char *const others[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61",
        "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61ff",
        "gab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f",
        "0xfab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be6",
        "5d41402abc4b2a76b9719d911017c592",
        "john@email.com",
        "",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        on_text(others[i], "$ | sha256_digest", "nothing");
    }
}

static void an_address_is_hashed_and_a_hash_taken_by_one_expression(void **state)
{
    (void)state;
    on_text("john@email.com", "($ | email_sha256) ?? ($ | sha256_digest)", JOHN);
    on_text(JOHN, "($ | email_sha256) ?? ($ | sha256_digest)", JOHN);
    on_text("unknown", "($ | email_sha256) ?? ($ | sha256_digest)", "nothing");
}

/* --- Phone numbers --------------------------------------------------------------------------- */

static void numbers_with_their_own_code_keep_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "+49301234567",       "+49 30 123 45 67",
        "0049 30 1234567",    "+49 (0)30 / 123-4567",
        "+49 (0) 30 1234567", "(+49) 30 1234567",
        "tel:+49-30-1234567", "TEL:+49301234567",
        " +49.30.123.4567 ",  "+49\\u00a030\\u20111234567",
        "+ 49 30 1234567",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        on_text(texts[i], "$ | phone", "+49301234567");
        on_text(texts[i], "$ | phone('1')", "+49301234567");
    }
    on_text("+1 (323) 867-5309", "$ | phone", "+13238675309");
    on_text("+39 (0)6 1234567", "$ | phone", "+39061234567");
}

static void numbers_without_one_get_the_code_that_is_given(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *expected;
    } cases[] = {
        {"030 1234567", "49", "+49301234567"},       {"(030) 1234567", "+49", "+49301234567"},
        {"30 1234567", "49", "+49301234567"},        {"07911 123456", "44", "+447911123456"},
        {"(323) 867-5309", "1", "+13238675309"},     {"1-323-867-5309", "1", "+13238675309"},
        {"8 916 123-45-67", "7", "+79161234567"},    {"8121234567", "7", "+78121234567"},
        {"06 30 123 4567", "36", "+36301234567"},    {"06 1234567", "39", "+39061234567"},
        {"07 12 34 56 78", "225", "+2250712345678"}, {"81 2345 6789", "852", "+8528123456789"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[64];
        (void)snprintf(source, sizeof source, "$ | phone('%s')", cases[i].code);
        on_text(cases[i].text, source, cases[i].expected);
        on_text(cases[i].text, "$ | phone", "nothing");
    }
    expressions_give("{\"n\": 301234567, \"c\": 49}", "$.n | phone($.c)", "+49301234567");
    expressions_give("{\"n\": \"030 1234567\"}", "$.n | phone(49)", "+49301234567");
}

static void a_code_that_is_missing_or_none_gives_nothing_to_national_numbers(void **state)
{
    (void)state;
    static const char json[] = "{\"own\": \"+49 30 1234567\", \"national\": \"030 1234567\","
                               " \"bad\": \"DE\", \"long\": \"4930\", \"zero\": \"049\"}";
    expressions_give(json, "$.own | phone($.absent)", "+49301234567");
    expressions_give(json, "$.national | phone($.absent)", "nothing");
    expressions_give(json, "$.national | phone($.bad)", "nothing");
    expressions_give(json, "$.national | phone($.long)", "nothing");
    expressions_give(json, "$.national | phone($.zero)", "nothing");
    expressions_give(json, "$.national | phone('DE')",
                     "error: phone wants a calling code, as '49' or '+49', here");
    expressions_give(json, "$.national | phone('0049')",
                     "error: phone wants a calling code, as '49' or '+49', here");
    expressions_give(json, "$.national | phone(49.5)",
                     "error: phone wants a calling code, as '49' or '+49', here");
}

static void what_is_no_phone_number_gives_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "n/a",
        "+",
        "+49",
        "12345",
        "+49 1234",
        "+123456",
        "+1234567890123456",
        "+0301234567",
        "000301234567",
        "0000000000",
        "++49301234567",
        "+49+301234567",
        "30+1234567",
        "*******567",
        "+49 30 ••• 4567",
        "+1 323 867 5309 ext. 5",
        "+1-800-FLOWERS",
        "john@email.com",
        "٠٣٠١٢٣٤٥٦٧",
        "+4930123\\u00004567",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        on_text(texts[i], "$ | phone", "nothing");
    }
    on_text("123", "$ | phone('49')", "nothing");
    on_text("12345678901234", "$ | phone('49')", "nothing");
    on_text("0", "$ | phone('49')", "nothing");
    on_text("+1234567", "$ | phone", "+1234567");
    on_text("+123456789012345", "$ | phone", "+123456789012345");
}

/* --- Addresses on the Internet --------------------------------------------------------------- */

static void public_addresses_pass_without_their_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"8.8.8.8", "8.8.8.8"},
        {" 8.8.8.8 ", "8.8.8.8"},
        {"172.32.0.1", "172.32.0.1"},
        {"100.128.0.1", "100.128.0.1"},
        {"223.255.0.1", "223.255.0.1"},
        {"169.253.0.1", "169.253.0.1"},
        {"203.0.113.24", "203.0.113.24"}, /* documentation's, as in examples */
        {"2001:db8::1", "2001:db8::1"},
        {"2a00:1450::1", "2a00:1450::1"},
        {"2001:200::1", "2001:200::1"},
        {"3fff::1", "3fff::1"},
        {"8.8.8.8:5678", "8.8.8.8"},
        {"[2a00:1450::1]:443", "2a00:1450::1"},
        {"[2a00:1450::1]", "2a00:1450::1"},
        {"::ffff:8.8.8.8", "8.8.8.8"},
        {"::FFFF:808:808", "8.8.8.8"},
        {"[::ffff:8.8.8.8]:80", "8.8.8.8"},
        {"64:ff9b::808:808", "64:ff9b::808:808"},
        {"2002:808:808::1", "2002:808:808::1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        on_text(cases[i].text, "$ | public_ip", cases[i].expected);
    }
}

static void addresses_that_are_nobodys_do_not_pass(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.0.0.0",
        "10.1.2.3",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.0.1",
        "192.0.0.8",
        "192.168.1.1",
        "100.64.0.1",
        "198.19.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00::1",
        "fc00::1",
        "ff02::1",
        "100::1",
        "4000::1",
        "2001::1",
        "2001:20::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:a00:1::1",
        "10.0.0.1:80",
        "[::1]:80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        on_text(texts[i], "$ | public_ip", "nothing");
    }
}

static void of_a_list_the_first_that_is_public_passes(void **state)
{
    (void)state;
    on_text("8.8.8.8, 10.0.0.1", "$ | public_ip", "8.8.8.8");
    on_text("10.0.0.1, 8.8.8.8, 9.9.9.9", "$ | public_ip", "8.8.8.8");
    on_text("unknown,8.8.8.8:1234,", "$ | public_ip", "8.8.8.8");
    on_text("10.0.0.1, 192.168.0.1", "$ | public_ip", "nothing");
    on_text(",,", "$ | public_ip", "nothing");
    expressions_give("[\"10.0.0.1\", \"8.8.8.8\"]", "$[*] | public_ip | first", "8.8.8.8");
}

static void what_is_no_address_gives_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "no address",
        "8.8.8",
        "8.8.8.8.8",
        "8.8.8.8:",
        "8.8.8.8:http",
        "8.8.8.8/24",
        "08.8.8.8",
        "[8.8.8.8",
        "[2a00::1]x",
        "[2a00::1",
        "2a00::1]",
        "8.8.8.8\\u0000",
        "2a00:1450::1:x",
        "0x08.8.8.8",
        "134744072",
        "2a00:1450:0000:0000:0000:0000:0000:0000:0000:0000:0001",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        on_text(texts[i], "$ | public_ip", "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emails_are_hashed_as_rokt_wants_them),
        cmocka_unit_test(capital_letters_of_all_alphabets_become_small_before_they_are_hashed),
        cmocka_unit_test(what_would_match_nobody_is_not_hashed),
        cmocka_unit_test(a_digest_is_told_from_what_is_none),
        cmocka_unit_test(an_address_is_hashed_and_a_hash_taken_by_one_expression),
        cmocka_unit_test(numbers_with_their_own_code_keep_it),
        cmocka_unit_test(numbers_without_one_get_the_code_that_is_given),
        cmocka_unit_test(a_code_that_is_missing_or_none_gives_nothing_to_national_numbers),
        cmocka_unit_test(what_is_no_phone_number_gives_nothing),
        cmocka_unit_test(public_addresses_pass_without_their_ports),
        cmocka_unit_test(addresses_that_are_nobodys_do_not_pass),
        cmocka_unit_test(of_a_list_the_first_that_is_public_passes),
        cmocka_unit_test(what_is_no_address_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
