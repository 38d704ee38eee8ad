#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "json/reader.h"
#include "sandbox/mock_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795435200000)
#define WAIT_MS 60000

static struct catalogue *catalogue;

static void add(const char *name, uint32_t partitions)
{
    struct error error = {""};
    if (!catalogue_add(catalogue, slice_of(name), partitions, &error)) {
        fail_msg("%s", error.text);
    }
}

static struct mock_kafka *start(uint64_t orders, const char *group)
{
    struct error error = {""};
    add("orders", 2);
    catalogue_sell(catalogue, SHOP_ADYEN);
    add("empty", 1);
    add(MOCK_KAFKA_DEAD_LETTER, 1);
    catalogue_plan(catalogue, orders, 1, NOW_MS);
    struct mock_kafka *kafka = mock_kafka_new(catalogue, group, &error);
    if (kafka == NULL || !mock_kafka_fill(kafka, &error)) {
        fail_msg("%s", error.text);
    }
    return kafka;
}

static rd_kafka_t *subscribe(const struct mock_kafka *kafka, const char *group)
{
    const char *const settings[][2] = {
        {"bootstrap.servers", mock_kafka_bootstrap(kafka)},
        {"group.id", group},
        {"auto.offset.reset", "earliest"},
        {"enable.auto.commit", "false"},
        {"fetch.wait.max.ms", "10"},
        {"session.timeout.ms", "6000"},
    };
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        assert_int_equal(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text),
                         RD_KAFKA_CONF_OK);
    }
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    assert_non_null(consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(topics, "orders", RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(consumer, topics), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(topics);
    return consumer;
}

/* The message must be the catalogue's order of that place. */
static void check_message(const rd_kafka_message_t *message, int64_t next[2],
                          struct buffer *expected)
{
    struct order order;
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(message->offset, next[message->partition]);
    uint64_t index = (uint64_t)message->offset * 2 + (uint64_t)message->partition;
    catalogue_write(catalogue, 0, index, expected, &order);
    assert_int_equal(message->len, expected->size);
    if (order.tombstone) {
        assert_null(message->payload);
    } else {
        assert_memory_equal(message->payload, expected->data, expected->size);
    }
    assert_true(slice_equal((struct slice){message->key, message->key_len},
                            slice_of(order.shop_order.key.text)));
    next[message->partition]++;
}

/* Reads so many messages in their order, and commits every now and then. */
static void consume(rd_kafka_t *consumer, uint64_t count)
{
    int64_t next[2] = {0, 0};
    struct buffer expected;
    buffer_init(&expected, (size_t)2 * ORDER_SIZE_MAX);
    for (uint64_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, WAIT_MS);
        assert_non_null(message);
        check_message(message, next, &expected);
        rd_kafka_message_destroy(message);
        if (i % 200 == 0 || i + 1 == count) {
            assert_int_equal(rd_kafka_commit(consumer, NULL, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
        }
    }
    buffer_done(&expected);
}

static void stop(rd_kafka_t *consumer)
{
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void assert_offsets(struct mock_kafka *kafka, const char *group, const char *expected)
{
    struct buffer buffer;
    struct error error = {""};
    buffer_init(&buffer, 65536);
    if (!mock_kafka_write_offsets(kafka, group, &buffer, &error)) {
        fail_msg("%s", error.text);
    }
    buffer_append_byte(&buffer, '\0');
    assert_string_equal(buffer.data, expected);
    buffer_done(&buffer);
}

static void serves_all_orders_and_shows_what_a_group_committed(void **state)
{
    (void)state;
    struct mock_kafka *kafka = start(101, NULL);
    assert_offsets(kafka, NULL,
                   "{\"group\":null,\"feeding\":false,\"topics\":{\"orders\":{\"partitions\":["
                   "{\"partition\":0,\"low\":0,\"end\":51,\"committed\":null},"
                   "{\"partition\":1,\"low\":0,\"end\":50,\"committed\":null}]},\"empty\":{"
                   "\"partitions\":[{\"partition\":0,\"low\":0,\"end\":0,\"committed\":null}]}},"
                   "\"lag\":101,\"dead_letters\":0}");
    rd_kafka_t *consumer = subscribe(kafka, "readers");
    consume(consumer, 101);
    stop(consumer);
    assert_offsets(kafka, "readers",
                   "{\"group\":\"readers\",\"feeding\":false,\"topics\":{\"orders\":{"
                   "\"partitions\":[{\"partition\":0,\"low\":0,\"end\":51,\"committed\":51},"
                   "{\"partition\":1,\"low\":0,\"end\":50,\"committed\":50}]},\"empty\":{"
                   "\"partitions\":[{\"partition\":0,\"low\":0,\"end\":0,\"committed\":null}]}},"
                   "\"lag\":0,\"dead_letters\":0}");
    mock_kafka_free(kafka);
}

/* 3,000 orders of 10 kB in 2 partitions are three times what the cluster keeps. */
static void keeps_ahead_of_a_group_without_losing_an_order(void **state)
{
    struct error error = {""};
    (void)state;
    catalogue->size = 10000;
    struct mock_kafka *kafka = start(3000, "readers");
    rd_kafka_t *consumer = subscribe(kafka, "readers");
    consume(consumer, 3000);
    stop(consumer);
    assert_false(mock_kafka_failed(kafka, &error));
    mock_kafka_free(kafka);
}

static void stops_although_nobody_reads(void **state)
{
    (void)state;
    catalogue->size = 10000;
    struct mock_kafka *kafka = start(3000, "nobody");
    mock_kafka_free(kafka);
}

static void refuses_more_orders_than_are_kept(void **state)
{
    struct error error = {""};
    (void)state;
    add("orders", 1);
    catalogue_sell(catalogue, SHOP_STRIPE);
    add(MOCK_KAFKA_DEAD_LETTER, 1);
    catalogue_plan(catalogue, 10000, 1, NOW_MS);
    struct mock_kafka *kafka = mock_kafka_new(catalogue, NULL, &error);
    assert_non_null(kafka);
    assert_false(mock_kafka_fill(kafka, &error));
    assert_non_null(strstr(error.text, "5 MiB"));
    mock_kafka_free(kafka);
}

/* The largest number of orders that the catalogue lets pass. */
static uint64_t most_orders(void)
{
    struct error error = {""};
    uint64_t fits = 0;
    uint64_t too_many = 8000;
    while (too_many - fits > 1) {
        uint64_t middle = (fits + too_many) / 2;
        catalogue_plan(catalogue, middle, 1, NOW_MS);
        if (catalogue_fits(catalogue, &error)) {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    return fits;
}

/* What catalogue_fits() lets pass is really kept, up to the last bytes. */
static void keeps_as_much_as_is_allowed(void **state)
{
    struct error error = {""};
    (void)state;
    add("orders", 1);
    catalogue_sell(catalogue, SHOP_ADYEN);
    add(MOCK_KAFKA_DEAD_LETTER, 1);
    uint64_t most = most_orders();
    assert_in_range(most, 4000, 6000);
    catalogue_plan(catalogue, most, 1, NOW_MS);
    struct mock_kafka *kafka = mock_kafka_new(catalogue, NULL, &error);
    assert_non_null(kafka);
    assert_true(mock_kafka_fill(kafka, &error));
    mock_kafka_free(kafka);
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
        CASE(serves_all_orders_and_shows_what_a_group_committed),
        CASE(keeps_ahead_of_a_group_without_losing_an_order),
        CASE(stops_although_nobody_reads),
        CASE(refuses_more_orders_than_are_kept),
        CASE(keeps_as_much_as_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
