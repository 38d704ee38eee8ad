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

enum parcel_state {
    PARCEL_WAITING, /* to be given to librdkafka, not before `due_ms` */
    PARCEL_SENT     /* given to librdkafka, which has not reported yet */
};

/* A letter, and how far it has come. */
struct parcel {
    struct parcel *before;
    struct parcel *behind;
    enum parcel_state state;
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

    struct parcel *first; /* all that are not acknowledged, the oldest first */
    struct parcel *last;
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
    struct arena arena;     /* of the headers at hand */
};

static struct kafka_dead_letter *kafka_dead_letter(struct dead_letter *dead_letter)
{
    return (struct kafka_dead_letter *)dead_letter;
}

/* ---- letters --------------------------------------------------------------------------------- */

static void link_parcel(struct kafka_dead_letter *dead_letter, struct parcel *parcel)
{
    parcel->before = dead_letter->last;
    if (dead_letter->last == NULL) {
        dead_letter->first = parcel;
    } else {
        dead_letter->last->behind = parcel;
    }
    dead_letter->last = parcel;
    dead_letter->count++;
    dead_letter->bytes += parcel->size;
}

static void unlink_parcel(struct kafka_dead_letter *dead_letter, struct parcel *parcel)
{
    if (parcel->before == NULL) {
        dead_letter->first = parcel->behind;
    } else {
        parcel->before->behind = parcel->behind;
    }
    if (parcel->behind == NULL) {
        dead_letter->last = parcel->before;
    } else {
        parcel->behind->before = parcel->before;
    }
    dead_letter->count--;
    dead_letter->bytes -= parcel->size;
}

static void free_parcel(struct parcel *parcel)
{
    rd_kafka_headers_destroy(parcel->headers);
    free(parcel);
}

/* Their bytes count like those of key and value. */
static rd_kafka_headers_t *make_headers(struct kafka_dead_letter *dead_letter,
                                        const struct message *message, const struct letter *letter,
                                        size_t *size)
{
    const struct message_header *list;
    arena_reset(&dead_letter->arena);
    size_t count = letter_headers(letter, message, &dead_letter->arena, &list);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++) {
        (void)rd_kafka_header_add(headers, list[i].name.data, (ssize_t)list[i].name.size,
                                  list[i].value.data, (ssize_t)list[i].value.size);
        *size += list[i].name.size + list[i].value.size;
    }
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

