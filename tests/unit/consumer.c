/* The consumer against librdkafka's mock cluster: real groups, rebalances and commits, no
 * network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/consumer.h"
#include "support/mock_kafka.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define SLOTS 16
#define VALUES 2000
#define PROPERTIES 24

/* Kafka's numbers of the requests that are made to fail. */
#define FETCH 1
#define OFFSET_COMMIT 8
#define OFFSET_FETCH 9
#define JOIN_GROUP 11
#define HEARTBEAT 12
#define CONSUMER_GROUP_HEARTBEAT 68

/* A member of a group, and what a pipeline would keep of it. */
struct member {
    struct consumer *consumer;
    const struct consumer_operations *operations;
    int wake_fd;
    bool keeps_revoked; /* a revoke is answered by the test, not at once */
    bool commits;       /* before it gives up: everything that it has read */

    struct {
        bool held;
        char topic[32];
        int32_t partition;
        size_t route;
        int64_t next;      /* offset to commit; -1: nothing read */
        int64_t committed; /* -1: nothing */
    } slots[SLOTS];
    size_t held;
    uint32_t leaving[SLOTS];
    size_t leaving_count;
    bool unanswered;

    char values[VALUES][24]; /* of all messages, as they came */
    size_t value_count;
    size_t ends;
    size_t assigned, revoked, lost, committed, failed_commits, errors, fatals;
    size_t refused;     /* commits made at once, while the group rebalances */
    char last_code[40]; /* of the last error, failed commit or fatal error */
    char last_text[ERROR_SIZE];
    uint64_t deleted; /* before what was read */
    size_t notices, fences;
    struct consumer_partition blocked;
    size_t blocked_count;
};

struct fixture {
    struct mock_kafka kafka;
};

/* LeakSanitizer asks for it by this name. When a cooperative revoke is overtaken, librdkafka leaves
 * a list of no partitions behind. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:rd_kafka_topic_partition_list_new";
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    mock_kafka_start(&fixture->kafka);
    mock_kafka_topic(&fixture->kafka, "orders", 4);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mock_kafka_stop(&fixture->kafka);
    free(fixture);
    return 0;
}

/* ---- a member -------------------------------------------------------------------------------- */

/* With group.protocol=consumer these are the brokers' matter. */
static const struct consumer_property classic[] = {{"session.timeout.ms", "1600"},
                                                   {"max.poll.interval.ms", "1600"},
                                                   {"heartbeat.interval.ms", "50"},
                                                   {NULL, NULL}};

static const struct consumer_property common[] = {{"group.id", "relay"},
                                                  {"fetch.wait.max.ms", "10"},
                                                  {"fetch.error.backoff.ms", "10"},
                                                  {NULL, NULL}};

static size_t append(struct consumer_property properties[], size_t count,
                     const struct consumer_property more[])
{
    for (; more != NULL && more->name != NULL; more++) {
        properties[count++] = *more;
    }
    return count;
}

static struct consumer *make(struct mock_kafka *kafka, int wake_fd, const char *const topics[],
                             const struct consumer_property extra[], struct error *error)
{
    struct consumer_property properties[PROPERTIES] = {{"bootstrap.servers", kafka->bootstrap}};
    size_t count = append(properties, 1, common);
    if (extra == NULL || strcmp(extra->name, "group.protocol") != 0) {
        count = append(properties, count, classic);
    }
    count = append(properties, count, extra);
    struct consumer_subscription subscriptions[4];
    size_t subscription_count = 0;
    while (topics[subscription_count] != NULL) {
        subscriptions[subscription_count] =
            (struct consumer_subscription){&topics[subscription_count], 1};
        subscription_count++;
    }
    return consumer_new(properties, count, subscriptions, subscription_count, wake_fd, error);
}

static void join_topics(struct member *member, struct mock_kafka *kafka, const char *const topics[],
                        const struct consumer_property extra[])
{
    struct error error = {""};
    *member = (struct member){.commits = true};
    member->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    member->consumer = make(kafka, member->wake_fd, topics, extra, &error);
    if (member->consumer == NULL) {
        fail_msg("%s", error.text);
        return;
    }
    member->operations = member->consumer->operations;
}

static void join(struct member *member, struct mock_kafka *kafka,
                 const struct consumer_property extra[])
{
    join_topics(member, kafka, (const char *const[]){"orders", NULL}, extra);
}

static void leave(struct member *member)
{
    member->operations->free(member->consumer);
    member->consumer = NULL;
    (void)close(member->wake_fd);
    member->wake_fd = -1;
}

static void on_assigned(struct member *member, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->partition_count; i++) {
        const struct consumer_partition *partition = &event->partitions[i];
        assert_true(partition->slot < SLOTS);
        assert_false(member->slots[partition->slot].held);
        member->slots[partition->slot].held = true;
        (void)snprintf(member->slots[partition->slot].topic, 32, "%s", partition->topic);
        member->slots[partition->slot].partition = partition->partition;
        member->slots[partition->slot].route = partition->route;
        member->slots[partition->slot].next = -1;
        member->slots[partition->slot].committed = -1;
        member->held++;
    }
    member->assigned++;
}

/* At once, what was read of these slots and is not committed yet. The mock cluster, other than Kafka,
 * takes no commits during an eager rebalance: the messages come again. */
static void commit_read(struct member *member, const uint32_t slots[], size_t count)
{
    struct consumer_offset offsets[SLOTS];
    size_t due = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t next = member->slots[slots[i]].next;
        if (member->slots[slots[i]].held && next > member->slots[slots[i]].committed) {
            offsets[due++] = (struct consumer_offset){.slot = slots[i], .offset = next};
            member->slots[slots[i]].committed = next;
        }
    }
    struct error error;
    if (due > 0 && !member->operations->commit_now(member->consumer, offsets, due, &error)) {
        (void)snprintf(member->last_text, sizeof member->last_text, "%s", error.text);
        member->refused++;
    }
}

static void commit_all(struct member *member)
{
    uint32_t all[SLOTS];
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        all[slot] = slot;
    }
    commit_read(member, all, SLOTS);
}

static void answer(struct member *member, bool commit)
{
    if (commit) {
        commit_read(member, member->leaving, member->leaving_count);
    }
    for (size_t i = 0; i < member->leaving_count; i++) {
        assert_true(member->slots[member->leaving[i]].held);
        member->slots[member->leaving[i]].held = false;
        member->held--;
    }
    member->leaving_count = 0;
    member->unanswered = false;
    member->operations->release(member->consumer);
}

static void on_taken_away(struct member *member, const struct consumer_event *event)
{
    bool lost = event->kind == CONSUMER_LOST;
    assert_false(member->unanswered);
    for (size_t i = 0; i < event->partition_count; i++) {
        member->leaving[member->leaving_count++] = event->partitions[i].slot;
    }
    member->unanswered = true;
    member->lost += lost;
    member->revoked += !lost;
    if (lost || !member->keeps_revoked) {
        answer(member, !lost && member->commits);
    }
}

