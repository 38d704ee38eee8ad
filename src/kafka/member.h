/* member: librdkafka's handle of one member of the group, its queues, and what changes its
 * assignment.
 *
 * Private to the room. Ours is the queue of messages: the queues of all assigned partitions are
 * forwarded to it, so that messages can be left where they are while events are served. */
#ifndef KAFKA_MEMBER_H
#define KAFKA_MEMBER_H

#include "base/error.h"
#include "committer.h"
#include "ends.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* All-zero is closed. */
struct member {
    rd_kafka_t *rk;
    rd_kafka_queue_t *events; /* of the group: rebalances, errors, log lines */
    rd_kafka_queue_t *messages;
    struct committer committer;
    struct ends ends;
    bool cooperative;         /* the protocol of the last rebalance */
    bool stuck;               /* librdkafka does not get out of that again */
    int64_t checked_ms;       /* when it was last seen whether the group knows it */
    int64_t unknown_since_ms; /* 0: it does */
};

/* Joins the group; takes over `conf`. `wake_fd` is written when one of the queues is no longer
 * empty. */
__attribute__((warn_unused_result)) bool member_open(struct member *member, rd_kafka_conf_t *conf,
                                                     const rd_kafka_topic_partition_list_t *topics,
                                                     int wake_fd, struct error *error);

/* Leaves the group, which calls the rebalance callback once more. Every message must have been
 * destroyed. True when a commit was started that will not be reaped any more. Closing a closed one
 * is fine. */
bool member_close(struct member *member);

/* In the rebalance callback, before anything else: takes note of the protocol. */
void member_begin_rebalance(struct member *member);

/* NULL, or why librdkafka refused it: then it waits for the answer without end. */
rd_kafka_error_t *member_assign(struct member *member,
                                const rd_kafka_topic_partition_list_t *partitions);
rd_kafka_error_t *member_unassign(struct member *member,
                                  const rd_kafka_topic_partition_list_t *partitions);

/* What the group has committed, with its metadata, of the partitions of a list: into the list.
 * Waits for the coordinator, a second at most; it was there just now, when the partitions were
 * assigned. */
rd_kafka_resp_err_t member_committed(const struct member *member,
                                     rd_kafka_topic_partition_list_t *partitions);

/* Whether librdkafka leaves the partition's messages with the broker. It remembers that beyond the end of the
 * assignment: what is given up must not be paused. */
void member_pause(const struct member *member, const char *topic, int32_t partition, bool paused);

/* Whether it takes part in no rebalance any more. To be asked every turn; `settled` is whether it
 * holds partitions and no revoke waits for its answer: then the group must know it. */
bool member_is_stuck(struct member *member, bool settled);

#endif
