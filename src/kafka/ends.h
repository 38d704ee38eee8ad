/* ends: where partitions end, asked of the brokers every few seconds.
 *
 * Private to the room. librdkafka knows an end from its last fetch only: of a partition that is
 * paused, or that waits for room, or was just assigned, it knows nothing new. And what it knows is
 * the high watermark, which a transaction that is open lifts above what can be read. Here it is the
 * last stable offset. One question for all partitions, one at a time; nobody waits for it. */
#ifndef KAFKA_ENDS_H
#define KAFKA_ENDS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#define ENDS_INTERVAL_MS 10000
#define ENDS_TIMEOUT_MS 5000

/* All-zero is not yet opened. */
struct ends {
    rd_kafka_t *rk;
    rd_kafka_queue_t *answers;
    bool under_way;
    int64_t due_ms; /* monotonic: when it may be asked again */
};

void ends_init(struct ends *ends, rd_kafka_t *rk);
/* Before rd_kafka_destroy(). */
void ends_done(struct ends *ends);

/* Other partitions have been assigned: it is asked as soon as it can be. */
void ends_hurry(struct ends *ends);

bool ends_is_due(const struct ends *ends, int64_t now_ms);

/* Asks for the ends of these partitions; it must be due. */
void ends_ask(struct ends *ends, const rd_kafka_topic_partition_list_t *partitions, int64_t now_ms);

/* The answer, to be destroyed; NULL when there is none now. The fields of a partition are those of
 * rd_kafka_ListOffsets_result_infos(). */
rd_kafka_event_t *ends_reap(struct ends *ends);

#endif
