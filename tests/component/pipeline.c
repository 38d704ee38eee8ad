/* The pipeline, scenario by scenario. Besides what is asserted here, the rig watches in every one of them that
 * no offset is committed too early, that the account balances, and that no value of an order is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "support/rig.h"

#include <stdlib.h>

#define NO_ANSWER ((struct scripted_answer){.status = 200, .delay_ms = 1000000000})
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* With one partition of orders. */
static void start(struct rig *rig)
{
    rig_start(rig);
    rig_assign(rig, RIG_ORDERS_0);
}

static void script(struct rig *rig, const struct scripted_answer answers[], size_t count)
{
    rig->script = answers;
    rig->script_count = count;
}

static int64_t passed_ms(const struct rig *rig)
{
    return rig->clock.monotonic_ms - RIG_START_MS;
}

static size_t commits(const struct rig *rig)
{
    return scripted_consumer_commit_count(rig->consumer);
}

static bool every_order_is_exact(const struct rig *rig, size_t partition)
{
    bool exact = true;
    for (size_t i = 0; i < rig->oracle.partitions[partition].count; i++) {
        exact = exact && oracle_is_exact(&rig->oracle.partitions[partition].fates[i]);
    }
    return exact;
}

/* ---- delivered, skipped, dead-lettered --------------------------------------------------------- */

static void what_is_delivered_is_committed_and_not_before(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 200, .delay_ms = 3000};
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 2999);
    assert_int_equal(rig_requests(&rig), 1);
    assert_int_equal(rig_account(&rig)->open, 2);
    assert_int_equal(commits(&rig), 0);
    rig_run(&rig, 1);
    assert_int_equal(rig_account(&rig)->delivered, 2);
    assert_int_equal(rig_account(&rig)->conversions, 2);
    assert_int_equal(commits(&rig), 0);
    rig_run(&rig, 1000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(commits(&rig), 1);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void a_value_that_could_be_left_out_is_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 3); /* each with an address that is none */
    rig_run(&rig, 1000);
    assert_int_equal(rig_account(&rig)->delivered, 3);
    assert_int_equal(rig_account(&rig)->fields_omitted, 3);
    rig_free(&rig);
}

static void the_offset_behind_a_gap_is_the_last_one_and_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    (void)rig_produce(&rig, RIG_ORDERS_0, 100, (struct order){ORDER_PAID, 1, 0});
    (void)rig_produce(&rig, RIG_ORDERS_0, 207, (struct order){ORDER_PAID, 1, 0});
    rig_run(&rig, 2000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 208);
    rig_free(&rig);
}

static void answers_in_any_order_never_take_the_offset_past_an_open_message(void **state)
{
    (void)state;
    /* Three batches of two; what is committed at 1.5 s, 3.5 s and 5.5 s. */
    static const struct {
        int64_t delays_ms[3];
        int64_t committed[3];
    } rows[] = {
        {{100, 2000, 4000}, {2, 4, 6}}, {{4000, 2000, 100}, {0, 0, 6}},
        {{100, 4000, 2000}, {2, 2, 6}}, {{4000, 100, 2000}, {0, 0, 6}},
        {{2000, 100, 4000}, {0, 4, 6}}, {{2000, 4000, 100}, {0, 2, 6}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        struct scripted_answer answers[3];
        rig_init(&rig);
        start(&rig);
        for (size_t j = 0; j < 3; j++) {
            answers[j] = (struct scripted_answer){.status = 200, .delay_ms = rows[i].delays_ms[j]};
        }
        script(&rig, answers, 3);
        rig_produce_paid(&rig, RIG_ORDERS_0, 6);
        for (size_t j = 0; j < 3; j++) {
            rig_run(&rig, j == 0 ? 1500 : 2000);
            assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), rows[i].committed[j]);
        }
        rig_free(&rig);
    }
}

static void what_was_deleted_before_it_was_read_is_said_and_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    (void)rig_produce(&rig, RIG_ORDERS_0, 100, (struct order){ORDER_PAID, 1, 0});
    scripted_consumer_deleted(rig.consumer, RIG_ORDERS_0, 40);
    scripted_consumer_end(rig.consumer, RIG_ORDERS_0, 110);
    scripted_consumer_deleted(rig.consumer, RIG_ORDERS_0, 2);
    rig_run(&rig, 2000);
    assert_int_equal(rig_account(&rig)->deleted_unread, 42);
    assert_int_equal(rig_account(&rig)->consumed, 1);
    assert_int_equal(rig_log_count(&rig, "\"messages_deleted\""), 2);
    assert_int_equal(rig_log_count(&rig, "\"messages\":40"), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 110);
    rig_free(&rig);
}

static void skips_and_tombstones_are_counted_by_reason_and_passed(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_UNPAID, 1, 0});
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_TOMBSTONE, 1, 0});
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_UNPAID, 1, 0});
    rig_run(&rig, 1000);
    const struct pipeline_account *account = rig_account(&rig);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 3);
    assert_int_equal(rig_requests(&rig), 0);
    assert_int_equal(account->skipped, 3);
    assert_int_equal(account->reason_count, 2);
    assert_string_equal(account->reasons[0].reason, "paid");
    assert_int_equal(account->reasons[0].count, 2);
    assert_string_equal(account->reasons[1].reason, "tombstone");
    assert_false(account->reasons[0].dead || account->reasons[1].dead);
    rig_free(&rig);
}

static void a_skip_behind_an_open_message_waits_for_it(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 5000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_UNPAID, 1, 0});
    rig_run(&rig, 5099);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 0);
    rig_run(&rig, 1001);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    rig_free(&rig);
}

static void what_cannot_be_mapped_is_passed_when_its_letter_is_acknowledged(void **state)
{
    (void)state;
    static const struct {
        enum order_kind kind;
        const char *reason;
    } rows[] = {{ORDER_DAMAGED, "not_json"}, {ORDER_NAMELESS, "missing_identity"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        rig_init(&rig);
        start(&rig);
        rig.letter_answer.delay_ms = 2500;
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){rows[i].kind, 1, 0});
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        rig_run(&rig, 2499);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
        assert_int_equal(scripted_dead_letter_count(rig.letters), 1);
        assert_int_equal(rig_account(&rig)->open, 1);
        rig_run(&rig, 1001);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 3);
        const struct scripted_letter *letter = scripted_dead_letter_letter(rig.letters, 0);
        assert_string_equal(letter->reason, rows[i].reason);
        assert_string_equal(letter->topic, "orders");
        assert_int_equal(letter->offset, 1);
        assert_int_equal(rig_account(&rig)->dead_lettered, 1);
        assert_int_equal(rig_account(&rig)->delivered, 2);
        assert_int_equal(rig_log_count(&rig, "\"message_dead\""), 1);
        rig_free(&rig);
    }
}

static void a_letter_is_the_message_byte_for_byte(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    struct order order = {ORDER_DAMAGED, 1, 0};
    struct buffer expected;
    (void)rig_produce(&rig, RIG_ORDERS_0, 7, order);
    rig_run(&rig, 0);
    buffer_init(&expected, 4096);
    oracle_write(&expected, &order, RIG_ORDERS_0, 7, true);
    struct slice value = scripted_dead_letter_letter(rig.letters, 0)->value;
    assert_true(slice_equal(value, buffer_slice(&expected)));
    buffer_done(&expected);
    rig_free(&rig);
}

static struct scripted_letter_answer fails_twice(void *context, size_t attempt)
{
    (void)context;
    return (struct scripted_letter_answer){.delay_ms = 10, .failed = attempt <= 2};
}

static void letters_that_fail_are_an_alarm_at_once_and_each_minute_and_hold_the_offset(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.letter_answer.failed = true;
    scripted_dead_letter_room(rig.letters, 1);
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_DAMAGED, 1, 0});
    rig_produce_paid(&rig, RIG_ORDERS_0, 3);
    rig_run(&rig, 0);
    assert_int_equal(rig_log_count(&rig, "\"dead_letter_not_written\""), 1);
    rig_run(&rig, 599999);
    assert_int_equal(rig_log_count(&rig, "\"dead_letter_not_written\""), 10);
    assert_int_equal(rig_account(&rig)->letter_failures, 600);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), -1);
    assert_int_equal(rig_account(&rig)->consumed, 1); /* nothing more is taken in */
    rig.letter_answer.failed = false;
    rig_run(&rig, 5000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 4);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

/* So many that a mapping is to blame, and the room for them. */
static void start_guarded(struct rig *rig)
{
    rig_init(rig);
    rig->pipeline_settings.dead_percent_max = 50;
    start(rig);
    rig_assign(rig, RIG_TICKETS_0);
    scripted_dead_letter_room(rig->letters, 5000);
}

static void produce_damaged(struct rig *rig, size_t partition, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)rig_produce(rig, partition, -1, (struct order){ORDER_DAMAGED, 1, 0});
    }
}

