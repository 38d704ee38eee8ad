/* Times, as the transform `timestamp` reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expressions.h"

#include <stdio.h>

#define NO_RFC3339 "error: timestamp cannot use a text that is no time of RFC 3339"
#define NO_RFC2822 "error: timestamp cannot use a text that is no time of RFC 2822"
#define NO_NUMBER "error: timestamp cannot use a text that is no number"
#define NO_FIT "error: timestamp cannot use a text that does not fit the pattern"
#define IMPOSSIBLE \
    "error: timestamp cannot use a date, a day of the week or a time of day that there is not"
#define NO_OFFSET                                                                \
    "error: timestamp cannot use a time without an offset: timestamp('utc') or " \
    "timestamp('Europe/Berlin') says where it is local"
#define SKIPPED                                                                              \
    "error: timestamp cannot use a local time that there is not: the zone's clocks are set " \
    "forward "                                                                               \
    "over it"
#define TOO_LATE \
    "error: timestamp cannot use a local time after 2036: until then the zone's rules are known"
#define OUT_OF_RANGE "error: timestamp cannot use a time before the year 1 or after the year 9999"

/* One JSON value through one format. */
static void reads_json(const char *value, const char *arguments, const char *expected)
{
    char json[512];
    char source[512];
    (void)snprintf(
        json, sizeof json,
        "{\"t\": %s, \"zone\": \"Asia/Tokyo\", \"offset\": \"-02:00\", \"none\": \"Mars\"}", value);
    (void)snprintf(source, sizeof source, "$.t | timestamp(%s)", arguments);
    expressions_give(json, source, expected);
}

static void reads(const char *text, const char *arguments, const char *expected)
{
    char json[256];
    (void)snprintf(json, sizeof json, "\"%s\"", text);
    reads_json(json, arguments, expected);
}

static void rfc_3339_is_what_is_read_unless_said(void **state)
{
    (void)state;
    expressions_give("\"2026-11-23T10:03:00.1256+01:00\"", "$ | timestamp",
                     "2026-11-23T09:03:00.125Z");
    reads("2026-11-23T10:03:00.1256+01:00", "'rfc3339'", "2026-11-23T09:03:00.125Z");
    reads(" 2021-03-11 16:56:59.121991+00:00 ", "", "2021-03-11T16:56:59.121Z");
    reads("2017-03-21T19:54:51", "", NO_OFFSET);
    reads("2017-02-30T00:00:00Z", "", IMPOSSIBLE);
    reads("2017-02-01T24:00:00Z", "", IMPOSSIBLE);
    reads("yesterday", "'utc'", NO_RFC3339);
    reads_json("1795428180", "",
               "error: timestamp cannot use a number that is no time of RFC 3339");
    reads("0001-01-01T00:00:00+00:01", "", OUT_OF_RANGE);
    reads("9999-12-31T23:59:59.999Z", "", "9999-12-31T23:59:59.999Z");
}

static void a_zone_is_that_of_times_without_an_offset(void **state)
{
    (void)state;
    reads("2017-03-21T19:54:51", "'utc'", "2017-03-21T19:54:51.000Z");
    reads("2017-03-21T19:54:51+02:00", "'utc'", "2017-03-21T17:54:51.000Z");
    reads("2026-07-01 12:00:00", "'Europe/Berlin'", "2026-07-01T10:00:00.000Z");
    reads("2026-07-01 12:00:00", "'rfc3339', 'Europe/Berlin'", "2026-07-01T10:00:00.000Z");
    reads("2026-07-01 12:00:00Z", "'Europe/Berlin'", "2026-07-01T12:00:00.000Z");
    reads("2026-07-01 12:00:00", "'-03:30'", "2026-07-01T15:30:00.000Z");
    reads("2026-03-29 02:30:00", "'Europe/Berlin'", SKIPPED);
    reads("2026-10-25 02:30:00", "'Europe/Berlin'", "2026-10-25T00:30:00.000Z");
    reads("2036-12-31 23:59:59", "'America/New_York'", "2037-01-01T04:59:59.000Z");
    reads("2037-01-01 00:00:00", "'America/New_York'", TOO_LATE);
    reads("2037-01-01 00:00:00", "'-05:00'", "2037-01-01T05:00:00.000Z");
}

