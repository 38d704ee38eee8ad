/* batch: a request body under construction, and whose conversions are in it.
 *
 * Conversions are encoded straight into the body. Once sealed the bytes never change: a retry sends the
 * same ones. */
#ifndef DELIVERY_BATCH_H
#define DELIVERY_BATCH_H

#include "base/buffer.h"
#include "conversion/token.h"
#include "rokt/api.h"

struct batch_item {
    struct token token;
    size_t from, size; /* its span in the body, the separator not included */
};

struct batch {
    struct buffer body;
    struct batch_item *items;
    size_t count;
    size_t capacity;
    int64_t opened_ms; /* monotonic: when the first conversion came in */
    bool sealed;

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

/* Empty again, for the next use. */
void batch_reset(struct batch *batch);

/* On BATCH_REFUSED `error` says why; on anything but BATCH_ADDED the batch is as before. */
enum batch_add batch_add(struct batch *batch, const struct rokt_api *api,
                         const struct rokt_credentials *credentials,
                         const struct conversion *conversion, struct token token, int64_t now_ms,
                         int64_t wall_ms, struct error *error);

/* Writes the end of the body. */
void batch_seal(struct batch *batch, const struct rokt_api *api);

#endif
