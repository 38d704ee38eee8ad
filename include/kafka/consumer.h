/* consumer: where messages come from: an interface, with librdkafka behind it, or a script in
 * tests.
 *
 * A member of a consumer group. Events (assignments, errors, commits) and messages come apart, so
 * that events are served every turn while messages are left where they are when there is no room.
 * One thread. Assigned partitions are named by slots: small numbers,
 * unique among the present assignment, that a later assignment may use again. */
#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

#include "base/error.h"
#include "base/slice.h"
#include "mapping/message.h"

#include <stdint.h>

struct consumer_partition {
    uint32_t slot;
    const char *topic; /* as long as the consumer lives */
    int32_t partition;
    size_t route; /* index of the subscription that the topic belongs to */
    /* ASSIGNED: what the group has committed of it, -1 for nothing, and with which text. */
    int64_t committed;
    struct slice metadata;
    uint64_t deleted; /* ERROR: as in a message */
};

struct letter_items;

struct consumer_message {
    struct message
        message;    /* of a dead letter that is replayed: with the place of its first reading */
    int64_t offset; /* where it stands in the slot's partition */
    uint32_t slot;
    size_t route;
    /* So many offsets before this one were deleted, by retention or by hand, after the group's committed offset
     * or the message before it, and before they were read: the messages there are lost. */
    uint64_t deleted;
    /* Of a dead letter that is replayed, the items of for_each that alone are to be delivered; NULL: all. */
    const struct letter_items *items;
    bool end; /* no message: all below `offset` has been given out that ever will be. It says so
                 where something stands there that is no message, and once after an assignment */
};

struct consumer_offset {
    uint32_t slot;
    int64_t offset; /* of the next message to read */
    struct slice
        metadata; /* ASCII, without NUL; the next owner of the partition finds it. May be empty */
};

enum consumer_event_kind {
    CONSUMER_ASSIGNED,  /* `partitions` were added; their messages come from now on */
    CONSUMER_REVOKED,   /* `partitions` are to be given back: finish, commit, then call release() */
    CONSUMER_LOST,      /* the same, but they are gone already: nothing of them can be committed */
    CONSUMER_COMMITTED, /* the commit in flight ended: `failed` with `text`, or not */
    CONSUMER_ERROR,  /* `text`: something that librdkafka gets over by itself, or a log line of its
                           own; with one of `partitions`: that one is blocked, see below */
    CONSUMER_NOTICE, /* `text`: something unusual that is over */
    CONSUMER_LOG, /* `text`: a line of librdkafka's that tells no trouble: what its property `debug` asks for */
    CONSUMER_FATAL, /* `text`: this member can go on no more, only free() is left */
    CONSUMER_FENCED /* the same, because another process has its group.instance.id */
};

struct consumer_event {
    enum consumer_event_kind kind;
    const struct consumer_partition *partitions; /* valid until the next event */
    size_t partition_count;
    bool failed;
    const char *code;  /* librdkafka's name of it ("_ALL_BROKERS_DOWN"); valid like `partitions` */
    struct error text; /* without secrets or anything personal */
};

/* A partition is blocked when its next message cannot be read (damaged, of an unknown format), or
 * when there is no offset to begin at (auto.offset.reset: error). librdkafka would go on behind
 * what it cannot read; here nothing more is delivered of that partition until it is assigned anew,
 * because the next message's offset would pass what was never delivered.
 *
 * Offsets of a slot only rise, from the committed one on. Where those of a partition fall, because its topic was
 * made anew or lost its end with a broker, a NOTICE says so, and it is LOST and then ASSIGNED with another slot. */

/* A coordinator that moved to another broker took 5.9 s. */
#define CONSUMER_COMMIT_NOW_MS 10000

struct consumer;

struct consumer_operations {
    /* The next event; false when there is none. Must be called every turn, until it is false, and
     * at least every second. While a REVOKED or LOST is not released, no other event with
     * partitions comes. */
    bool (*event)(struct consumer *consumer, struct consumer_event *ret_event);