static void the_message_may_tell_the_zone(void **state)
{
    (void)state;
    reads("2026-07-01 12:00:00", "'rfc3339', $.zone", "2026-07-01T03:00:00.000Z");
    reads("01.07.2026", "'%d.%m.%Y', $.offset", "2026-07-01T02:00:00.000Z");
    reads("2026-07-01 12:00:00", "'rfc3339', $.none",
          "error: timestamp cannot use an argument that is no zone");
    reads("2026-07-01 12:00:00", "'rfc3339', $.absent",
          "error: timestamp cannot use an argument that is missing");
}

static void numbers_count_from_1970(void **state)
{
    (void)state;
    reads_json("1795428180", "'s'", "2026-11-23T10:03:00.000Z");
    reads_json("1795428180.1259", "'s'", "2026-11-23T10:03:00.125Z");
    reads_json("1.79542818e9", "'s'", "2026-11-23T10:03:00.000Z");
    reads("1795428180125", "'ms'", "2026-11-23T10:03:00.125Z");
    reads_json("1795428180125999", "'us'", "2026-11-23T10:03:00.125Z");
    reads_json("1795428180125999999", "'ns'", "2026-11-23T10:03:00.125Z");
    reads_json("0", "'ms'", "1970-01-01T00:00:00.000Z");
    reads_json("-1", "'s'", "1969-12-31T23:59:59.000Z");
    reads("2026", "'s'", "1970-01-01T00:33:46.000Z");
    reads_json("1795428180125", "'s'", OUT_OF_RANGE);
    reads_json("99999999999999999999999", "'ms'", OUT_OF_RANGE);
    reads_json("1e900", "'ns'", OUT_OF_RANGE);
    reads_json("-62135596800000", "'ms'", "0001-01-01T00:00:00.000Z");
    reads_json("-62135596800001", "'ms'", OUT_OF_RANGE);
    reads_json("253402300799999", "'ms'", "9999-12-31T23:59:59.999Z");
    reads_json("253402300800000", "'ms'", OUT_OF_RANGE);
    reads("2026-11-23T10:03:00Z", "'s'", NO_NUMBER);
}

static void the_size_of_a_number_tells_its_unit(void **state)
{
    (void)state;
    reads_json("1795428180", "'epoch'", "2026-11-23T10:03:00.000Z");
    reads_json("1795428180.5", "'epoch'", "2026-11-23T10:03:00.500Z");
    reads("1.79542818e9", "'epoch'", "2026-11-23T10:03:00.000Z");
    reads_json("1795428180125", "'epoch'", "2026-11-23T10:03:00.125Z");
    reads_json("1795428180125999", "'epoch'", "2026-11-23T10:03:00.125Z");
    reads_json("1795428180125999999", "'epoch'", "2026-11-23T10:03:00.125Z");
    reads_json("99999999999", "'epoch'", "5138-11-16T09:46:39.000Z");
    reads_json("100000000000", "'epoch'", "1973-03-03T09:46:40.000Z");
    reads_json("99999999999999", "'epoch'", "5138-11-16T09:46:39.999Z");
    reads_json("100000000000000", "'epoch'", "1973-03-03T09:46:40.000Z");
    reads_json("99999999999999999", "'epoch'", "5138-11-16T09:46:39.999Z");
    reads_json("100000000000000000", "'epoch'", "1973-03-03T09:46:40.000Z");
    reads_json("-5", "'epoch'", "1969-12-31T23:59:55.000Z");
}

