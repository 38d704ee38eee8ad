#include "kafka/dead_letter.h"

#include "base/memory.h"
#include "property.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What may wait for its acknowledgement: so many letters, and of bytes so many that one more letter
 * begins below them. */
#define LETTERS_MAX 1000
#define BYTES_MAX ((size_t)16 * 1024 * 1024)

/* What failed is tried again after this long. */
#define RETRY_MS 5000

/* librdkafka itself tries without end and without a word. Each time that so much time has passed
 * with nothing acknowledged, it is said for the oldest letter; and after some times, in case that
 * the fault is librdkafka's, another producer begins. */
#define OVERDUE_MS 30000
#define OVERDUE_MAX 10

enum letter_state {
    LETTER_WAITING, /* to be given to librdkafka, not before `due_ms` */
    LETTER_SENT     /* given to librdkafka, which has not reported yet */
};

struct letter {
    struct letter *before;
    struct letter *behind;
    enum letter_state state;
    bool alone; /* it is sent with no other in the same batch, so that it does not cost those */
    int64_t due_ms;
    struct token token;
    size_t size; /* of what was copied */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    rd_kafka_headers_t *headers;
    char *topic; /* where it came from; like key and value it points into `bytes` */
    char *key;
    size_t key_size;
    char *value;
    size_t value_size;
    char bytes[];
};

struct report {
    struct report *next;
    struct dead_letter_report report;
};

struct kafka_dead_letter {
    struct dead_letter dead_letter; /* first: what the pipeline knows of it */
    struct property_list properties;
    char *topic;
    int wake_fd;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;

    struct letter *first; /* all that are not acknowledged, the oldest first */
    struct letter *last;
    size_t count;
    size_t bytes;
    size_t sent;
    bool sent_alone; /* the one that is sent must be the only one */
    struct report *first_report;
    struct report *last_report;

    int64_t now_ms;         /* as of the last reap() */
    int64_t progress_ms;    /* the last acknowledgement, or the last time that nothing was sent */
    unsigned int overdue;   /* times that it was said since then */
    bool broken;            /* the producer is to be replaced by another one */
    int64_t reopen_due_ms;  /* not before */
    struct error last_text; /* of librdkafka's errors and warnings */
};

static struct kafka_dead_letter *kafka_dead_letter(struct dead_letter *dead_letter)
{
    return (struct kafka_dead_letter *)dead_letter;
}

/* ---- letters --------------------------------------------------------------------------------- */

static void link_letter(struct kafka_dead_letter *dead_letter, struct letter *letter)
{
    letter->before = dead_letter->last;
    if (dead_letter->last == NULL) {
        dead_letter->first = letter;
    } else {
        dead_letter->last->behind = letter;
    }
    dead_letter->last = letter;
    dead_letter->count++;
    dead_letter->bytes += letter->size;
}

static void unlink_letter(struct kafka_dead_letter *dead_letter, struct letter *letter)
{
    if (letter->before == NULL) {
        dead_letter->first = letter->behind;
    } else {
        letter->before->behind = letter->behind;
    }
    if (letter->behind == NULL) {
        dead_letter->last = letter->before;
    } else {
        letter->behind->before = letter->before;
    }
    dead_letter->count--;
    dead_letter->bytes -= letter->size;
}

static void free_letter(struct letter *letter)
{
    rd_kafka_headers_destroy(letter->headers);
    free(letter);
}

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    (void)rd_kafka_header_add(headers, name, -1, value, -1);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    add_header(headers, name, text);
}

/* The message's own come first, unchanged; whoever reads the letter takes the last of a name. */
static rd_kafka_headers_t *make_headers(const struct message *message, const char *topic,
                                        const char *reason, const char *text)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count + 7);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct message_header *header = &message->headers[i];
        (void)rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.size,
                                  header->value.data, (ssize_t)header->value.size);
    }
    add_header(headers, "rokt-relay.topic", topic);
    add_number(headers, "rokt-relay.partition", message->partition);
    add_number(headers, "rokt-relay.offset", message->offset);
    add_number(headers, "rokt-relay.timestamp", message->timestamp_ms);
    add_header(headers, "rokt-relay.reason", reason);
    add_header(headers, "rokt-relay.message", text);
    add_header(headers, "rokt-relay.version", ROKT_RELAY_VERSION);
    return headers;
}

