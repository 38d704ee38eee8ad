/* event_queue: what the pipeline has not been told yet.
 *
 * Private to the room. Events keep their order, but for those that name partitions: while one of
 * them waits to be answered, the next such one stays back, and lines of text pass it. Lines are
 * bounded: what comes on top is counted and said in one line. All-zero is a valid empty queue. */
#ifndef KAFKA_EVENT_QUEUE_H
#define KAFKA_EVENT_QUEUE_H

#include "kafka/consumer.h"

#include <stdbool.h>
#include <stddef.h>

#define EVENT_QUEUE_LINES_MAX 100

struct queued_event;

struct event_queue {
    struct queued_event *first;
    struct queued_event *last;
    struct queued_event *given; /* out last: valid until the next one is taken */
    size_t assignments;         /* assigned, revoked, lost */
    size_t lines;               /* errors and other lines */
    size_t left_out;            /* of them, those that found no room */
    size_t errors_left_out;     /* of those, the errors */
};

void event_queue_done(struct event_queue *queue);

/* ASSIGNED, REVOKED or LOST. `partitions` is copied, the topics' names are not. */
void event_queue_assignment(struct event_queue *queue, enum consumer_event_kind kind,
                            const struct consumer_partition partitions[], size_t count);

/* ERROR, NOTICE, LOG, FATAL or FENCED. `partition` is the one that gives no more messages because of it, or NULL. */
void event_queue_line(struct event_queue *queue, enum consumer_event_kind kind, const char *code,
                      const struct error *text, const struct consumer_partition *partition);

/* COMMITTED. `failure` says why it failed and is NULL when it did not. */
void event_queue_committed(struct event_queue *queue, const char *code,
                           const struct error *failure);

/* Whether there is one that may be given out: while a REVOKED or LOST is unanswered, none that
 * names partitions may. */
bool event_queue_waits(const struct event_queue *queue, bool assignments_too);

/* The next such event; false when there is none. */
bool event_queue_take(struct event_queue *queue, bool assignments_too,
                      struct consumer_event *ret_event);

#endif
