#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "json/reader.h"
#include "sandbox/catalogue.h"
#include "sandbox/id_table.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795435200000)

static struct catalogue *catalogue;

static void add(const char *name, uint32_t partitions)
{
    struct error error = {""};
    if (!catalogue_add(catalogue, slice_of(name), partitions, &error)) {
        fail_msg("%s", error.text);
    }
}

static void shares_all_orders_by_partitions(void **state)
{
    (void)state;
    add("a", 4);
    catalogue_sell(catalogue, SHOP_SHOPIFY);
    add("empty", 100);
    add("b", 2);
    catalogue_sell(catalogue, SHOP_STRIPE);
    add("c", 1);
    catalogue_sell(catalogue, SHOP_STRIPE);
    catalogue_plan(catalogue, 1001, 1, NOW_MS);
    assert_int_equal(catalogue->topics[0].count, 572);
    assert_int_equal(catalogue->topics[1].count, 0);
    assert_int_equal(catalogue->topics[2].count, 286);
    assert_int_equal(catalogue->topics[3].count, 143);
    assert_int_equal(catalogue->topics[2].counts.produced, 286);
    assert_int_equal(catalogue_partitions(catalogue), 107);
}

static void plans_no_orders_at_all(void **state)
{
    struct buffer buffer;
    struct error error;
    (void)state;
    buffer_init(&buffer, 1000);
    add("empty", 3);
    catalogue_plan(catalogue, 1000, 1, NOW_MS);
    assert_true(catalogue_fits(catalogue, &error));
    catalogue_write_counts(catalogue, &buffer);
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("{}")));
    assert_false(catalogue_write_order(catalogue, SLICE("x"), &buffer));
    buffer_done(&buffer);
}

static void refuses_names_that_kafka_would_not_take(void **state)
{
    static const char *const wrong[] = {"", ".", "..", "a b", "a/b", "ü", "a,b"};
    char long_name[251];
    struct error error;
    (void)state;
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[250] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(catalogue_add(catalogue, slice_of(wrong[i]), 1, &error));
    }
    assert_false(catalogue_add(catalogue, slice_of(long_name), 1, &error));
    assert_true(catalogue_add(catalogue, slice_of(long_name + 1), 1, &error));
    assert_false(catalogue_add(catalogue, slice_of(long_name + 1), 1, &error));
    assert_non_null(strstr(error.text, "twice"));
    assert_false(catalogue_add(catalogue, SLICE("a"), 0, &error));
    assert_false(catalogue_add(catalogue, SLICE("a"), CATALOGUE_PARTITIONS_MAX + 1, &error));
}

static void has_room_for_so_many_topics_and_no_more(void **state)
{
    char name[] = "topic-00";
    struct error error;
    (void)state;
    for (int i = 0; i < CATALOGUE_TOPICS_MAX; i++) {
        name[6] = (char)('0' + i / 10);
        name[7] = (char)('0' + i % 10);
        add(name, 1);
    }
    assert_false(catalogue_add(catalogue, SLICE("one-more"), 1, &error));
}

static void says_when_a_partition_would_overflow(void **state)
{
    struct error error = {""};
    (void)state;
    add("orders.adyen", 2);
    catalogue_sell(catalogue, SHOP_ADYEN);
    catalogue->size = 10000;
    catalogue_plan(catalogue, 900, 1, NOW_MS);
    assert_true(catalogue_fits(catalogue, &error));
    catalogue_plan(catalogue, 1100, 1, NOW_MS);
    assert_false(catalogue_fits(catalogue, &error));
    assert_non_null(strstr(error.text, "5 MiB"));
    assert_non_null(strstr(error.text, "orders.adyen with 2 partitions"));
}

static void finds_an_order_by_its_transaction(void **state)
{
    struct buffer buffer;
    struct buffer message;
    struct order order;
    struct arena arena;
    struct error error;
    uint64_t index = 40;
    const struct json_value *found = NULL;
    (void)state;
    add("a", 1);
    catalogue_sell(catalogue, SHOP_STRIPE);
    add("b", 3);
    catalogue_sell(catalogue, SHOP_WOOCOMMERCE);
    catalogue_plan(catalogue, 400, 1, NOW_MS);
    buffer_init(&buffer, 100000);
    buffer_init(&message, (size_t)2 * ORDER_SIZE_MAX);
    arena_init(&arena, 0);
    do {
        index++;
        catalogue_write(catalogue, 1, index, &message, &order);
    } while (order.outcome != ORDER_CONVERSION);
    struct slice id = slice_of(order.shop_order.transaction_id.text);
    assert_true(catalogue_write_order(catalogue, id, &buffer));
    assert_true(json_read(buffer_slice(&buffer), &arena, &found, &error));
    struct slice start =
        arena_printf(&arena, "{\"topic\":\"b\",\"partition\":%u,\"offset\":%u,\"key\":\"%s\"",
                     (unsigned)(index % 3), (unsigned)(index / 3), order.shop_order.key.text);
    assert_true(slice_starts_with(buffer_slice(&buffer), start));
    assert_true(slice_find(buffer_slice(&buffer), buffer_slice(&message)) != SIZE_MAX);
    arena_done(&arena);
    buffer_done(&message);
    buffer_done(&buffer);
}

/* Also two topics of one shop never share an order. */
static void gives_every_order_a_transaction_of_its_own(void **state)
{
    struct buffer message;
    struct id_table ids;
    struct order order;
    (void)state;
    add("a", 2);
    catalogue_sell(catalogue, SHOP_SHOPIFY);
    add("b", 1);
    catalogue_sell(catalogue, SHOP_SHOPIFY);
    add("c", 1);
    catalogue_sell(catalogue, SHOP_WOOCOMMERCE);
    catalogue_plan(catalogue, 1000, 1, NOW_MS);
    buffer_init(&message, (size_t)2 * ORDER_SIZE_MAX);
    id_table_init(&ids, 1000);
    for (size_t topic = 0; topic < 3; topic++) {
        for (uint64_t index = 0; index < catalogue->topics[topic].count; index++) {
            catalogue_write(catalogue, topic, index, &message, &order);
            struct slice id = slice_of(order.shop_order.transaction_id.text);
            assert_int_equal(id_table_add(&ids, id, 0), ID_NEW);
        }
    }
    assert_int_equal(ids.count, 1000);
    id_table_done(&ids);
    buffer_done(&message);
}

static int set_up(void **state)
{
    (void)state;
    catalogue = memory_new(1, sizeof(struct catalogue));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(catalogue);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shares_all_orders_by_partitions),
        CASE(plans_no_orders_at_all),
        CASE(refuses_names_that_kafka_would_not_take),
        CASE(has_room_for_so_many_topics_and_no_more),
        CASE(says_when_a_partition_would_overflow),
        CASE(finds_an_order_by_its_transaction),
        CASE(gives_every_order_a_transaction_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
