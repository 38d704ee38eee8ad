#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"
#include "json/value.h"

static struct arena arena;

static const struct json_value *read(const char *text)
{
    const struct json_value *value = NULL;
    struct error error = {""};
    if (!json_read(slice_of(text), &arena, &value, &error)) {
        fail_msg("%s: %s", text, error.text);
    }
    return value;
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void a_member_is_found_by_its_whole_name(void **state)
{
    (void)state;
    const struct json_value *object = read("{\"ab\": 1, \"a\": 2, \"\": 3, \"a\\u0000\": 4}");
    assert_true(slice_equal(json_member(object, SLICE("a"))->text, SLICE("2")));
    assert_true(slice_equal(json_member(object, SLICE(""))->text, SLICE("3")));
    assert_true(slice_equal(json_member(object, SLICE("a\0"))->text, SLICE("4")));
    assert_null(json_member(object, SLICE("b")));
    assert_null(json_member(object, SLICE("A")));
}

static void only_objects_have_members_and_only_arrays_items(void **state)
{
    (void)state;
    assert_null(json_member(read("[1]"), SLICE("a")));
    assert_null(json_member(read("\"a\""), SLICE("a")));
    assert_null(json_member(NULL, SLICE("a")));
    assert_null(json_item(read("{\"0\": 1}"), 0));
    assert_null(json_item(read("\"abc\""), 0));
    assert_null(json_item(NULL, 0));
}

static void an_item_is_counted_from_either_end(void **state)
{
    (void)state;
    const struct json_value *array = read("[10, 11, 12]");
    assert_true(slice_equal(json_item(array, 0)->text, SLICE("10")));
    assert_true(slice_equal(json_item(array, 2)->text, SLICE("12")));
    assert_true(slice_equal(json_item(array, -1)->text, SLICE("12")));
    assert_true(slice_equal(json_item(array, -3)->text, SLICE("10")));
    assert_null(json_item(array, 3));
    assert_null(json_item(array, -4));
    assert_null(json_item(array, INT64_MAX));
    assert_null(json_item(array, INT64_MIN));
    assert_null(json_item(read("[]"), 0));
    assert_null(json_item(read("[]"), -1));
}

static void assert_order(const char *low, const char *high)
{
    const struct json_value *a = read(low);
    const struct json_value *b = read(high);
    if (!json_less(a, b) || json_less(b, a) || json_equal(a, b) || json_equal(b, a)) {
        fail_msg("%s is not below %s", low, high);
    }
}

static void assert_equal(const char *left, const char *right)
{
    const struct json_value *a = read(left);
    const struct json_value *b = read(right);
    if (!json_equal(a, b) || !json_equal(b, a) || json_less(a, b) || json_less(b, a)) {
        fail_msg("%s is not equal to %s", left, right);
    }
}

static void assert_different(const char *left, const char *right)
{
    const struct json_value *a = read(left);
    const struct json_value *b = read(right);
    if (json_equal(a, b) || json_equal(b, a)) {
        fail_msg("%s is equal to %s", left, right);
    }
}

static void numbers_are_equal_by_value(void **state)
{
    (void)state;
    assert_equal("1", "1.0");
    assert_equal("1", "1e0");
    assert_equal("100", "1E+2");
    assert_equal("0.1", "1e-1");
    assert_equal("0.0012", "12.00e-4");
    assert_equal("0", "-0");
    assert_equal("0", "0.000e99");
    assert_equal("1200", "12e2");
    assert_equal("-3.50", "-35e-1");
    assert_equal("1e400", "10e399");
    assert_equal("1e-400", "0.1e-399");
    assert_equal("123456789012345678901234567890", "123456789012345678901234567890.0");
    assert_equal("1e100000000000000000", "10e99999999999999999");
}

static void numbers_are_ordered_without_rounding(void **state)
{
    (void)state;
    assert_order("1", "2");
    assert_order("9", "10");
    assert_order("-1", "0");
    assert_order("-2", "-1");
    assert_order("-10", "-9");
    assert_order("-1", "1");
    assert_order("0", "0.1");
    assert_order("-0.1", "0");
    assert_order("0.09", "0.1");
    assert_order("1.10", "1.2");
    assert_order("1", "1.0000000000000000000000000000001");
    assert_order("9007199254740992", "9007199254740993");
    assert_order("123456789012345678901234567890", "123456789012345678901234567891");
    assert_order("0.1", "0.10000000000000000001");
    assert_order("1e-400", "2e-400");
    assert_order("1e400", "1e401");
    assert_order("-1e401", "-1e400");
    assert_order("99", "1e2");
    assert_order("1e9999999999999999999999", "2e9999999999999999999999");
    assert_order("1e-9999999999999999999999", "1");
}

static void strings_are_ordered_by_code_points(void **state)
{
    (void)state;
    assert_order("\"\"", "\"a\"");
    assert_order("\"a\"", "\"aa\"");
    assert_order("\"Z\"", "\"a\"");
    assert_order("\"z\"", "\"\\u00e9\"");
    assert_order("\"\\uffee\"", "\"\\ud83d\\ude00\""); /* UTF-16 would have it the other way */
    assert_order("\"a\"", "\"a\\u0000\"");
    assert_equal("\"\\u0041\"", "\"A\"");
    assert_different("\"a\"", "\"a\\u0000\"");
}

static void kinds_are_never_mixed(void **state)
{
    (void)state;
    const char *values[] = {"null", "false", "true", "0", "\"0\"", "[]", "{}"};
    for (size_t i = 0; i < 7; i++) {
        assert_true(json_equal(read(values[i]), read(values[i])));
        for (size_t j = 0; j < 7; j++) {
            assert_false(json_less(read(values[i]), read(values[j])));
            assert_int_equal(json_equal(read(values[i]), read(values[j])), i == j);
        }
    }
}

static void arrays_are_equal_item_by_item(void **state)
{
    (void)state;
    assert_equal("[1, [2, {\"a\": 3}]]", "[1.0, [2e0, {\"a\": 30e-1}]]");
    assert_different("[1, 2]", "[2, 1]");
    assert_different("[1]", "[1, 1]");
    assert_different("[]", "[null]");
}

static void objects_are_equal_in_any_order(void **state)
{
    (void)state;
    assert_equal("{\"a\": 1, \"b\": [2], \"c\": {}}", "{\"c\": {}, \"a\": 1.0, \"b\": [2]}");
    assert_different("{\"a\": 1, \"b\": 2}", "{\"a\": 2, \"b\": 1}");
    assert_different("{\"a\": 1}", "{\"b\": 1}");
    assert_different("{\"a\": 1}", "{\"a\": 1, \"b\": 1}");
}

/* An object of `count` members n0, n1, …, counted up or down; the value of `odd` differs. */
static const struct json_value *large_object(int count, bool up, int odd)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000000);
    buffer_append_byte(&buffer, '{');
    for (int i = 0; i < count; i++) {
        int number = up ? i : count - 1 - i;
        buffer_printf(&buffer, "%s\"n%d\":%d", i == 0 ? "" : ",", number, number == odd ? -1 : 7);
    }
    buffer_append_byte(&buffer, '}');
    const char *text = arena_string(&arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return read(text);
}

