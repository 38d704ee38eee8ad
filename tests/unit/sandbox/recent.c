#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sandbox/recent.h"

#include <stdio.h>
#include <stdlib.h>

static void add(struct recent *recent, unsigned number)
{
    char id[16];
    char text[32];
    (void)snprintf(id, sizeof id, "id-%u", number);
    (void)snprintf(text, sizeof text, "{\"n\":%u}", number);
    const struct event event = {.client_event_id = slice_of(id),
                                .transaction_id = number % 2 == 0 ? SLICE("even") : SLICE("odd"),
                                .text = slice_of(text)};
    recent_add(recent, &event);
}

static void forgets_the_oldest_first(void **state)
{
    struct recent *recent = memory_new(1, sizeof(struct recent));
    struct event event;
    (void)state;
    for (unsigned i = 0; i < RECENT_EVENTS + 3; i++) {
        add(recent, i);
    }
    assert_int_equal(recent->count, RECENT_EVENTS);
    assert_true(recent_get(recent, 0, &event));
    assert_true(slice_equal(event.client_event_id, SLICE("id-10002")));
    assert_true(recent_get(recent, RECENT_EVENTS - 1, &event));
    assert_true(slice_equal(event.text, SLICE("{\"n\":3}")));
    assert_false(recent_get(recent, RECENT_EVENTS, &event));
    assert_false(recent_find(recent, SLICE("id-2"), SLICE(""), &event));
    assert_true(recent_find(recent, SLICE("id-3"), SLICE(""), &event));
    recent_done(recent);
    assert_int_equal(recent->bytes, 0);
    assert_false(recent_get(recent, 0, &event));
    free(recent);
}

static void finds_the_newest(void **state)
{
    struct recent *recent = memory_new(1, sizeof(struct recent));
    struct event event;
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        add(recent, i);
    }
    assert_true(recent_find(recent, SLICE(""), SLICE("even"), &event));
    assert_true(slice_equal(event.client_event_id, SLICE("id-8")));
    assert_true(recent_find(recent, SLICE("id-4"), SLICE("odd"), &event));
    assert_true(slice_equal(event.text, SLICE("{\"n\":4}")));
    recent_done(recent);
    free(recent);
}

static void keeps_within_its_bytes(void **state)
{
    const size_t size = RECENT_BYTES / 4;
    struct recent *recent = memory_new(1, sizeof(struct recent));
    const struct event event = {.text = {memory_new(size, 1), size}};
    struct event newest;
    (void)state;
    for (int i = 0; i < 6; i++) {
        recent_add(recent, &event);
        assert_true(recent->bytes <= RECENT_BYTES);
    }
    assert_int_equal(recent->count, 4);
    assert_true(recent_get(recent, 0, &newest));
    assert_int_equal(newest.text.size, size);
    free((void *)(uintptr_t)event.text.data);
    recent_done(recent);
    free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forgets_the_oldest_first),
        cmocka_unit_test(finds_the_newest),
        cmocka_unit_test(keeps_within_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
