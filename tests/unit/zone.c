#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/zone.h"
#include "support/allocations.h"

#include <pthread.h>
#include <stdlib.h>

/* Local times are told as seconds since 1970-01-01T00:00:00. */
#define LOCAL_2026_01_15_12H 1768478400 /* noon in winter */
#define LOCAL_2026_07_15_12H 1784116800 /* noon in summer */
#define LOCAL_2026_03_29_02H 1774749600 /* Berlin's clocks go from 2 to 3 */
#define LOCAL_2026_10_25_02H 1792893600 /* Berlin's clocks go from 3 to 2 */
#define LOCAL_2037_01_01_00H 2114380800
#define HOUR 3600

static struct zone find(const char *name)
{
    struct zone zone;
    if (!zone_find(slice_of(name), &zone)) {
        fail_msg("%s is unknown", name);
    }
    return zone;
}

/* How far local time is ahead of UTC. */
static int64_t ahead(const char *name, int64_t local_s)
{
    struct zone zone = find(name);
    int64_t utc_s = 0;
    assert_int_equal(zone_to_utc(&zone, local_s, &utc_s), ZONE_KNOWN);
    return local_s - utc_s;
}

static void offsets_and_utc_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(ahead("utc", LOCAL_2026_07_15_12H), 0);
    assert_int_equal(ahead("UTC", LOCAL_2026_07_15_12H), 0);
    assert_int_equal(ahead("Z", LOCAL_2026_07_15_12H), 0);
    assert_int_equal(ahead("+02:00", LOCAL_2026_07_15_12H), 2 * HOUR);
    assert_int_equal(ahead("-0530", LOCAL_2026_01_15_12H), -5 * HOUR - HOUR / 2);
    assert_int_equal(ahead("+05", 4 * (int64_t)LOCAL_2026_01_15_12H), 5 * HOUR);
    assert_int_equal(ahead("+23:59", 0), 24 * HOUR - 60);
}

static void zones_follow_their_rules(void **state)
{
    (void)state;
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_01_15_12H), HOUR);
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_07_15_12H), 2 * HOUR);
    assert_int_equal(ahead("America/New_York", LOCAL_2026_01_15_12H), -5 * HOUR);
    assert_int_equal(ahead("America/New_York", LOCAL_2026_07_15_12H), -4 * HOUR);
    assert_int_equal(ahead("America/Argentina/Buenos_Aires", 0), -3 * HOUR);
    assert_int_equal(ahead("Asia/Kathmandu", LOCAL_2026_07_15_12H), 5 * HOUR + 45 * 60);
    assert_int_equal(ahead("Australia/Lord_Howe", LOCAL_2026_01_15_12H), 11 * HOUR);
    assert_int_equal(ahead("Etc/GMT-3", LOCAL_2026_01_15_12H), 3 * HOUR); /* IANA means it so */
}

/* Ireland's winter time is the one that differs from its standard time. */
static void a_zone_whose_winter_is_the_exception_is_right_too(void **state)
{
    (void)state;
    assert_int_equal(ahead("Europe/Dublin", LOCAL_2026_01_15_12H), 0);
    assert_int_equal(ahead("Europe/Dublin", LOCAL_2026_07_15_12H), HOUR);
    assert_int_equal(ahead("Europe/Dublin", LOCAL_2037_01_01_00H - 1), 0);
}

static void a_time_that_the_clocks_skip_is_none(void **state)
{
    (void)state;
    struct zone berlin = find("Europe/Berlin");
    int64_t utc_s = 77;
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_03_29_02H - 1), HOUR);
    assert_int_equal(zone_to_utc(&berlin, LOCAL_2026_03_29_02H, &utc_s), ZONE_SKIPPED);
    assert_int_equal(zone_to_utc(&berlin, LOCAL_2026_03_29_02H + HOUR - 1, &utc_s), ZONE_SKIPPED);
    assert_int_equal(utc_s, 77);
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_03_29_02H + HOUR), 2 * HOUR);
}

static void a_time_that_is_there_twice_is_the_first_of_both(void **state)
{
    (void)state;
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_10_25_02H - 1), 2 * HOUR);
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_10_25_02H), 2 * HOUR);
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_10_25_02H + HOUR - 1), 2 * HOUR);
    assert_int_equal(ahead("Europe/Berlin", LOCAL_2026_10_25_02H + HOUR), HOUR);
}

