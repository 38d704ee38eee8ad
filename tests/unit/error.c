#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#define E_ACUTE "\xC3\xA9"
#define ELLIPSIS "\xE2\x80\xA6"
#define REPLACEMENT "\xEF\xBF\xBD"

static void a_text_is_formatted(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "port %d is %s", 70000, "too large");
    assert_string_equal(error.text, "port 70000 is too large");
}

static void a_prefix_stands_before_the_text(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "no such file");
    error_prefix(&error, "mapping %s", "a.yaml");
    assert_string_equal(error.text, "mapping a.yaml: no such file");
}

static void an_error_may_be_made_of_itself(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "inner");
    error_set(&error, "outer (%s)", error.text);
    assert_string_equal(error.text, "outer (inner)");
    error_prefix(&error, "%s", error.text);
    assert_string_equal(error.text, "outer (inner): outer (inner)");
}

static void a_long_text_is_cut_between_code_points(void **state)
{
    (void)state;
    struct error error;
    for (size_t before = 0; before < 4; before++) {
        char text[2 * ERROR_SIZE + 1] = {0};
        memset(text, 'x', before);
        for (size_t i = before; i + 2 < sizeof text; i += 2) {
            memcpy(text + i, E_ACUTE, 2);
        }
        error_set(&error, "%s", text);
        struct slice cut = slice_of(error.text);
        assert_true(slice_is_utf8(cut));
        assert_true(slice_ends_with(cut, SLICE(E_ACUTE ELLIPSIS)));
        assert_in_range(cut.size, ERROR_SIZE - 3, ERROR_SIZE - 1);
    }
}

static void only_what_does_not_fit_is_cut(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "%0*d", ERROR_SIZE - 1, 7);
    assert_int_equal(strlen(error.text), ERROR_SIZE - 1);
    assert_true(slice_ends_with(slice_of(error.text), SLICE("07")));
    error_set(&error, "%0*d", ERROR_SIZE, 7);
    assert_true(slice_ends_with(slice_of(error.text), SLICE("00" ELLIPSIS)));
    error_prefix(&error, "%0*d", 3 * ERROR_SIZE, 7);
    assert_true(slice_ends_with(slice_of(error.text), SLICE("00" ELLIPSIS)));
}

static void a_text_is_one_line_of_valid_utf8(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "%s", "a\nb\r\tc\x1B[31m\x7F \xFF \xE2\x80\xA8 \xC2\x9B" E_ACUTE);
    assert_string_equal(error.text, "a b  c [31m  " REPLACEMENT "    " E_ACUTE);
}

static const struct source shop = {
    .name = "config/shop.yaml",
    .text = SLICE("name: shop\n"
                  "conversion:\n"
                  "  currency: $.cur | uper\n"
                  "\tamount: \t$.total |\n"
                  "  name: caf" E_ACUTE " | nope\r\n"
                  "  bad: \xFF\xFE | nope\n"
                  "\n"),
};

static void assert_written(struct error_list *list, const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    error_list_write(list, &buffer);
    buffer_append_byte(&buffer, '\0');
    assert_false(buffer.failed);
    assert_string_equal(buffer.data, expected);
    buffer_done(&buffer);
    error_list_done(list);
}

static void add(struct error_list *list, size_t line, size_t column, size_t length)
{
    error_list_add(list, ERROR_GRADE_ERROR, &shop, (struct place){line, column, length}, "wrong",
                   NULL);
}

static void an_error_shows_line_caret_and_hint(void **state)
{
    (void)state;
    struct error_list list = {0};
    error_list_add(&list, ERROR_GRADE_ERROR, &shop, (struct place){3, 21, 4},
                   "unknown transform \"uper\"", "the nearest known is \"upper\"");
    assert_int_equal(list.errors, 1);
    assert_written(&list, "config/shop.yaml:3:21: error: unknown transform \"uper\"\n"
                          "    3 |   currency: $.cur | uper\n"
                          "      |                     ^~~~\n"
                          "      = the nearest known is \"upper\"\n");
}

static void a_warning_is_no_error(void **state)
{
    (void)state;
    struct error_list list = {0};
    error_list_add(&list, ERROR_GRADE_WARNING, &shop, (struct place){1, 1, 1}, "odd", NULL);
    assert_int_equal(list.errors, 0);
    assert_int_equal(list.count, 1);
    assert_written(&list, "config/shop.yaml:1:1: warning: odd\n"
                          "    1 | name: shop\n"
                          "      | ^\n");
}

static void tabs_do_not_move_the_caret(void **state)
{
    (void)state;
    struct error_list list = {0};
    add(&list, 4, 11, 7);
    assert_written(&list, "config/shop.yaml:4:11: error: wrong\n"
                          "    4 |  amount:  $.total |\n"
                          "      |           ^~~~~~~\n");
}

