#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "sandbox/file.h"
#include "sandbox/journal.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/rokt-sandbox-journal-XXXXXX";

static void assert_written(const char *expected)
{
    struct buffer text;
    struct error error;
    buffer_init(&text, 4096);
    assert_true(file_read(path, &text, &error));
    assert_true(slice_equal(buffer_slice(&text), slice_of(expected)));
    buffer_done(&text);
}

static void has_a_line_for_each_request_that_was_taken(void **state)
{
    const struct event events[] = {
        {.transaction_id = SLICE("T-\"1\""), .client_event_id = SLICE("c-1")},
        {.client_event_id = SLICE("c-2")}};
    const struct account_request taken = {
        .status = 503, .events = events, .event_count = 2, .acknowledged = false};
    const struct account_request refused = {.status = 400};
    const struct account_request told = {
        .status = 200, .events = events + 1, .event_count = 1, .acknowledged = true};
    struct error error;
    struct journal *journal = journal_open(path, &error);
    (void)state;
    assert_non_null(journal);
    journal_write(journal, &taken, 10, 25);
    journal_write(journal, &refused, 11, 26);
    journal_write(journal, &told, 30, 31);
    /* Before it is closed. */
    assert_written("{\"received_ms\":10,\"answered_ms\":25,\"status\":503,\"told\":false,"
                   "\"ids\":[\"T-\\\"1\\\"\",\"c-2\"]}\n"
                   "{\"received_ms\":30,\"answered_ms\":31,\"status\":200,\"told\":true,"
                   "\"ids\":[\"c-2\"]}\n");
    assert_true(journal_close(journal, &error));
}

static void says_that_it_cannot_be_written(void **state)
{
    const struct event event = {.transaction_id = SLICE("T-1")};
    const struct account_request request = {.events = &event, .event_count = 1};
    struct error error;
    (void)state;
    assert_null(journal_open("/nowhere/journal", &error));
    assert_string_equal(error.text, "cannot write /nowhere/journal: No such file or directory");
    struct journal *journal = journal_open("/dev/full", &error);
    assert_non_null(journal);
    journal_write(journal, &request, 1, 2);
    assert_false(journal_close(journal, &error));
    assert_string_equal(error.text, "the journal is not whole: it could not be written");
    assert_true(journal_close(NULL, &error));
}

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_line_for_each_request_that_was_taken),
        cmocka_unit_test(says_that_it_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
