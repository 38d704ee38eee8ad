#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/event_api.h"

#include <stdlib.h>
#include <string.h>

/* 2026-11-23T12:00:00Z */
#define NOW_MS INT64_C(1795435200000)

#define EVENT(id, amount)                                                                          \
    "{\"clientEventId\":\"" id "\",\"eventTime\":\"2026-11-23T10:03:00.125Z\","                    \
    "\"eventType\":\"conversion\",\"objectData\":[{\"name\":\"email\",\"value\":\"a@b.example\"}," \
    "{\"name\":\"transactionid\",\"value\":\"T-" id "\"},{\"name\":\"amount\",\"value\":\"" amount \
    "\"}]}"
#define BODY(events) "{\"accountId\":\"sandbox\",\"events\":[" events "]}"

static const struct api_rules rules = {.account_id = "sandbox", .authorization = "Basic eA=="};

static struct arena arena;

static struct api_request request(const char *body)
{
    return (struct api_request){
        .content_type = SLICE("application/json"),
        .charset = SLICE("utf-8"),
        .version = SLICE("2020-05-21"),
        .authorization = SLICE("Basic eA=="),
        .body = slice_of(body),
    };
}

static struct api_answer judge(const struct api_rules *by, const struct api_request *what,
                               const struct api_denial *denial)
{
    struct api_answer answer;
    event_api.judge(by, what, denial, NOW_MS, &arena, &answer);
    return answer;
}

static struct api_answer answer_to(const char *body)
{
    const struct api_request what = request(body);
    const struct api_denial none = {.code = SLICE("")};
    return judge(&rules, &what, &none);
}

static void assert_says(const struct api_answer *answer, unsigned status, const char *part)
{
    assert_int_equal(answer->status, status);
    if (slice_find(answer->body, slice_of(part)) == SIZE_MAX) {
        fail_msg("\"%.*s\" does not say %s", SLICE_PRINT(answer->body), part);
    }
}

static void accepts_events_and_tells_their_ids(void **state)
{
    (void)state;
    struct api_answer answer = answer_to(BODY(EVENT("1", "9.90") "," EVENT("2", "1")));
    assert_says(&answer, 200, "{\"data\":{\"unprocessedRecords\":[]}}");
    assert_int_equal(answer.accepted_count, 2);
    assert_true(slice_equal(answer.accepted[1].client_event_id, SLICE("2")));
    assert_true(slice_equal(answer.accepted[1].transaction_id, SLICE("T-2")));
    assert_true(slice_equal(answer.accepted[0].text, SLICE(EVENT("1", "9.90"))));
    assert_int_not_equal(answer.accepted[0].content, answer.accepted[1].content);
}

static void echoes_a_bad_event_and_accepts_its_neighbours(void **state)
{
    (void)state;
    struct api_answer answer =
        answer_to(BODY(EVENT("1", "9.90") "," EVENT("2", "x") "," EVENT("3", "1")));
    assert_int_equal(answer.accepted_count, 2);
    assert_int_equal(answer.unprocessed_count, 1);
    assert_says(&answer, 200,
                "{\"data\":{\"unprocessedRecords\":[{\"error\":{\"code\":\"ValidationError\","
                "\"message\":\"objectData[2]: amount must be a decimal number like 100.25, not "
                "negative\"},\"record\":" EVENT("2", "x") "}]}}");
}

static void refuses_the_request_for_a_bad_event_when_strict(void **state)
{
    struct api_rules strict = rules;
    const struct api_request what = request(BODY(EVENT("1", "9.90") "," EVENT("2", "x")));
    const struct api_denial none = {.code = SLICE("")};
    (void)state;
    strict.strict_request = true;
    struct api_answer answer = judge(&strict, &what, &none);
    assert_says(&answer, 400, "\"code\":\"RequestValidationError\"");
    assert_says(&answer, 400, "events[1]: ");
    assert_int_equal(answer.accepted_count, 0);
}

static void leaves_denied_events_unprocessed(void **state)
{
    const struct api_request what =
        request(BODY(EVENT("1", "1") "," EVENT("2", "2") "," EVENT("3", "3")));
    const struct api_denial by_text = {.code = SLICE("Busy"), .match = SLICE("T-2")};
    const struct api_denial of_first = {.code = SLICE("Busy")};
    (void)state;
    struct api_answer answer = judge(&rules, &what, &by_text);
    assert_says(&answer, 200, "{\"code\":\"Busy\",");
    assert_says(&answer, 200, "\"record\":" EVENT("2", "2") "}]}}");
    assert_int_equal(answer.accepted_count, 2);
    answer = judge(&rules, &what, &of_first);
    assert_says(&answer, 200, "\"record\":" EVENT("1", "1") "}]}}");
    assert_int_equal(answer.unprocessed_count, 1);
}

