/* committer: commits offsets, one commit at a time.
 *
 * Private to the room. Of several under way the oldest may be applied last, as librdkafka sends
 * them again after a change of the coordinator: so a commit waits for the one before it, also one
 * whose answer was not waited for to the end.
 *
 * An offset whose metadata is longer than the brokers allow is not committed (others of the same
 * commit are). Ours is shorter than what they allow by default; where they allow less, that
 * commit fails, and the next ones go without. */
#ifndef KAFKA_COMMITTER_H
#define KAFKA_COMMITTER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct committer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *answers;
    rd_kafka_topic_partition_list_t *postponed; /* goes when the commit under way has its answer */
    bool plain; /* the brokers found metadata too long: no more of it is sent */
    bool under_way;
    bool awaited;  /* what is under way was given to committer_start() */
    bool answered; /* and has ended as `answer` says: not yet taken by committer_reap() */
    rd_kafka_resp_err_t answer;
};

/* `wake_fd` is written when an answer may be there. */
void committer_init(struct committer *committer, rd_kafka_t *rk, int wake_fd);
/* Before rd_kafka_destroy(). True when one was started that will not be reaped any more. */
bool committer_done(struct committer *committer);

/* Both take over the list, which may be empty (that fails: nothing is left to commit). Of those
 * started, one at most at a time; it ends with committer_reap(). */
void committer_start(struct committer *committer, rd_kafka_topic_partition_list_t *list);
rd_kafka_resp_err_t committer_now(struct committer *committer,
                                  rd_kafka_topic_partition_list_t *list);

/* Whether the one that was started has ended; `ret_err` says how. Never waits. */
bool committer_reap(struct committer *committer, rd_kafka_resp_err_t *ret_err);

#endif
