/* What is read again of a topic of dead letters, and as what; and the consumer that gives it, in front
 * of one that this test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "kafka/replay.h"
#include "kafka/replay_consumer.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RECORDS_MAX 64
#define GIVEN_MAX 8
#define DIED_MS 1764000000000

/* ---- the consumer behind ---------------------------------------------------------------------- */

/* Records that are given out as they come; and what it was asked to do. */
struct inner {
    struct consumer consumer;
    struct consumer_message records[RECORDS_MAX];
    size_t count;
    size_t next;
    struct consumer_event event;
    bool has_event;
    bool undiscarded;
    int wake_fd;
    size_t pauses[4]; /* by slot */
    size_t resumes[4];
    int64_t committed; /* the last offset */
    bool released;
    bool *ret_freed;
};

static bool inner_event(struct consumer *base, struct consumer_event *ret_event)
{
    struct inner *inner = (struct inner *)base;
    if (!inner->has_event) {
        return false;
    }
    *ret_event = inner->event;
    inner->has_event = false;
    return true;
}

static size_t inner_fetch(struct consumer *base, struct consumer_message *ret_messages, size_t max)
{
    struct inner *inner = (struct inner *)base;
    assert_false(inner->undiscarded);
    size_t count = 0;
    while (count < max && inner->next < inner->count) {
        ret_messages[count++] = inner->records[inner->next++];
    }
    inner->undiscarded = count > 0;
    return count;
}

static void inner_discard(struct consumer *base)
{
    ((struct inner *)base)->undiscarded = false;
}

static void inner_pause(struct consumer *base, uint32_t slot, bool paused)
{
    struct inner *inner = (struct inner *)base;
    assert_false(inner->undiscarded);
    (*(paused ? &inner->pauses[slot] : &inner->resumes[slot]))++;
}

static void inner_commit(struct consumer *base, const struct consumer_offset offsets[],
                         size_t count)
{
    ((struct inner *)base)->committed = offsets[count - 1].offset;
}

static bool inner_commit_now(struct consumer *base, const struct consumer_offset offsets[],
                             size_t count, struct error *error)
{
    (void)error;
    inner_commit(base, offsets, count);
    return true;
}

static void inner_release(struct consumer *base)
{
    ((struct inner *)base)->released = true;
}

static int inner_fd(const struct consumer *base)
{
    return ((const struct inner *)base)->wake_fd;
}

static void inner_free(struct consumer *base)
{
    *((struct inner *)base)->ret_freed = true;
}

static int64_t inner_end(const struct consumer *consumer, uint32_t slot)
{
    (void)consumer;
    (void)slot;
    return -1;
}

static const struct consumer_operations inner_operations = {
    .event = inner_event,
    .fetch = inner_fetch,
    .discard = inner_discard,
    .pause = inner_pause,
    .end = inner_end,
    .commit = inner_commit,
    .commit_now = inner_commit_now,
    .release = inner_release,
    .fd = inner_fd,
    .free = inner_free,
};

/* ---- fixture ---------------------------------------------------------------------------------- */

struct fixture {
    struct inner inner;
    struct replay_settings settings;
    struct replay *replay;
    struct consumer *consumer;
    struct arena arena; /* of the letters */
    struct consumer_message given[GIVEN_MAX];
    bool freed;
};

static const char *const shop_topics[] = {"orders.shop"};
static const char *const other_topics[] = {"^orders\\..*"};
static const struct consumer_subscription routes[] = {{shop_topics, 1}, {other_topics, 1}};

static int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    arena_init(&fixture->arena, 0);
    fixture->inner.consumer.operations = &inner_operations;
    fixture->inner.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    fixture->inner.ret_freed = &fixture->freed;
    fixture->settings = (struct replay_settings){
        .letters = true,
        .filter = {.since_ms = INT64_MIN, .until_ms = INT64_MAX},
        .routes = routes,
        .route_count = 2,
    };
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->consumer != NULL) {
        fixture->consumer->operations->free(fixture->consumer);
        assert_true(fixture->freed);
    }
    replay_free(fixture->replay);
    arena_done(&fixture->arena);
    (void)close(fixture->inner.wake_fd);
    free(fixture);
    return 0;
}

static struct letter some_letter(void)
{
    return (struct letter){
        .topic = SLICE("orders.shop"),
        .partition = 3,
        .offset = 4711,
        .timestamp_ms = 1700000000123,
        .reason = SLICE("missing_field"),
        .field = SLICE("amount"),
        .attempts = 1,
        .first_ms = DIED_MS,
        .last_ms = DIED_MS,
        .mapping_hash = SLICE("0123456789abcdef"),
    };
}

