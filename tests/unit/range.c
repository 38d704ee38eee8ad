/* Ranges of topics on librdkafka's mock cluster, which knows no times: those are tried on a real one. */
#include "kafka/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/mock_kafka.h"

static struct mock_kafka kafka;

static int set_up(void **state)
{
    (void)state;
    mock_kafka_start(&kafka);
    mock_kafka_topic(&kafka, "orders", 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mock_kafka_stop(&kafka);
    return 0;
}

static struct range *open_range(const char *topic, struct error *error)
{
    const struct consumer_property properties[] = {
        {"bootstrap.servers", kafka.bootstrap},
        {"group.id", "relay"},
        {"fetch.wait.max.ms", "10"},
    };
    return range_new(properties, sizeof properties / sizeof *properties, topic, error);
}

static struct range *open_orders(void)
{
    struct error error = {""};
    struct range *range = open_range("orders", &error);
    if (range == NULL) {
        fail_msg("%s", error.text);
    }
    return range;
}

/* "0:5=value-5 " for each message, up to the end. */
static const char *read_all(struct range *range)
{
    static char text[4096];
    struct message message;
    struct error error;
    size_t size = 0;
    enum range_step step;
    while ((step = range_next(range, &message, &error)) == RANGE_MESSAGE) {
        assert_true(slice_equal(message.topic, SLICE("orders")));
        assert_true(message.timestamp_ms > 0);
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "%d:%d=%.*s ", (int)message.partition,
                             (int)message.offset, SLICE_PRINT(message.value));
        assert_true(size < sizeof text);
    }
    if (step == RANGE_FAILED) {
        fail_msg("%s", error.text);
    }
    text[size] = '\0';
    return text;
}

static void one_offset_is_read_alone(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 1, 0, 10);
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_offset(range, 1, 4, &error));
    assert_string_equal(read_all(range), "1:4=value-4 ");
    assert_int_equal(range_selected(range), 1);
    assert_int_equal(range_passed(range), 1);
    range_free(range);
}

static void no_group_is_joined_and_nothing_is_committed(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 3);
    rd_kafka_mock_start_request_tracking(kafka.cluster);
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    (void)read_all(range);
    range_free(range);
    size_t count = 0;
    rd_kafka_mock_request_t **requests = rd_kafka_mock_get_requests(kafka.cluster, &count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        int16_t key = rd_kafka_mock_request_api_key(requests[i]);
        /* OffsetCommit, OffsetFetch, FindCoordinator, JoinGroup … DescribeGroups */
        assert_false(key >= 8 && key <= 16);
    }
    rd_kafka_mock_request_destroy_array(requests, count);
    rd_kafka_mock_stop_request_tracking(kafka.cluster);
    assert_int_equal(mock_kafka_committed(&kafka, "relay", "orders", 0), RD_KAFKA_OFFSET_INVALID);
}

static void all_partitions_come_one_after_the_other(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 2, 20, 2);
    mock_kafka_produce(&kafka, "orders", 0, 0, 3);
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    assert_int_equal(range_selected(range), 5);
    assert_int_equal(range_passed(range), 0);
    assert_string_equal(read_all(range),
                        "0:0=value-0 0:1=value-1 0:2=value-2 2:0=value-20 2:1=value-21 ");
    assert_int_equal(range_passed(range), 5);
    range_free(range);
}

static void the_last_ones_are_those_of_each_partition(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 5);
    mock_kafka_produce(&kafka, "orders", 1, 10, 1);
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_last(range, 2, RANGE_NEVER, &error));
    assert_string_equal(read_all(range), "0:3=value-3 0:4=value-4 1:0=value-10 ");
    range_free(range);
}

static void what_is_written_after_the_selection_is_not_read(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 2);
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    mock_kafka_produce(&kafka, "orders", 0, 2, 3);
    assert_string_equal(read_all(range), "0:0=value-0 0:1=value-1 ");
    range_free(range);
}

static void an_empty_selection_ends_at_once(void **state)
{
    (void)state;
    struct range *range = open_orders();
    struct error error;
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    assert_int_equal(range_selected(range), 0);
    assert_string_equal(read_all(range), "");
    range_free(range);
}

static void refuses(int32_t partition, int64_t offset, const char *words)
{
    struct range *range = open_orders();
    struct error error = {""};
    assert_false(range_select_offset(range, partition, offset, &error));
    assert_string_equal(error.text, words);
    range_free(range);
}

static void what_is_not_there_is_refused_with_what_is(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 5);
    refuses(0, 5, "partition 0 of \"orders\" has no offset 5: it has 0 to 4");
    refuses(1, 0, "partition 1 of \"orders\" is empty; its next offset is 0");
    refuses(3, 0, "the topic \"orders\" has no partition 3: it has 0 to 2");
    refuses(-1, 0, "the topic \"orders\" has no partition -1: it has 0 to 2");
}

#define LARGE 900000

