#include "base/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#define ROUNDS 100000

static void before_the_first_there_is_nothing(void **state)
{
    (void)state;
    struct snapshot_exchange *exchange = snapshot_exchange_new();
    assert_int_equal(snapshot_read(exchange)->taken_ms, 0);
    snapshot_to_write(exchange)->taken_ms = 5;
    assert_int_equal(snapshot_read(exchange)->taken_ms, 0);
    snapshot_publish(exchange);
    assert_int_equal(snapshot_read(exchange)->taken_ms, 5);
    assert_int_equal(snapshot_read(exchange)->taken_ms, 5);
    snapshot_exchange_free(exchange);
}

static void the_reader_gets_the_newest_and_keeps_it_while_others_are_written(void **state)
{
    (void)state;
    struct snapshot_exchange *exchange = snapshot_exchange_new();
    for (int64_t i = 1; i <= 10; i++) {
        snapshot_to_write(exchange)->taken_ms = i;
        snapshot_publish(exchange);
    }
    const struct snapshot *snapshot = snapshot_read(exchange);
    assert_int_equal(snapshot->taken_ms, 10);
    for (int64_t i = 11; i <= 20; i++) {
        snapshot_to_write(exchange)->taken_ms = i;
        snapshot_publish(exchange);
        assert_int_equal(snapshot->taken_ms, 10);
    }
    assert_int_equal(snapshot_read(exchange)->taken_ms, 20);
    snapshot_exchange_free(exchange);
}

static void *write_all(void *context)
{
    for (int64_t i = 1; i <= ROUNDS; i++) {
        struct snapshot *snapshot = snapshot_to_write(context);
        snapshot_reserve(snapshot, (size_t)(i % 100) + 1);
        snapshot->taken_ms = i;
        snapshot->partition_count = (size_t)(i % 100) + 1;
        snapshot->partitions[snapshot->partition_count - 1].position = i;
        snapshot_publish(context);
    }
    return NULL;
}

static void no_snapshot_is_torn_or_older_than_the_one_before(void **state)
{
    (void)state;
    struct snapshot_exchange *exchange = snapshot_exchange_new();
    pthread_t writer;
    int64_t last = 0;
    assert_int_equal(pthread_create(&writer, NULL, write_all, exchange), 0);
    while (last < ROUNDS) {
        const struct snapshot *snapshot = snapshot_read(exchange);
        assert_true(snapshot->taken_ms >= last);
        last = snapshot->taken_ms;
        if (last > 0) {
            assert_int_equal(snapshot->partition_count, last % 100 + 1);
            assert_int_equal(snapshot->partitions[last % 100].position, last);
        }
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    snapshot_exchange_free(exchange);
}

static void a_value_is_counted_where_it_is_at_most_the_bound(void **state)
{
    (void)state;
    struct snapshot_histogram histogram = {0};
    snapshot_observe(&histogram, snapshot_batch_bounds, 1);
    snapshot_observe(&histogram, snapshot_batch_bounds, 100);
    snapshot_observe(&histogram, snapshot_batch_bounds, 101);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram.counts[SNAPSHOT_BUCKETS - 2], 1);
    assert_int_equal(histogram.counts[SNAPSHOT_BUCKETS - 1], 1);
    assert_int_equal(histogram.sum, 202);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_there_is_nothing),
        cmocka_unit_test(the_reader_gets_the_newest_and_keeps_it_while_others_are_written),
        cmocka_unit_test(no_snapshot_is_torn_or_older_than_the_one_before),
        cmocka_unit_test(a_value_is_counted_where_it_is_at_most_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
