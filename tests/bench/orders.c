/* bench_orders: fills a topic with orders as a shop writes them, about 1.9 kB each, no two alike.
 *
 *   bench_orders BROKERS TOPIC PARTITIONS COUNT
 *
 * Prints {"orders":COUNT,"bytes":B}: B is their size without Kafka's framing. The messages are compressed with
 * lz4 in batches of some hundred, as producers do. */
#include "order.h"
#include "program.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FLUSH_MS 60000
#define TIME_SIZE sizeof "2026-01-01T00:00:00Z"

static size_t undelivered;

static void delivered(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
    (void)kafka;
    (void)context;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("not produced: %s", rd_kafka_err2str(message->err));
    }
    undelivered--;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fail("%s", error);
    }
}

static rd_kafka_t *producer(const char *brokers)
{
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "compression.type", "lz4");
    set(conf, "linger.ms", "50");
    set(conf, "batch.num.messages", "300");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (kafka == NULL) {
        fail("%s", error);
    }
    return kafka;
}

static void produce(rd_kafka_t *kafka, const char *topic, int32_t partition, char *order,
                    size_t size)
{
    rd_kafka_resp_err_t error;
    do {
        error = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                  RD_KAFKA_V_VALUE(order, size), RD_KAFKA_V_END);
        rd_kafka_poll(kafka, error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", topic, rd_kafka_err2str(error));
    }
    undelivered++;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fail("usage: bench_orders BROKERS TOPIC PARTITIONS COUNT");
    }
    rd_kafka_t *kafka = producer(argv[1]);
    long partitions = number_of(argv[3], 1);
    long count = number_of(argv[4], 1);
    static char order[ORDER_MAX];
    char text[TIME_SIZE];
    time_t now = time(NULL);
    uint64_t bytes = 0;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    for (long i = 0; i < count; i++) {
        size_t size = order_write(order, i, text);
        produce(kafka, argv[2], (int32_t)(i % partitions), order, size);
        bytes += size;
    }
    rd_kafka_flush(kafka, FLUSH_MS);
    if (undelivered > 0) {
        fail("%zu orders were not acknowledged", undelivered);
    }
    rd_kafka_destroy(kafka);
    printf("{\"orders\":%ld,\"bytes\":%" PRIu64 "}\n", count, bytes);
    return 0;
}
