/* What the pipeline tells to whoever watches it: snapshots, and for how long a partition has not moved without a
 * reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rig.h"

#define NO_ANSWER ((struct scripted_answer){.status = 200, .delay_ms = 1000000000})
#define LONG_MS 600000

static void start(struct rig *rig)
{
    rig_init(rig);
    rig->watchers = snapshot_exchange_new();
    rig_start(rig);
    rig_assign(rig, RIG_ORDERS_0);
}

static void end(struct rig *rig)
{
    struct snapshot_exchange *watchers = rig->watchers;
    rig_free(rig);
    snapshot_exchange_free(watchers);
}

static const struct snapshot *look(struct rig *rig)
{
    return snapshot_read(rig->watchers);
}

static int64_t unread_ms(const struct snapshot *snapshot)
{
    assert_int_equal(snapshot->partition_count, 1);
    return snapshot->taken_ms - snapshot->partitions[0].read_ms;
}

static int64_t unfinished_ms(const struct snapshot *snapshot)
{
    assert_int_equal(snapshot->partition_count, 1);
    return snapshot->taken_ms - snapshot->partitions[0].finished_ms;
}

static void what_is_delivered_is_in_the_snapshot(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 4);
    rig_run(&rig, 5000);
    const struct snapshot *snapshot = look(&rig);
    assert_true(rig.clock.monotonic_ms - snapshot->taken_ms <= 1000);
    assert_int_equal(snapshot->consumed, 4);
    assert_int_equal(snapshot->delivered, 4);
    assert_int_equal(snapshot->with_email, 4);
    assert_int_equal(snapshot->requests, 2);
    assert_int_equal(snapshot->statuses[0].status, 200);
    assert_int_equal(snapshot->statuses[0].count, 2);
    assert_true(snapshot->assigned);
    assert_int_equal(snapshot->partition_count, 1);
    assert_string_equal(snapshot->partitions[0].topic, "orders");
    assert_int_equal(snapshot->partitions[0].position, 4);
    assert_int_equal(snapshot->partitions[0].watermark, 4);
    assert_int_equal(snapshot->partitions[0].end, 4);
    end(&rig);
}

static void a_partition_that_is_given_back_is_gone(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig_run(&rig, 1000);
    assert_int_equal(look(&rig)->partition_count, 1);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 2000);
    assert_int_equal(look(&rig)->partition_count, 0);
    assert_int_equal(look(&rig)->revocations, 1);
    assert_true(look(&rig)->assigned);
    end(&rig);
}

static void a_partition_with_nothing_to_read_does_not_stand_still(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig_run(&rig, LONG_MS);
    assert_int_equal(unread_ms(look(&rig)), 0);
    assert_int_equal(unfinished_ms(look(&rig)), 0);
    end(&rig);
}

/* As when librdkafka no longer fetches it, and says nothing. */
static void a_partition_that_gives_nothing_though_it_has_something_stands_still(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 5000);
    scripted_consumer_fetch_max(rig.consumer, 0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, LONG_MS);
    assert_true(unread_ms(look(&rig)) > LONG_MS - 2000);
    assert_int_equal(unfinished_ms(look(&rig)), 0);
    scripted_consumer_fetch_max(rig.consumer, 2);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 5000);
    assert_int_equal(look(&rig)->delivered, 6);
    assert_int_equal(unread_ms(look(&rig)), 0);
    end(&rig);
}

static void trouble_with_the_brokers_is_a_reason_until_it_is_over(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig_run(&rig, 1000);
    scripted_consumer_fetch_max(rig.consumer, 0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    scripted_consumer_error(rig.consumer, "no broker answers");
    rig_run(&rig, 110000);
    assert_int_equal(unread_ms(look(&rig)), 0);
    rig_run(&rig, LONG_MS);
    assert_true(unread_ms(look(&rig)) > LONG_MS - 15000);
    end(&rig);
}

static void an_api_that_does_not_answer_is_a_reason(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig.otherwise = NO_ANSWER;
    rig_produce_paid(&rig, RIG_ORDERS_0, 500);
    rig_run(&rig, LONG_MS);
    assert_int_equal(look(&rig)->wait, SNAPSHOT_WAIT_ROKT);
    assert_int_equal(unread_ms(look(&rig)), 0);
    assert_int_equal(unfinished_ms(look(&rig)), 0);
    assert_true(look(&rig)->taken_ms - look(&rig)->partitions[0].watermark_ms > LONG_MS - 2000);
    end(&rig);
}

static void a_hold_is_a_reason_and_is_told(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 401};
    rig_produce_paid(&rig, RIG_ORDERS_0, 500);
    rig_run(&rig, LONG_MS);
    assert_true(look(&rig)->holds[SNAPSHOT_HOLD_CREDENTIALS]);
    assert_int_equal(look(&rig)->wait, SNAPSHOT_WAIT_HOLD);
    assert_int_equal(unread_ms(look(&rig)), 0);
    assert_int_equal(unfinished_ms(look(&rig)), 0);
    rig.otherwise = (struct scripted_answer){.status = 200};
    rig_run(&rig, 60000);
    assert_false(look(&rig)->holds[SNAPSHOT_HOLD_CREDENTIALS]);
    assert_int_equal(look(&rig)->delivered, 500);
    end(&rig);
}

static void letters_that_cannot_be_written_are_a_reason_and_are_told(void **state)
{
    (void)state;
    struct rig rig;
    start(&rig);
    rig.letter_answer = (struct scripted_letter_answer){.failed = true};
    rig.otherwise = (struct scripted_answer){.status = 200};
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){.kind = ORDER_DAMAGED});
    rig_run(&rig, LONG_MS);
    assert_true(look(&rig)->holds[SNAPSHOT_HOLD_DEAD_LETTER_TOPIC]);
    assert_int_equal(unfinished_ms(look(&rig)), 0);
    rig.letter_answer = (struct scripted_letter_answer){.failed = false};
    rig_run(&rig, 60000);
    assert_false(look(&rig)->holds[SNAPSHOT_HOLD_DEAD_LETTER_TOPIC]);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_delivered_is_in_the_snapshot),
        cmocka_unit_test(a_partition_that_is_given_back_is_gone),
        cmocka_unit_test(a_partition_with_nothing_to_read_does_not_stand_still),
        cmocka_unit_test(a_partition_that_gives_nothing_though_it_has_something_stands_still),
        cmocka_unit_test(trouble_with_the_brokers_is_a_reason_until_it_is_over),
        cmocka_unit_test(an_api_that_does_not_answer_is_a_reason),
        cmocka_unit_test(a_hold_is_a_reason_and_is_told),
        cmocka_unit_test(letters_that_cannot_be_written_are_a_reason_and_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
