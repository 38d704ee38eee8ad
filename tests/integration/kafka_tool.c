/* kafka_tool: what the integration tests ask of a Kafka cluster, mock or real: create topics, produce
 * orders, compare committed offsets with the ends, read a topic back. One JSON object on standard output.
 *
 *   kafka_tool create  BROKERS TOPIC PARTITIONS [REPLICAS [NAME=VALUE …]]   REPLICAS: how many, or @BROKER for one there
 *   kafka_tool delete  BROKERS TOPIC
 *   kafka_tool leaders BROKERS TOPIC                     the broker that leads each partition; -1: none
 *   kafka_tool produce BROKERS TOPIC COUNT PREFIX SIZE   orders PREFIX-00000000 … of about SIZE bytes
 *   kafka_tool send    BROKERS TOPIC                     each line of standard input is a message's value
 *   kafka_tool transactions BROKERS TOPIC COUNT PREFIX   an order for each partition in each; every second is aborted
 *   kafka_tool offsets BROKERS TOPIC GROUP
 *   kafka_tool commits BROKERS TOPIC GROUP               a line whenever one has changed, until standard input ends
 *   kafka_tool commit  BROKERS TOPIC GROUP OFFSET        of every partition, while the group has no members
 *   kafka_tool delete-records BROKERS TOPIC OFFSET       what every partition holds before that offset
 *   kafka_tool read    BROKERS TOPIC                     a line a message, with its headers
 */
#include "base/buffer.h"
#include "json/writer.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 30000
#define PARTITIONS_MAX 64
#define ORDER_MAX 65536

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;

    fputs("kafka_tool: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];

    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fail("%s", error);
    }
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *brokers)
{
    char error[512];
    rd_kafka_t *kafka;

    set(conf, "bootstrap.servers", brokers);
    kafka = rd_kafka_new(type, conf, error, sizeof error);
    if (kafka == NULL) {
        fail("%s", error);
    }
    return kafka;
}

static int number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 0 || value > INT32_MAX) {
        fail("\"%s\" is no number", text);
    }
    return (int)value;
}

/* ---- topics ----------------------------------------------------------------------------------- */

/* The result that an admin operation has for its one topic. */
static void check_topics(const char *topic, const rd_kafka_topic_result_t **results, size_t count)
{
    if (count != 1 || rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", topic,
             count == 1 ? rd_kafka_topic_result_error_string(results[0]) : "no result");
    }
}

static rd_kafka_event_t *answer_of(rd_kafka_queue_t *queue, const char *topic)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TIMEOUT_MS);

    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", topic, event == NULL ? "no answer" : rd_kafka_event_error_string(event));
    }
    return event;
}

/* "3": three replicas, where the brokers want them; "@2": one, on broker 2. */
static rd_kafka_NewTopic_t *new_topic(const char *name, int partitions, const char *replicas)
{
    char error[512] = "";
    bool placed = replicas[0] == '@';
    int32_t broker = placed ? number(replicas + 1) : -1;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        name, partitions, placed ? -1 : number(replicas), error, sizeof error);

    if (topic == NULL) {
        fail("%s", error);
    }
    for (int32_t i = 0; placed && i < partitions; i++) {
        if (rd_kafka_NewTopic_set_replica_assignment(topic, i, &broker, 1, error, sizeof error) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("%s", error);
        }
    }
    return topic;
}

static void configure(rd_kafka_NewTopic_t *topic, char **settings)
{
    for (; *settings != NULL; settings++) {
        char *equals = strchr(*settings, '=');

        if (equals == NULL) {
            fail("\"%s\" is no NAME=VALUE", *settings);
        }
        *equals = '\0';
        rd_kafka_NewTopic_set_config(topic, *settings, equals + 1);
    }
}

static int create(char **argv)
{
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), argv[0]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    const char *replicas = argv[3] == NULL ? "1" : argv[3];
    rd_kafka_NewTopic_t *topic = new_topic(argv[1], number(argv[2]), replicas);
    size_t count = 0;

    if (argv[3] != NULL) {
        configure(topic, argv + 4);
    }
    rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = answer_of(queue, argv[1]);
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    check_topics(argv[1], results, count);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(kafka);
    puts("{}");
    return 0;
}

static int delete_topic(char **argv)
{
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), argv[0]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(argv[1]);
    size_t count = 0;

    rd_kafka_DeleteTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = answer_of(queue, argv[1]);
    const rd_kafka_topic_result_t **results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    check_topics(argv[1], results, count);
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(kafka);
    puts("{}");
    return 0;
}

