/* Dead letters against librdkafka's mock cluster. The time that reap() is told is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/dead_letter.h"
#include "support/mock_kafka.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define RETRY_MS 5000
#define OVERDUE_MS 30000

/* Kafka's numbers of the requests that are made to fail. */
#define PRODUCE 0
#define INIT_PRODUCER_ID 22

struct fixture {
    struct mock_kafka kafka;
    int wake_fd;
    struct dead_letter *dead_letter;
    const struct dead_letter_operations *operations;
    int64_t now_ms;
    size_t done;
    size_t failed;
    uint64_t last_done; /* the sequence of its token */
    struct error last_error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    mock_kafka_start(&fixture->kafka);
    mock_kafka_topic(&fixture->kafka, "letters", 1);
    fixture->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    fixture->now_ms = 1000000;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->dead_letter != NULL) {
        fixture->operations->free(fixture->dead_letter);
    }
    (void)close(fixture->wake_fd);
    mock_kafka_stop(&fixture->kafka);
    free(fixture);
    return 0;
}

static void reap(struct fixture *fixture)
{
    struct dead_letter_report report;
    while (fixture->operations->reap(fixture->dead_letter, fixture->now_ms, &report)) {
        assert_int_equal(report.token.slot, 3);
        assert_int_equal(report.token.epoch, 4);
        if (report.failed) {
            fixture->failed++;
            fixture->last_error = report.error;
        } else {
            fixture->done++;
            fixture->last_done = report.token.sequence;
        }
    }
}

static void open_with(struct fixture *fixture, const char *name, const char *value)
{
    /* Those of a consumer are there as well, as in any configuration. */
    const struct consumer_property properties[] = {
        {"bootstrap.servers", fixture->kafka.bootstrap},
        {"group.id", "relay"},
        {"session.timeout.ms", "6000"},
        {"linger.ms", "20"},
        {name, value},
    };
    struct error error = {""};
    fixture->dead_letter =
        dead_letter_new(properties, name == NULL ? 4 : 5, "letters", fixture->wake_fd, &error);
    if (fixture->dead_letter == NULL) {
        fail_msg("%s", error.text);
        return;
    }
    fixture->operations = fixture->dead_letter->operations;
    reap(fixture); /* by which it learns the time */
}

static void until(struct fixture *fixture, const size_t *counter, size_t least)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    reap(fixture);
    while (*counter < least && mock_kafka_now_ms() < due) {
        uint64_t ignored;
        struct pollfd fd = {fixture->wake_fd, POLLIN, 0};
        (void)poll(&fd, 1, 20);
        (void)!read(fixture->wake_fd, &ignored, sizeof ignored);
        reap(fixture);
    }
    if (*counter < least) {
        fail_msg("waited in vain: %zu of %zu; last: %s", *counter, least, fixture->last_error.text);
    }
}

/* For so long, real time passes, the test's does not. */
static void linger(struct fixture *fixture, int ms)
{
    int64_t due = mock_kafka_now_ms() + ms;
    while (mock_kafka_now_ms() < due) {
        struct pollfd fd = {fixture->wake_fd, POLLIN, 0};
        uint64_t ignored;
        (void)poll(&fd, 1, 10);
        (void)!read(fixture->wake_fd, &ignored, sizeof ignored);
        reap(fixture);
    }
}

static void send_message(struct fixture *fixture, const struct message *message, const char *reason,
                         uint64_t sequence)
{
    struct letter letter;
    letter_begin(message, 1763892000000, &letter);
    letter.reason = slice_of(reason);
    letter.message = SLICE("line 1, column 7: a value was expected");
    fixture->operations->send(fixture->dead_letter, message, &letter,
                              (struct token){3, 4, sequence});
}

static void send_sized(struct fixture *fixture, uint64_t sequence, size_t size)
{
    char *value = malloc(size + 1);
    memset(value, 'x', size + 1);
    (void)snprintf(value, size + 1, "order-%d", (int)sequence);
    struct message message = {
        .topic = SLICE("orders"),
        .partition = 2,
        .offset = (int64_t)sequence,
        .timestamp_ms = 1700000000123,
        .value = {value, size},
    };
    assert_true(fixture->operations->has_room(fixture->dead_letter));
    send_message(fixture, &message, "not_json", sequence);
    free(value); /* the letter is a copy */
}