static struct message as_message(struct fixture *fixture, const struct letter *letter)
{
    static const struct message_header own[] = {{SLICE("region"), SLICE("north")}};
    struct message message = {
        .topic = SLICE("dead"),
        .partition = 0,
        .timestamp_ms = 1,
        .key = SLICE("key"),
        .value = SLICE("{}"),
        .headers = own,
        .header_count = 1,
    };
    message.header_count = letter_headers(letter, &message, &fixture->arena, &message.headers);
    return message;
}

static void add_record(struct fixture *fixture, int64_t offset, const struct message *message)
{
    struct inner *inner = &fixture->inner;
    assert_true(inner->count < RECORDS_MAX);
    inner->records[inner->count] = (struct consumer_message){.message = *message, .offset = offset};
    inner->records[inner->count++].message.offset = offset;
}

static void add_letter(struct fixture *fixture, int64_t offset, const struct letter *letter)
{
    struct message message = as_message(fixture, letter);
    add_record(fixture, offset, &message);
}

static void add_end(struct fixture *fixture, int64_t offset)
{
    struct inner *inner = &fixture->inner;
    inner->records[inner->count++] = (struct consumer_message){.offset = offset, .end = true};
}

static void open_replay(struct fixture *fixture)
{
    struct error error = {""};
    fixture->replay = replay_new(&fixture->settings, &error);
    assert_non_null(fixture->replay);
}

/* Of partition 0, in slot 0. */
static void open_consumer(struct fixture *fixture, int64_t begin, int64_t end)
{
    open_replay(fixture);
    fixture->consumer = replay_consumer_new(&fixture->inner.consumer, fixture->replay,
                                            &(struct replay_part){begin, end}, 1);
}

static void tell(struct fixture *fixture, enum consumer_event_kind kind, int64_t committed)
{
    static struct consumer_partition named;
    struct consumer_event event;
    named = (struct consumer_partition){.topic = "dead", .committed = committed};
    fixture->inner.event =
        (struct consumer_event){.kind = kind, .partitions = &named, .partition_count = 1};
    fixture->inner.has_event = true;
    assert_true(fixture->consumer->operations->event(fixture->consumer, &event));
    assert_int_equal(event.kind, kind);
}

static size_t fetch(struct fixture *fixture, size_t max)
{
    fixture->consumer->operations->discard(fixture->consumer);
    return fixture->consumer->operations->fetch(fixture->consumer, fixture->given, max);
}

static bool is_awake(const struct fixture *fixture)
{
    struct pollfd fd = {fixture->inner.wake_fd, POLLIN, 0};
    return poll(&fd, 1, 0) == 1;
}

static struct replay_progress progress(const struct fixture *fixture)
{
    return replay_consumer_progress(fixture->consumer);
}

/* ---- letters ---------------------------------------------------------------------------------- */

static bool takes(struct fixture *fixture, const struct letter *letter)
{
    struct message message = as_message(fixture, letter);
    struct letter_items items;
    size_t route;
    return replay_take(fixture->replay, &message, &route, &items);
}

static void a_letter_is_the_message_that_it_was_made_of(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    struct letter_items items;
    size_t route = 7;
    open_replay(fixture);
    struct message message = as_message(fixture, &letter);
    assert_true(replay_take(fixture->replay, &message, &route, &items));
    assert_true(slice_equal(message.topic, SLICE("orders.shop")));
    assert_int_equal(message.partition, 3);
    assert_int_equal(message.offset, 4711);
    assert_int_equal(message.timestamp_ms, 1700000000123);
    assert_true(slice_equal(message.key, SLICE("key")));
    assert_true(slice_equal(message.value, SLICE("{}")));
    assert_true(slice_equal(message.headers[0].name, SLICE("region")));
    assert_int_equal(items.count, 0);
    assert_int_equal(route, 0);
    assert_int_equal(replay_account(fixture->replay)->taken, 1);
    assert_string_equal(replay_account(fixture->replay)->reasons[0].reason, "missing_field");
}

static void a_letter_takes_the_route_of_its_first_topic(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    struct letter_items items;
    size_t route = 7;
    letter.topic = SLICE("orders.kiosk");
    open_replay(fixture);
    struct message message = as_message(fixture, &letter);
    assert_true(replay_take(fixture->replay, &message, &route, &items));
    assert_int_equal(route, 1);
}

static void what_has_no_route_any_more_is_counted_and_left(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    letter.topic = SLICE("returns");
    open_replay(fixture);
    assert_false(takes(fixture, &letter));
    assert_int_equal(replay_account(fixture->replay)->no_route, 1);
}

static void what_is_no_letter_is_counted_and_left(void **state)
{
    struct fixture *fixture = *state;
    struct message plain = {.topic = SLICE("dead"), .value = SLICE("{}")};
    struct letter_items items;
    size_t route;
    open_replay(fixture);
    assert_false(replay_take(fixture->replay, &plain, &route, &items));
    struct letter letter = some_letter();
    letter.partition = -5; /* a damaged header */
    assert_false(takes(fixture, &letter));
    assert_int_equal(replay_account(fixture->replay)->no_letter, 2);
    assert_int_equal(replay_account(fixture->replay)->read, 2);
    assert_int_equal(replay_account(fixture->replay)->reason_count, 0);
}

