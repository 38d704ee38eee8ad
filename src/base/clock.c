#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now); /* cannot fail: both clocks exist everywhere */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_refresh(struct clock *clock)
{
    if (!clock->frozen) {
        clock->monotonic_ms = read_ms(CLOCK_MONOTONIC);
        clock->wall_ms = read_ms(CLOCK_REALTIME);
    }
}
