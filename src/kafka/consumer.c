#include "kafka/consumer.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "event_queue.h"
#include "member.h"
#include "partitions.h"
#include "property.h"
#include "record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

/* With KIP-848 a process that is started anew after SIGKILL is refused its instance id until the session of the one
 * before has timed out, and librdkafka tries no more. Sessions last 60 s at most unless the brokers have
 * another group.consumer.max.session.timeout.ms. */
#define JOIN_AGAIN_MS 2000
#define RELEASE_MS 90000

/* Messages read from librdkafka: [0, next) were given out or dropped, [next, count) not yet looked
 * at. */
struct batch {
    rd_kafka_message_t **messages;
    size_t next;
    size_t count;
    size_t capacity;
};

/* Where to begin in a topic's partitions; all-zero is nowhere else than usual. */
struct starts {
    char *topic;
    int64_t *offsets;
    size_t count;
};

struct group_consumer {
    struct consumer consumer; /* first: what the pipeline knows of it */
    struct member member;
    int wake_fd;
    struct property_list properties;
    struct partitions *partitions;
    struct starts starts;
    struct event_queue queue;
    bool unanswered; /* REVOKED or LOST was given out and not yet released */
    bool closing;
    bool failed; /* FATAL or FENCED was said */

    int64_t
        unreleased_since_ms; /* the group keeps the member's instance id for an earlier one; 0: no */
    int64_t join_again_ms;   /* when it is tried again; 0: never */

    struct batch batch;
    struct arena headers; /* of the batch */

    /* The partition of the last message, as the next is usually of the same; PARTITIONS_NONE:
     * none. */
    const rd_kafka_topic_t *last_topic;
    int32_t last_number;
    uint32_t last_slot;
};

static struct group_consumer *group_consumer(struct consumer *consumer)
{
    return (struct group_consumer *)consumer;
}

/* ---- what the pipeline is told --------------------------------------------------------------- */

/* What librdkafka does not know of may wait too. */
static void wake_if(const struct group_consumer *consumer, bool something_waits)
{
    if (something_waits) {
        uint64_t one = 1;
        ssize_t written = write(consumer->wake_fd, &one, sizeof one);
        (void)written; /* a full counter wakes as well */
    }
}

static void say(struct group_consumer *consumer, enum consumer_event_kind kind, const char *code,
                const struct consumer_partition *partition, struct error *text)
{
    property_list_scrub(&consumer->properties, text);
    event_queue_line(&consumer->queue, kind, code, text, partition);
}

static void say_error(struct group_consumer *consumer, rd_kafka_resp_err_t err, const char *reason)
{
    struct error text;
    error_set(&text, "%s", reason);
    say(consumer, CONSUMER_ERROR, rd_kafka_err2name(err), NULL, &text);
}

/* Once: nothing that comes after it is of use. */
static void say_end(struct group_consumer *consumer, enum consumer_event_kind kind,
                    rd_kafka_resp_err_t err, const char *reason)
{
    if (!consumer->failed) {
        struct error text;
        error_set(&text, "%s", reason);
        consumer->failed = true;
        say(consumer, kind, rd_kafka_err2name(err), NULL, &text);
    }
}

static void say_fatal(struct group_consumer *consumer, rd_kafka_resp_err_t err, const char *reason)
{
    say_end(consumer, CONSUMER_FATAL, err, reason);
}

static int64_t now_ms(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock.monotonic_ms;
}

/* Whether it is tried again whether the group has released the instance id. */
static bool waits_for_release(struct group_consumer *consumer)
{
    if (consumer->unreleased_since_ms == 0) {
        struct error text;
        error_set(&text, "the group still has a member with this group.instance.id: it is joined "
                         "when that one has left, or its session has timed out");
        say(consumer, CONSUMER_NOTICE, rd_kafka_err2name(RD_KAFKA_RESP_ERR_UNRELEASED_INSTANCE_ID),
            NULL, &text);
        consumer->unreleased_since_ms = now_ms();
    }
    consumer->join_again_ms = now_ms() + JOIN_AGAIN_MS;
    return now_ms() - consumer->unreleased_since_ms < RELEASE_MS;
}

static void say_fatal_error(struct group_consumer *consumer)
{
    char reason[ERROR_SIZE] = "";
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(consumer->member.rk, reason, sizeof reason);
    bool unreleased = err == RD_KAFKA_RESP_ERR_UNRELEASED_INSTANCE_ID;
    if (unreleased && waits_for_release(consumer)) {
        return;
    }
    bool fenced = unreleased || err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    say_end(consumer, fenced ? CONSUMER_FENCED : CONSUMER_FATAL, err, reason);
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__FATAL) {
        say_fatal_error(opaque);
    } else {
        say_error(opaque, (rd_kafka_resp_err_t)err, reason);
    }
}

