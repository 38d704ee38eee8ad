/* batcher: gathers conversions in open batches, one for each account, and seals each when it is full or old
 * enough.
 *
 * Most have one account. Where mappings name several, at most BATCHER_OPEN_MAX batches are open:
 * for an account beyond them the oldest is sealed.
 *
 * Sealed batches wait in the order in which they were opened until they are taken. Batches come
 * from a pool and go back to it with their memory, so that in the steady state nothing is
 * allocated. */
#ifndef DELIVERY_BATCHER_H
#define DELIVERY_BATCHER_H

#include "base/clock.h"
#include "delivery/batch.h"

#define BATCHER_OPEN_MAX 16

struct batcher_settings {
    const struct rokt_api *api;
    const char *account_id; /* of conversions that name none; must outlive the batcher */
    size_t conversions_max; /* in a batch; the API's own limits hold in any case */
    size_t bytes_max;       /* of a body, the envelope counted */
    int64_t linger_ms;      /* how long the first conversion waits for others */
    size_t idle_max;        /* batches kept for their next use */
};

struct batcher {
    struct batcher_settings settings;
    const struct clock *clock;
    size_t full;             /* conversions with which a batch is sealed */
    struct batch_queue open; /* in the order of opening; each with one conversion at least */
    struct batch_queue sealed;
    struct batch_queue idle;
};

/* `clock` must outlive it. */
void batcher_init(struct batcher *batcher, const struct batcher_settings *settings,
                  const struct clock *clock);
/* So many conversions make a batch full from now on, at least 1: `conversions_max` at first, and at
 * most. */
void batcher_fill_to(struct batcher *batcher, size_t conversions);

/* Frees its batches, sealed and open ones too; not those that were taken. */
void batcher_done(struct batcher *batcher);

/* False when the conversion can never be delivered: `error` says why. */
__attribute__((warn_unused_result)) bool batcher_add(struct batcher *batcher,
                                                     const struct conversion *conversion,
                                                     const struct message *message,
                                                     struct token token, struct error *error);

/* Seals the open batches that have lingered, or all of them when `flush`. */
void batcher_seal(struct batcher *batcher, bool flush);

/* The oldest sealed batch, now the caller's; NULL when there is none. */
struct batch *batcher_take(struct batcher *batcher);

/* An idle batch, now the caller's. */
struct batch *batcher_spare(struct batcher *batcher);

/* Takes the conversions of a slot out of the batches that wait; those of others keep their order. Returns how
 * many it were. An open batch that held one is sealed. */
size_t batcher_cancel(struct batcher *batcher, uint32_t slot);

/* Takes a batch that is done back: into the pool, or frees it when that is full. */
void batcher_give_back(struct batcher *batcher, struct batch *batch);

/* Monotonic time at which an open batch has lingered; INT64_MAX when there is none. */
int64_t batcher_deadline_ms(const struct batcher *batcher);

#endif