static void a_mapping_that_kills_too_many_holds_them_and_lets_all_others_go_on(void **state)
{
    (void)state;
    struct rig rig;
    start_guarded(&rig);
    produce_damaged(&rig, RIG_ORDERS_0, 250);
    rig_produce_paid(&rig, RIG_ORDERS_0, 10);
    produce_damaged(&rig, RIG_TICKETS_0, 20);
    rig_run(&rig, 5000);
    assert_int_equal(rig_account(&rig)->held, 151);
    assert_int_equal(rig_account(&rig)->open, 151);
    assert_int_equal(rig_account(&rig)->dead_lettered,
                     99 + 20); /* tickets have a mapping of their own */
    assert_int_equal(rig_account(&rig)->delivered, 10);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 99);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 20);
    assert_int_equal(rig_log_count(&rig, "\"dead_letters_on_hold\""), 1);
    assert_int_equal(rig_log_count(&rig, "\"reasons\":\"not_json=1\""), 1);
    rig_run(&rig, 200000);
    produce_damaged(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 1000);
    assert_int_equal(rig_log_count(&rig, "\"dead_letters_on_hold\""), 2);
    assert_int_equal(rig_log_count(&rig, "\"held_messages\":152,\"reasons\":\"not_json=152\""), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 99);
    rig_free(&rig);
}

static void what_is_held_keeps_neither_a_stop_nor_a_revoke_waiting(void **state)
{
    (void)state;
    struct rig rig;
    start_guarded(&rig);
    produce_damaged(&rig, RIG_ORDERS_0, 150);
    rig_run(&rig, 5000);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 10);
    assert_false(scripted_consumer_unanswered(rig.consumer));
    assert_int_equal(rig_account(&rig)->held, 0);
    assert_int_equal(rig_account(&rig)->given_back, 51);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 1000);
    assert_int_equal(rig_account(&rig)->held, 51); /* as before: only a restart ends it */
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 10), PIPELINE_STOPPED);
    assert_int_equal(rig_log_count(&rig, "\"account_balances\""), 1);
    rig_free(&rig);
}

static void a_restart_gets_what_was_held(void **state)
{
    (void)state;
    struct rig rig;
    start_guarded(&rig);
    produce_damaged(&rig, RIG_ORDERS_0, 150);
    rig_produce_paid(&rig, RIG_ORDERS_0, 50);
    rig_run(&rig, 5000);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 10), PIPELINE_STOPPED);
    rig.pipeline_settings.dead_percent_max = 0; /* it is all right, somebody says */
    rig_restart(&rig);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 5000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 200);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void as_many_as_the_share_allows_are_letters(void **state)
{
    (void)state;
    struct rig rig;
    start_guarded(&rig);
    for (size_t i = 0; i < 200; i++) {
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        produce_damaged(&rig, RIG_ORDERS_0, 1);
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_UNPAID, 1, 0});
    }
    rig_run(&rig, 20000);
    assert_int_equal(rig_account(&rig)->held, 0);
    assert_int_equal(rig_account(&rig)->dead_lettered, 200);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 600);
    produce_damaged(&rig, RIG_ORDERS_0, 1); /* 201 of 401; skipped ones say nothing */
    rig_run(&rig, 1000);
    assert_int_equal(rig_account(&rig)->held, 1);
    rig_free(&rig);
}

/* What Rokt refuses one by one counts as well, though it was mapped. */
static struct scripted_answer refuse_each(void *context, struct rig *rig, struct slice body)
{
    (void)context;
    (void)rig;
    size_t at = slice_find(body, SLICE(ORACLE_ID));
    static char text[256];
    struct slice id = slice_part(body, at, body.size);
    id.size = slice_find(id, SLICE("\""));
    (void)snprintf(text, sizeof text,
                   "{\"data\":[{\"unprocessedRecords\":[{\"record\":{\"clientEventId\":\"%.*s\"},"
                   "\"error\":{\"code\":\"ValidationError\"}}]}]}",
                   SLICE_PRINT(id));
    return (struct scripted_answer){.status = 200, .body = text};
}

static void what_rokt_refuses_of_a_mapping_is_held_as_well(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_conversions = 1;
    rig.delivery_settings.in_flight = 1;
    rig.pipeline_settings.dead_percent_max = 50;
    start(&rig);
    scripted_dead_letter_room(rig.letters, 5000);
    rig.answer = refuse_each;
    for (size_t i = 0; i < 120; i++) {
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_POISON, 1, 0});
    }
    rig_run(&rig, 60000);
    assert_int_equal(rig_account(&rig)->dead_lettered, 99);
    assert_int_equal(rig_account(&rig)->held, 21);
    assert_int_equal(rig_log_count(&rig, "\"reasons\":\"rejected=1\""), 1);
    rig_free(&rig);
}

static void the_dead_letter_topic_is_never_read(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.pipeline_settings.dead_letter_topic = "tickets"; /* as brokers might read an expression */
    start(&rig);
    rig_produce_paid(&rig, RIG_TICKETS_0, 1);
    rig_run(&rig, 1000);
    rig_assign(&rig, RIG_TICKETS_0);
    assert_int_equal(rig_run(&rig, 1000), PIPELINE_FAILED);
    assert_int_equal(rig_log_count(&rig, "\"dead_letter_topic_assigned\""), 1);
    assert_int_equal(rig_requests(&rig), 0);
    rig_free(&rig);
}

static void a_letter_that_fails_is_waited_for_and_said(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.answer_letter = fails_twice;
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_DAMAGED, 1, 0});
    rig_run(&rig, 2029);
    assert_int_equal(rig_log_count(&rig, "\"dead_letter_not_written\""), 1);
    assert_int_equal(rig_account(&rig)->letter_failures, 2);
    assert_int_equal(commits(&rig), 0);
    rig_run(&rig, 1001);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 1);
    assert_int_equal(rig_account(&rig)->dead_lettered, 1);
    rig_free(&rig);
}

static void without_room_for_a_letter_nothing_is_taken_in(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    scripted_dead_letter_room(rig.letters, 2);
    rig.letter_answer.delay_ms = 4000;
    for (int i = 0; i < 5; i++) {
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_DAMAGED, 1, 0});
    }
    rig_run(&rig, 3999);
    assert_int_equal(rig_account(&rig)->consumed, 2);
    rig_run(&rig, 10000);
    assert_int_equal(rig_account(&rig)->dead_lettered, 5);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 5);
    rig_free(&rig);
}

/* ---- several conversions of one message --------------------------------------------------------- */

static void a_message_of_several_conversions_is_done_with_the_last(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 100},
                                                     {.status = 200, .delay_ms = 3000}};
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_assign(&rig, RIG_TICKETS_0);
    script(&rig, answers, COUNT(answers));
    (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_PAID, 3, 0});
    rig_run(&rig, 3099);
    assert_int_equal(rig_requests(&rig), 2);
    assert_int_equal(commits(&rig), 0);
    rig_run(&rig, 1001);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    assert_int_equal(rig_account(&rig)->delivered, 1);
    assert_int_equal(rig_account(&rig)->conversions, 3);
    rig_free(&rig);
}

static void a_message_without_items_is_skipped(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_assign(&rig, RIG_TICKETS_0);
    (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_PAID, 0, 0});
    rig_run(&rig, 1000);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    assert_int_equal(rig_account(&rig)->skipped, 1);
    rig_free(&rig);
}

static void a_refused_part_goes_to_a_letter_and_the_others_to_rokt(void **state)
{
    (void)state;
    static const struct {
        unsigned refused;
        int64_t delivery_ms, letter_ms; /* how long each takes */
        size_t conversions;
    } rows[] = {
        {1, 100, 3000, 2}, {2, 3000, 100, 2}, {4, 3000, 3000, 2},
        {6, 100, 3000, 1}, {7, 0, 3000, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        rig_init(&rig);
        rig_start(&rig);
        rig_assign(&rig, RIG_TICKETS_0);
        rig.otherwise.delay_ms = rows[i].delivery_ms;
        rig.letter_answer.delay_ms = rows[i].letter_ms;
        (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_PAID, 3, rows[i].refused});
        rig_run(&rig, 2999);
        assert_int_equal(commits(&rig), 0);
        rig_run(&rig, 4400); /* the letter comes last */
        assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
        assert_true(every_order_is_exact(&rig, RIG_TICKETS_0));
        const struct scripted_letter *letter = scripted_dead_letter_letter(rig.letters, 0);
        assert_int_equal(letter->items.bits[0], rows[i].refused);
        assert_string_equal(letter->mapping, "tickets");
        assert_int_equal(letter->status, 0);
        assert_string_equal(letter->error_code, "");
        assert_string_equal(letter->reason, "not_deliverable");
        assert_non_null(strstr(letter->text, "eventTime"));
        assert_int_equal(rig_account(&rig)->conversions, rows[i].conversions);
        assert_int_equal(rig_account(&rig)->dead_lettered, 1);
        assert_int_equal(rig_account(&rig)->delivered, 0);
        rig_free(&rig);
    }
}