static void rfc_2822_is_read_as_mails_have_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Mon, 23 Nov 2026 10:03:00 +0000",
        "Mon, 23 Nov 2026 11:03:00 +0100",
        "23 Nov 2026 10:03 -0000",
        "Mon,23 Nov 2026 10:03:00 GMT",
        "mon, 23 NOV 2026 10:03:00 gmt",
        "Mon, 23 Nov 26 10:03:00 UT",
        "Mon, 23 Nov 126 10:03:00 Z",
        "Mon, 23 Nov 2026 05:03:00 EST",
        "Mon, 23 Nov 2026 03:03:00 pdt",
        "Mon (a (nested) \\\\( one), 23 Nov 2026 10:03:00 (UTC) +0000 (UTC)",
        "Mon, 23\\tNov  2026 10 : 03 : 00 UTC",
        "Monday, 23 November 2026 10:03:00 UTC",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        reads(texts[i], "'rfc2822'", "2026-11-23T10:03:00.000Z");
    }
    reads("Thu, 1 Jan 70 00:00:00 GMT", "'rfc2822'", "1970-01-01T00:00:00.000Z");
    reads("Sat, 31 Dec 2016 18:59:60 -0500", "'rfc2822'", "2017-01-01T00:00:00.000Z");
    reads("1 Jul 2026 12:00:00", "'rfc2822', 'Europe/Berlin'", "2026-07-01T10:00:00.000Z");
    reads("1 Jul 2026 12:00:00 GMT", "'rfc2822', 'Europe/Berlin'", "2026-07-01T12:00:00.000Z");
}

static void what_rfc_2822_does_not_have_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Mon 23 Nov 2026 10:03:00 +0000",
        "Mon, 23 Nov 2026 10:03:00 CET",
        "Mon, 23 Nov 2026 10:03:00 A",
        "Mon, 23 Nov 2026 10:03:00 +01:00",
        "Mon, 23 Nov 2026 10:03:00 +2400",
        "Mon, 23 Nov 2026 10:03:00 +00000",
        "Mon, 23 Nov 2026 10:03:00 GMT+1",
        "Mon, 23-Nov-26 10:03:00 GMT",
        "Mon, 23 Nov 2026",
        "Mon, 23 Nov 2026 1:03:00 GMT",
        "Mon, 23 Nov 2026 10:03:00.5 GMT",
        "Mon, 23 Nov 20260 10:03:00 GMT",
        "Mon, 23 Nov 6 10:03:00 GMT",
        "Mon, 123 Nov 2026 10:03:00 GMT",
        "Mon, 23 Nov 2026 10:03:00 GMT (",
        "Mon, 23 Nov 2026 10:03:00 GMT )",
        "Mon, 23 Nov 2026 10:03:00 GMT \\u0000",
        "Mon Nov 23 10:03:00 2026",
        "2026-11-23T10:03:00Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        reads(texts[i], "'rfc2822'", NO_RFC2822);
    }
    reads("Tue, 23 Nov 2026 10:03:00 GMT", "'rfc2822'", IMPOSSIBLE);
    reads("Mon, 30 Feb 2026 10:03:00 GMT", "'rfc2822'", IMPOSSIBLE);
    reads("23 Nov 2026 24:00:00 GMT", "'rfc2822'", IMPOSSIBLE);
    reads("23 Nov 2026 10:03:00", "'rfc2822'", NO_OFFSET);
}

