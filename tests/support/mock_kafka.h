/* mock_kafka: librdkafka's mock cluster for the tests of the room kafka, with a producer to fill
 * topics and look-ups of what the group has committed. No broker waits longer than it must. */
#ifndef SUPPORT_MOCK_KAFKA_H
#define SUPPORT_MOCK_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mock_kafka {
    rd_kafka_t *rk; /* a producer, which also carries the cluster */
    rd_kafka_mock_cluster_t *cluster;
    const char *bootstrap;
};

void mock_kafka_start(struct mock_kafka *kafka);
void mock_kafka_stop(struct mock_kafka *kafka);

void mock_kafka_topic(struct mock_kafka *kafka, const char *topic, int partitions);

/* Writes `count` messages "value-N" to the partition, N counting on from `first`, and waits until
 * they are there. */
void mock_kafka_produce(struct mock_kafka *kafka, const char *topic, int32_t partition, int first,
                        int count);

/* Writes `count` messages of 900,000 bytes, each in a batch of its own: the cluster keeps the last 5 of
 * them, and deletes what stands before. */
void mock_kafka_produce_large(struct mock_kafka *kafka, const char *topic, int32_t partition,
                              int count);

enum mock_kafka_damage {
    MOCK_KAFKA_CHECKSUM, /* of its batch: wrong */
    MOCK_KAFKA_FORMAT    /* of its batch: one that does not exist */
};

/* Writes two messages that are read together: "before", and one that cannot be read. `offset` is
 * that of the first, the partition's next. */
void mock_kafka_produce_damaged(struct mock_kafka *kafka, const char *topic, int32_t partition,
                                int64_t offset, enum mock_kafka_damage damage);

/* The group's committed offset, or RD_KAFKA_OFFSET_INVALID. */
int64_t mock_kafka_committed(struct mock_kafka *kafka, const char *group, const char *topic,
                             int32_t partition);

/* Milliseconds on the monotonic clock, for loops that end at a deadline. */
int64_t mock_kafka_now_ms(void);

#endif
