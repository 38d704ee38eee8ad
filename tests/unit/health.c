#include "admin/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW_MS 10000000
#define STALL_MS 300000

static const struct health_settings settings = {
    .started_ms = NOW_MS - 1000000,
    .stall_timeout_ms = STALL_MS,
    .ready_on_hold = true,
};

/* Of a relay that works, with one partition. */
static struct snapshot working(struct snapshot_partition *partition)
{
    *partition = (struct snapshot_partition){
        .topic = "orders",
        .number = 3,
        .position = 100,
        .watermark = 90,
        .end = 120,
        .open = 10,
        .read_ms = NOW_MS - 1000,
        .finished_ms = NOW_MS - 1000,
    };
    return (struct snapshot){
        .taken_ms = NOW_MS - 500, .assigned = true, .partitions = partition, .partition_count = 1};
}

static void a_relay_that_works_is_live_and_ready(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = working(&partition);
    struct error why;
    assert_true(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_true(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

static void a_loop_that_does_not_turn_is_neither(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = working(&partition);
    struct error why;
    snapshot.taken_ms = NOW_MS - HEALTH_LOOP_MS;
    assert_true(health_is_live(&snapshot, &settings, NOW_MS, &why));
    snapshot.taken_ms--;
    assert_false(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_string_equal(why.text, "the loop has not turned for 60 s: restart it; nothing is lost, "
                                  "what was not committed is delivered again with the same ids");
    assert_false(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

static void a_loop_that_has_never_turned_is_given_time_from_the_start(void **state)
{
    (void)state;
    const struct snapshot nothing = {0};
    struct error why;
    int64_t started_ms = settings.started_ms;
    assert_true(health_is_live(&nothing, &settings, started_ms + HEALTH_LOOP_MS, &why));
    assert_false(health_is_live(&nothing, &settings, started_ms + HEALTH_LOOP_MS + 1, &why));
}

static void a_partition_of_which_nothing_is_read_is_not_live(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = working(&partition);
    struct error why;
    partition.read_ms = snapshot.taken_ms - STALL_MS;
    assert_true(health_is_live(&snapshot, &settings, NOW_MS, &why));
    partition.read_ms--;
    assert_false(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_string_equal(why.text, "partition orders-3 has messages up to offset 120, and none was "
                                  "read of it for 300 s: restart it, which reads on from the "
                                  "committed offset");
    assert_true(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

static void a_partition_of_which_nothing_ends_is_not_live(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = working(&partition);
    struct error why;
    partition.finished_ms = snapshot.taken_ms - STALL_MS - 1;
    assert_false(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_string_equal(why.text, "partition orders-3 has 10 open messages, and none of them ended "
                                  "for 300 s: restart it, which delivers them again with the same "
                                  "ids");
}

static void without_any_assignment_it_is_live_and_not_ready(void **state)
{
    (void)state;
    const struct snapshot snapshot = {.taken_ms = NOW_MS};
    struct error why;
    assert_true(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_false(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

/* After a rebalance that gave its partitions to others. */
static void with_partitions_of_before_it_stays_ready(void **state)
{
    (void)state;
    const struct snapshot snapshot = {.taken_ms = NOW_MS, .assigned = true};
    struct error why;
    assert_true(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

static void a_hold_is_ready_only_if_so_configured(void **state)
{
    (void)state;
    for (size_t i = 0; i < SNAPSHOT_HOLDS; i++) {
        struct snapshot_partition partition;
        struct snapshot snapshot = working(&partition);
        struct health_settings strict = settings;
        struct error why;
        strict.ready_on_hold = false;
        assert_true(health_is_ready(&snapshot, &strict, NOW_MS, &why));
        snapshot.holds[i] = true;
        assert_true(health_is_live(&snapshot, &strict, NOW_MS, &why));
        assert_true(health_is_ready(&snapshot, &settings, NOW_MS, &why));
        assert_false(health_is_ready(&snapshot, &strict, NOW_MS, &why));
    }
}

static void one_that_stops_is_live_and_not_ready(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = working(&partition);
    struct error why;
    snapshot.wait = SNAPSHOT_WAIT_STOPPING;
    assert_true(health_is_live(&snapshot, &settings, NOW_MS, &why));
    assert_false(health_is_ready(&snapshot, &settings, NOW_MS, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_that_works_is_live_and_ready),
        cmocka_unit_test(a_loop_that_does_not_turn_is_neither),
        cmocka_unit_test(a_loop_that_has_never_turned_is_given_time_from_the_start),
        cmocka_unit_test(a_partition_of_which_nothing_is_read_is_not_live),
        cmocka_unit_test(a_partition_of_which_nothing_ends_is_not_live),
        cmocka_unit_test(without_any_assignment_it_is_live_and_not_ready),
        cmocka_unit_test(with_partitions_of_before_it_stays_ready),
        cmocka_unit_test(a_hold_is_ready_only_if_so_configured),
        cmocka_unit_test(one_that_stops_is_live_and_not_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