/* NULL stays NULL, as for Kafka it is not the same as empty. */
static char *put(char **at, struct slice bytes)
{
    if (bytes.data == NULL) {
        return NULL;
    }
    char *start = *at;
    memcpy(start, bytes.data, bytes.size);
    *at += bytes.size;
    return start;
}

static struct letter *make_letter(const struct message *message, const char *reason,
                                  const char *text, struct token token)
{
    /* The topic ends with a NUL, which also lets an empty key or value point to something. */
    size_t size = message->topic.size + 1 + message->key.size + message->value.size;
    struct letter *letter = memory_new(1, sizeof *letter + size);
    char *at = letter->bytes;
    letter->token = token;
    letter->size = size;
    letter->partition = message->partition;
    letter->offset = message->offset;
    letter->timestamp_ms = message->timestamp_ms;
    letter->key = put(&at, message->key);
    letter->key_size = message->key.size;
    letter->value = put(&at, message->value);
    letter->value_size = message->value.size;
    letter->topic = put(&at, message->topic);
    letter->headers = make_headers(message, letter->topic, reason, text);
    return letter;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void add_report(struct kafka_dead_letter *dead_letter, const struct letter *letter,
                       const struct error *error)
{
    struct report *report = memory_new(1, sizeof *report);
    report->report.token = letter->token;
    if (error != NULL) {
        report->report.failed = true;
        report->report.error = *error;
        property_list_scrub(&dead_letter->properties, &report->report.error);
    }
    if (dead_letter->last_report == NULL) {
        dead_letter->first_report = report;
    } else {
        dead_letter->last_report->next = report;
    }
    dead_letter->last_report = report;
}

static bool take_report(struct kafka_dead_letter *dead_letter,
                        struct dead_letter_report *ret_report)
{
    struct report *report = dead_letter->first_report;
    if (report == NULL) {
        return false;
    }
    dead_letter->first_report = report->next;
    if (report->next == NULL) {
        dead_letter->last_report = NULL;
    }
    *ret_report = report->report;
    free(report);
    return true;
}

static void say_failed(struct kafka_dead_letter *dead_letter, const struct letter *letter,
                       const char *why)
{
    struct error error;
    error_set(&error, "the letter of %s [%" PRId32 "] offset %" PRId64 " to \"%s\": %s",
              letter->topic, letter->partition, letter->offset, dead_letter->topic, why);
    add_report(dead_letter, letter, &error);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* What is wrong with the letter itself; brokers refuse the whole batch in which it is. */
static bool is_about_the_letter(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_INVALID_MSG ||
           err == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
           err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
           err == RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD;
}

static void wait_and_retry(struct kafka_dead_letter *dead_letter, struct letter *letter)
{
    letter->state = LETTER_WAITING;
    letter->due_ms = dead_letter->now_ms + RETRY_MS;
}

static void break_producer(struct kafka_dead_letter *dead_letter)
{
    if (!dead_letter->broken) {
        dead_letter->broken = true;
        dead_letter->reopen_due_ms = dead_letter->now_ms + RETRY_MS;
    }
}

/* What passes by itself librdkafka does not tell. An error that is not the letter's own leaves an
 * idempotent producer with a gap in its sequence, or with a topic that it forgets (as of 2.14, and
 * then writes nothing more without a word), so another one tries again. */
static void fail(struct kafka_dead_letter *dead_letter, struct letter *letter,
                 rd_kafka_resp_err_t err)
{
    wait_and_retry(dead_letter, letter);
    say_failed(dead_letter, letter, rd_kafka_err2str(err));
    if (is_about_the_letter(err)) {
        letter->alone = true;
    } else if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        break_producer(dead_letter);
    }
}

/* librdkafka reads key and value from the letter until it reports; it takes over the headers
 * only. */
static rd_kafka_resp_err_t produce(struct kafka_dead_letter *dead_letter, struct letter *letter)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(letter->headers);
    int64_t timestamp_ms = letter->timestamp_ms > 0 ? letter->timestamp_ms : 0; /* 0: now */
    rd_kafka_resp_err_t err = rd_kafka_producev(
        dead_letter->rk, RD_KAFKA_V_TOPIC(dead_letter->topic),
        RD_KAFKA_V_KEY(letter->key, letter->key_size),
        RD_KAFKA_V_VALUE(letter->value, letter->value_size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(letter), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
    }
    return err;
}

static void attempt(struct kafka_dead_letter *dead_letter, struct letter *letter)
{
    rd_kafka_resp_err_t err = produce(dead_letter, letter);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(dead_letter, letter, err);
        return;
    }
    if (dead_letter->sent == 0) {
        dead_letter->progress_ms = dead_letter->now_ms;
    }
    letter->state = LETTER_SENT;
    dead_letter->sent++;
    dead_letter->sent_alone = letter->alone;
}

