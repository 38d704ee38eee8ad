#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/retry_after.h"

/* 1994-11-06T08:49:37Z, the moment that RFC 9110 writes in all three forms. */
#define MOMENT_MS 784111777000LL

static int64_t read_at(const char *value, int64_t wall_ms)
{
    return retry_after_ms(slice_of(value), slice_of(NULL), wall_ms);
}

static void seconds_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_at("0", 0), 0);
    assert_int_equal(read_at("1", 0), 1000);
    assert_int_equal(read_at("120", 0), 120000);
    assert_int_equal(read_at(" 7\t", 0), 7000);
    assert_int_equal(read_at("007", 0), 7000);
}

static void absurd_seconds_are_capped(void **state)
{
    (void)state;
    assert_int_equal(read_at("31622400", 0), RETRY_AFTER_MAX_MS);
    assert_int_equal(read_at("31622401", 0), RETRY_AFTER_MAX_MS);
    assert_int_equal(read_at("18446744073709551617", 0), RETRY_AFTER_MAX_MS);
    assert_int_equal(read_at("99999999999999999999999999999999999999999999", 0),
                     RETRY_AFTER_MAX_MS);
}

static void all_three_forms_of_a_date_are_read(void **state)
{
    (void)state;
    const int64_t wall_ms = MOMENT_MS - 90000;
    assert_int_equal(read_at("Sun, 06 Nov 1994 08:49:37 GMT", wall_ms), 90000);
    assert_int_equal(read_at("Sunday, 06-Nov-94 08:49:37 GMT", wall_ms), 90000);
    assert_int_equal(read_at("Sun Nov  6 08:49:37 1994", wall_ms), 90000);
}

static void a_date_in_the_past_is_no_wait_and_a_far_one_is_capped(void **state)
{
    (void)state;
    assert_int_equal(read_at("Sun, 06 Nov 1994 08:49:37 GMT", MOMENT_MS + 1), 0);
    assert_int_equal(read_at("Fri, 31 Dec 9999 23:59:59 GMT", MOMENT_MS), RETRY_AFTER_MAX_MS);
}

static void a_date_counts_from_the_date_of_the_answer(void **state)
{
    (void)state;
    /* Our clock is a day behind. */
    assert_int_equal(retry_after_ms(SLICE("Sun, 06 Nov 1994 08:49:37 GMT"),
                                    SLICE("Sun, 06 Nov 1994 08:49:07 GMT"), MOMENT_MS - 86400000),
                     30000);
    assert_int_equal(retry_after_ms(SLICE("Sun, 06 Nov 1994 08:49:37 GMT"), SLICE("not a date"),
                                    MOMENT_MS - 5000),
                     5000);
    /* Seconds count from now on, whatever the date. */
    assert_int_equal(retry_after_ms(SLICE("30"), SLICE("Sun, 06 Nov 1994 08:49:07 GMT"), 0), 30000);
}

static void what_is_neither_is_none(void **state)
{
    (void)state;
    const char *const values[] = {
        "",
        " ",
        "-1",
        "+5",
        "1.5",
        "5s",
        "soon",
        "0x10",
        "1e3",
        "12 34",
        "Sun",
        "1994-11-06T08:49:37Z",
        "Sunday",
        "next week",
        "Sun, 99 Foo 1994 08:49:37 GMT",
        "\xC3\xA4",
        "Sun, 06 Nov 1994 08:49:37 GMT and then a lot of other words that make it too long",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (read_at(values[i], MOMENT_MS) != -1) {
            fail_msg("\"%s\" was taken for a wait", values[i]);
        }
    }
    assert_int_equal(retry_after_ms(slice_of(NULL), slice_of(NULL), 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_read),
        cmocka_unit_test(absurd_seconds_are_capped),
        cmocka_unit_test(all_three_forms_of_a_date_are_read),
        cmocka_unit_test(a_date_in_the_past_is_no_wait_and_a_far_one_is_capped),
        cmocka_unit_test(a_date_counts_from_the_date_of_the_answer),
        cmocka_unit_test(what_is_neither_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