static void a_filter_takes_what_all_of_it_names(void **state)
{
    struct fixture *fixture = *state;
    struct replay_filter *filter = &fixture->settings.filter;
    filter->reasons = (struct replay_names){{"not_json", "missing_field"}};
    filter->fields = (struct replay_names){{"amount"}};
    filter->topics = (struct replay_names){{"orders.shop"}};
    filter->hashes = (struct replay_names){{"0123456789abcdef"}};
    filter->since_ms = DIED_MS;
    filter->until_ms = DIED_MS + 1;
    open_replay(fixture);
    struct letter letter = some_letter();
    assert_true(takes(fixture, &letter));

    struct letter others[6];
    for (size_t i = 0; i < 6; i++) {
        others[i] = letter;
    }
    others[0].reason = SLICE("rejected");
    others[1].field = SLICE("");
    others[2].topic = SLICE("orders.shop2");
    others[3].mapping_hash = SLICE("f");
    others[4].last_ms = DIED_MS - 1;
    others[5].last_ms = DIED_MS + 1;
    for (size_t i = 0; i < 6; i++) {
        assert_false(takes(fixture, &others[i]));
        assert_int_equal(replay_account(fixture->replay)->left_out, i + 1);
    }
}

static void a_flood_of_reasons_is_counted_together(void **state)
{
    struct fixture *fixture = *state;
    char reason[REPLAY_REASON_SIZE + 8];
    open_replay(fixture);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(reason, sizeof reason, "reason_%d%s", i,
                       i == 0 ? "_which_is_longer_than_any_that_there_is_and_goes_on_and_on" : "");
        struct letter letter = some_letter();
        letter.reason = slice_of(reason);
        assert_true(takes(fixture, &letter));
    }
    const struct replay_account *account = replay_account(fixture->replay);
    uint64_t total = 0;
    for (size_t i = 0; i < account->reason_count; i++) {
        total += account->reasons[i].count;
    }
    assert_in_range(account->reason_count, REPLAY_REASONS_MAX - 1, REPLAY_REASONS_MAX);
    assert_int_equal(total, 100);
}

/* ---- the consumer ----------------------------------------------------------------------------- */

static void offsets_are_those_of_the_letters_and_places_those_of_the_messages(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    open_consumer(fixture, 10, 20);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_letter(fixture, 12, &letter);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    assert_int_equal(fixture->given[0].offset, 12);
    assert_int_equal(fixture->given[0].message.offset, 4711);
    assert_int_equal(fixture->given[0].route, 0);
    assert_null(fixture->given[0].items);
    assert_int_equal(progress(fixture).all, 10);
    assert_int_equal(progress(fixture).read, 3);
    assert_false(progress(fixture).over);
}

static void a_letter_of_items_names_them(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    letter_items_add(&letter.items, 2);
    letter_items_add(&letter.items, 5);
    open_consumer(fixture, 0, 2);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_letter(fixture, 0, &letter);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    const struct letter_items *items = fixture->given[0].items;
    assert_non_null(items);
    assert_true(letter_items_has(items, 2) && letter_items_has(items, 5));
    assert_false(letter_items_has(items, 3));
}

static void assert_ends(struct fixture *fixture, int64_t offset)
{
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    assert_true(fixture->given[0].end);
    assert_int_equal(fixture->given[0].offset, offset);
    assert_false(progress(fixture).over); /* it may not be taken in yet */
    assert_int_equal(progress(fixture).given, 1);
    fixture->consumer->operations->discard(fixture->consumer);
    assert_true(progress(fixture).over);
    assert_int_equal(progress(fixture).read, progress(fixture).all);
}

static void what_is_written_behind_the_end_is_not_given(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_letter(fixture, 7, &letter);
    add_letter(fixture, 8, &letter);
    assert_ends(fixture, 5);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 0);
    assert_int_equal(fixture->inner.pauses[0], 1);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 0);
    fixture->consumer->operations->pause(fixture->consumer, 0, false);
    assert_int_equal(fixture->inner.pauses[0], 1);
    assert_int_equal(fixture->inner.resumes[0], 0);
}

static void the_end_of_the_partition_is_the_end_too(void **state)
{
    struct fixture *fixture = *state;
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_end(fixture, 5);
    assert_ends(fixture, 5);
}

static void an_end_before_the_end_is_passed_on(void **state)
{
    struct fixture *fixture = *state;
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_end(fixture, 3);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    assert_true(fixture->given[0].end);
    assert_int_equal(fixture->given[0].offset, 3);
    assert_false(progress(fixture).over);
}

