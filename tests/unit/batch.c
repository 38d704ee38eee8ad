#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/batch.h"
#include "rokt/event_api.h"
#include "support/conversions.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCOUNT_ID SLICE("12345")

static enum batch_add add(struct batch *batch, const struct conversion *conversion,
                          uint64_t sequence)
{
    struct error error;
    return batch_add(batch, &rokt_event_api, ACCOUNT_ID, conversion, &conversions_message,
                     (struct token){.slot = 1, .epoch = 2, .sequence = sequence}, 1000,
                     CONVERSIONS_WALL_MS, &error);
}

static enum batch_add add_number(struct batch *batch, uint64_t number)
{
    char id[37];
    struct conversion conversion = conversions_make(number, id);
    return add(batch, &conversion, number);
}

/* How large a sealed body of `count` conversions is. */
static size_t sealed_size(size_t count)
{
    struct batch *batch = batch_new(100, 1000000);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(add_number(batch, i), BATCH_ADDED);
    }
    batch_seal(batch, &rokt_event_api);
    size_t size = batch->body.size;
    batch_free(batch);
    return size;
}

static void a_batch_knows_its_account_from_its_first_conversion_on(void **state)
{
    (void)state;
    struct batch *batch = batch_new(100, 1000000);
    assert_int_equal(add_number(batch, 1), BATCH_ADDED);
    assert_true(slice_equal(batch_account_id(batch), ACCOUNT_ID));
    batch_free(batch);
}

static void a_sealed_body_is_the_envelope_around_its_events(void **state)
{
    (void)state;
    struct batch *batch = batch_new(100, 1000000);
    assert_int_equal(add_number(batch, 1), BATCH_ADDED);
    assert_int_equal(add_number(batch, 2), BATCH_ADDED);
    batch_seal(batch, &rokt_event_api);
#define EVENT(id)                                                                                  \
    "{\"clientEventId\":\"" id "\",\"eventTime\":\"2026-11-20T09:41:07.125Z\","                    \
    "\"eventType\":\"conversion\",\"objectData\":["                                                \
    "{\"name\":\"email\",\"value\":\"john@email.com\"},{\"name\":\"amount\",\"value\":\"99.80\"}," \
    "{\"name\":\"currency\",\"value\":\"EUR\"}]}"
    assert_true(slice_equal(buffer_slice(&batch->body),
                            SLICE("{\"accountId\":\"12345\",\"events\":[" EVENT(
                                "order-00000001") "," EVENT("order-00000002") "]}")));
    for (size_t i = 0; i < 2; i++) {
        struct slice span =
            slice_part(buffer_slice(&batch->body), batch->events[i].from, batch->events[i].size);
        assert_true(slice_equal(span, i == 0 ? SLICE(EVENT("order-00000001"))
                                             : SLICE(EVENT("order-00000002"))));
        assert_int_equal(batch->items[i].token.sequence, i + 1);
        assert_int_equal(batch->items[i].token.slot, 1);
        assert_int_equal(batch->items[i].token.epoch, 2);
    }
#undef EVENT
    batch_free(batch);
}

static void the_limit_of_bytes_counts_the_envelope_to_the_byte(void **state)
{
    (void)state;
    size_t size = sealed_size(3);
    struct batch *exact = batch_new(100, size);
    struct batch *short_of_one = batch_new(100, size - 1);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(add_number(exact, i), BATCH_ADDED);
        assert_int_equal(add_number(short_of_one, i), BATCH_ADDED);
    }
    assert_int_equal(add_number(exact, 2), BATCH_ADDED);
    assert_int_equal(add_number(exact, 3), BATCH_FULL);
    batch_seal(exact, &rokt_event_api);
    assert_int_equal(exact->body.size, size);
    assert_int_equal(add_number(short_of_one, 2), BATCH_FULL);
    assert_int_equal(short_of_one->count, 2);
    batch_seal(short_of_one, &rokt_event_api);
    assert_int_equal(short_of_one->body.size, sealed_size(2));
    batch_free(exact);
    batch_free(short_of_one);
}

static void what_does_not_fit_an_empty_batch_is_refused(void **state)
{
    (void)state;
    char id[37];
    struct conversion conversion = conversions_make(1, id);
    size_t size = sealed_size(1);
    for (size_t limit = 1; limit < size; limit++) {
        struct batch *batch = batch_new(100, limit);
        struct error error = {""};
        assert_int_equal(batch_add(batch, &rokt_event_api, ACCOUNT_ID, &conversion,
                                   &conversions_message, (struct token){0}, 0, CONVERSIONS_WALL_MS,
                                   &error),
                         BATCH_REFUSED);
        char expected[128];
        (void)snprintf(expected, sizeof expected,
                       "larger than a request may be: %zu bytes instead of %zu", size, limit);
        assert_non_null(strstr(error.text, expected));
        assert_int_equal(batch->state, BATCH_IDLE);
        assert_int_equal(batch->body.size, 0);
        assert_int_equal(batch->count, 0);
        batch_free(batch);
    }
}

