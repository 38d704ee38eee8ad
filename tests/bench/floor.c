/* bench_floor: what the relay's work costs at the least: consume by librdkafka, parse each message by yajl
 * without keeping anything, and POST as many bytes in as many requests by libcurl, with the relay's way of
 * connecting. No mapping, no ledger, no commit, nothing that could be wrong.
 *
 *   bench_floor BROKERS TOPIC PARTITIONS COUNT URL CA_FILE ORDERS_PER_REQUEST REQUEST_BYTES [NAME=VALUE …]
 *
 * NAME=VALUE are librdkafka's properties. Prints {"orders":COUNT,"tokens":N} when all is sent and answered, and ends
 * on SIGTERM, as the relay does. */
#include "parse.h"
#include "program.h"

#include <curl/curl.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define REQUESTS_MAX 8 /* in flight, as the relay's default */
#define MESSAGES_MAX 1000
#define SLEEP_MS 200

/* What is the same for every request of a relay with a key pair. */
static const char *const HEADERS[] = {
    "Content-Type: application/json", "Charset: utf-8", "Rokt-Version: 2020-05-21",
    "Authorization: Basic cnB1Yi1iZW5jaDpyc2VjLWJlbmNo", "Expect:"};

struct order_source {
    rd_kafka_t *kafka;
    rd_kafka_queue_t *queue;
    int wake_fd;
    unsigned long long tokens; /* of all orders that were read */
};

struct request_sink {
    CURLM *multi;
    struct curl_slist *headers;
    CURL *idle[REQUESTS_MAX];
    size_t idle_count;
    char *body;
    long body_size;
};

/* ---- librdkafka ------------------------------------------------------------------------------- */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fail("%s", error);
    }
}

static void set_properties(rd_kafka_conf_t *conf, char **properties)
{
    for (; *properties != NULL; properties++) {
        char *value = strchr(*properties, '=');
        if (value == NULL) {
            fail("\"%s\" is not NAME=VALUE", *properties);
        }
        *value = '\0';
        set(conf, *properties, value + 1);
    }
}

static void assign(rd_kafka_t *kafka, const char *topic, long partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions);
    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_resp_err_t error = rd_kafka_assign(kafka, list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("%s: %s", topic, rd_kafka_err2str(error));
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void source_init(struct order_source *source, char **argv)
{
    static const uint64_t one = 1;
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", argv[0]);
    set(conf, "group.id", "bench-floor");
    set(conf, "enable.auto.commit", "false");
    set_properties(conf, argv + 8);
    source->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    source->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (source->kafka == NULL || source->wake_fd < 0) {
        fail("no consumer: %s", error);
    }
    source->tokens = 0;
    source->queue = rd_kafka_queue_get_consumer(source->kafka);
    rd_kafka_queue_io_event_enable(source->queue, source->wake_fd, &one, sizeof one);
    assign(source->kafka, argv[1], number_of(argv[2], 1));
}

static void source_done(struct order_source *source)
{
    rd_kafka_queue_destroy(source->queue);
    (void)rd_kafka_consumer_close(source->kafka);
    rd_kafka_destroy(source->kafka);
    (void)close(source->wake_fd);
}

/* How many orders were read; 0 when there are none now. */
static long read_orders(struct order_source *source)
{
    rd_kafka_message_t *messages[MESSAGES_MAX];
    ssize_t count = rd_kafka_consume_batch_queue(source->queue, 0, messages, MESSAGES_MAX);
    for (ssize_t i = 0; i < count; i++) {
        if (messages[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("consuming: %s", rd_kafka_message_errstr(messages[i]));
        }
        source->tokens += parse_bare(messages[i]->payload, messages[i]->len);
        rd_kafka_message_destroy(messages[i]);
    }
    return count < 0 ? 0 : (long)count;
}

/* ---- libcurl ---------------------------------------------------------------------------------- */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static void check_curl(CURLcode code)
{
    if (code != CURLE_OK) {
        fail("libcurl: %s", curl_easy_strerror(code));
    }
}

static CURL *make_request(const struct request_sink *sink, const char *url, const char *ca_file)
{
    CURL *easy = curl_easy_init();
    check_curl(curl_easy_setopt(easy, CURLOPT_URL, url));
    check_curl(curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file));
    check_curl(curl_easy_setopt(easy, CURLOPT_POST, 1L));
    check_curl(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sink->headers));
    check_curl(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sink->body));
    check_curl(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, sink->body_size));
    check_curl(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
    check_curl(curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L));
    check_curl(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
    check_curl(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    check_curl(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer));
    return easy;
}