static void send_letter(struct fixture *fixture, uint64_t sequence)
{
    send_sized(fixture, sequence, 32);
}

/* ---- reading letters ------------------------------------------------------------------------- */

struct reader {
    rd_kafka_t *rk;
};

static void reader_open(struct reader *reader, struct mock_kafka *kafka)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", kafka->bootstrap, reason, sizeof reason);
    (void)rd_kafka_conf_set(conf, "group.id", "reader", reason, sizeof reason);
    (void)rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", reason, sizeof reason);
    reader->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(reader->rk);
    (void)rd_kafka_poll_set_consumer(reader->rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "letters", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(reader->rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
}

static void reader_close(struct reader *reader)
{
    (void)rd_kafka_consumer_close(reader->rk);
    rd_kafka_destroy(reader->rk);
}

static rd_kafka_message_t *reader_next(struct reader *reader)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (mock_kafka_now_ms() < due) {
        rd_kafka_message_t *rkmessage = rd_kafka_consumer_poll(reader->rk, 100);
        if (rkmessage != NULL && rkmessage->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return rkmessage;
        }
        if (rkmessage != NULL) {
            rd_kafka_message_destroy(rkmessage);
        }
    }
    fail_msg("no letter came");
    return NULL;
}

/* How many letters there are, by the end of the partition. */
static int64_t letters_written(struct mock_kafka *kafka)
{
    int64_t low = 0;
    int64_t high = 0;
    assert_int_equal(rd_kafka_query_watermark_offsets(kafka->rk, "letters", 0, &low, &high, 10000),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    return high;
}

static void assert_header(rd_kafka_headers_t *headers, size_t index, const char *name,
                          const char *value)
{
    const char *found_name = NULL;
    const void *found = NULL;
    size_t size = 0;
    assert_int_equal(rd_kafka_header_get_all(headers, index, &found_name, &found, &size),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_string_equal(found_name, name);
    if (value == NULL) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_int_equal(size, strlen(value));
        assert_memory_equal(found, value, size);
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_a_letter_is_the_message_with_its_origin_and_reason(void **state)
{
    struct fixture *fixture = *state;
    const struct message_header original[] = {
        {SLICE("shop"), SLICE("north")}, {SLICE("none"), {NULL, 0}}, {SLICE("shop"), SLICE("")}};
    const struct message message = {
        .topic = SLICE("orders"),
        .partition = 7,
        .offset = 12345678901,
        .timestamp_ms = 1700000000123,
        .key = SLICE("a\0b"),
        .value = SLICE("{\"id\":\0 broken"),
        .headers = original,
        .header_count = 3,
    };
    open_with(fixture, NULL, NULL);
    send_message(fixture, &message, "not_json", 5);
    until(fixture, &fixture->done, 1);
    assert_int_equal(fixture->last_done, 5);
    assert_int_equal(fixture->failed, 0);

    struct reader reader;
    reader_open(&reader, &fixture->kafka);
    rd_kafka_message_t *letter = reader_next(&reader);
    assert_int_equal(letter->key_len, 3);
    assert_memory_equal(letter->key, "a\0b", 3);
    assert_int_equal(letter->len, message.value.size);
    assert_memory_equal(letter->payload, message.value.data, message.value.size);
    rd_kafka_timestamp_type_t type;
    assert_int_equal(rd_kafka_message_timestamp(letter, &type), 1700000000123);
    rd_kafka_headers_t *headers = NULL;
    assert_int_equal(rd_kafka_message_headers(letter, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_cnt(headers), 13);
    assert_header(headers, 0, "shop", "north");
    assert_header(headers, 1, "none", NULL);
    assert_header(headers, 2, "shop", "");
    assert_header(headers, 3, "rokt-relay.topic", "orders");
    assert_header(headers, 4, "rokt-relay.partition", "7");
    assert_header(headers, 5, "rokt-relay.offset", "12345678901");
    assert_header(headers, 6, "rokt-relay.timestamp", "1700000000123");
    assert_header(headers, 7, "rokt-relay.reason", "not_json");
    assert_header(headers, 8, "rokt-relay.message", "line 1, column 7: a value was expected");
    assert_header(headers, 9, "rokt-relay.attempts", "1");
    assert_header(headers, 10, "rokt-relay.first_time", "2025-11-23T10:00:00.000Z");
    assert_header(headers, 11, "rokt-relay.last_time", "2025-11-23T10:00:00.000Z");
    assert_header(headers, 12, "rokt-relay.version", ROKT_RELAY_VERSION);
    rd_kafka_message_destroy(letter);
    reader_close(&reader);
}

static void test_what_a_message_does_not_have_its_letter_has_not(void **state)
{
    struct fixture *fixture = *state;
    struct message message = {
        .topic = SLICE("orders"), .partition = 0, .offset = 0, .timestamp_ms = -1};
    open_with(fixture, NULL, NULL);
    send_message(fixture, &message, "tombstone", 0);
    message.key = SLICE("");
    message.value = SLICE("");
    send_message(fixture, &message, "empty", 1);
    until(fixture, &fixture->done, 2);

    struct reader reader;
    reader_open(&reader, &fixture->kafka);
    for (int i = 0; i < 2; i++) {
        rd_kafka_message_t *letter = reader_next(&reader);
        rd_kafka_headers_t *headers = NULL;
        bool empty = letter->payload != NULL;
        assert_int_equal(letter->len, 0);
        assert_int_equal(letter->key_len, 0);
        assert_int_equal(letter->key != NULL, empty);
        assert_int_equal(rd_kafka_message_headers(letter, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_header(headers, 2, "rokt-relay.offset", "0");
        assert_header(headers, 3, "rokt-relay.reason", empty ? "empty" : "tombstone");
        rd_kafka_message_destroy(letter);
    }
    reader_close(&reader);
}

static void test_a_letter_is_done_only_when_it_is_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    send_letter(fixture, 1);
    until(fixture, &fixture->done, 1);
    rd_kafka_mock_broker_push_request_error_rtts(fixture->kafka.cluster, 1, PRODUCE, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 500);
    send_letter(fixture, 2);
    linger(fixture, 300);
    assert_int_equal(fixture->done, 1);
    until(fixture, &fixture->done, 2);
    assert_int_equal(fixture->last_done, 2);
}

static void test_the_fd_is_written_when_a_report_may_be_there(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ignored;
    open_with(fixture, NULL, NULL);
    for (uint64_t i = 0; i < 20; i++) {
        reap(fixture);
        (void)!read(fixture->wake_fd, &ignored, sizeof ignored);
        reap(fixture);
        send_letter(fixture, i);
        while (fixture->done == i) {
            struct pollfd fd = {fixture->wake_fd, POLLIN, 0};
            assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
            (void)!read(fixture->wake_fd, &ignored, sizeof ignored);
            reap(fixture);
        }
    }
}

static void test_many_letters_are_each_done_once(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    for (uint64_t i = 0; i < 3000; i++) {
        while (!fixture->operations->has_room(fixture->dead_letter)) {
            until(fixture, &fixture->done, fixture->done + 1);
        }
        send_letter(fixture, i);
    }
    until(fixture, &fixture->done, 3000);
    linger(fixture, 50);
    assert_int_equal(fixture->done, 3000);
    assert_int_equal(letters_written(&fixture->kafka), 3000);
}

static void test_a_refused_letter_is_said_and_tried_again_after_a_while(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    rd_kafka_mock_push_request_errors(fixture->kafka.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    send_letter(fixture, 1);
    until(fixture, &fixture->failed, 1);
    assert_int_equal(fixture->done, 0);
    assert_non_null(strstr(fixture->last_error.text, "orders [2] offset 1"));
    assert_non_null(strstr(fixture->last_error.text, "\"letters\""));
    assert_non_null(strstr(fixture->last_error.text, "uthorization failed"));

    fixture->now_ms += RETRY_MS - 1;
    linger(fixture, 200);
    assert_int_equal(fixture->done, 0);
    fixture->now_ms += 1;
    until(fixture, &fixture->done, 1);
    assert_int_equal(fixture->failed, 1);
    assert_int_equal(letters_written(&fixture->kafka), 1);
}

static void test_refusals_have_no_end_and_lose_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    for (size_t i = 0; i < 4; i++) {
        rd_kafka_mock_push_request_errors(fixture->kafka.cluster, PRODUCE, 1,
                                          RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    }
    send_letter(fixture, 1);
    for (size_t i = 1; i <= 4; i++) {
        until(fixture, &fixture->failed, i);
        fixture->now_ms += RETRY_MS;
    }
    until(fixture, &fixture->done, 1);
    assert_int_equal(letters_written(&fixture->kafka), 1);
}

static size_t produce_requests(struct mock_kafka *kafka)
{
    size_t count = 0;
    size_t found = 0;
    rd_kafka_mock_request_t **requests = rd_kafka_mock_get_requests(kafka->cluster, &count);
    for (size_t i = 0; i < count; i++) {
        found += rd_kafka_mock_request_api_key(requests[i]) == PRODUCE;
    }
    rd_kafka_mock_request_destroy_array(requests, count);
    return found;
}

/* Brokers refuse whole batches: each of its letters is tried by itself then, or one bad letter
 * would keep the others back for ever. */
static void test_letters_of_a_refused_batch_are_tried_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    rd_kafka_mock_push_request_errors(fixture->kafka.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (uint64_t i = 0; i < 4; i++) {
        send_letter(fixture, i);
    }
    until(fixture, &fixture->failed, 4);
    rd_kafka_mock_start_request_tracking(fixture->kafka.cluster);
    fixture->now_ms += RETRY_MS;
    reap(fixture);
    send_letter(fixture, 4); /* which waits for those */
    until(fixture, &fixture->done, 5);
    assert_int_equal(produce_requests(&fixture->kafka), 5);
    assert_int_equal(fixture->last_done, 4);
    assert_int_equal(letters_written(&fixture->kafka), 5);
    rd_kafka_mock_stop_request_tracking(fixture->kafka.cluster);
}

static void test_a_letter_that_goes_alone_waits_for_those_under_way(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    rd_kafka_mock_push_request_errors(fixture->kafka.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    send_letter(fixture, 1);
    until(fixture, &fixture->failed, 1);
    rd_kafka_mock_start_request_tracking(fixture->kafka.cluster);
    send_letter(fixture, 2); /* into a batch that waits for others a while */
    fixture->now_ms += RETRY_MS;
    until(fixture, &fixture->done, 2);
    assert_int_equal(fixture->last_done, 1);
    assert_int_equal(produce_requests(&fixture->kafka), 2);
    rd_kafka_mock_stop_request_tracking(fixture->kafka.cluster);
}

static void test_a_letter_that_is_too_large_is_kept_and_holds_no_other(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, "message.max.bytes", "2000");
    send_sized(fixture, 1, 10000);
    send_letter(fixture, 2);
    until(fixture, &fixture->done, 1);
    assert_int_equal(fixture->last_done, 2);
    assert_int_equal(fixture->failed, 1);
    assert_non_null(strstr(fixture->last_error.text, "too large"));
    fixture->now_ms += RETRY_MS;
    until(fixture, &fixture->failed, 2);
    send_letter(fixture, 3);
    until(fixture, &fixture->done, 2);
    assert_int_equal(fixture->last_done, 3);
}

static void test_the_brokers_decide_how_large_a_letter_may_be(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    send_sized(fixture, 1, (size_t)4 * 1000 * 1000); /* librdkafka's own limit would be 1 MB */
    until(fixture, &fixture->done, 1);
    assert_int_equal(fixture->failed, 0);
}

static void test_letters_wait_for_brokers_that_are_away_and_say_so(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    assert_int_equal(rd_kafka_mock_broker_set_down(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    send_letter(fixture, 1);
    send_letter(fixture, 2);
    linger(fixture, 300);
    fixture->now_ms += OVERDUE_MS - 1;
    linger(fixture, 50);
    assert_int_equal(fixture->failed, 0);
    fixture->now_ms += 1;
    until(fixture, &fixture->failed, 1);
    assert_non_null(strstr(fixture->last_error.text, "no acknowledgement for 30 s"));
    assert_non_null(strstr(fixture->last_error.text, "orders [2] offset 1"));
    linger(fixture, 50);
    assert_int_equal(fixture->failed, 1); /* for the oldest only, and not again at once */
    assert_int_equal(rd_kafka_mock_broker_set_up(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    until(fixture, &fixture->done, 2);
    assert_int_equal(letters_written(&fixture->kafka), 2);
}

/* In case that librdkafka is what stands in the way, another producer begins. */
static void test_letters_outlast_the_longest_outage(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    assert_int_equal(rd_kafka_mock_broker_set_down(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    send_letter(fixture, 1);
    for (size_t i = 0; i < 25; i++) {
        fixture->now_ms += OVERDUE_MS;
        linger(fixture, 10);
    }
    assert_true(fixture->failed > 20); /* not where another producer has just begun */
    assert_true(fixture->failed < 25);
    assert_int_equal(rd_kafka_mock_broker_set_up(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    until(fixture, &fixture->done, 1);
    assert_int_equal(letters_written(&fixture->kafka), 1);
}

static void test_a_topic_that_comes_late_gets_its_letters(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_topic_set_error(fixture->kafka.cluster, "letters",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    open_with(fixture, "topic.metadata.propagation.max.ms", "100");
    send_letter(fixture, 1);
    until(fixture, &fixture->failed, 1);
    assert_non_null(strstr(fixture->last_error.text, "nknown topic"));
    rd_kafka_mock_topic_set_error(fixture->kafka.cluster, "letters", RD_KAFKA_RESP_ERR_NO_ERROR);
    size_t tries = 0;
    while (fixture->done == 0 && tries++ < 100) {
        fixture->now_ms += RETRY_MS;
        linger(fixture, 100);
    }
    assert_int_equal(fixture->done, 1);
}

static void test_after_a_fatal_error_another_producer_goes_on(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_push_request_errors(fixture->kafka.cluster, INIT_PRODUCER_ID, 1,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    open_with(fixture, NULL, NULL);
    send_letter(fixture, 1);
    send_letter(fixture, 2);
    until(fixture, &fixture->failed, 1);
    size_t tries = 0;
    while (fixture->done < 2 && tries++ < 100) {
        fixture->now_ms += RETRY_MS;
        linger(fixture, 100);
    }
    assert_int_equal(fixture->done, 2);
    assert_int_equal(letters_written(&fixture->kafka), 2);
}

static void test_room_has_an_end_in_letters_and_in_bytes(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, NULL, NULL);
    assert_int_equal(rd_kafka_mock_broker_set_down(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    size_t count = 0;
    while (fixture->operations->has_room(fixture->dead_letter) && count < 5000) {
        send_letter(fixture, count++);
    }
    assert_int_equal(count, 1000);
    assert_int_equal(rd_kafka_mock_broker_set_up(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    until(fixture, &fixture->done, 1000);
    assert_true(fixture->operations->has_room(fixture->dead_letter));

    assert_int_equal(rd_kafka_mock_broker_set_down(fixture->kafka.cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    count = 0;
    while (fixture->operations->has_room(fixture->dead_letter) && count < 100) {
        send_sized(fixture, count++, (size_t)1024 * 1024);
    }
    assert_int_equal(count, 16);
    /* Freed with all of them outstanding. */
}

static void test_without_brokers_to_ask_there_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {""};
    assert_null(dead_letter_new(NULL, 0, "letters", fixture->wake_fd, &error));
    assert_non_null(strstr(error.text, "\"bootstrap.servers\" is missing"));
    const struct consumer_property refused[] = {{"bootstrap.servers", fixture->kafka.bootstrap},
                                                {"acks", "1"}};
    assert_null(dead_letter_new(refused, 2, "letters", fixture->wake_fd, &error));
    assert_non_null(strstr(error.text, "\"acks\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_a_letter_is_the_message_with_its_origin_and_reason),
        TEST(test_what_a_message_does_not_have_its_letter_has_not),
        TEST(test_a_letter_is_done_only_when_it_is_acknowledged),
        TEST(test_the_fd_is_written_when_a_report_may_be_there),
        TEST(test_many_letters_are_each_done_once),
        TEST(test_a_refused_letter_is_said_and_tried_again_after_a_while),
        TEST(test_refusals_have_no_end_and_lose_nothing),
        TEST(test_letters_of_a_refused_batch_are_tried_one_by_one),
        TEST(test_a_letter_that_goes_alone_waits_for_those_under_way),
        TEST(test_a_letter_that_is_too_large_is_kept_and_holds_no_other),
        TEST(test_the_brokers_decide_how_large_a_letter_may_be),
        TEST(test_letters_wait_for_brokers_that_are_away_and_say_so),
        TEST(test_letters_outlast_the_longest_outage),
        TEST(test_a_topic_that_comes_late_gets_its_letters),
        TEST(test_after_a_fatal_error_another_producer_goes_on),
        TEST(test_room_has_an_end_in_letters_and_in_bytes),
        TEST(test_without_brokers_to_ask_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
