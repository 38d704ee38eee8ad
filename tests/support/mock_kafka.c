#include "support/mock_kafka.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t mock_kafka_now_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)line;
}

void mock_kafka_start(struct mock_kafka *kafka)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, ignore_log);
    kafka->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert(kafka->rk != NULL);
    kafka->cluster = rd_kafka_mock_cluster_new(kafka->rk, 1);
    assert(kafka->cluster != NULL);
    rd_kafka_mock_group_initial_rebalance_delay_ms(kafka->cluster, 0);
    kafka->bootstrap = rd_kafka_mock_cluster_bootstraps(kafka->cluster);
    int brokers = rd_kafka_brokers_add(kafka->rk, kafka->bootstrap);
    assert(brokers == 1);
}

void mock_kafka_stop(struct mock_kafka *kafka)
{
    rd_kafka_mock_cluster_destroy(kafka->cluster);
    rd_kafka_destroy(kafka->rk);
}

void mock_kafka_topic(struct mock_kafka *kafka, const char *topic, int partitions)
{
    rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(kafka->cluster, topic, partitions, 1);
    assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void mock_kafka_produce(struct mock_kafka *kafka, const char *topic, int32_t partition, int first,
                        int count)
{
    for (int i = 0; i < count; i++) {
        char value[32];
        (void)snprintf(value, sizeof value, "value-%d", first + i);
        rd_kafka_resp_err_t err =
            rd_kafka_producev(kafka->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE(value, strlen(value)),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    rd_kafka_resp_err_t err = rd_kafka_flush(kafka->rk, 10000);
    assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void mock_kafka_produce_large(struct mock_kafka *kafka, const char *topic, int32_t partition,
                              int count)
{
    static char value[900000];
    memset(value, 'x', sizeof value);
    for (int i = 0; i < count; i++) {
        rd_kafka_resp_err_t err =
            rd_kafka_producev(kafka->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE(value, sizeof value),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
        err = rd_kafka_flush(kafka->rk, 10000);
        assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
}

/* ---- a ProduceRequest by hand: no client would write a damaged batch ------------------------- */

struct request {
    unsigned char bytes[512];
    size_t size;
};

static void put_number(struct request *request, uint64_t number, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        assert(request->size < sizeof request->bytes);
        request->bytes[request->size++] = (unsigned char)(number >> (8 * (i - 1)));
    }
}

static void put_text(struct request *request, const char *text)
{
    for (; *text != '\0'; text++) {
        put_number(request, (unsigned char)*text, 1);
    }
}

/* CRC-32C, bit by bit. */
static uint32_t checksum(const unsigned char *bytes, size_t size)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82F63B78U : 0);
        }
    }
    return ~sum;
}

struct batch {
    int64_t offset;
    const char *value;
    uint8_t format;
    uint32_t records; /* as it says: there is one */
    uint32_t error;   /* in the checksum */
};

/* What the checksum is of; kafka.apache.org/documentation/#recordbatch. */
static void put_records(struct request *request, const struct batch *batch)
{
    size_t value_size = strlen(batch->value);
    put_number(request, 0, 2 + 4);      /* attributes, last offset's delta */
    put_number(request, 0, 8);          /* first timestamp */
    put_number(request, 0, 8);          /* last timestamp */
    put_number(request, UINT64_MAX, 8); /* no producer id, */
    put_number(request, UINT64_MAX, 2); /* epoch */
    put_number(request, UINT64_MAX, 4); /* and sequence */
    put_number(request, batch->records, 4);
    /* The record's numbers are zigzag: twice as large. */
    put_number(request, (6 + value_size) * 2, 1);
    put_number(request, 0, 3); /* attributes, deltas of timestamp and offset */
    put_number(request, 1, 1); /* no key: -1 */
    put_number(request, value_size * 2, 1);
    put_text(request, batch->value);
    put_number(request, 0, 1); /* headers */
}

static void put_batch(struct request *request, const struct batch *batch)
{
    struct request records = {{0}, 0};
    put_records(&records, batch);
    put_number(request, (uint64_t)batch->offset, 8);
    put_number(request, 4 + 1 + 4 + records.size, 4);
    put_number(request, 0, 4); /* leader epoch */
    put_number(request, batch->format, 1);
    put_number(request, checksum(records.bytes, records.size) ^ batch->error, 4);
    memcpy(request->bytes + request->size, records.bytes, records.size);
    request->size += records.size;
}

/* ProduceRequest, version 3. */
static void put_produce(struct request *request, const char *topic, int32_t partition,
                        const struct request *batches)
{
    put_number(request, 0, 2);          /* Produce */
    put_number(request, 3, 2);          /* version */
    put_number(request, 1, 4);          /* correlation */
    put_number(request, UINT64_MAX, 2); /* no client id */
    put_number(request, UINT64_MAX, 2); /* no transaction */
    put_number(request, 1, 2);          /* acks */
    put_number(request, 1000, 4);       /* timeout */
    put_number(request, 1, 4);          /* topics */
    put_number(request, strlen(topic), 2);
    put_text(request, topic);
    put_number(request, 1, 4); /* partitions */
    put_number(request, (uint64_t)partition, 4);
    put_number(request, batches->size, 4);
    assert(request->size + batches->size <= sizeof request->bytes);
    memcpy(request->bytes + request->size, batches->bytes, batches->size);
    request->size += batches->size;
}

static int connect_to(const char *bootstrap)
{
    const char *port = strrchr(bootstrap, ':');
    assert(port != NULL);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10)),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address);
    assert(result == 0);
    return fd;
}

/* The broker looks at the first batch only: it takes both for one. */
void mock_kafka_produce_damaged(struct mock_kafka *kafka, const char *topic, int32_t partition,
                                int64_t offset, enum mock_kafka_damage damage)
{
    struct request batches = {{0}, 0};
    struct request request = {{0}, 0};
    struct request length = {{0}, 0};
    bool format = damage == MOCK_KAFKA_FORMAT;
    put_batch(&batches, &(struct batch){offset, "before", 2, 2, 0});
    put_batch(&batches, &(struct batch){offset + 1, "damaged", format ? 3 : 2, 1, format ? 0 : 1});
    put_produce(&request, topic, partition, &batches);
    put_number(&length, request.size, 4);

    int fd = connect_to(kafka->bootstrap);
    ssize_t written = write(fd, length.bytes, length.size);
    written += write(fd, request.bytes, request.size);
    assert(written == (ssize_t)(length.size + request.size));
    unsigned char answer[64];
    ssize_t got = read(fd, answer, sizeof answer); /* it is written then */
    assert(got > 0);
    (void)close(fd);
}

/* By a client of its own, which joins no group. */
int64_t mock_kafka_committed(struct mock_kafka *kafka, const char *group, const char *topic,
                             int32_t partition)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, ignore_log);
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", kafka->bootstrap, reason, sizeof reason);
    (void)rd_kafka_conf_set(conf, "group.id", group, reason, sizeof reason);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert(rk != NULL);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t err = rd_kafka_committed(rk, list, 10000);
    assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return offset;
}
