/* guard: whether so many messages of a mapping are dead that it is the mapping's fault and not theirs.
 *
 * One for each mapping. It looks at the last messages that were to be conversions; those that were
 * skipped say nothing. Past the share it trips, and stays so: whoever runs the relay mends the mapping
 * and starts it anew. What is dead from then on is held: it stays open, so that nothing passes it and
 * a mended mapping gets it. Private to the pipeline. */
#ifndef PIPELINE_GUARD_H
#define PIPELINE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_WINDOW \
    1000 /* messages: a share that is well below the limit does not pass it by chance */
#define GUARD_LEAST 100 /* dead ones: fewer are letters that somebody can read */
#define GUARD_REASONS_MAX 16

struct guard_reason {
    const char *reason;
    uint64_t count;
};

/* All-zero is none seen. */
struct guard {
    bool dead[GUARD_WINDOW]; /* a ring */
    size_t next;
    size_t count;
    size_t dead_count;
    bool tripped;
    uint64_t held; /* messages that are open because of it */
    struct guard_reason
        reasons[GUARD_REASONS_MAX]; /* of all that were held, the most frequent first */
    size_t reason_count;
    int64_t alarm_due_ms; /* when it is said again */
};

/* A message was mapped, or it was dead; it trips when more than `percent` were (0: never). */
void guard_see(struct guard *guard, bool dead, unsigned percent);

/* One that had been mapped turned out to be dead. */
void guard_see_turn(struct guard *guard, unsigned percent);

/* A message is held, for that reason: a literal, or what lives as long. */
void guard_hold(struct guard *guard, const char *reason);

/* The share of dead ones among those that it looks at, in per cent. */
unsigned guard_percent(const struct guard *guard);

#endif
