#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/moment.h"

static const struct moment noon = {.year = 2026, .month = 11, .day = 23, .hour = 12};

static enum moment_fault fault(struct moment moment)
{
    int64_t ms = 77;
    enum moment_fault found = moment_ms(&moment, &zone_utc, &ms);
    assert_true((found == MOMENT_FINE) == (ms != 77));
    return found;
}

static void a_moment_is_one_point_in_time(void **state)
{
    (void)state;
    struct moment moment = noon;
    int64_t ms = 0;
    moment.millisecond = 125;
    assert_int_equal(moment_ms(&moment, &zone_utc, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795435200125);
    moment.has_offset = true;
    moment.offset_s = 3600;
    assert_int_equal(moment_ms(&moment, NULL, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795431600125);
    assert_int_equal(moment_ms(&moment, &zone_utc, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795431600125);
}

static void what_the_calendar_lacks_is_impossible(void **state)
{
    (void)state;
    static const struct moment impossible[] = {
        {.year = 0, .month = 1, .day = 1},
        {.year = 10000, .month = 1, .day = 1},
        {.year = -1, .month = 1, .day = 1},
        {.year = 2026, .month = 0, .day = 1},
        {.year = 2026, .month = 13, .day = 1},
        {.year = 2026, .month = 1, .day = 0},
        {.year = 2026, .month = 2, .day = 29},
        {.year = 2026, .month = 4, .day = 31},
        {.year = 2026, .month = 1, .day = 1, .hour = 24},
        {.year = 2026, .month = 1, .day = 1, .minute = 60},
        {.year = 2026, .month = 1, .day = 1, .second = 60},
        {.year = 2026, .month = 1, .day = 1, .second = 61},
        {.year = 2026, .month = 1, .day = 1, .hour = -1},
    };
    assert_int_equal(fault(noon), MOMENT_FINE);
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        assert_int_equal(fault(impossible[i]), MOMENT_IMPOSSIBLE);
    }
}

static void what_is_unknown_of_local_times_is_told(void **state)
{
    (void)state;
    struct zone berlin;
    int64_t ms = 77;
    assert_true(zone_find(SLICE("Europe/Berlin"), &berlin));
    struct moment skipped = {.year = 2026, .month = 3, .day = 29, .hour = 2, .minute = 30};
    struct moment late = {.year = 2037, .month = 3, .day = 29, .hour = 12};
    struct moment last = {
        .year = 9999, .month = 12, .day = 31, .hour = 23, .has_offset = true, .offset_s = -3600};
    assert_int_equal(moment_ms(&noon, NULL, &ms), MOMENT_NO_OFFSET);
    assert_int_equal(moment_ms(&skipped, &berlin, &ms), MOMENT_SKIPPED);
    assert_int_equal(moment_ms(&late, &berlin, &ms), MOMENT_TOO_LATE);
    assert_int_equal(moment_ms(&last, &berlin, &ms), MOMENT_OUT_OF_RANGE);
    assert_int_equal(ms, 77);
}

/* The end of June 2015 had one; Berlin's clocks showed 2 h then. */
static void a_leap_second_of_a_zone_is_that_of_utc(void **state)
{
    (void)state;
    struct zone berlin;
    int64_t ms = 0;
    assert_true(zone_find(SLICE("Europe/Berlin"), &berlin));
    struct moment leap = {
        .year = 2015, .month = 7, .day = 1, .hour = 1, .minute = 59, .second = 60};
    assert_int_equal(moment_ms(&leap, &berlin, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1435708800000);
    leap.hour = 23;
    assert_int_equal(moment_ms(&leap, &berlin, &ms), MOMENT_IMPOSSIBLE);
}

static void days_of_the_week_are_known(void **state)
{
    (void)state;
    static const struct {
        struct moment moment;
        int weekday;
    } cases[] = {
        {{.year = 1970, .month = 1, .day = 1}, 4},  {{.year = 2026, .month = 11, .day = 23}, 1},
        {{.year = 2000, .month = 2, .day = 29}, 2}, {{.year = 1969, .month = 12, .day = 31}, 3},
        {{.year = 1, .month = 1, .day = 1}, 1},     {{.year = 9999, .month = 12, .day = 31}, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(moment_weekday(&cases[i].moment), cases[i].weekday);
    }
}

static void names_are_whole_or_of_three_letters_in_any_case(void **state)
{
    (void)state;
    int index = 0;
    assert_int_equal(moment_month(SLICE("Nov 23"), &index), 3);
    assert_int_equal(index, 11);
    assert_int_equal(moment_month(SLICE("NOVEMBER 23"), &index), 8);
    assert_int_equal(index, 11);
    assert_int_equal(moment_month(SLICE("may"), &index), 3);
    assert_int_equal(index, 5);
    assert_int_equal(moment_month(SLICE("Septem"), &index), 3);
    assert_int_equal(moment_month(SLICE("Ja"), &index), 0);
    assert_int_equal(moment_month(SLICE("Mai"), &index), 0);
    assert_int_equal(moment_month((struct slice){NULL, 0}, &index), 0);
    assert_int_equal(moment_day_name(SLICE("sun,"), &index), 3);
    assert_int_equal(index, 0);
    assert_int_equal(moment_day_name(SLICE("Wednesday"), &index), 9);
    assert_int_equal(index, 3);
    assert_int_equal(moment_day_name(SLICE("Tag"), &index), 0);
}

static void numbers_and_fractions_are_of_digits_alone(void **state)
{
    (void)state;
    int number = 77;
    assert_true(moment_number(SLICE("0123"), 4, &number));
    assert_int_equal(number, 123);
    assert_false(moment_number(SLICE("012"), 4, &number));
    assert_false(moment_number(SLICE("-123"), 4, &number));
    assert_false(moment_number(SLICE("1 23"), 4, &number));
    assert_int_equal(number, 123);
    assert_int_equal(moment_fraction(SLICE("5Z"), &number), 1);
    assert_int_equal(number, 500);
    assert_int_equal(moment_fraction(SLICE("0429999999"), &number), 10);
    assert_int_equal(number, 42);
    assert_int_equal(moment_fraction(SLICE("Z"), &number), 0);
    assert_int_equal(number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_one_point_in_time),
        cmocka_unit_test(what_the_calendar_lacks_is_impossible),
        cmocka_unit_test(what_is_unknown_of_local_times_is_told),
        cmocka_unit_test(a_leap_second_of_a_zone_is_that_of_utc),
        cmocka_unit_test(days_of_the_week_are_known),
        cmocka_unit_test(names_are_whole_or_of_three_letters_in_any_case),
        cmocka_unit_test(numbers_and_fractions_are_of_digits_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
