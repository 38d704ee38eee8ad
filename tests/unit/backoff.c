#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/backoff.h"

#include <stdbool.h>

#define DRAWS 20000

/* Draws many times and checks that the waits fill [floor, floor + window] evenly. */
static void check_window(size_t attempts, int64_t floor_ms, int64_t window_ms)
{
    struct backoff backoff = {.base_ms = 100, .cap_ms = 30000, .random = 7};
    int64_t least = INT64_MAX;
    int64_t most = -1;
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t delay_ms = backoff_delay_ms(&backoff, attempts, floor_ms);
        least = delay_ms < least ? delay_ms : least;
        most = delay_ms > most ? delay_ms : most;
        sum += (double)(delay_ms - floor_ms);
    }
    assert_in_range((uint64_t)least, (uint64_t)floor_ms, (uint64_t)(floor_ms + window_ms / 100));
    assert_in_range((uint64_t)most, (uint64_t)(floor_ms + window_ms - window_ms / 100),
                    (uint64_t)(floor_ms + window_ms));
    double mean = sum / DRAWS;
    assert_true(mean > (double)window_ms * 0.48 && mean < (double)window_ms * 0.52);
}

static void the_window_doubles_with_each_attempt(void **state)
{
    (void)state;
    check_window(1, 0, 100);
    check_window(2, 0, 200);
    check_window(3, 0, 400);
    check_window(8, 0, 12800);
}

static void the_window_is_capped(void **state)
{
    (void)state;
    check_window(10, 0, 30000);
    check_window(64, 0, 30000);
    check_window(SIZE_MAX, 0, 30000);
}

static void a_floor_is_waited_in_any_case(void **state)
{
    (void)state;
    check_window(1, 5000, 100);
    check_window(20, 60000, 30000);
}

static void the_largest_cap_does_not_overflow(void **state)
{
    (void)state;
    struct backoff backoff = {.base_ms = 3, .cap_ms = INT64_MAX - 1, .random = 1};
    for (size_t attempts = 1; attempts < 200; attempts++) {
        assert_true(backoff_delay_ms(&backoff, attempts, 0) >= 0);
    }
}

static void a_base_of_nothing_waits_the_floor_alone(void **state)
{
    (void)state;
    struct backoff backoff = {.base_ms = 0, .cap_ms = 30000, .random = 1};
    assert_int_equal(backoff_delay_ms(&backoff, SIZE_MAX, 0), 0);
    assert_int_equal(backoff_delay_ms(&backoff, SIZE_MAX, 1234), 1234);
}

static void a_base_above_the_cap_is_cut_to_it(void **state)
{
    (void)state;
    struct backoff backoff = {.base_ms = 1000, .cap_ms = 10, .random = 1};
    for (int i = 0; i < 100; i++) {
        assert_in_range((uint64_t)backoff_delay_ms(&backoff, 1, 0), 0, 10);
    }
}

static void the_same_seed_gives_the_same_waits_and_another_does_not(void **state)
{
    (void)state;
    struct backoff a = {.base_ms = 1000, .cap_ms = 30000, .random = 42};
    struct backoff b = a;
    struct backoff c = {.base_ms = 1000, .cap_ms = 30000, .random = 43};
    bool differs = false;
    for (size_t attempts = 1; attempts < 50; attempts++) {
        int64_t delay_ms = backoff_delay_ms(&a, attempts, 0);
        assert_int_equal(delay_ms, backoff_delay_ms(&b, attempts, 0));
        differs = differs || delay_ms != backoff_delay_ms(&c, attempts, 0);
    }
    assert_true(differs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_doubles_with_each_attempt),
        cmocka_unit_test(the_window_is_capped),
        cmocka_unit_test(a_floor_is_waited_in_any_case),
        cmocka_unit_test(the_largest_cap_does_not_overflow),
        cmocka_unit_test(a_base_of_nothing_waits_the_floor_alone),
        cmocka_unit_test(a_base_above_the_cap_is_cut_to_it),
        cmocka_unit_test(the_same_seed_gives_the_same_waits_and_another_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
