#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"
#include "json/writer.h"
#include "support/allocations.h"

#include <stdlib.h>

static struct arena arena;
static struct error error;

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

/* The copy ends with its memory, so that AddressSanitizer sees reads past the end. */
static bool try_read(struct slice text, const struct json_value **ret_value)
{
    return json_read(arena_copy(&arena, text), &arena, ret_value, &error);
}

static const struct json_value *read(struct slice text)
{
    const struct json_value *value = NULL;
    if (!try_read(text, &value)) {
        fail_msg("%.*s: %s", SLICE_PRINT(text), error.text);
    }
    return value;
}

static void assert_refused(struct slice text, const char *expected)
{
    const struct json_value *untouched = &(const struct json_value){0};
    const struct json_value *value = untouched;
    if (try_read(text, &value)) {
        fail_msg("accepts %.*s", SLICE_PRINT(text));
    }
    assert_ptr_equal(value, untouched);
    assert_string_equal(error.text, expected);
}

static void assert_text(struct slice text, struct slice expected)
{
    const struct json_value *value = read(text);
    if (!slice_equal(value->text, expected)) {
        fail_msg("%.*s gives %.*s", SLICE_PRINT(text), SLICE_PRINT(value->text));
    }
}

static void a_tree_has_the_order_of_the_text(void **state)
{
    (void)state;
    const struct json_value *value =
        read(SLICE(" {\"z\": [1, \"two\", null], \"a\": {\"b\": true, \"c\": false}} \r\n\t"));
    assert_int_equal(value->kind, JSON_OBJECT);
    assert_int_equal(value->count, 2);
    const struct json_value *array = value->first;
    assert_true(slice_equal(array->name, SLICE("z")));
    assert_int_equal(array->kind, JSON_ARRAY);
    assert_int_equal(array->count, 3);
    assert_int_equal(array->first->kind, JSON_NUMBER);
    assert_int_equal(array->first->next->kind, JSON_STRING);
    assert_int_equal(array->first->next->next->kind, JSON_NULL);
    assert_null(array->first->next->next->next);
    const struct json_value *object = array->next;
    assert_true(slice_equal(object->name, SLICE("a")));
    assert_int_equal(object->count, 2);
    assert_int_equal(object->first->kind, JSON_TRUE);
    assert_int_equal(object->first->next->kind, JSON_FALSE);
    assert_null(object->next);
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    const char *numbers[] = {"99.80",  "123456789012345678901234567890",       "-0", "1E+2",
                             "1e-999", "0.1000000000000000055511151231257827", "7"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_text(slice_of(numbers[i]), slice_of(numbers[i]));
    }
    const struct json_value *array = read(SLICE("[99.80,100]"));
    assert_true(slice_equal(array->first->text, SLICE("99.80")));
    assert_true(slice_equal(array->first->next->text, SLICE("100")));
}

static void numbers_are_written_as_json_has_it(void **state)
{
    (void)state;
    const char *wrong[] = {"01", "+1", ".5", "1.", "1e", "-", "0x1", "1e+", "NaN", "Infinity"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct json_value *value;
        assert_false(try_read(slice_of(wrong[i]), &value));
    }
}

static void strings_are_decoded(void **state)
{
    (void)state;
    assert_text(SLICE("\"\""), SLICE(""));
    assert_text(SLICE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SLICE("\"\\/\b\f\n\r\t"));
    assert_text(SLICE("\"a\\u0000b\""), SLICE("a\0b"));
    assert_text(SLICE("\"\\u00e9\\u20AC\\ud83d\\uDE00\""), SLICE("\u00E9\u20AC\U0001F600"));
    assert_text(SLICE("\"\u00E9\u20AC\U0001F600\x7F\""), SLICE("\u00E9\u20AC\U0001F600\x7F"));
}

static void text_without_escapes_is_not_copied(void **state)
{
    (void)state;
    static const char text[] = "{\"name\": [\"plain\", 12, \"esc\\n\"]}";
    const struct json_value *value = NULL;
    assert_true(json_read(slice_of(text), &arena, &value, &error));
    const struct json_value *array = value->first;
    assert_ptr_equal(array->name.data, text + 2);
    assert_ptr_equal(array->first->text.data, text + 11);
    assert_ptr_equal(array->first->next->text.data, text + 19);
    const char *copied = array->first->next->next->text.data;
    assert_true(copied < text || copied >= text + sizeof(text));
}

