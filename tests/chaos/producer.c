/* producer: orders for a chaos run, steadily, while brokers die; by a seed, so that a run can be had again.
 *
 *   chaos_producer BROKERS TOPIC PREFIX COUNT RATE SEED POISON KEYS TRANSACTIONS
 *
 * COUNT orders PREFIX-0, PREFIX-1 … at RATE a second. POISON 1: some of them will be skipped, and some are
 * poisoned: no JSON, without an identity, or marked so that the API refuses them. KEYS > 0: messages have that
 * many keys, and some are tombstones, as in a compacted topic. TRANSACTIONS 1: all are in transactions, of
 * which every fourth or so is aborted. On standard output there is a line of JSON for each order that was
 * acknowledged, aborted ones too, and the account as the last; it exits with 1 unless each order was
 * acknowledged or aborted. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 120000
#define TRANSACTION_ORDERS 150 /* at most */
#define TICK_MS 10
#define ORDER_MAX 1024
#define PARTITIONS_MAX 64

struct producer {
    rd_kafka_t *rk;
    const char *topic;
    const char *prefix;
    bool poisoned;
    unsigned keys;
    bool transactional;
    uint64_t random;
    int32_t partitions;

    unsigned next;         /* number of the order to come */
    unsigned acknowledged; /* since the account was made up: of this transaction, or of all */
    unsigned committed;
    unsigned aborted;
    unsigned failed;
};

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;

    fputs("chaos_producer: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* xorshift64*: the same numbers everywhere. */
static unsigned draw(struct producer *producer, unsigned below)
{
    producer->random ^= producer->random >> 12;
    producer->random ^= producer->random << 25;
    producer->random ^= producer->random >> 27;
    return (unsigned)((producer->random * UINT64_C(2685821657736338717)) >> 33) % below;
}

static unsigned number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value > INT32_MAX) {
        fail("\"%s\" is no number", text);
    }
    return (unsigned)value;
}

/* ---- orders ----------------------------------------------------------------------------------- */

/* What is wrong with an order; in a thousand orders, and in their order. */
static const struct kind {
    unsigned share;
    const char *status;
    const char *customer;
    const char *title;
    const char *end;
} kinds[] = {
    {10, "open", "{\"email\":\"a@example.com\"}", "skipped", "}"},
    {3, "paid", "{\"email\":\"a@example.com\"}", "cut off", ""},
    {3, "paid", "{}", "of nobody", "}"},
    {2, "paid", "{\"email\":\"a@example.com\"}", "poison-named", "}"},
    {1, "paid", "{\"email\":\"a@example.com\"}", "poison-whole", "}"},
    {981, "paid", "{\"email\":\"a@example.com\"}", "good", "}"},
};

static const struct kind *draw_kind(struct producer *producer)
{
    unsigned drawn = producer->poisoned ? draw(producer, 1000) : 999;
    const struct kind *kind = kinds;

    while (drawn >= kind->share) {
        drawn -= kind->share;
        kind++;
    }
    return kind;
}

static size_t write_order(struct producer *producer, char *order)
{
    const struct kind *kind = draw_kind(producer);
    char moment[32];
    time_t now = time(NULL);

    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return (size_t)snprintf(order, ORDER_MAX,
                            "{\"id\":\"%s-%u\",\"status\":\"%s\",\"created_at\":\"%s\",\"total\":"
                            "\"%u.90\",\"currency\":\"EUR\",\"customer\":%s,\"lines\":[{\"sku\":"
                            "\"SKU-%u\",\"title\":\"%s\",\"quantity\":1}]%s",
                            producer->prefix, producer->next, kind->status, moment,
                            1 + producer->next % 500, kind->customer, producer->next % 97,
                            kind->title, kind->end);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct producer *producer = opaque;

    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        printf("{\"order\":%zu,\"partition\":%d,\"offset\":%" PRId64 "}\n",
               (size_t)(uintptr_t)message->_private, message->partition, message->offset);
        producer->acknowledged++;
    } else {
        producer->failed++;
    }
}

/* A message of a key always goes to the same partition. */
static void produce(struct producer *producer)
{
    char order[ORDER_MAX];
    char key[16] = "";
    size_t size = write_order(producer, order);
    unsigned keyed = draw(producer, producer->keys > 0 ? producer->keys : PARTITIONS_MAX);
    bool tombstone = producer->keys > 0 && draw(producer, 50) == 0;

    (void)snprintf(key, sizeof key, "k%u", keyed);
    for (;;) {
        rd_kafka_resp_err_t error =
            rd_kafka_producev(producer->rk, RD_KAFKA_V_TOPIC(producer->topic),
                              RD_KAFKA_V_PARTITION((int32_t)keyed % producer->partitions),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key, producer->keys > 0 ? strlen(key) : 0),
                              RD_KAFKA_V_VALUE(tombstone ? NULL : order, tombstone ? 0 : size),
                              RD_KAFKA_V_OPAQUE((void *)(uintptr_t)producer->next), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            break;
        }
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fail("%s: %s", producer->topic, rd_kafka_err2str(error));
        }
        rd_kafka_poll(producer->rk, 100);
    }
    producer->next++;
}

