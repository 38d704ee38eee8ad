/* work: what is done for one message, in steps, up to a maximum: whatever the message, and whatever is
 * done with it, takes a bounded time and bounded memory.
 *
 * Whoever works counts, before or right behind the work. A step is what takes some ten nanoseconds: a
 * value looked at, 64 bytes copied. All-zero is a valid beginning. */
#ifndef BASE_WORK_H
#define BASE_WORK_H

#include "base/arena.h"

/* Of one message: less than a second. An ordinary order takes some hundred steps. */
#define WORK_STEPS_MAX 20000000
/* The same for what is in the message's arena: the parsed message among it. */
#define WORK_BYTES_MAX (256 * 1024 * 1024)

#define WORK_BYTES_A_STEP 64

/* What errors say of it. */
#define WORK_EXCEEDED "this takes more work than a message may cost"

struct work {
    size_t steps;
    bool exceeded;
};

/* Counts `steps` more. False once it has been too much, then and for ever. */
static inline bool work_count(struct work *work, const struct arena *arena, size_t steps)
{
    work->steps += steps;
    work->exceeded =
        work->exceeded || work->steps > WORK_STEPS_MAX || arena_used(arena) > WORK_BYTES_MAX;
    return !work->exceeded;
}

/* The steps that reading or writing so many bytes takes. */
static inline size_t work_of_bytes(size_t size)
{
    return 1 + size / WORK_BYTES_A_STEP;
}

/* How many steps are left. */
static inline size_t work_left(const struct work *work)
{
    return work->exceeded ? 0 : WORK_STEPS_MAX - work->steps;
}

#endif
