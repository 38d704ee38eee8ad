/* batch: a request body under construction, and whose conversions are in it: those of one account.
 *
 * Conversions are encoded straight into the body. Once sealed the bytes never change: a retry sends
 * the same ones. A batch goes round: from idle over the states below to done, and idle again for
 * its next use, with its memory. */
#ifndef DELIVERY_BATCH_H
#define DELIVERY_BATCH_H

#include "base/buffer.h"
#include "conversion/token.h"
#include "rokt/api.h"

struct batch_item {
    struct token token;
    size_t from, size; /* its span in the body, the separator not included */
};

enum batch_state {
    BATCH_IDLE,      /* empty */
    BATCH_OPEN,      /* takes conversions */
    BATCH_SEALED,    /* complete, not sent yet */
    BATCH_IN_FLIGHT, /* a request with it is under way */
    BATCH_WAITING,   /* was sent, is to be sent again */
    BATCH_DONE       /* all of it was taken */
};

struct batch {
    struct buffer body;
    struct batch_item *items;
    size_t count;
    size_t capacity;
    enum batch_state state;                     /* changed by batch_change() alone */
    int64_t opened_ms;                          /* monotonic: when the first conversion came in */
    char account_id[CONVERSION_ACCOUNT_ID_MAX]; /* of all its conversions */
    size_t account_id_size;

    size_t attempts; /* requests sent so far */
    int64_t due_ms;  /* monotonic: when the next may be sent */
    int64_t sent_ms; /* monotonic: when the last was sent */
    struct batch *next;
};

enum batch_add {
    BATCH_ADDED,
    BATCH_FULL,   /* it does not fit any more: seal, and take another batch */
    BATCH_REFUSED /* it would not fit an empty one, or the API would refuse it: a dead letter */
};

/* `bytes_max` covers the whole body with its envelope. */
struct batch *batch_new(size_t conversions_max, size_t bytes_max);
void batch_free(struct batch *batch);

/* The door for every change of state; aborts on one that cannot be. To BATCH_IDLE empties the
 * batch. */
void batch_change(struct batch *batch, enum batch_state state);

/* Whose conversions it takes, when it is not idle. */
struct slice batch_account_id(const struct batch *batch);

/* On BATCH_REFUSED `error` says why; on anything but BATCH_ADDED the batch is as before. The first
 * conversion opens an idle one; `account_id` must be the same for all, at most
 * CONVERSION_ACCOUNT_ID_MAX bytes. */
enum batch_add batch_add(struct batch *batch, const struct rokt_api *api, struct slice account_id,
                         const struct conversion *conversion, struct token token, int64_t now_ms,
                         int64_t wall_ms, struct error *error);

/* Writes the end of the body. */
void batch_seal(struct batch *batch, const struct rokt_api *api);

/* Batches in a row; all-zero is the empty one. A batch is in one queue at most. */
struct batch_queue {
    struct batch *first;
    struct batch *last;
    size_t count;
};

void batch_queue_push(struct batch_queue *queue, struct batch *batch);
/* NULL when it is empty. */
struct batch *batch_queue_pop(struct batch_queue *queue);
/* `batch` must be in it. */
void batch_queue_remove(struct batch_queue *queue, struct batch *batch);
/* Frees what is in it. */
void batch_queue_done(struct batch_queue *queue);

#endif
