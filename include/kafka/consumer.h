/* consumer: where messages come from: an interface, with librdkafka behind it, or a script in tests.
 *
 * A member of a consumer group. Events (assignments, errors, commits) and messages come apart, so that
 * events are served every turn while messages are left where they are when there is no room: no
 * partition is ever paused. One thread. Assigned partitions are named by slots: small numbers, unique among
 * the present assignment, that a later assignment may use again. */
#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

#include "base/error.h"
#include "base/slice.h"
#include "mapping/message.h"

#include <stdint.h>

struct consumer_partition {
    uint32_t slot;
    const char *topic;
    int32_t partition;
    size_t route; /* index of the subscription that the topic belongs to */
};

struct consumer_message {
    struct message message;
    uint32_t slot;
    size_t route;
};

struct consumer_offset {
    uint32_t slot;
    int64_t offset; /* of the next message to read */
};

enum consumer_event_kind {
    CONSUMER_ASSIGNED,  /* `partitions` were added; their messages come from now on */
    CONSUMER_REVOKED,   /* `partitions` are to be given back: finish, commit, then call release() */
    CONSUMER_LOST,      /* the same, but they are gone already: nothing of them can be committed */
    CONSUMER_COMMITTED, /* the commit in flight ended: `failed` with `text`, or not */
    CONSUMER_ERROR,     /* `text`: something that librdkafka gets over by itself, or a log line of its own */
    CONSUMER_FATAL      /* `text`: this member can go on no more */
};

struct consumer_event {
    enum consumer_event_kind kind;
    const struct consumer_partition *partitions; /* valid until the next event */
    size_t partition_count;
    bool failed;
    const char *code;  /* ERROR, FATAL: librdkafka's name of it ("_ALL_BROKERS_DOWN"); never NULL */
    struct error text; /* without secrets or anything personal */
};

struct consumer;

struct consumer_operations {
    /* The next event; false when there is none. Must be called every turn and at least every second. */
    bool (*event)(struct consumer *consumer, struct consumer_event *ret_event);

    /* Up to `max` messages, in the order of each partition. They are valid until discard(). */
    size_t (*fetch)(struct consumer *consumer, struct consumer_message *ret_messages, size_t max);
    void (*discard)(struct consumer *consumer);

    /* Commits: asynchronously, ending in CONSUMER_COMMITTED, with one at most in flight; or at once, as
     * before a release and at the end. */
    void (*commit)(struct consumer *consumer, const struct consumer_offset offsets[], size_t count);
    bool (*commit_now)(struct consumer *consumer, const struct consumer_offset offsets[],
                       size_t count, struct error *error);

    /* Answers REVOKED or LOST: the partitions of that event are given up. */
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

/* By librdkafka. Properties are its own, by their names; those that this module sets itself are refused.
 * `wake_fd` is the eventfd written when something may be there; it stays the caller's. NULL on failure. */
struct consumer *consumer_new(const struct consumer_property properties[], size_t property_count,
                              const struct consumer_subscription subscriptions[],
                              size_t subscription_count, int wake_fd, struct error *error);

/* Whether a user may set this property to this value: known to librdkafka, of the right type, and not one
 * that would break the promise (enable.auto.commit …); `error` says which and why, `ret_hint` what to do
 * or the nearest known name (static or owned by `error`), or NULL. */
__attribute__((warn_unused_result)) bool consumer_property_check(const char *name, const char *value,
                                                                 struct error *error,
                                                                 struct error *ret_hint);

#endif
