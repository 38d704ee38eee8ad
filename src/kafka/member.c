#include "member.h"

#include "base/clock.h"

#include <stddef.h>
#include <string.h>

/* How often it is seen whether the group knows the member, and how long it may not. */
#define CHECK_MS 1000
#define PATIENCE_MS 5000

/* How long an assignment may be held up by the question of what is committed. */
#define COMMITTED_MS 1000

static void connect_queues(struct member *member, int wake_fd)
{
    static const uint64_t one = 1; /* what an eventfd wants to be written */
    (void)rd_kafka_poll_set_consumer(member->rk);
    (void)rd_kafka_set_log_queue(member->rk, NULL);
    member->events = rd_kafka_queue_get_consumer(member->rk);
    member->messages = rd_kafka_queue_new(member->rk);
    rd_kafka_queue_io_event_enable(member->events, wake_fd, &one, sizeof one);
    rd_kafka_queue_io_event_enable(member->messages, wake_fd, &one, sizeof one);
    committer_init(&member->committer, member->rk, wake_fd);
    ends_init(&member->ends, member->rk);
}

bool member_open(struct member *member, rd_kafka_conf_t *conf,
                 const rd_kafka_topic_partition_list_t *topics, int wake_fd, struct error *error)
{
    char reason[ERROR_SIZE];
    *member = (struct member){
        .rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason),
    };
    if (member->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "%s", reason);
        return false;
    }
    connect_queues(member, wake_fd);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(member->rk, topics);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "the topics cannot be subscribed to: %s", rd_kafka_err2str(err));
        (void)member_close(member);
        return false;
    }
    return true;
}

/* librdkafka wants its close first, then its queues, then its handle. */
bool member_close(struct member *member)
{
    if (member->rk == NULL) {
        return false;
    }
    (void)rd_kafka_consumer_close(member->rk);
    bool unreaped = committer_done(&member->committer);
    ends_done(&member->ends);
    rd_kafka_queue_destroy(member->events);
    rd_kafka_queue_destroy(member->messages);
    rd_kafka_destroy(member->rk);
    *member = (struct member){.rk = NULL};
    return unreaped;
}

void member_begin_rebalance(struct member *member)
{
    const char *protocol = rd_kafka_rebalance_protocol(member->rk);
    if (protocol != NULL) { /* as it is while the group ends */
        member->cooperative = strcmp(protocol, "COOPERATIVE") == 0;
    }
}

/* To be done at every assignment: once an application has forwarded a queue, librdkafka leaves the
 * matter to it, and yet ends the forwarding with each assignment. */
static void forward(const struct member *member, const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(
            member->rk, partitions->elems[i].topic, partitions->elems[i].partition);
        if (queue != NULL) {
            rd_kafka_queue_forward(queue, member->messages);
            rd_kafka_queue_destroy(queue);
        }
    }
}

static rd_kafka_error_t *assign_all(const struct member *member,
                                    const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_resp_err_t err = rd_kafka_assign(member->rk, partitions);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL
                                             : rd_kafka_error_new(err, "%s", rd_kafka_err2str(err));
}

/* Forwarded before, so that no message goes another way first, and after, as the end of an earlier
 * assignment of the partition may have ended the forwarding in between. */
rd_kafka_error_t *member_assign(struct member *member,
                                const rd_kafka_topic_partition_list_t *partitions)
{
    forward(member, partitions);
    rd_kafka_error_t *error = member->cooperative
                                  ? rd_kafka_incremental_assign(member->rk, partitions)
                                  : assign_all(member, partitions);
    forward(member, partitions);
    return error;
}

rd_kafka_error_t *member_unassign(struct member *member,
                                  const rd_kafka_topic_partition_list_t *partitions)
{
    return member->cooperative ? rd_kafka_incremental_unassign(member->rk, partitions)
                               : assign_all(member, NULL);
}

rd_kafka_resp_err_t member_committed(const struct member *member,
                                     rd_kafka_topic_partition_list_t *partitions)
{
    return rd_kafka_committed(member->rk, partitions, COMMITTED_MS);
}

/* Fails only for a partition that it does not know, of which no message comes either. */
void member_pause(const struct member *member, const char *topic, int32_t partition, bool paused)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, topic, partition);
    (void)(paused ? rd_kafka_pause_partitions(member->rk, list)
                  : rd_kafka_resume_partitions(member->rk, list));
    rd_kafka_topic_partition_list_destroy(list);
}

static bool is_unknown(const struct member *member)
{
    char *id = rd_kafka_memberid(member->rk);
    bool unknown = id == NULL || id[0] == '\0';
    rd_kafka_mem_free(member->rk, id);
    return unknown;
}

/* A member that the group does not know has lost its partitions, and is told so at once: one that
 * goes on holding them is stuck. */
bool member_is_stuck(struct member *member, bool settled)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    if (member->stuck || clock.monotonic_ms - member->checked_ms < CHECK_MS) {
        return member->stuck;
    }
    member->checked_ms = clock.monotonic_ms;
    if (!settled || !is_unknown(member)) {
        member->unknown_since_ms = 0;
    } else if (member->unknown_since_ms == 0) {
        member->unknown_since_ms = clock.monotonic_ms;
    }
    member->stuck = member->unknown_since_ms != 0 &&
                    clock.monotonic_ms - member->unknown_since_ms >= PATIENCE_MS;
    return member->stuck;
}