/* ---- at a rate -------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Orders up to `end`, each when it is due. */
static void produce_until(struct producer *producer, unsigned end, unsigned rate, int64_t began_ms)
{
    while (producer->next < end) {
        uint64_t due = (uint64_t)(now_ms() - began_ms) * rate / 1000;

        while (producer->next < end && producer->next <= due) {
            produce(producer);
        }
        rd_kafka_poll(producer->rk, TICK_MS);
    }
}

/* ---- transactions ----------------------------------------------------------------------------- */

static void check(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL) {
        fail("%s: %s", what, rd_kafka_error_string(error));
    }
}

/* Until it is known: only what can be tried again, is. False: it has to be aborted. */
static bool commit(struct producer *producer)
{
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_commit_transaction(producer->rk, TIMEOUT_MS);

        if (error == NULL) {
            return true;
        }
        bool abort = rd_kafka_error_txn_requires_abort(error);
        if (!abort && !rd_kafka_error_is_retriable(error)) {
            check(error, "the commit of a transaction");
        }
        rd_kafka_error_destroy(error);
        if (abort) {
            return false;
        }
    }
}

static void abort_transaction(struct producer *producer)
{
    rd_kafka_error_t *error = rd_kafka_abort_transaction(producer->rk, TIMEOUT_MS);

    while (error != NULL && rd_kafka_error_is_retriable(error)) {
        rd_kafka_error_destroy(error);
        error = rd_kafka_abort_transaction(producer->rk, TIMEOUT_MS);
    }
    check(error, "the end of an aborted transaction");
}

static void transact(struct producer *producer, unsigned count, unsigned rate, int64_t began_ms)
{
    unsigned first = producer->next;
    unsigned orders = 1 + draw(producer, TRANSACTION_ORDERS);
    unsigned end = first + orders < count ? first + orders : count;

    check(rd_kafka_begin_transaction(producer->rk), "the begin of a transaction");
    produce_until(producer, end, rate, began_ms);
    rd_kafka_flush(producer->rk,
                   TIMEOUT_MS); /* what is aborted, is to be in the log all the same */
    if (draw(producer, 4) != 0 && commit(producer)) {
        producer->committed += end - first;
    } else {
        abort_transaction(producer);
        producer->aborted += end - first;
    }
    producer->failed = 0; /* those of an aborted transaction are not told apart */
}

/* ---- start and end ---------------------------------------------------------------------------- */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];

    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fail("%s", error);
    }
}

static void open_producer(struct producer *producer, const char *brokers)
{
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.idempotence", "true");
    set(conf, "linger.ms", "5");
    set(conf, "message.timeout.ms", "120000");
    if (producer->transactional) {
        set(conf, "transactional.id", producer->prefix);
        set(conf, "transaction.timeout.ms", "120000");
    }
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (producer->rk == NULL) {
        fail("%s", error);
    }
    if (producer->transactional) {
        check(rd_kafka_init_transactions(producer->rk, TIMEOUT_MS), "transactions");
    }
}

static void count_partitions(struct producer *producer)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->rk, producer->topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(producer->rk, 0, topic, &metadata, TIMEOUT_MS);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1 ||
        metadata->topics[0].partition_cnt < 1) {
        fail("%s: no metadata: %s", producer->topic, rd_kafka_err2str(error));
    }
    producer->partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
}

/* Every order is accounted for, or this fails. */
static void finish(struct producer *producer)
{
    if (!producer->transactional) {
        rd_kafka_flush(producer->rk, TIMEOUT_MS);
        producer->committed = producer->acknowledged;
    }
    if (producer->failed > 0 || producer->committed + producer->aborted != producer->next) {
        fail("of %u orders %u were acknowledged and %u aborted", producer->next,
             producer->committed, producer->aborted);
    }
    printf("{\"produced\":%u,\"committed\":%u,\"aborted\":%u}\n", producer->next,
           producer->committed, producer->aborted);
    rd_kafka_destroy(producer->rk);
}

int main(int argc, char **argv)
{
    if (argc != 10) {
        fail("see the comment at the beginning of producer.c");
    }
    unsigned count = number(argv[4]);
    unsigned rate = number(argv[5]);
    struct producer producer = {
        .topic = argv[2],
        .prefix = argv[3],
        .random = (number(argv[6]) + 1) * UINT64_C(0x9E3779B97F4A7C15),
        .poisoned = number(argv[7]) == 1,
        .keys = number(argv[8]),
        .transactional = number(argv[9]) == 1,
    };
    int64_t began_ms = now_ms();

    open_producer(&producer, argv[1]);
    count_partitions(&producer);
    while (producer.transactional && producer.next < count) {
        transact(&producer, count, rate, began_ms);
    }
    produce_until(&producer, count, rate, began_ms);
    finish(&producer);
    return 0;
}
