#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/account.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define THREADS 4
#define REQUESTS 500

static struct account *account;
static struct buffer buffer;

static struct event make_event(const char *id, const char *transaction, const char *text)
{
    return (struct event){.client_event_id = slice_of(id),
                          .transaction_id = slice_of(transaction),
                          .type = SLICE("conversion"),
                          .text = slice_of(text),
                          .content = (uint32_t)strlen(text)};
}

static void enter(unsigned status, bool acknowledged, const struct event events[], size_t count)
{
    const struct account_request request = {.status = status,
                                            .acknowledged = acknowledged,
                                            .bytes = 10,
                                            .events = events,
                                            .event_count = count};
    account_request(account, &request);
}

static void assert_text(const char *expected)
{
    buffer_append_byte(&buffer, '\0');
    assert_string_equal(buffer.data, expected);
    buffer_reset(&buffer);
}

static void counts_what_came_and_how_often(void **state)
{
    const struct event first[] = {make_event("1", "T-1", "{}"), make_event("2", "T-2", "{}")};
    const struct event changed = make_event("1", "T-1", "{ }");
    const struct event nameless = make_event("3", "", "{}");
    (void)state;
    account_connection(account);
    enter(200, true, first, 2);
    enter(503, false, first, 2);
    enter(200, true, &changed, 1);
    enter(0, false, &nameless, 1);
    account_write(account, &buffer);
    assert_text(
        "{\"requests\":{\"total\":4,\"status\":{\"200\":2,\"503\":1},\"reset\":1,"
        "\"truncated\":0,\"compressed\":0,\"irregular\":0,\"limited\":{\"rate\":0,\"acceleration\":"
        "0}},"
        "\"connections\":1,\"bytes\":40,"
        "\"apis\":{\"event\":6,\"event-and-audience\":0},\"events\":{\"accepted\":6,"
        "\"dropped\":0,\"unacknowledged\":3,\"unprocessed\":0,\"unique\":3,\"repeated\":2,"
        "\"changed\":1,"
        "\"untracked\":0},\"transactions\":{\"unique\":2,\"repeated\":2,\"changed\":1,"
        "\"untracked\":0,\"missing\":1},\"batches\":{\"unique\":0,\"repeated\":0,\"changed\":0,"
        "\"untracked\":0},\"types\":{\"conversion\":6}}");
    account_write_ids(account, &buffer);
    assert_text(
        "{\"transactionid\":\"T-1\",\"count\":3}\n{\"transactionid\":\"T-2\",\"count\":2}\n");
}

static void enter_batch(const struct event events[], size_t count)
{
    const struct account_request request = {.api = API_AUDIENCE,
                                            .status = 202,
                                            .acknowledged = true,
                                            .irregular = true,
                                            .events = events,
                                            .event_count = count};
    account_request(account, &request);
}

static void drops_batches_that_it_has_had(void **state)
{
    struct event events[] = {make_event("1", "T-1", "{}"), make_event("2", "T-2", "{}"),
                             make_event("3", "T-3", "{}")};
    (void)state;
    events[0].request_id = SLICE("r-1");
    events[1].request_id = SLICE("r-1");
    events[1].follows = true;
    events[2].request_id = SLICE("r-2");
    enter_batch(events, 3);
    enter_batch(events, 2);
    events[2].content++;
    enter_batch(&events[2], 1);
    events[2].request_id = SLICE("r-3");
    enter_batch(&events[2], 1);
    account_write(account, &buffer);
    buffer_append_byte(&buffer, '\0');
    assert_non_null(strstr(buffer.data, "\"irregular\":4"));
    assert_non_null(strstr(buffer.data, "\"apis\":{\"event\":0,\"event-and-audience\":4}"));
    assert_non_null(strstr(buffer.data, "\"events\":{\"accepted\":4,\"dropped\":3,"));
    assert_non_null(strstr(buffer.data, "\"unique\":3,\"repeated\":0,\"changed\":1,"));
    assert_non_null(strstr(buffer.data, "\"batches\":{\"unique\":3,\"repeated\":1,\"changed\":1,"));
}

static void shows_the_last_events(void **state)
{
    const struct event events[] = {make_event("1", "T-1", "{\"a\":1}"),
                                   make_event("2", "T-2", "{\"a\":2}"),
                                   make_event("3", "T-1", "{\"a\":3}")};
    (void)state;
    enter(200, true, events, 3);
    account_write_events(account, 2, &buffer);
    assert_text("{\"events\":[{\"a\":2},{\"a\":3}]}");
    account_write_events(account, 100, &buffer);
    assert_text("{\"events\":[{\"a\":1},{\"a\":2},{\"a\":3}]}");
    account_write_events(account, 0, &buffer);
    assert_text("{\"events\":[]}");
    assert_true(account_write_event(account, SLICE(""), SLICE("T-1"), &buffer));
    assert_text("{\"a\":3}");
    assert_true(account_write_event(account, SLICE("1"), SLICE(""), &buffer));
    assert_text("{\"a\":1}");
    assert_false(account_write_event(account, SLICE("4"), SLICE(""), &buffer));
}

static void is_empty_after_a_reset(void **state)
{
    const struct event event = make_event("1", "T-1", "{}");
    (void)state;
    account_write(account, &buffer);
    struct slice empty = buffer_slice(&buffer);
    char expected[1024] = "";
    memcpy(expected, empty.data, empty.size);
    buffer_reset(&buffer);
    enter(200, true, &event, 1);
    account_reset(account);
    account_write(account, &buffer);
    assert_text(expected);
    enter(200, true, &event, 1);
    account_write_ids(account, &buffer);
    assert_text("{\"transactionid\":\"T-1\",\"count\":1}\n");
}

static void *send(void *context)
{
    const char *thread = context;
    for (int i = 0; i < REQUESTS; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%s-%d", thread, i);
        const struct event events[] = {make_event(id, id, "{}"), make_event("same", "same", "{}")};
        enter(200, true, events, 2);
    }
    return NULL;
}

static void counts_for_several_threads(void **state)
{
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, send, names[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    account_write(account, &buffer);
    buffer_append_byte(&buffer, '\0');
    assert_non_null(strstr(buffer.data, "\"unique\":2001,\"repeated\":1999,"));
}

static int set_up(void **state)
{
    (void)state;
    account = account_new();
    buffer_init(&buffer, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    account_free(account);
    buffer_done(&buffer);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(counts_what_came_and_how_often), CASE(drops_batches_that_it_has_had),
        CASE(shows_the_last_events),          CASE(is_empty_after_a_reset),
        CASE(counts_for_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
