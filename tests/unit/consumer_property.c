#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/consumer.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct pair {
    const char *name;
    const char *value;
};

static void allows(const struct pair *pair)
{
    struct error error = {""};
    struct error hint = {"before"};
    if (!consumer_property_check(pair->name, pair->value, &error, &hint)) {
        fail_msg("%s: %s", pair->name, error.text);
    }
    assert_string_equal(hint.text, "");
}

/* Whose error and hint are left in the texts. */
static void refuses(const char *name, const char *value, struct error *error, struct error *hint)
{
    *error = (struct error){""};
    *hint = (struct error){"before"};
    if (consumer_property_check(name, value, error, hint)) {
        fail_msg("%s is allowed to be %s", name, value);
    }
    assert_true(strlen(error->text) > 0);
    assert_non_null(strstr(error->text, name));
    assert_string_not_equal(hint->text, "before");
}

static void holds(const struct error *text, const char *part)
{
    if (strstr(text->text, part) == NULL) {
        fail_msg("\"%s\" does not hold \"%s\"", text->text, part);
    }
}

static void test_what_a_cluster_needs_is_allowed(void **state)
{
    static const struct pair pairs[] = {
        {"bootstrap.servers", "kafka-1:9092,kafka-2:9092"},
        {"metadata.broker.list", "kafka-1:9092"},
        {"group.id", "rokt-relay"},
        {"group.instance.id", "rokt-relay-0"},
        {"group.protocol", "consumer"},
        {"client.id", "relay-7"},
        {"client.rack", "eu-west-1a"},
        {"partition.assignment.strategy", "range"},
        {"session.timeout.ms", "45000"},
        {"max.poll.interval.ms", "300000"},
        {"queued.max.messages.kbytes", "65536"},
        {"fetch.queue.backoff.ms", "5"},
        {"fetch.message.max.bytes", "10485760"},
        {"check.crcs", "true"},
        {"security.protocol", "SASL_SSL"},
        {"sasl.mechanism", "SCRAM-SHA-512"},
        {"sasl.username", "relay"},
        {"sasl.password", "secret"},
        {"ssl.ca.location", "/etc/ssl/kafka.pem"},
        {"ssl.certificate.location", "/etc/ssl/relay.pem"},
        {"ssl.key.location", "/etc/ssl/relay.key"},
        {"compression.type", "zstd"},
        {"linger.ms", "100"},
        {"message.max.bytes", "2000000"},
        {"partitioner", "murmur2_random"},
        {"debug", "cgrp,consumer"},
        {"log_level", "7"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        allows(&pairs[i]);
    }
}

/* A configuration that says what is the case anyway is no error. */
static void test_what_is_so_already_is_allowed(void **state)
{
    static const struct pair pairs[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"isolation.level", "read_committed"},
        {"auto.offset.reset", "earliest"},
        {"auto.offset.reset", "error"},
        {"acks", "all"},
        {"acks", "-1"},
        {"enable.idempotence", "true"},
        {"max.in.flight.requests.per.connection", "1"},
        {"enable.ssl.certificate.verification", "true"},
        {"ssl.endpoint.identification.algorithm", "https"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        allows(&pairs[i]);
    }
}

static void test_what_would_lose_orders_is_refused(void **state)
{
    static const struct pair pairs[] = {
        {"enable.auto.commit", "true"},
        {"auto.commit.enable", "true"},
        {"auto.commit.interval.ms", "1000"},
        {"enable.auto.offset.store", "true"},
        {"offset.store.method", "file"},
        {"offset.store.method", "none"},
        {"offset.store.path", "/tmp"},
        {"auto.offset.reset", "latest"},
        {"auto.offset.reset", "largest"},
        {"auto.offset.reset", "end"},
        {"isolation.level", "read_uncommitted"},
        {"api.version.request", "false"},
        {"enable.partition.eof", "true"},
        {"enabled_events", "255"},
        {"log.queue", "false"},
        {"internal.termination.signal", "29"},
        {"plugin.library.paths", "/lib/x.so"},
    };
    struct error error;
    struct error hint;
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        refuses(pairs[i].name, pairs[i].value, &error, &hint);
        assert_true(strlen(hint.text) > 0);
    }
    refuses("auto.offset.reset", "latest", &error, &hint);
    holds(&error, "would be lost");
    holds(&hint, "earliest");
    refuses("enable.auto.commit", "true", &error, &hint);
    holds(&error, "only what has been taken care of");
}

