#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/id_table.h"

#include <stdio.h>

#define MANY 100000

static struct slice name(size_t number, char text[static 48])
{
    int size = snprintf(text, 48, "%08zx-0000-5000-8000-%012zx", number * 7919, number);
    return (struct slice){text, (size_t)size};
}

static void tells_new_repeated_and_changed_apart(void **state)
{
    struct id_table table;
    (void)state;
    id_table_init(&table, 10);
    assert_int_equal(id_table_add(&table, SLICE("a"), 1), ID_NEW);
    assert_int_equal(id_table_add(&table, SLICE("b"), 1), ID_NEW);
    assert_int_equal(id_table_add(&table, SLICE("a"), 1), ID_REPEATED);
    assert_int_equal(id_table_add(&table, SLICE("a"), 2), ID_CHANGED);
    assert_int_equal(id_table_add(&table, SLICE(""), 2), ID_NEW);
    assert_int_equal(table.count, 3);
    assert_int_equal(id_table_count(&table, 0), 3);
    assert_int_equal(id_table_count(&table, 1), 1);
    assert_true(slice_equal(id_table_text(&table, 1), SLICE("b")));
    id_table_done(&table);
}

static void keeps_many_ids_in_their_order(void **state)
{
    struct id_table table;
    char text[48];
    (void)state;
    id_table_init(&table, MANY);
    for (size_t round = 1; round <= 2; round++) {
        for (size_t i = 0; i < MANY; i++) {
            enum id_news news = id_table_add(&table, name(i, text), (uint32_t)i);
            assert_int_equal(news, round == 1 ? ID_NEW : ID_REPEATED);
        }
    }
    assert_int_equal(table.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(slice_equal(id_table_text(&table, i), name(i, text)));
        assert_int_equal(id_table_count(&table, i), 2);
    }
    id_table_done(&table);
}

static void says_so_when_it_is_full(void **state)
{
    struct id_table table;
    (void)state;
    id_table_init(&table, 2);
    assert_int_equal(id_table_add(&table, SLICE("a"), 0), ID_NEW);
    assert_int_equal(id_table_add(&table, SLICE("b"), 0), ID_NEW);
    assert_int_equal(id_table_add(&table, SLICE("c"), 0), ID_UNTRACKED);
    assert_int_equal(id_table_add(&table, SLICE("c"), 0), ID_UNTRACKED);
    assert_int_equal(id_table_add(&table, SLICE("b"), 0), ID_REPEATED);
    assert_int_equal(table.count, 2);
    id_table_done(&table);
    assert_int_equal(id_table_add(&table, SLICE("c"), 0), ID_NEW);
    id_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_new_repeated_and_changed_apart),
        cmocka_unit_test(keeps_many_ids_in_their_order),
        cmocka_unit_test(says_so_when_it_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
