#include "kafka/dead_letter.h"

#include "base/memory.h"
#include "property.h"

#include <inttypes.h>
#include <stdlib.h>

/* What may wait for its acknowledgement: messages, and their bytes all together. */
#define LETTERS_MAX 1000
#define LETTERS_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* After a failure that librdkafka does not get over by itself (no such topic, not authorised, too large). */
#define RETRY_MS 5000

enum letter_state {
    LETTER_UNDER_WAY, /* librdkafka has it */
    LETTER_ENDED,     /* librdkafka has given it back: to be reported */
    LETTER_RESTING    /* was reported as failed: sent again when it is due */
};

/* A copy of everything, from which it is sent as often as it takes. */
struct letter {
    struct letter *next;
    struct letter *previous;
    enum letter_state state;
    rd_kafka_resp_err_t err; /* LETTER_ENDED: how */
    int64_t due_ms;          /* LETTER_RESTING, monotonic */
    struct token token;
    rd_kafka_headers_t *headers;
    int64_t timestamp_ms; /* -1: none */
    void *key;            /* NULL: none */
    size_t key_size;
    void *value; /* NULL: none */
    size_t value_size;
};

struct producer {
    struct dead_letter dead_letter; /* first: what the pipeline knows of it */
    rd_kafka_t *rk;
    char *topic;
    int wake_fd;
    struct property_list properties;
    struct letter *first; /* in the order of their coming */
    struct letter *last;
    size_t count;
    size_t bytes;
};

static struct producer *producer_of(struct dead_letter *dead_letter)
{
    return (struct producer *)dead_letter;
}

/* ---- letters ---------------------------------------------------------------------------------- */

static void *copy_bytes(struct slice bytes)
{
    if (bytes.data == NULL) {
        return NULL;
    }
    void *copy = memory_new(bytes.size + 1, 1); /* the empty text is not NULL either */
    memcpy(copy, bytes.data, bytes.size);
    return copy;
}

static void add_header(rd_kafka_headers_t *headers, struct slice name, struct slice value)
{
    rd_kafka_resp_err_t err =
        rd_kafka_header_add(headers, name.data, (ssize_t)name.size, value.data,
                            value.data == NULL ? -1 : (ssize_t)value.size);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        abort(); /* memory is out: nothing else can fail here */
    }
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRId64, number);
    add_header(headers, slice_of(name), (struct slice){text, (size_t)size});
}

/* The message's own, then where it comes from and why it is here. */
static rd_kafka_headers_t *make_headers(const struct message *message, const char *reason,
                                        const char *text)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count + 7);
    for (size_t i = 0; i < message->header_count; i++) {
        add_header(headers, message->headers[i].name, message->headers[i].value);
    }
    add_header(headers, SLICE("rokt-relay.topic"), message->topic);
    add_number(headers, "rokt-relay.partition", message->partition);
    add_number(headers, "rokt-relay.offset", message->offset);
    add_number(headers, "rokt-relay.timestamp", message->timestamp_ms);
    add_header(headers, SLICE("rokt-relay.reason"), slice_of(reason));
    add_header(headers, SLICE("rokt-relay.message"), slice_of(text));
    add_header(headers, SLICE("rokt-relay.version"), SLICE(ROKT_RELAY_VERSION));
    return headers;
}

static struct letter *letter_new(const struct message *message, const char *reason,
                                 const char *text, struct token token)
{
    struct letter *letter = memory_new(1, sizeof *letter);
    *letter = (struct letter){
        .token = token,
        .headers = make_headers(message, reason, text),
        .timestamp_ms = message->timestamp_ms,
        .key = copy_bytes(message->key),
        .key_size = message->key.size,
        .value = copy_bytes(message->value),
        .value_size = message->value.size,
    };
    return letter;
}

static void letter_free(struct letter *letter)
{
    rd_kafka_headers_destroy(letter->headers);
    free(letter->key);
    free(letter->value);
    free(letter);
}

static void append(struct producer *producer, struct letter *letter)
{
    letter->previous = producer->last;
    if (producer->last == NULL) {
        producer->first = letter;
    } else {
        producer->last->next = letter;
    }
    producer->last = letter;
    producer->count++;
    producer->bytes += letter->key_size + letter->value_size;
}

/* Takes the letter out and frees it. */
static void drop(struct producer *producer, struct letter *letter)
{
    *(letter->previous == NULL ? &producer->first : &letter->previous->next) = letter->next;
    *(letter->next == NULL ? &producer->last : &letter->next->previous) = letter->previous;
    producer->count--;
    producer->bytes -= letter->key_size + letter->value_size;
    letter_free(letter);
}

/* ---- librdkafka ------------------------------------------------------------------------------- */

/* Called within rd_kafka_poll() on our thread: only takes note. */
static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct letter *letter = message->_private;
    (void)rk;
    (void)opaque;
    letter->state = LETTER_ENDED;
    letter->err = message->err;
}

/* What goes wrong with a letter is reported with that letter; the brokers' troubles are the consumer's to
 * tell, as it has the same ones. */
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    (void)err;
    (void)reason;
    (void)opaque;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)line;
}

