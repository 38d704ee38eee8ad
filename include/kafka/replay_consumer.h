/* replay_consumer: a consumer in front of another one, of whose topic it gives a part once more, as the
 * messages that replay_take() makes of it.
 *
 * Each partition ends where it was told at the start, so that nothing goes round: what becomes a dead
 * letter again stands behind that end. Offsets are those of the topic that is read, and so are the
 * commits: what was passed over is committed with what comes behind it, or with the end. */
#ifndef KAFKA_REPLAY_CONSUMER_H
#define KAFKA_REPLAY_CONSUMER_H

#include "kafka/consumer.h"
#include "kafka/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets `begin` to `end` - 1 of a partition; none when they are equal. */
struct replay_part {
    int64_t begin;
    int64_t end;
};

/* Takes over the inner consumer, which reads that one topic; `replay` must outlive it. `parts` are
 * copied, by the number of the partition; of one that they do not name nothing is given. */
struct consumer *replay_consumer_new(struct consumer *inner, struct replay *replay,
                                     const struct replay_part parts[], size_t part_count);

/* How far it is, in offsets of the partitions that this member holds or has held. */
struct replay_progress {
    uint64_t all;   /* that were to be read when the partitions were assigned */
    uint64_t read;  /* of these */
    size_t blocked; /* partitions of which nothing more can be read, though it is there */
    size_t given;   /* messages that were given out and not yet discarded */
    bool over;      /* all that the partitions held now are to give was given out and discarded */
};

/* Only for what replay_consumer_new() has made. */
struct replay_progress replay_consumer_progress(const struct consumer *consumer);

#endif
