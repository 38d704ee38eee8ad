#include "kafka/replay_consumer.h"

#include "base/arena.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many fetches of which nothing is wanted, one after the other, before events are served again. */
#define ROUNDS_MAX 8

enum slot_state {
    SLOT_FREE,
    SLOT_READING,
    SLOT_ENDED,  /* all was given out that is wanted of it */
    SLOT_BLOCKED /* nothing more of it can be read */
};

struct slot {
    enum slot_state state;
    struct replay_part part; /* `begin` is behind what the group had committed */
    int64_t position;        /* no message below it comes any more */
    uint64_t deleted;        /* before messages that were not given out */
    bool paused;
};

struct replay_consumer {
    struct consumer consumer; /* first: what the pipeline knows of it */
    struct consumer *inner;
    struct replay *replay;
    struct replay_part *parts; /* by partition */
    size_t part_count;
    struct slot *slots;
    size_t slot_count;
    size_t given;       /* messages, not yet discarded */
    struct arena arena; /* items of the messages given out */
};

static struct replay_consumer *replay_consumer(struct consumer *consumer)
{
    return (struct replay_consumer *)consumer;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static struct slot *slot_at(struct replay_consumer *consumer, uint32_t number)
{
    if (number >= consumer->slot_count) {
        size_t count = (size_t)number + 1;
        consumer->slots = memory_resize(consumer->slots, count, sizeof *consumer->slots);
        memset(consumer->slots + consumer->slot_count, 0,
               (count - consumer->slot_count) * sizeof *consumer->slots);
        consumer->slot_count = count;
    }
    return &consumer->slots[number];
}

static struct replay_part part_of(const struct replay_consumer *consumer, int32_t partition)
{
    size_t number = (size_t)partition;
    return number < consumer->part_count ? consumer->parts[number] : (struct replay_part){0, 0};
}

static void add_slot(struct replay_consumer *consumer, const struct consumer_partition *named)
{
    struct replay_part part = part_of(consumer, named->partition);
    if (named->committed > part.begin) {
        part.begin = named->committed;
    }
    *slot_at(consumer, named->slot) = (struct slot){
        .state = part.begin < part.end ? SLOT_READING : SLOT_ENDED,
        .part = part,
        .position = part.begin,
    };
}

static void follow(struct replay_consumer *consumer, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->partition_count; i++) {
        struct slot *slot = slot_at(consumer, event->partitions[i].slot);
        if (event->kind == CONSUMER_ASSIGNED) {
            add_slot(consumer, &event->partitions[i]);
        } else if (event->kind == CONSUMER_REVOKED || event->kind == CONSUMER_LOST) {
            slot->state = SLOT_FREE;
        } else if (event->kind == CONSUMER_ERROR && slot->state == SLOT_READING) {
            slot->state = SLOT_BLOCKED;
        }
    }
}

/* What stands behind the end need not be fetched. */
static void pause_ended(struct replay_consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->slot_count; i++) {
        struct slot *slot = &consumer->slots[i];
        if (slot->state == SLOT_ENDED && !slot->paused) {
            slot->paused = true;
            consumer->inner->operations->pause(consumer->inner, i, true);
        }
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* What stands at the end or behind it is not wanted, and shows that nothing more comes before it. */
static void end_slot(struct slot *slot, struct consumer_message *message)
{
    slot->state = SLOT_ENDED;
    slot->position = slot->part.end;
    *message = (struct consumer_message){
        .offset = slot->part.end,
        .slot = message->slot,
        .deleted = message->deleted,
        .end = true,
    };
}

static bool take_message(struct replay_consumer *consumer, struct consumer_message *message)
{
    struct letter_items items;
    if (!replay_take(consumer->replay, &message->message, &message->route, &items)) {
        return false;
    }
    if (items.count > 0) {
        struct letter_items *kept = arena_alloc(&consumer->arena, sizeof *kept);
        *kept = items;
        message->items = kept;
    }
    return true;
}

/* Whether it is given out, as what it has become. */
static bool take(struct replay_consumer *consumer, struct consumer_message *message)
{
    struct slot *slot = slot_at(consumer, message->slot);
    if (slot->state != SLOT_READING) {
        return false;
    }
    if (message->offset >= slot->part.end) {
        end_slot(slot, message);
        return true;
    }
    if (message->offset < slot->part.begin) {
        return false;
    }
    slot->position = message->offset + !message->end;
    return message->end || take_message(consumer, message);
}

/* Those that are given out move to the front. */
static size_t keep(struct replay_consumer *consumer, struct consumer_message *messages,
                   size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct consumer_message message = messages[i];
        struct slot *slot = slot_at(consumer, message.slot);
        message.deleted += slot->deleted;
        slot->deleted = message.deleted;
        if (take(consumer, &message)) {
            slot->deleted = 0;
            messages[kept++] = message;
        }
    }
    return kept;
}