static void columns_are_code_points(void **state)
{
    (void)state;
    struct error_list list = {0};
    add(&list, 5, 16, 4);
    assert_written(&list, "config/shop.yaml:5:16: error: wrong\n"
                          "    5 |   name: caf" E_ACUTE " | nope\n"
                          "      |                ^~~~\n");
}

static void invalid_bytes_are_shown_as_one_column_each(void **state)
{
    (void)state;
    struct error_list list = {0};
    add(&list, 6, 13, 4);
    assert_written(&list, "config/shop.yaml:6:13: error: wrong\n"
                          "    6 |   bad: " REPLACEMENT REPLACEMENT " | nope\n"
                          "      |             ^~~~\n");
}

static void the_underline_ends_with_the_line(void **state)
{
    (void)state;
    struct error_list list = {0};
    add(&list, 1, 7, 100);
    add(&list, 1, 11, 5);
    add(&list, 1, 400, 0);
    assert_written(&list, "config/shop.yaml:1:7: error: wrong\n"
                          "    1 | name: shop\n"
                          "      |       ^~~~\n"
                          "config/shop.yaml:1:11: error: wrong\n"
                          "    1 | name: shop\n"
                          "      |           ^\n"
                          "config/shop.yaml:1:400: error: wrong\n"
                          "    1 | name: shop\n"
                          "      |           ^\n");
}

static void places_without_a_line_or_column_are_shown_without(void **state)
{
    (void)state;
    struct error_list list = {0};
    const struct source empty = {"empty.yaml", {NULL, 0}};
    error_list_add(&list, ERROR_GRADE_ERROR, &empty, (struct place){1, 1, 0}, "is empty", NULL);
    error_list_add(&list, ERROR_GRADE_ERROR, &empty, (struct place){0, 3, 0}, "unreadable", "try");
    add(&list, 1, 0, 0);
    add(&list, 8, 1, 0);
    add(&list, 9, 1, 0);
    add(&list, 100, 3, 1);
    assert_written(&list, "config/shop.yaml:1: error: wrong\n"
                          "    1 | name: shop\n"
                          "config/shop.yaml:8:1: error: wrong\n"
                          "    8 |\n"
                          "      | ^\n"
                          "config/shop.yaml:9:1: error: wrong\n"
                          "config/shop.yaml:100:3: error: wrong\n"
                          "empty.yaml: error: unreadable\n"
                          "      = try\n"
                          "empty.yaml:1:1: error: is empty\n");
}

static void a_byte_order_mark_is_no_column(void **state)
{
    (void)state;
    struct error_list list = {0};
    const struct source source = {"a", SLICE("\xEF\xBB\xBFname: x")};
    error_list_add(&list, ERROR_GRADE_ERROR, &source, (struct place){1, 7, 1}, "wrong", NULL);
    assert_written(&list, "a:1:7: error: wrong\n"
                          "    1 | name: x\n"
                          "      |       ^\n");
}

static void errors_are_in_order_of_file_line_and_column(void **state)
{
    (void)state;
    struct error_list list = {0};
    const struct source a = {"a", {NULL, 0}};
    const struct source b = {"b", {NULL, 0}};
    error_list_add(&list, ERROR_GRADE_ERROR, &b, (struct place){1, 1, 0}, "5", NULL);
    error_list_add(&list, ERROR_GRADE_ERROR, &a, (struct place){10, 1, 0}, "4", NULL);
    error_list_add(&list, ERROR_GRADE_ERROR, &a, (struct place){9, 2, 0}, "2", NULL);
    error_list_add(&list, ERROR_GRADE_WARNING, &a, (struct place){9, 2, 0}, "3", NULL);
    error_list_add(&list, ERROR_GRADE_ERROR, &a, (struct place){9, 1, 0}, "1", NULL);
    assert_written(&list, "a:9:1: error: 1\na:9:2: error: 2\na:9:2: warning: 3\n"
                          "a:10:1: error: 4\nb:1:1: error: 5\n");
}

static void many_errors_keep_their_order(void **state)
{
    (void)state;
    struct error_list list = {0};
    struct buffer expected;
    buffer_init(&expected, 100000);
    for (int i = 0; i < 1000; i++) {
        struct error message;
        error_set(&message, "number %d", i);
        error_list_add(&list, ERROR_GRADE_ERROR, &(struct source){"a", {NULL, 0}},
                       (struct place){0, 0, 0}, message.text, NULL);
        buffer_printf(&expected, "a: error: number %d\n", i);
    }
    buffer_append_byte(&expected, '\0');
    assert_int_equal(list.errors, 1000);
    assert_written(&list, expected.data);
    buffer_done(&expected);
}

