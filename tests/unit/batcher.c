#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/batcher.h"
#include "rokt/event_api.h"
#include "support/allocations.h"
#include "support/conversions.h"

#include <stdio.h>

struct fixture {
    struct clock clock;
    struct batcher batcher;
};

static struct fixture fixture_new(size_t conversions_max, size_t bytes_max)
{
    return (struct fixture){
        .clock = {.monotonic_ms = 1000, .wall_ms = CONVERSIONS_WALL_MS, .frozen = true},
        .batcher = {.settings = {.conversions_max = conversions_max, .bytes_max = bytes_max}},
    };
}

/* The clock's address must be final before the batcher is made. */
static void start(struct fixture *fixture)
{
    struct batcher_settings settings = {
        .api = &rokt_event_api,
        .account_id = "1",
        .conversions_max = fixture->batcher.settings.conversions_max,
        .bytes_max = fixture->batcher.settings.bytes_max,
        .linger_ms = 500,
        .idle_max = 2,
    };
    batcher_init(&fixture->batcher, &settings, &fixture->clock);
}

static bool add(struct fixture *fixture, uint64_t number)
{
    char id[37];
    struct error error;
    struct conversion conversion = conversions_make(number, id);
    return batcher_add(&fixture->batcher, &conversion, &conversions_message,
                       (struct token){.sequence = number}, &error);
}

static void finish(struct fixture *fixture, struct batch *batch)
{
    batch_change(batch, BATCH_IN_FLIGHT);
    batch_change(batch, BATCH_DONE);
    batcher_give_back(&fixture->batcher, batch);
}

/* Takes the next sealed batch, which must hold the conversions [from, from + count). */
static void take(struct fixture *fixture, uint64_t from, size_t count)
{
    struct batch *batch = batcher_take(&fixture->batcher);
    assert_non_null(batch);
    assert_int_equal(batch->state, BATCH_SEALED);
    assert_int_equal(batch->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(batch->items[i].token.sequence, from + i);
    }
    finish(fixture, batch);
}

static void an_open_batch_is_sealed_when_it_has_lingered(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 100000);
    start(&fixture);
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), INT64_MAX);
    assert_true(add(&fixture, 0));
    fixture.clock.monotonic_ms += 300;
    assert_true(add(&fixture, 1));
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), 1500);
    fixture.clock.monotonic_ms = 1499;
    batcher_seal(&fixture.batcher, false);
    assert_null(batcher_take(&fixture.batcher));
    fixture.clock.monotonic_ms = 1500;
    batcher_seal(&fixture.batcher, false);
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), INT64_MAX);
    take(&fixture, 0, 2);
    batcher_done(&fixture.batcher);
}

static void a_batch_with_as_many_as_may_be_is_sealed_at_once(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(3, 100000);
    start(&fixture);
    for (uint64_t i = 0; i < 7; i++) {
        assert_true(add(&fixture, i));
    }
    assert_int_equal(fixture.batcher.sealed.count, 2);
    take(&fixture, 0, 3);
    take(&fixture, 3, 3);
    assert_null(batcher_take(&fixture.batcher));
    batcher_done(&fixture.batcher);
}

static void what_makes_a_batch_full_may_change(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(3, 100000);
    start(&fixture);
    assert_true(add(&fixture, 0));
    assert_true(add(&fixture, 1));
    batcher_fill_to(&fixture.batcher, 1); /* there are more already */
    assert_true(add(&fixture, 2));
    assert_true(add(&fixture, 3));
    batcher_fill_to(&fixture.batcher, SIZE_MAX); /* never more than at first */
    for (uint64_t i = 4; i < 7; i++) {
        assert_true(add(&fixture, i));
    }
    take(&fixture, 0, 3);
    take(&fixture, 3, 1);
    take(&fixture, 4, 3);
    batcher_done(&fixture.batcher);
}

