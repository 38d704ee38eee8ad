#include "support/mock_kafka.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