static void a_refused_conversion_leaves_the_batch_as_it_was(void **state)
{
    (void)state;
    struct batch *batch = batch_new(100, 1000000);
    char id[37];
    struct conversion old = conversions_make(9, id);
    old.event_time_ms = 0;
    assert_int_equal(add(batch, &old, 9), BATCH_REFUSED);
    assert_int_equal(batch->state, BATCH_IDLE);
    assert_int_equal(add_number(batch, 1), BATCH_ADDED);
    size_t size = batch->body.size;
    assert_int_equal(add(batch, &old, 9), BATCH_REFUSED);
    assert_int_equal(batch->body.size, size);
    assert_int_equal(batch->count, 1);
    batch_seal(batch, &rokt_event_api);
    assert_int_equal(batch->body.size, sealed_size(1));
    batch_free(batch);
}

static void the_limit_of_conversions_holds(void **state)
{
    (void)state;
    struct batch *batch = batch_new(3, 1000000);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(add_number(batch, i), BATCH_ADDED);
    }
    assert_int_equal(add_number(batch, 3), BATCH_FULL);
    assert_int_equal(batch->count, 3);
    batch_free(batch);
}

static void an_idle_batch_is_empty_again(void **state)
{
    (void)state;
    struct batch *batch = batch_new(100, 1000000);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(add_number(batch, 1), BATCH_ADDED);
        assert_int_equal(batch->opened_ms, 1000);
        batch_seal(batch, &rokt_event_api);
        assert_int_equal(batch->body.size, sealed_size(1));
        batch_change(batch, BATCH_IN_FLIGHT);
        batch->attempts = 7;
        batch->due_ms = 12;
        batch_change(batch, BATCH_WAITING);
        batch_change(batch, BATCH_IN_FLIGHT);
        batch_change(batch, BATCH_DONE);
        batch_change(batch, BATCH_IDLE);
        assert_int_equal(batch->count, 0);
        assert_int_equal(batch->attempts, 0);
        assert_int_equal(batch->due_ms, 0);
    }
    batch_free(batch);
}

/* Whether the change aborts; the child's words are dropped. */
static bool aborts(enum batch_state from, enum batch_state to)
{
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)fclose(stderr);
        struct batch batch = {.state = from};
        batch_change(&batch, to);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void only_the_legal_changes_of_state_are_possible(void **state)
{
    (void)state;
    static const bool legal[6][6] = {
        [BATCH_IDLE] = {[BATCH_OPEN] = true},
        [BATCH_OPEN] = {[BATCH_SEALED] = true},
        [BATCH_SEALED] = {[BATCH_IN_FLIGHT] = true, [BATCH_WAITING] = true, [BATCH_DONE] = true},
        [BATCH_IN_FLIGHT] = {[BATCH_WAITING] = true, [BATCH_DONE] = true},
        [BATCH_WAITING] = {[BATCH_IN_FLIGHT] = true},
        [BATCH_DONE] = {[BATCH_IDLE] = true},
    };
    for (size_t from = 0; from < 6; from++) {
        for (size_t to = 0; to < 6; to++) {
            if (aborts((enum batch_state)from, (enum batch_state)to) == legal[from][to]) {
                fail_msg("from %zu to %zu", from, to);
            }
        }
    }
}

static void a_queue_keeps_its_order_whatever_is_taken_out(void **state)
{
    (void)state;
    struct batch batches[4] = {0};
    struct batch_queue queue = {0};
    assert_null(batch_queue_pop(&queue));
    for (size_t i = 0; i < 4; i++) {
        batch_queue_push(&queue, &batches[i]);
    }
    batch_queue_remove(&queue, &batches[1]);
    batch_queue_remove(&queue, &batches[3]);
    batch_queue_push(&queue, &batches[1]);
    assert_int_equal(queue.count, 3);
    assert_ptr_equal(batch_queue_pop(&queue), &batches[0]);
    assert_ptr_equal(batch_queue_pop(&queue), &batches[2]);
    assert_ptr_equal(batch_queue_pop(&queue), &batches[1]);
    assert_null(batch_queue_pop(&queue));
    assert_int_equal(queue.count, 0);
    batch_queue_push(&queue, &batches[3]);
    assert_ptr_equal(batch_queue_pop(&queue), &batches[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_knows_its_account_from_its_first_conversion_on),
        cmocka_unit_test(a_sealed_body_is_the_envelope_around_its_events),
        cmocka_unit_test(the_limit_of_bytes_counts_the_envelope_to_the_byte),
        cmocka_unit_test(what_does_not_fit_an_empty_batch_is_refused),
        cmocka_unit_test(a_refused_conversion_leaves_the_batch_as_it_was),
        cmocka_unit_test(the_limit_of_conversions_holds),
        cmocka_unit_test(an_idle_batch_is_empty_again),
        cmocka_unit_test(only_the_legal_changes_of_state_are_possible),
        cmocka_unit_test(a_queue_keeps_its_order_whatever_is_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