/* Every place in a long line must be shown above its caret, whatever had to be cut. */
static void a_long_line_is_cut_around_the_place(void **state)
{
    (void)state;
    char text[4096] = {0};
    for (size_t i = 0; i < 1000; i++) {
        memcpy(text + i * 4, i % 2 == 0 ? "\xF0\x9F\x98\x80" : "\xF0\x9F\x98\x81", 4);
    }
    for (size_t column = 1; column <= 1000; column++) {
        char marked[4096];
        memcpy(marked, text, sizeof text);
        size_t before = (column - 1) * 4;
        marked[before] = 'X';
        memmove(marked + before + 1, marked + before + 4, 4000 - before - 4);
        struct error_list list = {0};
        const struct source source = {"a", {marked, 3997}};
        error_list_add(&list, ERROR_GRADE_ERROR, &source, (struct place){1, column, 1}, "x", NULL);
        struct slice line = slice_of(list.items[0].line);
        assert_true(slice_is_utf8(line));
        assert_in_range(slice_length(line), 96, 98);
        size_t place = slice_find(line, SLICE("X"));
        assert_int_equal(slice_length(slice_part(line, 0, place)), list.items[0].caret);
        assert_true((column > 41) == slice_starts_with(line, SLICE(ELLIPSIS)));
        assert_true((column < 945) == slice_ends_with(line, SLICE(ELLIPSIS)));
        error_list_done(&list);
    }
}

static void a_line_of_the_usual_length_is_whole(void **state)
{
    (void)state;
    char text[96];
    memset(text, 'x', sizeof text);
    struct error_list list = {0};
    const struct source source = {"a", {text, sizeof text}};
    error_list_add(&list, ERROR_GRADE_ERROR, &source, (struct place){1, 96, 1}, "x", NULL);
    assert_int_equal(strlen(list.items[0].line), 96);
    assert_int_equal(list.items[0].caret, 95);
    error_list_done(&list);
}

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"upper",    "lower",    "lookup",        "clientEventId",
                                        "if",       "currency", "transactionid", "timeout",
                                        "amazonZA", "y"};
    static const struct {
        const char *name;
        const char *nearest;
    } cases[] = {
        {"uper", "upper"},
        {"UPPER", "upper"},
        {"loewr", "lower"},
        {"lookpu", "lookup"},
        {"client_event_id", "clientEventId"},
        {"trans", "transactionid"},
        {"TRANS", "transactionid"},
        {"cur", "currency"},
        {"AMAZONza", "amazonZA"},
        {"timout", "timeout"},
        {"fi", "if"},
        {"x", NULL},
        {"tr", NULL},
        {"", NULL},
        {"completely", NULL},
        {"xyz", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest =
            error_nearest(slice_of(cases[i].name), names, sizeof names / sizeof *names);
        if (cases[i].nearest == NULL) {
            assert_null(nearest);
        } else {
            assert_non_null(nearest);
            assert_string_equal(nearest, cases[i].nearest);
        }
    }
}

static void no_name_is_near_to_a_huge_one(void **state)
{
    (void)state;
    char text[10000];
    memset(text, 'a', sizeof text);
    const char *const names[] = {"aaa"};
    assert_null(error_nearest((struct slice){text, sizeof text}, names, 1));
    assert_null(error_nearest(SLICE("aaa"), NULL, 0));
    char longest[65] = {0};
    memset(longest, 'a', 64);
    const char *const long_names[] = {longest};
    assert_ptr_equal(error_nearest((struct slice){text, 64}, long_names, 1), longest);
    assert_null(error_nearest((struct slice){text, 65}, long_names, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_formatted),
        cmocka_unit_test(a_prefix_stands_before_the_text),
        cmocka_unit_test(an_error_may_be_made_of_itself),
        cmocka_unit_test(a_long_text_is_cut_between_code_points),
        cmocka_unit_test(only_what_does_not_fit_is_cut),
        cmocka_unit_test(a_text_is_one_line_of_valid_utf8),
        cmocka_unit_test(an_error_shows_line_caret_and_hint),
        cmocka_unit_test(a_warning_is_no_error),
        cmocka_unit_test(tabs_do_not_move_the_caret),
        cmocka_unit_test(columns_are_code_points),
        cmocka_unit_test(invalid_bytes_are_shown_as_one_column_each),
        cmocka_unit_test(the_underline_ends_with_the_line),
        cmocka_unit_test(places_without_a_line_or_column_are_shown_without),
        cmocka_unit_test(a_byte_order_mark_is_no_column),
        cmocka_unit_test(errors_are_in_order_of_file_line_and_column),
        cmocka_unit_test(many_errors_keep_their_order),
        cmocka_unit_test(a_long_line_is_cut_around_the_place),
        cmocka_unit_test(a_line_of_the_usual_length_is_whole),
        cmocka_unit_test(the_nearest_name_is_found),
        cmocka_unit_test(no_name_is_near_to_a_huge_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