static void what_is_committed_is_not_read_again(void **state)
{
    struct fixture *fixture = *state;
    open_consumer(fixture, 0, 5);
    assert_false(progress(fixture).over);
    tell(fixture, CONSUMER_ASSIGNED, 5);
    assert_true(progress(fixture).over);
    assert_int_equal(progress(fixture).all, 0);
}

static void what_stands_before_the_begin_is_not_given(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    open_consumer(fixture, 3, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_letter(fixture, 2, &letter);
    add_letter(fixture, 3, &letter);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    assert_int_equal(fixture->given[0].offset, 3);
    assert_int_equal(replay_account(fixture->replay)->read, 1);
}

static void a_partition_that_nobody_asked_for_gives_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_replay(fixture);
    fixture->consumer = replay_consumer_new(&fixture->inner.consumer, fixture->replay, NULL, 0);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    assert_true(progress(fixture).over);
}

static void of_a_long_row_that_is_left_out_the_rest_comes_later(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    fixture->settings.filter.reasons = (struct replay_names){{"not_json"}};
    open_consumer(fixture, 0, 100);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    for (int64_t i = 0; i < 40; i++) {
        add_letter(fixture, i, &letter);
    }
    fixture->inner.records[10].deleted = 7;
    letter.reason = SLICE("not_json");
    add_letter(fixture, 40, &letter);
    assert_int_equal(fetch(fixture, 1), 0);
    assert_true(is_awake(fixture));
    size_t fetches = 0;
    while (fetch(fixture, 1) == 0 && fetches < 10) {
        fetches++;
    }
    assert_int_equal(fixture->given[0].offset, 40);
    assert_int_equal(fixture->given[0].deleted, 7);
    assert_int_equal(replay_account(fixture->replay)->left_out, 40);
}

static void what_is_taken_away_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct letter letter = some_letter();
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    tell(fixture, CONSUMER_REVOKED, -1);
    assert_false(progress(fixture).over);
    add_letter(fixture, 0, &letter);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 0);
    fixture->consumer->operations->release(fixture->consumer);
    assert_true(fixture->inner.released);
    tell(fixture, CONSUMER_ASSIGNED, 4);
    assert_int_equal(progress(fixture).all, 1);
}

static void a_blocked_partition_ends_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    tell(fixture, CONSUMER_ERROR, -1);
    assert_true(progress(fixture).over);
    assert_int_equal(progress(fixture).blocked, 1);
}

static void commits_are_the_inner_consumers(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    struct consumer_offset offset = {.offset = 4};
    fixture->consumer->operations->commit(fixture->consumer, &offset, 1);
    assert_int_equal(fixture->inner.committed, 4);
    offset.offset = 5;
    assert_true(fixture->consumer->operations->commit_now(fixture->consumer, &offset, 1, &error));
    assert_int_equal(fixture->inner.committed, 5);
}

static void an_order_is_itself(void **state)
{
    struct fixture *fixture = *state;
    struct message order = {.topic = SLICE("orders.kiosk"), .partition = 0, .value = SLICE("{}")};
    fixture->settings.letters = false;
    open_consumer(fixture, 0, 5);
    tell(fixture, CONSUMER_ASSIGNED, -1);
    add_record(fixture, 4, &order);
    assert_int_equal(fetch(fixture, GIVEN_MAX), 1);
    assert_int_equal(fixture->given[0].message.offset, 4);
    assert_int_equal(fixture->given[0].offset, 4);
    assert_int_equal(fixture->given[0].route, 1);
    assert_int_equal(fixture->consumer->operations->route(fixture->consumer, SLICE("orders.kiosk")),
                     1);
    assert_null(fixture->given[0].items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_letter_is_the_message_that_it_was_made_of),
        TEST(a_letter_takes_the_route_of_its_first_topic),
        TEST(what_has_no_route_any_more_is_counted_and_left),
        TEST(what_is_no_letter_is_counted_and_left),
        TEST(a_filter_takes_what_all_of_it_names),
        TEST(a_flood_of_reasons_is_counted_together),
        TEST(offsets_are_those_of_the_letters_and_places_those_of_the_messages),
        TEST(a_letter_of_items_names_them),
        TEST(what_is_written_behind_the_end_is_not_given),
        TEST(the_end_of_the_partition_is_the_end_too),
        TEST(an_end_before_the_end_is_passed_on),
        TEST(what_is_committed_is_not_read_again),
        TEST(what_stands_before_the_begin_is_not_given),
        TEST(a_partition_that_nobody_asked_for_gives_nothing),
        TEST(of_a_long_row_that_is_left_out_the_rest_comes_later),
        TEST(what_is_taken_away_is_not_waited_for),
        TEST(a_blocked_partition_ends_and_is_told),
        TEST(commits_are_the_inner_consumers),
        TEST(an_order_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
