#include "mock_kafka.h"

#include "feed.h"
#include "group.h"

#include "base/memory.h"
#include "json/writer.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <time.h>

/* A real cluster waits 3 s for more members of a new group; here nobody wants to. */
#define REBALANCE_DELAY_MS 100
#define CALL_PAUSE_MS 2

struct mock_kafka {
    const struct catalogue *catalogue;
    const char *group; /* or NULL */
    rd_kafka_t *host;  /* what the cluster needs for its own purposes */
    rd_kafka_mock_cluster_t *cluster;
    struct feed *feed;
};

/* The cluster's thread misses the wake-up for a call that follows too closely on another, and takes it up only
 * at its next tick, a second later (seen with librdkafka 2.14.2). */
static void let_cluster_rest(void)
{
    const struct timespec pause = {.tv_nsec = CALL_PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static bool create_topics(struct mock_kafka *kafka, struct error *error)
{
    for (size_t i = 0; i < kafka->catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &kafka->catalogue->topics[i];
        let_cluster_rest();
        rd_kafka_resp_err_t result =
            rd_kafka_mock_topic_create(kafka->cluster, topic->name, (int)topic->partitions, 1);
        if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
            error_set(error, "cannot create the topic %s: %s", topic->name,
                      rd_kafka_err2str(result));
            return false;
        }
    }
    return true;
}

static bool start(struct mock_kafka *kafka, struct error *error)
{
    char text[ERROR_SIZE];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* Warnings and worse: that it knows no brokers is not worth telling, it never talks to any. */
    (void)rd_kafka_conf_set(conf, "log_level", "4", NULL, 0);
    kafka->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (kafka->host == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "cannot start Kafka: %s", text);
        return false;
    }
    kafka->cluster = rd_kafka_mock_cluster_new(kafka->host, 1);
    if (kafka->cluster == NULL) {
        error_set(error, "cannot start librdkafka's mock cluster");
        return false;
    }
    rd_kafka_mock_group_initial_rebalance_delay_ms(kafka->cluster, REBALANCE_DELAY_MS);
    return create_topics(kafka, error);
}

struct mock_kafka *mock_kafka_new(const struct catalogue *catalogue, const char *group,
                                  struct error *error)
{
    struct mock_kafka *kafka = memory_new(1, sizeof(struct mock_kafka));
    *kafka = (struct mock_kafka){.catalogue = catalogue, .group = group};
    if (!start(kafka, error)) {
        mock_kafka_free(kafka);
        return NULL;
    }
    return kafka;
}

void mock_kafka_free(struct mock_kafka *kafka)
{
    if (kafka == NULL) {
        return;
    }
    feed_stop(kafka->feed);
    if (kafka->cluster != NULL) {
        rd_kafka_mock_cluster_destroy(kafka->cluster);
    }
    if (kafka->host != NULL) {
        rd_kafka_destroy(kafka->host);
    }
    free(kafka);
}

const char *mock_kafka_bootstrap(const struct mock_kafka *kafka)
{
    return rd_kafka_mock_cluster_bootstraps(kafka->cluster);
}

bool mock_kafka_fill(struct mock_kafka *kafka, struct error *error)
{
    const char *bootstrap = mock_kafka_bootstrap(kafka);
    if (kafka->group == NULL) {
        return catalogue_fits(kafka->catalogue, error) &&
               feed_all(kafka->catalogue, bootstrap, error);
    }
    kafka->feed = feed_start(kafka->catalogue, bootstrap, kafka->group, error);
    return kafka->feed != NULL;
}

bool mock_kafka_failed(struct mock_kafka *kafka, struct error *ret_error)
{
    return kafka != NULL && feed_failed(kafka->feed, ret_error);
}

bool mock_kafka_write_order(const struct mock_kafka *kafka, struct slice transaction_id,
                            struct buffer *buffer)
{
    return catalogue_write_order(kafka->catalogue, transaction_id, buffer);
}

/* Where the partitions stand; each array has an item a partition. */
struct standing {
    int64_t *low;
    int64_t *end;
    int64_t *committed;
};

static bool read_standing(const struct mock_kafka *kafka, const char *name,
                          const struct standing *standing, struct error *error)
{
    struct group *group = group_open(mock_kafka_bootstrap(kafka), name, kafka->catalogue, error);
    if (group == NULL) {
        return false;
    }
    bool read = group_ends(group, standing->low, standing->end, error) &&
                (name == NULL || group_committed(group, standing->committed, error));
    group_close(group);
    return read;
}

static void write_partition(const struct standing *standing, size_t index, uint32_t partition,
                            struct buffer *buffer)
{
    buffer_printf(buffer,
                  "%s{\"partition\":%" PRIu32 ",\"low\":%" PRId64 ",\"end\":%" PRId64
                  ",\"committed\":",
                  partition == 0 ? "" : ",", partition, standing->low[index], standing->end[index]);
    if (standing->committed[index] < 0) {
        buffer_append(buffer, SLICE("null}"));
    } else {
        buffer_printf(buffer, "%" PRId64 "}", standing->committed[index]);
    }
}

/* What the group has yet to commit. */
static int64_t lag(const struct standing *standing, size_t index)
{
    int64_t from = standing->committed[index] > standing->low[index] ? standing->committed[index]
                                                                     : standing->low[index];
    return standing->end[index] - from;
}

/* The last topic is the one of dead letters, which is nobody's to read here. */
static void write_topics(const struct catalogue *catalogue, const struct standing *standing,
                         struct buffer *buffer)
{
    int64_t open = 0;
    size_t index = 0;
    buffer_append(buffer, SLICE("\"topics\":{"));
    for (size_t i = 0; i < catalogue->topic_count - 1; i++) {
        const struct catalogue_topic *topic = &catalogue->topics[i];
        buffer_printf(buffer, "%s\"%s\":{\"partitions\":[", i == 0 ? "" : ",", topic->name);
        for (uint32_t partition = 0; partition < topic->partitions; partition++) {
            write_partition(standing, index, partition, buffer);
            open += lag(standing, index);
            index++;
        }
        buffer_append(buffer, SLICE("]}"));
    }
    buffer_printf(buffer, "},\"lag\":%" PRId64 ",\"dead_letters\":%" PRId64 "}", open,
                  standing->end[index]);
}

static void write_standing(const struct mock_kafka *kafka, const char *name,
                           const struct standing *standing, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("{\"group\":"));
    if (name == NULL) {
        buffer_append(buffer, SLICE("null"));
    } else {
        json_write_string(buffer, slice_of(name), JSON_UTF8);
    }
    buffer_printf(buffer, ",\"feeding\":%s,", feed_is_busy(kafka->feed) ? "true" : "false");
    write_topics(kafka->catalogue, standing, buffer);
}

bool mock_kafka_write_offsets(struct mock_kafka *kafka, const char *group, struct buffer *buffer,
                              struct error *error)
{
    const char *name = group == NULL ? kafka->group : group;
    size_t count = catalogue_partitions(kafka->catalogue);
    const struct standing standing = {
        .low = memory_new(count, sizeof(int64_t)),
        .end = memory_new(count, sizeof(int64_t)),
        .committed = memory_new(count, sizeof(int64_t)),
    };
    for (size_t i = 0; i < count; i++) {
        standing.committed[i] = -1;
    }
    bool read = read_standing(kafka, name, &standing, error);
    if (read) {
        write_standing(kafka, name, &standing, buffer);
    }
    free(standing.low);
    free(standing.end);
    free(standing.committed);
    return read;
}