static bool is_due(const struct kafka_dead_letter *dead_letter, const struct letter *letter)
{
    return letter->state == LETTER_WAITING && letter->due_ms <= dead_letter->now_ms;
}

static struct letter *due_alone(const struct kafka_dead_letter *dead_letter)
{
    struct letter *letter = dead_letter->first;
    while (letter != NULL && !(letter->alone && is_due(dead_letter, letter))) {
        letter = letter->behind;
    }
    return letter;
}

static void send_all_due(struct kafka_dead_letter *dead_letter)
{
    struct letter *letter = dead_letter->first;
    for (; letter != NULL && !dead_letter->broken; letter = letter->behind) {
        if (is_due(dead_letter, letter)) {
            attempt(dead_letter, letter);
        }
    }
}

/* A letter that goes alone waits for those that are under way, and all others wait for it. */
static void send_due(struct kafka_dead_letter *dead_letter)
{
    if (dead_letter->broken || dead_letter->sent_alone || dead_letter->sent == dead_letter->count) {
        return;
    }
    struct letter *alone = due_alone(dead_letter);
    if (alone == NULL) {
        send_all_due(dead_letter);
    } else if (dead_letter->sent == 0) {
        attempt(dead_letter, alone);
    }
}

/* ---- librdkafka's callbacks, all from rd_kafka_poll() ---------------------------------------- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *rkmessage, void *opaque)
{
    struct kafka_dead_letter *dead_letter = opaque;
    struct letter *letter = rkmessage->_private;
    (void)rk;
    assert(letter->state == LETTER_SENT);
    dead_letter->sent--;
    dead_letter->sent_alone = false;
    if (rkmessage->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(dead_letter, letter, rkmessage->err);
        return;
    }
    dead_letter->progress_ms = dead_letter->now_ms;
    dead_letter->overdue = 0;
    add_report(dead_letter, letter, NULL);
    unlink_letter(dead_letter, letter);
    free_letter(letter);
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct kafka_dead_letter *dead_letter = opaque;
    error_set(&dead_letter->last_text, "%s", reason);
    if (err == RD_KAFKA_RESP_ERR__FATAL) {
        char fatal[ERROR_SIZE] = "";
        (void)rd_kafka_fatal_error(rk, fatal, sizeof fatal);
        error_set(&dead_letter->last_text, "%s", fatal);
        break_producer(dead_letter);
    }
}

#define LOG_WARNING_LEVEL 4 /* syslog's */

/* Only what may explain why a letter is not written is kept. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    (void)facility;
    if (rk != NULL && level <= LOG_WARNING_LEVEL) {
        struct kafka_dead_letter *dead_letter = rd_kafka_opaque(rk);
        error_set(&dead_letter->last_text, "%s", line);
    }
}

/* ---- the producer ---------------------------------------------------------------------------- */

static bool open_producer(struct kafka_dead_letter *dead_letter, struct error *error)
{
    static const uint64_t one = 1; /* what an eventfd wants to be written */
    char reason[ERROR_SIZE];
    rd_kafka_conf_t *conf =
        property_list_configure(&dead_letter->properties, PROPERTY_PRODUCER, error);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, dead_letter);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    dead_letter->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (dead_letter->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "%s", reason);
        property_list_scrub(&dead_letter->properties, error);
        return false;
    }
    (void)rd_kafka_set_log_queue(dead_letter->rk, NULL);
    dead_letter->queue = rd_kafka_queue_get_main(dead_letter->rk);
    rd_kafka_queue_io_event_enable(dead_letter->queue, dead_letter->wake_fd, &one, sizeof one);
    return true;
}

