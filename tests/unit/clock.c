#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <time.h>

static void a_refresh_gives_both_times(void **state)
{
    (void)state;
    struct clock clock = {0};
    time_t before = time(NULL);
    clock_refresh(&clock);
    time_t after = time(NULL);
    /* time() may lag behind by the kernel's tick. */
    assert_in_range(clock.wall_ms, (int64_t)before * 1000 - 20, (int64_t)after * 1000 + 1020);
    assert_true(clock.monotonic_ms > 0);
}

static void the_monotonic_time_never_goes_back(void **state)
{
    (void)state;
    struct clock clock = {0};
    for (int i = 0; i < 10000; i++) {
        int64_t before = clock.monotonic_ms;
        clock_refresh(&clock);
        assert_true(clock.monotonic_ms >= before);
    }
}

static void a_frozen_clock_stands_still(void **state)
{
    (void)state;
    struct clock clock = {.monotonic_ms = 5, .wall_ms = -7, .frozen = true};
    clock_refresh(&clock);
    assert_int_equal(clock.monotonic_ms, 5);
    assert_int_equal(clock.wall_ms, -7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refresh_gives_both_times),
        cmocka_unit_test(the_monotonic_time_never_goes_back),
        cmocka_unit_test(a_frozen_clock_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