static int leaders(char **argv)
{
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), argv[0]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, argv[1], NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 0, topic, &metadata, TIMEOUT_MS);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1) {
        fail("%s: no metadata: %s", argv[1], rd_kafka_err2str(error));
    }
    fputs("{\"leaders\":[", stdout);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
        printf("%s%d", i == 0 ? "" : ",", metadata->topics[0].partitions[i].leader);
    }
    puts("]}");
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
    return 0;
}

/* ---- produce ---------------------------------------------------------------------------------- */

static size_t undelivered;

static void delivered(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    (void)kafka;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("not produced: %s", rd_kafka_err2str(message->err));
    }
    undelivered--;
}

/* Compressed in large batches: the mock cluster keeps only 5 MiB of a partition. */
static rd_kafka_t *producer(const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set(conf, "compression.type", "zstd");
    set(conf, "linger.ms", "50");
    set(conf, "batch.num.messages", "10000");
    set(conf, "queue.buffering.max.messages", "100000");
    set(conf, "acks", "all");
    set(conf, "enable.idempotence", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    return client(RD_KAFKA_PRODUCER, conf, brokers);
}

static void produce_one(rd_kafka_t *kafka, const char *topic, int32_t partition, const char *value,
                        size_t size)
{
    rd_kafka_resp_err_t error;

    do {
        error = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                  RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size), RD_KAFKA_V_END);
        rd_kafka_poll(kafka, error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", topic, rd_kafka_err2str(error));
    }
    undelivered++;
}

static void finish_producing(rd_kafka_t *kafka, int count)
{
    rd_kafka_flush(kafka, TIMEOUT_MS);
    if (undelivered > 0) {
        fail("%zu messages were not acknowledged", undelivered);
    }
    rd_kafka_destroy(kafka);
    printf("{\"produced\":%d}\n", count);
}

/* 0 when the cluster does not tell. */
static int known_partitions(rd_kafka_t *kafka, rd_kafka_topic_t *topic)
{
    const struct rd_kafka_metadata *metadata = NULL;
    int count = 0;

    if (rd_kafka_metadata(kafka, 0, topic, &metadata, TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
    }
    return count;
}

#define METADATA_TRIES 100

/* A topic that has just been made is not known at once: a busy broker takes its time. */
static int partition_count(rd_kafka_t *kafka, const char *topic)
{
    static const struct timespec pause = {.tv_nsec = 100000000};
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    int count = known_partitions(kafka, handle);

    for (int i = 0; i < METADATA_TRIES && count < 1; i++) {
        (void)nanosleep(&pause, NULL);
        count = known_partitions(kafka, handle);
    }
    if (count < 1 || count > PARTITIONS_MAX) {
        fail("%s: it has %d partitions, as far as the cluster tells", topic, count);
    }
    rd_kafka_topic_destroy(handle);
    return count;
}

/* One order; what must be the same everywhere is told from its number. */
static size_t write_order(char *order, const char *prefix, int index, int size, const char *time)
{
    int length = snprintf(
        order, ORDER_MAX,
        "{\"id\":\"%s-%08d\",\"status\":\"paid\",\"created_at\":\"%s\",\"total\":\"%d.%02d\","
        "\"currency\":\"EUR\",\"customer\":{\"email\":\"Customer.%d@Example.com\","
        "\"first_name\":\"Zo\xc3\xab\",\"last_name\":\"M\xc3\xbcller\"},"
        "\"lines\":[{\"sku\":\"SKU-%d\",\"title\":\"Thing no. "
        "%d\",\"quantity\":%d,\"price\":\"%d.%02d\"}],"
        "\"note\":\"",
        prefix, index, time, index % 1000, index % 100, index, index % 97, index % 97,
        1 + index % 5, index % 1000, index % 100);
    size_t used = (size_t)length;

    while (used + 3 < (size_t)size && used + 3 < ORDER_MAX) {
        order[used] = (char)('a' + used % 26);
        used++;
    }
    memcpy(order + used, "\"}", 2);
    return used + 2;
}

static int produce(char **argv)
{
    rd_kafka_t *kafka = producer(argv[0]);
    int partitions = partition_count(kafka, argv[1]);
    int count = number(argv[2]);
    int size = number(argv[4]);
    static char order[ORDER_MAX];
    char text[32];
    time_t now = time(NULL);

    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    for (int i = 0; i < count; i++) {
        size_t length = write_order(order, argv[3], i, size, text);

        produce_one(kafka, argv[1], i % partitions, order, length);
    }
    finish_producing(kafka, count);
    return 0;
}

static void check(rd_kafka_error_t *error)
{
    if (error != NULL) {
        fail("the transaction: %s", rd_kafka_error_string(error));
    }
}

/* An order for each partition in one transaction. */
static void transact(rd_kafka_t *kafka, const char *topic, const char *prefix, bool commit)
{
    static char order[ORDER_MAX];
    int partitions = partition_count(kafka, topic);
    char text[32];
    time_t now = time(NULL);

    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    check(rd_kafka_begin_transaction(kafka));
    for (int i = 0; i < partitions; i++) {
        produce_one(kafka, topic, i, order, write_order(order, prefix, i, 0, text));
    }
    rd_kafka_flush(kafka, TIMEOUT_MS);
    check(commit ? rd_kafka_commit_transaction(kafka, TIMEOUT_MS)
                 : rd_kafka_abort_transaction(kafka, TIMEOUT_MS));
}

/* Transactions of which every second one is aborted. */
static int transactions(char **argv)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int count = number(argv[2]);

    set(conf, "transactional.id", "kafka_tool");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, conf, argv[0]);
    check(rd_kafka_init_transactions(kafka, TIMEOUT_MS));
    for (int i = 0; i < count; i++) {
        char prefix[32];
        (void)snprintf(prefix, sizeof prefix, "%s-%d", argv[3], i);
        transact(kafka, argv[1], prefix, i % 2 == 0);
    }
    finish_producing(kafka, count);
    return 0;
}

