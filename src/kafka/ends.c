#include "ends.h"

#include <stddef.h>

void ends_init(struct ends *ends, rd_kafka_t *rk)
{
    *ends = (struct ends){.rk = rk, .answers = rd_kafka_queue_new(rk)};
}

void ends_done(struct ends *ends)
{
    rd_kafka_queue_destroy(ends->answers);
    *ends = (struct ends){0};
}

void ends_hurry(struct ends *ends)
{
    ends->due_ms = 0;
}

bool ends_is_due(const struct ends *ends, int64_t now_ms)
{
    return !ends->under_way && now_ms >= ends->due_ms;
}

/* Options that librdkafka refuses keep their defaults, which are longer, or see too much. */
static rd_kafka_AdminOptions_t *options(const struct ends *ends)
{
    char reason[64];
    rd_kafka_AdminOptions_t *made =
        rd_kafka_AdminOptions_new(ends->rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
    rd_kafka_error_t *error =
        rd_kafka_AdminOptions_set_isolation_level(made, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
    rd_kafka_error_destroy(error);
    (void)rd_kafka_AdminOptions_set_request_timeout(made, ENDS_TIMEOUT_MS, reason, sizeof reason);
    return made;
}

void ends_ask(struct ends *ends, const rd_kafka_topic_partition_list_t *partitions, int64_t now_ms)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_AdminOptions_t *made = options(ends);
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_SPEC_LATEST;
    }
    rd_kafka_ListOffsets(ends->rk, list, made, ends->answers);
    rd_kafka_AdminOptions_destroy(made);
    rd_kafka_topic_partition_list_destroy(list);
    ends->under_way = true;
    ends->due_ms = now_ms + ENDS_INTERVAL_MS;
}

rd_kafka_event_t *ends_reap(struct ends *ends)
{
    rd_kafka_event_t *event = ends->under_way ? rd_kafka_queue_poll(ends->answers, 0) : NULL;
    if (event != NULL) {
        ends->under_way = false;
    }
    return event;
}