static void on_text(struct member *member, const struct consumer_event *event)
{
    (void)snprintf(member->last_code, sizeof member->last_code, "%s", event->code);
    (void)snprintf(member->last_text, sizeof member->last_text, "%s", event->text.text);
    if (event->kind == CONSUMER_ERROR && event->partition_count == 1) {
        member->blocked = event->partitions[0];
        member->blocked_count++;
    }
}

static void on_event(struct member *member, const struct consumer_event *event)
{
    switch (event->kind) {
    case CONSUMER_ASSIGNED:
        assert_false(member->unanswered);
        on_assigned(member, event);
        break;
    case CONSUMER_REVOKED:
    case CONSUMER_LOST:
        on_taken_away(member, event);
        break;
    case CONSUMER_COMMITTED:
        member->committed += !event->failed;
        member->failed_commits += event->failed;
        if (event->failed) {
            on_text(member, event);
        }
        break;
    case CONSUMER_ERROR:
        member->errors++;
        on_text(member, event);
        break;
    case CONSUMER_NOTICE:
        member->notices++;
        on_text(member, event);
        break;
    case CONSUMER_LOG:
        break;
    case CONSUMER_FATAL:
        member->fatals++;
        on_text(member, event);
        break;
    case CONSUMER_FENCED:
        member->fences++;
        on_text(member, event);
        break;
    }
}

static void take_events(struct member *member)
{
    struct consumer_event event;
    while (member->operations->event(member->consumer, &event)) {
        on_event(member, &event);
    }
}

static size_t take_messages(struct member *member, size_t max)
{
    struct consumer_message messages[64];
    size_t count = member->operations->fetch(member->consumer, messages, max);
    for (size_t i = 0; i < count; i++) {
        const struct consumer_message *message = &messages[i];
        assert_true(member->slots[message->slot].held);
        assert_true(message->offset >= member->slots[message->slot].next);
        member->slots[message->slot].next = message->offset + !message->end;
        member->deleted += message->deleted;
        if (message->end) {
            member->ends++;
            continue;
        }
        assert_true(
            slice_equal(message->message.topic, slice_of(member->slots[message->slot].topic)));
        assert_int_equal(message->message.partition, member->slots[message->slot].partition);
        assert_int_equal(message->route, member->slots[message->slot].route);
        assert_true(member->value_count < VALUES);
        (void)snprintf(member->values[member->value_count++], 24, "%.*s",
                       SLICE_PRINT(message->message.value));
    }
    member->operations->discard(member->consumer);
    return count;
}

/* A turn of a member, unless it has left, without waiting. */
static void turn(struct member *member)
{
    if (member->consumer == NULL) {
        return;
    }
    take_events(member);
    while (take_messages(member, 64) > 0) {
    }
}

/* Turns of up to two members until `*counter` is at least `least`. */
static void until(struct member *member, struct member *other, const size_t *counter, size_t least)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (*counter < least && mock_kafka_now_ms() < due) {
        uint64_t ignored;
        struct pollfd fds[] = {{member->wake_fd, POLLIN, 0},
                               {other == NULL ? -1 : other->wake_fd, POLLIN, 0}};
        turn(member);
        if (other != NULL) {
            turn(other);
        }
        if (*counter < least) {
            (void)poll(fds, 2, 20);
            (void)!read(member->wake_fd, &ignored, sizeof ignored);
        }
    }
    if (*counter < least) {
        fail_msg("waited in vain: %zu of %zu; last: %s %s", *counter, least, member->last_code,
                 member->last_text);
    }
}

static void turn_both(struct member *member, struct member *other)
{
    struct pollfd fds[] = {{member->wake_fd, POLLIN, 0}, {other->wake_fd, POLLIN, 0}};
    turn(member);
    turn(other);
    (void)poll(fds, 2, 10);
}

static uint32_t slot_of(const struct member *member, const char *topic, int32_t partition)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (member->slots[slot].held && member->slots[slot].partition == partition &&
            strcmp(member->slots[slot].topic, topic) == 0) {
            return slot;
        }
    }
    fail_msg("%s [%d] is not held", topic, (int)partition);
    return 0;
}

static size_t times_read(const struct member *member, const char *value)
{
    size_t count = 0;
    for (size_t i = 0; i < member->value_count; i++) {
        count += strcmp(member->values[i], value) == 0;
    }
    return count;
}

/* Each of the values 0 … count - 1 was read, at most `most` times by both together. */
static void assert_each(const struct member *member, const struct member *other, int count,
                        size_t most)
{
    for (int i = 0; i < count; i++) {
        char value[24];
        (void)snprintf(value, sizeof value, "value-%d", i);
        size_t times = times_read(member, value) + (other == NULL ? 0 : times_read(other, value));
        if (times == 0 || times > most) {
            fail_msg("%s was read %zu times", value, times);
        }
    }
}

static void assert_each_once(const struct member *member, const struct member *other, int count)
{
    assert_each(member, other, count, 1);
}

static bool has_each(const struct member *member, const struct member *other, int count)
{
    for (int i = 0; i < count; i++) {
        char value[24];
        (void)snprintf(value, sizeof value, "value-%d", i);
        if (times_read(member, value) + times_read(other, value) == 0) {
            return false;
        }
    }
    return true;
}

/* Until each of the values was read; a rebalance may bring again what is not committed. */
static void until_each(struct member *member, struct member *other, int count)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (!has_each(member, other, count) && mock_kafka_now_ms() < due) {
        turn_both(member, other);
    }
    assert_each(member, other, count, SIZE_MAX);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void test_messages_come_in_the_order_of_each_partition(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    for (int32_t partition = 0; partition < 4; partition++) {
        mock_kafka_produce(kafka, "orders", partition, partition * 100, 100);
    }
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 400); /* take_messages() asserts the order */
    assert_int_equal(member.assigned, 1);
    assert_int_equal(member.held, 4);
    assert_each_once(&member, NULL, 400);
    leave(&member);
}

