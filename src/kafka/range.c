#include "kafka/range.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "property.h"
#include "record.h"

#include <inttypes.h>
#include <stdlib.h>

/* How long the brokers may take for an answer, and for the next messages. */
#define ANSWER_MS 15000
#define SILENCE_MS 30000
#define POLL_MS 500 /* how often it is seen meanwhile why nothing comes */

/* Offsets of a partition. */
struct span {
    int64_t from;
    int64_t to; /* behind the last one */
};

struct range {
    struct property_list properties;
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt;
    char *topic;
    struct span *spans; /* by partition: what is selected; all-zero: nothing */
    int32_t partition_count;
    int64_t selected;

    int32_t current;  /* the partition that is read */
    bool started;     /* librdkafka fetches it */
    int64_t position; /* the next offset of it */
    rd_kafka_message_t *rkmessage;
    struct arena headers;
    struct error trouble; /* the last that librdkafka had; empty: none */
};

/* ---- what librdkafka says --------------------------------------------------------------------- */

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct range *range = opaque;
    (void)rk;
    (void)err;
    error_set(&range->trouble, "%s", reason);
    property_list_scrub(&range->properties, &range->trouble);
}

/* What is wrong comes as an error as well. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)line;
}

/* The answer that did not come, and why, if librdkafka knows. */
static void say_failure(struct range *range, const char *question, rd_kafka_resp_err_t err,
                        struct error *error)
{
    (void)rd_kafka_poll(range->rk, 0);
    const char *trouble = range->trouble.text;
    error_set(error, "%s: %s%s%s", question, rd_kafka_err2str(err), trouble[0] == '\0' ? "" : ": ",
              trouble);
}

/* ---- the topic -------------------------------------------------------------------------------- */

static bool connect_to(struct range *range, struct error *error)
{
    char reason[ERROR_SIZE];
    rd_kafka_conf_t *conf = property_list_configure(&range->properties, PROPERTY_READER, error);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, range);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    range->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (range->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "%s", reason);
        property_list_scrub(&range->properties, error);
        return false;
    }
    (void)rd_kafka_set_log_queue(range->rk, NULL);
    range->rkt = rd_kafka_topic_new(range->rk, range->topic, NULL);
    return true;
}

static bool read_topic(struct range *range, const struct rd_kafka_metadata *metadata,
                       struct error *error)
{
    const struct rd_kafka_metadata_topic *topic = metadata->topics;
    bool none = metadata->topic_cnt == 0 || topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                (topic->err == RD_KAFKA_RESP_ERR_NO_ERROR && topic->partition_cnt == 0);
    if (none) {
        error_set(error, "there is no topic \"%s\"", range->topic);
        return false;
    }
    if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "the topic \"%s\": %s", range->topic, rd_kafka_err2str(topic->err));
        return false;
    }
    range->partition_count = topic->partition_cnt;
    range->spans = memory_new((size_t)topic->partition_cnt, sizeof *range->spans);
    return true;
}

static bool ask_topic(struct range *range, struct error *error)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(range->rk, 0, range->rkt, &metadata, ANSWER_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        say_failure(range, "no broker answers", err, error);
        return false;
    }
    bool fine = read_topic(range, metadata, error);
    rd_kafka_metadata_destroy(metadata);
    return fine;
}

struct range *range_new(const struct consumer_property properties[], size_t property_count,
                        const char *topic, struct error *error)
{
    struct range *range = memory_new(1, sizeof *range);
    range->topic = memory_string(slice_of(topic));
    property_list_init(&range->properties, properties, property_count);
    arena_init(&range->headers, 0);
    if (connect_to(range, error) && ask_topic(range, error)) {
        return range;
    }
    range_free(range);
    return NULL;
}

static void stop(struct range *range)
{
    if (range->rkmessage != NULL) {
        rd_kafka_message_destroy(range->rkmessage);
        range->rkmessage = NULL;
    }
    if (range->started) {
        (void)rd_kafka_consume_stop(range->rkt, range->current);
        range->started = false;
    }
}

void range_free(struct range *range)
{
    if (range == NULL) {
        return;
    }
    if (range->rk != NULL) {
        stop(range);
        rd_kafka_topic_destroy(range->rkt);
        rd_kafka_destroy(range->rk);
    }
    free(range->spans);
    free(range->topic);
    arena_done(&range->headers);
    property_list_done(&range->properties);
    free(range);
}

/* ---- selections ------------------------------------------------------------------------------- */

static bool ask_bounds(struct range *range, int32_t partition, struct span *ret_span,
                       struct error *error)
{
    struct span span = {0, 0};
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(range->rk, range->topic, partition,
                                                               &span.from, &span.to, ANSWER_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        say_failure(range, "the offsets that there are cannot be found out", err, error);
        return false;
    }
    *ret_span = span;
    return true;
}

