#include "delivery/batcher.h"

#include <assert.h>

void batcher_init(struct batcher *batcher, const struct batcher_settings *settings,
                  const struct clock *clock)
{
    *batcher = (struct batcher){.settings = *settings, .clock = clock};
    if (batcher->settings.conversions_max > settings->api->conversions_max) {
        batcher->settings.conversions_max = settings->api->conversions_max;
    }
}

void batcher_done(struct batcher *batcher)
{
    batch_free(batcher->open);
    batch_queue_done(&batcher->sealed);
    batch_queue_done(&batcher->idle);
}

static void seal(struct batcher *batcher)
{
    batch_seal(batcher->open, batcher->settings.api);
    batch_queue_push(&batcher->sealed, batcher->open);
    batcher->open = NULL;
}

static struct batch *idle_batch(struct batcher *batcher)
{
    struct batch *batch = batch_queue_pop(&batcher->idle);
    if (batch == NULL) {
        batch = batch_new(batcher->settings.conversions_max, batcher->settings.bytes_max);
    }
    return batch;
}

static enum batch_add add_to(struct batcher *batcher, struct batch *batch,
                             const struct conversion *conversion, struct token token,
                             struct error *error)
{
    return batch_add(batch, batcher->settings.api, &batcher->settings.credentials, conversion,
                     token, batcher->clock->monotonic_ms, batcher->clock->wall_ms, error);
}

/* A batch that has no place left is sealed at once: nobody waits for its linger time to pass. */
static void seal_when_full(struct batcher *batcher)
{
    if (batcher->open->count == batcher->open->capacity) {
        seal(batcher);
    }
}

bool batcher_add(struct batcher *batcher, const struct conversion *conversion, struct token token,
                 struct error *error)
{
    if (batcher->open != NULL) {
        enum batch_add added = add_to(batcher, batcher->open, conversion, token, error);
        if (added == BATCH_ADDED) {
            seal_when_full(batcher);
            return true;
        }
        if (added == BATCH_REFUSED) {
            return false;
        }
    }
    struct batch *batch = idle_batch(batcher);
    enum batch_add added = add_to(batcher, batch, conversion, token, error);
    if (added != BATCH_ADDED) {
        assert(added == BATCH_REFUSED); /* an empty batch is never full */
        batch_queue_push(&batcher->idle, batch);
        return false;
    }
    if (batcher->open != NULL) {
        seal(batcher);
    }
    batcher->open = batch;
    seal_when_full(batcher);
    return true;
}

void batcher_seal(struct batcher *batcher, bool flush)
{
    if (batcher->open != NULL &&
        (flush || batcher_deadline_ms(batcher) <= batcher->clock->monotonic_ms)) {
        seal(batcher);
    }
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
    if (batcher->open == NULL) {
        return INT64_MAX;
    }
    return batcher->open->opened_ms + batcher->settings.linger_ms;
}