static void patterns_read_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *text, *arguments, *expected;
    } cases[] = {
        {"23.11.2026 10:03", "'%d.%m.%Y %H:%M', 'Europe/Berlin'", "2026-11-23T09:03:00.000Z"},
        {"3.7.2026", "'%d.%m.%Y', 'Europe/Berlin'", "2026-07-02T22:00:00.000Z"},
        {"11/23/26 10:03:07 PM", "'%m/%d/%y %I:%M:%S %p', 'utc'", "2026-11-23T22:03:07.000Z"},
        {"11/23/2026 12:00:00.5 am", "'%m/%d/%Y %I:%M:%S.%f %p', 'utc'",
         "2026-11-23T00:00:00.500Z"},
        {"11/23/2026 12:00 PM", "'%m/%d/%Y %I:%M %p', 'utc'", "2026-11-23T12:00:00.000Z"},
        {"20261123100300", "'%Y%m%d%H%M%S', 'utc'", "2026-11-23T10:03:00.000Z"},
        {"20261123T100300.123456789+0100", "'%Y%m%dT%H%M%S.%f%z'", "2026-11-23T09:03:00.123Z"},
        {"Mon Nov  3 10:03:00 UTC 2025", "'%a %b %e %H:%M:%S UTC %Y', 'utc'",
         "2025-11-03T10:03:00.000Z"},
        {"monday, 23 NOVEMBER 2026", "'%A, %d %B %Y', 'utc'", "2026-11-23T00:00:00.000Z"},
        {"2026-327 10", "'%Y-%j %H', 'utc'", "2026-11-23T10:00:00.000Z"},
        {"2024-366", "'%Y-%j', 'utc'", "2024-12-31T00:00:00.000Z"},
        {"2026-11-23 10:03:00 -05:00", "'%F %T %z'", "2026-11-23T15:03:00.000Z"},
        {"2026-11-23", "'%F', 'America/New_York'", "2026-11-23T05:00:00.000Z"},
        {"100% 2026-11-23Z", "'100%% %F%z'", "2026-11-23T00:00:00.000Z"},
        {"1/1/69", "'%d/%m/%y', 'utc'", "1969-01-01T00:00:00.000Z"},
        {"1/1/68", "'%d/%m/%y', 'utc'", "2068-01-01T00:00:00.000Z"},
        {"23. November 2026 um 10:03 Uhr", "'%d. %B %Y um %H:%M Uhr', '+01:00'",
         "2026-11-23T09:03:00.000Z"},
        {"2026年11月23日", "'%Y年%m月%d日', 'Asia/Tokyo'", "2026-11-22T15:00:00.000Z"},
        {"2016-12-31 23:59:60", "'%F %T', 'utc'", "2017-01-01T00:00:00.000Z"},
        {"  2026-11-23   10 ", "' %F %H', 'utc'", "2026-11-23T10:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reads(cases[i].text, cases[i].arguments, cases[i].expected);
    }
}