/* In the order of the numbers, each of slot `number % 3`. */
static void add_of_slots(struct fixture *fixture, uint64_t count)
{
    for (uint64_t number = 0; number < count; number++) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(number, id);
        struct token token = {.slot = (uint32_t)(number % 3), .sequence = number};
        assert_true(
            batcher_add(&fixture->batcher, &conversion, &conversions_message, token, &error));
    }
}

static void take_exactly(struct fixture *fixture, const uint64_t numbers[], size_t count)
{
    struct batch *batch = batcher_take(&fixture->batcher);
    assert_non_null(batch);
    assert_int_equal(batch->count, count);
    for (size_t i = 0; i < count; i++) {
        char id[37];
        (void)conversions_make(numbers[i], id);
        const struct rokt_span *event = &batch->events[i];
        assert_int_equal(batch->items[i].token.sequence, numbers[i]);
        assert_int_not_equal(slice_find(slice_part(buffer_slice(&batch->body), event->from,
                                                   event->from + event->size),
                                        slice_of(id)),
                             SIZE_MAX);
    }
    finish(fixture, batch);
}

static void what_is_cancelled_of_a_slot_is_in_no_batch_and_others_keep_their_order(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(4, 100000);
    start(&fixture);
    add_of_slots(&fixture, 11); /* two sealed batches, and an open one */
    assert_int_equal(batcher_cancel(&fixture.batcher, 1), 4);
    take_exactly(&fixture, (const uint64_t[]){0, 2, 3}, 3);
    take_exactly(&fixture, (const uint64_t[]){5, 6}, 2);
    take_exactly(&fixture, (const uint64_t[]){8, 9}, 2);
    assert_null(batcher_take(&fixture.batcher));
    batcher_done(&fixture.batcher);
}

static void a_batch_of_nothing_else_than_what_is_cancelled_is_gone(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(2, 100000);
    start(&fixture);
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(add(&fixture, i)); /* of slot 0 */
    }
    assert_int_equal(batcher_cancel(&fixture.batcher, 7), 0);
    assert_int_equal(fixture.batcher.open.count, 1);
    assert_int_equal(batcher_cancel(&fixture.batcher, 0), 5);
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), INT64_MAX);
    assert_null(batcher_take(&fixture.batcher));
    batcher_done(&fixture.batcher);
}

static void batches_of_one_are_sealed_at_once(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(1, 100000);
    start(&fixture);
    assert_true(add(&fixture, 0));
    assert_true(add(&fixture, 1));
    take(&fixture, 0, 1);
    take(&fixture, 1, 1);
    batcher_done(&fixture.batcher);
}

static void the_limit_of_the_api_holds_in_any_case(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(1000000, 10000000);
    start(&fixture);
    for (uint64_t i = 0; i < 101; i++) {
        assert_true(add(&fixture, i));
    }
    take(&fixture, 0, 100);
    batcher_done(&fixture.batcher);
}

static void a_conversion_that_does_not_fit_any_more_seals_and_opens_the_next(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 600);
    start(&fixture);
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(add(&fixture, i));
    }
    batcher_seal(&fixture.batcher, true);
    uint64_t seen = 0;
    while (fixture.batcher.sealed.count > 0) {
        struct batch *batch = batcher_take(&fixture.batcher);
        assert_true(batch->body.size <= 600);
        assert_int_equal(batch->items[0].token.sequence, seen);
        seen += batch->count;
        assert_true(batch->count == 2 || seen == 5);
        finish(&fixture, batch);
    }
    assert_int_equal(seen, 5);
    batcher_done(&fixture.batcher);
}

