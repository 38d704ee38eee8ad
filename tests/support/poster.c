#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/poster.h"

#include "base/clock.h"

#include <string.h>

static const char *const header_lines[] = {
    "Content-Type: application/json",
    "Charset: utf-8",
    "Authorization: Basic c2VjcmV0",
};

int64_t poster_now_ms(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock.monotonic_ms;
}

struct transport_settings poster_settings(const char *url)
{
    return (struct transport_settings){
        .url = url,
        .credentials = {.headers = header_lines,
                        .header_count = sizeof header_lines / sizeof *header_lines},
        .timeout_ms = 10000,
        .connect_timeout_ms = 5000,
        .stall_timeout_ms = 10000,
        .connections_max = 4,
    };
}

struct transport *poster_open(const struct transport_settings *settings)
{
    struct error error = {""};
    struct transport *transport = transport_new(settings, &error);
    if (transport == NULL) {
        fail_msg("%s", error.text);
    }
    return transport;
}

void poster_close(struct transport *transport)
{
    transport->operations->free(transport);
}

struct transport_answer poster_await(struct transport *transport)
{
    struct transport_answer answer;
    int64_t until_ms = poster_now_ms() + POSTER_PATIENCE_MS;
    while (!transport->operations->reap(transport, &answer)) {
        assert_true(poster_now_ms() < until_ms);
        transport->operations->wait(transport, -1, 1000);
    }
    return answer;
}

struct transport_answer poster_post(struct transport *transport, struct slice body)
{
    int owner = 0;
    transport->operations->submit(transport, &owner, body, NULL);
    struct transport_answer answer = poster_await(transport);
    assert_ptr_equal(answer.owner, &owner);
    return answer;
}

void poster_expect_success(struct transport *transport)
{
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    if (answer.failed) {
        fail_msg("%s", answer.failure.text);
    }
    assert_int_equal(answer.status, 200);
}

void poster_expect_failure(struct transport *transport, const char *why)
{
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    if (!answer.failed) {
        fail_msg("%d instead of \"%s\"", answer.status, why);
    }
    assert_true(answer.failure.text[0] != '\0');
    if (strstr(answer.failure.text, why) == NULL) {
        fail_msg("\"%s\" without \"%s\"", answer.failure.text, why);
    }
    assert_int_equal(answer.status, 0);
    assert_int_equal(answer.body.size, 0);
    assert_int_equal(answer.retry_after_ms, -1);
}