static void produce_rich(struct mock_kafka *kafka)
{
    char key[] = {'a', '\0', 'b'};
    char object[] = "{}";
    char empty[1] = "";
    assert_int_equal(
        rd_kafka_producev(kafka->rk, RD_KAFKA_V_TOPIC("orders"), RD_KAFKA_V_PARTITION(1),
                          RD_KAFKA_V_KEY(key, sizeof key), RD_KAFKA_V_VALUE(object, 2),
                          RD_KAFKA_V_TIMESTAMP(1700000000123),
                          RD_KAFKA_V_HEADER("shop", "north", 5), RD_KAFKA_V_HEADER("none", NULL, 0),
                          RD_KAFKA_V_HEADER("shop", "", 0), RD_KAFKA_V_END),
        RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_producev(kafka->rk, RD_KAFKA_V_TOPIC("orders"),
                                       RD_KAFKA_V_PARTITION(1), RD_KAFKA_V_VALUE(NULL, 0),
                                       RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_producev(kafka->rk, RD_KAFKA_V_TOPIC("orders"),
                                       RD_KAFKA_V_PARTITION(1), RD_KAFKA_V_VALUE(empty, 0),
                                       RD_KAFKA_V_KEY(empty, 0), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(kafka->rk, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

#define FETCH_MAX 16

/* Waits for `count` messages to be fetched at once. More is asked for, as librdkafka counts the ends of
 * partitions too. */
static void fetch_exactly(struct member *member, struct consumer_message messages[FETCH_MAX],
                          size_t count)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    size_t got = 0;
    while (got == 0 && mock_kafka_now_ms() < due) {
        take_events(member);
        got = member->operations->fetch(member->consumer, messages, FETCH_MAX);
        if (got == 0) {
            member->operations->discard(member->consumer);
            struct pollfd fd = {member->wake_fd, POLLIN, 0};
            (void)poll(&fd, 1, 20);
        }
    }
    bool with_end =
        got == count + 1 && messages[count].end; /* on a slow machine it is there already */
    assert_int_equal(got - with_end, count);
}

static void test_a_message_is_what_was_written(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct consumer_message messages[FETCH_MAX];
    produce_rich(kafka);
    join(&member, kafka, NULL);
    fetch_exactly(&member, messages, 3);

    const struct message *rich = &messages[0].message;
    assert_true(slice_equal(rich->topic, SLICE("orders")));
    assert_int_equal(rich->partition, 1);
    assert_int_equal(rich->offset, 0);
    assert_int_equal(rich->timestamp_ms, 1700000000123);
    assert_true(slice_equal(rich->key, SLICE("a\0b")));
    assert_true(slice_equal(rich->value, SLICE("{}")));
    assert_int_equal(rich->header_count, 3);
    assert_true(slice_equal(rich->headers[0].name, SLICE("shop")));
    assert_true(slice_equal(rich->headers[0].value, SLICE("north")));
    assert_true(slice_equal(rich->headers[1].name, SLICE("none")));
    assert_null(rich->headers[1].value.data);
    assert_non_null(rich->headers[2].value.data);
    assert_int_equal(rich->headers[2].value.size, 0);

    const struct message *tombstone = &messages[1].message;
    assert_int_equal(tombstone->offset, 1);
    assert_null(tombstone->value.data);
    assert_null(tombstone->key.data);
    assert_int_equal(tombstone->header_count, 0);

    const struct message *empty = &messages[2].message;
    assert_non_null(empty->value.data);
    assert_int_equal(empty->value.size, 0);
    assert_non_null(empty->key.data);

    member.operations->discard(member.consumer);
    leave(&member);
}

/* Empties the eventfd after all events and messages were taken. */
static void settle(struct member *member)
{
    uint64_t ignored;
    turn(member);
    (void)!read(member->wake_fd, &ignored, sizeof ignored);
    turn(member);
}

static bool is_woken(const struct member *member, int timeout_ms)
{
    struct pollfd fd = {member->wake_fd, POLLIN, 0};
    return poll(&fd, 1, timeout_ms) == 1;
}

static void test_the_fd_is_written_when_messages_come_again(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    for (int i = 0; i < 20; i++) {
        settle(&member);
        mock_kafka_produce(kafka, "orders", i % 4, i, 1);
        size_t before = member.value_count;
        /* Other things wake as well: what counts is that it does not end before the message is
         * there. */
        while (member.value_count == before) {
            uint64_t ignored;
            assert_true(is_woken(&member, PATIENCE_MS));
            (void)!read(member.wake_fd, &ignored, sizeof ignored);
            turn(&member);
        }
    }
    assert_each_once(&member, NULL, 20);
    leave(&member);
}

static void test_a_full_fetch_leaves_the_rest_for_the_next(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 50);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (member.value_count < 50 && mock_kafka_now_ms() < due) {
        take_events(&member);
        assert_true(take_messages(&member, 7) <= 7);
    }
    assert_each_once(&member, NULL, 50);
    leave(&member);
}

static void test_messages_wait_where_they_are_while_nothing_is_fetched(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    join(&member, kafka,
         (const struct consumer_property[]){
             {"session.timeout.ms", "1000"}, {"max.poll.interval.ms", "1000"}, {NULL, NULL}});
    until(&member, NULL, &member.held, 4);
    mock_kafka_produce(kafka, "orders", 2, 0, 100);
    int64_t due = mock_kafka_now_ms() + 2500;
    while (mock_kafka_now_ms() < due) {
        take_events(&member);
        struct pollfd fd = {-1, POLLIN, 0};
        (void)poll(&fd, 1, 50);
    }
    assert_int_equal(member.lost + member.revoked, 0);
    until(&member, NULL, &member.value_count, 100);
    assert_each_once(&member, NULL, 100);
    leave(&member);
}

/* Reads for a while; what of `slot` comes is an error. */
static void read_without(struct member *member, uint32_t slot, int64_t ms)
{
    int64_t due = mock_kafka_now_ms() + ms;
    int64_t next = member->slots[slot].next;
    while (mock_kafka_now_ms() < due) {
        struct pollfd fd = {-1, POLLIN, 0};
        turn(member);
        (void)poll(&fd, 1, 10);
    }
    assert_int_equal(member->slots[slot].next, next);
}

static void test_of_a_paused_partition_nothing_comes_until_it_goes_on(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 1, 0, 100);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (member.value_count < 10 && mock_kafka_now_ms() < due) {
        take_events(&member);
        (void)take_messages(&member, 10 - member.value_count); /* others wait in the queue */
    }
    uint32_t slot = slot_of(&member, "orders", 1);
    member.operations->pause(member.consumer, slot, true);
    mock_kafka_produce(kafka, "orders", 1, 100, 50);
    mock_kafka_produce(kafka, "orders", 2, 150, 50);
    read_without(&member, slot, 500);
    assert_int_equal(member.value_count, 60); /* those of its neighbour came */
    member.operations->pause(member.consumer, slot, false);
    until(&member, NULL, &member.value_count, 200);
    read_without(&member, slot, 100);
    assert_each_once(&member, NULL, 200);
    leave(&member);
}

/* librdkafka remembers a pause beyond the end of the assignment. */
static void test_a_partition_that_was_paused_comes_back_reading(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member first, second;
    join(&first, kafka, NULL);
    until(&first, NULL, &first.held, 4);
    for (int32_t partition = 0; partition < 4; partition++) {
        first.operations->pause(first.consumer, slot_of(&first, "orders", partition), true);
    }
    join(&second, kafka, NULL);
    until(&first, &second, &second.held, 2);
    leave(&second);
    until(&first, NULL, &first.assigned, 2);
    for (int32_t partition = 0; partition < 4; partition++) {
        mock_kafka_produce(kafka, "orders", partition, partition * 10, 10);
    }
    until(&first, NULL, &first.value_count, 20); /* of the two that came back */
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (first.slots[slot].held) {
            first.operations->pause(first.consumer, slot, false);
        }
    }
    until(&first, NULL, &first.value_count, 40);
    assert_each_once(&first, NULL, 40);
    leave(&first);
}

static void test_the_end_is_told_where_it_is_not_behind_a_message(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error;
    mock_kafka_produce(kafka, "orders", 3, 0, 10);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    uint32_t slot = slot_of(&member, "orders", 3);
    read_without(&member, slot, 100);
    assert_int_equal(member.ends, 1); /* once, and not of those with nothing in them */
    mock_kafka_produce(kafka, "orders", 3, 10, 10);
    until(&member, NULL, &member.value_count, 20);
    read_without(&member, slot, 100);
    assert_int_equal(member.ends, 1); /* nothing but messages stands before it */
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 20}, 1, &error));
    leave(&member);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.ends, 1);
    assert_int_equal(member.slots[slot_of(&member, "orders", 3)].next, 20);
    assert_int_equal(member.value_count, 0);
    leave(&member);
}