/* ---- several accounts --------------------------------------------------------------------------- */

/* How many of the requests are for the account; each has `conversions` of them. */
static size_t requests_for(const struct rig *rig, const char *opening, size_t conversions)
{
    size_t count = 0;
    for (size_t i = 0; i < rig_requests(rig); i++) {
        struct slice body = rig_request(rig, i)->body;
        if (!slice_starts_with(body, slice_of(opening))) {
            continue;
        }
        size_t found = 0;
        for (size_t at = slice_find(body, SLICE("clientEventId")); at != SIZE_MAX;
             at = slice_find(body, SLICE("clientEventId"))) {
            body = slice_part(body, at + 1, SIZE_MAX);
            found++;
        }
        assert_int_equal(found, conversions);
        count++;
    }
    return count;
}

static void accounts_that_take_turns_have_full_batches_of_their_own(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.accounts[0] = "kafka.partition";
    rig_start(&rig);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_assign(&rig, RIG_ORDERS_1);
    for (size_t i = 0; i < 4; i++) {
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        rig_produce_paid(&rig, RIG_ORDERS_1, 1);
    }
    rig_run(&rig, 2000);
    assert_int_equal(rig_requests(&rig), 4);
    assert_int_equal(requests_for(&rig, "{\"accountId\":\"0\",", 2), 2);
    assert_int_equal(requests_for(&rig, "{\"accountId\":\"1\",", 2), 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 4);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 4);
    rig_free(&rig);
}

static void a_message_for_several_accounts_is_done_with_the_last_of_them(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 100},
                                                     {.status = 200, .delay_ms = 3000}};
    struct rig rig;
    rig_init(&rig);
    rig.accounts[1] = "@.id | digits | replace('0', '')";
    rig_start(&rig);
    rig_assign(&rig, RIG_TICKETS_0);
    script(&rig, answers, COUNT(answers));
    (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_PAID, 2, 0});
    rig_run(&rig, 3000);
    assert_int_equal(rig_requests(&rig), 2);
    assert_int_equal(commits(&rig), 0);
    rig_run(&rig, 1200);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    assert_true(every_order_is_exact(&rig, RIG_TICKETS_0));
    rig_free(&rig);
}

/* ---- answers that are not 200 ------------------------------------------------------------------- */

static void a_transient_answer_sends_the_same_bytes_again(void **state)
{
    (void)state;
    static const struct scripted_answer rows[] = {
        {.status = 500},
        {.status = 503, .retry_after_ms = 2000},
        {.status = 429, .retry_after_ms = 5000},
        {.status = 408},
        {.failure = "Timeout was reached", .delay_ms = 10000},
        {.failure = "Connection reset by peer"},
        {.status = 200, .body = "<html>"},
        {.status = 200, .body = ""},
        {.status = 502, .body = "{\"data\":{\"message\":\"" ORACLE_EMAIL "\"}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        rig_init(&rig);
        start(&rig);
        script(&rig, &rows[i], 1);
        rig.otherwise.delay_ms = 1500;
        rig_produce_paid(&rig, RIG_ORDERS_0, 2);
        rig_run(&rig, rows[i].delay_ms + rows[i].retry_after_ms + 1499);
        assert_int_equal(commits(&rig), 0);
        rig_run(&rig, 5000);
        assert_int_equal(rig_requests(&rig), 2);
        assert_true(slice_equal(rig_request(&rig, 0)->body, rig_request(&rig, 1)->body));
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
        assert_int_equal(rig_account(&rig)->requests, 2);
        assert_int_equal(rig_account(&rig)->retries, 1);
        rig_free(&rig);
    }
}

static void a_hold_keeps_everything_serves_events_and_ends_by_itself(void **state)
{
    (void)state;
    static const struct scripted_answer rows[] = {
        {.status = 401}, {.status = 403}, {.status = 404}, {.status = 302}, {.status = 418},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        rig_init(&rig);
        start(&rig);
        rig.otherwise = rows[i];
        rig_produce_paid(&rig, RIG_ORDERS_0, 100);
        rig_run(&rig, 1000);
        uint64_t consumed = rig_account(&rig)->consumed;
        size_t fetches = scripted_consumer_fetches(rig.consumer);
        assert_true(consumed >= 2 && consumed < 100);
        rig_assign(&rig, RIG_TICKETS_0);
        scripted_consumer_error(rig.consumer, "a broker is down");
        rig_run(&rig, 300000);
        assert_int_equal(rig_log_count(&rig, "\"partitions_assigned\""), 2);
        assert_int_equal(rig_log_count(&rig, "a broker is down"), 1);
        assert_int_equal(rig_account(&rig)->consumed, consumed);
        assert_int_equal(scripted_consumer_fetches(rig.consumer), fetches);
        assert_int_equal(commits(&rig), 0);
        rig.otherwise = (struct scripted_answer){.status = 200};
        rig_run(&rig, 20000);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 100);
        assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
        assert_int_equal(rig_log_count(&rig, "\"delivery_resumed\""), 1);
        rig_free(&rig);
    }
}

/* Whether Rokt has taken each order at least once. */
static bool every_order_is_taken(const struct rig *rig, size_t partition)
{
    bool taken = true;
    for (size_t i = 0; i < rig->oracle.partitions[partition].count; i++) {
        taken = taken && rig->oracle.partitions[partition].fates[i].accepted[0] > 0;
    }
    return taken;
}

/* Ten minutes each: all is held; one partition goes and comes back, the other is lost and comes back. */
static void a_hold_of_an_hour_with_rebalances_in_it_loses_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_assign(&rig, RIG_ORDERS_1);
    rig.otherwise = (struct scripted_answer){.status = 401};
    rig_produce_paid(&rig, RIG_ORDERS_0, 50);
    rig_produce_paid(&rig, RIG_ORDERS_1, 50);
    rig_run(&rig, 600000);
    rig_revoke(&rig, RIG_ORDERS_1);
    rig_run(&rig, 600000);
    rig_assign(&rig, RIG_ORDERS_1);
    rig_run(&rig, 600000);
    rig_lose(&rig, RIG_ORDERS_0);
    rig_run(&rig, 600000);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 1200000);
    assert_true(delivery_on_hold(rig.delivery));
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 0);
    assert_in_range(rig_log_count(&rig, "\"delivery_on_hold\""), 59, 61);
    assert_in_range(rig_requests(&rig), 300, 363); /* a probe each ten seconds */
    rig.otherwise = (struct scripted_answer){.status = 200};
    rig_run(&rig, 60000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 50);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 50);
    assert_true(every_order_is_taken(&rig, RIG_ORDERS_0) &&
                every_order_is_taken(&rig, RIG_ORDERS_1));
    rig_free(&rig);
}

/* What is new is taken, but answered 500; so it comes again. */
static struct scripted_answer take_and_fail(void *context, struct rig *rig, struct slice body)
{
    int64_t now_ms = rig->clock.monotonic_ms;
    (void)context;
    if (oracle_knows(&rig->oracle, body, now_ms)) {
        return (struct scripted_answer){.status = 409, .body = ""};
    }
    oracle_accepted(&rig->oracle, body, now_ms);
    return (struct scripted_answer){.status = 500, .body = ""};
}

static void what_rokt_has_received_before_is_delivered_and_counted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.answer = take_and_fail;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 60000);
    rig.answer = NULL;
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_run(&rig, 60000);
    assert_int_equal(rig_account(&rig)->delivered, 3);
    assert_int_equal(rig_account(&rig)->conversions, 3);
    assert_int_equal(rig_account(&rig)->repeated, 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 3);
    rig_free(&rig);
}

/* Each request is refused for two minutes. */
static void that_rokt_slows_delivery_is_said_once_a_minute(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 429, .retry_after_ms = 1000};
    rig_produce_paid(&rig, RIG_ORDERS_0, 20);
    rig_run(&rig, 119000);
    assert_int_equal(rig_log_count(&rig, "\"delivery_slowed\""), 2);
    assert_int_equal(rig_log_count(&rig, "\"asked_wait_ms\":1000"), 2);
    assert_int_equal(rig_log_count(&rig, "Rokt is sent too many conversions a second"), 2);
    rig.otherwise = (struct scripted_answer){.status = 200};
    rig_run(&rig, 600000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 20);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void an_absurd_wait_is_capped_and_said(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 503, .retry_after_ms = 864000000}};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_run(&rig, DELIVERY_RETRY_AFTER_MAX_MS - 1000);
    assert_int_equal(rig_requests(&rig), 1);
    assert_int_equal(rig_log_count(&rig, "\"retry_after_capped\""), 1);
    assert_int_equal(rig_log_count(&rig, "\"asked_wait_ms\":864000000"), 2);
    rig_run(&rig, 5000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
    rig_free(&rig);
}