/* On our thread, as log.queue is set, but for what rd_kafka_new() says before it has made anything.
 * What is above log_level does not come here. What the facilities FAIL (about connections) and FATAL
 * say comes as an error as well. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    struct error text;
    if (rk == NULL || strcmp(facility, "FAIL") == 0 || strcmp(facility, "FATAL") == 0) {
        return;
    }
    error_set(&text, "%s", line);
    say(rd_kafka_opaque(rk), level < LOG_INFO ? CONSUMER_ERROR : CONSUMER_LOG, facility, NULL,
        &text);
}

/* ---- rebalances ------------------------------------------------------------------------------ */

static void announce(struct group_consumer *consumer, enum consumer_event_kind kind,
                     struct partition_list *list)
{
    if (list->count > 0) {
        event_queue_assignment(&consumer->queue, kind, list->items, list->count);
    }
    partition_list_done(list);
}

static void forget_last(struct group_consumer *consumer)
{
    consumer->last_slot = PARTITIONS_NONE;
}

/* What librdkafka refuses here it would wait for without end, and the group with it. */
static void check_answer(struct group_consumer *consumer, rd_kafka_error_t *error)
{
    if (error != NULL) {
        say_fatal(consumer, rd_kafka_error_code(error), rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    }
}

static void set_paused(struct group_consumer *consumer, uint32_t slot, bool paused)
{
    struct partition *partition = partitions_at(consumer->partitions, slot);
    if (partition->state == PARTITION_HELD && partition->paused != paused) {
        partition->paused = paused;
        member_pause(&consumer->member, partition->topic, partition->number, paused);
    }
}

/* The end of a slot that was held. */
static void end_hold(struct group_consumer *consumer, uint32_t slot, enum partition_state state)
{
    set_paused(consumer, slot, false);
    partitions_set(consumer->partitions, slot, state);
}

static void unassign(struct group_consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    check_answer(consumer, member_unassign(&consumer->member, list));
    forget_last(consumer);
}

/* Gives up towards librdkafka whatever is leaving; the slots are the pipeline's until it releases
 * them. False when nothing is. */
static bool unassign_leaving(struct group_consumer *consumer)
{
    struct partitions *partitions = consumer->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (uint32_t slot = 0; slot < partitions_count(partitions); slot++) {
        const struct partition *partition = partitions_at(partitions, slot);
        if (partition->state == PARTITION_LEAVING) {
            (void)rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
            partitions_set(partitions, slot, PARTITION_GONE);
        }
    }
    bool any = list->cnt > 0;
    if (any) {
        unassign(consumer, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return any;
}

static void release_slots(struct group_consumer *consumer)
{
    struct partitions *partitions = consumer->partitions;
    for (uint32_t slot = 0; slot < partitions_count(partitions); slot++) {
        if (partitions_at(partitions, slot)->announced) {
            partitions_set(partitions, slot, PARTITION_FREE);
            partitions_at(partitions, slot)->announced = false;
        }
    }
}

static void say_no_route(struct group_consumer *consumer, const char *topic)
{
    struct error text;
    error_set(&text, "the group assigned the topic \"%s\", which matches no subscription", topic);
    say_fatal(consumer, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, text.text);
}

/* What is not known now is as if it had never been: it may come again, and nothing is lost. */
static rd_kafka_topic_partition_list_t *
ask_committed(struct group_consumer *consumer, const rd_kafka_topic_partition_list_t *assigned)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(assigned);
    rd_kafka_resp_err_t err = member_committed(&consumer->member, list);
    struct error text;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(&text, "what had ended behind the committed offsets is not known: %s",
                  rd_kafka_err2str(err));
        say(consumer, CONSUMER_ERROR, rd_kafka_err2name(err), NULL, &text);
        for (int i = 0; i < list->cnt; i++) {
            list->elems[i].err = err;
        }
    }
    return list;
}

static void set_committed(struct group_consumer *consumer, uint32_t slot,
                          const rd_kafka_topic_partition_t *rktpar)
{
    if (rktpar->offset >= 0 && rktpar->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        partitions_set_committed(consumer->partitions, slot, rktpar->offset,
                                 (struct slice){rktpar->metadata, rktpar->metadata_size});
    }
}

static void add_partitions(struct group_consumer *consumer,
                           const rd_kafka_topic_partition_list_t *list)
{
    struct partition_list added = {NULL, 0};
    consumer->unreleased_since_ms = 0;
    for (int i = 0; i < list->cnt; i++) {
        const char *topic = list->elems[i].topic;
        size_t route = 0;
        if (!partitions_route(consumer->partitions, topic, &route)) {
            say_no_route(consumer, topic);
            continue;
        }
        uint32_t slot =
            partitions_add(consumer->partitions, topic, list->elems[i].partition, route);
        set_committed(consumer, slot, &list->elems[i]);
        partition_list_add(&added, consumer->partitions, slot);
    }
    ends_hurry(&consumer->member.ends);
    announce(consumer, CONSUMER_ASSIGNED, &added);
}

static bool has_committed_nothing(const rd_kafka_topic_partition_t *rktpar)
{
    return rktpar->err == RD_KAFKA_RESP_ERR_NO_ERROR && rktpar->offset == RD_KAFKA_OFFSET_INVALID;
}

static void set_starts(const struct group_consumer *consumer,
                       const rd_kafka_topic_partition_list_t *committed,
                       rd_kafka_topic_partition_list_t *list)
{
    const struct starts *starts = &consumer->starts;
    for (int i = 0; starts->topic != NULL && i < committed->cnt; i++) {
        const rd_kafka_topic_partition_t *rktpar = &committed->elems[i];
        size_t number = (size_t)rktpar->partition;
        if (has_committed_nothing(rktpar) && number < starts->count &&
            strcmp(rktpar->topic, starts->topic) == 0) {
            (void)rd_kafka_topic_partition_list_set_offset(list, rktpar->topic, rktpar->partition,
                                                           starts->offsets[number]);
        }
    }
}

static void assign(struct group_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *committed = ask_committed(consumer, list);
    set_starts(consumer, committed, list);
    check_answer(consumer, member_assign(&consumer->member, list));
    forget_last(consumer);
    add_partitions(consumer, committed);
    rd_kafka_topic_partition_list_destroy(committed);
}

/* The slots of the list that are held get the state. */
static struct partition_list take_away(struct group_consumer *consumer,
                                       const rd_kafka_topic_partition_list_t *list,
                                       enum partition_state state)
{
    struct partition_list taken = {NULL, 0};
    for (int i = 0; i < list->cnt; i++) {
        uint32_t slot =
            partitions_find(consumer->partitions, list->elems[i].topic, list->elems[i].partition);
        if (slot != PARTITIONS_NONE) {
            end_hold(consumer, slot, state);
            partition_list_add(&taken, consumer->partitions, slot);
        }
    }
    forget_last(consumer);
    return taken;
}

/* Given up at once: what is lost, as it is somebody else's already; everything at the close, where
 * nobody asks; and when librdkafka has taken the answer to an earlier revoke for the one to
 * this. */
static void take_back(struct group_consumer *consumer, const rd_kafka_topic_partition_list_t *list,
                      bool answered)
{
    bool lost = answered || consumer->closing || rd_kafka_assignment_lost(consumer->member.rk) != 0;
    struct partition_list taken =
        take_away(consumer, list, lost ? PARTITION_GONE : PARTITION_LEAVING);
    if (lost || taken.count == 0) {
        unassign(consumer, list);
    }
    announce(consumer, lost ? CONSUMER_LOST : CONSUMER_REVOKED, &taken);
}

/* Called by rd_kafka_consumer_poll() and rd_kafka_consumer_close() on our thread. An earlier revoke
 * may be unanswered still: when a topic comes or goes, librdkafka joins again without the answer.
 * It then has to be given before anything else is done, or it would undo what comes now; and if it
 * was a cooperative one, librdkafka never gets over an assignment that came between. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct group_consumer *consumer = opaque;
    (void)rk;
    bool overtaken = unassign_leaving(consumer);
    member_begin_rebalance(&consumer->member);
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assign(consumer, list);
        consumer->member.stuck = overtaken && consumer->member.cooperative;
    } else if (err == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        take_back(consumer, list, overtaken);
    } else {
        say_fatal(consumer, err, rd_kafka_err2str(err));
    }
}

static void release(struct consumer *base)
{
    struct group_consumer *consumer = group_consumer(base);
    assert(consumer->unanswered);
    (void)unassign_leaving(consumer);
    release_slots(consumer);
    consumer->unanswered = false;
    wake_if(consumer, consumer->queue.assignments > 0); /* those that stayed back */
}

