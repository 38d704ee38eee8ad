/* backoff: how long to wait before the next attempt: exponential, full jitter, capped, without an
 * end.
 *
 * The wait before retry n is drawn evenly from [0, min(cap, base * 2^(n-1))]; a floor (Retry-After)
 * is waited in any case, and the draw comes on top of it, so that all who were told the same time
 * do not come back at the same moment. See "Exponential Backoff And Jitter", AWS Architecture Blog,
 * 2015. */
#ifndef DELIVERY_BACKOFF_H
#define DELIVERY_BACKOFF_H

#include <stddef.h>
#include <stdint.h>

struct backoff {
    int64_t base_ms;
    int64_t cap_ms;
    uint64_t random; /* state of the generator, seeded by the owner; never 0 */
};

/* `attempts` made so far, at least 1. `floor_ms` is 0 when there is none. */
int64_t backoff_delay_ms(struct backoff *backoff, size_t attempts, int64_t floor_ms);

#endif
