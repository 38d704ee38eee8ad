#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rokt/event_api.h"
#include "rokt/event_api_answer.h"

static const char *const verdict_names[] = {
    [ROKT_DONE] = "done",   [ROKT_RETRY] = "retry", [ROKT_ALONE] = "alone",
    [ROKT_SPLIT] = "split", [ROKT_DEAD] = "dead",   [ROKT_HOLD] = "hold"};

/* A request of three, and one of its first alone. */
#define EVENT(id) "{\"clientEventId\":\"" id "\",\"eventType\":\"conversion\"}"
static const char request[] = "{\"events\":[" EVENT("1") "," EVENT("2") "," EVENT("3") "]}";
static const struct rokt_span events[] = {
    {sizeof "{\"events\":[" - 1, sizeof EVENT("1") - 1},
    {sizeof "{\"events\":[" EVENT("1") "," - 1, sizeof EVENT("2") - 1},
    {sizeof "{\"events\":[" EVENT("1") "," EVENT("2") "," - 1, sizeof EVENT("3") - 1},
};

static struct arena arena; /* of the judgement made last */

static struct rokt_judgement judge(int status, struct slice body, size_t count, bool alone)
{
    struct rokt_answer answer = {.request = slice_of(request),
                                 .events = events,
                                 .event_count = count,
                                 .alone = alone,
                                 .status = status,
                                 .body = body};
    struct rokt_judgement judgement;
    arena_reset(&arena);
    rokt_event_api.judge(&answer, &arena, &judgement);
    return judgement;
}

struct answer_case {
    int status;
    enum rokt_verdict verdict;
    const char *body;
    const char *cause; /* part of it; NULL: any */
};