/* An answer that names an id must name one conversion. */
static void two_of_one_id_never_share_a_request(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {1, 2, 1, 3, 2, 2, 4, 1};
    struct fixture fixture = fixture_new(100, 100000);
    start(&fixture);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_true(add(&fixture, numbers[i]));
    }
    batcher_seal(&fixture.batcher, true);
    static const size_t counts[] = {2, 3, 3}; /* 1 2, 1 3 2, 2 4 1 */
    size_t at = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct batch *batch = batcher_take(&fixture.batcher);
        assert_int_equal(batch->count, counts[i]);
        for (size_t j = 0; j < counts[i]; j++) {
            assert_int_equal(batch->items[j].token.sequence, numbers[at++]);
        }
        finish(&fixture, batch);
    }
    assert_null(batcher_take(&fixture.batcher));
    batcher_done(&fixture.batcher);
}

static void a_refused_conversion_neither_opens_nor_seals(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 600);
    start(&fixture);
    struct error error = {""};
    char id[37];
    struct conversion refused = conversions_make(9, id);
    refused.event_time_ms = 0;
    assert_false(
        batcher_add(&fixture.batcher, &refused, &conversions_message, (struct token){0}, &error));
    assert_non_null(strstr(error.text, "eventTime"));
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), INT64_MAX);
    assert_true(add(&fixture, 0));
    char large[600];
    memset(large, 'x', sizeof large);
    struct conversion too_large = conversions_make(9, id);
    too_large.fields[FIELD_PRODUCTNAME] = (struct slice){large, sizeof large};
    assert_false(
        batcher_add(&fixture.batcher, &too_large, &conversions_message, (struct token){0}, &error));
    assert_non_null(strstr(error.text, "larger than a request may be"));
    assert_int_equal(fixture.batcher.sealed.count, 0);
    assert_true(add(&fixture, 1));
    batcher_seal(&fixture.batcher, true);
    take(&fixture, 0, 2);
    batcher_done(&fixture.batcher);
}

static bool add_for(struct fixture *fixture, uint64_t number, const char *account_id)
{
    char id[37];
    struct error error;
    struct conversion conversion = conversions_make(number, id);
    conversion.account_id = slice_of(account_id);
    return batcher_add(&fixture->batcher, &conversion, &conversions_message,
                       (struct token){.sequence = number}, &error);
}

/* Takes the next sealed batch, which must be the account's and hold these two conversions. */
static void take_of(struct fixture *fixture, const char *opening, uint64_t first, uint64_t second)
{
    struct batch *batch = batcher_take(&fixture->batcher);
    assert_non_null(batch);
    assert_true(slice_starts_with(buffer_slice(&batch->body), slice_of(opening)));
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch->items[0].token.sequence, first);
    assert_int_equal(batch->items[1].token.sequence, second);
    finish(fixture, batch);
}

static void accounts_that_take_turns_have_a_batch_each(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 100000);
    start(&fixture);
    assert_true(add_for(&fixture, 0, "A"));
    fixture.clock.monotonic_ms += 100;
    assert_true(add_for(&fixture, 1, "B"));
    assert_true(add_for(&fixture, 2, "A"));
    assert_true(add_for(&fixture, 3, "B"));
    assert_int_equal(fixture.batcher.sealed.count, 0);
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), 1500);
    fixture.clock.monotonic_ms = 1500;
    batcher_seal(&fixture.batcher, false);
    take_of(&fixture, "{\"accountId\":\"A\",", 0, 2);
    assert_null(batcher_take(&fixture.batcher));
    assert_int_equal(batcher_deadline_ms(&fixture.batcher), 1600);
    batcher_seal(&fixture.batcher, true);
    take_of(&fixture, "{\"accountId\":\"B\",", 1, 3);
    batcher_done(&fixture.batcher);
}

static void the_account_of_the_configuration_is_the_same_named_or_not(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(2, 100000);
    start(&fixture);
    assert_true(add_for(&fixture, 0, ""));
    assert_true(add_for(&fixture, 1, "1"));
    take_of(&fixture, "{\"accountId\":\"1\",", 0, 1);
    batcher_done(&fixture.batcher);
}