static struct parcel *make_parcel(struct kafka_dead_letter *dead_letter,
                                  const struct message *message, const struct letter *letter,
                                  struct token token)
{
    /* The topic ends with a NUL, which also lets an empty key or value point to something. */
    size_t size = message->topic.size + 1 + message->key.size + message->value.size;
    struct parcel *parcel = memory_new(1, sizeof *parcel + size);
    char *at = parcel->bytes;
    parcel->token = token;
    parcel->size = size;
    parcel->partition = message->partition;
    parcel->offset = message->offset;
    parcel->timestamp_ms = letter->timestamp_ms;
    parcel->key = put(&at, message->key);
    parcel->key_size = message->key.size;
    parcel->value = put(&at, message->value);
    parcel->value_size = message->value.size;
    parcel->topic = put(&at, message->topic);
    parcel->headers = make_headers(dead_letter, message, letter, &parcel->size);
    return parcel;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void add_report(struct kafka_dead_letter *dead_letter, const struct parcel *parcel,
                       const struct error *error)
{
    struct report *report = memory_new(1, sizeof *report);
    report->report.token = parcel->token;
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

static void say_failed(struct kafka_dead_letter *dead_letter, const struct parcel *parcel,
                       const char *why)
{
    struct error error;
    error_set(&error, "the letter of %s [%" PRId32 "] offset %" PRId64 " to \"%s\": %s",
              parcel->topic, parcel->partition, parcel->offset, dead_letter->topic, why);
    add_report(dead_letter, parcel, &error);
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

static void wait_and_retry(struct kafka_dead_letter *dead_letter, struct parcel *parcel)
{
    parcel->state = PARCEL_WAITING;
    parcel->due_ms = dead_letter->now_ms + RETRY_MS;
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
static void fail(struct kafka_dead_letter *dead_letter, struct parcel *parcel,
                 rd_kafka_resp_err_t err)
{
    wait_and_retry(dead_letter, parcel);
    say_failed(dead_letter, parcel, rd_kafka_err2str(err));
    if (is_about_the_letter(err)) {
        parcel->alone = true;
    } else if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        break_producer(dead_letter);
    }
}

/* librdkafka reads key and value from the letter until it reports; it takes over the headers
 * only. */
static rd_kafka_resp_err_t produce(struct kafka_dead_letter *dead_letter, struct parcel *parcel)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(parcel->headers);
    int64_t timestamp_ms = parcel->timestamp_ms > 0 ? parcel->timestamp_ms : 0; /* 0: now */
    rd_kafka_resp_err_t err = rd_kafka_producev(
        dead_letter->rk, RD_KAFKA_V_TOPIC(dead_letter->topic),
        RD_KAFKA_V_KEY(parcel->key, parcel->key_size),
        RD_KAFKA_V_VALUE(parcel->value, parcel->value_size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(parcel), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
    }
    return err;
}

static void attempt(struct kafka_dead_letter *dead_letter, struct parcel *parcel)
{
    rd_kafka_resp_err_t err = produce(dead_letter, parcel);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(dead_letter, parcel, err);
        return;
    }
    if (dead_letter->sent == 0) {
        dead_letter->progress_ms = dead_letter->now_ms;
    }
    parcel->state = PARCEL_SENT;
    dead_letter->sent++;
    dead_letter->sent_alone = parcel->alone;
}

static bool is_due(const struct kafka_dead_letter *dead_letter, const struct parcel *parcel)
{
    return parcel->state == PARCEL_WAITING && parcel->due_ms <= dead_letter->now_ms;
}

static struct parcel *due_alone(const struct kafka_dead_letter *dead_letter)
{
    struct parcel *parcel = dead_letter->first;
    while (parcel != NULL && !(parcel->alone && is_due(dead_letter, parcel))) {
        parcel = parcel->behind;
    }
    return parcel;
}

static void send_all_due(struct kafka_dead_letter *dead_letter)
{
    struct parcel *parcel = dead_letter->first;
    for (; parcel != NULL && !dead_letter->broken; parcel = parcel->behind) {
        if (is_due(dead_letter, parcel)) {
            attempt(dead_letter, parcel);
        }
    }
}

/* A letter that goes alone waits for those that are under way, and all others wait for it. */
static void send_due(struct kafka_dead_letter *dead_letter)
{
    if (dead_letter->broken || dead_letter->sent_alone || dead_letter->sent == dead_letter->count) {
        return;
    }
    struct parcel *alone = due_alone(dead_letter);
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
    struct parcel *parcel = rkmessage->_private;
    (void)rk;
    assert(parcel->state == PARCEL_SENT);
    dead_letter->sent--;
    dead_letter->sent_alone = false;
    if (rkmessage->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(dead_letter, parcel, rkmessage->err);
        return;
    }
    dead_letter->progress_ms = dead_letter->now_ms;
    dead_letter->overdue = 0;
    add_report(dead_letter, parcel, NULL);
    unlink_parcel(dead_letter, parcel);
    free_parcel(parcel);
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
    for (struct parcel *parcel = dead_letter->first; parcel != NULL; parcel = parcel->behind) {
        if (parcel->state == PARCEL_SENT) {
            parcel->state = PARCEL_WAITING; /* due at once, as it was */
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
    struct parcel *parcel = dead_letter->first;
    if (dead_letter->sent == 0 || dead_letter->now_ms - dead_letter->progress_ms < OVERDUE_MS) {
        return;
    }
    while (parcel->state != PARCEL_SENT) {
        parcel = parcel->behind;
    }
    struct error why;
    error_set(&why, "no acknowledgement for %d s; last heard: %s", OVERDUE_MS / 1000,
              dead_letter->last_text.text[0] == '\0' ? "nothing" : dead_letter->last_text.text);
    say_failed(dead_letter, parcel, why.text);
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

static void send_letter(struct dead_letter *base, const struct message *message,
                        const struct letter *letter, struct token token)
{
    struct kafka_dead_letter *dead_letter = kafka_dead_letter(base);
    struct parcel *parcel = make_parcel(dead_letter, message, letter, token);
    parcel->due_ms = dead_letter->now_ms;
    link_parcel(dead_letter, parcel);
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
    struct parcel *parcel = dead_letter->first;
    while (parcel != NULL) {
        struct parcel *behind = parcel->behind;
        free_parcel(parcel);
        parcel = behind;
    }
    while (take_report(dead_letter, &ignored)) {
    }
    property_list_done(&dead_letter->properties);
    arena_done(&dead_letter->arena);
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
    arena_init(&dead_letter->arena, 0);
    property_list_init(&dead_letter->properties, properties, property_count);
    if (!open_producer(dead_letter, error)) {
        free_dead_letter(&dead_letter->dead_letter);
        return NULL;
    }
    return &dead_letter->dead_letter;
}