/* ---- commits --------------------------------------------------------------------------------- */

static void test_a_commit_ends_in_an_event_and_is_stored(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    uint32_t slot = slot_of(&member, "orders", 0);
    member.operations->commit(member.consumer, &(struct consumer_offset){.slot = slot, .offset = 7},
                              1);
    until(&member, NULL, &member.committed, 1);
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 0), 7);
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 1), RD_KAFKA_OFFSET_INVALID);
    leave(&member);
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 0), 7);
}

static void test_a_member_begins_at_the_committed_offset(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error;
    mock_kafka_produce(kafka, "orders", 3, 0, 10);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    uint32_t slot = slot_of(&member, "orders", 3);
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 6}, 1, &error));
    leave(&member);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 4);
    assert_string_equal(member.values[0], "value-6");
    leave(&member);
}

static const struct consumer_partition *first_assignment(struct member *member, int32_t partition)
{
    static struct consumer_partition found;
    static char metadata[100];
    struct consumer_event event;
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (mock_kafka_now_ms() < due) {
        struct pollfd fd = {member->wake_fd, POLLIN, 0};
        if (!member->operations->event(member->consumer, &event)) {
            (void)poll(&fd, 1, 20);
            continue;
        }
        on_event(member, &event);
        for (size_t i = 0; event.kind == CONSUMER_ASSIGNED && i < event.partition_count; i++) {
            if (event.partitions[i].partition == partition) {
                found = event.partitions[i];
                (void)snprintf(metadata, sizeof metadata, "%.*s", SLICE_PRINT(found.metadata));
                found.metadata = slice_of(metadata);
                return &found;
            }
        }
    }
    fail_msg("partition %d was not assigned", (int)partition);
    return NULL;
}

static void test_the_metadata_of_a_commit_is_found_by_the_next_member(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    join(&member, kafka, NULL);
    const struct consumer_partition *partition = first_assignment(&member, 0);
    assert_int_equal(partition->committed, -1);
    assert_int_equal(partition->metadata.size, 0);
    until(&member, NULL, &member.value_count, 10);
    struct consumer_offset offset = {slot_of(&member, "orders", 0), 7, SLICE("what else is done")};
    member.operations->commit(member.consumer, &offset, 1);
    until(&member, NULL, &member.committed, 1);
    leave(&member);
    join(&member, kafka, NULL);
    partition = first_assignment(&member, 0);
    assert_int_equal(partition->committed, 7);
    assert_true(slice_equal(partition->metadata, SLICE("what else is done")));
    leave(&member);
    join(&member, kafka, NULL);
    assert_int_equal(first_assignment(&member, 1)->committed, -1);
    leave(&member);
}

static void test_metadata_that_is_too_long_is_left_out_from_then_on(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error;
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    struct consumer_offset offset = {slot_of(&member, "orders", 0), 1, SLICE("too long for it")};
    rd_kafka_mock_push_request_errors(kafka->cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE);
    member.operations->commit(member.consumer, &offset, 1);
    until(&member, NULL, &member.failed_commits, 1);
    assert_string_equal(member.last_code, "OFFSET_METADATA_TOO_LARGE");
    member.operations->commit(member.consumer, &offset, 1);
    until(&member, NULL, &member.committed, 1);
    leave(&member);
    join(&member, kafka, NULL);
    const struct consumer_partition *partition = first_assignment(&member, 0);
    assert_int_equal(partition->committed, 1);
    assert_int_equal(partition->metadata.size, 0);

    /* At once it is tried again without. */
    until(&member, NULL, &member.held, 4);
    offset.slot = slot_of(&member, "orders", 0);
    offset.offset = 2;
    rd_kafka_mock_push_request_errors(kafka->cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE);
    assert_true(member.operations->commit_now(member.consumer, &offset, 1, &error));
    leave(&member);
    join(&member, kafka, NULL);
    partition = first_assignment(&member, 0);
    assert_int_equal(partition->committed, 2);
    assert_int_equal(partition->metadata.size, 0);
    leave(&member);
}

static void test_an_assignment_does_not_need_to_know_what_is_committed(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    rd_kafka_mock_push_request_errors(kafka->cluster, OFFSET_FETCH, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    assert_int_equal(member.errors, 1);
    assert_non_null(strstr(member.last_text, "is not known"));
    leave(&member);
}

static void test_a_refused_commit_says_so(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error = {""};
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    struct consumer_offset offset = {.slot = slot_of(&member, "orders", 0), .offset = 1};
    rd_kafka_mock_push_request_errors(kafka->cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    member.operations->commit(member.consumer, &offset, 1);
    until(&member, NULL, &member.failed_commits, 1);
    assert_string_equal(member.last_code, "GROUP_AUTHORIZATION_FAILED");
    assert_true(strlen(member.last_text) > 0);

    rd_kafka_mock_push_request_errors(kafka->cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    assert_false(member.operations->commit_now(member.consumer, &offset, 1, &error));
    assert_true(strlen(error.text) > 0);

    member.operations->commit(member.consumer, &offset, 1);
    until(&member, NULL, &member.committed, 1);
    leave(&member);
}

static void test_a_commit_at_once_waits_for_the_one_under_way(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error = {""};
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    uint32_t slot = slot_of(&member, "orders", 0);
    /* The first is answered late, with an error: sent together, the second would end before it. */
    rd_kafka_mock_broker_push_request_error_rtts(kafka->cluster, 1, OFFSET_COMMIT, 1,
                                                 RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 300);
    member.operations->commit(member.consumer, &(struct consumer_offset){.slot = slot, .offset = 5},
                              1);
    int64_t start = mock_kafka_now_ms();
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 9}, 1, &error));
    assert_true(mock_kafka_now_ms() - start >= 250);
    assert_int_equal(member.failed_commits, 0);
    take_events(&member);
    assert_int_equal(member.failed_commits, 1);
    assert_int_equal(member.committed, 0);
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 0), 9);
    leave(&member);
}

static void test_a_commit_at_once_is_repeated_while_the_coordinator_cannot(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error = {""};
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    uint32_t slot = slot_of(&member, "orders", 2);
    /* Longer than librdkafka tries by itself. */
    rd_kafka_resp_err_t errors[8];
    for (size_t i = 0; i < 8; i++) {
        errors[i] = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    }
    rd_kafka_mock_push_request_errors_array(kafka->cluster, OFFSET_COMMIT, 8, errors);
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 3}, 1, &error));
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 2), 3);
    leave(&member);
}

/* ---- rebalances ------------------------------------------------------------------------------ */

static const struct consumer_property range[] = {{"partition.assignment.strategy", "range"},
                                                 {NULL, NULL}};

static void produce_everywhere(struct mock_kafka *kafka, int first, int each)
{
    for (int32_t partition = 0; partition < 4; partition++) {
        mock_kafka_produce(kafka, "orders", partition, first + partition * each, each);
    }
}

