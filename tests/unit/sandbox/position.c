#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/position.h"

static struct arena arena;
static struct position position;

static void assert_finds(const char *text, const char *expected)
{
    struct slice found = position_find(&position, slice_of(text), &arena);
    if (!slice_equal(found, slice_of(expected))) {
        fail_msg("found \"%.*s\" in %s, not %s", SLICE_PRINT(found), text, expected);
    }
}

static void assert_path(const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    position_write(&position, &buffer);
    assert_true(slice_equal(buffer_slice(&buffer), slice_of(expected)));
    buffer_done(&buffer);
}

static void finds_the_whole_text(void **state)
{
    (void)state;
    assert_finds(" [1, 2]\n", "[1, 2]");
    assert_finds("12", "12");
    assert_path("");
}

static void finds_values_by_their_way(void **state)
{
    const char *text =
        "[ {\"a\": 1}, {\"b\" : [ ] , \"a\" :[null,{\"x y\" : \"}]\\\"\" } , 1.5e3 ] } ]";
    (void)state;
    position_enter_item(&position, 1);
    assert_finds(text, "{\"b\" : [ ] , \"a\" :[null,{\"x y\" : \"}]\\\"\" } , 1.5e3 ] }");
    position_enter(&position, SLICE("a"));
    position_enter_item(&position, 2);
    assert_finds(text, "1.5e3");
    assert_path("[1].a[2]");
    position_leave(&position);
    position_enter_item(&position, 0);
    assert_finds(text, "null");
    position_leave(&position);
    position_enter_item(&position, 1);
    position_enter(&position, SLICE("x y"));
    assert_finds(text, "\"}]\\\"\"");
    assert_path("[1].a[1]['x y']");
}

static void finds_names_however_they_are_escaped(void **state)
{
    (void)state;
    position_enter(&position, SLICE("\xC3\xBC"));
    assert_finds("{\"\xC3\xBC\":1}", "1");
    assert_finds("{\"u\":0,\"\\u00fc\":2}", "2");
}

static void takes_the_last_of_a_name(void **state)
{
    (void)state;
    position_enter(&position, SLICE("a"));
    assert_finds("{\"a\":1,\"b\":2,\"a\":3}", "3");
}

static void finds_nothing_where_nothing_is(void **state)
{
    (void)state;
    position_enter(&position, SLICE("a"));
    assert_finds("{}", "");
    assert_finds("{\"b\":{\"a\":1}}", "");
    assert_finds("[1]", "");
    assert_finds("\"a\"", "");
    position_leave(&position);
    position_enter_item(&position, 1);
    assert_finds("[1]", "");
    assert_finds("[]", "");
    assert_finds("{\"a\":[1,2]}", "");
}

static void takes_an_array_apart(void **state)
{
    struct slice items[3];
    (void)state;
    assert_int_equal(position_items(SLICE(" [ {\"a\":[1,2]} ,\"]\", 3] "), items, 3), 3);
    assert_true(slice_equal(items[0], SLICE("{\"a\":[1,2]}")));
    assert_true(slice_equal(items[1], SLICE("\"]\"")));
    assert_true(slice_equal(items[2], SLICE("3")));
    assert_int_equal(position_items(SLICE("[1,2,3,4]"), items, 3), 3);
    assert_int_equal(position_items(SLICE("[ ]"), items, 3), 0);
}

static void counts_all_values(void **state)
{
    (void)state;
    assert_int_equal(position_count(SLICE("1")), 1);
    assert_int_equal(position_count(SLICE("{}")), 1);
    assert_int_equal(position_count(SLICE("[ 1 , \"a:b\" ,[ ], {} ]")), 5);
    assert_int_equal(position_count(SLICE("{ \"a\" : 1 , \"b\":{\"c\":[true]} }")), 5);
    assert_int_equal(position_count(SLICE("{\"a\":1,\"a\":2}")), 3);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    position = (struct position){.depth = 0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(finds_the_whole_text),
        CASE(finds_values_by_their_way),
        CASE(finds_names_however_they_are_escaped),
        CASE(takes_the_last_of_a_name),
        CASE(finds_nothing_where_nothing_is),
        CASE(takes_an_array_apart),
        CASE(counts_all_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
