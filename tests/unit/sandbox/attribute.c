#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sandbox/attribute.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX ((size_t)4096)

static bool takes(const char *name, const char *value)
{
    struct error error = {""};
    bool taken = attribute_value_check(slice_of(name), slice_of(value), VALUE_MAX, &error);
    assert_true(taken || error.text[0] != '\0');
    return taken;
}

static void takes_the_documented_forms(void **state)
{
    static const char *const fine[][2] = {
        {"email", "j.doe+tag@mail.example.com"},
        {"emailsha256", "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f"},
        {"passbackconversiontrackingid", "0123456789abcdefABCDEF0123456789"},
        {"amount", "0"},
        {"amount", "100.25"},
        {"amount", "123456789012345678901234567890.12"},
        {"margin", "-10.12"},
        {"currency", "USD"},
        {"quantity", "4"},
        {"sku", "A 1/2"},
        {"mobile", "+1 (323) 867-5309"},
        {"mobile", "3053211654"},
        {"ipaddress", "203.0.113.9"},
        {"ipaddress", "2001:db8::1"},
        {"ccbin", "411111"},
        {"country", "DE"},
        {"age", "42"},
        {"gender", "m"},
        {"dob", "19800229"},
        {"productname", "one,two"},
        {"anything", "  what ever  "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        assert_true(takes(fine[i][0], fine[i][1]));
    }
}

static void refuses_other_forms(void **state)
{
    static const char *const wrong[][2] = {
        {"email", "J.doe@example.com"},
        {"email", "j.doe@example.com "},
        {"email", "j doe@example.com"},
        {"email", "@example.com"},
        {"email", "j.doe@"},
        {"email", "a@b@c"},
        {"email", "j***@example.com"},
        {"emailsha256", "FAB1E2E699B3B927CBF875046A64F2225DF02D5CB306F3857424C2BBB87BE61F"},
        {"emailsha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"passbackconversiontrackingid", "0123456789abcdefABCDEF012345678"},
        {"passbackconversiontrackingid", "0123456789abcdefABCDEF01234567890"},
        {"amount", "-0.01"},
        {"amount", "1,000.00"},
        {"amount", ".5"},
        {"amount", "5."},
        {"amount", "1.2.3"},
        {"amount", "1e3"},
        {"amount", "EUR 5"},
        {"margin", "--1"},
        {"currency", "usd"},
        {"currency", "US"},
        {"quantity", "1.0"},
        {"quantity", "-1"},
        {"sku", "A,B"},
        {"mobile", "n/a"},
        {"ipaddress", "203.0.113"},
        {"ipaddress", "localhost"},
        {"ccbin", "41111x"},
        {"country", "DEU"},
        {"age", "old"},
        {"gender", "x"},
        {"dob", "19801301"},
        {"dob", "1980"},
        {"anything", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(takes(wrong[i][0], wrong[i][1]));
    }
}

static void refuses_an_address_with_a_nul_in_it(void **state)
{
    struct error error;
    (void)state;
    assert_false(attribute_value_check(SLICE("ipaddress"), SLICE("1.2.3.4\0x"), VALUE_MAX, &error));
}

static void counts_lengths_in_code_points(void **state)
{
    const size_t bytes = (size_t)2 * (VALUE_MAX + 1);
    char *text = memory_new(bytes, 1);
    struct error error;
    (void)state;
    for (size_t i = 0; i < bytes; i += 2) {
        memcpy(text + i, "\xC3\xA9", 2);
    }
    struct slice longest = {text, bytes - 2};
    struct slice too_long = {text, bytes};
    assert_true(attribute_value_check(SLICE("x"), longest, VALUE_MAX, &error));
    assert_false(attribute_value_check(SLICE("x"), too_long, VALUE_MAX, &error));
    longest.size = (size_t)2 * ATTRIBUTE_NAME_MAX;
    too_long.size = longest.size + 2;
    assert_true(attribute_name_check(longest, &error));
    assert_false(attribute_name_check(too_long, &error));
    free(text);
}

static void reserves_rokts_prefix_in_any_case(void **state)
{
    struct error error;
    (void)state;
    assert_false(attribute_name_check(SLICE("rokt.x"), &error));
    assert_false(attribute_name_check(SLICE("ROKT."), &error));
    assert_false(attribute_name_check(SLICE(""), &error));
    assert_true(attribute_name_check(SLICE("rokt"), &error));
    assert_true(attribute_name_check(SLICE("rokta.x"), &error));
}

static void never_repeats_a_value_in_its_message(void **state)
{
    struct error error;
    (void)state;
    assert_false(
        attribute_value_check(SLICE("email"), SLICE("Private@Example.com"), VALUE_MAX, &error));
    assert_null(strstr(error.text, "rivate"));
    assert_non_null(strstr(error.text, "email"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_documented_forms),
        cmocka_unit_test(refuses_other_forms),
        cmocka_unit_test(refuses_an_address_with_a_nul_in_it),
        cmocka_unit_test(counts_lengths_in_code_points),
        cmocka_unit_test(reserves_rokts_prefix_in_any_case),
        cmocka_unit_test(never_repeats_a_value_in_its_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