/* ---- messages -------------------------------------------------------------------------------- */

static void discard(struct consumer *base)
{
    struct group_consumer *consumer = group_consumer(base);
    struct batch *batch = &consumer->batch;
    for (size_t i = 0; i < batch->next; i++) {
        rd_kafka_message_destroy(batch->messages[i]);
    }
    batch->count -= batch->next;
    if (batch->count > 0) {
        memmove(batch->messages, batch->messages + batch->next,
                batch->count * sizeof *batch->messages);
    }
    batch->next = 0;
    arena_reset(&consumer->headers);
}

static void reserve(struct batch *batch, size_t more)
{
    if (batch->capacity - batch->count < more) {
        batch->capacity = batch->count + more;
        batch->messages = memory_resize(batch->messages, batch->capacity, sizeof *batch->messages);
    }
}

/* False when librdkafka has none now; it then wakes us when one comes. */
static bool read_batch(struct group_consumer *consumer, size_t max)
{
    struct batch *batch = &consumer->batch;
    if (batch->next < batch->count) {
        return true;
    }
    reserve(batch, max);
    ssize_t count = rd_kafka_consume_batch_queue(consumer->member.messages, 0,
                                                 batch->messages + batch->count, max);
    batch->count += count > 0 ? (size_t)count : 0;
    return count > 0;
}