/* A second member joins and leaves: nothing is missing and, as all that was read is committed
 * before it is given up, nothing comes twice. A machine so slow that a member misses its group's
 * rebalance, or that another one begins before the commits, lets that show nothing. */
static void share(struct mock_kafka *kafka, const struct consumer_property extra[])
{
    struct member first;
    struct member second;
    produce_everywhere(kafka, 0, 100);
    join(&first, kafka, extra);
    until(&first, NULL, &first.value_count, 400);
    commit_all(&first);
    join(&second, kafka, extra);
    until(&first, &second, &second.held, 2);
    until(&first, &second, &first.held, 2);
    assert_true(first.revoked + first.lost >= 1);
    produce_everywhere(kafka, 400, 50);
    until_each(&first, &second, 600);
    commit_all(&first);
    commit_all(&second);
    leave(&second);

    /* The partitions come back to the first, and their messages too. */
    until(&first, NULL, &first.held, 4);
    produce_everywhere(kafka, 600, 50);
    until_each(&first, &second, 800);
    bool disturbed = first.refused + second.refused + first.lost + second.lost > 0;
    assert_each(&first, &second, 800, disturbed ? SIZE_MAX : 1);
    leave(&first);
}

static void test_members_share_cooperatively(void **state)
{
    share(&((struct fixture *)*state)->kafka, NULL);
}

static void test_members_share_eagerly(void **state)
{
    share(&((struct fixture *)*state)->kafka, range);
}

static void test_members_share_as_the_brokers_say(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(kafka->cluster, 50);
    share(kafka, (const struct consumer_property[]){{"group.protocol", "consumer"}, {NULL, NULL}});
}

/* The first holds its answer back; the second gets nothing meanwhile, then everything
 * uncommitted. */
static void answer_late(struct mock_kafka *kafka, const struct consumer_property extra[])
{
    struct member first;
    struct member second;
    join(&first, kafka, extra);
    until(&first, NULL, &first.held, 4);
    first.keeps_revoked = true;
    first.commits = false;
    join(&second, kafka, extra);
    second.commits = false;
    until(&first, &second, &first.revoked, 1);
    assert_true(first.unanswered);
    size_t leaving = first.leaving_count;
    assert_true(leaving > 0);

    for (int32_t partition = 0; partition < 4; partition++) {
        mock_kafka_produce(kafka, "orders", partition, partition, 1);
    }
    int64_t due = mock_kafka_now_ms() + 700;
    while (mock_kafka_now_ms() < due) {
        turn_both(&first, &second);
    }
    for (size_t i = 0; i < leaving; i++) {
        assert_int_equal(first.slots[first.leaving[i]].next,
                         -1); /* nothing of them came any more */
    }
    assert_int_equal(second.held, 0);
    first.keeps_revoked = false;
    answer(&first, false);
    until(&first, &second, &second.held, 2);
    until_each(&first, &second, 4);
    assert_int_equal(first.lost, 0);
    leave(&second);
    leave(&first);
}

static void test_a_revoke_is_answered_when_the_pipeline_is_ready(void **state)
{
    answer_late(&((struct fixture *)*state)->kafka, NULL);
}

static void test_an_eager_revoke_is_answered_when_the_pipeline_is_ready(void **state)
{
    answer_late(&((struct fixture *)*state)->kafka, range);
}

static void test_a_lost_assignment_is_told_and_joined_again(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    rd_kafka_mock_push_request_errors(kafka->cluster, HEARTBEAT, 1,
                                      RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    until(&member, NULL, &member.lost, 1);
    assert_int_equal(member.revoked, 0);
    until(&member, NULL, &member.held, 4);
    until(&member, NULL, &member.value_count, 20); /* nothing had been committed */
    uint32_t slot = slot_of(&member, "orders", 0);
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 10}, 1, &error));
    leave(&member);
}

