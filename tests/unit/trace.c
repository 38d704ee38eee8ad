#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/trace.h"
#include "rokt/event_api.h"
#include "support/conversions.h"

#define PARENT "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
#define TRACE "00-" PARENT "-01"
#define HEADERS_MAX 3

/* A batch with a conversion of each message; what stands for a message is its value of traceparent,
 * NULL for none. */
static struct batch *batch_of(const char *const traces[], size_t count)
{
    struct batch *batch = batch_new(100, 100000);
    for (size_t i = 0; i < count; i++) {
        char id[37];
        struct error error;
        const struct message_header headers[HEADERS_MAX] = {
            {SLICE("region"), SLICE("eu")},
            {SLICE("traceparents"), SLICE(TRACE)},
            {SLICE("traceparent"), slice_of(traces[i])},
        };
        struct conversion conversion = conversions_make(i, id);
        struct message message = conversions_message;
        message.headers = headers;
        message.header_count = traces[i] == NULL ? HEADERS_MAX - 1 : HEADERS_MAX;
        assert_int_equal(batch_add(batch, &rokt_event_api, SLICE("1"), &conversion, &message,
                                   (struct token){.sequence = i}, 0, CONVERSIONS_WALL_MS, &error),
                         BATCH_ADDED);
    }
    return batch;
}

/* Whether such a batch has a trace, which is then the first one's. */
static bool has_trace(const char *const traces[], size_t count)
{
    struct batch *batch = batch_of(traces, count);
    char line[BATCH_TRACE_SIZE] = "";
    bool has = trace_line(batch, line);
    if (has) {
        assert_memory_equal(line, "traceparent: ", strlen("traceparent: "));
        assert_string_equal(line + strlen("traceparent: "), traces[0]);
    } else {
        assert_string_equal(line, "");
    }
    batch_free(batch);
    return has;
}

static void a_trace_is_that_of_all_messages(void **state)
{
    (void)state;
    const char *const same[] = {TRACE, TRACE, TRACE};
    assert_true(has_trace(same, 1));
    assert_true(has_trace(same, 3));
    const char *const others[][3] = {
        {NULL, NULL, NULL},
        {NULL, TRACE, TRACE},
        {TRACE, TRACE, NULL},
        {TRACE, TRACE, "00-" PARENT "-00"},
        {TRACE, "00-" PARENT "-01-", TRACE},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(has_trace(others[i], 3));
    }
}

static void what_is_no_trace_is_not_passed_on(void **state)
{
    (void)state;
    const char *const traces[] = {
        "",
        "00-" PARENT,
        "00-" PARENT "-0",
        "00-" PARENT "-001",
        "01-" PARENT "-01",
        "ff-" PARENT "-01",
        "00_" PARENT "_01",
        "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
        "00-0gf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
        "00-" PARENT "-\r\n",
    };
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        assert_false(has_trace(&traces[i], 1));
    }
}

static void conversions_of_one_message_share_its_trace(void **state)
{
    (void)state;
    struct batch *batch = batch_new(100, 100000);
    const struct message_header header = {SLICE("traceparent"), SLICE(TRACE)};
    struct message message = conversions_message;
    message.headers = &header;
    message.header_count = 1;
    for (size_t i = 0; i < 3; i++) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(i, id);
        assert_int_equal(batch_add(batch, &rokt_event_api, SLICE("1"), &conversion, &message,
                                   (struct token){.sequence = 7}, 0, CONVERSIONS_WALL_MS, &error),
                         BATCH_ADDED);
    }
    char line[BATCH_TRACE_SIZE];
    assert_true(trace_line(batch, line));
    assert_string_equal(line, "traceparent: " TRACE);
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_that_of_all_messages),
        cmocka_unit_test(what_is_no_trace_is_not_passed_on),
        cmocka_unit_test(conversions_of_one_message_share_its_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