static void a_full_batch_of_one_account_leaves_the_others_open(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(2, 100000);
    start(&fixture);
    assert_true(add_for(&fixture, 0, "A"));
    assert_true(add_for(&fixture, 1, "B"));
    assert_true(add_for(&fixture, 2, "C"));
    assert_true(add_for(&fixture, 3, "B"));
    take_of(&fixture, "{\"accountId\":\"B\",", 1, 3);
    assert_null(batcher_take(&fixture.batcher));
    assert_int_equal(fixture.batcher.open.count, 2);
    batcher_done(&fixture.batcher);
}

static void past_the_most_open_batches_the_oldest_is_sealed(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 100000);
    char account_id[8];
    start(&fixture);
    for (uint64_t i = 0; i < BATCHER_OPEN_MAX; i++) {
        (void)snprintf(account_id, sizeof account_id, "A%u", (unsigned)i);
        assert_true(add_for(&fixture, i, account_id));
    }
    assert_true(add_for(&fixture, 100, "A0"));
    assert_int_equal(fixture.batcher.sealed.count, 0);
    assert_true(add_for(&fixture, 101, "B"));
    assert_int_equal(fixture.batcher.sealed.count, 1);
    assert_int_equal(fixture.batcher.open.count, BATCHER_OPEN_MAX);
    take_of(&fixture, "{\"accountId\":\"A0\",", 0, 100);
    batcher_done(&fixture.batcher);
}

static void flush_seals_whatever_is_open_and_nothing_else(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(100, 100000);
    start(&fixture);
    batcher_seal(&fixture.batcher, true);
    assert_null(batcher_take(&fixture.batcher));
    assert_true(add(&fixture, 0));
    batcher_seal(&fixture.batcher, true);
    take(&fixture, 0, 1);
    batcher_done(&fixture.batcher);
}

static void the_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(10, 100000);
    start(&fixture);
    size_t before = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        if (i == 100) {
            before = allocations_count();
        }
        assert_true(add(&fixture, i));
        struct batch *batch = batcher_take(&fixture.batcher);
        if (batch != NULL) {
            finish(&fixture, batch);
        }
    }
    assert_int_equal(allocations_count(), before);
    batcher_done(&fixture.batcher);
}

static void what_a_burst_needed_is_given_back(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new(1, 100000);
    start(&fixture);
    for (uint64_t i = 0; i < 50; i++) {
        assert_true(add(&fixture, i));
    }
    for (uint64_t i = 0; i < 50; i++) {
        take(&fixture, i, 1);
    }
    assert_int_equal(fixture.batcher.idle.count, 2);
    batcher_done(&fixture.batcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_batch_is_sealed_when_it_has_lingered),
        cmocka_unit_test(a_batch_with_as_many_as_may_be_is_sealed_at_once),
        cmocka_unit_test(what_makes_a_batch_full_may_change),
        cmocka_unit_test(what_is_cancelled_of_a_slot_is_in_no_batch_and_others_keep_their_order),
        cmocka_unit_test(a_batch_of_nothing_else_than_what_is_cancelled_is_gone),
        cmocka_unit_test(batches_of_one_are_sealed_at_once),
        cmocka_unit_test(the_limit_of_the_api_holds_in_any_case),
        cmocka_unit_test(a_conversion_that_does_not_fit_any_more_seals_and_opens_the_next),
        cmocka_unit_test(two_of_one_id_never_share_a_request),
        cmocka_unit_test(a_refused_conversion_neither_opens_nor_seals),
        cmocka_unit_test(accounts_that_take_turns_have_a_batch_each),
        cmocka_unit_test(the_account_of_the_configuration_is_the_same_named_or_not),
        cmocka_unit_test(a_full_batch_of_one_account_leaves_the_others_open),
        cmocka_unit_test(past_the_most_open_batches_the_oldest_is_sealed),
        cmocka_unit_test(flush_seals_whatever_is_open_and_nothing_else),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(what_a_burst_needed_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
