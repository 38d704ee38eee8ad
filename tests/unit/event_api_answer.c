#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rokt/event_api.h"
#include "rokt/event_api_answer.h"

static const char *const verdict_names[] = {
    [ROKT_DONE] = "done", [ROKT_RETRY] = "retry", [ROKT_HOLD] = "hold"};

static enum rokt_verdict judge(int status, struct slice body, struct error *ret_cause)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct rokt_answer answer = {.status = status, .body = body};
    *ret_cause = (struct error){""};
    enum rokt_verdict verdict = rokt_event_api.judge(&answer, &arena, ret_cause);
    arena_done(&arena);
    return verdict;
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
        struct error cause;
        enum rokt_verdict verdict = judge(row->status, slice_of(row->body), &cause);
        if (verdict != row->verdict) {
            fail_msg("%d %s: %s instead of %s (%s)", row->status, row->body, verdict_names[verdict],
                     verdict_names[row->verdict], cause.text);
        }
        assert_true(cause.text[0] != '\0');
        if (row->cause != NULL && strstr(cause.text, row->cause) == NULL) {
            fail_msg("%d %s: \"%s\" without \"%s\"", row->status, row->body, cause.text,
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

#define RECORD(code)                                                         \
    "{\"error\":{\"code\":\"" code "\",\"message\":\"bad john@email.com\"}," \
    "\"record\":{\"clientEventId\":\"1\"}}"

static void unprocessed_records_hold_and_are_counted_with_their_code(void **state)
{
    (void)state;
    const struct answer_case cases[] = {
        {200, ROKT_HOLD, "{\"data\":{\"unprocessedRecords\":[" RECORD("ValidationError") "]}}",
         "1 of the conversions were not taken: ValidationError"},
        {200, ROKT_HOLD,
         "{\"data\":{\"unprocessedRecords\":[" RECORD("ValidationError") "," RECORD(
             "ValidationError") "]}}",
         "2 of the conversions were not taken: ValidationError"},
        {200, ROKT_HOLD,
         "{\"data\":{\"unprocessedRecords\":[" RECORD("ValidationError") "," RECORD("Other") "]}}",
         "ValidationError and others"},
        {200, ROKT_HOLD,
         "{\"data\":[{\"unprocessedRecords\":[" RECORD("A") "]},{\"unprocessedRecords\":[" RECORD(
             "A") "]}]}",
         "2 of the conversions"},
        {202, ROKT_HOLD, "{\"data\":{\"unprocessedRecords\":[{}]}}", "1 of the conversions"},
        {200, ROKT_HOLD, "{\"data\":{\"unprocessedRecords\":[null]}}", "without a code"},
        {200, ROKT_HOLD, "{\"data\":{\"unprocessedRecords\":[{\"error\":\"x\"}]}}",
         "without a code"},
        {200, ROKT_HOLD, "{\"data\":[1,{\"unprocessedRecords\":[{}]}]}", "1 of the conversions"},
    };
    CHECK(cases);
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
        {400, ROKT_HOLD, "{\"data\":{\"code\":\"RequestBodyReadError\",\"message\":\"m\"}}",
         "400 RequestBodyReadError"},
        {400, ROKT_HOLD, "{\"data\":{\"code\":\"RequestJsonUnmarshalError\"}}",
         "400 RequestJsonUnmarshalError"},
        {400, ROKT_HOLD,
         "{\"data\":[{\"code\":\"RequestValidationError\",\"message\":\"amount is required\"}]}",
         "400 RequestValidationError: the request was refused (amount is required)"},
        {400, ROKT_HOLD, "", "400: the request was refused"},
        {400, ROKT_HOLD, "<html>", "400: the request was refused"},
        {401, ROKT_HOLD, "{\"data\":{\"code\":\"UnauthorizedError\"}}", "401 UnauthorizedError: "},
        {401, ROKT_HOLD, "", "keys"},
        {403, ROKT_HOLD, "{\"data\":{\"code\":\"Forbidden\"}}", "403 Forbidden: "},
        {404, ROKT_HOLD, "", "address"},
        {405, ROKT_HOLD, "", NULL},
        {408, ROKT_RETRY, "", NULL},
        {409, ROKT_DONE, "", "received before"},
        {413, ROKT_HOLD, "", "too large"},
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
                          status == 408 || status == 409 || status == 425 || status == 429;
        struct error cause;
        if (!documented && judge(status, slice_of(""), &cause) != ROKT_HOLD) {
            fail_msg("%d is %s", status, cause.text);
        }
    }
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
            struct error cause;
            (void)judge(statuses[j], slice_of(bodies[i]), &cause);
            assert_null(strstr(cause.text, "john"));
            assert_null(strstr(cause.text, "email.com"));
            assert_null(strstr(cause.text, "Doe"));
            assert_null(strstr(cause.text, "305"));
        }
    }
}

static void a_body_nested_or_large_beyond_measure_does_no_harm(void **state)
{
    (void)state;
    struct buffer body;
    struct error cause;
    buffer_init(&body, 4 * 1024 * 1024);
    for (size_t i = 0; i < 1024 * 1024; i++) {
        buffer_append_byte(&body, '[');
    }
    assert_int_equal(judge(200, buffer_slice(&body), &cause), ROKT_RETRY);
    buffer_reset(&body);
    buffer_append(&body, SLICE("{\"data\":{\"unprocessedRecords\":[0"));
    while (body.size < 1000000) {
        buffer_append(&body, SLICE(",0"));
    }
    buffer_append(&body, SLICE("]}}"));
    assert_int_equal(judge(200, buffer_slice(&body), &cause), ROKT_HOLD);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_done_when_the_body_proves_it),
        cmocka_unit_test(success_without_proof_is_sent_again),
        cmocka_unit_test(unprocessed_records_hold_and_are_counted_with_their_code),
        cmocka_unit_test(each_row_of_the_contract_holds),
        cmocka_unit_test(what_nobody_has_documented_holds),
        cmocka_unit_test(no_cause_repeats_what_an_answer_echoes),
        cmocka_unit_test(a_body_nested_or_large_beyond_measure_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
