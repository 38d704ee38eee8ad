/* kafka_tool: what the integration tests ask of a Kafka cluster, mock or real: create topics, produce
 * orders, compare committed offsets with the ends, read a topic back. One JSON object on standard output.
 *
 *   kafka_tool create  BROKERS TOPIC PARTITIONS
 *   kafka_tool produce BROKERS TOPIC COUNT PREFIX SIZE   orders PREFIX-00000000 … of about SIZE bytes
 *   kafka_tool send    BROKERS TOPIC                     each line of standard input is a message's value
 *   kafka_tool transactions BROKERS TOPIC COUNT PREFIX   an order for each partition in each; every second is aborted
 *   kafka_tool offsets BROKERS TOPIC GROUP
 *   kafka_tool read    BROKERS TOPIC                     a line a message, with its headers
 */
#include "base/buffer.h"
#include "json/writer.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* ---- create ----------------------------------------------------------------------------------- */

static int create(char **argv)
{
    rd_kafka_t *kafka = client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), argv[0]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    char error[512] = "";
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(argv[1], number(argv[2]), 1, error, sizeof error);
    size_t count = 0;

    if (topic == NULL) {
        fail("%s", error);
    }
    rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TIMEOUT_MS);
    const rd_kafka_CreateTopics_result_t *result =
        event == NULL ? NULL : rd_kafka_event_CreateTopics_result(event);
    if (result == NULL) {
        fail("no answer to the creation of %s", argv[1]);
    }
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count != 1 || rd_kafka_topic_result_error(topics[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", argv[1],
             count == 1 ? rd_kafka_topic_result_error_string(topics[0]) : "no result");
    }
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(kafka);
    puts("{}");
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

static int partition_count(rd_kafka_t *kafka, const char *topic)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 0, handle, &metadata, TIMEOUT_MS);
    int count;

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1 ||
        metadata->topics[0].partition_cnt < 1 ||
        metadata->topics[0].partition_cnt > PARTITIONS_MAX) {
        fail("%s: no metadata: %s", topic, rd_kafka_err2str(error));
    }
    count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
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
        int (*run)(char **argv);
    } commands[] = {{"create", 3, create},   {"produce", 5, produce},
                    {"send", 2, send_lines}, {"transactions", 4, transactions},
                    {"offsets", 3, offsets}, {"read", 2, read_topic}};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 &&
            argc == 2 + commands[i].operands) {
            return commands[i].run(argv + 2);
        }
    }
    fail("see the comment at the beginning of kafka_tool.c");
}
