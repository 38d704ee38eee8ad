#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/poison.h"

static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    unsigned char *memory[200];
    for (size_t i = 0; i < 200; i++) {
        memory[i] = arena_alloc(&arena, i * 7);
        assert_int_equal((uintptr_t)memory[i] % _Alignof(max_align_t), 0);
        memset(memory[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i * 7; j++) {
            assert_int_equal(memory[i][j], i);
        }
    }
    arena_done(&arena);
}

static void calloc_clears_memory_that_was_used_before(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    memset(arena_alloc(&arena, 1000), 0xFF, 1000);
    arena_reset(&arena);
    unsigned char *memory = arena_calloc(&arena, 100, 10);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(memory[i], 0);
    }
    arena_done(&arena);
}

static void the_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    size_t before = 0;
    for (int round = 0; round < 50; round++) {
        arena_reset(&arena);
        for (size_t i = 0; i < 100; i++) {
            (void)arena_alloc(&arena, 1 + i * 50);
        }
        (void)arena_alloc(&arena, 100000);
        (void)arena_alloc(&arena, 10);
        before = round == 0 ? memory_allocations() : before;
    }
    assert_int_equal(memory_allocations(), before);
    arena_done(&arena);
}

/* A block that is too small for what comes first must be found by what comes later. */
static void the_order_of_sizes_does_not_matter_to_it(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    (void)arena_alloc(&arena, 40000);
    (void)arena_alloc(&arena, 40000);
    (void)arena_alloc(&arena, 100000);
    arena_reset(&arena);
    size_t before = memory_allocations();
    (void)arena_alloc(&arena, 100000);
    (void)arena_alloc(&arena, 40000);
    (void)arena_alloc(&arena, 40000);
    assert_int_equal(memory_allocations(), before);
    arena_done(&arena);
}

static size_t capacity_after_reset(struct arena *arena)
{
    arena_reset(arena);
    size_t before = memory_allocations();
    size_t capacity = 0;
    while (memory_allocations() == before) {
        (void)arena_alloc(arena, 16);
        capacity += 16;
    }
    arena_reset(arena);
    return capacity - 16;
}

static void a_huge_message_is_given_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 128 * 1024);
    memset(arena_alloc(&arena, 10 * 1024 * 1024), 1, 10 * 1024 * 1024);
    for (int i = 0; i < 1000; i++) {
        memset(arena_alloc(&arena, 1000), 1, 1000);
    }
    size_t kept = capacity_after_reset(&arena);
    assert_true(kept > 0);
    assert_true(kept <= 128 * 1024);
    arena_done(&arena);
}

static void a_small_arena_keeps_a_block_too(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    (void)arena_alloc(&arena, 600);
    arena_reset(&arena);
    size_t before = memory_allocations();
    (void)arena_alloc(&arena, 600);
    assert_int_equal(memory_allocations(), before);
    arena_done(&arena);
}

static void used_counts_since_the_reset(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(arena_used(&arena), 0);
    (void)arena_alloc(&arena, 1000);
    (void)arena_alloc(&arena, 500000);
    assert_in_range(arena_used(&arena), 501000, 501100);
    arena_reset(&arena);
    assert_int_equal(arena_used(&arena), 0);
    (void)arena_alloc(&arena, 100);
    assert_in_range(arena_used(&arena), 100, 200);
    arena_done(&arena);
}

static void copies_are_of_all_bytes(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    char text[] = "a\0b";
    struct slice copy = arena_copy(&arena, (struct slice){text, 3});
    char *string = arena_string(&arena, (struct slice){text, 1});
    text[0] = 'x';
    assert_true(slice_equal(copy, SLICE("a\0b")));
    assert_string_equal(string, "a");
    assert_int_equal(arena_copy(&arena, (struct slice){0}).size, 0);
    assert_string_equal(arena_string(&arena, (struct slice){0}), "");
    arena_done(&arena);
}

static void printf_gives_texts_of_any_length(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_true(slice_equal(arena_printf(&arena, "%s-%d", "a", 7), SLICE("a-7")));
    assert_int_equal(arena_printf(&arena, "%s", "").size, 0);
    for (int width = 250; width < 260; width++) {
        struct slice text = arena_printf(&arena, "%0*d", width, 3);
        assert_int_equal(text.size, width);
        assert_int_equal(text.data[width - 1], '3');
        assert_int_equal(text.data[0], '0');
    }
    arena_done(&arena);
}

static void an_empty_arena_may_be_done_and_reset(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 0));
    arena_done(&arena);
    arena_done(&arena);
    assert_null(arena.first);
}

static void what_is_not_handed_out_is_poisoned(void **state)
{
    (void)state;
#ifdef POISON_WORKS
    struct arena arena;
    arena_init(&arena, 0);
    char *memory = arena_alloc(&arena, 10);
    assert_false(__asan_address_is_poisoned(memory + 9));
    assert_true(__asan_address_is_poisoned(memory + 10));
    arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(memory));
    arena_done(&arena);
#else
    skip(); /* needs AddressSanitizer */
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(calloc_clears_memory_that_was_used_before),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(the_order_of_sizes_does_not_matter_to_it),
        cmocka_unit_test(a_huge_message_is_given_back),
        cmocka_unit_test(a_small_arena_keeps_a_block_too),
        cmocka_unit_test(used_counts_since_the_reset),
        cmocka_unit_test(copies_are_of_all_bytes),
        cmocka_unit_test(printf_gives_texts_of_any_length),
        cmocka_unit_test(an_empty_arena_may_be_done_and_reset),
        cmocka_unit_test(what_is_not_handed_out_is_poisoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