static void large_objects_are_equal_in_any_order(void **state)
{
    (void)state;
    for (int count = 60; count < 70; count++) {
        assert_true(json_equal(large_object(count, true, -1), large_object(count, false, -1)));
        assert_false(json_equal(large_object(count, true, 5), large_object(count, false, -1)));
    }
    /* By search, this would take 1e10 comparisons: minutes. */
    assert_true(json_equal(large_object(200000, true, -1), large_object(200000, false, -1)));
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(json_kind_name(JSON_NULL), "null");
    assert_string_equal(json_kind_name(JSON_FALSE), "boolean");
    assert_string_equal(json_kind_name(JSON_TRUE), "boolean");
    assert_string_equal(json_kind_name(JSON_NUMBER), "number");
    assert_string_equal(json_kind_name(JSON_STRING), "string");
    assert_string_equal(json_kind_name(JSON_ARRAY), "array");
    assert_string_equal(json_kind_name(JSON_OBJECT), "object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_by_its_whole_name),
        cmocka_unit_test(only_objects_have_members_and_only_arrays_items),
        cmocka_unit_test(an_item_is_counted_from_either_end),
        cmocka_unit_test(numbers_are_equal_by_value),
        cmocka_unit_test(numbers_are_ordered_without_rounding),
        cmocka_unit_test(strings_are_ordered_by_code_points),
        cmocka_unit_test(kinds_are_never_mixed),
        cmocka_unit_test(arrays_are_equal_item_by_item),
        cmocka_unit_test(objects_are_equal_in_any_order),
        cmocka_unit_test(large_objects_are_equal_in_any_order),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, start, end);
}