/* What was sent is not reported any more. The letters must still be there until it is closed. */
static void close_producer(struct kafka_dead_letter *dead_letter)
{
    if (dead_letter->rk == NULL) {
        return;
    }
    (void)rd_kafka_purge(dead_letter->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                              RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_queue_destroy(dead_letter->queue);
    rd_kafka_destroy(dead_letter->rk);
    dead_letter->rk = NULL;
    for (struct letter *letter = dead_letter->first; letter != NULL; letter = letter->behind) {
        if (letter->state == LETTER_SENT) {
            letter->state = LETTER_WAITING; /* due at once, as it was */
        }
    }
    dead_letter->sent = 0;
    dead_letter->sent_alone = false;
}

/* What was under way may be written twice: better than not at all. */
static void reopen(struct kafka_dead_letter *dead_letter)
{
    struct error error;
    close_producer(dead_letter);
    dead_letter->overdue = 0;
    dead_letter->broken = false;
    if (!open_producer(dead_letter, &error)) {
        break_producer(dead_letter);
        if (dead_letter->first != NULL) {
            say_failed(dead_letter, dead_letter->first, error.text);
        }
    }
}

static void say_overdue(struct kafka_dead_letter *dead_letter)
{
    struct letter *letter = dead_letter->first;
    if (dead_letter->sent == 0 || dead_letter->now_ms - dead_letter->progress_ms < OVERDUE_MS) {
        return;
    }
    while (letter->state != LETTER_SENT) {
        letter = letter->behind;
    }
    struct error why;
    error_set(&why, "no acknowledgement for %d s; last heard: %s", OVERDUE_MS / 1000,
              dead_letter->last_text.text[0] == '\0' ? "nothing" : dead_letter->last_text.text);
    say_failed(dead_letter, letter, why.text);
    dead_letter->progress_ms = dead_letter->now_ms;
    if (++dead_letter->overdue == OVERDUE_MAX) {
        break_producer(dead_letter);
    }
}

static void serve(struct kafka_dead_letter *dead_letter)
{
    if (dead_letter->rk != NULL) {
        (void)rd_kafka_poll(dead_letter->rk, 0);
    }
    if (dead_letter->broken && dead_letter->now_ms >= dead_letter->reopen_due_ms) {
        reopen(dead_letter);
    }
    send_due(dead_letter);
    say_overdue(dead_letter);
}

/* ---- the interface --------------------------------------------------------------------------- */

static bool has_room(const struct dead_letter *base)
{
    const struct kafka_dead_letter *dead_letter = (const struct kafka_dead_letter *)base;
    return dead_letter->count < LETTERS_MAX && dead_letter->bytes < BYTES_MAX;
}

static void send_letter(struct dead_letter *base, const struct message *message, const char *reason,
                        const char *text, struct token token)
{
    struct kafka_dead_letter *dead_letter = kafka_dead_letter(base);
    struct letter *letter = make_letter(message, reason, text, token);
    letter->due_ms = dead_letter->now_ms;
    link_letter(dead_letter, letter);
    send_due(dead_letter);
}

static bool reap(struct dead_letter *base, int64_t now_ms, struct dead_letter_report *ret_report)
{
    struct kafka_dead_letter *dead_letter = kafka_dead_letter(base);
    if (dead_letter->now_ms == 0) {
        dead_letter->progress_ms = now_ms; /* until now nobody had said what time it is */
    }
    dead_letter->now_ms = now_ms;
    if (take_report(dead_letter, ret_report)) {
        return true;
    }
    serve(dead_letter);
    return take_report(dead_letter, ret_report);
}

static void free_dead_letter(struct dead_letter *base)
{
    struct kafka_dead_letter *dead_letter = kafka_dead_letter(base);
    struct dead_letter_report ignored;
    close_producer(dead_letter);
    struct letter *letter = dead_letter->first;
    while (letter != NULL) {
        struct letter *behind = letter->behind;
        free_letter(letter);
        letter = behind;
    }
    while (take_report(dead_letter, &ignored)) {
    }
    property_list_done(&dead_letter->properties);
    free(dead_letter->topic);
    free(dead_letter);
}

static const struct dead_letter_operations operations = {
    .has_room = has_room,
    .send = send_letter,
    .reap = reap,
    .free = free_dead_letter,
};

struct dead_letter *dead_letter_new(const struct consumer_property properties[],
                                    size_t property_count, const char *topic, int wake_fd,
                                    struct error *error)
{
    struct kafka_dead_letter *dead_letter = memory_new(1, sizeof *dead_letter);
    dead_letter->dead_letter.operations = &operations;
    dead_letter->topic = memory_string(slice_of(topic));
    dead_letter->wake_fd = wake_fd;
    property_list_init(&dead_letter->properties, properties, property_count);
    if (!open_producer(dead_letter, error)) {
        free_dead_letter(&dead_letter->dead_letter);
        return NULL;
    }
    return &dead_letter->dead_letter;
}
