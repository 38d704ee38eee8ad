#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/account.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct pipeline_account balanced = {
    .consumed = 21,
    .delivered = 1,
    .skipped = 2,
    .dead_lettered = 3,
    .done_before = 4,
    .given_back = 5,
    .open = 6,
    .held = 2,
};

/* Whether a line of the check holds the text. */
static bool says(const struct pipeline_account *account, bool expected, const char *text)
{
    char content[4096] = "";
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct log *log = log_new(fd, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    assert_int_equal(account_check(account, log), expected);
    log_free(log);
    assert_true(pread(fd, content, sizeof content - 1, 0) > 0);
    (void)close(fd);
    return strstr(content, text) != NULL;
}

static void an_account_that_balances_is_said_to(void **state)
{
    (void)state;
    assert_true(account_balances(&balanced));
    assert_true(says(&balanced, true, "\"account_balances\""));
}

static void a_message_that_is_nowhere_or_in_two_places_is_an_error(void **state)
{
    (void)state;
    static const size_t places[] = {
        offsetof(struct pipeline_account, consumed),
        offsetof(struct pipeline_account, delivered),
        offsetof(struct pipeline_account, skipped),
        offsetof(struct pipeline_account, open),
        offsetof(struct pipeline_account, dead_lettered),
        offsetof(struct pipeline_account, given_back),
        offsetof(struct pipeline_account, done_before),
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct pipeline_account account = balanced;
        (*(uint64_t *)(void *)((char *)&account + places[i]))++;
        assert_false(account_balances(&account));
        assert_true(says(&account, false, "\"level\":\"error\""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_that_balances_is_said_to),
        cmocka_unit_test(a_message_that_is_nowhere_or_in_two_places_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