static void sink_init(struct request_sink *sink, const char *url, const char *ca_file, long size)
{
    check_curl(curl_global_init(CURL_GLOBAL_DEFAULT));
    *sink = (struct request_sink){.multi = curl_multi_init(), .body_size = size};
    sink->body = malloc((size_t)size);
    if (sink->multi == NULL || sink->body == NULL) {
        fail("out of memory");
    }
    memset(sink->body, 'x', (size_t)size);
    (void)curl_multi_setopt(sink->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)REQUESTS_MAX);
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        sink->headers = curl_slist_append(sink->headers, HEADERS[i]);
    }
    while (sink->idle_count < REQUESTS_MAX) {
        sink->idle[sink->idle_count++] = make_request(sink, url, ca_file);
    }
}

static void sink_done(struct request_sink *sink)
{
    for (size_t i = 0; i < sink->idle_count; i++) {
        curl_easy_cleanup(sink->idle[i]);
    }
    curl_multi_cleanup(sink->multi);
    curl_slist_free_all(sink->headers);
    free(sink->body);
}

static void submit(struct request_sink *sink)
{
    CURL *easy = sink->idle[--sink->idle_count];
    if (curl_multi_add_handle(sink->multi, easy) != CURLM_OK) {
        fail("libcurl takes no request");
    }
}

static void take_answers(struct request_sink *sink)
{
    const CURLMsg *message;
    int number;
    (void)curl_multi_perform(sink->multi, &number);
    while ((message = curl_multi_info_read(sink->multi, &number)) != NULL) {
        CURL *easy = message->easy_handle;
        long status = 0;
        check_curl(message->data.result);
        check_curl(curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status));
        if (status != 200) {
            fail("status %ld", status);
        }
        (void)curl_multi_remove_handle(sink->multi, easy);
        sink->idle[sink->idle_count++] = easy;
    }
}

/* ---- the loop --------------------------------------------------------------------------------- */

static void sleep_until_ready(struct request_sink *sink, const struct order_source *source,
                              bool for_orders)
{
    struct curl_waitfd extra = {.fd = source->wake_fd, .events = CURL_WAIT_POLLIN};
    uint64_t woken;
    (void)curl_multi_poll(sink->multi, &extra, for_orders ? 1 : 0, SLEEP_MS, NULL);
    if (for_orders) {
        (void)!read(source->wake_fd, &woken, sizeof woken);
    }
}

/* `orders_each` go into a request, the last may have fewer. Sleeps only when nothing could be done. */
static void run(struct order_source *source, struct request_sink *sink, long count,
                long orders_each)
{
    long parsed = 0;
    long unsent = 0;
    while (parsed < count || unsent > 0 || sink->idle_count < REQUESTS_MAX) {
        take_answers(sink);
        bool has_room = parsed < count && unsent < orders_each;
        long came = has_room ? read_orders(source) : 0;
        bool submitted = false;
        parsed += came;
        unsent += came;
        while (sink->idle_count > 0 && (unsent >= orders_each || (parsed == count && unsent > 0))) {
            submit(sink);
            unsent -= unsent < orders_each ? unsent : orders_each;
            submitted = true;
        }
        if (came == 0 && !submitted) {
            sleep_until_ready(sink, source, has_room);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 9) {
        fail("usage: bench_floor BROKERS TOPIC PARTITIONS COUNT URL CA_FILE ORDERS_PER_REQUEST "
             "REQUEST_BYTES [NAME=VALUE …]");
    }
    block_signals();
    struct order_source source;
    struct request_sink sink;
    long count = number_of(argv[4], 1);
    sink_init(&sink, argv[5], argv[6], number_of(argv[8], 1));
    source_init(&source, argv + 1);
    run(&source, &sink, count, number_of(argv[7], 1));
    printf("{\"orders\":%ld,\"tokens\":%llu}\n", count, source.tokens);
    (void)fflush(stdout);
    wait_for_end();
    source_done(&source);
    sink_done(&sink);
    return 0;
}