static void a_lone_surrogate_becomes_the_replacement_character(void **state)
{
    (void)state;
    assert_text(SLICE("\"\\ud83d\""), SLICE("\uFFFD"));
    assert_text(SLICE("\"\\uDE00\""), SLICE("\uFFFD"));
    assert_text(SLICE("\"\\ud83dx\""), SLICE("\uFFFDx"));
    assert_text(SLICE("\"\\ud83d\\n\""), SLICE("\uFFFD\n"));
    assert_text(SLICE("\"\\ude00\\ud83d\""), SLICE("\uFFFD\uFFFD"));
    assert_text(SLICE("\"\\ud83d\\ud83d\\ude00\""), SLICE("\uFFFD\U0001F600"));
    assert_text(SLICE("\"\\ud83d\\u0041\""), SLICE("\uFFFDA"));
    assert_text(SLICE("\"\\\\ud83d\""), SLICE("\\ud83d"));
    assert_text(SLICE("\"\\\\\\ud83d\""), SLICE("\\\uFFFD"));
    const struct json_value *value = read(SLICE("{\"\\udead\": 1, \"b\": \"\\ud83d\\ude00\"}"));
    assert_true(slice_equal(value->first->name, SLICE("\uFFFD")));
    assert_true(slice_equal(value->first->next->text, SLICE("\U0001F600")));
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    const char *wrong[] = {"\xFF",
                           "\x80",
                           "\xC0\xAF",
                           "\xC1\x81",
                           "\xE0\x80\xAF",
                           "\xED\xA0\x80",
                           "\xED\xBF\xBF",
                           "\xC3",
                           "\xE2\x82",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xF0\x80\x80\x80",
                           "\xF8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_refused(arena_printf(&arena, "[\"caf\u00E9%s\"]", wrong[i]),
                       "JSON at byte 8: not valid UTF-8");
    }
    assert_refused(SLICE("\xFE\xFF\0[\0]"), "JSON at byte 1: not valid UTF-8");
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    assert_text(SLICE("\xEF\xBB\xBF\"a\""), SLICE("a"));
    assert_refused(SLICE("\xEF\xBB\xBF"), "JSON ends too early, after byte 3");
    assert_refused(SLICE("\xEF\xBB\xBF\xEF\xBB\xBF[]"),
                   "JSON near byte 4: lexical error: invalid char in json text.");
    assert_refused(SLICE("[]\xEF\xBB\xBF"), "JSON at byte 3: something follows the value");
}

static void a_text_is_one_whole_value(void **state)
{
    (void)state;
    assert_refused(SLICE(""), "JSON ends too early, after byte 0");
    assert_refused(SLICE(" \n"), "JSON ends too early, after byte 2");
    assert_refused(SLICE("{\"a\":"), "JSON ends too early, after byte 5");
    assert_refused(SLICE("tru"), "JSON ends too early, after byte 3");
    const char *wrong[] = {"1 2",        "[] \"abc",  "1 \"",      "[] tru", "1 -",     "{} 1",
                           "[] 1e",      "[]\\",      "[] []",     "{}{}",   "[1,]",    "[,1]",
                           "{\"a\":1,}", "{\"a\"}",   "{a:1}",     "['a']",  "[1}",     "]",
                           "[1] x",      "nulll",     "[] //c",    "/**/[]", "[/**/1]", "# x\n1",
                           "\"a\nb\"",   "\"\\x41\"", "\"\\u12\"", "[\f1]"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct json_value *value;
        if (try_read(slice_of(wrong[i]), &value)) {
            fail_msg("accepts %s", wrong[i]);
        }
    }
    assert_refused(SLICE("[]\0"), "JSON at byte 3: something follows the value");
    assert_refused(SLICE("\"a\0b\""),
                   "JSON near byte 2: lexical error: invalid character inside string.");
}

static void an_error_never_quotes_the_text(void **state)
{
    (void)state;
    const struct json_value *value;
    const char *wrong[] = {"{\"email\": \"jenny@example.com\" x}", "[\"jenny@example.com\", jenny]",
                           "{\"jenny\": 01, \"jenny\": 2}", "[\"jenny\n\"]"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(try_read(slice_of(wrong[i]), &value));
        assert_null(strstr(error.text, "jenny"));
    }
}

static void the_last_of_a_repeated_name_stands_where_the_first_stood(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    const char *text =
        "{\"a\": {\"x\": 1}, \"b\": [1], \"a\": \"s\", \"\\u0061\": [2, 3], \"c\": 4, "
        "\"b\": null, \"c\": {\"y\": {}}}";
    const struct json_value *value = read(slice_of(text));
    assert_int_equal(value->count, 3);
    json_write_value(&buffer, value, JSON_UTF8);
    assert_true(
        slice_equal(buffer_slice(&buffer), SLICE("{\"a\":[2,3],\"b\":null,\"c\":{\"y\":{}}}")));
    buffer_done(&buffer);
}

/* `count` names, each twice; the second time with another value. */
static const struct json_value *read_repeated(int count)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000000);
    for (int i = 0; i < 2 * count; i++) {
        buffer_printf(&buffer, "%c\"name %d\":%d", i == 0 ? '{' : ',', i % count, i);
    }
    buffer_append(&buffer, SLICE("}"));
    const struct json_value *value = read(arena_copy(&arena, buffer_slice(&buffer)));
    buffer_done(&buffer);
    return value;
}