/* Nothing, when `to` is not behind `from`. */
static void select_span(struct range *range, int32_t partition, int64_t from, int64_t to)
{
    if (from < to) {
        range->spans[partition] = (struct span){from, to};
        range->selected += to - from;
    }
}

static bool has_partition(const struct range *range, int32_t partition, struct error *error)
{
    if (partition >= 0 && partition < range->partition_count) {
        return true;
    }
    error_set(error, "the topic \"%s\" has no partition %" PRId32 ": it has 0 to %" PRId32,
              range->topic, partition, range->partition_count - 1);
    return false;
}

static bool has_offset(const struct range *range, int32_t partition, int64_t offset,
                       const struct span *bounds, struct error *error)
{
    if (offset >= bounds->from && offset < bounds->to) {
        return true;
    }
    if (bounds->from == bounds->to) {
        error_set(error, "partition %" PRId32 " of \"%s\" is empty; its next offset is %" PRId64,
                  partition, range->topic, bounds->to);
    } else {
        error_set(error,
                  "partition %" PRId32 " of \"%s\" has no offset %" PRId64 ": it has %" PRId64
                  " to %" PRId64 "%s",
                  partition, range->topic, offset, bounds->from, bounds->to - 1,
                  offset < bounds->from ? "; what was before has been deleted" : "");
    }
    return false;
}

bool range_select_part(struct range *range, int32_t partition, int64_t first, int64_t last,
                       struct error *error)
{
    struct span bounds;
    if (!has_partition(range, partition, error) || !ask_bounds(range, partition, &bounds, error) ||
        !has_offset(range, partition, first, &bounds, error) ||
        !has_offset(range, partition, last, &bounds, error)) {
        return false;
    }
    select_span(range, partition, first, last + 1);
    return true;
}

bool range_select_offset(struct range *range, int32_t partition, int64_t offset,
                         struct error *error)
{
    return range_select_part(range, partition, offset, offset, error);
}

/* The offset of the first message of that time or later; `none` when there is none. */
static bool ask_time(struct range *range, int32_t partition, int64_t time_ms, int64_t none,
                     int64_t *ret_offset, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *rktpar =
        rd_kafka_topic_partition_list_add(list, range->topic, partition);
    rktpar->offset = time_ms;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(range->rk, list, ANSWER_MS);
    err = err == RD_KAFKA_RESP_ERR_NO_ERROR ? rktpar->err : err;
    bool fine = err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fine) {
        *ret_offset = rktpar->offset < 0 ? none : rktpar->offset;
    } else {
        say_failure(range, "the offsets of that time cannot be found out", err, error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return fine;
}

/* What there is of the partition within the times. */
static bool ask_span(struct range *range, int32_t partition, int64_t since_ms, int64_t until_ms,
                     struct span *ret_span, struct error *error)
{
    struct span bounds;
    if (!ask_bounds(range, partition, &bounds, error)) {
        return false;
    }
    *ret_span = bounds;
    return (since_ms == RANGE_ALWAYS ||
            ask_time(range, partition, since_ms, bounds.to, &ret_span->from, error)) &&
           (until_ms == RANGE_NEVER ||
            ask_time(range, partition, until_ms, bounds.to, &ret_span->to, error));
}

bool range_select_times(struct range *range, int64_t since_ms, int64_t until_ms,
                        struct error *error)
{
    for (int32_t partition = 0; partition < range->partition_count; partition++) {
        struct span span;
        if (!ask_span(range, partition, since_ms, until_ms, &span, error)) {
            return false;
        }
        select_span(range, partition, span.from, span.to);
    }
    return true;
}

bool range_select_last(struct range *range, int64_t count, int64_t until_ms, struct error *error)
{
    for (int32_t partition = 0; partition < range->partition_count; partition++) {
        struct span span;
        if (!ask_span(range, partition, RANGE_ALWAYS, until_ms, &span, error)) {
            return false;
        }
        bool all = span.to - span.from <= count;
        select_span(range, partition, all ? span.from : span.to - count, span.to);
    }
    return true;
}

/* ---- what a group has done -------------------------------------------------------------------- */

/* Only whoever names a group may ask what it has committed. */
static rd_kafka_t *open_for(struct range *range, const char *group, struct error *error)
{
    char reason[ERROR_SIZE];
    rd_kafka_conf_t *conf = property_list_configure(&range->properties, PROPERTY_CONSUMER, error);
    if (conf == NULL) {
        return NULL;
    }
    (void)rd_kafka_conf_set(conf, "group.id", group, reason, sizeof reason);
    rd_kafka_conf_set_opaque(conf, range);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "%s", reason);
        property_list_scrub(&range->properties, error);
    }
    return rk;
}

static rd_kafka_topic_partition_list_t *list_partitions(const struct range *range)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(range->partition_count);
    for (int32_t i = 0; i < range->partition_count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, range->topic, i);
    }
    return list;
}