/* One of these orders Rokt will never take: it alone goes to a letter, the others are delivered. */
static struct scripted_answer refuse_the_fifth(void *context, struct rig *rig, struct slice body)
{
    (void)context;
    if (slice_find(body, SLICE(ORACLE_ID "0:5")) != SIZE_MAX) {
        return (struct scripted_answer){
            .status = 400,
            .body =
                "{\"data\":{\"code\":\"RequestValidationError\",\"message\":\"email " ORACLE_EMAIL
                " is not valid\"}}"};
    }
    oracle_accepted(&rig->oracle, body, rig->clock.monotonic_ms);
    return (struct scripted_answer){.status = 200, .body = "{\"data\":{}}"};
}

static void an_order_that_is_refused_alone_goes_to_a_letter_byte_for_byte(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_conversions = 20;
    start(&rig);
    rig.answer = refuse_the_fifth;
    rig_produce_paid(&rig, RIG_ORDERS_0, 5);
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_POISON, 1, 0});
    rig_produce_paid(&rig, RIG_ORDERS_0, 4);
    rig_run(&rig, 5000);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    assert_int_equal(rig_account(&rig)->delivered, 9);
    assert_int_equal(rig_account(&rig)->dead_lettered, 1);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 1);
    const struct scripted_letter *letter = scripted_dead_letter_letter(rig.letters, 0);
    assert_string_equal(letter->reason, "rejected");
    assert_int_equal(letter->offset, 5);
    assert_non_null(strstr(letter->text, "400 RequestValidationError"));
    assert_int_equal(letter->status, 400);
    assert_string_equal(letter->error_code, "RequestValidationError");
    assert_string_equal(letter->error_message, "email … is not valid");
    assert_string_equal(letter->mapping, "orders");
    assert_int_equal(strlen(letter->mapping_hash), MAPPING_HASH_SIZE);
    assert_int_equal(letter->items.count, 0);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 10);
    rig_free(&rig);
}

/* Of order 0's three tickets one is too old, and Rokt refuses another one when it is sent. */
static struct scripted_answer refuse_the_second(void *context, struct rig *rig, struct slice body)
{
    (void)context;
    if (slice_find(body, SLICE(ORACLE_ID "2:0:1:")) != SIZE_MAX) {
        return (struct scripted_answer){
            .status = 200,
            .delay_ms = 4000,
            .body = "{\"data\":[{\"unprocessedRecords\":[{\"record\":{\"clientEventId\":"
                    "\"ordr:2:0:1:\"},\"error\":{\"code\":\"ValidationError\"}}]}]}"};
    }
    oracle_accepted(&rig->oracle, body, rig->clock.monotonic_ms);
    return (struct scripted_answer){.status = 200, .body = "{\"data\":{}}"};
}

static void a_message_makes_one_letter_that_names_all_items_that_are_dead(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_conversions = 1;
    rig_start(&rig);
    rig_assign(&rig, RIG_TICKETS_0);
    rig.answer = refuse_the_second;
    (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_POISON, 4, 4});
    rig_run(&rig, 3999);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 0);
    rig_run(&rig, 2001);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 1);
    const struct scripted_letter *letter = scripted_dead_letter_letter(rig.letters, 0);
    assert_string_equal(letter->reason, "not_deliverable"); /* the first one's */
    assert_int_equal(letter->items.bits[0], 2 | 4);
    assert_int_equal(rig_account(&rig)->conversions, 2);
    assert_int_equal(rig_account(&rig)->dead_lettered, 1);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    rig_free(&rig);
}

/* A letter that names the second of its items, replayed: the first and the third were delivered before. */
static void replay_second_item(struct rig *rig, size_t partition, struct order order)
{
    static const struct letter_items second = {.count = 1, .bits = {2}};
    char others[64];
    rig_init(rig);
    rig_start(rig);
    rig_assign(rig, partition);
    (void)rig_produce(rig, partition, -1, order);
    (void)snprintf(others, sizeof others, ORACLE_ID "%zu:0:0: " ORACLE_ID "%zu:0:2:", partition,
                   partition);
    oracle_accepted(&rig->oracle, slice_of(others), rig->clock.monotonic_ms);
    scripted_consumer_items(rig->consumer, partition, &second);
    rig_run(rig, 5000);
    assert_int_equal(rig_committed(rig, partition), 1);
}

static void of_a_letter_of_items_these_alone_are_delivered(void **state)
{
    (void)state;
    struct rig rig;
    replay_second_item(&rig, RIG_TICKETS_0, (struct order){ORDER_PAID, 3, 0});
    assert_int_equal(rig_account(&rig)->conversions, 1);
    assert_int_equal(rig_account(&rig)->delivered, 1);
    rig_free(&rig);
}

static void a_letter_of_items_that_there_are_no_more_is_skipped(void **state)
{
    (void)state;
    struct rig rig;
    replay_second_item(&rig, RIG_TICKETS_0, (struct order){ORDER_PAID, 1, 0});
    assert_int_equal(rig_account(&rig)->conversions, 0);
    assert_int_equal(rig_account(&rig)->skipped, 1);
    rig_free(&rig);
}

static void assert_letter_of_the_second(struct rig *rig, const char *reason)
{
    assert_int_equal(scripted_dead_letter_count(rig->letters), 1);
    const struct scripted_letter *letter = scripted_dead_letter_letter(rig->letters, 0);
    assert_string_equal(letter->reason, reason);
    assert_int_equal(letter->items.count, 1);
    assert_int_equal(letter->items.bits[0], 2);
    assert_int_equal(rig_account(rig)->conversions, 0);
    assert_int_equal(rig_account(rig)->dead_lettered, 1);
    rig_free(rig);
}

static void a_letter_of_items_that_are_dead_again_is_one_of_the_same_items(void **state)
{
    (void)state;
    struct rig rig;
    replay_second_item(&rig, RIG_TICKETS_0, (struct order){ORDER_PAID, 3, 7});
    assert_letter_of_the_second(&rig, "not_deliverable");
    replay_second_item(&rig, RIG_TICKETS_0, (struct order){ORDER_DAMAGED, 0, 0});
    assert_letter_of_the_second(&rig, "not_json");
}

/* Nobody knows which of it was delivered. */
static void items_that_the_mapping_cannot_tell_apart_are_not_delivered(void **state)
{
    (void)state;
    struct rig rig;
    replay_second_item(&rig, RIG_ORDERS_0, (struct order){ORDER_PAID, 1, 0});
    assert_letter_of_the_second(&rig, "not_deliverable");
}

static void a_message_whose_items_are_not_settled_is_given_back_without_a_letter(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_assign(&rig, RIG_TICKETS_0);
    rig.otherwise.delay_ms = 60000;
    (void)rig_produce(&rig, RIG_TICKETS_0, -1, (struct order){ORDER_PAID, 3, 1});
    rig_run(&rig, 1000);
    rig_lose(&rig, RIG_TICKETS_0);
    rig_run(&rig, 100000);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 0);
    assert_int_equal(rig_account(&rig)->given_back, 1);
    rig.otherwise.delay_ms = 0;
    rig_assign(&rig, RIG_TICKETS_0);
    rig_run(&rig, 5000);
    assert_int_equal(scripted_dead_letter_count(rig.letters), 1);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    rig_free(&rig);
}

static void when_everything_is_refused_nothing_is_lettered_and_delivery_holds(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 400, .body = "{}"};
    rig_produce_paid(&rig, RIG_ORDERS_0, 100);
    rig_run(&rig, 600000);
    assert_true(delivery_on_hold(rig.delivery));
    assert_int_equal(scripted_dead_letter_count(rig.letters), 0);
    assert_int_equal(commits(&rig), 0);
    assert_in_range(rig_log_count(&rig, "\"delivery_on_hold\""), 10, 11);
    assert_in_range(rig_log_count(&rig, "Every request is refused: check rokt.api"), 10, 11);
    rig.otherwise = (struct scripted_answer){.status = 200};
    rig_run(&rig, 60000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 100);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void the_alarm_of_a_hold_is_said_at_once_and_then_each_minute(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 401};
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    assert_int_equal(rig_log_count(&rig, "\"delivery_on_hold\""), 1);
    rig_run(&rig, 599999);
    assert_int_equal(rig_log_count(&rig, "\"delivery_on_hold\""), 10);
    assert_int_equal(rig_log_count(&rig, "Keys and certificates that change"), 10);
    assert_int_equal(rig_requests(&rig), 60);
    rig_free(&rig);
}

static void each_hold_has_its_own_alarm(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {.status = 401}, {.status = 200}, {.status = 403}, {.status = 200}};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 10000);
    assert_int_equal(rig_log_count(&rig, "\"delivery_resumed\""), 1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 10000);
    assert_int_equal(rig_log_count(&rig, "\"delivery_on_hold\""), 2);
    assert_int_equal(rig_log_count(&rig, "\"delivery_resumed\""), 2);
    rig_free(&rig);
}

/* ---- room ----------------------------------------------------------------------------------------- */

