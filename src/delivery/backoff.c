#include "delivery/backoff.h"

#include <assert.h>

/* xorshift64* (Marsaglia 2003, Vigna 2014): its state is never 0 unless it was. */
static uint64_t draw(struct backoff *backoff)
{
    uint64_t state = backoff->random;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    backoff->random = state;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

/* min(cap, base * 2^(attempts-1)), which stops doubling before it could overflow. */
static int64_t window_ms(const struct backoff *backoff, size_t attempts)
{
    int64_t window = backoff->base_ms;
    for (size_t i = 1; i < attempts && window > 0 && window < backoff->cap_ms; i++) {
        window = window > backoff->cap_ms / 2 ? backoff->cap_ms : window * 2;
    }
    return window < backoff->cap_ms ? window : backoff->cap_ms;
}

int64_t backoff_delay_ms(struct backoff *backoff, size_t attempts, int64_t floor_ms)
{
    assert(backoff->random != 0 && attempts > 0);
    assert(backoff->base_ms >= 0 && backoff->cap_ms >= 0 && floor_ms >= 0);
    uint64_t choices = (uint64_t)window_ms(backoff, attempts) + 1;
    return floor_ms + (int64_t)(draw(backoff) % choices);
}