static void discard(struct consumer *base)
{
    struct replay_consumer *consumer = replay_consumer(base);
    consumer->inner->operations->discard(consumer->inner);
    arena_reset(&consumer->arena);
    consumer->given = 0;
}

/* There may be more, though nothing was given out. */
static void wake(const struct replay_consumer *consumer)
{
    uint64_t one = 1;
    ssize_t written = write(consumer->inner->operations->fd(consumer->inner), &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

static size_t fetch(struct consumer *base, struct consumer_message *ret_messages, size_t max)
{
    struct replay_consumer *consumer = replay_consumer(base);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        pause_ended(consumer);
        size_t count = consumer->inner->operations->fetch(consumer->inner, ret_messages, max);
        if (count == 0) {
            return 0;
        }
        size_t kept = keep(consumer, ret_messages, count);
        if (kept > 0) {
            consumer->given = kept;
            return kept;
        }
        discard(base);
    }
    wake(consumer);
    return 0;
}

/* ---- the interface --------------------------------------------------------------------------- */

static bool next_event(struct consumer *base, struct consumer_event *ret_event)
{
    struct replay_consumer *consumer = replay_consumer(base);
    if (!consumer->inner->operations->event(consumer->inner, ret_event)) {
        return false;
    }
    follow(consumer, ret_event);
    return true;
}

static void pause_slot(struct consumer *base, uint32_t number, bool paused)
{
    struct replay_consumer *consumer = replay_consumer(base);
    if (slot_at(consumer, number)->state != SLOT_ENDED) {
        consumer->inner->operations->pause(consumer->inner, number, paused);
    }
}

static int64_t slot_end(const struct consumer *base, uint32_t number)
{
    const struct replay_consumer *consumer = (const struct replay_consumer *)base;
    return consumer->inner->operations->end(consumer->inner, number);
}

static void commit(struct consumer *base, const struct consumer_offset offsets[], size_t count)
{
    struct replay_consumer *consumer = replay_consumer(base);
    consumer->inner->operations->commit(consumer->inner, offsets, count);
}

static bool commit_now(struct consumer *base, const struct consumer_offset offsets[], size_t count,
                       struct error *error)
{
    struct replay_consumer *consumer = replay_consumer(base);
    return consumer->inner->operations->commit_now(consumer->inner, offsets, count, error);
}

static void release(struct consumer *base)
{
    struct replay_consumer *consumer = replay_consumer(base);
    consumer->inner->operations->release(consumer->inner);
}

static size_t route_of(const struct consumer *base, struct slice topic)
{
    const struct replay_consumer *consumer = (const struct replay_consumer *)base;
    size_t route = 0;
    bool found = replay_route(consumer->replay, topic, &route);
    assert(found);
    (void)found;
    return route;
}

static int wake_fd(const struct consumer *base)
{
    const struct consumer *inner = ((const struct replay_consumer *)base)->inner;
    return inner->operations->fd(inner);
}

static void free_consumer(struct consumer *base)
{
    struct replay_consumer *consumer = replay_consumer(base);
    consumer->inner->operations->free(consumer->inner);
    arena_done(&consumer->arena);
    free(consumer->parts);
    free(consumer->slots);
    free(consumer);
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

struct consumer *replay_consumer_new(struct consumer *inner, struct replay *replay,
                                     const struct replay_part parts[], size_t part_count)
{
    struct replay_consumer *consumer = memory_new(1, sizeof *consumer);
    consumer->consumer.operations = &operations;
    consumer->inner = inner;
    consumer->replay = replay;
    consumer->parts = memory_new(part_count + 1, sizeof *consumer->parts);
    for (size_t i = 0; i < part_count; i++) {
        consumer->parts[i] = parts[i];
    }
    consumer->part_count = part_count;
    arena_init(&consumer->arena, 0);
    return &consumer->consumer;
}

struct replay_progress replay_consumer_progress(const struct consumer *consumer)
{
    const struct replay_consumer *own = (const struct replay_consumer *)consumer;
    struct replay_progress progress = {0};
    size_t held = 0;
    size_t reading = 0;
    for (size_t i = 0; i < own->slot_count; i++) {
        const struct slot *slot = &own->slots[i];
        if (slot->state != SLOT_FREE && slot->part.begin < slot->part.end) {
            progress.all += (uint64_t)(slot->part.end - slot->part.begin);
            progress.read += (uint64_t)(slot->position - slot->part.begin);
        }
        held += slot->state != SLOT_FREE;
        reading += slot->state == SLOT_READING;
        progress.blocked += slot->state == SLOT_BLOCKED;
    }
    progress.given = own->given;
    progress.over = held > 0 && reading == 0 && own->given == 0;
    return progress;
}