static uint32_t find_slot(struct group_consumer *consumer, const rd_kafka_message_t *rkmessage)
{
    if (consumer->last_slot == PARTITIONS_NONE || consumer->last_topic != rkmessage->rkt ||
        consumer->last_number != rkmessage->partition) {
        consumer->last_slot = partitions_find(
            consumer->partitions, rd_kafka_topic_name(rkmessage->rkt), rkmessage->partition);
        /* No other topic gets this address while one of its partitions is ours. */
        consumer->last_topic = rkmessage->rkt;
        consumer->last_number = rkmessage->partition;
    }
    return consumer->last_slot;
}

/* Nothing behind a message that cannot be read may be given out: its offset would pass with the
 * next. */
static void block(struct group_consumer *consumer, uint32_t slot, const char *code,
                  struct error *text, uint64_t deleted)
{
    struct partition *partition = partitions_at(consumer->partitions, slot);
    struct consumer_partition named = partitions_public(consumer->partitions, slot);
    if (partition->blocked || partition->state != PARTITION_HELD) {
        return;
    }
    partition->blocked = true;
    named.deleted = deleted;
    error_prefix(text, "%s [%" PRId32 "] is blocked, nothing more of it is delivered",
                 partition->topic, partition->number);
    say(consumer, CONSUMER_ERROR, code, &named, text);
}

/* Whether librdkafka goes on behind what it could not read, or not at all. */
static bool is_blocking(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__BAD_MSG || err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
           err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED || err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
}

#define WATERMARKS_MS 1000
#define RESET_HINT                                                                             \
    "stop all members and set the group's offset (kafka-consumer-groups --reset-offsets), or " \
    "leave auto.offset.reset out, to go on at the earliest message that is there"

/* With auto.offset.reset: error, why there is nothing to begin at, and what to do. `offset` is the one that was asked
 * for, negative when there was none. Returns how many messages were deleted before they were read. What the brokers
 * do not tell in time leaves librdkafka's own text. */
