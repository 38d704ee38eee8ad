#include "base/snapshot.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SNAPSHOTS 3
/* Beside the index in `between`: the reader has not had it yet. */
#define FRESH 4U

struct snapshot_exchange {
    struct snapshot snapshots[SNAPSHOTS];
    unsigned writing;    /* the writer's alone */
    unsigned reading;    /* the reader's alone */
    atomic_uint between; /* index of the third, with FRESH or without */
};

const int64_t snapshot_duration_bounds_ms[SNAPSHOT_BUCKETS - 1] = {25,   50,   100,  250,  500,
                                                                   1000, 2500, 5000, 10000};
const int64_t snapshot_batch_bounds[SNAPSHOT_BUCKETS - 1] = {1, 2, 5, 10, 20, 40, 60, 80, 100};

void snapshot_observe(struct snapshot_histogram *histogram,
                      const int64_t bounds[static SNAPSHOT_BUCKETS - 1], int64_t value)
{
    size_t bucket = 0;

    while (bucket < SNAPSHOT_BUCKETS - 1 && value > bounds[bucket]) {
        bucket++;
    }
    histogram->counts[bucket]++;
    histogram->sum += value > 0 ? (uint64_t)value : 0;
}

const char *snapshot_hold_name(enum snapshot_hold hold)
{
    static const char *const names[SNAPSHOT_HOLDS] = {
        [SNAPSHOT_HOLD_CREDENTIALS] = "credentials",
        [SNAPSHOT_HOLD_REFUSED] = "refused",
        [SNAPSHOT_HOLD_DEAD_LETTER_SHARE] = "dead_letter_share",
        [SNAPSHOT_HOLD_DEAD_LETTER_TOPIC] = "dead_letter_topic",
    };
    return names[hold];
}

const char *snapshot_wait_name(enum snapshot_wait wait)
{
    static const char *const names[SNAPSHOT_WAITS] = {
        [SNAPSHOT_WAIT_NOTHING] = "nothing",    [SNAPSHOT_WAIT_HOLD] = "hold",
        [SNAPSHOT_WAIT_ROKT] = "rokt",          [SNAPSHOT_WAIT_DEAD_LETTER] = "dead_letters",
        [SNAPSHOT_WAIT_OPEN] = "open_messages", [SNAPSHOT_WAIT_STOPPING] = "stopping",
    };
    return names[wait];
}

void snapshot_reserve(struct snapshot *snapshot, size_t partitions)
{
    if (partitions > snapshot->partition_capacity) {
        snapshot->partitions =
            memory_resize(snapshot->partitions, partitions, sizeof *snapshot->partitions);
        snapshot->partition_capacity = partitions;
    }
}

struct snapshot_exchange *snapshot_exchange_new(void)
{
    struct snapshot_exchange *exchange = memory_new(1, sizeof *exchange);

    exchange->writing = 0;
    exchange->reading = 1;
    atomic_init(&exchange->between, 2);
    return exchange;
}

void snapshot_exchange_free(struct snapshot_exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        free(exchange->snapshots[i].partitions);
    }
    free(exchange);
}

struct snapshot *snapshot_to_write(struct snapshot_exchange *exchange)
{
    return &exchange->snapshots[exchange->writing];
}

void snapshot_publish(struct snapshot_exchange *exchange)
{
    unsigned given = exchange->writing | FRESH;
    unsigned taken = atomic_exchange_explicit(&exchange->between, given, memory_order_acq_rel);

    exchange->writing = taken & ~FRESH;
}

const struct snapshot *snapshot_read(struct snapshot_exchange *exchange)
{
    if ((atomic_load_explicit(&exchange->between, memory_order_relaxed) & FRESH) != 0) {
        unsigned taken =
            atomic_exchange_explicit(&exchange->between, exchange->reading, memory_order_acq_rel);
        exchange->reading = taken & ~FRESH;
    }
    return &exchange->snapshots[exchange->reading];
}
