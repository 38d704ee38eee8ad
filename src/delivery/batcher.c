#include "delivery/batcher.h"

#include <assert.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void batcher_init(struct batcher *batcher, const struct batcher_settings *settings,
                  const struct clock *clock)
{
    const struct rokt_api *api = settings->api;
    *batcher = (struct batcher){.settings = *settings, .clock = clock};
    batcher->settings.conversions_max = smaller(settings->conversions_max, api->conversions_max);
    batcher->settings.bytes_max = smaller(settings->bytes_max, api->bytes_max);
    batcher->full = batcher->settings.conversions_max;
}

void batcher_fill_to(struct batcher *batcher, size_t conversions)
{
    assert(conversions > 0);
    batcher->full = smaller(conversions, batcher->settings.conversions_max);
}

void batcher_done(struct batcher *batcher)
{
    batch_queue_done(&batcher->open);
    batch_queue_done(&batcher->sealed);
    batch_queue_done(&batcher->idle);
}

static void seal(struct batcher *batcher, struct batch *batch)
{
    batch_seal(batch, batcher->settings.api);
    batch_queue_remove(&batcher->open, batch);
    batch_queue_push(&batcher->sealed, batch);
}

/* Opens a batch that has its first conversion. */
static void open_batch(struct batcher *batcher, struct batch *batch)
{
    if (batcher->open.count == BATCHER_OPEN_MAX) {
        seal(batcher, batcher->open.first);
    }
    batch_queue_push(&batcher->open, batch);
}

/* The open batch of the account, or NULL. */
static struct batch *find_open(const struct batcher *batcher, struct slice account_id)
{
    struct batch *batch = batcher->open.first;
    while (batch != NULL && !slice_equal(batch_account_id(batch), account_id)) {
        batch = batch->next;
    }
    return batch;
}

struct batch *batcher_spare(struct batcher *batcher)
{
    struct batch *batch = batch_queue_pop(&batcher->idle);
    if (batch == NULL) {
        batch = batch_new(batcher->settings.conversions_max, batcher->settings.bytes_max);
    }
    return batch;
}

static struct slice account_of(const struct batcher *batcher, const struct conversion *conversion)
{
    return conversion->account_id.size > 0 ? conversion->account_id
                                           : slice_of(batcher->settings.account_id);
}

static enum batch_add add_to(struct batcher *batcher, struct batch *batch,
                             const struct conversion *conversion, const struct message *message,
                             struct token token, struct error *error)
{
    return batch_add(batch, batcher->settings.api, account_of(batcher, conversion), conversion,
                     message, token, batcher->clock->monotonic_ms, batcher->clock->wall_ms, error);
}

/* A batch that has no place left is sealed at once: nobody waits for its linger time to pass. */
static void seal_when_full(struct batcher *batcher, struct batch *batch)
{
    if (batch->count >= batcher->full) {
        seal(batcher, batch);
    }
}

bool batcher_add(struct batcher *batcher, const struct conversion *conversion,
                 const struct message *message, struct token token, struct error *error)
{
    struct batch *open = find_open(batcher, account_of(batcher, conversion));
    if (open != NULL) {
        enum batch_add added = add_to(batcher, open, conversion, message, token, error);
        if (added == BATCH_ADDED) {
            seal_when_full(batcher, open);
            return true;
        }
        if (added == BATCH_REFUSED) {
            return false;
        }
    }
    struct batch *batch = batcher_spare(batcher);
    enum batch_add added = add_to(batcher, batch, conversion, message, token, error);
    if (added != BATCH_ADDED) {
        assert(added == BATCH_REFUSED); /* an empty batch is never full */
        batch_queue_push(&batcher->idle, batch);
        return false;
    }
    if (open != NULL) {
        seal(batcher, open);
    }
    open_batch(batcher, batch);
    seal_when_full(batcher, batch);
    return true;
}

void batcher_seal(struct batcher *batcher, bool flush)
{
    while (batcher->open.count > 0 &&
           (flush || batcher_deadline_ms(batcher) <= batcher->clock->monotonic_ms)) {
        seal(batcher, batcher->open.first);
    }
}

static size_t count_of(const struct batch *batch, uint32_t slot)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        count += batch->items[i].token.slot == slot;
    }
    return count;
}

static void seal_those_with(struct batcher *batcher, uint32_t slot)
{
    struct batch *batch = batcher->open.first;
    while (batch != NULL) {
        struct batch *next = batch->next;
        if (count_of(batch, slot) > 0) {
            seal(batcher, batch);
        }
        batch = next;
    }
}

/* What a sealed batch holds of other slots, of which there is some, as a sealed batch of its own. */
static struct batch *without(struct batcher *batcher, const struct batch *batch, uint32_t slot)
{
    struct batch *made = batcher_spare(batcher);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].token.slot != slot) {
            batch_copy(made, batch, i, 1, batcher->settings.api);
        }
    }
    batch_seal(made, batcher->settings.api);
    return made;
}

static size_t cancel_in(struct batcher *batcher, struct batch *batch, uint32_t slot)
{
    size_t count = count_of(batch, slot);
    if (count == 0) {
        batch_queue_push(&batcher->sealed, batch);
        return 0;
    }
    if (count < batch->count) {
        batch_queue_push(&batcher->sealed, without(batcher, batch, slot));
    }
    batch_change(batch, BATCH_DONE);
    batcher_give_back(batcher, batch);
    return count;
}

size_t batcher_cancel(struct batcher *batcher, uint32_t slot)
{
    size_t cancelled = 0;
    seal_those_with(batcher, slot);
    for (size_t left = batcher->sealed.count; left > 0; left--) {
        cancelled += cancel_in(batcher, batcher_take(batcher), slot);
    }
    return cancelled;
}

struct batch *batcher_take(struct batcher *batcher)
{
    return batch_queue_pop(&batcher->sealed);
}

void batcher_give_back(struct batcher *batcher, struct batch *batch)
{
    batch_change(batch, BATCH_IDLE);
    if (batcher->idle.count < batcher->settings.idle_max) {
        batch_queue_push(&batcher->idle, batch);
    } else {
        batch_free(batch);
    }
}

int64_t batcher_deadline_ms(const struct batcher *batcher)
{
    const struct batch *oldest = batcher->open.first;
    return oldest == NULL ? INT64_MAX : oldest->opened_ms + batcher->settings.linger_ms;
}
