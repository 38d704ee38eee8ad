#include "config/csv.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OUTPUT_MAX (1 << 20)

/* The lines of a table as "a|b\n…", its names first; errors, as people read them, behind them. */
static char *read_table(struct slice text)
{
    struct error_list errors = {0};
    struct buffer out;
    struct csv_row row;
    buffer_init(&out, OUTPUT_MAX);
    struct csv *csv = csv_open("t.csv", text, &errors);
    bool more = csv != NULL;
    for (row = more ? csv_names(csv) : (struct csv_row){NULL, 0}; more;
         more = csv_next(csv, &row)) {
        for (size_t i = 0; i < row.count; i++) {
            buffer_append(&out, i == 0 ? SLICE("") : SLICE("|"));
            buffer_append(&out, row.cells[i].text);
        }
        buffer_append(&out, SLICE("\n"));
    }
    csv_close(csv);
    error_list_write(&errors, &out);
    error_list_done(&errors);
    char *written = memory_string(buffer_slice(&out));
    buffer_done(&out);
    return written;
}

static void assert_table(const char *text, const char *expected)
{
    char *written = read_table(slice_of(text));
    assert_string_equal(written, expected);
    free(written);
}

static void lines_and_values_are_those_of_the_rfc(void **state)
{
    (void)state;
    assert_table("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "aaa|bbb|ccc\nzzz|yyy|xxx\n");
    assert_table("aaa,bbb,ccc\r\nzzz,yyy,xxx", "aaa|bbb|ccc\nzzz|yyy|xxx\n");
    assert_table("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx\r\n", "aaa|bbb|ccc\nzzz|yyy|xxx\n");
    assert_table("a,b,c\n\"aaa\",\"b\r\nbb\",\"ccc\"\n", "a|b|c\naaa|b\r\nbb|ccc\n");
    assert_table("\"a\"\"\",b\n\"b\"\"bb\",\"\"\"\"\n", "a\"|b\nb\"bb|\"\n");
    assert_table("a,b\n\"x,y\", z \n,\n\"\",\"\"\n", "a|b\nx,y| z \n|\n|\n");
}

static void a_mark_and_empty_lines_are_passed_over(void **state)
{
    (void)state;
    assert_table("\xEF\xBB\xBF\n\r\nkey,value\n\n1,één\n\r\n\n2,two\n\n",
                 "key|value\n1|één\n2|two\n");
    assert_table("key\n\n1\n", "key\n1\n");
    assert_table("key", "key\n");
}

static void a_file_without_names_is_empty(void **state)
{
    (void)state;
    const char *expected = "t.csv: error: the file is empty: its first line names the columns\n";
    assert_table("", expected);
    assert_table("\xEF\xBB\xBF\r\n\n", expected);
}

static void what_is_wrong_has_its_place_and_reading_goes_on(void **state)
{
    (void)state;
    assert_table(
        "sku,title\nA-1,5\" pipe\nA-2,Mug, blue\nA-3\nA-4,\"a\" b\nA-5,Cup\n",
        "sku|title\nA-5|Cup\n"
        "t.csv:2:6: error: a quote in a value that does not begin with one\n"
        "    2 | A-1,5\" pipe\n"
        "      |      ^\n"
        "      = put the whole value in double quotes, and write each quote in it twice\n"
        "t.csv:3:1: error: 3 values on this line, and the first line names 2 columns\n"
        "    3 | A-2,Mug, blue\n"
        "      | ^~~~~~~~~~~~~\n"
        "      = a value with a comma in it stands in double quotes\n"
        "t.csv:4:1: error: 1 value on this line, and the first line names 2 columns\n"
        "    4 | A-3\n"
        "      | ^~~\n"
        "      = a value with a comma in it stands in double quotes\n"
        "t.csv:5:8: error: a comma or the end of the line was expected behind the quote\n"
        "    5 | A-4,\"a\" b\n"
        "      |        ^\n"
        "      = put the whole value in double quotes, and write each quote in it twice\n");
}

static void a_quote_without_an_end_takes_the_rest(void **state)
{
    (void)state;
    assert_table(
        "a,b\n1,\"x\n2,y\n3,z\n",
        "a|b\n"
        "t.csv:2:3: error: this value has no end: a quote is missing\n"
        "    2 | 1,\"x\n"
        "      |   ^\n"
        "      = put the whole value in double quotes, and write each quote in it twice\n");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char hint[] = "      = save the file as UTF-8 text with LF or CRLF as line ends\n";
    static const struct {
        struct slice text;
        const char *expected;
    } cases[] = {
        {{"a,b\n1,M\xFCller\n", 13},
         "t.csv:2:4: error: these bytes are not UTF-8\n"
         "    2 | 1,M\xEF\xBF\xBDller\n"
         "      |    ^\n"},
        {{"a,b\r1,2\r", 8},
         "t.csv:1:4: error: a carriage return (CR) without a line feed (LF)\n"
         "    1 | a,b 1,2\n"
         "      |    ^\n"},
        {{"a,b\n1,\0002\n", 9},
         "t.csv:2:3: error: a control character\n"
         "    2 | 1, 2\n"
         "      |   ^\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *written = read_table(cases[i].text);
        char expected[512];
        (void)snprintf(expected, sizeof expected, "%s%s", cases[i].expected, hint);
        assert_string_equal(written, expected);
        free(written);
    }
}

/* `count` times the same line, behind a line of names. */
static struct slice many(const char *names, const char *line, size_t count, size_t limit)
{
    struct buffer buffer;
    buffer_init(&buffer, limit);
    buffer_append(&buffer, slice_of(names));
    for (size_t i = 0; i < count; i++) {
        buffer_append(&buffer, slice_of(line));
    }
    assert_false(buffer.failed);
    return buffer_slice(&buffer);
}

static void errors_come_to_an_end(void **state)
{
    (void)state;
    struct slice text = many("a,b\n", "1\n", 1000, 1 << 20);
    struct error_list errors = {0};
    struct csv *csv = csv_open("t.csv", text, &errors);
    struct csv_row row;
    assert_false(csv_next(csv, &row));
    assert_int_equal(errors.count, CSV_ERRORS_MAX + 1);
    assert_string_equal(errors.items[CSV_ERRORS_MAX].message,
                        "there may be more errors: the file is read no further");
    csv_close(csv);
    error_list_done(&errors);
    free((void *)(uintptr_t)text.data);
}

static void a_caller_can_say_what_is_wrong_with_a_value(void **state)
{
    (void)state;
    struct error_list errors = {0};
    struct csv *csv = csv_open("t.csv", SLICE("a,b\n\n1,\"x\ny\"\n2,z\n"), &errors);
    struct csv_row row;
    assert_int_equal(csv_row_limit(csv), 6);
    assert_true(csv_next(csv, &row));
    assert_int_equal(csv_line(csv, &row.cells[1]), 3);
    assert_true(csv_next(csv, &row));
    assert_int_equal(csv_line(csv, &row.cells[0]), 5);
    csv_error(csv, &row.cells[1], NULL, "no %s", "good");
    assert_int_equal(errors.errors, 1);
    assert_string_equal(errors.items[0].message, "no good");
    assert_int_equal(errors.items[0].place.line, 5);
    assert_int_equal(errors.items[0].place.column, 3);
    csv_close(csv);
    error_list_done(&errors);
}

static void a_line_that_holds_a_secret_is_not_shown(void **state)
{
    (void)state;
    assert_table("name,value\nsecret,password=hunter2,x\n",
                 "name|value\n"
                 "t.csv:2:1: error: 3 values on this line, and the first line names 2 columns\n"
                 "      = a value with a comma in it stands in double quotes\n");
}

static void limits_are_told(void **state)
{
    (void)state;
    struct slice wide = many("", "a,", CSV_COLUMNS_MAX, 1 << 20);
    char *written = read_table(wide);
    assert_non_null(strstr(written, "more than 64 values on a line"));
    free(written);
    free((void *)(uintptr_t)wide.data);

    struct slice fits = many("", "a,", CSV_COLUMNS_MAX - 1, 1 << 20);
    written = read_table(fits);
    assert_null(strstr(written, "error"));
    free(written);
    free((void *)(uintptr_t)fits.data);

    struct slice large = many("", "a,b\n", CSV_BYTES_MAX / 4 + 1, CSV_BYTES_MAX + 4);
    written = read_table(large);
    assert_string_equal(written, "t.csv: error: the file is larger than 16777216 bytes\n");
    free(written);
    free((void *)(uintptr_t)large.data);
}

static void so_many_lines_and_no_more_are_read(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct slice text = many("a,b\n", "1,2\n", CSV_ROWS_MAX + extra, CSV_BYTES_MAX);
        struct error_list errors = {0};
        struct csv *csv = csv_open("t.csv", text, &errors);
        struct csv_row row;
        size_t rows = 0;
        while (csv_next(csv, &row)) {
            rows++;
        }
        assert_int_equal(rows, CSV_ROWS_MAX);
        assert_int_equal(errors.errors, extra);
        csv_close(csv);
        error_list_done(&errors);
        free((void *)(uintptr_t)text.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_values_are_those_of_the_rfc),
        cmocka_unit_test(a_mark_and_empty_lines_are_passed_over),
        cmocka_unit_test(a_file_without_names_is_empty),
        cmocka_unit_test(what_is_wrong_has_its_place_and_reading_goes_on),
        cmocka_unit_test(a_quote_without_an_end_takes_the_rest),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(errors_come_to_an_end),
        cmocka_unit_test(a_caller_can_say_what_is_wrong_with_a_value),
        cmocka_unit_test(a_line_that_holds_a_secret_is_not_shown),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(so_many_lines_and_no_more_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
