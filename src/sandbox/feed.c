#include "feed.h"

#include "group.h"

#include "base/memory.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_TIMEOUT_MS 60000
#define PURGE_TIMEOUT_MS 1000
#define FULL_WAIT_MS 10
#define POLL_INTERVAL_MS 50

/* How far a partition has been filled: sizes[n] is what the messages below offset n take together. */
struct lane {
    uint64_t *sizes;
};

struct feed {
    const struct catalogue *catalogue;
    rd_kafka_t *producer;
    struct buffer message;
    atomic_uint_fast64_t lost; /* messages that the brokers did not take */
    /* Only when it follows a group: */
    struct group *group;
    struct lane *lanes; /* one a partition, in the catalogue's order */
    int64_t *committed;
    pthread_t thread;
    bool has_thread;
    atomic_bool stop;
    atomic_bool busy;
    atomic_bool failed;
    struct error error; /* valid once `failed` is set */
};

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
    struct feed *feed = context;
    (void)producer;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        atomic_fetch_add(&feed->lost, 1);
    }
}

static rd_kafka_conf_t *make_conf(struct feed *feed, const char *bootstrap, struct error *error)
{
    const char *const settings[][2] = {
        {"bootstrap.servers", bootstrap},
        {"linger.ms", "5"},
        {"message.max.bytes", "1000000"},
        {"enable.idempotence", "true"}, /* so that offsets follow the order of production */
    };
    char text[ERROR_SIZE];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text) !=
            RD_KAFKA_CONF_OK) {
            error_set(error, "%s", text);
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, feed);
    return conf;
}

static struct feed *feed_new(const struct catalogue *catalogue, const char *bootstrap,
                             struct error *error)
{
    char text[ERROR_SIZE];
    struct feed *feed = memory_new(1, sizeof(struct feed));
    feed->catalogue = catalogue;
    buffer_init(&feed->message, (size_t)2 * ORDER_SIZE_MAX);
    rd_kafka_conf_t *conf = make_conf(feed, bootstrap, error);
    if (conf != NULL) {
        feed->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
        if (feed->producer == NULL) {
            rd_kafka_conf_destroy(conf);
            error_set(error, "%s", text);
        }
    }
    if (feed->producer == NULL) {
        feed_stop(feed);
        return NULL;
    }
    return feed;
}

/* Queues a message, waiting for room in librdkafka's queue. */
static rd_kafka_resp_err_t enqueue(struct feed *feed, const char *topic, int32_t partition,
                                   struct order *order)
{
    char *key = order->shop_order.key.text;
    void *value = order->tombstone ? NULL : feed->message.data;
    size_t size = order->tombstone ? 0 : feed->message.size;
    for (;;) {
        rd_kafka_resp_err_t result = rd_kafka_producev(
            feed->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(value, size),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (result != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return result;
        }
        (void)rd_kafka_poll(feed->producer, FULL_WAIT_MS);
    }
}

/* Produces the order at `index` of a topic; `ret_size` is what it takes of its partition. */
static bool produce(struct feed *feed, size_t topic, uint64_t index, uint64_t *ret_size,
                    struct error *error)
{
    const struct catalogue_topic *where = &feed->catalogue->topics[topic];
    struct order order;
    catalogue_write(feed->catalogue, topic, index, &feed->message, &order);
    int32_t partition = (int32_t)(index % where->partitions);
    rd_kafka_resp_err_t result = enqueue(feed, where->name, partition, &order);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "cannot produce to %s: %s", where->name, rd_kafka_err2str(result));
        return false;
    }
    (void)rd_kafka_poll(feed->producer, 0);
    *ret_size = feed->message.size + strlen(order.shop_order.key.text) + CATALOGUE_MESSAGE_FRAME;
    return true;
}

static bool flush(struct feed *feed, struct error *error)
{
    rd_kafka_resp_err_t result = rd_kafka_flush(feed->producer, FLUSH_TIMEOUT_MS);
    uint64_t lost = atomic_load(&feed->lost);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR || lost > 0) {
        error_set(error, "%" PRIu64 " orders were not taken by Kafka: %s", lost,
                  rd_kafka_err2str(result));
        return false;
    }
    return true;
}

/* Calls produce() for all orders, a round over the topics at a time, as long as `room` says so. */
static bool run(struct feed *feed,
                bool (*room)(struct feed *feed, size_t topic, uint64_t index, struct error *error),
                struct error *error)
{
    const struct catalogue *catalogue = feed->catalogue;
    bool more = true;
    for (uint64_t index = 0; more; index++) {
        more = false;
        for (size_t topic = 0; topic < catalogue->topic_count; topic++) {
            if (index < catalogue->topics[topic].count) {
                more = true;
                if (!room(feed, topic, index, error)) {
                    return false;
                }
            }
        }
    }
    return flush(feed, error);
}

static bool produce_at_once(struct feed *feed, size_t topic, uint64_t index, struct error *error)
{
    uint64_t size = 0;
    return produce(feed, topic, index, &size, error);
}

/* The oldest message of every partition must still be there. */
static bool check_all_kept(const struct catalogue *catalogue, const char *bootstrap,
                           struct error *error)
{
    size_t count = catalogue_partitions(catalogue);
    struct group *group = group_open(bootstrap, NULL, catalogue, error);
    if (group == NULL) {
        return false;
    }
    int64_t *low = memory_new(count, sizeof(int64_t));
    int64_t *end = memory_new(count, sizeof(int64_t));
    bool kept = group_ends(group, low, end, error);
    for (size_t i = 0; kept && i < count; i++) {
        if (low[i] != 0) {
            error_set(error, "the mock cluster has dropped orders: produce fewer, or smaller ones");
            kept = false;
        }
    }
    free(low);
    free(end);
    group_close(group);
    return kept;
}

