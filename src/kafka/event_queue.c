#include "event_queue.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define CODE_SIZE 64 /* librdkafka's names are shorter */

struct queued_event {
    struct queued_event *next;
    struct consumer_event event; /* points to what follows */
    char code[CODE_SIZE];
    struct consumer_partition partitions[];
};

void event_queue_done(struct event_queue *queue)
{
    while (queue->first != NULL) {
        struct queued_event *next = queue->first->next;
        free(queue->first);
        queue->first = next;
    }
    free(queue->given);
    *queue = (struct event_queue){0};
}

static struct queued_event *append(struct event_queue *queue, enum consumer_event_kind kind,
                                   const struct consumer_partition partitions[], size_t count,
                                   const char *code)
{
    struct queued_event *queued =
        memory_new(1, sizeof *queued + count * sizeof(struct consumer_partition));
    for (size_t i = 0; i < count; i++) {
        queued->partitions[i] = partitions[i];
    }
    (void)snprintf(queued->code, sizeof queued->code, "%s", code);
    queued->event.kind = kind;
    queued->event.partitions = queued->partitions;
    queued->event.partition_count = count;
    queued->event.code = queued->code;
    if (queue->first == NULL) {
        queue->first = queued;
    } else {
        queue->last->next = queued;
    }
    queue->last = queued;
    return queued;
}

void event_queue_assignment(struct event_queue *queue, enum consumer_event_kind kind,
                            const struct consumer_partition partitions[], size_t count)
{
    (void)append(queue, kind, partitions, count, "");
    queue->assignments++;
}

/* How many lines of the kind find room: those that tell no trouble leave half of it to those that do. A
 * line that names a partition is never left out, as nobody says it again; nor is a fatal one. */
static size_t room_for(enum consumer_event_kind kind, bool names_partition)
{
    if (kind == CONSUMER_LOG) {
        return EVENT_QUEUE_LINES_MAX / 2;
    }
    return kind == CONSUMER_ERROR && !names_partition ? EVENT_QUEUE_LINES_MAX : SIZE_MAX;
}

void event_queue_line(struct event_queue *queue, enum consumer_event_kind kind, const char *code,
                      const struct error *text, const struct consumer_partition *partition)
{
    size_t room = room_for(kind, partition != NULL);
    if (room < SIZE_MAX) {
        if (queue->lines >= room) {
            queue->left_out++;
            queue->errors_left_out += kind == CONSUMER_ERROR;
            return;
        }
        queue->lines++;
    }
    struct queued_event *queued = append(queue, kind, partition, partition != NULL, code);
    queued->event.text = *text;
}

void event_queue_committed(struct event_queue *queue, const char *code, const struct error *failure)
{
    struct queued_event *queued = append(queue, CONSUMER_COMMITTED, NULL, 0, code);
    if (failure != NULL) {
        queued->event.failed = true;
        queued->event.text = *failure;
    }
}

static bool is_assignment(const struct queued_event *queued)
{
    enum consumer_event_kind kind = queued->event.kind;
    return kind == CONSUMER_ASSIGNED || kind == CONSUMER_REVOKED || kind == CONSUMER_LOST;
}

static bool is_counted_line(const struct queued_event *queued)
{
    return room_for(queued->event.kind, queued->event.partition_count > 0) < SIZE_MAX;
}

/* Unlinks what stands behind `before`, or the first. */
static struct queued_event *unlink_behind(struct event_queue *queue, struct queued_event *before)
{
    struct queued_event **link = before == NULL ? &queue->first : &before->next;
    struct queued_event *queued = *link;
    *link = queued->next;
    if (queue->last == queued) {
        queue->last = before;
    }
    queue->assignments -= is_assignment(queued);
    queue->lines -= is_counted_line(queued);
    return queued;
}

static void say_left_out(struct event_queue *queue)
{
    struct error text;
    error_set(&text, "%zu more lines came at once and were left out", queue->left_out);
    event_queue_line(queue, queue->errors_left_out > 0 ? CONSUMER_ERROR : CONSUMER_LOG,
                     "LINES_LEFT_OUT", &text, NULL);
    queue->left_out = 0;
    queue->errors_left_out = 0;
}

/* The first event that may be given out, and the one before it; NULL when there is none. */
static struct queued_event *find_next(const struct event_queue *queue, bool assignments_too,
                                      struct queued_event **ret_before)
{
    struct queued_event *before = NULL;
    struct queued_event *queued = queue->first;
    while (queued != NULL && !assignments_too && is_assignment(queued)) {
        before = queued;
        queued = queued->next;
    }
    *ret_before = before;
    return queued;
}

bool event_queue_waits(const struct event_queue *queue, bool assignments_too)
{
    struct queued_event *before;
    return find_next(queue, assignments_too, &before) != NULL;
}

bool event_queue_take(struct event_queue *queue, bool assignments_too,
                      struct consumer_event *ret_event)
{
    if (queue->lines == 0 && queue->left_out > 0) {
        say_left_out(queue);
    }
    struct queued_event *before;
    if (find_next(queue, assignments_too, &before) == NULL) {
        return false;
    }
    free(queue->given);
    queue->given = unlink_behind(queue, before);
    *ret_event = queue->given->event;
    return true;
}
