#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/topic.h"

static void names_that_kafka_allows_are_taken(void **state)
{
    (void)state;
    static const char *const names[] = {"orders", "orders.completed", "_a-B.9", "...", "-"};
    struct error error;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(topic_check_name(names[i], &error));
        assert_true(topic_check(names[i], &error));
    }
    char longest[TOPIC_NAME_MAX + 2] = {0};
    memset(longest, 'a', TOPIC_NAME_MAX);
    assert_true(topic_check_name(longest, &error));
    longest[TOPIC_NAME_MAX] = 'a';
    assert_false(topic_check_name(longest, &error));
    assert_string_equal(error.text, "a topic's name has at most 249 characters");
}

static void others_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        const char *message;
    } cases[] = {
        {"", "a topic's name must not be empty"},
        {".", "Kafka allows no topic of this name"},
        {"..", "Kafka allows no topic of this name"},
        {"a b", "a topic's name has only letters, digits, \".\", \"_\" and \"-\""},
        {"orders.*", "a topic's name has only letters, digits, \".\", \"_\" and \"-\""},
        {"\xC3\xA9", "a topic's name has only letters, digits, \".\", \"_\" and \"-\""},
        {"^(", "this is no regular expression: Unmatched ( or \\("},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        assert_false(topic_check(cases[i].topic, &error));
        assert_string_equal(error.text, cases[i].message);
    }
    struct error error;
    assert_false(topic_check_name("^orders", &error));
}

static void a_pattern_is_bounded(void **state)
{
    (void)state;
    char pattern[TOPIC_PATTERN_MAX + 2] = "^";
    memset(pattern + 1, 'a', TOPIC_PATTERN_MAX - 1);
    struct error error;
    assert_true(topic_check(pattern, &error));
    pattern[TOPIC_PATTERN_MAX] = 'a';
    assert_false(topic_check(pattern, &error));
}

static void a_name_fits_itself_and_a_pattern_what_it_finds(void **state)
{
    (void)state;
    assert_true(topic_fits("orders", "orders"));
    assert_false(topic_fits("orders", "orders.eu"));
    assert_false(topic_fits("order.", "orders"));
    assert_true(topic_fits("^orders", "orders.eu"));
    assert_true(topic_fits("^(orders|tickets)\\.[a-z]{2}$", "tickets.eu"));
    assert_false(topic_fits("^(orders|tickets)\\.[a-z]{2}$", "tickets.eur"));
    assert_false(topic_fits("^orders", "my.orders"));
    assert_false(topic_fits("^(", "("));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_kafka_allows_are_taken),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(a_pattern_is_bounded),
        cmocka_unit_test(a_name_fits_itself_and_a_pattern_what_it_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
