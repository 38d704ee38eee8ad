/* mock_kafka: a Kafka cluster within this process, filled with the orders of a catalogue.
 *
 * It is librdkafka's mock cluster, which other processes reach on 127.0.0.1 at a port that it chooses. What it
 * keeps of a partition is bounded (see catalogue.h). Without a group all orders are produced at once; with
 * one, a thread produces as the group commits, and never more than the cluster keeps. */
#ifndef SANDBOX_MOCK_KAFKA_H
#define SANDBOX_MOCK_KAFKA_H

#include "catalogue.h"

#include "base/buffer.h"
#include "base/error.h"

#define MOCK_KAFKA_DEAD_LETTER "orders.rokt-dead-letter"

struct mock_kafka;

/* Starts the cluster and creates the catalogue's topics, of which the last must be MOCK_KAFKA_DEAD_LETTER and
 * which must live as long. `group` may be NULL. NULL
 * when it fails. */
__attribute__((warn_unused_result)) struct mock_kafka *
mock_kafka_new(const struct catalogue *catalogue, const char *group, struct error *error);

/* "127.0.0.1:45678"; lives as long as the cluster. */
const char *mock_kafka_bootstrap(const struct mock_kafka *kafka);

/* Produces the orders: all of them before it returns, or, with a group, from then on. */
__attribute__((warn_unused_result)) bool mock_kafka_fill(struct mock_kafka *kafka,
                                                         struct error *error);

/* Whether producing as the group commits has failed; it raises SIGTERM when it does. False for
 * NULL. */
bool mock_kafka_failed(struct mock_kafka *kafka, struct error *ret_error);

/* Ends of all partitions beside what the group has committed, and the number of dead letters:
 * {"group","feeding","topics":{"TOPIC":{"partitions":[{"partition","low","end","committed"}]}},"lag",
 * "dead_letters"}. The dead-letter topic is not among the topics.
 * `group` NULL: the one given at the start, if any. */
__attribute__((warn_unused_result)) bool mock_kafka_write_offsets(struct mock_kafka *kafka,
                                                                  const char *group,
                                                                  struct buffer *buffer,
                                                                  struct error *error);

/* The order that becomes this transaction; see catalogue_write_order(). */
__attribute__((warn_unused_result)) bool mock_kafka_write_order(const struct mock_kafka *kafka,
                                                                struct slice transaction_id,
                                                                struct buffer *buffer);

/* Stops producing and ends the cluster; free(NULL) is fine. */
void mock_kafka_free(struct mock_kafka *kafka);

#endif