static void repeated_names_are_found_in_objects_of_any_size(void **state)
{
    (void)state;
    const int counts[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 5000, 300000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        const struct json_value *value = read_repeated(counts[i]);
        assert_int_equal(value->count, counts[i]);
        int number = counts[i];
        for (const struct json_value *child = value->first; child != NULL; child = child->next) {
            assert_true(slice_equal(child->text, arena_printf(&arena, "%d", number)));
            number++;
        }
        assert_int_equal(number, 2 * counts[i]);
        arena_reset(&arena);
    }
}

static void repeated_names_are_found_whatever_their_length(void **state)
{
    (void)state;
    const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    for (int size = 0; size < 26; size++) {
        const struct json_value *value =
            read(arena_printf(&arena, "{\"%.*s\":1,\"-%.*s\":2,\"%.*s\":3}", size, letters, size,
                              letters, size, letters));
        assert_int_equal(value->count, 2);
        assert_true(slice_equal(value->first->text, SLICE("3")));
    }
}

static struct slice nested(size_t depth, char open, char close)
{
    char *text = arena_alloc(&arena, 2 * depth);
    memset(text, open, depth);
    memset(text + depth, close, depth);
    return (struct slice){text, 2 * depth};
}

static void depth_is_bounded(void **state)
{
    (void)state;
    const struct json_value *value = read(nested(JSON_DEPTH_MAX, '[', ']'));
    for (size_t depth = 1; depth < JSON_DEPTH_MAX; depth++) {
        value = value->first;
    }
    assert_int_equal(value->count, 0);
    assert_refused(nested(JSON_DEPTH_MAX + 1, '[', ']'), "JSON at byte 129: nested too deeply");
    assert_refused(nested(100000, '[', ']'), "JSON at byte 129: nested too deeply");
    char *text = arena_alloc(&arena, 500000);
    for (size_t i = 0; i < 100000; i++) {
        memcpy(text + 5 * i, "{\"a\":", 5);
    }
    assert_refused((struct slice){text, 500000}, "JSON at byte 641: nested too deeply");
}

static struct slice numbers(size_t count)
{
    char *text = arena_alloc(&arena, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = i == 0 ? '[' : ',';
        text[2 * i + 1] = '1';
    }
    text[2 * count] = ']';
    return (struct slice){text, 2 * count + 1};
}

static void the_number_of_values_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(read(numbers(JSON_VALUES_MAX - 1))->count, JSON_VALUES_MAX - 1);
    const struct json_value *value;
    assert_false(try_read(numbers(JSON_VALUES_MAX), &value));
    assert_non_null(strstr(error.text, "too many values"));
}

static void a_large_message_is_read(void **state)
{
    (void)state;
    const size_t size = 10 * 1000 * 1000;
    char *text = arena_alloc(&arena, size);
    memset(text, 'x', size);
    text[0] = '"';
    text[size - 1] = '"';
    assert_int_equal(read((struct slice){text, size})->text.size, size - 2);
    memcpy(text + 5000000, "\\n", 2); /* now it has to be decoded */
    assert_int_equal(read((struct slice){text, size})->text.size, size - 3);
}

static void a_text_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct slice text =
        SLICE("{\"id\": \"gid://order/1\", \"paid\": true, \"note\": null, \"x\": false,"
              "\"total\": [-99.80e+1, 7], \"n\": \"caf\u00E9 \\u00e9 \\ud83d\\ude00\"}");
    for (size_t size = 0; size < text.size; size++) {
        const struct json_value *value;
        assert_false(try_read(slice_part(text, 0, size), &value));
    }
    assert_int_equal(read(text)->count, 6);
}

static void the_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct slice text =
        SLICE("{\"order\": {\"id\": 1, \"lines\": [{\"sku\": \"a\\u00e9\"}, 2.50, true],"
              "\"a\": 1, \"b\": \"\\ud83d\", \"c\": [[[[]]]], \"a\": {}}}");
    const struct json_value *value = NULL;
    struct arena own;
    arena_init(&own, 0);
    assert_true(json_read(text, &own, &value, &error));
    size_t before = allocations_count();
    void *volatile memory = malloc(1);
    free(memory);
    assert_int_equal(allocations_count(), before + 1); /* the counter counts */
    before = allocations_count();
    for (int i = 0; i < 1000; i++) {
        arena_reset(&own);
        assert_true(json_read(text, &own, &value, &error));
    }
    assert_int_equal(allocations_count(), before);
    arena_done(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_has_the_order_of_the_text),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(numbers_are_written_as_json_has_it),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(text_without_escapes_is_not_copied),
        cmocka_unit_test(a_lone_surrogate_becomes_the_replacement_character),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(a_text_is_one_whole_value),
        cmocka_unit_test(an_error_never_quotes_the_text),
        cmocka_unit_test(the_last_of_a_repeated_name_stands_where_the_first_stood),
        cmocka_unit_test(repeated_names_are_found_in_objects_of_any_size),
        cmocka_unit_test(repeated_names_are_found_whatever_their_length),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(a_large_message_is_read),
        cmocka_unit_test(a_text_cut_anywhere_is_refused),
        cmocka_unit_test(the_steady_state_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, start, end);
}