/* The mock cluster keeps 5 MiB of a partition. */
static void what_has_been_deleted_is_refused_as_that(void **state)
{
    (void)state;
    char *value = calloc(1, LARGE);
    assert_non_null(value);
    for (int i = 0; i < 8; i++) {
        rd_kafka_resp_err_t err =
            rd_kafka_producev(kafka.rk, RD_KAFKA_V_TOPIC("orders"), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(value, LARGE),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        assert_int_equal(err, RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_int_equal(rd_kafka_flush(kafka.rk, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    free(value);
    struct range *range = open_orders();
    struct error error = {""};
    assert_false(range_select_offset(range, 0, 0, &error));
    assert_non_null(strstr(error.text, "has no offset 0: it has "));
    assert_non_null(strstr(error.text, " to 7; what was before has been deleted"));
    range_free(range);
}

static void parts_of_partitions_are_read_and_nothing_else(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 5);
    mock_kafka_produce(&kafka, "orders", 1, 0, 5);
    mock_kafka_produce(&kafka, "orders", 2, 0, 5);
    struct range *range = open_orders();
    struct error error = {""};
    int64_t from = -1;
    int64_t to = -1;
    assert_true(range_select_part(range, 2, 4, 4, &error));
    assert_true(range_select_part(range, 0, 1, 2, &error));
    assert_int_equal(range_selected(range), 3);
    assert_true(range_span(range, 0, &from, &to));
    assert_true(from == 1 && to == 3);
    assert_true(range_span(range, 1, &from, &to));
    assert_true(from == to);
    assert_false(range_span(range, 3, &from, &to));
    assert_string_equal(read_all(range), "0:1=value-1 0:2=value-2 2:4=value-4 ");
    range_free(range);
}

static void a_part_that_is_not_all_there_is_refused(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 5);
    struct range *range = open_orders();
    struct error error = {""};
    assert_false(range_select_part(range, 0, 3, 5, &error));
    assert_string_equal(error.text, "partition 0 of \"orders\" has no offset 5: it has 0 to 4");
    range_free(range);
}

static void commit(int32_t partition, int64_t offset)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", kafka.bootstrap, reason, sizeof reason);
    (void)rd_kafka_conf_set(conf, "group.id", "relay.replay", reason, sizeof reason);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "orders", partition)->offset = offset;
    assert_int_equal(rd_kafka_commit(rk, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

static void what_a_group_has_committed_is_not_read(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 5);
    mock_kafka_produce(&kafka, "orders", 1, 0, 2);
    mock_kafka_produce(&kafka, "orders", 2, 0, 1);
    commit(0, 4);
    commit(1, 2);
    struct range *range = open_orders();
    struct error error = {""};
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    assert_true(range_skip_committed(range, "relay.replay", &error));
    assert_int_equal(range_selected(range), 2);
    assert_string_equal(read_all(range), "0:4=value-4 2:0=value-0 ");
    range_free(range);
}

static void a_topic_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct error error = {""};
    rd_kafka_mock_topic_set_error(kafka.cluster, "none", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_null(open_range("none", &error));
    assert_string_equal(error.text, "there is no topic \"none\"");
    rd_kafka_mock_topic_set_error(kafka.cluster, "secret",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_null(open_range("secret", &error));
    assert_non_null(strstr(error.text, "the topic \"secret\": Broker: Topic authorization"));
}

static void brokers_that_do_not_answer_are_not_waited_for_without_end(void **state)
{
    (void)state;
    const struct consumer_property properties[] = {
        {"bootstrap.servers", "127.0.0.1:1"},
        {"group.id", "relay"},
    };
    struct error error = {""};
    int64_t from_ms = mock_kafka_now_ms();
    assert_null(range_new(properties, 2, "orders", &error));
    assert_true(mock_kafka_now_ms() - from_ms < 60000);
    assert_non_null(strstr(error.text, "no broker answers: "));
    assert_non_null(strstr(error.text, "Connection refused"));
}

/* What is damaged must not look like what is not there. */
static void what_cannot_be_read_is_said_with_its_offset(void **state)
{
    (void)state;
    mock_kafka_produce(&kafka, "orders", 0, 0, 1);
    mock_kafka_produce_damaged(&kafka, "orders", 0, 1, MOCK_KAFKA_CHECKSUM);
    struct range *range = open_orders();
    struct message message;
    struct error error = {""};
    assert_true(range_select_times(range, RANGE_ALWAYS, RANGE_NEVER, &error));
    assert_int_equal(range_next(range, &message, &error), RANGE_MESSAGE);
    assert_int_equal(range_next(range, &message, &error), RANGE_MESSAGE);
    assert_true(slice_equal(message.value, SLICE("before")));
    assert_int_equal(range_next(range, &message, &error), RANGE_FAILED);
    assert_non_null(strstr(error.text, "partition 0 of \"orders\" cannot be read at offset 2: "));
    range_free(range);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(one_offset_is_read_alone),
        TEST(no_group_is_joined_and_nothing_is_committed),
        TEST(all_partitions_come_one_after_the_other),
        TEST(the_last_ones_are_those_of_each_partition),
        TEST(what_is_written_after_the_selection_is_not_read),
        TEST(an_empty_selection_ends_at_once),
        TEST(what_is_not_there_is_refused_with_what_is),
        TEST(what_has_been_deleted_is_refused_as_that),
        TEST(parts_of_partitions_are_read_and_nothing_else),
        TEST(a_part_that_is_not_all_there_is_refused),
        TEST(what_a_group_has_committed_is_not_read),
        TEST(a_topic_that_is_not_there_is_said),
        TEST(brokers_that_do_not_answer_are_not_waited_for_without_end),
        TEST(what_cannot_be_read_is_said_with_its_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
