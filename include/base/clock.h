/* clock: what time it is, once a turn.
 *
 * Whoever needs the time reads this value; only the loop refreshes it. Tests freeze it and set the
 * times themselves. Durations use the monotonic time, the wall clock is what a protocol wants. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    int64_t monotonic_ms; /* from an arbitrary start, never backwards */
    int64_t wall_ms;      /* since 1970-01-01T00:00:00Z */
    bool frozen;          /* set by tests: clock_refresh() changes nothing */
};

void clock_refresh(struct clock *clock);

#endif
