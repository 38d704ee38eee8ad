#include "delivery/batch.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct batch *batch_new(size_t conversions_max, size_t bytes_max)
{
    assert(conversions_max > 0 && bytes_max > 0);
    struct batch *batch = memory_new(1, sizeof *batch);
    buffer_init(&batch->body, bytes_max);
    batch->items = memory_new(conversions_max, sizeof *batch->items);
    batch->capacity = conversions_max;
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL) {
        return;
    }
    buffer_done(&batch->body);
    free(batch->items);
    free(batch);
}

static void empty(struct batch *batch)
{
    buffer_reset(&batch->body);
    batch->count = 0;
    batch->attempts = 0;
    batch->opened_ms = 0;
    batch->due_ms = 0;
    batch->sent_ms = 0;
}

void batch_change(struct batch *batch, enum batch_state state)
{
    static const enum batch_state before[][2] = {
        [BATCH_IDLE] = {BATCH_DONE, BATCH_DONE},
        [BATCH_OPEN] = {BATCH_IDLE, BATCH_IDLE},
        [BATCH_SEALED] = {BATCH_OPEN, BATCH_OPEN},
        [BATCH_IN_FLIGHT] = {BATCH_SEALED, BATCH_WAITING},
        [BATCH_WAITING] = {BATCH_IN_FLIGHT, BATCH_IN_FLIGHT},
        [BATCH_DONE] = {BATCH_IN_FLIGHT, BATCH_IN_FLIGHT},
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

static void append_item(struct batch *batch, struct token token, size_t from)
{
    batch->items[batch->count++] = (struct batch_item){
        .token = token,
        .from = from,
        .size = batch->body.size - from,
    };
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

enum batch_add batch_add(struct batch *batch, const struct rokt_api *api, struct slice account_id,
                         const struct conversion *conversion, struct token token, int64_t now_ms,
                         int64_t wall_ms, struct error *error)
{
    assert(batch->state == BATCH_IDLE ||
           (batch->state == BATCH_OPEN && slice_equal(batch_account_id(batch), account_id)));
    if (batch->count == batch->capacity) {
        return BATCH_FULL;
    }
    bool first = batch->count == 0;
    size_t mark = batch->body.size;
    if (first) {
        api->open(&batch->body, account_id);
    }
    size_t from = batch->body.size + (first ? 0 : ROKT_SEPARATOR_SIZE);
    bool accepted = api->encode(conversion, first, wall_ms, &batch->body, error);
    if (!accepted || !fits(batch, api)) {
        buffer_rollback(&batch->body, mark);
        if (accepted && !first) {
            return BATCH_FULL;
        }
        if (accepted) {
            error_set(error, "the conversion alone is larger than a request may be (%zu bytes)",
                      batch->body.limit);
        }
        return BATCH_REFUSED;
    }
    if (first) {
        set_open(batch, account_id, now_ms);
    }
    append_item(batch, token, from);
    return BATCH_ADDED;
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
