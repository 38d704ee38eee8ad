#include "delivery/batch.h"

#include "base/memory.h"
#include "delivery/gzip.h"
#include "delivery/original.h"

#include <assert.h>
#include <stdlib.h>

/* Of messages: far beyond what one batch takes in before it is full, with one message as large as
 * Kafka's own limit allows. */
#define MESSAGES_MAX (256 * 1024 * 1024)

struct batch *batch_new(size_t conversions_max, size_t bytes_max)
{
    assert(conversions_max > 0 && bytes_max > 0);
    struct batch *batch = memory_new(1, sizeof *batch);
    buffer_init(&batch->body, bytes_max);
    buffer_init(&batch->messages, MESSAGES_MAX);
    buffer_init(&batch->packed, gzip_size_max(bytes_max));
    batch->items = memory_new(conversions_max, sizeof *batch->items);
    batch->events = memory_new(conversions_max, sizeof *batch->events);
    batch->capacity = conversions_max;
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL) {
        return;
    }
    batch_free(batch->rest);
    batch_free(batch->unclear);
    buffer_done(&batch->body);
    buffer_done(&batch->messages);
    buffer_done(&batch->packed);
    free(batch->items);
    free(batch->events);
    free(batch);
}

/* What a single large message has needed is not kept for the next use. */
static void forget_messages(struct batch *batch)
{
    if (batch->messages.capacity > 2 * batch->body.limit) {
        buffer_done(&batch->messages);
        buffer_init(&batch->messages, MESSAGES_MAX);
    }
    buffer_reset(&batch->messages);
}

static void empty(struct batch *batch)
{
    assert(batch->rest == NULL && batch->unclear == NULL);
    buffer_reset(&batch->body);
    buffer_reset(&batch->packed);
    forget_messages(batch);
    batch->count = 0;
    batch->attempts = 0;
    batch->opened_ms = 0;
    batch->due_ms = 0;
    batch->sent_ms = 0;
    batch->alone = false;
    batch->refused = false;
    batch->refused_at = 0;
    batch->suspect = false;
    batch->tried = false;
}

void batch_change(struct batch *batch, enum batch_state state)
{
    static const enum batch_state before[][2] = {
        [BATCH_IDLE] = {BATCH_DONE, BATCH_DONE},
        [BATCH_OPEN] = {BATCH_IDLE, BATCH_IDLE},
        [BATCH_SEALED] = {BATCH_OPEN, BATCH_OPEN},
        [BATCH_IN_FLIGHT] = {BATCH_SEALED, BATCH_WAITING},
        [BATCH_WAITING] = {BATCH_IN_FLIGHT, BATCH_SEALED},
        [BATCH_DONE] = {BATCH_IN_FLIGHT, BATCH_SEALED},
    };
    assert(batch->state == before[state][0] || batch->state == before[state][1]);
    batch->state = state;
    if (state == BATCH_IDLE) {
        empty(batch);
    }
}

/* Whether what was written, with the end to come, is within the limit. */
static bool fits(const struct batch *batch, const struct rokt_api *api)
{
    return !batch->body.failed && batch->body.limit - batch->body.size >= api->closing_max;
}

/* FNV-1a. Two ids with one digest do no harm: they go into different batches. */
static uint64_t digest(struct slice id)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < id.size; i++) {
        sum = (sum ^ (unsigned char)id.data[i]) * 1099511628211u;
    }
    return sum;
}

static bool has_id(const struct batch *batch, uint64_t id)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool same_message(struct token a, struct token b)
{
    return a.slot == b.slot && a.epoch == b.epoch && a.sequence == b.sequence;
}

/* Where the message of the last item stands, if that is this message too; else SIZE_MAX. */
static size_t message_of_last(const struct batch *batch, struct token token)
{
    const struct batch_item *last = batch->count == 0 ? NULL : &batch->items[batch->count - 1];
    return last != NULL && same_message(last->token, token) ? last->message : SIZE_MAX;
}

/* A batch whose messages have outgrown its body takes no more of them. */
static bool has_room_for_messages(const struct batch *batch)
{
    return batch->count < batch->capacity && batch->messages.size <= batch->body.limit;
}

static void append_item(struct batch *batch, struct batch_item item, size_t from)
{
    batch->events[batch->count] = (struct rokt_span){from, batch->body.size - from};
    batch->items[batch->count++] = item;
}

/* Where the next event begins, the start of the body written if it is the first. */
static size_t begin_event(struct batch *batch, const struct rokt_api *api, struct slice account_id)
{
    if (batch->count == 0) {
        api->open(&batch->body, account_id);
        return batch->body.size;
    }
    return batch->body.size + ROKT_SEPARATOR_SIZE;
}

struct slice batch_account_id(const struct batch *batch)
{
    return (struct slice){batch->account_id, batch->account_id_size};
}