static void without_room_nothing_is_fetched_and_events_are_served(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = NO_ANSWER;
    rig_produce_paid(&rig, RIG_ORDERS_0, 1000);
    rig_run(&rig, 1000);
    size_t fetches = scripted_consumer_fetches(rig.consumer);
    uint64_t turns = rig.turns;
    /* Three batches of two in flight and two to spare, and what takes the room is the last one's second. */
    assert_in_range(rig_account(&rig)->consumed, 10, 11);
    rig_assign(&rig, RIG_TICKETS_0);
    rig_run(&rig, 60000);
    assert_int_equal(rig_log_count(&rig, "\"partitions_assigned\""), 2);
    assert_int_equal(scripted_consumer_fetches(rig.consumer), fetches);
    assert_true(rig.turns - turns < 70);
    rig_free(&rig);
}

static size_t count_paid(const struct rig *rig, size_t partition)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->oracle.partitions[partition].count; i++) {
        count += rig->oracle.partitions[partition].fates[i].accepted[0];
    }
    return count;
}

/* A message that does not end stops its own partition at the limit, not the others. */
static void behind_a_message_that_does_not_end_its_partition_stops_at_the_limit(void **state)
{
    (void)state;
    static const size_t limits[] = {1, 2, 3, 8, 100, 300};
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct rig rig;
        struct scripted_answer slow = {.status = 200, .delay_ms = 200000};
        rig_init(&rig);
        rig.pipeline_settings.open_partition_max = limits[i];
        rig.delivery_settings.batch_conversions = 1;
        rig.otherwise.delay_ms = 1;
        rig_start(&rig);
        rig_assign(&rig, RIG_ORDERS_0);
        script(&rig, &slow, 1);
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        rig_run(&rig, 1000);
        rig_assign(&rig, RIG_ORDERS_1);
        rig_produce_paid(&rig, RIG_ORDERS_0, 400);
        rig_produce_paid(&rig, RIG_ORDERS_1, 2000);
        rig_run(&rig, 60000);
        assert_int_equal(count_paid(&rig, RIG_ORDERS_0), limits[i]); /* the slow one too, later */
        assert_int_equal(count_paid(&rig, RIG_ORDERS_1), 2000);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 2000);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), limits[i] == 1 ? -1 : 0);
        assert_int_equal(rig_account(&rig)->open, 1);
        rig_run(&rig, 150000);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 401);
        assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
        rig_free(&rig);
    }
}

static void at_the_limit_of_all_nothing_is_taken_in_until_the_oldest_ends(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow = {.status = 200, .delay_ms = 100000};
    rig_init(&rig);
    rig.pipeline_settings.open_max = 50;
    rig.delivery_settings.batch_conversions = 1;
    start(&rig);
    script(&rig, &slow, 1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 200);
    rig_run(&rig, 60000);
    assert_int_equal(rig_account(&rig)->consumed, 50);
    assert_int_equal(rig_account(&rig)->open, 1);
    assert_int_equal(scripted_consumer_pauses(rig.consumer), 0);
    assert_true(rig.turns < 500);
    rig_run(&rig, 50000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 200);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void the_limit_is_said_with_the_offset_that_holds_it_once_a_minute(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow[] = {{.status = 200}, {.status = 200, .delay_ms = 1000000}};
    rig_init(&rig);
    rig.pipeline_settings.open_partition_max = 10;
    rig.delivery_settings.batch_conversions = 1;
    start(&rig);
    script(&rig, slow, 2);
    rig_produce_paid(&rig, RIG_ORDERS_0, 100);
    rig_run(&rig, 50000);
    assert_int_equal(rig_log_count(&rig, "\"open_messages_limit\""), 1);
    assert_int_equal(rig_log_count(&rig, "\"topic\":\"orders\",\"partition\":0,\"offset\":1,"
                                         "\"waiting\":10,\"waiting_in_all\":10,"
                                         "\"full_partitions\":1"),
                     1);
    rig_run(&rig, 600000);
    assert_in_range(rig_log_count(&rig, "\"open_messages_limit\""), 10, 11);
    rig_free(&rig);
}

/* Orders 50 and 51 are refused, and only when the others that may be open have been taken. */
static struct scripted_answer refuse_two_late(void *context, struct rig *rig, struct slice body)
{
    (void)context;
    if (slice_find(body, SLICE(ORACLE_ID "0:50")) != SIZE_MAX ||
        slice_find(body, SLICE(ORACLE_ID "0:51")) != SIZE_MAX) {
        return (struct scripted_answer){.status = 400, .body = "{}", .delay_ms = 5000};
    }
    oracle_accepted(&rig->oracle, body, rig->clock.monotonic_ms);
    return (struct scripted_answer){.status = 200, .body = "{\"data\":{}}", .delay_ms = 100};
}

/* What is refused is proven to be at fault by an order that is taken; there must be one, even when those
 * that are refused hold up all others. */
static void refused_orders_that_fill_a_limit_become_letters(void **state)
{
    (void)state;
    for (int of_all = 0; of_all < 2; of_all++) {
        struct rig rig;
        rig_init(&rig);
        *(of_all ? &rig.pipeline_settings.open_max : &rig.pipeline_settings.open_partition_max) =
            10;
        rig.delivery_settings.batch_conversions = 1;
        start(&rig);
        rig.answer = refuse_two_late;
        rig_produce_paid(&rig, RIG_ORDERS_0, 50);
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_POISON, 1, 0});
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_POISON, 1, 0});
        rig_produce_paid(&rig, RIG_ORDERS_0, 48);
        rig_run(&rig, 600000);
        assert_int_equal(rig_log_count(&rig, "Every request is refused: check rokt.api"), 1);
        assert_int_equal(scripted_dead_letter_count(rig.letters), 2);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 100);
        assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
        rig_free(&rig);
    }
}

/* When the configuration is wrong indeed, the limits give way a little, once. */
static void while_everything_is_refused_the_limits_hold_but_for_a_few(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.pipeline_settings.open_partition_max = 10;
    rig.delivery_settings.batch_conversions = 1;
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 400, .body = "{}"};
    rig_produce_paid(&rig, RIG_ORDERS_0, 200);
    rig_run(&rig, 3600000);
    assert_true(delivery_on_hold(rig.delivery));
    assert_int_equal(rig_account(&rig)->consumed, 10 + 16);
    rig.otherwise = (struct scripted_answer){.status = 200};
    rig_run(&rig, 60000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 200);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

static void a_full_partition_may_go_and_come_back(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow = {.status = 200, .delay_ms = 1000000};
    rig_init(&rig);
    rig.pipeline_settings.open_partition_max = 10;
    rig.delivery_settings.batch_conversions = 1;
    start(&rig);
    script(&rig, &slow, 1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 100);
    rig_run(&rig, 10000);
    assert_int_equal(scripted_consumer_pauses(rig.consumer), 1);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 10000);
    assert_int_equal(rig_account(&rig)->given_back, 1);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 10000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 100);
    rig_free(&rig);
}

/* ---- what had ended before ------------------------------------------------------------------- */

/* Of 20 orders all but the first are done and told in the metadata of a commit. */
static void start_with_one_open(struct rig *rig, struct scripted_answer *slow)
{
    *slow = (struct scripted_answer){.status = 200, .delay_ms = 1000000, .body = ""};
    rig_init(rig);
    rig->delivery_settings.batch_conversions = 1;
    start(rig);
    script(rig, slow, 1);
    rig_produce_paid(rig, RIG_ORDERS_0, 20);
    rig_run(rig, 3000);
    assert_int_equal(rig_account(rig)->delivered, 19);
    assert_int_equal(rig_committed(rig, RIG_ORDERS_0), 0);
    assert_true(strlen(scripted_consumer_metadata(rig->consumer, RIG_ORDERS_0)) < 40);
}

static void finish_exactly(struct rig *rig, uint64_t done_before)
{
    rig_run(rig, 5000);
    assert_int_equal(rig_committed(rig, RIG_ORDERS_0), 20);
    assert_int_equal(rig_account(rig)->done_before, done_before);
    assert_true(every_order_is_exact(rig, RIG_ORDERS_0));
    assert_int_equal(rig_log_count(rig, "\"metadata_ignored\""), 0);
    rig_free(rig);
}

static void after_a_crash_only_what_was_open_is_delivered(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow;
    start_with_one_open(&rig, &slow);
    rig_restart(&rig);
    rig_assign(&rig, RIG_ORDERS_0);
    finish_exactly(&rig, 19);
}

static void when_a_partition_moves_only_what_was_open_is_delivered(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow;
    start_with_one_open(&rig, &slow);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 6000);
    assert_int_equal(rig_account(&rig)->given_back, 1);
    rig_assign(&rig, RIG_ORDERS_0);
    finish_exactly(&rig, 19);
}

