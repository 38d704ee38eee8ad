#include "delivery/division.h"

#include <assert.h>

/* Items [first, first + count) of a batch as one of its own, of the same lineage. */
static struct batch *part(struct batcher *batcher, const struct batch *batch, size_t first,
                          size_t count)
{
    struct batch *made = batcher_spare(batcher);
    batch_copy(made, batch, first, count, batcher->settings.api);
    batch_seal(made, batcher->settings.api);
    made->refused = batch->refused;
    made->refused_at = batch->refused_at;
    return made;
}

/* Its conversions are in parts now. */
static void end(struct batcher *batcher, struct batch *batch)
{
    batch_change(batch, BATCH_DONE);
    batcher_give_back(batcher, batch);
}

/* Both as one; either may be NULL. They come from one batch, so they fit. */
static struct batch *merge(struct batcher *batcher, struct batch *a, struct batch *b)
{
    if (a == NULL || b == NULL) {
        return a == NULL ? b : a;
    }
    struct batch *made = batcher_spare(batcher);
    const struct rokt_api *api = batcher->settings.api;
    batch_copy(made, a, 0, a->count, api);
    batch_copy(made, b, 0, b->count, api);
    batch_seal(made, api);
    made->refused = a->refused;
    made->refused_at = a->refused_at;
    end(batcher, a);
    end(batcher, b);
    return made;
}

/* Takes off the batch what hangs at it, as one: nothing is known of it. NULL when nothing does. */
static struct batch *take_unclear(struct batcher *batcher, struct batch *batch)
{
    struct batch *rest = batch->rest;
    struct batch *unclear = batch->unclear;
    batch->rest = NULL;
    batch->unclear = NULL;
    return merge(batcher, unclear, rest);
}

static void push(struct batch_queue *parts, struct batch *batch)
{
    if (batch != NULL) {
        batch_queue_push(parts, batch);
    }
}

/* One of these conversions will be refused: the first half is sent, the second waits for what
 * becomes of it. */
static void send_half(struct batcher *batcher, const struct batch *batch, struct batch *unclear,
                      struct batch_queue *parts)
{
    size_t half = batch->count / 2;
    struct batch *first = part(batcher, batch, 0, half);
    first->rest = part(batcher, batch, half, batch->count - half);
    first->unclear = unclear;
    push(parts, first);
}

void division_of_refused(struct batcher *batcher, struct batch *batch, bool witnessed,
                         struct batch_queue *parts)
{
    assert(batch->count > 1);
    size_t half = batch->count / 2;
    struct batch *unclear = take_unclear(batcher, batch);
    if (witnessed) {
        send_half(batcher, batch, unclear, parts);
        return;
    }
    push(parts, part(batcher, batch, 0, half));
    push(parts, part(batcher, batch, half, batch->count - half));
    push(parts, unclear);
}

void division_of_taken(struct batcher *batcher, struct batch *batch, struct batch_queue *parts)
{
    struct batch *rest = batch->rest;
    struct batch *unclear = batch->unclear;
    batch->rest = NULL;
    batch->unclear = NULL;
    if (rest == NULL) {
        push(parts, unclear);
    } else if (rest->count == 1) {
        rest->unclear = unclear;
        push(parts, rest);
    } else {
        send_half(batcher, rest, unclear, parts);
        end(batcher, rest);
    }
}

void division_end(struct batcher *batcher, struct batch *batch, struct batch_queue *parts)
{
    push(parts, take_unclear(batcher, batch));
}

struct batch *division_single(struct batcher *batcher, const struct batch *batch, size_t index)
{
    return part(batcher, batch, index, 1);
}
