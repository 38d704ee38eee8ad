/* completions: which messages behind the committed offset have ended already, as the text that
 * travels in the metadata of the commit.
 *
 * Offsets stand in runs, rising: whatever the partition has from the first offset of a run to
 * its last has ended. The text is "rokt-relay/1:", the distances between the borders of the runs as
 * VLQ digits of 5 bits, a colon, and a checksum, which takes in the topic, the partition and the
 * committed offset: what was written for another of them is not believed, nor what is damaged or
 * cut. It is ASCII, because brokers spoil what is no UTF-8, and shorter than what they allow by
 * default (offset.metadata.max.bytes, 4,096 characters).
 *
 * Whoever may commit for the group could write any offset anyhow: the checksum is against
 * accidents. */
#ifndef KAFKA_COMPLETIONS_H
#define KAFKA_COMPLETIONS_H

#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPLETIONS_TEXT_MAX 4000 /* bytes */
#define COMPLETIONS_RUNS_MAX 2000 /* a run takes two digits at least */

struct completions_run {
    int64_t first;
    int64_t last;
};

/* All-zero is empty. */
struct completions {
    size_t count;
    struct completions_run runs[COMPLETIONS_RUNS_MAX];
};

/* What the text is of. */
struct completions_place {
    const char *topic;
    int32_t partition;
    int64_t offset; /* committed with it; not negative */
};

/* Adds a run behind all that is there; one right behind the last makes it longer. False when there
 * is no room: it is left out, and so must be all behind it. */
bool completions_add(struct completions *completions, int64_t first, int64_t last);

/* Runs must not begin below the place's offset. Those that find no room in the text are left out,
 * the last ones first. Returns the text's size, 0 when there is no run; not terminated. */
size_t completions_encode(const struct completions *completions,
                          const struct completions_place *place,
                          char ret_text[static COMPLETIONS_TEXT_MAX]);

/* False when the text was not written by completions_encode() for this place: `error` says why,
 * without any of the text. */
__attribute__((warn_unused_result)) bool completions_decode(struct slice text,
                                                            const struct completions_place *place,
                                                            struct completions *ret_completions,
                                                            struct error *error);

#endif
