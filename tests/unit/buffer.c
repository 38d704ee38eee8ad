#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/memory.h"

static void assert_holds(const struct buffer *buffer, const char *text)
{
    assert_true(slice_equal(buffer_slice(buffer), slice_of(text)));
}

static void appends_add_up(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_append(&buffer, SLICE("batch"));
    buffer_append(&buffer, (struct slice){0});
    buffer_append_byte(&buffer, ' ');
    buffer_append_integer(&buffer, -7);
    buffer_printf(&buffer, " of %d", 12);
    assert_false(buffer.failed);
    assert_holds(&buffer, "batch -7 of 12");
    buffer_done(&buffer);
}

static void integers_are_written_over_their_whole_range(void **state)
{
    (void)state;
    static const long long numbers[] = {0, 1, -1, 9, 10, -10, 1234567890123, LLONG_MAX, LLONG_MIN};
    struct buffer buffer;
    buffer_init(&buffer, 100);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "%lld", numbers[i]);
        buffer_reset(&buffer);
        buffer_append_integer(&buffer, numbers[i]);
        assert_holds(&buffer, expected);
    }
    buffer_done(&buffer);
}

static void it_holds_exactly_its_limit(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_append(&buffer, SLICE("12345"));
    assert_false(buffer.failed);
    buffer_append(&buffer, SLICE(""));
    assert_false(buffer.failed);
    buffer_append_byte(&buffer, '6');
    assert_true(buffer.failed);
    assert_holds(&buffer, "12345");
    buffer_done(&buffer);
}

static void a_failure_sticks_and_appends_nothing_more(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_append(&buffer, SLICE("123"));
    buffer_append(&buffer, SLICE("4567"));
    assert_true(buffer.failed);
    buffer_append_byte(&buffer, '4');
    buffer_append_integer(&buffer, 5);
    buffer_printf(&buffer, "%d", 5);
    assert_null(buffer_reserve(&buffer, 1));
    assert_holds(&buffer, "123");
    buffer_done(&buffer);
}

static void rollback_saves_what_stood_before(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append(&buffer, SLICE("first,"));
    size_t mark = buffer.size;
    buffer_append(&buffer, SLICE("se"));
    buffer_append(&buffer, SLICE("cond,"));
    assert_true(buffer.failed);
    buffer_rollback(&buffer, mark);
    assert_false(buffer.failed);
    buffer_append(&buffer, SLICE("2nd,"));
    assert_false(buffer.failed);
    assert_holds(&buffer, "first,2nd,");
    buffer_done(&buffer);
}

static void printf_respects_the_limit_to_the_byte(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 300);
    buffer_printf(&buffer, "%0300d", 1);
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 300);
    assert_int_equal(buffer.data[299], '1');
    buffer_reset(&buffer);
    buffer_printf(&buffer, "%0301d", 1);
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 0);
    buffer_done(&buffer);
}

static void printf_that_needs_more_room_appends_too(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    buffer_append(&buffer, SLICE("number "));
    buffer_printf(&buffer, "%0500d", 7);
    assert_int_equal(buffer.size, 507);
    assert_true(slice_starts_with(buffer_slice(&buffer), SLICE("number 000")));
    assert_true(slice_ends_with(buffer_slice(&buffer), SLICE("007")));
    buffer_done(&buffer);
}

static void the_limit_is_not_taken_before_it_is_needed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    for (int i = 0; i < 1000; i++) {
        buffer_append(&buffer, SLICE("0123456789"));
        assert_true(buffer.capacity <= 2 * buffer.size + 1024);
    }
    buffer_done(&buffer);
}

static void reserved_room_is_written_by_the_caller(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    char *room = buffer_reserve(&buffer, 1000);
    assert_non_null(room);
    memcpy(room, "abc", 3);
    buffer_commit(&buffer, 3);
    assert_holds(&buffer, "abc");
    assert_non_null(buffer_reserve(&buffer, 0));
    assert_null(buffer_reserve(&buffer, 998));
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void a_reservation_that_would_overflow_fails(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_append_byte(&buffer, 'x');
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void a_limit_of_zero_takes_only_nothing(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append(&buffer, SLICE(""));
    buffer_printf(&buffer, "%s", "");
    assert_false(buffer.failed);
    buffer_append_byte(&buffer, 'x');
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void memory_is_kept_over_a_reset(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    size_t before = 0;
    for (int round = 0; round < 10; round++) {
        buffer_reset(&buffer);
        for (int i = 0; i < 50000; i++) {
            buffer_append_byte(&buffer, 'x');
        }
        before = round == 0 ? memory_allocations() : before;
    }
    assert_int_equal(buffer.size, 50000);
    assert_int_equal(memory_allocations(), before);
    buffer_done(&buffer);
    assert_null(buffer.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_add_up),
        cmocka_unit_test(integers_are_written_over_their_whole_range),
        cmocka_unit_test(it_holds_exactly_its_limit),
        cmocka_unit_test(a_failure_sticks_and_appends_nothing_more),
        cmocka_unit_test(rollback_saves_what_stood_before),
        cmocka_unit_test(printf_respects_the_limit_to_the_byte),
        cmocka_unit_test(printf_that_needs_more_room_appends_too),
        cmocka_unit_test(the_limit_is_not_taken_before_it_is_needed),
        cmocka_unit_test(reserved_room_is_written_by_the_caller),
        cmocka_unit_test(a_reservation_that_would_overflow_fails),
        cmocka_unit_test(a_limit_of_zero_takes_only_nothing),
        cmocka_unit_test(memory_is_kept_over_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
