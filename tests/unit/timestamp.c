#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "json/reader.h"
#include "support/shared.h"

#include <stdio.h>

static void assert_parsed(const char *text, const char *expected)
{
    int64_t ms = 0;
    char utc[TIMESTAMP_SIZE];
    if (timestamp_parse(slice_of(text), NULL, &ms) != MOMENT_FINE) {
        fail_msg("%s is refused", text);
    }
    timestamp_format(ms, utc);
    assert_string_equal(utc, expected);
}

static void assert_refused(struct slice text)
{
    int64_t ms = 77;
    if (timestamp_parse(text, &zone_utc, &ms) == MOMENT_FINE) {
        fail_msg("%.*s is taken", SLICE_PRINT(text));
    }
    assert_int_equal(ms, 77);
}

static void the_shapes_of_order_messages_are_read(void **state)
{
    (void)state;
    assert_parsed("2026-11-23T10:03:00Z", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23t10:03:00z", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23 10:03:00Z", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00.125Z", "2026-11-23T10:03:00.125Z");
    assert_parsed("2026-11-23T10:03:00.1Z", "2026-11-23T10:03:00.100Z");
    assert_parsed("2026-11-23T10:03:00.99999999999999999999Z", "2026-11-23T10:03:00.999Z");
    assert_parsed("2026-11-23T10:03:00.0009Z", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00+01:00", "2026-11-23T09:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00.125-0530", "2026-11-23T15:33:00.125Z");
    assert_parsed("2026-11-23T10:03:00+01", "2026-11-23T09:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00-00:00", "2026-11-23T10:03:00.000Z");
}

static void known_moments_have_their_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2001-09-09T01:46:40Z", 1000000000000},
        {"1985-04-12T23:20:50.52Z", 482196050520},
        {"0001-01-01T00:00:00.000Z", MOMENT_MIN_MS},
        {"9999-12-31T23:59:59.999Z", MOMENT_MAX_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 77;
        assert_int_equal(timestamp_parse(slice_of(cases[i].text), NULL, &ms), MOMENT_FINE);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void offsets_cross_days_and_years(void **state)
{
    (void)state;
    assert_parsed("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z");
    assert_parsed("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z");
    assert_parsed("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00.000Z");
    assert_parsed("2023-03-01T00:00:00+00:01", "2023-02-28T23:59:00.000Z");
    assert_parsed("2026-06-15T12:00:00+23:59", "2026-06-14T12:01:00.000Z");
    assert_parsed("2026-06-15T12:00:00-23:59", "2026-06-16T11:59:00.000Z");
}

static void what_an_offset_moves_out_of_range_is_refused(void **state)
{
    (void)state;
    assert_parsed("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000Z");
    assert_refused(SLICE("0001-01-01T00:59:59+01:00"));
    assert_parsed("9999-12-31T22:59:59-01:00", "9999-12-31T23:59:59.000Z");
    assert_refused(SLICE("9999-12-31T23:00:00-01:00"));
    assert_refused(SLICE("0000-12-31T23:59:59Z"));
}

static void without_an_offset_a_zone_must_be_given(void **state)
{
    (void)state;
    int64_t ms = 77;
    struct zone berlin;
    assert_true(zone_find(SLICE("Europe/Berlin"), &berlin));
    assert_int_equal(timestamp_parse(SLICE("2026-11-23T10:03:00.5"), NULL, &ms), MOMENT_NO_OFFSET);
    assert_int_equal(ms, 77);
    assert_int_equal(timestamp_parse(SLICE("2026-11-23T10:03:00.5"), &zone_utc, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795428180500);
    assert_int_equal(timestamp_parse(SLICE("2026-11-23T10:03:00"), &berlin, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795424580000);
    assert_int_equal(timestamp_parse(SLICE("2026-11-23T10:03:00Z"), &berlin, &ms), MOMENT_FINE);
    assert_int_equal(ms, 1795428180000);
    assert_int_equal(timestamp_parse(SLICE("2026-03-29T02:30:00"), &berlin, &ms), MOMENT_SKIPPED);
    assert_int_equal(timestamp_parse(SLICE("2037-03-29T12:30:00"), &berlin, &ms), MOMENT_TOO_LATE);
}

/* As programs print times that hold to ISO 8601, or nearly so. */
static void the_shapes_of_programming_languages_are_read(void **state)
{
    (void)state;
    assert_parsed("2026-11-23T10:03Z", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23T10:03+01:00", "2026-11-23T09:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00.000+0000", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23 10:03:00 UTC", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23 10:03:00 +0100", "2026-11-23T09:03:00.000Z");
    assert_parsed("2026-11-23 10:03:00 -0500", "2026-11-23T15:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00GMT", "2026-11-23T10:03:00.000Z");
    assert_parsed("2026-11-23T10:03:00,125Z", "2026-11-23T10:03:00.125Z");
    assert_parsed("2026-11-23T10:03:00.125+01:00[Europe/Berlin]", "2026-11-23T09:03:00.125Z");
    assert_parsed("2026-11-23T10:03Z[UTC]", "2026-11-23T10:03:00.000Z");
}

static void leap_years_follow_the_gregorian_rule(void **state)
{
    (void)state;
    assert_parsed("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z");
    assert_parsed("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z");
    assert_parsed("0004-02-29T00:00:00Z", "0004-02-29T00:00:00.000Z");
    assert_refused(SLICE("2023-02-29T00:00:00Z"));
    assert_refused(SLICE("1900-02-29T00:00:00Z"));
    assert_refused(SLICE("2100-02-29T00:00:00Z"));
    assert_refused(SLICE("2024-02-30T00:00:00Z"));
}

static void a_leap_second_is_the_first_moment_of_the_next_minute(void **state)
{
    (void)state;
    assert_parsed("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z");
    assert_parsed("1998-12-31T23:59:60.875Z", "1999-01-01T00:00:00.000Z");
    assert_parsed("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z");
    assert_parsed("2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000Z");
    assert_parsed("1972-06-30T23:59:60Z", "1972-07-01T00:00:00.000Z");
    assert_parsed("1960-02-29T23:59:60Z", "1960-03-01T00:00:00.000Z");
}

static void a_leap_second_anywhere_else_is_refused(void **state)
{
    (void)state;
    assert_refused(SLICE("2016-12-30T23:59:60Z"));
    assert_refused(SLICE("2016-12-31T22:59:60Z"));
    assert_refused(SLICE("2016-12-31T23:58:60Z"));
    assert_refused(SLICE("2016-12-31T23:59:60+01:00"));
    assert_refused(SLICE("2017-01-01T00:59:60+00:30"));
    assert_refused(SLICE("2016-12-31T23:59:61Z"));
    assert_refused(SLICE("2024-02-28T23:59:60Z"));
    assert_refused(SLICE("9999-12-31T23:59:60Z"));
}

static void what_is_impossible_is_refused(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        SLICE("2026-00-10T00:00:00Z"),      SLICE("2026-13-10T00:00:00Z"),
        SLICE("2026-11-00T00:00:00Z"),      SLICE("2026-11-31T00:00:00Z"),
        SLICE("2026-01-32T00:00:00Z"),      SLICE("2026-11-23T24:00:00Z"),
        SLICE("2026-11-23T10:60:00Z"),      SLICE("2026-11-23T10:03:61Z"),
        SLICE("2026-11-23T10:03:00+24:00"), SLICE("2026-11-23T10:03:00+25:00"),
        SLICE("2026-11-23T10:03:00+01:60"), SLICE("2026-11-23T10:03:00-0160"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_refused(texts[i]);
    }
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        {NULL, 0},
        SLICE("2026-11-23"),
        SLICE("2026-11-23T10:03:0Z"),
        SLICE("26-11-23T10:03:00Z"),
        SLICE("+2026-11-23T10:03:00Z"),
        SLICE("02026-11-23T10:03:00Z"),
        SLICE("2026/11/23T10:03:00Z"),
        SLICE("2026-11-23_10:03:00Z"),
        SLICE("20261123T100300Z"),
        SLICE("2026-11-23T10.03.00Z"),
        SLICE("2026-W47-1T10:03:00Z"),
        SLICE("2026-11-23T10:03:00.Z"),
        SLICE("2026-11-23T10:03:00."),
        SLICE("2026-11-23T10:03:00.5.5Z"),
        SLICE("2026-11-23T10:03:00ZZ"),
        SLICE("2026-11-23T10:03:00Z "),
        SLICE(" 2026-11-23T10:03:00Z"),
        SLICE("2026-11-23T10:03:00U"),
        SLICE("2026-11-23T10Z"),
        SLICE("2026-11-23T10:03:Z"),
        SLICE("2026-11-23T10:03.5Z"),
        SLICE("2026-11-23T10:03:00  Z"),
        SLICE("2026-11-23T10:03:00 "),
        SLICE("2026-11-23T10:03:00 CET"),
        SLICE("2026-11-23T10:03:00,Z"),
        SLICE("2026-11-23T10:03:00[Europe/Berlin]"),
        SLICE("2026-11-23T10:03:00Z[]"),
        SLICE("2026-11-23T10:03:00Z]"),
        SLICE("2026-11-23T10:03:00Z[a][b]"),
        SLICE("2026-11-23T10:03:00+"),
        SLICE("2026-11-23T10:03:00+1"),
        SLICE("2026-11-23T10:03:00+1:00"),
        SLICE("2026-11-23T10:03:00+01:"),
        SLICE("2026-11-23T10:03:00+01:0"),
        SLICE("2026-11-23T10:03:00+010"),
        SLICE("2026-11-23T10:03:00+01000"),
        SLICE("2026-11-23T10:03:00+01:00:00"),
        SLICE("2026-11-23T10:03:00+01:00Z"),
        SLICE("2026-11-23T10:03:00~01:00"),
        SLICE("2026-11-23T10:03:00\xE2\x88\x92"
              "01:00"),
        SLICE("2026-11-23T1\xD9\xA0:03:00Z"),
        SLICE("2026-11-23T10:03:00Z\0"),
        SLICE("-026-11-23T10:03:00Z"),
        SLICE("2026-+1-23T10:03:00Z"),
        SLICE("2026-11-23T 1:03:00Z"),
        SLICE("1795428180"),
        SLICE("Mon, 23 Nov 2026 10:03:00 GMT"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_refused(texts[i]);
    }
}

/* Counts the days of the calendar one by one, by its rule. */
static void every_day_from_year_1_to_9999_is_written_and_read(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected_ms = MOMENT_MIN_MS + 43200000;
    for (int year = 1; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            char text[TIMESTAMP_SIZE];
            char expected[64];
            (void)snprintf(expected, sizeof expected, "%04d-%02d-01T12:00:00.000Z", year, month);
            int length = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= length; day++) {
                expected[8] = (char)('0' + day / 10);
                expected[9] = (char)('0' + day % 10);
                int64_t ms = 0;
                timestamp_format(expected_ms, text);
                bool read = timestamp_parse(slice_of(expected), NULL, &ms) == MOMENT_FINE;
                if (memcmp(text, expected, TIMESTAMP_SIZE) != 0 || !read || ms != expected_ms) {
                    fail_msg("%s is written %s, read as %lld", expected, text, (long long)ms);
                }
                expected_ms += 86400000;
            }
        }
    }
    assert_int_equal(expected_ms, MOMENT_MAX_MS + 1 + 43200000);
}

static void the_edges_of_days_and_of_the_range_are_written(void **state)
{
    (void)state;
    char text[TIMESTAMP_SIZE];
    timestamp_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    timestamp_format(-86400000, text);
    assert_string_equal(text, "1969-12-31T00:00:00.000Z");
    timestamp_format(-86400001, text);
    assert_string_equal(text, "1969-12-30T23:59:59.999Z");
    timestamp_format(86399999, text);
    assert_string_equal(text, "1970-01-01T23:59:59.999Z");
    timestamp_format(MOMENT_MIN_MS, text);
    assert_string_equal(text, "0001-01-01T00:00:00.000Z");
    timestamp_format(MOMENT_MAX_MS, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

/* Times that RFC 3339 does not have and order messages do: their offset has no minutes. */
static bool is_wanted_besides(struct slice text)
{
    return slice_equal(text, SLICE("1985-04-12T23:20:50+01"));
}

static void times_are_judged_as_the_published_vectors_judge_them(void **state)
{
    (void)state;
    struct slice content = shared_read("standards/formats/date-time.json");
    if (content.data == NULL) {
        print_message("skipped: %s is not there\n",
                      shared_path("standards/formats/date-time.json"));
        skip();
    }
    struct arena arena;
    struct error error;
    const struct json_value *groups = NULL;
    int counts[2] = {0, 0};
    arena_init(&arena, 0);
    assert_true(json_read(content, &arena, &groups, &error));
    const struct json_value *test = json_member(groups->first, SLICE("tests"))->first;
    for (; test != NULL; test = test->next) {
        const struct json_value *data = json_member(test, SLICE("data"));
        bool valid = json_member(test, SLICE("valid"))->kind == JSON_TRUE;
        int64_t ms = 0;
        if (data->kind != JSON_STRING) {
            continue;
        }
        bool taken = timestamp_parse(data->text, NULL, &ms) == MOMENT_FINE;
        if (taken != (valid || is_wanted_besides(data->text))) {
            fail_msg("%.*s is %s", SLICE_PRINT(data->text), taken ? "taken" : "refused");
        }
        counts[valid]++;
    }
    assert_true(counts[false] >= 15 && counts[true] >= 8);
    arena_done(&arena);
    shared_free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shapes_of_order_messages_are_read),
        cmocka_unit_test(known_moments_have_their_milliseconds),
        cmocka_unit_test(offsets_cross_days_and_years),
        cmocka_unit_test(what_an_offset_moves_out_of_range_is_refused),
        cmocka_unit_test(without_an_offset_a_zone_must_be_given),
        cmocka_unit_test(the_shapes_of_programming_languages_are_read),
        cmocka_unit_test(leap_years_follow_the_gregorian_rule),
        cmocka_unit_test(a_leap_second_is_the_first_moment_of_the_next_minute),
        cmocka_unit_test(a_leap_second_anywhere_else_is_refused),
        cmocka_unit_test(what_is_impossible_is_refused),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(every_day_from_year_1_to_9999_is_written_and_read),
        cmocka_unit_test(times_are_judged_as_the_published_vectors_judge_them),
        cmocka_unit_test(the_edges_of_days_and_of_the_range_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