static void a_crash_in_the_middle_of_what_is_known_forgets_nothing_of_it(void **state)
{
    (void)state;
    for (size_t taken = 1; taken <= 20; taken++) {
        struct rig rig;
        struct scripted_answer slow;
        start_with_one_open(&rig, &slow);
        for (size_t crashes = 0; crashes < 3; crashes++) {
            rig_restart(&rig);
            rig.pipeline_settings.open_partition_max = taken;
            script(&rig, &slow, 1);
            rig_assign(&rig, RIG_ORDERS_0);
            rig_run(&rig, 1500);
        }
        rig.pipeline_settings.open_partition_max = 1000;
        rig_restart(&rig);
        rig_assign(&rig, RIG_ORDERS_0);
        finish_exactly(&rig, 19);
    }
}

static void metadata_of_strangers_is_ignored_and_said(void **state)
{
    (void)state;
    static const char *const texts[] = {"checkpoint:7", "rokt-relay/1:BS:", "rokt-relay/9:x"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct rig rig;
        struct scripted_answer slow;
        start_with_one_open(&rig, &slow);
        scripted_consumer_set_metadata(rig.consumer, RIG_ORDERS_0, texts[i]);
        rig_restart(&rig);
        rig_assign(&rig, RIG_ORDERS_0);
        rig_run(&rig, 5000);
        assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 20);
        assert_int_equal(rig_account(&rig)->done_before, 0);
        assert_int_equal(rig_account(&rig)->delivered, 20);
        assert_int_equal(rig_log_count(&rig, "\"metadata_ignored\""), 1);
        rig_free(&rig);
    }
}

static void metadata_of_another_offset_is_ignored(void **state)
{
    (void)state;
    struct rig rig;
    struct scripted_answer slow;
    start_with_one_open(&rig, &slow);
    char *old = memory_string(slice_of(scripted_consumer_metadata(rig.consumer, RIG_ORDERS_0)));
    rig_restart(&rig);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 5000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 20);
    scripted_consumer_set_metadata(rig.consumer, RIG_ORDERS_0, old);
    rig_restart(&rig);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 5);
    rig_run(&rig, 5000);
    assert_int_equal(rig_account(&rig)->delivered, 5);
    assert_int_equal(rig_log_count(&rig, "\"metadata_ignored\""), 1);
    free(old);
    rig_free(&rig);
}

/* ---- the end of a partition ------------------------------------------------------------------- */

static void what_stands_at_the_end_and_is_no_message_is_passed_when_nothing_is_open(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 5000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    scripted_consumer_end(rig.consumer, RIG_ORDERS_0, 3);
    rig_run(&rig, 4999);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 0);
    rig_run(&rig, 2000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 3);
    scripted_consumer_end(rig.consumer, RIG_ORDERS_0, 8);
    rig_run(&rig, 1000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 8);
    assert_int_equal(rig_account(&rig)->consumed, 2);
    rig_free(&rig);
}

static void an_end_in_front_of_which_messages_wait_passes_none_of_them(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    scripted_dead_letter_room(rig.letters, 0); /* nothing is taken in */
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    scripted_consumer_end(rig.consumer, RIG_ORDERS_0, 3);
    rig_run(&rig, 10000);
    assert_int_equal(commits(&rig), 0);
    rig_free(&rig);
}

static void with_nothing_to_do_it_sleeps(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 10);
    rig_run(&rig, 5000);
    uint64_t turns = rig.turns;
    rig_run(&rig, 60000);
    assert_true(rig.turns - turns <= 61);
    assert_int_equal(commits(&rig), 1);
    rig_free(&rig);
}

static void messages_are_taken_in_as_they_come(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_run(&rig, 10000);
    for (int64_t i = 1; i <= 20; i++) {
        rig_produce_paid(&rig, RIG_ORDERS_0, 1);
        rig_run(&rig, 100); /* the linger time: no sleep put it off */
        assert_int_equal(rig_account(&rig)->delivered, i);
    }
    rig_free(&rig);
}

static void while_there_is_more_to_take_in_it_does_not_sleep(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    for (int i = 0; i < 1000; i++) {
        (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_UNPAID, 1, 0});
    }
    rig_run(&rig, 0);
    assert_int_equal(rig_account(&rig)->skipped, 1000);
    rig_free(&rig);
}

static void progress_is_said_each_minute_in_which_there_was_some(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 10);
    rig_run(&rig, 59999);
    assert_int_equal(rig_log_count(&rig, "\"progress\""), 0);
    rig_run(&rig, 1000);
    assert_int_equal(rig_log_count(&rig, "\"progress\""), 1);
    assert_int_equal(rig_log_count(&rig, "\"delivered\":10"), 1);
    rig_run(&rig, 600000);
    assert_int_equal(rig_log_count(&rig, "\"progress\""), 1);
    rig_free(&rig);
}

/* ---- revokes ---------------------------------------------------------------------------------------- */

static void a_revoke_waits_for_what_is_open_commits_it_and_releases(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_linger_ms = 4000;
    start(&rig);
    rig.otherwise.delay_ms = 2000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 3); /* a batch, and one that lingers */
    rig_run(&rig, 500);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(rig_requests(&rig), 2);
    rig_run(&rig, 1999);
    assert_true(scripted_consumer_unanswered(rig.consumer));
    rig_run(&rig, 1);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 3);
    assert_int_equal(rig_account(&rig)->delivered, 3);
    assert_int_equal(rig_account(&rig)->given_back, 0);
    rig_free(&rig);
}

static void after_a_revoke_batches_linger_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_assign(&rig, RIG_ORDERS_1);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_1);
    rig_run(&rig, 0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_run(&rig, 99);
    assert_int_equal(rig_requests(&rig), 0);
    rig_run(&rig, 1);
    assert_int_equal(rig_requests(&rig), 1);
    rig_free(&rig);
}

static void a_revoke_of_what_has_nothing_open_is_answered_at_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(passed_ms(&rig), 0);
    rig_free(&rig);
}

static void a_revoke_whose_time_is_over_gives_back_what_is_open(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 100}};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig.otherwise.delay_ms = 30000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 6);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 4999);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 0);
    rig_run(&rig, 1);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(rig_account(&rig)->given_back, 4);
    size_t before = commits(&rig);
    rig_run(&rig, 60000); /* the late answers change nothing */
    assert_int_equal(commits(&rig), before);
    assert_int_equal(rig_account(&rig)->delivered, 2);
    rig_free(&rig);
}

static void a_revoke_on_hold_ends_in_time_and_loses_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise = (struct scripted_answer){.status = 401};
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 100);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 5000);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_account(&rig)->given_back, 2);
    assert_int_equal(commits(&rig), 0);
    rig_free(&rig);
}

static void what_was_fetched_of_a_revoked_partition_is_not_taken_in(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 1000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 100);
    rig_run(&rig, 0);
    uint64_t consumed = rig_account(&rig)->consumed;
    assert_true(consumed < 100);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 20000);
    assert_int_equal(rig_account(&rig)->consumed, consumed);
    assert_int_equal(rig_account(&rig)->delivered, consumed);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), consumed);
    rig_free(&rig);
}

static void other_partitions_go_on_while_one_is_drained(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 4000}};
    script(&rig, answers, COUNT(answers));
    rig_assign(&rig, RIG_ORDERS_1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_produce_paid(&rig, RIG_ORDERS_1, 20);
    rig_run(&rig, 1000);
    assert_true(scripted_consumer_unanswered(rig.consumer));
    assert_int_equal(rig_account(&rig)->delivered, 20);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 20);
    rig_free(&rig);
}

static void revokes_are_answered_one_after_the_other(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 2000},
                                                     {.status = 200, .delay_ms = 3000},
                                                     {.status = 200, .delay_ms = 2000}};
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_conversions = 1;
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig_assign(&rig, RIG_ORDERS_1);
    rig_assign(&rig, RIG_TICKETS_0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_produce_paid(&rig, RIG_ORDERS_1, 1);
    rig_produce_paid(&rig, RIG_TICKETS_0, 1);
    rig_run(&rig, 100);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_lose(&rig, RIG_ORDERS_1);
    rig_assign(&rig, RIG_ORDERS_1);
    rig_revoke(&rig, RIG_TICKETS_0);
    rig_run(&rig, 1899);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 0);
    rig_run(&rig, 1);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 3);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
    assert_int_equal(rig_committed(&rig, RIG_TICKETS_0), 1);
    assert_int_equal(rig_account(&rig)->given_back, 1);
    rig_run(&rig, 4000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 1);
    assert_int_equal(rig_account(&rig)->delivered, 3);
    rig_free(&rig);
}

static void a_partition_may_come_back_after_its_release(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 3);
    rig_run(&rig, 200);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_produce_paid(&rig, RIG_ORDERS_0, 4);
    rig_run(&rig, 2000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 7);
    assert_true(every_order_is_exact(&rig, RIG_ORDERS_0));
    rig_free(&rig);
}

/* ---- losses ----------------------------------------------------------------------------------------- */