static uint64_t explain_reset(const struct group_consumer *consumer, uint32_t slot, int64_t offset,
                              struct error *text)
{
    const struct partition *partition = partitions_at(consumer->partitions, slot);
    int64_t low = 0;
    int64_t end = 0;
    if (offset < 0) {
        error_set(text, "the group has committed no offset of it to begin at; " RESET_HINT);
        return 0;
    }
    if (rd_kafka_query_watermark_offsets(consumer->member.rk, partition->topic, partition->number,
                                         &low, &end, WATERMARKS_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    if (offset > end) {
        error_set(text,
                  "it is to go on at offset %" PRId64 ", and ends at %" PRId64
                  ": its topic was made anew, or lost its end with a broker; " RESET_HINT,
                  offset, end);
    }
    if (offset >= low) {
        return 0;
    }
    error_set(text,
              "it is to go on at offset %" PRId64 ", and what stood before %" PRId64
              " has been deleted; " RESET_HINT,
              offset, low);
    return (uint64_t)(low - offset);
}

/* An error in the place of a message. */
static void take_error(struct group_consumer *consumer, const rd_kafka_message_t *rkmessage)
{
    struct error text;
    if (rkmessage->err == RD_KAFKA_RESP_ERR__FATAL) {
        say_fatal_error(consumer);
        return;
    }
    if (rkmessage->rkt == NULL) {
        say_error(consumer, rkmessage->err, rd_kafka_message_errstr(rkmessage));
        return;
    }
    error_set(&text, "%s", rd_kafka_message_errstr(rkmessage));
    uint32_t slot = find_slot(consumer, rkmessage);
    if (is_blocking(rkmessage->err) && slot != PARTITIONS_NONE) {
        uint64_t deleted = rkmessage->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
                               ? explain_reset(consumer, slot, rkmessage->offset, &text)
                               : 0;
        block(consumer, slot, rd_kafka_err2name(rkmessage->err), &text, deleted);
        return;
    }
    error_prefix(&text, "%s [%" PRId32 "]", rd_kafka_topic_name(rkmessage->rkt),
                 rkmessage->partition);
    say(consumer, CONSUMER_ERROR, rd_kafka_err2name(rkmessage->err), NULL, &text);
}

/* Offsets of an assignment only rise, and the ledger relies on it. They fall when a topic was made
 * anew under the same name, or lost its end with a broker: these are other messages, so the slot's
 * are lost and the partition is assigned to another slot. */
static void start_anew(struct group_consumer *consumer, uint32_t slot)
{
    struct partition old = *partitions_at(consumer->partitions, slot);
    struct partition_list lost = {NULL, 0};
    struct partition_list added = {NULL, 0};
    struct error text;
    error_set(&text,
              "%s [%" PRId32 "]: the offsets fell below %" PRId64
              ": the topic was made anew, or lost its end with a broker; what is there now is read",
              old.topic, old.number, old.next_offset);
    say(consumer, CONSUMER_NOTICE, "OFFSETS_FELL", NULL, &text);
    end_hold(consumer, slot, PARTITION_GONE);
    partition_list_add(&lost, consumer->partitions, slot);
    announce(consumer, CONSUMER_LOST, &lost);
    slot = partitions_add(consumer->partitions, old.topic, old.number, old.route);
    partition_list_add(&added, consumer->partitions, slot);
    announce(consumer, CONSUMER_ASSIGNED, &added);
    forget_last(consumer);
}

static void pause_slot(struct consumer *base, uint32_t slot, bool paused)
{
    set_paused(group_consumer(base), slot, paused);
}

enum taken {
    TAKEN_GIVEN,   /* as a message for the pipeline */
    TAKEN_DROPPED, /* not one for the pipeline */
    TAKEN_LATER    /* the pipeline has to hear of something else first */
};

/* How many offsets up to this one were deleted before they were read. A gap may be compaction's, or a
 * transaction's end: only what stood below the first offset that is left was deleted. Each fetch tells that one,
 * so it is as new as the message at least. */
static uint64_t deleted_before(const struct group_consumer *consumer,
                               const struct partition *partition, int64_t offset)
{
    int64_t next = partition->next_offset;
    int64_t low = 0;
    int64_t high = 0;
    if (next < 0 || offset <= next ||
        rd_kafka_get_watermark_offsets(consumer->member.rk, partition->topic, partition->number,
                                       &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        low <= next) {
        return 0;
    }
    return (uint64_t)((low < offset ? low : offset) - next);
}

/* The end of a partition tells of what stands before it and is no message. Where it stands right behind the last
 * message that is nothing new, after the first time. */
static enum taken take_end(struct group_consumer *consumer, const rd_kafka_message_t *rkmessage,
                           struct consumer_message *ret_message)
{
    uint32_t slot = find_slot(consumer, rkmessage);
    if (slot == PARTITIONS_NONE) {
        return TAKEN_DROPPED;
    }
    struct partition *partition = partitions_at(consumer->partitions, slot);
    if (partition->state != PARTITION_HELD || partition->blocked ||
        rkmessage->offset < partition->next_offset || rkmessage->offset == 0 ||
        (rkmessage->offset == partition->next_offset && partition->ended)) {
        return TAKEN_DROPPED;
    }
    *ret_message = (struct consumer_message){
        .offset = rkmessage->offset,
        .slot = slot,
        .deleted = deleted_before(consumer, partition, rkmessage->offset),
        .end = true,
    };
    partition->next_offset = rkmessage->offset;
    partition->ended = true;
    return TAKEN_GIVEN;
}

/* What is of no partition that is held was in the queue when the partition went away. It is not in
 * the ledger, no offset passes it, and whoever has the partition next reads it from its committed
 * offset. */
static enum taken take(struct group_consumer *consumer, const rd_kafka_message_t *rkmessage,
                       struct consumer_message *ret_message)
{
    if (rkmessage->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return take_end(consumer, rkmessage, ret_message);
    }
    if (rkmessage->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_error(consumer, rkmessage);
        return TAKEN_DROPPED;
    }
    uint32_t slot = find_slot(consumer, rkmessage);
    if (slot == PARTITIONS_NONE) {
        return TAKEN_DROPPED;
    }
    struct partition *partition = partitions_at(consumer->partitions, slot);
    if (partition->state != PARTITION_HELD || partition->blocked) {
        return TAKEN_DROPPED;
    }
    if (rkmessage->offset < partition->next_offset) {
        start_anew(consumer, slot);
        return TAKEN_LATER;
    }
    if (!record_read(rkmessage, &consumer->headers, &ret_message->message)) {
        struct error text;
        error_set(&text, "the headers of the message at offset %" PRId64 " cannot be read",
                  rkmessage->offset);
        block(consumer, slot, rd_kafka_err2name(RD_KAFKA_RESP_ERR__BAD_MSG), &text, 0);
        return TAKEN_DROPPED;
    }
    ret_message->message.topic = (struct slice){partition->topic, partition->topic_size};
    ret_message->offset = rkmessage->offset;
    ret_message->slot = slot;
    ret_message->route = partition->route;
    ret_message->deleted = deleted_before(consumer, partition, rkmessage->offset);
    ret_message->items = NULL;
    ret_message->end = false;
    partition->next_offset = rkmessage->offset + 1;
    return TAKEN_GIVEN;
}

static size_t fetch(struct consumer *base, struct consumer_message *ret_messages, size_t max)
{
    struct group_consumer *consumer = group_consumer(base);
    struct batch *batch = &consumer->batch;
    assert(batch->next == 0);
    size_t count = 0;
    /* A message may be of a partition that the pipeline has not heard of yet. */
    while (count == 0 && consumer->queue.assignments == 0 && read_batch(consumer, max)) {
        enum taken taken = TAKEN_DROPPED;
        while (taken != TAKEN_LATER && batch->next < batch->count && count < max) {
            taken = take(consumer, batch->messages[batch->next], &ret_messages[count]);
            count += taken == TAKEN_GIVEN;
            batch->next += taken != TAKEN_LATER;
        }
        if (count == 0) {
            discard(base);
        }
    }
    wake_if(consumer, event_queue_waits(&consumer->queue, !consumer->unanswered));
    return count;
}

/* ---- commits --------------------------------------------------------------------------------- */

/* librdkafka frees it with the list. */
static void set_metadata(rd_kafka_topic_partition_t *rktpar, struct slice metadata)
{
    if (metadata.size > 0) {
        rktpar->metadata = memory_string(metadata);
        rktpar->metadata_size = metadata.size;
    }
}

/* Of what is still ours: the offsets of a partition that is gone are its next owner's to commit. */
static rd_kafka_topic_partition_list_t *commit_list(const struct group_consumer *consumer,
                                                    const struct consumer_offset offsets[],
                                                    size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        const struct partition *partition = partitions_at(consumer->partitions, offsets[i].slot);
        assert(partition->state != PARTITION_FREE);
        if (partition->state != PARTITION_GONE) {
            rd_kafka_topic_partition_t *rktpar =
                rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
            rktpar->offset = offsets[i].offset;
            set_metadata(rktpar, offsets[i].metadata);
        }
    }
    return list;
}

static void commit(struct consumer *base, const struct consumer_offset offsets[], size_t count)
{
    struct group_consumer *consumer = group_consumer(base);
    committer_start(&consumer->member.committer, commit_list(consumer, offsets, count));
    wake_if(consumer, consumer->member.committer.answered);
}

static bool commit_now(struct consumer *base, const struct consumer_offset offsets[], size_t count,
                       struct error *error)
{
    struct group_consumer *consumer = group_consumer(base);
    rd_kafka_resp_err_t err =
        committer_now(&consumer->member.committer, commit_list(consumer, offsets, count));
    wake_if(consumer, consumer->member.committer.answered);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "%s", rd_kafka_err2str(err));
    }
    return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void reap_commit(struct group_consumer *consumer)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    struct error failure;
    if (!committer_reap(&consumer->member.committer, &err)) {
        return;
    }
    error_set(&failure, "%s", rd_kafka_err2str(err));
    event_queue_committed(&consumer->queue, rd_kafka_err2name(err),
                          err == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : &failure);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Only errors come here. Should a message take this way all the same, it waits for the next
 * fetch(), as losing it would lose an order: the messages behind it would carry the offset past
 * it. */
static void take_polled(struct group_consumer *consumer, rd_kafka_message_t *rkmessage)
{
    if (rkmessage->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reserve(&consumer->batch, 1);
        consumer->batch.messages[consumer->batch.count++] = rkmessage;
        wake_if(consumer, true);
        return;
    }
    if (rkmessage->err !=
        RD_KAFKA_RESP_ERR__PARTITION_EOF) { /* it may be behind messages that wait */
        take_error(consumer, rkmessage);
    }
    rd_kafka_message_destroy(rkmessage);
}

/* Until the queue is empty: only then does it wake us again. */
static void poll_events(struct group_consumer *consumer)
{
    reap_commit(consumer);
    rd_kafka_message_t *rkmessage = rd_kafka_consumer_poll(consumer->member.rk, 0);
    while (rkmessage != NULL) {
        take_polled(consumer, rkmessage);
        rkmessage = rd_kafka_consumer_poll(consumer->member.rk, 0);
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void ask_ends(struct group_consumer *consumer, int64_t at_ms)
{
    struct partitions *partitions = consumer->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (uint32_t slot = 0; slot < partitions_count(partitions); slot++) {
        const struct partition *partition = partitions_at(partitions, slot);
        if (partition->state == PARTITION_HELD) {
            (void)rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
        }
    }
    if (list->cnt > 0) {
        ends_ask(&consumer->member.ends, list, at_ms);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* What could not be told keeps its end from before. */
static void take_ends(struct group_consumer *consumer, rd_kafka_event_t *event)
{
    size_t count = 0;
    const rd_kafka_ListOffsets_result_t *result = rd_kafka_event_ListOffsets_result(event);
    const rd_kafka_ListOffsetsResultInfo_t **infos =
        result == NULL ? NULL : rd_kafka_ListOffsets_result_infos(result, &count);
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *rktpar =
            rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
        uint32_t slot = partitions_find(consumer->partitions, rktpar->topic, rktpar->partition);
        if (slot != PARTITIONS_NONE && rktpar->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            rktpar->offset >= 0) {
            partitions_at(consumer->partitions, slot)->end = rktpar->offset;
        }
    }
}

static void watch_ends(struct group_consumer *consumer)
{
    int64_t at_ms = now_ms();
    rd_kafka_event_t *event = ends_reap(&consumer->member.ends);
    if (event != NULL) {
        take_ends(consumer, event);
        rd_kafka_event_destroy(event);
    }
    if (ends_is_due(&consumer->member.ends, at_ms)) {
        ask_ends(consumer, at_ms);
    }
}

/* What is read is an end as well, of before the brokers were asked. */
static int64_t slot_end(const struct consumer *base, uint32_t slot)
{
    const struct group_consumer *consumer = (const struct group_consumer *)base;
    const struct partition *partition = partitions_at(consumer->partitions, slot);
    bool beyond = partition->end >= 0 && partition->next_offset > partition->end;
    return beyond ? partition->next_offset : partition->end;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static rd_kafka_conf_t *configure(struct group_consumer *consumer, struct error *error)
{
    rd_kafka_conf_t *conf =
        property_list_configure(&consumer->properties, PROPERTY_CONSUMER, error);
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, consumer);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_error_cb(conf, on_error);
        rd_kafka_conf_set_log_cb(conf, on_log);
    }
    return conf;
}

static bool open_member(struct group_consumer *consumer, struct error *error)
{
    rd_kafka_conf_t *conf = configure(consumer, error);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(0);
    const char *pattern = partitions_pattern(consumer->partitions, 0);
    for (size_t i = 0; pattern != NULL; pattern = partitions_pattern(consumer->partitions, ++i)) {
        (void)rd_kafka_topic_partition_list_add(topics, pattern, RD_KAFKA_PARTITION_UA);
    }
    bool opened = member_open(&consumer->member, conf, topics, consumer->wake_fd, error);
    rd_kafka_topic_partition_list_destroy(topics);
    if (!opened) {
        property_list_scrub(&consumer->properties, error);
    }
    return opened;
}

/* Leaves the group. Rebalances that wait are answered before: an answer may have been taken for theirs,
 * and then the group may end while they wait, after which librdkafka (as of 2.14) never comes back from
 * giving their partitions up. All messages go back before, those that the pipeline has not discarded
 * too. */
static bool close_member(struct group_consumer *consumer)
{
    consumer->closing = true;
    poll_events(consumer);
    consumer->batch.next = consumer->batch.count;
    discard(&consumer->consumer);
    bool unreaped = member_close(&consumer->member);
    consumer->closing = false;
    return unreaped;
}

static void lose_all(struct group_consumer *consumer)
{
    struct partition_list lost = {NULL, 0};
    for (uint32_t slot = 0; slot < partitions_count(consumer->partitions); slot++) {
        enum partition_state state = partitions_at(consumer->partitions, slot)->state;
        if (state == PARTITION_HELD) {
            partition_list_add(&lost, consumer->partitions, slot);
        }
        if (state == PARTITION_HELD || state == PARTITION_LEAVING) {
            end_hold(consumer, slot, PARTITION_GONE);
        }
    }
    announce(consumer, CONSUMER_LOST, &lost);
    forget_last(consumer);
}

/* Another member instead of this one. */
static void restart(struct group_consumer *consumer)
{
    struct error text;
    lose_all(consumer);
    if (close_member(consumer)) {
        error_set(&text, "%s", rd_kafka_err2str(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST));
        event_queue_committed(&consumer->queue,
                              rd_kafka_err2name(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST), &text);
    }
    if (!open_member(consumer, &text)) {
        say_fatal(consumer, RD_KAFKA_RESP_ERR__FAIL, text.text);
    }
}

static bool holds_any(const struct group_consumer *consumer)
{
    for (uint32_t slot = 0; slot < partitions_count(consumer->partitions); slot++) {
        if (partitions_at(consumer->partitions, slot)->state == PARTITION_HELD) {
            return true;
        }
    }
    return false;
}

/* librdkafka does not get out of a rebalance again (as of 2.14: after a cooperative revoke that another rebalance
 * overtook, it takes part in no further one, says nothing, and reads on what others have been
 * given). */
static void restart_stuck(struct group_consumer *consumer)
{
    struct error text;
    error_set(&text, "the group no longer knows this member: it joins as another one");
    say(consumer, CONSUMER_NOTICE, "MEMBER_RESTARTED", NULL, &text);
    restart(consumer);
}

/* Only while the pipeline has no messages in hands: they are the old member's. */
static void restart_if_needed(struct group_consumer *consumer)
{
    bool settled = !consumer->unanswered && holds_any(consumer);
    bool stuck = member_is_stuck(&consumer->member, settled);
    if (consumer->failed || consumer->batch.next > 0) {
        return;
    }
    if (consumer->join_again_ms != 0 && now_ms() >= consumer->join_again_ms) {
        consumer->join_again_ms = 0;
        restart(consumer);
    } else if (stuck) {
        restart_stuck(consumer);
    }
}

static void free_consumer(struct consumer *base)
{
    struct group_consumer *consumer = group_consumer(base);
    if (consumer->member.rk != NULL) {
        (void)unassign_leaving(consumer);
        (void)close_member(consumer);
    }
    free(consumer->batch.messages);
    free(consumer->starts.topic);
    free(consumer->starts.offsets);
    arena_done(&consumer->headers);
    event_queue_done(&consumer->queue);
    partitions_free(consumer->partitions);
    property_list_done(&consumer->properties);
    free(consumer);
}

/* ---- the interface --------------------------------------------------------------------------- */

static void mark_announced(struct group_consumer *consumer, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->partition_count; i++) {
        partitions_at(consumer->partitions, event->partitions[i].slot)->announced = true;
    }
    consumer->unanswered = true;
}

static bool next_event(struct consumer *base, struct consumer_event *ret_event)
{
    struct group_consumer *consumer = group_consumer(base);
    if (!event_queue_take(&consumer->queue, !consumer->unanswered, ret_event)) {
        poll_events(consumer);
        watch_ends(consumer);
        restart_if_needed(consumer);
        if (!event_queue_take(&consumer->queue, !consumer->unanswered, ret_event)) {
            return false;
        }
    }
    if (ret_event->kind == CONSUMER_REVOKED || ret_event->kind == CONSUMER_LOST) {
        mark_announced(consumer, ret_event);
    }
    return true;
}

static size_t route_of(const struct consumer *base, struct slice topic)
{
    const struct group_consumer *consumer = (const struct group_consumer *)base;
    char *name = memory_string(topic);
    size_t route = 0;
    bool found = partitions_route(consumer->partitions, name, &route);
    assert(found);
    (void)found;
    free(name);
    return route;
}

static int wake_fd(const struct consumer *base)
{
    return ((const struct group_consumer *)base)->wake_fd;
}

static const struct consumer_operations operations = {
    .event = next_event,
    .fetch = fetch,
    .discard = discard,
    .pause = pause_slot,
    .end = slot_end,
    .commit = commit,
    .commit_now = commit_now,
    .release = release,
    .route = route_of,
    .fd = wake_fd,
    .free = free_consumer,
};

struct consumer *consumer_new(const struct consumer_property properties[], size_t property_count,
                              const struct consumer_subscription subscriptions[],
                              size_t subscription_count, int wake_fd, struct error *error)
{
    struct group_consumer *consumer = memory_new(1, sizeof *consumer);
    consumer->consumer.operations = &operations;
    consumer->wake_fd = wake_fd;
    consumer->last_slot = PARTITIONS_NONE;
    property_list_init(&consumer->properties, properties, property_count);
    arena_init(&consumer->headers, 0);
    consumer->partitions = partitions_new(subscriptions, subscription_count, error);
    if (consumer->partitions != NULL && open_member(consumer, error)) {
        return &consumer->consumer;
    }
    free_consumer(&consumer->consumer);
    return NULL;
}

void consumer_start_at(struct consumer *consumer, const char *topic, const int64_t offsets[],
                       size_t count)
{
    struct starts *starts = &group_consumer(consumer)->starts;
    assert(starts->topic == NULL);
    starts->topic = memory_string(slice_of(topic));
    starts->offsets = memory_new(count + 1, sizeof *starts->offsets);
    memcpy(starts->offsets, offsets, count * sizeof *offsets);
    starts->count = count;
}
