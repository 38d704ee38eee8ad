#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"
#include "json/writer.h"

static struct arena arena;
static struct buffer buffer;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    buffer_init(&buffer, 1000000);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_done(&arena);
    buffer_done(&buffer);
    return 0;
}

static void assert_written(struct slice expected)
{
    struct slice written = buffer_slice(&buffer);
    if (buffer.failed || !slice_equal(written, expected)) {
        fail_msg("wrote %.*s, not %.*s", SLICE_PRINT(written), SLICE_PRINT(expected));
    }
    buffer_reset(&buffer);
}

static void assert_string(struct slice text, enum json_charset charset, const char *expected)
{
    json_write_string(&buffer, text, charset);
    assert_written(slice_of(expected));
}

static void what_must_be_escaped_is(void **state)
{
    (void)state;
    assert_string(SLICE(""), JSON_UTF8, "\"\"");
    assert_string(SLICE("plain text/with a slash"), JSON_UTF8, "\"plain text/with a slash\"");
    assert_string(SLICE("\"\\\b\f\n\r\t"), JSON_UTF8, "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    assert_string(SLICE("a\0b\x1F"), JSON_UTF8, "\"a\\u0000b\\u001f\"");
    assert_string(SLICE("\x7F"), JSON_UTF8, "\"\x7F\"");
    assert_string(SLICE("caf\u00E9 \u20AC \U0001F600"), JSON_UTF8,
                  "\"caf\u00E9 \u20AC \U0001F600\"");
}

static void ascii_is_all_that_is_written_when_asked_for(void **state)
{
    (void)state;
    assert_string(SLICE("caf\u00E9"), JSON_ASCII, "\"caf\\u00e9\"");
    assert_string(SLICE("\u20AC"), JSON_ASCII, "\"\\u20ac\"");
    assert_string(SLICE("\U0001F600"), JSON_ASCII, "\"\\ud83d\\ude00\"");
    assert_string(SLICE("\U0010FFFF\uFFFF\U00010000"), JSON_ASCII,
                  "\"\\udbff\\udfff\\uffff\\ud800\\udc00\"");
    assert_string(SLICE("~\x7F"), JSON_ASCII, "\"~\\u007f\"");
}

/* Every byte at every place of a text of 24: what looks at eight bytes at once must miss none. */
static void each_byte_is_seen_at_each_place(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x80; byte++) {
        for (size_t place = 0; place < 24; place++) {
            char text[24];
            memset(text, 'x', sizeof(text));
            text[place] = (char)byte;
            for (int charset = JSON_UTF8; charset <= JSON_ASCII; charset++) {
                json_write_string(&buffer, (struct slice){text, sizeof(text)},
                                  (enum json_charset)charset);
                bool escaped = byte < 0x20 || byte == '"' || byte == '\\' ||
                               (byte == 0x7F && charset == JSON_ASCII);
                assert_int_equal(buffer.size == sizeof(text) + 2, !escaped);
                const struct json_value *value = NULL;
                struct error error;
                assert_true(json_read(buffer_slice(&buffer), &arena, &value, &error));
                assert_true(slice_equal(value->text, (struct slice){text, sizeof(text)}));
                buffer_reset(&buffer);
                arena_reset(&arena);
            }
        }
    }
}

static void bytes_that_are_no_utf8_do_no_harm(void **state)
{
    (void)state;
    assert_string(SLICE("a\xFFz"), JSON_ASCII, "\"a\\ufffdz\"");
    assert_string(SLICE("\xF0\x9F"), JSON_ASCII, "\"\\ufffd\\ufffd\"");
}

static void escaped_text_comes_without_quotes(void **state)
{
    (void)state;
    json_write_escaped(&buffer, SLICE("say \"hi\""), JSON_UTF8);
    assert_written(SLICE("say \\\"hi\\\""));
}

static void assert_tree(const char *text, enum json_charset charset, const char *expected)
{
    const struct json_value *value = NULL;
    struct error error;
    assert_true(json_read(slice_of(text), &arena, &value, &error));
    json_write_value(&buffer, value, charset);
    assert_written(slice_of(expected));
}

static void a_tree_is_written_compact_with_its_digits(void **state)
{
    (void)state;
    assert_tree(" [ ] ", JSON_UTF8, "[]");
    assert_tree("{ }", JSON_UTF8, "{}");
    assert_tree("[null, true , false, 99.80, -0, 1E+2, \"x\"]", JSON_UTF8,
                "[null,true,false,99.80,-0,1E+2,\"x\"]");
    assert_tree("{\"a\": {\"\\\"\": [123456789012345678901234567890]}, \"b\" : [[],{}]}", JSON_UTF8,
                "{\"a\":{\"\\\"\":[123456789012345678901234567890]},\"b\":[[],{}]}");
    assert_tree("{\"\u00E9\": \"\u00E9\"}", JSON_ASCII, "{\"\\u00e9\":\"\\u00e9\"}");
}

static void past_the_limit_of_the_buffer_it_fails(void **state)
{
    (void)state;
    struct buffer small;
    buffer_init(&small, 10);
    json_write_string(&small, SLICE("123456789"), JSON_UTF8);
    assert_true(small.failed);
    buffer_reset(&small);
    json_write_string(&small, SLICE("12345678"), JSON_UTF8);
    assert_false(small.failed);
    buffer_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_escaped_is),
        cmocka_unit_test(ascii_is_all_that_is_written_when_asked_for),
        cmocka_unit_test(each_byte_is_seen_at_each_place),
        cmocka_unit_test(bytes_that_are_no_utf8_do_no_harm),
        cmocka_unit_test(escaped_text_comes_without_quotes),
        cmocka_unit_test(a_tree_is_written_compact_with_its_digits),
        cmocka_unit_test(past_the_limit_of_the_buffer_it_fails),
    };
    return cmocka_run_group_tests(tests, start, end);
}