static bool open_client(struct producer *producer, struct error *error)
{
    rd_kafka_conf_t *conf =
        property_list_configure(&producer->properties, PROPERTY_PRODUCER, error);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    char reason[ERROR_SIZE] = "";
    producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "the dead letters' producer: %s", reason);
        property_list_scrub(&producer->properties, error);
        return false;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(producer->rk);
    rd_kafka_queue_io_event_enable(queue, producer->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    rd_kafka_queue_destroy(queue);
    (void)rd_kafka_set_log_queue(producer->rk, NULL);
    return true;
}

/* Every letter that librdkafka had is ended after this, by on_delivered() or else here. */
static void close_client(struct producer *producer)
{
    if (producer->rk == NULL) {
        return;
    }
    (void)rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(producer->rk, 1000);
    rd_kafka_destroy(producer->rk);
    producer->rk = NULL;
    for (struct letter *letter = producer->first; letter != NULL; letter = letter->next) {
        if (letter->state == LETTER_UNDER_WAY) {
            letter->state = LETTER_ENDED;
            letter->err = RD_KAFKA_RESP_ERR__DESTROY;
        }
    }
}

static rd_kafka_resp_err_t produce(struct producer *producer, struct letter *letter)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(letter->headers);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        producer->rk, RD_KAFKA_V_TOPIC(producer->topic),
        RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA), RD_KAFKA_V_KEY(letter->key, letter->key_size),
        RD_KAFKA_V_VALUE(letter->value, letter->value_size),
        RD_KAFKA_V_TIMESTAMP(letter->timestamp_ms < 0 ? 0 : letter->timestamp_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(letter), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers); /* else librdkafka has taken them over */
    }
    return err;
}

/* The bytes stay the letter's own: librdkafka reads them until on_delivered(). */
static void send_letter(struct producer *producer, struct letter *letter)
{
    letter->state = LETTER_UNDER_WAY;
    letter->err = produce(producer, letter);
    if (letter->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        letter->state = LETTER_ENDED;
    }
}

/* An idempotent producer that has met a fatal error sends nothing more: another takes its place, and gets
 * every letter that was not acknowledged. False when none could be made; that is tried again. */
static bool keep_client_alive(struct producer *producer)
{
    char reason[ERROR_SIZE];
    if (producer->rk != NULL &&
        rd_kafka_fatal_error(producer->rk, reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        close_client(producer);
    }
    struct error ignored; /* the letters that wait report their own */
    return producer->rk != NULL || open_client(producer, &ignored);
}

/* ---- the operations --------------------------------------------------------------------------- */

static bool has_room(const struct dead_letter *dead_letter)
{
    const struct producer *producer = (const struct producer *)dead_letter;
    return producer->count < LETTERS_MAX && producer->bytes < LETTERS_BYTES_MAX;
}

static void send_message(struct dead_letter *dead_letter, const struct message *message,
                         const char *reason, const char *text, struct token token)
{
    struct producer *producer = producer_of(dead_letter);
    struct letter *letter = letter_new(message, reason, text, token);
    append(producer, letter);
    if (keep_client_alive(producer)) {
        send_letter(producer, letter);
    } else {
        letter->state = LETTER_ENDED;
        letter->err = RD_KAFKA_RESP_ERR__FATAL;
    }
}

static void send_due(struct producer *producer, int64_t now_ms)
{
    for (struct letter *letter = producer->first; letter != NULL; letter = letter->next) {
        if (letter->state == LETTER_RESTING && letter->due_ms <= now_ms) {
            send_letter(producer, letter);
        }
    }
}

static struct letter *first_ended(const struct producer *producer)
{
    struct letter *letter = producer->first;
    while (letter != NULL && letter->state != LETTER_ENDED) {
        letter = letter->next;
    }
    return letter;
}

static bool reap(struct dead_letter *dead_letter, int64_t now_ms,
                 struct dead_letter_report *ret_report)
{
    struct producer *producer = producer_of(dead_letter);
    if (keep_client_alive(producer)) {
        (void)rd_kafka_poll(producer->rk, 0);
        send_due(producer, now_ms);
    }
    struct letter *letter = first_ended(producer);
    if (letter == NULL) {
        return false;
    }
    *ret_report = (struct dead_letter_report){.token = letter->token};
    if (letter->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        drop(producer, letter);
        return true;
    }
    ret_report->failed = true;
    error_set(&ret_report->error, "%s: %s", producer->topic, rd_kafka_err2str(letter->err));
    letter->state = LETTER_RESTING;
    letter->due_ms = now_ms + RETRY_MS;
    return true;
}

static void producer_free(struct dead_letter *dead_letter)
{
    struct producer *producer = producer_of(dead_letter);
    close_client(producer);
    while (producer->first != NULL) {
        drop(producer, producer->first);
    }
    property_list_done(&producer->properties);
    free(producer->topic);
    free(producer);
}

static const struct dead_letter_operations operations = {
    .has_room = has_room,
    .send = send_message,
    .reap = reap,
    .free = producer_free,
};

struct dead_letter *dead_letter_new(const struct consumer_property properties[],
                                    size_t property_count, const char *topic, int wake_fd,
                                    struct error *error)
{
    struct producer *producer = memory_new(1, sizeof *producer);
    producer->dead_letter.operations = &operations;
    producer->topic = memory_string(slice_of(topic));
    producer->wake_fd = wake_fd;
    property_list_init(&producer->properties, properties, property_count);
    if (!open_client(producer, error)) {
        producer_free(&producer->dead_letter);
        return NULL;
    }
    return &producer->dead_letter;
}