static void test_nothing_of_a_lost_partition_is_committed(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct consumer_event event = {.kind = CONSUMER_ERROR};
    struct error error = {""};
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    struct consumer_offset offset = {.slot = slot_of(&member, "orders", 0), .offset = 5};
    rd_kafka_mock_push_request_errors(kafka->cluster, HEARTBEAT, 1,
                                      RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    bool lost = false;
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (!lost && mock_kafka_now_ms() < due) {
        lost = member.operations->event(member.consumer, &event) && event.kind == CONSUMER_LOST;
    }
    assert_true(lost);
    assert_int_equal(event.partition_count, 4);
    /* The pipeline may not have looked at it yet. */
    assert_false(member.operations->commit_now(member.consumer, &offset, 1, &error));
    assert_non_null(strstr(error.text, "assignment lost")); /* not asked of the brokers */
    member.operations->commit(member.consumer, &offset, 1);
    on_event(&member, &event); /* which releases it */
    until(&member, NULL, &member.failed_commits, 1);
    until(&member, NULL, &member.held, 4);
    assert_int_equal(mock_kafka_committed(kafka, "relay", "orders", 0), RD_KAFKA_OFFSET_INVALID);
    leave(&member);
}

/* Until all partitions are held once, those of the topic "ordinary" too, and what is written to
 * them is read. */
static void settle_on(struct mock_kafka *kafka, struct member *first, struct member *second)
{
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (first->held + second->held != 8 && mock_kafka_now_ms() < due) {
        turn_both(first, second);
    }
    assert_int_equal(first->held + second->held, 8);
    for (int i = 0; i < 4; i++) {
        mock_kafka_produce(kafka, "orders", i, i, 1);
        mock_kafka_produce(kafka, "ordinary", i, 4 + i, 1);
    }
    until_each(first, second, 8);
    assert_int_equal(first->fatals + second->fatals, 0);
}

static const char *const expression[] = {"^ord.*", NULL};

static void join_quick(struct member *member, struct mock_kafka *kafka, const char *strategy)
{
    join_topics(member, kafka, expression,
                (const struct consumer_property[]){{"partition.assignment.strategy", strategy},
                                                   {"topic.metadata.refresh.interval.ms", "200"},
                                                   {NULL, NULL}});
    member->commits = false;
}

/* A topic that appears makes librdkafka join again without the answer to the revoke. */
static void overtake(struct mock_kafka *kafka, const char *strategy)
{
    struct member first;
    struct member second;
    join_quick(&first, kafka, strategy);
    until(&first, NULL, &first.held, 4);
    first.keeps_revoked = true;
    join_quick(&second, kafka, strategy);
    until(&first, &second, &first.revoked, 1);
    mock_kafka_topic(kafka, "ordinary", 4);
    int64_t due = mock_kafka_now_ms() + 2000;
    while (mock_kafka_now_ms() < due) {
        turn_both(&first, &second);
    }
    assert_true(first.unanswered);
    first.keeps_revoked = false;
    answer(&first, false);
    settle_on(kafka, &first, &second);
    leave(&second);
    until(&first, NULL, &first.held, 8);
    leave(&first);
}

static void test_an_assignment_may_overtake_an_eager_answer(void **state)
{
    overtake(&((struct fixture *)*state)->kafka, "range");
}

static void test_an_assignment_may_overtake_a_cooperative_answer(void **state)
{
    overtake(&((struct fixture *)*state)->kafka, "cooperative-sticky");
}

static size_t requests_of(struct mock_kafka *kafka, int16_t key)
{
    size_t count = 0;
    size_t found = 0;
    rd_kafka_mock_request_t **requests = rd_kafka_mock_get_requests(kafka->cluster, &count);
    for (size_t i = 0; i < count; i++) {
        found += rd_kafka_mock_request_api_key(requests[i]) == key;
    }
    rd_kafka_mock_request_destroy_array(requests, count);
    return found;
}

/* The answer comes when librdkafka is on its way into the next rebalance already. It does not
 * notice, and if that one takes nothing away (which is for the assignor to say), takes part in no
 * other. */
static void test_an_answer_that_comes_too_late_leaves_no_member_stuck(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member first;
    struct member second;
    join_quick(&first, kafka, "cooperative-sticky");
    until(&first, NULL, &first.held, 4);
    first.keeps_revoked = true;
    join_quick(&second, kafka, "cooperative-sticky");
    until(&first, &second, &first.revoked, 1);
    rd_kafka_mock_start_request_tracking(kafka->cluster);
    mock_kafka_topic(kafka, "ordinary", 4);
    int64_t due = mock_kafka_now_ms() + PATIENCE_MS;
    while (requests_of(kafka, JOIN_GROUP) < 2 && mock_kafka_now_ms() < due) {
        turn_both(&first, &second); /* the cluster waits for more members then, for 600 ms */
    }
    rd_kafka_mock_stop_request_tracking(kafka->cluster);
    assert_true(first.unanswered);
    first.keeps_revoked = false;
    answer(&first, false);
    settle_on(kafka, &first, &second);
    leave(&second);
    until(&first, NULL, &first.held, 8);
    leave(&first);
}

static void test_leaving_with_an_unanswered_revoke_ends(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member first;
    struct member second;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    join(&first, kafka, NULL);
    until(&first, NULL, &first.held, 4);
    first.keeps_revoked = true;
    join(&second, kafka, NULL);
    until(&first, &second, &first.revoked, 1);
    leave(&first);
    until(&second, NULL, &second.held, 4);
    until(&second, NULL, &second.value_count, 10); /* leaving commits nothing */
    leave(&second);
}

/* The group goes on without the first, which hears of that only when it leaves. */
static void test_leaving_with_rebalances_unheard_of_ends(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member first;
    struct member second;
    join(&first, kafka, NULL);
    until(&first, NULL, &first.held, 4);
    first.keeps_revoked = true;
    join(&second, kafka, NULL);
    until(&first, &second, &first.revoked, 1);
    until(&second, NULL, &second.held, 4);
    leave(&first);
    leave(&second);
}

static void test_topics_go_the_way_of_their_subscription(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_topic(kafka, "shop-b", 1);
    mock_kafka_topic(kafka, "shop-a", 1);
    join_topics(&member, kafka, (const char *const[]){"orders", "^shop-.*", "shop-b", NULL},
                (const struct consumer_property[]){{"topic.metadata.refresh.interval.ms", "200"},
                                                   {NULL, NULL}});
    until(&member, NULL, &member.held, 6);
    assert_int_equal(member.slots[slot_of(&member, "orders", 0)].route, 0);
    assert_int_equal(member.slots[slot_of(&member, "shop-a", 0)].route, 1);
    assert_int_equal(member.slots[slot_of(&member, "shop-b", 0)].route, 2);

    mock_kafka_topic(kafka, "shop-c", 1);
    until(&member, NULL, &member.held, 7);
    assert_int_equal(member.slots[slot_of(&member, "shop-c", 0)].route, 1);
    mock_kafka_produce(kafka, "shop-c", 0, 0, 1);
    until(&member, NULL, &member.value_count, 1);
    leave(&member);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static void test_offsets_that_fall_are_another_assignment(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct error error;
    mock_kafka_topic(kafka, "single", 1);
    mock_kafka_produce(kafka, "single", 0, 0, 10);
    join_topics(&member, kafka, (const char *const[]){"single", NULL}, NULL);
    until(&member, NULL, &member.value_count, 10);
    uint32_t slot = slot_of(&member, "single", 0);
    /* librdkafka takes the offset for gone and begins at the start. Twice, because the first answer
     * at the end of a partition is taken for just that. */
    rd_kafka_mock_push_request_errors(kafka->cluster, FETCH, 2,
                                      RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                                      RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
    until(&member, NULL, &member.value_count, 20);
    assert_int_equal(member.lost, 1);
    assert_int_equal(member.assigned, 2);
    assert_int_equal(member.held, 1);
    assert_int_equal(member.notices, 1);
    assert_int_equal(member.deleted, 0);
    assert_string_equal(member.values[10], "value-0");
    assert_int_not_equal(slot_of(&member, "single", 0), slot);
    slot = slot_of(&member, "single", 0);
    assert_true(member.operations->commit_now(
        member.consumer, &(struct consumer_offset){.slot = slot, .offset = 10}, 1, &error));
    leave(&member);
}

static void test_without_an_offset_to_begin_at_the_partition_is_blocked(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_topic(kafka, "single", 1);
    mock_kafka_produce(kafka, "single", 0, 0, 10);
    join_topics(&member, kafka, (const char *const[]){"single", NULL},
                (const struct consumer_property[]){{"auto.offset.reset", "error"}, {NULL, NULL}});
    until(&member, NULL, &member.blocked_count, 1);
    assert_string_equal(member.last_code, "_AUTO_OFFSET_RESET");
    assert_string_equal(member.blocked.topic, "single");
    assert_int_equal(member.blocked.partition, 0);
    assert_int_equal(member.blocked.slot, slot_of(&member, "single", 0));
    assert_non_null(strstr(member.last_text, "single [0] is blocked"));
    assert_non_null(strstr(member.last_text, "has committed no offset"));
    assert_non_null(strstr(member.last_text, "--reset-offsets"));
    assert_int_equal(member.blocked.deleted, 0);
    assert_int_equal(member.value_count, 0);
    leave(&member);
}

/* The partition "single" [0], of which the group has committed the offset. */
static void commit_first(struct mock_kafka *kafka, int64_t offset)
{
    struct member member;
    struct error error;
    mock_kafka_topic(kafka, "single", 1);
    mock_kafka_produce(kafka, "single", 0, 0, 10);
    join_topics(&member, kafka, (const char *const[]){"single", NULL}, NULL);
    until(&member, NULL, &member.value_count, 10);
    struct consumer_offset committed = {.slot = slot_of(&member, "single", 0), .offset = offset};
    assert_true(member.operations->commit_now(member.consumer, &committed, 1, &error));
    leave(&member);
}

static void test_what_was_deleted_before_it_was_read_is_counted(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    commit_first(kafka, 3);
    mock_kafka_produce_large(kafka, "single", 0, 10); /* 15 … 19 are kept */
    join_topics(&member, kafka, (const char *const[]){"single", NULL}, NULL);
    until(&member, NULL, &member.value_count, 5);
    assert_int_equal(member.deleted, 12);
    mock_kafka_produce_large(kafka, "single", 0, 6); /* deletes what has been read */
    until(&member, NULL, &member.value_count, 11);
    assert_int_equal(member.deleted, 12);
    assert_int_equal(member.notices, 0);
    leave(&member);
}

static void test_what_a_group_that_begins_does_not_find_is_not_counted(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_topic(kafka, "single", 1);
    mock_kafka_produce_large(kafka, "single", 0, 10);
    join_topics(&member, kafka, (const char *const[]){"single", NULL}, NULL);
    until(&member, NULL, &member.value_count, 5);
    assert_int_equal(member.deleted, 0);
    leave(&member);
}

static void blocks_at(struct mock_kafka *kafka, struct member *member)
{
    join_topics(member, kafka, (const char *const[]){"single", NULL},
                (const struct consumer_property[]){{"auto.offset.reset", "error"}, {NULL, NULL}});
    until(member, NULL, &member->blocked_count, 1);
    assert_string_equal(member->last_code, "_AUTO_OFFSET_RESET");
    assert_non_null(strstr(member->last_text, "--reset-offsets"));
    assert_int_equal(member->value_count, 0);
    leave(member);
}

static void test_a_deleted_offset_can_block_and_is_counted(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    commit_first(kafka, 3);
    mock_kafka_produce_large(kafka, "single", 0, 10);
    blocks_at(kafka, &member);
    assert_int_equal(member.blocked.deleted, 12);
    assert_non_null(strstr(member.last_text, "go on at offset 3, and what stood before 15"));
}

static void test_an_offset_behind_the_end_can_block(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    commit_first(kafka, 25);
    blocks_at(kafka, &member);
    assert_int_equal(member.blocked.deleted, 0);
    assert_non_null(strstr(member.last_text, "go on at offset 25, and ends at 10"));
}

/* Of a topic that was made anew: what was known of the old one's messages says nothing of its own. */
static void test_an_offset_behind_the_end_begins_at_the_start_in_another_slot(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    commit_first(kafka, 25);
    join_topics(&member, kafka, (const char *const[]){"single", NULL}, NULL);
    until(&member, NULL, &member.value_count, 10);
    assert_int_equal(member.lost, 1);
    assert_int_equal(member.assigned, 2);
    assert_int_equal(member.notices, 1);
    assert_string_equal(member.last_code, "OFFSETS_FELL");
    assert_int_equal(member.deleted, 0);
    leave(&member);
}

static void join_single_at(struct member *member, struct mock_kafka *kafka, int64_t offset)
{
    join_topics(member, kafka, (const char *const[]){"single", NULL}, NULL);
    consumer_start_at(member->consumer, "single", &offset, 1);
}

static void test_a_group_begins_where_it_is_told_and_goes_on_where_it_has_committed(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_topic(kafka, "single", 1);
    mock_kafka_produce(kafka, "single", 0, 0, 10);
    join_single_at(&member, kafka, 7);
    until(&member, NULL, &member.value_count, 3);
    assert_string_equal(member.values[0], "value-7");
    commit_all(&member);
    leave(&member);

    mock_kafka_produce(kafka, "single", 0, 10, 1);
    join_single_at(&member, kafka, 2);
    until(&member, NULL, &member.value_count, 1);
    assert_string_equal(member.values[0], "value-10");
    leave(&member);
}

static void until_blocked(struct member *member, const char *code)
{
    until(member, NULL, &member->blocked_count, 1);
    assert_string_equal(member->last_code, code);
    assert_string_equal(member->blocked.topic, "orders");
    assert_int_equal(member->blocked.partition, 1);
    assert_int_equal(member->blocked.slot, slot_of(member, "orders", 1));
}

/* librdkafka goes on behind it, and the next offset that is committed would pass it. */
static void test_behind_a_message_that_cannot_be_read_nothing_is_delivered(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 1, 0, 3);
    mock_kafka_produce_damaged(kafka, "orders", 1, 3, MOCK_KAFKA_FORMAT);
    mock_kafka_produce(kafka, "orders", 1, 1000, 3);
    join(&member, kafka, NULL);
    until_blocked(&member, "_NOT_IMPLEMENTED");

    int64_t due = mock_kafka_now_ms() + 300;
    while (mock_kafka_now_ms() < due) {
        turn_both(&member, &member);
    }
    /* The other partitions are not stopped by it. */
    mock_kafka_produce(kafka, "orders", 2, 3, 3);
    until(&member, NULL, &member.value_count, 7);
    assert_each_once(&member, NULL, 6);
    assert_int_equal(times_read(&member, "before"), 1);
    assert_int_equal(times_read(&member, "value-1000"), 0);
    assert_int_equal(member.slots[slot_of(&member, "orders", 1)].next, 4);
    assert_int_equal(member.blocked_count, 1);
    leave(&member);
}

static void test_a_wrong_checksum_is_noticed(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce_damaged(kafka, "orders", 1, 0, MOCK_KAFKA_CHECKSUM);
    join(&member, kafka, NULL);
    until_blocked(&member, "_BAD_MSG");
    assert_int_equal(times_read(&member, "damaged"), 0);
    leave(&member);
}

static void test_a_flood_of_lines_is_cut_and_says_so(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    struct consumer_event event;
    join(&member, kafka, (const struct consumer_property[]){{"debug", "all"}, {NULL, NULL}});
    struct pollfd nothing = {-1, POLLIN, 0};
    (void)poll(&nothing, 1, 300); /* hundreds of lines come meanwhile */
    size_t lines = 0;
    size_t left_out = 0;
    while (left_out == 0 && member.operations->event(member.consumer, &event)) {
        lines += event.kind == CONSUMER_LOG;
        left_out += strcmp(event.code, "LINES_LEFT_OUT") == 0;
    }
    assert_int_equal(left_out, 1);
    assert_int_equal(lines, 51); /* they leave half of the room to errors */
    leave(&member);
}

static void test_a_fenced_member_ends(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    join(&member, kafka,
         (const struct consumer_property[]){{"group.instance.id", "relay-0"}, {NULL, NULL}});
    until(&member, NULL, &member.held, 4);
    rd_kafka_mock_push_request_errors(kafka->cluster, HEARTBEAT, 1,
                                      RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    until(&member, NULL, &member.fences, 1);
    assert_string_equal(member.last_code, "FENCED_INSTANCE_ID");
    assert_true(strlen(member.last_text) > 0);
    turn(&member);
    assert_int_equal(member.fences, 1);
    assert_int_equal(member.fatals, 0);
    leave(&member);
}

/* As after SIGKILL, with KIP-848: until the session of the one before has timed out. */
static void test_an_instance_id_that_is_not_released_yet_is_waited_for(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    rd_kafka_mock_push_request_errors(kafka->cluster, CONSUMER_GROUP_HEARTBEAT, 2,
                                      RD_KAFKA_RESP_ERR_UNRELEASED_INSTANCE_ID,
                                      RD_KAFKA_RESP_ERR_UNRELEASED_INSTANCE_ID);
    join(&member, kafka,
         (const struct consumer_property[]){
             {"group.protocol", "consumer"}, {"group.instance.id", "relay-0"}, {NULL, NULL}});
    until(&member, NULL, &member.value_count, 10);
    assert_int_equal(member.notices, 1);
    assert_string_equal(member.last_code, "UNRELEASED_INSTANCE_ID");
    assert_int_equal(member.fences + member.fatals + member.lost, 0);
    leave(&member);
}

static void test_brokers_that_are_away_are_reported_and_leaving_still_ends(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    join(&member, kafka, NULL);
    until(&member, NULL, &member.held, 4);
    assert_int_equal(rd_kafka_mock_broker_set_down(kafka->cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    until(&member, NULL, &member.errors, 1);
    assert_true(member.last_code[0] != '\0');
    int64_t start = mock_kafka_now_ms();
    leave(&member);
    assert_true(mock_kafka_now_ms() - start < PATIENCE_MS);
}

static void test_brokers_that_come_back_are_used_again(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    mock_kafka_produce(kafka, "orders", 0, 0, 10);
    join(&member, kafka, NULL);
    until(&member, NULL, &member.value_count, 10);
    commit_all(&member);
    assert_int_equal(rd_kafka_mock_broker_set_down(kafka->cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    until(&member, NULL, &member.errors, 1);
    assert_int_equal(rd_kafka_mock_broker_set_up(kafka->cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    mock_kafka_produce(kafka, "orders", 0, 10, 10);
    until(&member, NULL, &member.value_count, 20);
    assert_each_once(&member, NULL, 20);
    leave(&member);
}

static void test_a_topic_that_is_missing_is_reported(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct member member;
    rd_kafka_mock_topic_set_error(kafka->cluster, "absent",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    join_topics(&member, kafka, (const char *const[]){"absent", NULL}, NULL);
    until(&member, NULL, &member.errors, 1);
    assert_string_equal(member.last_code, "UNKNOWN_TOPIC_OR_PART");
    assert_non_null(strstr(member.last_text, "absent"));
    leave(&member);
}

static void refuses(struct mock_kafka *kafka, const char *const topics[],
                    const struct consumer_property extra[], const char *part)
{
    struct error error = {""};
    assert_null(make(kafka, -1, topics, extra, &error));
    if (strstr(error.text, part) == NULL) {
        fail_msg("\"%s\" does not hold \"%s\"", error.text, part);
    }
}

static void test_what_cannot_work_is_refused_at_once(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    const char *const fine[] = {"orders", NULL};
    refuses(kafka, (const char *const[]){NULL}, NULL, "no topic");
    refuses(kafka, (const char *const[]){"orders", "orders", NULL}, NULL, "twice");
    refuses(kafka, (const char *const[]){"^orders(", NULL}, NULL, "^orders(");
    refuses(kafka, fine,
            (const struct consumer_property[]){{"enable.auto.commit", "true"}, {NULL, NULL}},
            "enable.auto.commit");
    refuses(kafka, fine, (const struct consumer_property[]){{"group.id", ""}, {NULL, NULL}},
            "\"group.id\" is missing");
    refuses(kafka, fine,
            (const struct consumer_property[]){{"bootstrap.servers", ""}, {NULL, NULL}},
            "\"bootstrap.servers\" is missing");
    refuses(kafka, fine,
            (const struct consumer_property[]){{"partition.assignment.strategy", "sticky"},
                                               {NULL, NULL}},
            "partition.assignment.strategy");
}

static void test_a_secret_is_masked_in_librdkafkas_texts(void **state)
{
    struct mock_kafka *kafka = &((struct fixture *)*state)->kafka;
    struct error error = {""};
    const struct consumer_property extra[] = {{"partition.assignment.strategy", "hunter2hunter2"},
                                              {"sasl.password", "hunter2"},
                                              {NULL, NULL}};
    assert_null(make(kafka, -1, (const char *const[]){"orders", NULL}, extra, &error));
    assert_null(strstr(error.text, "hunter2"));
    assert_non_null(strstr(error.text, "******"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_messages_come_in_the_order_of_each_partition),
        TEST(test_a_message_is_what_was_written),
        TEST(test_the_fd_is_written_when_messages_come_again),
        TEST(test_a_full_fetch_leaves_the_rest_for_the_next),
        TEST(test_messages_wait_where_they_are_while_nothing_is_fetched),
        TEST(test_of_a_paused_partition_nothing_comes_until_it_goes_on),
        TEST(test_a_partition_that_was_paused_comes_back_reading),
        TEST(test_the_end_is_told_where_it_is_not_behind_a_message),
        TEST(test_a_commit_ends_in_an_event_and_is_stored),
        TEST(test_a_member_begins_at_the_committed_offset),
        TEST(test_the_metadata_of_a_commit_is_found_by_the_next_member),
        TEST(test_metadata_that_is_too_long_is_left_out_from_then_on),
        TEST(test_an_assignment_does_not_need_to_know_what_is_committed),
        TEST(test_a_refused_commit_says_so),
        TEST(test_a_commit_at_once_waits_for_the_one_under_way),
        TEST(test_a_commit_at_once_is_repeated_while_the_coordinator_cannot),
        TEST(test_members_share_cooperatively),
        TEST(test_members_share_eagerly),
        TEST(test_members_share_as_the_brokers_say),
        TEST(test_a_revoke_is_answered_when_the_pipeline_is_ready),
        TEST(test_an_eager_revoke_is_answered_when_the_pipeline_is_ready),
        TEST(test_a_lost_assignment_is_told_and_joined_again),
        TEST(test_nothing_of_a_lost_partition_is_committed),
        TEST(test_an_assignment_may_overtake_an_eager_answer),
        TEST(test_an_assignment_may_overtake_a_cooperative_answer),
        TEST(test_an_answer_that_comes_too_late_leaves_no_member_stuck),
        TEST(test_leaving_with_an_unanswered_revoke_ends),
        TEST(test_leaving_with_rebalances_unheard_of_ends),
        TEST(test_topics_go_the_way_of_their_subscription),
        TEST(test_offsets_that_fall_are_another_assignment),
        TEST(test_without_an_offset_to_begin_at_the_partition_is_blocked),
        TEST(test_what_was_deleted_before_it_was_read_is_counted),
        TEST(test_what_a_group_that_begins_does_not_find_is_not_counted),
        TEST(test_a_deleted_offset_can_block_and_is_counted),
        TEST(test_an_offset_behind_the_end_can_block),
        TEST(test_an_offset_behind_the_end_begins_at_the_start_in_another_slot),

        TEST(test_a_group_begins_where_it_is_told_and_goes_on_where_it_has_committed),
        TEST(test_behind_a_message_that_cannot_be_read_nothing_is_delivered),
        TEST(test_a_wrong_checksum_is_noticed),
        TEST(test_a_flood_of_lines_is_cut_and_says_so),
        TEST(test_a_fenced_member_ends),
        TEST(test_an_instance_id_that_is_not_released_yet_is_waited_for),
        TEST(test_brokers_that_are_away_are_reported_and_leaving_still_ends),
        TEST(test_brokers_that_come_back_are_used_again),
        TEST(test_a_topic_that_is_missing_is_reported),
        TEST(test_what_cannot_work_is_refused_at_once),
        TEST(test_a_secret_is_masked_in_librdkafkas_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
