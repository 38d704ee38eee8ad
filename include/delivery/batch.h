/* batch: a request body under construction, whose conversions are in it (those of one account), and
 * the messages that they were made from.
 *
 * Conversions are encoded straight into the body. Once sealed the bytes never change: a retry sends
 * the same ones, and what is sent in parts keeps the bytes of each event. No two conversions of a
 * batch have the same id, so that an answer that names an id names one conversion. A batch goes
 * round: from idle over the states below to done, and idle again for its next use, with its memory. */
#ifndef DELIVERY_BATCH_H
#define DELIVERY_BATCH_H

#include "base/buffer.h"
#include "conversion/token.h"
#include "mapping/message.h"
#include "rokt/api.h"

struct batch_item {
    struct token token;
    uint64_t id;    /* a digest of the conversion's id */
    int32_t item;   /* of its message, see struct conversion */
    size_t message; /* where the message that it was made from stands in `messages` */
};

#define BATCH_LINES_MAX 2
#define BATCH_TRACE_SIZE 69 /* of the longest line of delivery/trace */

enum batch_state {
    BATCH_IDLE,      /* empty */
    BATCH_OPEN,      /* takes conversions */
    BATCH_SEALED,    /* complete, not sent yet */
    BATCH_IN_FLIGHT, /* a request with it is under way */
    BATCH_WAITING,   /* is to be sent at `due_ms` */
    BATCH_DONE       /* each of its conversions has been taken care of, here or in another batch */
};

struct batch {
    struct buffer body;
    struct buffer messages; /* see delivery/original */
    struct batch_item *items;
    struct rokt_span *events; /* of each item: where it stands in the body */
    size_t count;
    size_t capacity;
    enum batch_state state;                     /* changed by batch_change() alone */
    int64_t opened_ms;                          /* monotonic: when the first conversion came in */
    char account_id[CONVERSION_ACCOUNT_ID_MAX]; /* of all its conversions */
    size_t account_id_size;

    struct buffer packed; /* what is sent in place of the body; empty: the body itself */
    char trace[BATCH_TRACE_SIZE];
    const char *lines[BATCH_LINES_MAX + 1]; /* header lines of its requests; NULL behind the last */

    size_t attempts; /* requests sent so far */
    int64_t due_ms;  /* monotonic: when the next may be sent */
    int64_t sent_ms; /* monotonic: when the last was sent; 0: never */

    bool alone;          /* sent by itself, because of ROKT_ALONE */
    bool refused;        /* it, or a larger one that it is a part of, was refused as a whole … */
    uint64_t refused_at; /* … when so many requests had been accepted */
    bool suspect;       /* refused alone before, with no request taken since it was refused first */
    struct batch *rest; /* refused with it, see delivery/division */
    bool tried;         /* it was refused by itself too, before it became a rest */
    struct batch *unclear; /* the same */
    struct batch *next;
};

enum batch_add {
    BATCH_ADDED,
    BATCH_FULL,   /* it does not fit any more: seal, and take another batch */
    BATCH_REFUSED /* it would not fit an empty one, or the API would refuse it: a dead letter */
};

/* `bytes_max` covers the whole body with its envelope; the messages take as much again, or a single
 * one what it needs. */
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
                         const struct conversion *conversion, const struct message *message,
                         struct token token, int64_t now_ms, int64_t wall_ms, struct error *error);

/* Copies items [first, first + count) of a sealed batch, or one that was, to the end of an idle or
 * open one, which has room: all of them come from one batch. */
void batch_copy(struct batch *batch, const struct batch *from, size_t first, size_t count,
                const struct rokt_api *api);

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
