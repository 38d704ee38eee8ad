#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/rate_limit.h"

#define START_MS INT64_C(1000000)

static struct rate_limit *limit;

static void limit_to(uint64_t rate, uint64_t acceleration)
{
    const struct rate_rules rules = {.rate = rate, .acceleration = acceleration};
    rate_limit_free(limit);
    limit = rate_limit_new(&rules);
}

static struct rate_outcome take(size_t conversions, int64_t now_ms)
{
    struct rate_outcome outcome;
    rate_limit_take(limit, conversions, START_MS + now_ms, &outcome);
    return outcome;
}

/* Takes one conversion every `interval_ms`, and counts those that are taken. */
static size_t press(int64_t from_ms, int64_t to_ms, int64_t interval_ms)
{
    size_t count = 0;
    for (int64_t at = from_ms; at < to_ms; at += interval_ms) {
        count += take(1, at).verdict == RATE_FINE;
    }
    return count;
}

static void takes_everything_without_a_rule(void **state)
{
    (void)state;
    limit_to(0, 0);
    for (int i = 0; i < 1000; i++) {
        struct rate_outcome outcome = take(100, 0);
        assert_int_equal(outcome.verdict, RATE_FINE);
        assert_int_equal(outcome.used_percent, -1);
    }
}

static void takes_no_more_in_any_second(void **state)
{
    (void)state;
    limit_to(10, 0);
    assert_int_equal(take(4, 0).used_percent, 40);
    assert_int_equal(take(6, 500).used_percent, 100);
    assert_int_equal(take(1, 990).verdict, RATE_EXCEEDED);
    assert_int_equal(take(5, 1000).verdict, RATE_EXCEEDED);
    assert_int_equal(take(4, 1000).verdict, RATE_FINE);
    assert_int_equal(take(1, 1490).verdict, RATE_EXCEEDED);
    assert_int_equal(take(6, 1500).verdict, RATE_FINE);
}

static void does_not_count_what_it_refuses(void **state)
{
    (void)state;
    limit_to(10, 0);
    (void)take(9, 0);
    assert_int_equal(take(2, 10).verdict, RATE_EXCEEDED);
    assert_int_equal(take(1, 20).verdict, RATE_FINE);
}

static void holds_steady_pressure_at_the_rate(void **state)
{
    (void)state;
    limit_to(270, 0);
    size_t count = press(0, 10000, 1);
    assert_in_range(count, 2700, 2760); /* steps of 10 ms give one in a hundred more */
}

static void takes_a_large_request_that_is_alone(void **state)
{
    (void)state;
    limit_to(50, 10);
    assert_int_equal(take(100, 0).verdict, RATE_FINE);
    assert_int_equal(take(1, 900).verdict, RATE_EXCEEDED);
    assert_int_equal(take(100, 1000).verdict, RATE_FINE);
    assert_int_equal(take(100, 1000).used_percent, 100);
}

static void lets_the_rate_rise_only_so_fast(void **state)
{
    size_t last = 0;
    size_t seconds = 0;
    (void)state;
    limit_to(1000, 50);
    for (int64_t second = 0; last < 1000 && second < 60; second++) {
        size_t count = press(second * 1000, second * 1000 + 1000, 1);
        assert_true(count <= last + last / 2 + 100 || count <= 1010);
        assert_true(count > last);
        last = count;
        seconds++;
    }
    assert_in_range(seconds, 3, 10); /* 100, 250, 475, 812, 1000 */
}

static void tells_a_rise_from_too_much(void **state)
{
    (void)state;
    limit_to(100, 50);
    (void)take(10, 0);
    struct rate_outcome outcome = take(1, 0);
    assert_int_equal(outcome.verdict, RATE_ACCELERATED);
    assert_int_equal(outcome.used_percent, 100);
    (void)take(20, 1500);
    assert_int_equal(take(5, 1600).verdict, RATE_FINE);
    assert_int_equal(take(1, 1600).verdict, RATE_ACCELERATED);
    assert_int_equal(take(76, 1600).verdict, RATE_EXCEEDED);
}

static void forgets_the_rate_of_more_than_ten_seconds_ago(void **state)
{
    (void)state;
    limit_to(100, 50);
    (void)take(100, 0);
    assert_int_equal(take(50, 9000).verdict, RATE_FINE);
    assert_int_equal(take(50, 9000).verdict, RATE_FINE);
    (void)take(10, 25000);
    assert_int_equal(take(1, 25000).verdict, RATE_ACCELERATED);
    (void)take(10, 100000);
    assert_int_equal(take(1, 100000).verdict, RATE_ACCELERATED);
}

static void bears_threads_that_are_a_moment_late(void **state)
{
    (void)state;
    limit_to(10, 0);
    (void)take(9, 1000);
    assert_int_equal(take(1, 980).verdict, RATE_FINE);
    assert_int_equal(take(1, 1990).verdict, RATE_EXCEEDED);
    assert_int_equal(take(10, 2000).verdict, RATE_FINE);
}

static void changes_its_rules_and_remembers(void **state)
{
    const struct rate_rules fewer = {.rate = 5};
    (void)state;
    limit_to(0, 0);
    (void)take(10, 0);
    rate_limit_set(limit, &fewer);
    assert_int_equal(rate_limit_rules(limit).rate, 5);
    assert_int_equal(take(1, 500).verdict, RATE_EXCEEDED);
    assert_int_equal(take(5, 1000).verdict, RATE_FINE);
}

static void reads_rules_and_writes_them(void **state)
{
    struct rate_rules rules;
    struct error error;
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 1024);
    assert_true(rate_rules_read(SLICE("{\"acceleration\":50,\"rate\":270}"), &rules, &error));
    rate_rules_write(&rules, &buffer);
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("{\"rate\":270,\"acceleration\":50}")));
    assert_true(rate_rules_read(SLICE("{}"), &rules, &error));
    assert_int_equal(rules.rate, 0);
    buffer_done(&buffer);
}

static void refuses_rules_that_make_no_sense(void **state)
{
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{\"rat\":1}",
                                        "{\"rate\":\"1\"}",
                                        "{\"rate\":-1}",
                                        "{\"rate\":1.5}",
                                        "{\"rate\":1000001}",
                                        "{\"rate\":99999999999999999999999}",
                                        "{\"rate\":1,\"acceleration\":10001}",
                                        "{\"acceleration\":50}"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rate_rules rules = {.rate = 7};
        struct error error = {""};
        if (rate_rules_read(slice_of(wrong[i]), &rules, &error)) {
            fail_msg("%s was taken", wrong[i]);
        }
        assert_true(error.text[0] != '\0');
        assert_int_equal(rules.rate, 7);
    }
}

static int tear_down(void **state)
{
    (void)state;
    rate_limit_free(limit);
    limit = NULL;
    return 0;
}

#define CASE(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(takes_everything_without_a_rule),
        CASE(takes_no_more_in_any_second),
        CASE(does_not_count_what_it_refuses),
        CASE(holds_steady_pressure_at_the_rate),
        CASE(takes_a_large_request_that_is_alone),
        CASE(lets_the_rate_rise_only_so_fast),
        CASE(tells_a_rise_from_too_much),
        CASE(forgets_the_rate_of_more_than_ten_seconds_ago),
        CASE(bears_threads_that_are_a_moment_late),
        CASE(changes_its_rules_and_remembers),
        CASE(reads_rules_and_writes_them),
        CASE(refuses_rules_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