static void set_open(struct batch *batch, struct slice account_id, int64_t now_ms)
{
    assert(account_id.size <= sizeof batch->account_id);
    batch_change(batch, BATCH_OPEN);
    batch->opened_ms = now_ms;
    memcpy(batch->account_id, account_id.data, account_id.size);
    batch->account_id_size = account_id.size;
}

/* Says how large a request with the conversion alone would be. */
static void refuse_size(const struct batch *batch, const struct rokt_api *api,
                        struct slice account_id, const struct conversion *conversion,
                        int64_t wall_ms, struct error *error)
{
    struct buffer alone;
    buffer_init(&alone, MESSAGES_MAX);
    api->open(&alone, account_id);
    if (api->encode(api, conversion, true, wall_ms, &alone, error)) {
        api->close(&alone);
        error_set(error,
                  "the conversion alone is larger than a request may be: %s%zu bytes instead of "
                  "%zu",
                  alone.failed ? "more than " : "", alone.size, batch->body.limit);
    }
    buffer_done(&alone);
}

enum batch_add batch_add(struct batch *batch, const struct rokt_api *api, struct slice account_id,
                         const struct conversion *conversion, const struct message *message,
                         struct token token, int64_t now_ms, int64_t wall_ms, struct error *error)
{
    assert(batch->state == BATCH_IDLE ||
           (batch->state == BATCH_OPEN && slice_equal(batch_account_id(batch), account_id)));
    struct batch_item item = {
        .token = token,
        .id = digest(conversion->client_event_id),
        .item = conversion->item,
    };
    if (!has_room_for_messages(batch) || has_id(batch, item.id)) {
        return BATCH_FULL;
    }
    bool first = batch->count == 0;
    size_t mark = batch->body.size;
    size_t from = begin_event(batch, api, account_id);
    bool accepted = api->encode(api, conversion, first, wall_ms, &batch->body, error);
    if (!accepted || !fits(batch, api)) {
        buffer_rollback(&batch->body, mark);
        if (accepted && !first) {
            return BATCH_FULL;
        }
        if (accepted) {
            refuse_size(batch, api, account_id, conversion, wall_ms, error);
        }
        return BATCH_REFUSED;
    }
    if (first) {
        set_open(batch, account_id, now_ms);
    }
    item.message = message_of_last(batch, token);
    if (item.message == SIZE_MAX) {
        item.message = original_keep(&batch->messages, message);
        assert(!batch->messages.failed);
    }
    append_item(batch, item, from);
    return BATCH_ADDED;
}

static void copy_item(struct batch *batch, const struct batch *from, size_t index,
                      const struct rokt_api *api)
{
    struct batch_item item = from->items[index];
    struct rokt_span span = from->events[index];
    size_t begin = begin_event(batch, api, batch_account_id(from));
    size_t before = message_of_last(batch, item.token);
    if (batch->count > 0) {
        buffer_append_byte(&batch->body, ROKT_SEPARATOR);
    }
    buffer_append(&batch->body, (struct slice){from->body.data + span.from, span.size});
    item.message = before != SIZE_MAX
                       ? before
                       : original_copy(&batch->messages, &from->messages, item.message);
    append_item(batch, item, begin);
}

void batch_copy(struct batch *batch, const struct batch *from, size_t first, size_t count,
                const struct rokt_api *api)
{
    assert(from->state != BATCH_IDLE && from->state != BATCH_OPEN);
    if (batch->state == BATCH_IDLE) {
        set_open(batch, batch_account_id(from), from->opened_ms);
    }
    assert(batch->state == BATCH_OPEN && batch->count + count <= batch->capacity);
    for (size_t i = first; i < first + count; i++) {
        copy_item(batch, from, i, api);
    }
    assert(!batch->body.failed && !batch->messages.failed);
}

void batch_seal(struct batch *batch, const struct rokt_api *api)
{
    batch_change(batch, BATCH_SEALED);
    api->close(&batch->body);
    assert(!batch->body.failed); /* batch_add() has left room for it */
}

void batch_queue_push(struct batch_queue *queue, struct batch *batch)
{
    batch->next = NULL;
    if (queue->last == NULL) {
        queue->first = batch;
    } else {
        queue->last->next = batch;
    }
    queue->last = batch;
    queue->count++;
}

struct batch *batch_queue_pop(struct batch_queue *queue)
{
    struct batch *batch = queue->first;
    if (batch != NULL) {
        batch_queue_remove(queue, batch);
    }
    return batch;
}

void batch_queue_remove(struct batch_queue *queue, struct batch *batch)
{
    struct batch *before = NULL;
    struct batch **link = &queue->first;
    while (*link != batch) {
        assert(*link != NULL);
        before = *link;
        link = &before->next;
    }
    *link = batch->next;
    if (queue->last == batch) {
        queue->last = before;
    }
    batch->next = NULL;
    queue->count--;
}

void batch_queue_done(struct batch_queue *queue)
{
    struct batch *batch = batch_queue_pop(queue);
    while (batch != NULL) {
        batch_free(batch);
        batch = batch_queue_pop(queue);
    }
}