static void test_what_would_lose_dead_letters_is_refused(void **state)
{
    static const struct pair pairs[] = {
        {"acks", "1"},
        {"acks", "0"},
        {"request.required.acks", "1"},
        {"enable.idempotence", "false"},
        {"retries", "0"},
        {"message.send.max.retries", "3"},
        {"message.timeout.ms", "5000"},
        {"delivery.timeout.ms", "5000"},
        {"delivery.report.only.error", "true"},
        {"enable.gapless.guarantee", "true"},
        {"queuing.strategy", "lifo"},
        {"max.in.flight.requests.per.connection", "6"},
        {"max.in.flight", "1000000"},
        {"transactional.id", "relay"},
    };
    struct error error;
    struct error hint;
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        refuses(pairs[i].name, pairs[i].value, &error, &hint);
        assert_true(strlen(hint.text) > 0);
    }
}

static void test_tls_that_verifies_nothing_is_refused(void **state)
{
    struct error error;
    struct error hint;
    (void)state;
    refuses("enable.ssl.certificate.verification", "false", &error, &hint);
    holds(&error, "ssl.ca.location");
    refuses("ssl.endpoint.identification.algorithm", "none", &error, &hint);
    holds(&error, "certificates must hold their names");
}

static void test_what_only_a_program_can_set_is_refused(void **state)
{
    static const char *const names[] = {"rebalance_cb", "error_cb",      "dr_msg_cb",
                                        "log_cb",       "opaque",        "default_topic_conf",
                                        "interceptors", "partitioner_cb"};
    struct error error;
    struct error hint;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        refuses(names[i], "1", &error, &hint);
        holds(&error, "only be set by a program");
    }
}

static void test_an_unknown_name_gets_the_nearest_known_one(void **state)
{
    struct error error;
    struct error hint;
    (void)state;
    refuses("bootstrap.server", "kafka:9092", &error, &hint);
    holds(&error, "knows no property");
    holds(&hint, "\"bootstrap.servers\"");
    refuses("sasl.pasword", "x", &error, &hint);
    holds(&hint, "\"sasl.password\"");
    refuses("Group.ID", "x", &error, &hint);
    holds(&hint, "\"group.id\"");
    refuses("nothing.like.it.at.all", "x", &error, &hint);
    assert_string_equal(hint.text, "");
    refuses("", "x", &error, &hint);
    /* Known to librdkafka only for its own tests: there would be no real cluster. */
    refuses("test.mock.num.brokers", "1", &error, &hint);
}

static void test_a_value_of_the_wrong_type_is_refused(void **state)
{
    struct error error;
    struct error hint;
    (void)state;
    refuses("session.timeout.ms", "soon", &error, &hint);
    holds(&hint, "1 .. 3600000");
    refuses("session.timeout.ms", "99999999", &error, &hint);
    refuses("check.crcs", "perhaps", &error, &hint);
    holds(&hint, "true, false");
    refuses("security.protocol", "tls", &error, &hint);
    holds(&hint, "sasl_ssl");
    refuses("compression.type", "brotli", &error, &hint);
    holds(&hint, "zstd");
}

/* Wherever a password ends up by mistake, the error does not show it. */
static void test_no_error_shows_the_value(void **state)
{
    static const char *const names[] = {"sasl.password",
                                        "session.timeout.ms",
                                        "security.protocol",
                                        "acks",
                                        "enable.auto.commit",
                                        "no.such.name",
                                        "rebalance_cb",
                                        "retries",
                                        "auto.offset.reset",
                                        "check.crcs",
                                        "debug",
                                        "sasl.mechanism"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error error = {""};
        struct error hint = {""};
        if (!consumer_property_check(names[i], "hunter2", &error, &hint)) {
            assert_null(strstr(error.text, "hunter2"));
            assert_null(strstr(hint.text, "hunter2"));
        }
    }
}

/* librdkafka refuses a fetch size below message.max.bytes, and the relay has one of its own. */
static void test_message_max_bytes_may_be_set_alone(void **state)
{
    static const struct consumer_property properties[] = {
        {"bootstrap.servers", "127.0.0.1:1"},
        {"group.id", "relay"},
        {"message.max.bytes", "20000000"},
    };
    const char *const topics[] = {"orders"};
    const struct consumer_subscription subscription = {topics, 1};
    struct error error = {""};
    (void)state;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct consumer *consumer = consumer_new(properties, 3, &subscription, 1, fd, &error);
    assert_string_equal(error.text, "");
    assert_non_null(consumer);
    consumer->operations->free(consumer);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_cluster_needs_is_allowed),
        cmocka_unit_test(test_what_is_so_already_is_allowed),
        cmocka_unit_test(test_what_would_lose_orders_is_refused),
        cmocka_unit_test(test_what_would_lose_dead_letters_is_refused),
        cmocka_unit_test(test_tls_that_verifies_nothing_is_refused),
        cmocka_unit_test(test_what_only_a_program_can_set_is_refused),
        cmocka_unit_test(test_an_unknown_name_gets_the_nearest_known_one),
        cmocka_unit_test(test_a_value_of_the_wrong_type_is_refused),
        cmocka_unit_test(test_no_error_shows_the_value),
        cmocka_unit_test(test_message_max_bytes_may_be_set_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