static void of_a_lost_partition_nothing_is_committed_and_late_answers_change_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 3000;
    rig.letter_answer.delay_ms = 4000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    (void)rig_produce(&rig, RIG_ORDERS_0, -1, (struct order){ORDER_DAMAGED, 1, 0});
    rig_run(&rig, 1000);
    rig_lose(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_account(&rig)->given_back, 3);
    rig_run(&rig, 60000);
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(rig_account(&rig)->delivered, 0);
    assert_int_equal(rig_account(&rig)->dead_lettered, 0);
    assert_int_equal(rig_log_count(&rig, "\"assignment_lost\""), 1);
    rig_free(&rig);
}

static void
what_was_not_sent_of_a_lost_partition_is_cancelled_and_its_neighbours_are_sent(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_assign(&rig, RIG_ORDERS_1);
    rig.otherwise.delay_ms = 3000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 6);
    rig_run(&rig, 0); /* all that may be is under way */
    assert_int_equal(rig_requests(&rig), 3);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_produce_paid(&rig, RIG_ORDERS_1, 2);
    rig_run(&rig, 0);
    assert_int_equal(rig_account(&rig)->consumed, 10);
    rig_lose(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(delivery_pending(rig.delivery), 8);
    assert_int_equal(rig_account(&rig)->given_back, 8);
    assert_int_equal(rig_log_count(&rig, "\"cancelled_conversions\":2"), 1);
    rig_run(&rig, 60000);
    assert_int_equal(rig_account(&rig)->conversions, 8);
    assert_int_equal(rig_account(&rig)->delivered, 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 2);
    rig_free(&rig);
}

static void late_answers_do_not_count_for_the_next_assignment_of_the_slot(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 3000},
                                                     {.status = 200, .delay_ms = 6000}};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 1000);
    rig_lose(&rig, RIG_ORDERS_0);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(rig_requests(&rig), 2);
    rig_run(&rig, 5999);
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(rig_account(&rig)->delivered, 0);
    rig_run(&rig, 1001);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(rig_account(&rig)->delivered, 2);
    rig_free(&rig);
}

/* ---- commits ---------------------------------------------------------------------------------------- */

/* Answers that a test scripts: `count` of them, then success at once. */
struct commit_script {
    const struct scripted_commit_answer *answers;
    size_t count;
};

static struct scripted_commit_answer scripted_commit_answer(void *context, bool at_once)
{
    struct commit_script *script = context;
    if (at_once || script->count == 0) {
        return (struct scripted_commit_answer){0};
    }
    script->count--;
    return *script->answers++;
}

static void script_commits(struct rig *rig, struct commit_script *commit_script)
{
    rig->answer_commit = scripted_commit_answer;
    rig->context = commit_script;
}

static void no_sleep_puts_a_commit_off(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.pipeline_settings.commit_interval_ms = 300;
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 5000);
    assert_int_equal(commits(&rig), 1);
    assert_int_equal(scripted_consumer_commits(rig.consumer)->asked_ms, RIG_START_MS + 300);
    rig_free(&rig);
}

static void a_commit_that_fails_is_tried_again(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 100, .failed = true},
                                                            {.delay_ms = 100, .failed = true}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 3199);
    assert_int_equal(commits(&rig), 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), -1);
    rig_run(&rig, 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(rig_log_count(&rig, "\"commit_failed\""), 2);
    rig_run(&rig, 60000);
    assert_int_equal(commits(&rig), 3);
    rig_free(&rig);
}

static void while_a_commit_is_in_flight_there_is_no_other(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 5000}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 1000);
    uint64_t turns = rig.turns;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 4999); /* the second commit is due for long, which is no reason to spin */
    assert_int_equal(commits(&rig), 1);
    assert_true(rig.turns - turns < 10);
    rig_run(&rig, 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 4);
    rig_free(&rig);
}

static void the_answer_to_a_commit_of_an_older_assignment_does_not_count(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 3000}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_produce_paid(&rig, RIG_ORDERS_0, 4);
    rig_run(&rig, 1500);
    assert_int_equal(commits(&rig), 1);
    rig_lose(&rig, RIG_ORDERS_0);
    rig_assign(&rig, RIG_ORDERS_0);
    rig_run(&rig, 2499);
    assert_int_equal(rig_account(&rig)->delivered, 8);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), -1);
    rig_run(&rig, 1001);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 4);
    rig_free(&rig);
}

static void a_revoke_waits_for_the_commit_in_flight(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 3000}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 1000);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 2999);
    assert_true(scripted_consumer_unanswered(rig.consumer));
    rig_run(&rig, 1);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 4);
    rig_free(&rig);
}

static void a_commit_that_is_overtaken_at_the_end_of_a_revoke_is_not_made_again(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 9000}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_assign(&rig, RIG_ORDERS_1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_produce_paid(&rig, RIG_ORDERS_1, 2);
    rig_run(&rig, 1000);
    rig_produce_paid(&rig, RIG_ORDERS_1, 2);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 5000);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 4);
    size_t before = commits(&rig);
    rig_run(&rig, 60000);
    assert_int_equal(commits(&rig), before);
    rig_free(&rig);
}

static struct scripted_commit_answer fails_at_once(void *context, bool at_once)
{
    (void)context;
    return (struct scripted_commit_answer){.failed = at_once};
}

static void a_revoke_is_answered_though_its_commit_fails(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.answer_commit = fails_at_once;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 0);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), -1);
    assert_int_equal(rig_log_count(&rig, "\"commit_failed\""), 1);
    rig_free(&rig);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

static void a_stop_delivers_and_commits_what_is_open_without_lingering(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.delivery_settings.batch_linger_ms = 60000;
    start(&rig);
    rig.otherwise.delay_ms = 700;
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_run(&rig, 100);
    pipeline_stop(rig.pipeline);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_STOPPED);
    assert_int_equal(passed_ms(&rig), 800);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
    assert_int_equal(rig_log_count(&rig, "\"drain_incomplete\""), 0);
    rig_free(&rig);
}

static void a_stop_with_nothing_open_is_at_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_STOPPED);
    assert_int_equal(passed_ms(&rig), 0);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    rig_free(&rig);
}

static void after_a_stop_nothing_is_taken_in(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 1000;
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 500);
    pipeline_stop(rig.pipeline);
    rig_produce_paid(&rig, RIG_ORDERS_0, 50);
    rig_assign(&rig, RIG_ORDERS_1);
    rig_produce_paid(&rig, RIG_ORDERS_1, 50);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_STOPPED);
    assert_int_equal(rig_account(&rig)->consumed, 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), -1);
    rig_free(&rig);
}

static void a_stop_whose_time_is_over_commits_only_what_is_done(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {{.status = 200, .delay_ms = 100}};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script(&rig, answers, COUNT(answers));
    rig.otherwise = NO_ANSWER;
    rig_produce_paid(&rig, RIG_ORDERS_0, 5);
    rig_run(&rig, 50);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 19999), PIPELINE_RUNNING);
    assert_int_equal(rig_run(&rig, 1), PIPELINE_STOPPED);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    assert_int_equal(rig_account(&rig)->open, 3);
    assert_int_equal(rig_log_count(&rig, "\"drain_incomplete\""), 1);
    rig_free(&rig);
}

static void a_stop_waits_for_the_commit_in_flight(void **state)
{
    (void)state;
    static const struct scripted_commit_answer answers[] = {{.delay_ms = 3000, .failed = true}};
    struct commit_script commit_script = {answers, COUNT(answers)};
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    script_commits(&rig, &commit_script);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 1500);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_STOPPED);
    assert_int_equal(passed_ms(&rig), 4000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 2);
    rig_free(&rig);
}

static void a_revoke_is_answered_while_stopping(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig.otherwise.delay_ms = 8000;
    rig_assign(&rig, RIG_ORDERS_1);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_produce_paid(&rig, RIG_ORDERS_1, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    rig_run(&rig, 1000);
    pipeline_stop(rig.pipeline);
    rig_run(&rig, 4000);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 1);
    assert_int_equal(rig_account(&rig)->given_back, 2);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_STOPPED);
    assert_int_equal(passed_ms(&rig), 8000);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), -1);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_1), 2);
    rig_free(&rig);
}

static void the_last_turn_says_the_account(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 1);
    rig_run(&rig, 0);
    pipeline_stop(rig.pipeline);
    assert_int_equal(rig_log_count(&rig, "\"event\":\"account\""), 0);
    assert_int_equal(rig_run(&rig, 1000), PIPELINE_STOPPED);
    assert_int_equal(rig_committed(&rig, RIG_ORDERS_0), 1);
    assert_int_equal(rig_log_count(&rig, "\"event\":\"account\""), 1);
    rig_free(&rig);
}

static void a_fatal_error_ends_it_without_a_commit(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 999); /* a commit is due in the turn that hears of it */
    scripted_consumer_fatal(rig.consumer, "the broker fenced this member");
    rig.clock.monotonic_ms += 1;
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_FAILED);
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(rig_log_count(&rig, "the broker fenced this member"), 1);
    rig_free(&rig);
}

