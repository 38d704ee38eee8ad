/* division: finding, in few requests, the conversion for which a whole request is refused.
 *
 * Of what was refused one half is sent. When that is refused too, the other half is `unclear`; when
 * it is taken, the other half, its `rest`, is the one to go on with, without sending it as a whole.
 * What is unclear is gathered and sent as one when the conversion has been found alone.
 *
 * As long as nothing has been taken since the first refusal, it may be the configuration that is
 * refused and not a conversion: then the other half is sent as well, and when that is refused too, all
 * four quarters, so that an acceptance, if there can be one, comes soon.
 *
 * So one conversion among n costs 2 * log2(n) + 1 requests at most; of two, if it is the first, one more:
 * it is refused before anything is taken, so it is tried again. */
#ifndef DELIVERY_DIVISION_H
#define DELIVERY_DIVISION_H

#include "delivery/batcher.h"

/* Divides a batch of several conversions that was refused as a whole. What is to be sent now is put
 * behind `parts`, sealed; the batch holds nothing any more that is not in them. `witnessed`: a
 * request has been taken since it was refused first. */
void division_of_refused(struct batcher *batcher, struct batch *batch, bool witnessed,
                         struct batch_queue *parts);

/* The same for a batch that was refused for the sake of some of its conversions, as the answer says: each
 * of those is sent by itself, the others together. */
void division_of_named(struct batcher *batcher, struct batch *batch,
                       const struct rokt_refusal named[], size_t count, struct batch_queue *parts);

/* The batch was taken as a whole: goes on with its rest, if it has one. */
void division_of_taken(struct batcher *batcher, struct batch *batch, struct batch_queue *parts);

/* It cannot be gone on with: what hangs at the batch is to be sent like any other. */
void division_end(struct batcher *batcher, struct batch *batch, struct batch_queue *parts);

/* One conversion of a batch as a batch of its own. */
struct batch *division_single(struct batcher *batcher, const struct batch *batch, size_t index);

#endif