static void check(const struct answer_case cases[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct answer_case *row = &cases[i];
        struct rokt_judgement got = judge(row->status, slice_of(row->body), 3, false);
        if (got.verdict != row->verdict) {
            fail_msg("%d %s: %s instead of %s (%s)", row->status, row->body,
                     verdict_names[got.verdict], verdict_names[row->verdict], got.cause.text);
        }
        assert_true(got.cause.text[0] != '\0');
        assert_int_equal(got.refusal_count, 0);
        assert_int_equal(got.pressure,
                         row->status == 429 ? ROKT_PRESSURE_RATE : ROKT_PRESSURE_NONE);
        assert_int_equal(got.used_percent, -1);
        assert_int_equal(got.repeated, row->status == 409);
        if (row->cause != NULL && strstr(got.cause.text, row->cause) == NULL) {
            fail_msg("%d %s: \"%s\" without \"%s\"", row->status, row->body, got.cause.text,
                     row->cause);
        }
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void success_is_done_when_the_body_proves_it(void **state)
{
    (void)state;
    const struct answer_case cases[] = {
        {200, ROKT_DONE, "{}", "200: accepted"},
        {200, ROKT_DONE, "{\"data\":{}}", NULL},
        {200, ROKT_DONE, "{\"data\":null}", NULL},
        {200, ROKT_DONE, "{\"data\":[]}", NULL},
        {200, ROKT_DONE, "{\"data\":[{}]}", NULL},
        {200, ROKT_DONE, "{\"data\":{\"unprocessedRecords\":[]}}", NULL},
        {200, ROKT_DONE, "{\"data\":{\"unprocessedRecords\":null}}", NULL},
        {200, ROKT_DONE, "{\"data\":[{\"unprocessedRecords\":[]}]}", NULL},
        {200, ROKT_DONE, " \n{\"data\":{\"unprocessedRecords\":[],\"other\":1},\"x\":[1]}\n", NULL},
        {201, ROKT_DONE, "{\"data\":{}}", NULL},
        {202, ROKT_DONE, "{\"data\":{}}", NULL},
        {299, ROKT_DONE, "{}", NULL},
    };
    CHECK(cases);
}

static void success_without_proof_is_sent_again(void **state)
{
    (void)state;
    const struct answer_case cases[] = {
        {200, ROKT_RETRY, NULL, "not JSON"},
        {200, ROKT_RETRY, "", "not JSON"},
        {204, ROKT_RETRY, "", "not JSON"},
        {200, ROKT_RETRY, "OK", "not JSON"},
        {200, ROKT_RETRY, "<html><body>Welcome</body></html>", "not JSON"},
        {200, ROKT_RETRY, "{\"data\":{\"unprocessedRecords\":[", "not JSON"},
        {200, ROKT_RETRY, "{\"data\":{}}{\"data\":{}}", "not JSON"},
        {200, ROKT_RETRY, "{\"data\":{\"unprocessedRecords\":[]}", "not JSON"},
        {200, ROKT_RETRY, "true", "not as documented"},
        {200, ROKT_RETRY, "[]", "not as documented"},
        {200, ROKT_RETRY, "\"accepted\"", "not as documented"},
        {200, ROKT_RETRY, "{\"data\":1}", "not as documented"},
        {200, ROKT_RETRY, "{\"data\":[1]}", "not as documented"},
        {200, ROKT_RETRY, "{\"data\":{\"unprocessedRecords\":{}}}", "not as documented"},
        {200, ROKT_RETRY, "{\"data\":{\"unprocessedRecords\":\"no\"}}", "not as documented"},
        {200, ROKT_RETRY, "{\"data\":{\"code\":\"InternalError\",\"message\":\"x\"}}",
         "not as documented"},
    };
    CHECK(cases);
}

#define RECORD(code, id)                                                     \
    "{\"error\":{\"code\":\"" code "\",\"message\":\"bad john@email.com\"}," \
    "\"record\":{\"clientEventId\":\"" id "\"}}"
#define RECORDS(records) "{\"data\":{\"unprocessedRecords\":[" records "]}}"

/* What becomes of the three: a letter each, of the verdict's name. */
struct record_case {
    const char *body;
    const char *verdicts; /* d: done, a: alone, x: dead */
    const char *cause;    /* part of the first refusal's */
};

static void assert_verdicts(const struct record_case *row, size_t count, bool alone)
{
    struct rokt_judgement got = judge(200, slice_of(row->body), count, alone);
    static const char letters[] = {
        [ROKT_DONE] = 'd', [ROKT_ALONE] = 'a', [ROKT_DEAD] = 'x', [ROKT_HOLD] = '?'};
    char verdicts[4] = "";
    memset(verdicts, letters[got.verdict], count);
    for (size_t i = 0; i < got.refusal_count; i++) {
        assert_true(i == 0 || got.refusals[i - 1].event < got.refusals[i].event);
        verdicts[got.refusals[i].event] = letters[got.refusals[i].verdict];
    }
    if (strcmp(verdicts, row->verdicts) != 0) {
        fail_msg("%s: %s instead of %s", row->body, verdicts, row->verdicts);
    }
    if (row->cause != NULL) {
        assert_non_null(strstr(got.refusals[0].cause.text, row->cause));
        assert_null(strstr(got.refusals[0].cause.text, "john"));
    }
}

static void unprocessed_records_are_told_apart_by_their_ids(void **state)
{
    (void)state;
    const struct record_case cases[] = {
        {RECORDS(RECORD("ValidationError", "2")), "dxd", "ValidationError"},
        {RECORDS(RECORD("InternalError", "3")), "dda", "InternalError"},
        {RECORDS(RECORD("ValidationError", "1") "," RECORD("Other", "3")), "xda", NULL},
        {RECORDS(RECORD("ValidationError", "2") "," RECORD("ValidationError", "2")), "dxd", NULL},
        {RECORDS(RECORD("ValidationError", "2") "," RECORD("Other", "2")), "dad", NULL},
        {RECORDS(RECORD("Other", "2") "," RECORD("ValidationError", "2")), "dad", NULL},
        {RECORDS("{\"error\":{\"code\":\"ValidationError\",\"message\":\"J\xFCrgen\"},"
                 "\"record\":{\"clientEventId\":\"2\"}}"),
         "dxd", NULL},
        {"{\"data\":[{\"unprocessedRecords\":[" RECORD(
             "ValidationError", "1") "]},"
                                     "{\"unprocessedRecords\":[" RECORD("ValidationError",
                                                                        "3") "]}]}",
         "xdx", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_verdicts(&cases[i], 3, false);
    }
}

static void a_record_that_belongs_to_none_leaves_nothing_proven(void **state)
{
    (void)state;
    const struct record_case cases[] = {
        {RECORDS(RECORD("ValidationError", "4")), "aaa", NULL},
        {RECORDS(RECORD("ValidationError", "")), "aaa", NULL},
        {RECORDS("{}"), "aaa", NULL},
        {RECORDS("null"), "aaa", NULL},
        {RECORDS("{\"error\":\"x\"}"), "aaa", NULL},
        {RECORDS(RECORD("ValidationError", "2") ",{}"), "axa", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_verdicts(&cases[i], 3, false);
    }
}

static void of_a_single_one_there_is_no_doubt(void **state)
{
    (void)state;
    assert_verdicts(&(struct record_case){RECORDS("{}"), "a", "no code"}, 1, false);
    assert_verdicts(&(struct record_case){RECORDS(RECORD("Other", "9")), "a", "Other"}, 1, false);
    assert_verdicts(&(struct record_case){RECORDS(RECORD("ValidationError", "9")), "x", NULL}, 1,
                    false);
}

static void what_is_refused_alone_for_the_second_time_is_dead(void **state)
{
    (void)state;
    assert_verdicts(&(struct record_case){RECORDS(RECORD("Other", "1")), "x", "Other"}, 1, true);
    assert_verdicts(&(struct record_case){RECORDS("{}"), "x", "no code"}, 1, true);
    assert_verdicts(&(struct record_case){"{\"data\":{}}", "d", NULL}, 1, true);
}

static void each_row_of_the_contract_holds(void **state)
{
    (void)state;
    const char *body = "{\"data\":{\"code\":\"SomeError\",\"message\":\"request failed\"}}";
    const struct answer_case cases[] = {
        {301, ROKT_HOLD, "", "redirect"},
        {302, ROKT_HOLD, "<html>", "302"},
        {304, ROKT_HOLD, "", NULL},
        {307, ROKT_HOLD, body, NULL},
        {308, ROKT_HOLD, body, NULL},
        {400, ROKT_SPLIT, "{\"data\":{\"code\":\"RequestBodyReadError\",\"message\":\"m\"}}",
         "400 RequestBodyReadError"},
        {400, ROKT_SPLIT, "{\"data\":{\"code\":\"RequestJsonUnmarshalError\"}}",
         "400 RequestJsonUnmarshalError"},
        {400, ROKT_SPLIT,
         "{\"data\":[{\"code\":\"RequestValidationError\",\"message\":\"amount is required\"}]}",
         "400 RequestValidationError: the request was refused (amount is required)"},
        {400, ROKT_SPLIT, "", "400: the request was refused"},
        {400, ROKT_SPLIT, "<html>", "400: the request was refused"},
        {401, ROKT_HOLD, "{\"data\":{\"code\":\"UnauthorizedError\"}}", "401 UnauthorizedError: "},
        {401, ROKT_HOLD, "", "keys"},
        {403, ROKT_HOLD, "{\"data\":{\"code\":\"Forbidden\"}}", "403 Forbidden: "},
        {404, ROKT_HOLD, "", "address"},
        {405, ROKT_HOLD, "", NULL},
        {408, ROKT_RETRY, "", NULL},
        {409, ROKT_DONE, "", "received before"},
        {413, ROKT_SPLIT, "", "too large"},
        {415, ROKT_HOLD, "", NULL},
        {425, ROKT_RETRY, "", NULL},
        {429, ROKT_RETRY, body, "429 SomeError: too many requests (request failed)"},
        {500, ROKT_RETRY, body, "500 SomeError"},
        {502, ROKT_RETRY, "<html>Bad Gateway</html>", "502: the server failed"},
        {503, ROKT_RETRY, "", NULL},
        {504, ROKT_RETRY, "", NULL},
        {599, ROKT_RETRY, "", NULL},
    };
    CHECK(cases);
}

static void what_nobody_has_documented_holds(void **state)
{
    (void)state;
    for (int status = -1; status < 1000; status++) {
        bool documented = (status >= 200 && status <= 299) || (status >= 500 && status <= 599) ||
                          status == 400 || status == 408 || status == 413 || status == 409 ||
                          status == 425 || status == 429;
        struct rokt_judgement got = judge(status, slice_of(""), 3, false);
        if (!documented && got.verdict != ROKT_HOLD) {
            fail_msg("%d is %s", status, got.cause.text);
        }
    }
}

static void assert_nothing_echoed(const char *text)
{
    assert_null(strstr(text, "john"));
    assert_null(strstr(text, "email.com"));
    assert_null(strstr(text, "Doe"));
    assert_null(strstr(text, "305"));
}

static void no_cause_repeats_what_an_answer_echoes(void **state)
{
    (void)state;
    const char *const bodies[] = {
        "{\"data\":{\"unprocessedRecords\":[{\"error\":{\"code\":\"john@email.com\",\"message\":"
        "\"Doe\"},\"record\":{\"firstname\":\"Doe\",\"mobile\":\"3053211654\"}}]}}",
        "{\"data\":{\"code\":\"Doe 3053211654\",\"message\":\"value 'Doe' of lastname for "
        "john@email.com, 3053211654 is invalid\"}}",
        "john@email.com Doe 3053211654",
    };
    const int statuses[] = {200, 202, 302, 400, 401, 404, 409, 413, 429, 500, 600};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        for (size_t j = 0; j < sizeof statuses / sizeof *statuses; j++) {
            struct rokt_judgement got = judge(statuses[j], slice_of(bodies[i]), 1, false);
            assert_nothing_echoed(got.cause.text);
            for (size_t k = 0; k < got.refusal_count; k++) {
                assert_nothing_echoed(got.refusals[k].cause.text);
            }
        }
    }
}

static void a_body_nested_or_large_beyond_measure_does_no_harm(void **state)
{
    (void)state;
    struct buffer body;
    buffer_init(&body, 4 * 1024 * 1024);
    for (size_t i = 0; i < 1024 * 1024; i++) {
        buffer_append_byte(&body, '[');
    }
    assert_int_equal(judge(200, buffer_slice(&body), 3, false).verdict, ROKT_RETRY);
    buffer_reset(&body);
    buffer_append(&body, SLICE("{\"data\":{\"unprocessedRecords\":[0"));
    while (body.size < 1000000) {
        buffer_append(&body, SLICE(",0"));
    }
    buffer_append(&body, SLICE("]}}"));
    assert_int_equal(judge(200, buffer_slice(&body), 3, false).verdict, ROKT_ALONE);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_done_when_the_body_proves_it),
        cmocka_unit_test(success_without_proof_is_sent_again),
        cmocka_unit_test(unprocessed_records_are_told_apart_by_their_ids),
        cmocka_unit_test(a_record_that_belongs_to_none_leaves_nothing_proven),
        cmocka_unit_test(of_a_single_one_there_is_no_doubt),
        cmocka_unit_test(what_is_refused_alone_for_the_second_time_is_dead),
        cmocka_unit_test(each_row_of_the_contract_holds),
        cmocka_unit_test(what_nobody_has_documented_holds),
        cmocka_unit_test(no_cause_repeats_what_an_answer_echoes),
        cmocka_unit_test(a_body_nested_or_large_beyond_measure_does_no_harm),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