static void a_fenced_member_ends_without_a_commit_and_says_why(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 999); /* a commit is due in the turn that hears of it */
    scripted_consumer_fence(rig.consumer, "the broker fenced this member");
    rig.clock.monotonic_ms += 1;
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_FENCED);
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(rig_log_count(&rig, "\"kafka_fenced\""), 1);
    assert_int_equal(rig_log_count(&rig, "the broker fenced this member"), 1);
    assert_int_equal(rig_log_count(&rig, "group.instance.id"), 1);
    rig_free(&rig);
}

static void a_fatal_error_ends_it_in_the_middle_of_a_revoke_too(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    start(&rig);
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    rig_run(&rig, 0);
    rig_revoke(&rig, RIG_ORDERS_0);
    scripted_consumer_fatal(rig.consumer, "the broker fenced this member");
    rig_produce_paid(&rig, RIG_ORDERS_0, 2);
    assert_int_equal(rig_run(&rig, 60000), PIPELINE_FAILED);
    assert_int_equal(commits(&rig), 0);
    assert_int_equal(scripted_consumer_releases(rig.consumer), 0);
    assert_int_equal(rig_requests(&rig), 1);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_delivered_is_committed_and_not_before),
        cmocka_unit_test(a_value_that_could_be_left_out_is_counted),
        cmocka_unit_test(the_offset_behind_a_gap_is_the_last_one_and_one),
        cmocka_unit_test(answers_in_any_order_never_take_the_offset_past_an_open_message),
        cmocka_unit_test(what_was_deleted_before_it_was_read_is_said_and_counted),
        cmocka_unit_test(skips_and_tombstones_are_counted_by_reason_and_passed),
        cmocka_unit_test(a_skip_behind_an_open_message_waits_for_it),
        cmocka_unit_test(what_cannot_be_mapped_is_passed_when_its_letter_is_acknowledged),
        cmocka_unit_test(a_letter_is_the_message_byte_for_byte),
        cmocka_unit_test(a_letter_that_fails_is_waited_for_and_said),
        cmocka_unit_test(
            letters_that_fail_are_an_alarm_at_once_and_each_minute_and_hold_the_offset),
        cmocka_unit_test(a_mapping_that_kills_too_many_holds_them_and_lets_all_others_go_on),
        cmocka_unit_test(what_is_held_keeps_neither_a_stop_nor_a_revoke_waiting),
        cmocka_unit_test(a_restart_gets_what_was_held),
        cmocka_unit_test(as_many_as_the_share_allows_are_letters),
        cmocka_unit_test(what_rokt_refuses_of_a_mapping_is_held_as_well),
        cmocka_unit_test(the_dead_letter_topic_is_never_read),
        cmocka_unit_test(without_room_for_a_letter_nothing_is_taken_in),
        cmocka_unit_test(a_message_of_several_conversions_is_done_with_the_last),
        cmocka_unit_test(a_message_without_items_is_skipped),
        cmocka_unit_test(a_refused_part_goes_to_a_letter_and_the_others_to_rokt),
        cmocka_unit_test(accounts_that_take_turns_have_full_batches_of_their_own),
        cmocka_unit_test(a_message_for_several_accounts_is_done_with_the_last_of_them),
        cmocka_unit_test(a_transient_answer_sends_the_same_bytes_again),
        cmocka_unit_test(a_hold_keeps_everything_serves_events_and_ends_by_itself),
        cmocka_unit_test(a_hold_of_an_hour_with_rebalances_in_it_loses_nothing),
        cmocka_unit_test(what_rokt_has_received_before_is_delivered_and_counted),
        cmocka_unit_test(that_rokt_slows_delivery_is_said_once_a_minute),
        cmocka_unit_test(an_absurd_wait_is_capped_and_said),
        cmocka_unit_test(an_order_that_is_refused_alone_goes_to_a_letter_byte_for_byte),
        cmocka_unit_test(a_message_makes_one_letter_that_names_all_items_that_are_dead),
        cmocka_unit_test(of_a_letter_of_items_these_alone_are_delivered),
        cmocka_unit_test(a_letter_of_items_that_there_are_no_more_is_skipped),
        cmocka_unit_test(a_letter_of_items_that_are_dead_again_is_one_of_the_same_items),
        cmocka_unit_test(items_that_the_mapping_cannot_tell_apart_are_not_delivered),
        cmocka_unit_test(a_message_whose_items_are_not_settled_is_given_back_without_a_letter),
        cmocka_unit_test(when_everything_is_refused_nothing_is_lettered_and_delivery_holds),
        cmocka_unit_test(the_alarm_of_a_hold_is_said_at_once_and_then_each_minute),
        cmocka_unit_test(each_hold_has_its_own_alarm),
        cmocka_unit_test(without_room_nothing_is_fetched_and_events_are_served),
        cmocka_unit_test(behind_a_message_that_does_not_end_its_partition_stops_at_the_limit),
        cmocka_unit_test(at_the_limit_of_all_nothing_is_taken_in_until_the_oldest_ends),
        cmocka_unit_test(the_limit_is_said_with_the_offset_that_holds_it_once_a_minute),
        cmocka_unit_test(refused_orders_that_fill_a_limit_become_letters),
        cmocka_unit_test(while_everything_is_refused_the_limits_hold_but_for_a_few),
        cmocka_unit_test(a_full_partition_may_go_and_come_back),
        cmocka_unit_test(after_a_crash_only_what_was_open_is_delivered),
        cmocka_unit_test(when_a_partition_moves_only_what_was_open_is_delivered),
        cmocka_unit_test(a_crash_in_the_middle_of_what_is_known_forgets_nothing_of_it),
        cmocka_unit_test(metadata_of_strangers_is_ignored_and_said),
        cmocka_unit_test(metadata_of_another_offset_is_ignored),
        cmocka_unit_test(what_stands_at_the_end_and_is_no_message_is_passed_when_nothing_is_open),
        cmocka_unit_test(an_end_in_front_of_which_messages_wait_passes_none_of_them),
        cmocka_unit_test(with_nothing_to_do_it_sleeps),
        cmocka_unit_test(messages_are_taken_in_as_they_come),
        cmocka_unit_test(while_there_is_more_to_take_in_it_does_not_sleep),
        cmocka_unit_test(progress_is_said_each_minute_in_which_there_was_some),
        cmocka_unit_test(a_revoke_waits_for_what_is_open_commits_it_and_releases),
        cmocka_unit_test(after_a_revoke_batches_linger_again),
        cmocka_unit_test(a_revoke_of_what_has_nothing_open_is_answered_at_once),
        cmocka_unit_test(a_revoke_whose_time_is_over_gives_back_what_is_open),
        cmocka_unit_test(a_revoke_on_hold_ends_in_time_and_loses_nothing),
        cmocka_unit_test(what_was_fetched_of_a_revoked_partition_is_not_taken_in),
        cmocka_unit_test(other_partitions_go_on_while_one_is_drained),
        cmocka_unit_test(revokes_are_answered_one_after_the_other),
        cmocka_unit_test(a_partition_may_come_back_after_its_release),
        cmocka_unit_test(of_a_lost_partition_nothing_is_committed_and_late_answers_change_nothing),
        cmocka_unit_test(
            what_was_not_sent_of_a_lost_partition_is_cancelled_and_its_neighbours_are_sent),
        cmocka_unit_test(late_answers_do_not_count_for_the_next_assignment_of_the_slot),
        cmocka_unit_test(no_sleep_puts_a_commit_off),
        cmocka_unit_test(a_commit_that_fails_is_tried_again),
        cmocka_unit_test(while_a_commit_is_in_flight_there_is_no_other),
        cmocka_unit_test(the_answer_to_a_commit_of_an_older_assignment_does_not_count),
        cmocka_unit_test(a_revoke_waits_for_the_commit_in_flight),
        cmocka_unit_test(a_commit_that_is_overtaken_at_the_end_of_a_revoke_is_not_made_again),
        cmocka_unit_test(a_revoke_is_answered_though_its_commit_fails),
        cmocka_unit_test(a_stop_delivers_and_commits_what_is_open_without_lingering),
        cmocka_unit_test(a_stop_with_nothing_open_is_at_once),
        cmocka_unit_test(after_a_stop_nothing_is_taken_in),
        cmocka_unit_test(a_stop_whose_time_is_over_commits_only_what_is_done),
        cmocka_unit_test(a_stop_waits_for_the_commit_in_flight),
        cmocka_unit_test(a_revoke_is_answered_while_stopping),
        cmocka_unit_test(the_last_turn_says_the_account),
        cmocka_unit_test(a_fatal_error_ends_it_without_a_commit),
        cmocka_unit_test(a_fenced_member_ends_without_a_commit_and_says_why),
        cmocka_unit_test(a_fatal_error_ends_it_in_the_middle_of_a_revoke_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