static void what_does_not_fit_a_pattern_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *arguments, *expected;
    } cases[] = {
        {"23.11.2026", "'%d.%m.%Y %H:%M', 'utc'", NO_FIT},
        {"23.11.2026 10:03:00", "'%d.%m.%Y %H:%M', 'utc'", NO_FIT},
        {"23.11.26", "'%d.%m.%Y', 'utc'", NO_FIT},
        {"23.11.02026", "'%d.%m.%Y', 'utc'", NO_FIT},
        {"23-11-2026", "'%d.%m.%Y', 'utc'", NO_FIT},
        {"-3.11.2026", "'%d.%m.%Y', 'utc'", NO_FIT},
        {" 3.11.2026x", "'%d.%m.%Y', 'utc'", NO_FIT},
        {"3. 1.2026", "'%d.%m.%Y', 'utc'", NO_FIT},
        {"2026112310030", "'%Y%m%d%H%M%S', 'utc'", NO_FIT},
        {"202611231", "'%Y%m%d%H', 'utc'", NO_FIT},
        {"2026-1123", "'%Y-%m%d', 'utc'", "2026-11-23T00:00:00.000Z"},
        {"2026-123", "'%Y-%m%d', 'utc'", NO_FIT},
        {"2026-11-2310", "'%F %H', 'utc'", NO_FIT},
        {"2026-11-23 10:03:00.", "'%F %T.%f', 'utc'", NO_FIT},
        {"2026-11-23 10:03:00.1234567890", "'%F %T.%f', 'utc'", NO_FIT},
        {"2026-11-23 13:03 PM", "'%F %I:%M %p', 'utc'", NO_FIT},
        {"2026-11-23 00:03 AM", "'%F %I:%M %p', 'utc'", NO_FIT},
        {"2026-11-23 10:03 XM", "'%F %I:%M %p', 'utc'", NO_FIT},
        {"2026-11-23 +1", "'%F %z'", NO_FIT},
        {"2026-11-23 CET", "'%F %z'", NO_FIT},
        {"2026-11-23 ", "'%F %z'", NO_FIT},
        {"23 Nor 2026", "'%d %b %Y', 'utc'", NO_FIT},
        {"31.02.2026", "'%d.%m.%Y', 'utc'", IMPOSSIBLE},
        {"45.11.2026", "'%d.%m.%Y', 'utc'", IMPOSSIBLE},
        {"2026-11-23 24:00:00", "'%F %T', 'utc'", IMPOSSIBLE},
        {"2026-11-23 10:60:00", "'%F %T', 'utc'", IMPOSSIBLE},
        {"2026-11-23 10:03:60", "'%F %T', 'utc'", IMPOSSIBLE},
        {"Tue 2026-11-23", "'%a %F', 'utc'", IMPOSSIBLE},
        {"Mon 2026-02-30", "'%a %F', 'utc'", IMPOSSIBLE},
        {"2026-366", "'%Y-%j', 'utc'", IMPOSSIBLE},
        {"0000-366", "'%Y-%j', 'utc'", IMPOSSIBLE},
        {"0000-01-01", "'%F', 'utc'", IMPOSSIBLE},
        {"0001-01-01", "'%F', '+01:00'", OUT_OF_RANGE},
        {"2026-03-29 02:30", "'%F %H:%M', 'Europe/Berlin'", SKIPPED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reads(cases[i].text, cases[i].arguments, cases[i].expected);
    }
}

#define KNOWN                                                                                     \
    "formats are 'rfc3339', 'rfc2822', 'epoch', 's', 'ms', 'us', 'ns' and patterns as '%d.%m.%Y " \
    "%H:%M'; zones are 'utc', '+02:00', 'Europe/Berlin' …"
#define KNOWN_ZONES \
    "'utc', an offset as '+02:00', or a name that the system's tzdata has, as 'Europe/Berlin'"

/* The error and its hint, in parentheses. */
static void refuses(const char *arguments, const char *expected)
{
    struct arena arena;
    char source[512];
    char error[1024];
    (void)snprintf(source, sizeof source, "$.t | timestamp(%s)", arguments);
    arena_init(&arena, 0);
    struct compiled compiled = expressions_compile(source, EXPRESSION_VALUE, &arena);
    assert_null(compiled.expression);
    const struct error_item *item = &compiled.errors.items[0];
    (void)snprintf(error, sizeof error, "%s (%s)", item->message,
                   item->hint == NULL ? "" : item->hint);
    expressions_release(&compiled);
    arena_done(&arena);
    assert_string_equal(error, expected);
}