static int send_lines(char **argv)
{
    rd_kafka_t *kafka = producer(argv[0]);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int count = 0;

    while ((length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n') {
            length--;
        }
        produce_one(kafka, argv[1], RD_KAFKA_PARTITION_UA, length == 0 ? NULL : line,
                    (size_t)length);
        count++;
    }
    free(line);
    finish_producing(kafka, count);
    return 0;
}

/* ---- offsets ---------------------------------------------------------------------------------- */

static rd_kafka_t *group_client(const char *brokers, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "enable.partition.eof", "true");
    return client(RD_KAFKA_CONSUMER, conf, brokers);
}

static int offsets(char **argv)
{
    rd_kafka_t *kafka = group_client(argv[0], argv[2]);
    int partitions = partition_count(kafka, argv[1]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);

    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, argv[1], i);
    }
    rd_kafka_resp_err_t error = rd_kafka_committed(kafka, list, TIMEOUT_MS);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("no committed offsets: %s", rd_kafka_err2str(error));
    }
    fputs("{\"partitions\":[", stdout);
    for (int i = 0; i < partitions; i++) {
        int64_t low;
        int64_t end;
        int64_t committed = list->elems[i].offset;

        error = rd_kafka_query_watermark_offsets(kafka, argv[1], i, &low, &end, TIMEOUT_MS);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("no end of partition %d: %s", i, rd_kafka_err2str(error));
        }
        printf("%s{\"partition\":%d,\"low\":%" PRId64 ",\"end\":%" PRId64 ",\"committed\":%" PRId64
               ",\"metadata\":\"%.*s\"}",
               i == 0 ? "" : ",", i, low, end, committed < 0 ? -1 : committed,
               (int)list->elems[i].metadata_size, (const char *)list->elems[i].metadata);
    }
    puts("]}");
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(kafka);
    return 0;
}

/* ---- commits ---------------------------------------------------------------------------------- */

#define WATCH_PAUSE_MS 100
#define WATCH_TIMEOUT_MS 1000

static int64_t monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* {"ms":81234,"partitions":[{"partition":0,"committed":-1,"metadata":""} …]}; the time is the monotonic
 * clock's, when the answer was there. */
static void write_commits(const rd_kafka_topic_partition_list_t *list, struct buffer *out)
{
    buffer_reset(out);
    for (int i = 0; i < list->cnt; i++) {
        int64_t committed = list->elems[i].offset;

        buffer_printf(out, "%s{\"partition\":%d,\"committed\":%" PRId64 ",\"metadata\":\"%.*s\"}",
                      i == 0 ? "" : ",", list->elems[i].partition, committed < 0 ? -1 : committed,
                      (int)list->elems[i].metadata_size, (const char *)list->elems[i].metadata);
    }
}

static bool input_has_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&input, 1, WATCH_PAUSE_MS) != 0;
}

/* Coordinators come and go: what cannot be answered is asked again. */
static int watch_commits(char **argv)
{
    rd_kafka_t *kafka = group_client(argv[0], argv[2]);
    int partitions = partition_count(kafka, argv[1]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    struct buffer told;
    struct buffer line;

    buffer_init(&told, (size_t)1024 * 1024);
    buffer_init(&line, (size_t)1024 * 1024);
    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, argv[1], i);
    }
    do {
        if (rd_kafka_committed(kafka, list, WATCH_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            continue;
        }
        write_commits(list, &line);
        if (!slice_equal(buffer_slice(&line), buffer_slice(&told))) {
            printf("{\"ms\":%" PRId64 ",\"partitions\":[%.*s]}\n", monotonic_ms(), (int)line.size,
                   line.data);
            fflush(stdout);
            buffer_reset(&told);
            buffer_append(&told, buffer_slice(&line));
        }
    } while (!input_has_ended());
    buffer_done(&told);
    buffer_done(&line);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(kafka);
    return 0;
}

