/* catalogue: which topics there are, and which sample orders stand in which of their partitions.
 *
 * The order at `index` of a topic stands in partition index % partitions at offset index / partitions. Knows
 * everything from the start, since any order can be written again. Does not change once planned, and may then
 * be used by several threads. */
#ifndef SANDBOX_CATALOGUE_H
#define SANDBOX_CATALOGUE_H

#include "orders.h"

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATALOGUE_TOPICS_MAX 64
#define CATALOGUE_PARTITIONS_MAX 1000 /* of a topic */
#define CATALOGUE_ORDERS_MAX 10000000

/* What librdkafka's mock cluster keeps of a partition before it drops the oldest messages is 5 MiB, the
 * framing included; a little less leaves room for the frames of batches. */
#define CATALOGUE_PARTITION_BYTES ((uint64_t)5 * 1024 * 1024 * 95 / 100)
#define CATALOGUE_MESSAGE_FRAME 32

struct catalogue_topic {
    char name[250];
    uint32_t partitions;
    bool has_orders;
    enum shop shop; /* if it has orders */
    uint64_t count; /* of orders */
    struct order_counts counts;
};

/* All-zero is valid and empty. */
struct catalogue {
    struct season season;
    size_t size; /* to which orders are padded, in bytes; 0: not at all */
    struct catalogue_topic topics[CATALOGUE_TOPICS_MAX];
    size_t topic_count;
};

/* Adds an empty topic; false when the name is none for Kafka, or is there already, or there are too many
 * partitions or topics. */
__attribute__((warn_unused_result)) bool catalogue_add(struct catalogue *catalogue,
                                                       struct slice name, uint32_t partitions,
                                                       struct error *error);

/* Makes the topic that was added last one of a shop's orders. */
void catalogue_sell(struct catalogue *catalogue, enum shop shop);

/* Shares `orders` between the topics that have orders, by their partitions, and counts their outcomes. */
void catalogue_plan(struct catalogue *catalogue, uint64_t orders, uint64_t seed, int64_t now_ms);

/* Of all topics. */
size_t catalogue_partitions(const struct catalogue *catalogue);

/* Whether every partition's orders are as few as the mock cluster keeps. */
__attribute__((warn_unused_result)) bool catalogue_fits(const struct catalogue *catalogue,
                                                        struct error *error);

/* Writes the order at `index` of a topic, as order_write() does. */
void catalogue_write(const struct catalogue *catalogue, size_t topic, uint64_t index,
                     struct buffer *message, struct order *ret_order);

/* The order that becomes this transaction, written as {"topic","partition","offset","key","order"}. */
__attribute__((warn_unused_result)) bool catalogue_write_order(const struct catalogue *catalogue,
                                                               struct slice transaction_id,
                                                               struct buffer *buffer);

/* What must become of all orders: {"TOPIC":{"produced":…,"conversions":…,…},…}. */
void catalogue_write_counts(const struct catalogue *catalogue, struct buffer *buffer);

#endif