static void rules_end_where_they_are_not_sure(void **state)
{
    (void)state;
    struct zone berlin = find("Europe/Berlin");
    int64_t utc_s = 77;
    assert_int_equal(zone_to_utc(&berlin, LOCAL_2037_01_01_00H - 1, &utc_s), ZONE_KNOWN);
    assert_int_equal(utc_s, LOCAL_2037_01_01_00H - 1 - HOUR);
    assert_int_equal(zone_to_utc(&berlin, LOCAL_2037_01_01_00H, &utc_s), ZONE_TOO_LATE);
    assert_int_equal(utc_s, LOCAL_2037_01_01_00H - 1 - HOUR);
}

static void what_is_no_zone_is_not_found(void **state)
{
    (void)state;
    /* GLib alone would take many of them: "UTC+2" as two hours west of UTC, as POSIX has it. */
    static const char *const names[] = {
        "",
        "Berlin",
        "europe/berlin",
        "Europe",
        "Europe/",
        "UTC+2",
        "GMT+1",
        "CET-1CEST",
        "ABC-3",
        "EUR",
        "leapseconds",
        "zone.tab",
        "localtime",
        "right/Europe/Berlin",
        "/etc/localtime",
        "Europe/../Europe/Berlin",
        "+",
        "+2",
        "+2:00",
        "+24:00",
        "+02:60",
        "02:00",
        "+02:00:00",
        "2",
        "Europe/Berlin ",
        " UTC",
        "Mars/Phobos",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone zone;
        if (zone_find(slice_of(names[i]), &zone)) {
            fail_msg("%s is found", names[i]);
        }
    }
    struct zone zone;
    assert_false(zone_find(SLICE("Europe/Berlin\0"), &zone));
}

static void the_nearest_name_is_told(void **state)
{
    (void)state;
    char name[ZONE_NAME_SIZE];
    zone_nearest(SLICE("europe/berlin"), name);
    assert_string_equal(name, "Europe/Berlin");
    zone_nearest(SLICE("America/NewYork"), name);
    assert_string_equal(name, "America/New_York");
    zone_nearest(SLICE("nowhere"), name);
    assert_string_equal(name, "");
}

static void no_database_no_zones(void **state)
{
    (void)state;
    struct zone zone;
    char name[ZONE_NAME_SIZE];
    assert_int_equal(setenv("TZDIR", "/nowhere", 1), 0);
    assert_false(zone_find(SLICE("Asia/Tokyo"), &zone));
    assert_true(zone_find(SLICE("+09:00"), &zone));
    zone_nearest(SLICE("asia/tokyo"), name);
    assert_string_equal(name, "");
    assert_int_equal(unsetenv("TZDIR"), 0);
    assert_true(zone_find(SLICE("Asia/Tokyo"), &zone));
}

static void a_zone_that_is_known_takes_no_memory(void **state)
{
    (void)state;
    struct zone zone = find("America/Sao_Paulo");
    size_t before = allocations_count();
    zone = find("America/Sao_Paulo");
    int64_t utc_s = 0;
    for (int64_t local_s = 0; local_s < LOCAL_2037_01_01_00H; local_s += 30 * 24 * HOUR) {
        assert_int_not_equal(zone_to_utc(&zone, local_s, &utc_s), ZONE_TOO_LATE);
    }
    assert_int_equal(allocations_count(), before);
}

static void *find_often(void *wrong)
{
    static const char *const names[] = {"Europe/Paris", "Asia/Seoul", "Africa/Cairo"};
    for (int i = 0; i < 300; i++) {
        struct zone zone;
        int64_t utc_s = 0;
        bool found = zone_find(slice_of(names[i % 3]), &zone);
        *(int *)wrong += !found || zone_to_utc(&zone, LOCAL_2026_01_15_12H, &utc_s) != ZONE_KNOWN;
    }
    return NULL;
}

static void threads_share_what_is_known(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, find_often, &wrong[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_database_no_zones),
        cmocka_unit_test(offsets_and_utc_are_fixed),
        cmocka_unit_test(zones_follow_their_rules),
        cmocka_unit_test(a_zone_whose_winter_is_the_exception_is_right_too),
        cmocka_unit_test(a_time_that_the_clocks_skip_is_none),
        cmocka_unit_test(a_time_that_is_there_twice_is_the_first_of_both),
        cmocka_unit_test(rules_end_where_they_are_not_sure),
        cmocka_unit_test(what_is_no_zone_is_not_found),
        cmocka_unit_test(the_nearest_name_is_told),
        cmocka_unit_test(a_zone_that_is_known_takes_no_memory),
        cmocka_unit_test(threads_share_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