/* ---- commit and delete records ----------------------------------------------------------------- */

/* Every partition of the topic, each with the offset. */
static rd_kafka_topic_partition_list_t *all_partitions(rd_kafka_t *kafka, const char *topic,
                                                       int64_t offset)
{
    int partitions = partition_count(kafka, topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);

    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
    }
    return list;
}

static int commit(char **argv)
{
    rd_kafka_t *kafka = group_client(argv[0], argv[2]);
    rd_kafka_topic_partition_list_t *list = all_partitions(kafka, argv[1], number(argv[3]));
    rd_kafka_resp_err_t error = rd_kafka_commit(kafka, list, 0);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("not committed: %s", rd_kafka_err2str(error));
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(kafka);
    puts("{}");
    return 0;
}

static int delete_records(char **argv)
{
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), argv[0]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    rd_kafka_topic_partition_list_t *list = all_partitions(kafka, argv[1], number(argv[2]));
    rd_kafka_DeleteRecords_t *deletion = rd_kafka_DeleteRecords_new(list);

    rd_kafka_DeleteRecords(kafka, &deletion, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TIMEOUT_MS);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("nothing deleted: %s",
             event == NULL ? "no answer" : rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(deletion);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(kafka);
    puts("{}");
    return 0;
}

/* ---- read ------------------------------------------------------------------------------------- */

static void write_text(struct buffer *out, const void *bytes, size_t size)
{
    struct slice text = {bytes, size};

    if (bytes == NULL) {
        buffer_append(out, SLICE("null"));
    } else if (slice_is_utf8(text)) {
        json_write_string(out, text, JSON_ASCII);
    } else {
        buffer_printf(out, "{\"bytes\":%zu}", size);
    }
}

static void print_message(const rd_kafka_message_t *message, struct buffer *out)
{
    rd_kafka_headers_t *headers = NULL;
    const char *name;
    const void *value;
    size_t size;

    buffer_reset(out);
    buffer_printf(out,
                  "{\"partition\":%d,\"offset\":%" PRId64 ",\"timestamp\":%" PRId64 ",\"value\":",
                  message->partition, message->offset, rd_kafka_message_timestamp(message, NULL));
    write_text(out, message->payload, message->len);
    buffer_append(out, SLICE(",\"key\":"));
    write_text(out, message->key, message->key_len);
    buffer_append(out, SLICE(",\"headers\":{"));
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                           RD_KAFKA_RESP_ERR_NO_ERROR;
             i++) {
            buffer_printf(out, "%s\"%s\":", i == 0 ? "" : ",", name);
            write_text(out, value, size);
        }
    }
    buffer_append(out, SLICE("}}\n"));
    fwrite(out->data, 1, out->size, stdout);
}

/* From the beginning of every partition to its end. */
static int read_topic(char **argv)
{
    rd_kafka_t *kafka = group_client(argv[0], "kafka-tool-reader");
    int partitions = partition_count(kafka, argv[1]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    struct buffer out;
    int ended = 0;

    buffer_init(&out, (size_t)64 * 1024 * 1024);
    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, argv[1], i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(kafka, list);
    while (ended < partitions) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, TIMEOUT_MS);

        if (message == NULL) {
            fail("%s: nothing came", argv[1]);
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ended++;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            print_message(message, &out);
        }
        rd_kafka_message_destroy(message);
    }
    buffer_done(&out);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int operands;
        bool more; /* may be given */
        int (*run)(char **argv);
    } commands[] = {{"create", 3, true, create},
                    {"delete", 2, false, delete_topic},
                    {"leaders", 2, false, leaders},
                    {"produce", 5, false, produce},
                    {"send", 2, false, send_lines},
                    {"transactions", 4, false, transactions},
                    {"offsets", 3, false, offsets},
                    {"commits", 3, false, watch_commits},
                    {"read", 2, false, read_topic},
                    {"commit", 4, false, commit},
                    {"delete-records", 3, false, delete_records}};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        int least = 2 + commands[i].operands;

        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 &&
            (argc == least || (argc > least && commands[i].more))) {
            return commands[i].run(argv + 2);
        }
    }
    fail("see the comment at the beginning of kafka_tool.c");
}