static void what_cannot_work_is_told_when_it_is_compiled(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *expected;
    } cases[] = {
        {"'RFC'", "timestamp knows neither a format nor a zone of that name (" KNOWN ")"},
        {"'europe/berlin'", "timestamp knows neither a format nor a zone of that name (the "
                            "nearest known zone is 'Europe/Berlin')"},
        {"'rfc3339', 'Europe/Berln'",
         "timestamp knows no such zone (the nearest known is 'Europe/Berlin')"},
        {"'rfc3339', 'UTC+2'", "timestamp knows no such zone (" KNOWN_ZONES ")"},
        {"'rfc3339', 2", "timestamp knows no such zone (" KNOWN_ZONES ")"},
        {"$.zone", "timestamp wants its format as a text in quotes (a zone that the message "
                   "tells comes second: timestamp('rfc3339', $.zone))"},
        {"'s', 'utc'", "times of this format have no use for a zone (a number counts from "
                       "1970 in UTC, and %z is an offset from it)"},
        {"'%F%z', $.zone", "times of this format have no use for a zone (a number counts "
                           "from 1970 in UTC, and %z is an offset from it)"},
        {"'%F'", "times of this pattern do not say how far they are from UTC (say it: "
                 "timestamp('…', 'utc'), timestamp('…', 'Europe/Berlin'); %z reads an offset)"},
        {"'%F %Y', 'utc'", "timestamp's pattern says twice what %Y says ()"},
        {"'%Y-%m-%d %j', 'utc'", "timestamp's pattern says twice what %j says ()"},
        {"'%F %H %I %p', 'utc'", "timestamp's pattern says twice what %I says ()"},
        {"'%H:%M', 'utc'",
         "timestamp wants the year, the month and the day (or %j) in a pattern ()"},
        {"'%Y-%m', 'utc'",
         "timestamp wants the year, the month and the day (or %j) in a pattern ()"},
        {"'%F %I:%M', 'utc'", "timestamp wants %I and %p together, or %H, in a pattern ()"},
        {"'%F %H:%M %p', 'utc'", "timestamp wants %I and %p together, or %H, in a pattern ()"},
        {"'%F %H.%S', 'utc'", "timestamp wants %H where there is %M, %M where there is "
                              "%S, %S where there is %f, "
                              "in a pattern ()"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuses(cases[i].arguments, cases[i].expected);
    }
    static const char *const unknown[] = {"%s", "%c", "%x", "%Z", "%E", "%-", "%é", "%"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char arguments[64];
        char expected[512];
        (void)snprintf(arguments, sizeof arguments, "'%%F %s', 'utc'", unknown[i]);
        (void)snprintf(
            expected, sizeof expected,
            "timestamp knows no %s in a pattern (%%Y %%y %%m %%b %%B %%d %%e %%j %%a %%A "
            "%%H %%I %%p %%M %%S %%f %%z %%F %%T %%%%; a zone's name is the second "
            "argument, seconds since 1970 are timestamp('s'))",
            unknown[i]);
        refuses(arguments, expected);
    }
}

/* As other programs write dates into JSON. */
static void shapes_around_a_number_are_taken_off_by_other_means(void **state)
{
    (void)state;
    static const char json[] =
        "{\"dotnet\": \"/Date(1795428180125)/\", \"mongo\": {\"$date\": 1795428180125},"
        " \"extended\": {\"$date\": {\"$numberLong\": \"1795428180125\"}},"
        " \"relaxed\": {\"$date\": \"2026-11-23T10:03:00.125Z\"},"
        " \"proto\": {\"seconds\": \"1795428180\", \"nanos\": 125000000}}";
    static const char expected[] = "2026-11-23T10:03:00.125Z";
    expressions_give(
        json, "$.dotnet | strip_prefix('/Date(') | strip_suffix(')/') | timestamp('ms')", expected);
    expressions_give(json, "$.mongo['$date'] | timestamp('ms')", expected);
    expressions_give(json, "$.extended['$date']['$numberLong'] | timestamp('ms')", expected);
    expressions_give(json, "$.relaxed['$date'] | timestamp", expected);
    expressions_give(json, "$.proto.seconds | timestamp('s')", "2026-11-23T10:03:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_3339_is_what_is_read_unless_said),
        cmocka_unit_test(a_zone_is_that_of_times_without_an_offset),
        cmocka_unit_test(the_message_may_tell_the_zone),
        cmocka_unit_test(numbers_count_from_1970),
        cmocka_unit_test(the_size_of_a_number_tells_its_unit),
        cmocka_unit_test(rfc_2822_is_read_as_mails_have_it),
        cmocka_unit_test(what_rfc_2822_does_not_have_is_refused),
        cmocka_unit_test(patterns_read_what_they_say),
        cmocka_unit_test(what_does_not_fit_a_pattern_is_refused),
        cmocka_unit_test(what_cannot_work_is_told_when_it_is_compiled),
        cmocka_unit_test(shapes_around_a_number_are_taken_off_by_other_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