bool feed_all(const struct catalogue *catalogue, const char *bootstrap, struct error *error)
{
    struct feed *feed = feed_new(catalogue, bootstrap, error);
    if (feed == NULL) {
        return false;
    }
    bool done = run(feed, produce_at_once, error);
    feed_stop(feed);
    return done && check_all_kept(catalogue, bootstrap, error);
}

/* What the catalogue's topics before `topic` have of partitions, plus the one that `index` is in. */
static size_t lane_of(const struct catalogue *catalogue, size_t topic, uint64_t index)
{
    size_t lane = index % catalogue->topics[topic].partitions;
    for (size_t i = 0; i < topic; i++) {
        lane += catalogue->topics[i].partitions;
    }
    return lane;
}

static void make_lanes(struct feed *feed)
{
    const struct catalogue *catalogue = feed->catalogue;
    size_t count = catalogue_partitions(catalogue);
    feed->lanes = memory_new(count, sizeof(struct lane));
    feed->committed = memory_new(count, sizeof(int64_t));
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &catalogue->topics[i];
        for (uint32_t partition = 0; partition < topic->partitions; partition++) {
            size_t messages = topic->count / topic->partitions + 2;
            feed->lanes[lane_of(catalogue, i, partition)].sizes =
                memory_new(messages, sizeof(uint64_t));
        }
    }
}

static void nap(void)
{
    const struct timespec interval = {.tv_nsec = POLL_INTERVAL_MS * 1000000L};
    (void)nanosleep(&interval, NULL);
}

/* Room for one more of the largest messages, going by what is committed. */
static bool has_room(const struct feed *feed, size_t lane, uint64_t offset)
{
    uint64_t committed = feed->committed[lane] < 0 ? 0 : (uint64_t)feed->committed[lane];
    if (committed > offset) {
        committed = offset;
    }
    uint64_t open = feed->lanes[lane].sizes[offset] - feed->lanes[lane].sizes[committed];
    return open + ORDER_SIZE_MAX + CATALOGUE_MESSAGE_FRAME < CATALOGUE_PARTITION_BYTES;
}

/* Waits until the group has committed enough of the partition. False when told to stop. */
static bool wait_for_room(struct feed *feed, size_t lane, uint64_t offset, struct error *error)
{
    bool first = true;
    while (!has_room(feed, lane, offset)) {
        if (atomic_load(&feed->stop)) {
            error_set(error, "stopped");
            return false;
        }
        if (!first) {
            nap();
        }
        first = false;
        (void)rd_kafka_poll(feed->producer, 0);
        if (!group_committed(feed->group, feed->committed, error)) {
            return false;
        }
    }
    return true;
}

static bool produce_as_committed(struct feed *feed, size_t topic, uint64_t index,
                                 struct error *error)
{
    size_t lane = lane_of(feed->catalogue, topic, index);
    uint64_t offset = index / feed->catalogue->topics[topic].partitions;
    uint64_t size = 0;
    if (!wait_for_room(feed, lane, offset, error) || !produce(feed, topic, index, &size, error)) {
        return false;
    }
    feed->lanes[lane].sizes[offset + 1] = feed->lanes[lane].sizes[offset] + size;
    return true;
}

static void *follow(void *context)
{
    struct feed *feed = context;
    if (!run(feed, produce_as_committed, &feed->error) && !atomic_load(&feed->stop)) {
        atomic_store(&feed->failed, true);
        (void)kill(getpid(), SIGTERM);
    }
    atomic_store(&feed->busy, false);
    return NULL;
}

struct feed *feed_start(const struct catalogue *catalogue, const char *bootstrap, const char *group,
                        struct error *error)
{
    struct feed *feed = feed_new(catalogue, bootstrap, error);
    if (feed == NULL) {
        return NULL;
    }
    feed->group = group_open(bootstrap, group, catalogue, error);
    if (feed->group == NULL) {
        feed_stop(feed);
        return NULL;
    }
    make_lanes(feed);
    atomic_store(&feed->busy, true);
    feed->has_thread = pthread_create(&feed->thread, NULL, follow, feed) == 0;
    if (!feed->has_thread) {
        error_set(error, "cannot start a thread");
        feed_stop(feed);
        return NULL;
    }
    return feed;
}

bool feed_is_busy(struct feed *feed)
{
    return feed != NULL && atomic_load(&feed->busy);
}

bool feed_failed(struct feed *feed, struct error *ret_error)
{
    if (feed == NULL || !atomic_load(&feed->failed)) {
        return false;
    }
    *ret_error = feed->error;
    return true;
}

void feed_stop(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    atomic_store(&feed->stop, true);
    if (feed->has_thread) {
        (void)pthread_join(feed->thread, NULL);
    }
    if (feed->producer != NULL) {
        (void)rd_kafka_purge(feed->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(feed->producer, PURGE_TIMEOUT_MS);
        rd_kafka_destroy(feed->producer);
    }
    for (size_t i = 0; feed->lanes != NULL && i < catalogue_partitions(feed->catalogue); i++) {
        free(feed->lanes[i].sizes);
    }
    free(feed->lanes);
    free(feed->committed);
    group_close(feed->group);
    buffer_done(&feed->message);
    free(feed);
}
