#include "delivery/division.h"

#include <assert.h>

/* A batch that has been made of what was in another is complete, and of the same lineage. */
static struct batch *complete(struct batcher *batcher, struct batch *made, const struct batch *from)
{
    batch_seal(made, batcher->settings.api);
    made->refused = from->refused;
    made->refused_at = from->refused_at;
    return made;
}

/* Items [first, first + count) of a batch as one of its own. */
static struct batch *part(struct batcher *batcher, const struct batch *batch, size_t first,
                          size_t count)
{
    struct batch *made = batcher_spare(batcher);
    batch_copy(made, batch, first, count, batcher->settings.api);
    return complete(batcher, made, batch);
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
    (void)complete(batcher, made, a);
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

static void send_halves(struct batcher *batcher, const struct batch *batch,
                        struct batch_queue *parts)
{
    size_t half = batch->count / 2;
    push(parts, part(batcher, batch, 0, half));
    push(parts, part(batcher, batch, half, batch->count - half));
}

/* The first half was refused, and it may be the configuration: the second is sent, for when that is taken
 * it is proven that the conversion is in the first, which then hangs at it. */
static void send_rest(struct batcher *batcher, struct batch *batch, struct batch_queue *parts)
{
    struct batch *rest = batch->rest;
    batch->rest = NULL;
    rest->rest = part(batcher, batch, 0, batch->count);
    rest->rest->tried = true;
    rest->unclear = batch->unclear;
    batch->unclear = NULL;
    push(parts, rest);
}

/* Both halves were refused. */
static void send_quarters(struct batcher *batcher, struct batch *batch, struct batch_queue *parts)
{
    struct batch *first = batch->rest;
    send_halves(batcher, first, parts);
    send_halves(batcher, batch, parts);
    push(parts, batch->unclear);
    batch->rest = NULL;
    batch->unclear = NULL;
    end(batcher, first);
}

void division_of_refused(struct batcher *batcher, struct batch *batch, bool witnessed,
                         struct batch_queue *parts)
{
    assert(batch->count > 1);
    if (witnessed || batch->rest == NULL) {
        struct batch *unclear = take_unclear(batcher, batch);
        send_half(batcher, batch, unclear, parts);
    } else if (batch->rest->tried) {
        send_quarters(batcher, batch, parts);
    } else {
        send_rest(batcher, batch, parts);
    }
}

/* The items of a batch that are not named, of which there is one at least. */
static struct batch *others(struct batcher *batcher, const struct batch *batch,
                            const struct rokt_refusal named[], size_t count)
{
    struct batch *made = batcher_spare(batcher);
    size_t first = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? named[i].event : batch->count;
        if (end > first) {
            batch_copy(made, batch, first, end - first, batcher->settings.api);
        }
        first = end + 1;
    }
    return complete(batcher, made, batch);
}

void division_of_named(struct batcher *batcher, struct batch *batch,
                       const struct rokt_refusal named[], size_t count, struct batch_queue *parts)
{
    assert(batch->count > 1 && count <= batch->count);
    struct batch *unclear = take_unclear(batcher, batch);
    if (count < batch->count) {
        push(parts, others(batcher, batch, named, count));
    }
    for (size_t i = 0; i < count; i++) {
        push(parts, part(batcher, batch, named[i].event, 1));
    }
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