    /* Up to `max` messages, in the order of each partition. They are valid until discard(), which
     * must come before the next fetch. Only after 0 is the fd written when there are some again:
     * after any other number there may be more. */
    size_t (*fetch)(struct consumer *consumer, struct consumer_message *ret_messages, size_t max);
    void (*discard)(struct consumer *consumer);

    /* Whether fetch() shall leave the slot's messages where they are; those of others go on. To be
     * called when all that was given out is discarded. It costs librdkafka what it has fetched ahead
     * of the partition, and up to a second until it has it again: for exceptions. */
    void (*pause)(struct consumer *consumer, uint32_t slot, bool paused);

    /* Which route messages of the topic take, of which some have been given out. */
    size_t (*route)(const struct consumer *consumer, struct slice topic);

    /* Where the slot's partition ends, for whoever watches the lag: behind the last message that can be
     * read, as the brokers said in the last seconds; -1: they have not yet. */
    int64_t (*end)(const struct consumer *consumer, uint32_t slot);

    /* Commits: asynchronously, ending in CONSUMER_COMMITTED, with one at most in flight; or at
     * once, as before a release and at the end, which blocks until the group's coordinator has
     * answered (it may be moving to another broker), CONSUMER_COMMIT_NOW_MS at most. Offsets of a partition that was
     * taken away meanwhile are left out. A commit of which any offset was refused has failed. When
     * the brokers find metadata too long, that is such a failure, and commits go without it from
     * then on. */
    void (*commit)(struct consumer *consumer, const struct consumer_offset offsets[], size_t count);
    bool (*commit_now)(struct consumer *consumer, const struct consumer_offset offsets[],
                       size_t count, struct error *error);

    /* Answers REVOKED or LOST: the partitions of that event are given up, and their slots are
     * free. */
    void (*release)(struct consumer *consumer);

    /* Readable when an event or a message may be there. */
    int (*fd)(const struct consumer *consumer);

    /* Leaves the group (without committing anything), frees. */
    void (*free)(struct consumer *consumer);
};

struct consumer {
    const struct consumer_operations *operations;
};

struct consumer_property {
    const char *name;
    const char *value;
};

/* Topics that go one way: names, or ^regular expressions. */
struct consumer_subscription {
    const char *const *topics;
    size_t topic_count;
};

/* By librdkafka. Properties are its own, by their names; those that this module sets are refused.
 * `wake_fd` is the eventfd (non-blocking) written when something may be there; it stays the
 * caller's. A topic in two subscriptions is refused; one that two expressions match goes the first
 * one's way. NULL on failure. */
struct consumer *consumer_new(const struct consumer_property properties[], size_t property_count,
                              const struct consumer_subscription subscriptions[],
                              size_t subscription_count, int wake_fd, struct error *error);

/* Where to begin in the partitions of a topic, by their numbers, instead of where auto.offset.reset
 * says: in those of which the group is known to have committed nothing. Before the first event();
 * copied. Only for what consumer_new() has made. */
void consumer_start_at(struct consumer *consumer, const char *topic, const int64_t offsets[],
                       size_t count);

/* Whether a user may set this property to this value: known to librdkafka, of the right type, and
 * not one that would break the promise (enable.auto.commit …). If not, `error` says which and why,
 * never showing the value, and `ret_hint` what to do, or the nearest known name; its text is empty
 * when there is no hint. */
__attribute__((warn_unused_result)) bool consumer_property_check(const char *name,
                                                                 const char *value,
                                                                 struct error *error,
                                                                 struct error *ret_hint);

/* Whether librdkafka takes the properties together, each of which has been checked: those that exclude each
 * other, or lack another, and files that cannot be read. Connects to nothing. */
__attribute__((warn_unused_result)) bool
consumer_properties_check(const struct consumer_property properties[], size_t count,
                          struct error *error);

#endif