static void wants_every_header_literally(void **state)
{
    const struct api_denial none = {.code = SLICE("")};
    struct api_request what = request(BODY(EVENT("1", "1")));
    (void)state;
    what.authorization = SLICE("basic eA==");
    struct api_answer answer = judge(&rules, &what, &none);
    assert_says(&answer, 401, "\"UnauthorizedError\"");
    what.version = SLICE("");
    answer = judge(&rules, &what, &none);
    assert_says(&answer, 400, "Rokt-Version");
    what.charset = SLICE("");
    answer = judge(&rules, &what, &none);
    assert_says(&answer, 400, "Charset");
    what.content_type = SLICE("application/xml");
    answer = judge(&rules, &what, &none);
    assert_says(&answer, 415, "Content-Type");
}

static void refuses_what_is_no_request(void **state)
{
    static const struct {
        unsigned status;
        const char *part;
        const char *body;
    } cases[] = {
        {400, "RequestJsonUnmarshalError", ""},
        {400, "RequestJsonUnmarshalError", "{\"accountId\""},
        {400, "must be an object, not array", "[]"},
        {400, "accountId must be a string", "{\"events\":[]}"},
        {400, "1 to 100 events", BODY("")},
        {400, "no member \\\"extra\\\"", "{\"accountId\":\"sandbox\",\"extra\":1}"},
        {400, "events[1]: its clientEventId is there twice",
         BODY(EVENT("1", "1") "," EVENT("1", "1"))},
        {400, "events[0]: clientEventId is empty", BODY("{\"clientEventId\":\"\"}")},
        {400, "events[0]: an event must be an object, not null", BODY("null")},
        {403, "Forbidden", "{\"accountId\":\"other\",\"events\":[]}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct api_answer answer = answer_to(cases[i].body);
        assert_says(&answer, cases[i].status, cases[i].part);
        assert_int_equal(answer.accepted_count, 0);
    }
}

static void takes_a_hundred_events_and_no_more(void **state)
{
    char text[101 * 400] = "{\"accountId\":\"sandbox\",\"events\":[";
    size_t size = strlen(text);
    (void)state;
    for (int i = 0; i < 100; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "%s{\"clientEventId\":\"%d\",\"eventTime\":"
                                 "\"2026-11-23T10:03:00Z\",\"eventType\":\"conversion\","
                                 "\"objectData\":[{\"name\":\"email\",\"value\":\"a@b.c\"}]}",
                                 i == 0 ? "" : ",", i);
    }
    (void)snprintf(text + size, sizeof text - size, "]}");
    struct api_answer answer = answer_to(text);
    assert_int_equal(answer.accepted_count, 100);
    (void)snprintf(text + size, sizeof text - size, ",{\"clientEventId\":\"100\"}]}");
    answer = answer_to(text);
    assert_says(&answer, 400, "1 to 100 events");
}

static bool takes_time(const char *text, int64_t now_ms)
{
    struct error error;
    return event_time_check(slice_of(text), false, now_ms, &error);
}

static void keeps_the_window_of_event_times(void **state)
{
    (void)state;
    assert_true(takes_time("2026-11-23T12:05:00Z", NOW_MS));
    assert_true(takes_time("2026-11-23T12:05:00.000Z", NOW_MS));
    assert_false(takes_time("2026-11-23T12:05:00.001Z", NOW_MS));
    assert_true(takes_time("2025-05-23T12:00:00Z", NOW_MS));
    assert_false(takes_time("2025-05-23T11:59:59.999Z", NOW_MS));
    /* On 31 August, 18 months before is the 31st of a February: 3 March in a year like 2025. */
    const int64_t august_ms = INT64_C(1788177600000); /* 2026-08-31T12:00:00Z */
    assert_true(takes_time("2025-03-03T12:00:00Z", august_ms));
    assert_false(takes_time("2025-03-03T11:59:59Z", august_ms));
}

static void takes_any_time_when_told_so(void **state)
{
    struct error error;
    (void)state;
    assert_true(event_time_check(SLICE("1999-01-01T00:00:00Z"), true, NOW_MS, &error));
    assert_true(event_time_check(SLICE("2099-01-01T00:00:00Z"), true, NOW_MS, &error));
    assert_false(event_time_check(SLICE("2026-11-23"), true, NOW_MS, &error));
}

static void wants_event_times_in_utc(void **state)
{
    (void)state;
    assert_false(takes_time("2026-11-23T11:00:00+00:00", NOW_MS));
    assert_false(takes_time("2026-11-23 11:00:00Z", NOW_MS));
    assert_false(takes_time("2026-11-23t11:00:00z", NOW_MS));
    assert_false(takes_time("2026-11-23T11:00Z", NOW_MS));
    assert_false(takes_time("2026-11-31T11:00:00Z", NOW_MS));
    assert_false(takes_time("1795431600000", NOW_MS));
    assert_false(takes_time("", NOW_MS));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepts_events_and_tells_their_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(echoes_a_bad_event_and_accepts_its_neighbours, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_the_request_for_a_bad_event_when_strict, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_denied_events_unprocessed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wants_every_header_literally, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_a_hundred_events_and_no_more, set_up, tear_down),
        cmocka_unit_test(keeps_the_window_of_event_times),
        cmocka_unit_test(takes_any_time_when_told_so),
        cmocka_unit_test(wants_event_times_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
