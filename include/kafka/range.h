/* range: the messages of a topic from one place to another, read once, without a group.
 *
 * For whoever looks at a topic and leaves no trace there: no group is joined, nothing is committed.
 * What is to be read is settled by the selection: messages that are written later are not part of
 * it, so that it ends on a topic that grows. Partitions come one after the other, each in its order,
 * so that no more than one of them is fetched ahead. Messages of transactions that were aborted are
 * not among them. One thread. Each call waits for the brokers for a bounded time, and fails then. */
#ifndef KAFKA_RANGE_H
#define KAFKA_RANGE_H

#include "base/error.h"
#include "kafka/consumer.h"
#include "mapping/message.h"

#include <stdint.h>

#define RANGE_ALWAYS INT64_MIN /* since the first message */
#define RANGE_NEVER INT64_MAX  /* until the last one that there is */

struct range;

/* Properties as consumer_new() has them; those of groups do not matter. The brokers are asked for the
 * topic at once. NULL when none answers, or there is no such topic, or it may not be read; the text
 * holds no secret. */
struct range *range_new(const struct consumer_property properties[], size_t property_count,
                        const char *topic, struct error *error);
void range_free(struct range *range);

/* One of these comes before the first range_next(), once.
 *
 * One offset: whatever has that one and no other. False when the topic has no such partition, or the
 * partition no such offset; the text says which there are. */
__attribute__((warn_unused_result)) bool range_select_offset(struct range *range, int32_t partition,
                                                             int64_t offset, struct error *error);

/* The offsets from `first` to `last` of one partition; may be called for others too, each once. False as
 * above, when one of the two is not there. */
__attribute__((warn_unused_result)) bool range_select_part(struct range *range, int32_t partition,
                                                           int64_t first, int64_t last,
                                                           struct error *error);

/* Of all partitions: from the first message with a timestamp of `since_ms` or later to the one before
 * the first with one of `until_ms` or later; in milliseconds since 1970-01-01T00:00:00Z. */
__attribute__((warn_unused_result)) bool range_select_times(struct range *range, int64_t since_ms,
                                                            int64_t until_ms, struct error *error);

/* Of each partition the last `count` offsets before `until_ms`, of which some may be no messages. */
__attribute__((warn_unused_result)) bool range_select_last(struct range *range, int64_t count,
                                                           int64_t until_ms, struct error *error);

/* Takes out of the selection what the group has committed. */
__attribute__((warn_unused_result)) bool
range_skip_committed(struct range *range, const char *group, struct error *error);

/* The selected offsets of a partition, from `ret_from` to the one before `ret_to`; none when they are
 * equal. False when there is no such partition. */
bool range_span(const struct range *range, size_t partition, int64_t *ret_from, int64_t *ret_to);

enum range_step {
    RANGE_MESSAGE, /* `ret_message`, valid until the next call */
    RANGE_END,     /* all that was selected has been read */
    RANGE_FAILED   /* `error` */
};

enum range_step range_next(struct range *range, struct message *ret_message, struct error *error);

/* How many offsets are selected, and how many of them are past: as many as messages, or more. */
int64_t range_selected(const struct range *range);
int64_t range_passed(const struct range *range);

#endif
