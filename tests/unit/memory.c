#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

/* Runs `action` in a child, which is expected to abort; its words and its core go nowhere. */
static void assert_aborts(void (*action)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        (void)signal(SIGABRT, SIG_DFL); /* cmocka would catch it */
        (void)close(STDERR_FILENO);
        action();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void new_with_overflow(void)
{
    free(memory_new(SIZE_MAX / 2, 3));
}

static void resize_with_overflow(void)
{
    free(memory_resize(NULL, SIZE_MAX / 2, 3));
}

static void string_with_overflow(void)
{
    free(memory_string((struct slice){"", SIZE_MAX}));
}

static void new_memory_is_cleared(void **state)
{
    (void)state;
    unsigned char *memory = memory_new(100, 7);
    for (size_t i = 0; i < 700; i++) {
        assert_int_equal(memory[i], 0);
    }
    free(memory);
}

static void resized_memory_keeps_its_content(void **state)
{
    (void)state;
    int *numbers = memory_resize(NULL, 3, sizeof *numbers);
    numbers[2] = 42;
    numbers = memory_resize(numbers, 3000, sizeof *numbers);
    assert_int_equal(numbers[2], 42);
    numbers[2999] = 1;
    free(numbers);
}

static void nothing_is_memory_too(void **state)
{
    (void)state;
    void *memory = memory_new(0, 8);
    assert_non_null(memory);
    memory = memory_resize(memory, 8, 0);
    assert_non_null(memory);
    free(memory);
}

static void a_string_is_a_terminated_copy(void **state)
{
    (void)state;
    char *copy = memory_string(slice_part(SLICE("orders.completed"), 0, 6));
    assert_string_equal(copy, "orders");
    free(copy);
    copy = memory_string((struct slice){0});
    assert_string_equal(copy, "");
    free(copy);
}

static void a_size_that_overflows_aborts(void **state)
{
    (void)state;
    assert_aborts(new_with_overflow);
    assert_aborts(resize_with_overflow);
    assert_aborts(string_with_overflow);
}

static void each_allocation_is_counted(void **state)
{
    (void)state;
    size_t before = memory_allocations();
    void *memory = memory_resize(memory_new(1, 1), 2, 1);
    char *copy = memory_string(SLICE("x"));
    assert_int_equal(memory_allocations() - before, 3);
    free(copy);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_cleared),
        cmocka_unit_test(resized_memory_keeps_its_content),
        cmocka_unit_test(nothing_is_memory_too),
        cmocka_unit_test(a_string_is_a_terminated_copy),
        cmocka_unit_test(a_size_that_overflows_aborts),
        cmocka_unit_test(each_allocation_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
