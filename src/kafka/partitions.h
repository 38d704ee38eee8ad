/* partitions: which partitions this member has, by slot.
 *
 * Private to the room. A slot is a small number, given out again once its partition is gone and the
 * pipeline has said so. What a partition goes through:
 *
 *     held ──► leaving ──► free        given back: revoked, drained by the pipeline, released
 *     held ──► gone ──► free           taken away: the pipeline hears of it and releases
 *     leaving ──► gone ──► free        taken away before it was given back
 *
 * While one of a partition's slots waits to be released, another may already hold it anew. */
#ifndef KAFKA_PARTITIONS_H
#define KAFKA_PARTITIONS_H

#include "kafka/consumer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum partition_state {
    PARTITION_FREE,    /* the slot is nobody's */
    PARTITION_HELD,    /* its messages are given to the pipeline */
    PARTITION_LEAVING, /* still ours to commit, but no more messages */
    PARTITION_GONE     /* no longer ours: nothing of it can be committed */
};

struct partition {
    enum partition_state state;
    const char *topic; /* as long as the table lives */
    size_t topic_size;
    int32_t number;
    size_t route;
    int64_t committed;   /* by the group before it was assigned; -1: nothing, or it is not known */
    char *metadata;      /* of that commit, or NULL; owned by the slot */
    int64_t end;         /* as the brokers told last; -1: not yet */
    int64_t next_offset; /* no message below it belongs to this slot; -1: any may */
    bool blocked;   /* what comes next of it cannot be read: it gives nothing until assigned anew */
    bool ended;     /* its end was told since it was assigned */
    bool paused;    /* by the pipeline */
    bool announced; /* the pipeline was told that it has to go, and will answer */
    uint32_t next;  /* of the same hash */
};

#define PARTITIONS_NONE UINT32_MAX

struct partitions;

/* NULL when an expression cannot be used, or a topic stands in the subscriptions twice. */
struct partitions *partitions_new(const struct consumer_subscription subscriptions[], size_t count,
                                  struct error *error);
void partitions_free(struct partitions *partitions);

/* Which subscription a topic belongs to: by its name before by expression, in their order. False
 * when it is of none. */
__attribute__((warn_unused_result)) bool partitions_match(const struct partitions *partitions,
                                                          const char *topic, size_t *ret_route);
__attribute__((warn_unused_result)) bool partitions_route(const struct partitions *partitions,
                                                          const char *topic, size_t *ret_route);

/* The names and expressions to subscribe to, by index; NULL past the last. */
const char *partitions_pattern(const struct partitions *partitions, size_t index);

/* What the group has committed of the slot's partition, which begins there. The text is copied. */
void partitions_set_committed(struct partitions *partitions, uint32_t slot, int64_t offset,
                              struct slice metadata);

/* A free slot for a partition that is held from now on. It must not be held or leaving. */
uint32_t partitions_add(struct partitions *partitions, const char *topic, int32_t number,
                        size_t route);

/* The slot that holds the partition or gives it back; PARTITIONS_NONE when there is none. */
uint32_t partitions_find(const struct partitions *partitions, const char *topic, int32_t number);

/* Leaving, gone, free: the only way to a state other than held. */
void partitions_set(struct partitions *partitions, uint32_t slot, enum partition_state state);

/* Valid until the next partitions_add(). Slots are 0 … partitions_count() - 1, free ones among
 * them. */
struct partition *partitions_at(const struct partitions *partitions, uint32_t slot);
uint32_t partitions_count(const struct partitions *partitions);

/* As an event names it. */
struct consumer_partition partitions_public(const struct partitions *partitions, uint32_t slot);

/* Several, as an event names them. All-zero is an empty list. */
struct partition_list {
    struct consumer_partition *items;
    size_t count;
};

void partition_list_add(struct partition_list *list, const struct partitions *partitions,
                        uint32_t slot);
void partition_list_done(struct partition_list *list);

#endif