static void skip_to(struct range *range, int32_t partition, int64_t offset)
{
    struct span span = range->spans[partition];
    if (offset > span.from) {
        range->selected -= span.to - span.from;
        range->spans[partition] = (struct span){0, 0};
        select_span(range, partition, offset, span.to);
    }
}

static bool ask_committed(struct range *range, rd_kafka_t *rk, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = list_partitions(range);
    rd_kafka_resp_err_t err = rd_kafka_committed(rk, list, ANSWER_MS);
    for (int i = 0; i < list->cnt && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        err = list->elems[i].err;
        skip_to(range, list->elems[i].partition, list->elems[i].offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        say_failure(range, "what the group has committed cannot be found out", err, error);
    }
    return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool range_skip_committed(struct range *range, const char *group, struct error *error)
{
    rd_kafka_t *rk = open_for(range, group, error);
    if (rk == NULL) {
        return false;
    }
    bool fine = ask_committed(range, rk, error);
    rd_kafka_destroy(rk);
    return fine;
}

bool range_span(const struct range *range, size_t partition, int64_t *ret_from, int64_t *ret_to)
{
    if (partition >= (size_t)range->partition_count) {
        return false;
    }
    *ret_from = range->spans[partition].from;
    *ret_to = range->spans[partition].to;
    return true;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool start(struct range *range, struct error *error)
{
    range->position = range->spans[range->current].from;
    if (rd_kafka_consume_start(range->rkt, range->current, range->position) != 0) {
        error_set(error, "partition %" PRId32 " cannot be read: %s", range->current,
                  rd_kafka_err2str(rd_kafka_last_error()));
        return false;
    }
    range->started = true;
    return true;
}

static int64_t now_ms(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock.monotonic_ms;
}

/* The partition's next message, or event. */
static bool await(struct range *range, struct error *error)
{
    int64_t end_ms = now_ms() + SILENCE_MS;
    if (range->rkmessage != NULL) {
        rd_kafka_message_destroy(range->rkmessage);
        range->rkmessage = NULL;
    }
    do {
        (void)rd_kafka_poll(range->rk, 0);
        range->rkmessage = rd_kafka_consume(range->rkt, range->current, POLL_MS);
    } while (range->rkmessage == NULL && now_ms() < end_ms);
    if (range->rkmessage == NULL) {
        say_failure(range, "the brokers send nothing more", RD_KAFKA_RESP_ERR__TIMED_OUT, error);
    }
    return range->rkmessage != NULL;
}

static bool is_over(const struct range *range)
{
    return range->position >= range->spans[range->current].to;
}

/* What is no message: that the partition has ended, or that something cannot be read. */
static bool take_event(struct range *range, struct error *error)
{
    const rd_kafka_message_t *rkmessage = range->rkmessage;
    if (rkmessage->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        range->position = range->spans[range->current].to;
        return true;
    }
    error_set(error, "partition %" PRId32 " of \"%s\" cannot be read at offset %" PRId64 ": %s",
              range->current, range->topic, range->position, rd_kafka_message_errstr(rkmessage));
    property_list_scrub(&range->properties, error);
    return false;
}

/* Reads on in the partition: a message within the span, or its end, where librdkafka gives what stands
 * behind it. */
static enum range_step read_on(struct range *range, struct message *ret_message,
                               struct error *error)
{
    while (!is_over(range)) {
        if (!await(range, error)) {
            return RANGE_FAILED;
        }
        if (range->rkmessage->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (!take_event(range, error)) {
                return RANGE_FAILED;
            }
            continue;
        }
        range->position = range->rkmessage->offset;
        if (!is_over(range)) {
            arena_reset(&range->headers);
            range->position++;
            if (!record_read(range->rkmessage, &range->headers, ret_message)) {
                error_set(error, "the headers at offset %" PRId64 " are damaged",
                          range->rkmessage->offset);
                return RANGE_FAILED;
            }
            ret_message->topic = slice_of(range->topic);
            return RANGE_MESSAGE;
        }
    }
    return RANGE_END;
}

enum range_step range_next(struct range *range, struct message *ret_message, struct error *error)
{
    for (; range->current < range->partition_count; range->current++) {
        const struct span *span = &range->spans[range->current];
        if (span->from == span->to) {
            continue;
        }
        if (!range->started && !start(range, error)) {
            return RANGE_FAILED;
        }
        enum range_step step = read_on(range, ret_message, error);
        if (step != RANGE_END) {
            return step;
        }
        stop(range);
    }
    return RANGE_END;
}

int64_t range_selected(const struct range *range)
{
    return range->selected;
}

int64_t range_passed(const struct range *range)
{
    int64_t passed = 0;
    for (int32_t i = 0; i < range->current; i++) {
        passed += range->spans[i].to - range->spans[i].from;
    }
    if (range->started) {
        const struct span *span = &range->spans[range->current];
        int64_t position = range->position < span->to ? range->position : span->to;
        passed += position - span->from;
    }
    return passed;
}
