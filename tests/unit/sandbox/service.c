#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/audience_api.h"
#include "sandbox/coding.h"
#include "sandbox/event_api.h"
#include "sandbox/service.h"

#include <stdlib.h>
#include <string.h>

/* 2026-11-23T12:00:00Z */
static struct clock now = {.wall_ms = INT64_C(1795435200000), .monotonic_ms = 1000000};

static struct service service;
static struct arena arena;
static struct fault_effect effect;
static struct reply reply;

#define EVENT(id, name)                                                     \
    "{\"clientEventId\":\"" id "\",\"eventTime\":\"2026-11-23T10:03:00Z\"," \
    "\"eventType\":\"conversion\",\"objectData\":[{\"name\":\"email\","     \
    "\"value\":\"a@b.example\"},{\"name\":\"firstname\",\"value\":\"" name "\"}]}"
#define EVENTS \
    "{\"accountId\":\"sandbox\",\"events\":[" EVENT("1", "Zo\xC3\xAB") "," EVENT("2", "Al") "]}"

#define BATCH(id)                                                                     \
    "{\"environment\":\"production\",\"source_request_id\":\"r-" id "\","             \
    "\"user_identities\":{\"email\":\"a@b.example\"},\"events\":[{\"event_type\":"    \
    "\"custom_event\",\"data\":{\"event_name\":\"conversion\",\"custom_event_type\":" \
    "\"transaction\",\"source_message_id\":\"" id "\",\"timestamp_unixtime_ms\":"     \
    "1795431600125,\"custom_attributes\":{\"amount\":\"9.90\"}}}]}"
#define BATCHES "[" BATCH("1") "," BATCH("2") "]"

static struct api_request request_for(struct slice body)
{
    bool event = service.api == &event_api;
    return (struct api_request){
        .method = SLICE("POST"),
        .path = event ? SLICE("/v2/events") : SLICE("/v2/bulkevents"),
        .content_type = SLICE("application/json"),
        .charset = SLICE("utf-8"),
        .version = event ? SLICE("2020-05-21") : SLICE(""),
        .authorization = SLICE("Basic eA=="),
        .body = body,
        .bytes = body.size,
    };
}

static void send(struct api_request request)
{
    service_draw(&service, &request, &now, &arena, &effect);
    service_answer(&service, &request, &effect, &now, &arena, &reply);
}

static void send_good(void)
{
    send(request_for(service.api == &event_api ? SLICE(EVENTS) : SLICE(BATCHES)));
}

static struct slice header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (slice_equal(reply.headers[i].name, slice_of(name))) {
            return reply.headers[i].value;
        }
    }
    return SLICE("");
}

static void set_fault(const char *text)
{
    struct error error = {""};
    fault_script_clear(service.faults);
    if (text[0] != '\0' && !fault_script_add(service.faults, slice_of(text), &error)) {
        fail_msg("%s: %s", text, error.text);
    }
}

/* The number behind `name` in the account. */
static unsigned long counted(const char *name)
{
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    account_write(service.account, &buffer);
    buffer_append_byte(&buffer, '\0');
    const char *place = strstr(buffer.data, name);
    assert_non_null(place);
    unsigned long count = strtoul(place + strlen(name) + strlen("\":"), NULL, 10);
    buffer_done(&buffer);
    return count;
}

/* One of the answers that Rokt may give, and the fault that has it given. */
struct row {
    const char *row;
    const char *fault;
    unsigned status;
    const char
        *body; /* all of it, or, with a star at its end, how it begins; NULL: whatever it is */
    const char *name; /* a header, or NULL */
    const char *value;
    unsigned accepted;
    unsigned unacknowledged;
};

#define RECORD(record)                                                              \
    "{\"data\":{\"unprocessedRecords\":[{\"error\":{\"code\":\"Busy\",\"message\":" \
    "\"a fault of the script\"}" record "}]}}"
#define MADE_UP(code) "{\"data\":{\"code\":\"" code "\",\"message\":\"a fault of the script\"}}"

static const struct row event_rows[] = {
    {"200, all taken", "", 200, "{\"data\":{\"unprocessedRecords\":[]}}", "Content-Type",
     "application/json", 2, 0},
    {"200, no records at all", "status=200,accept,body={\"data\":{}}", 200, "{\"data\":{}}", NULL,
     NULL, 2, 2},
    {"200, one unprocessed", "unprocessed=Busy", 200,
     RECORD(",\"record\":" EVENT("1", "Zo\xC3\xAB")), NULL, NULL, 1, 0},
    {"200, one unprocessed, by its id alone", "unprocessed=Busy,named=id", 200,
     RECORD(",\"record\":{\"clientEventId\":\"1\"}"), NULL, NULL, 1, 0},
    {"200, a record that matches none", "unprocessed=Busy,named=wrongly", 200,
     RECORD(",\"record\":{\"clientEventId\":\"an id that no event of the request could have\"}"),
     NULL, NULL, 1, 1},
    {"200, an error without a record", "unprocessed=Busy,named=not", 200, RECORD(""), NULL, NULL, 1,
     1},
    {"200, not JSON", "status=200,header=Content-Type: text/html,body=<html>", 200, "<html>",
     "Content-Type", "text/html", 0, 0},
    {"200, empty", "status=200,body=", 200, "", "Content-Type", "", 0, 0},
    {"200, cut in its middle", "truncate,accept", 200, NULL, NULL, NULL, 2, 2},
    {"200, in another charset", "unprocessed=Busy,encode=latin1", 200,
     RECORD(",\"record\":" EVENT("1", "Zo\xEB")), "Content-Type", "application/json", 1, 1},
    {"200, compressed", "encode=gzip", 200, "\x1F\x8B*", "Content-Encoding", "gzip", 2, 2},
    {"204", "status=204", 204, "", NULL, NULL, 0, 0},
    {"400", "status=400", 400, MADE_UP("RequestValidationError"), NULL, NULL, 0, 0},
    {"400, data as an array", "status=400,body={\"data\":[{\"code\":\"X\"}]}", 400,
     "{\"data\":[{\"code\":\"X\"}]}", NULL, NULL, 0, 0},
    {"401", "status=401", 401, MADE_UP("UnauthorizedError"), NULL, NULL, 0, 0},
    {"403", "status=403", 403, MADE_UP("Forbidden"), NULL, NULL, 0, 0},
    {"404", "status=404", 404, MADE_UP("NotFound"), NULL, NULL, 0, 0},
    {"405", "status=405", 405, MADE_UP("MethodNotAllowed"), "Allow", "POST", 0, 0},
    {"415", "status=415", 415, MADE_UP("UnsupportedMediaType"), NULL, NULL, 0, 0},
    {"3xx", "status=307,header=Location: https://elsewhere.example/v2/events", 307, NULL,
     "Location", "https://elsewhere.example/v2/events", 0, 0},
    {"408", "status=408", 408, MADE_UP("Error"), NULL, NULL, 0, 0},
    {"409", "status=409,accept", 409, MADE_UP("Error"), NULL, NULL, 2, 2},
    {"413", "status=413", 413, MADE_UP("RequestEntityTooLarge"), NULL, NULL, 0, 0},
    {"425", "status=425", 425, MADE_UP("Error"), NULL, NULL, 0, 0},
    {"429, in seconds", "status=429,retry=7", 429, MADE_UP("TooManyRequests"), "Retry-After", "7",
     0, 0},
    {"429, a date", "status=429,retry=90,date=imf", 429, NULL, "Retry-After",
     "Mon, 23 Nov 2026 12:01:30 GMT", 0, 0},
    {"429, an old form of date", "status=429,retry=90,date=rfc850", 429, NULL, "Retry-After",
     "Monday, 23-Nov-26 12:01:30 GMT", 0, 0},
    {"429, another old form of date", "status=429,retry=691200,date=asctime", 429, NULL,
     "Retry-After", "Tue Dec  1 12:00:00 2026", 0, 0},
    {"500", "status=500", 500, MADE_UP("InternalServerError"), NULL, NULL, 0, 0},
    {"500, taken all the same", "status=500,accept", 500, NULL, NULL, NULL, 2, 2},
    {"502", "status=502", 502, MADE_UP("BadGateway"), NULL, NULL, 0, 0},
    {"503", "status=503,retry=0", 503, MADE_UP("ServiceUnavailable"), "Retry-After", "0", 0, 0},
    {"504", "status=504", 504, MADE_UP("GatewayTimeout"), NULL, NULL, 0, 0},
    {"other 5xx", "status=599", 599, MADE_UP("Error"), NULL, NULL, 0, 0},
    {"reset", "reset,accept", 200, NULL, NULL, NULL, 2, 2},
};

#define ERRORS(place) \
    "{\"errors\":[{\"code\":\"Busy\",\"message\":\"A fault of the script." place "\"}]}"

static const struct row audience_rows[] = {
    {"202, empty", "", 202, "", "Content-Type", "", 2, 0},
    {"202, no errors", "status=202,accept,body={\"errors\":[]}", 202, "{\"errors\":[]}", NULL, NULL,
     2, 2},
    {"202, one failed", "unprocessed=Busy,match=r-2", 202,
     ERRORS(" Path '[1].source_request_id', line 1, position 361."), "Content-Type",
     "application/json", 1, 0},
    {"202, one failed, by its path", "unprocessed=Busy,match=r-2,named=path", 202,
     ERRORS(" Path '[1].source_request_id'."), NULL, NULL, 1, 0},
    {"202, one failed, by its position", "unprocessed=Busy,match=r-2,named=position", 202,
     ERRORS(" line 1, position 361."), NULL, NULL, 1, 0},
    {"202, a path to none", "unprocessed=Busy,named=wrongly", 202,
     ERRORS(" Path '[100].source_request_id'."), NULL, NULL, 1, 1},
    {"202, an error that names none", "unprocessed=Busy,named=not", 202, ERRORS(""), NULL, NULL, 1,
     1},
    {"202, not JSON", "status=202,body=<html>", 202, "<html>", NULL, NULL, 0, 0},
    {"202, cut in its middle", "truncate", 202, "", NULL, NULL, 0, 0},
    {"202, with what is used", "header=X-mp-rate-limit-percentage-used: 85", 202, "",
     "X-mp-rate-limit-percentage-used", "85", 2, 0},
    {"400, every batch bad", "status=400,unprocessed=Busy", 400,
     ERRORS(" Path '[0].source_request_id', line 1, position 54."), NULL, NULL, 0, 0},
    {"400, without a body", "status=400,body=", 400, "", NULL, NULL, 0, 0},
    {"400, malformed", "status=400", 400,
     "{\"errors\":[{\"code\":\"BAD_REQUEST\",\"message\":\"a fault of the script\"}]}", NULL, NULL,
     0, 0},
    {"401", "status=401", 401, "", NULL, NULL, 0, 0},
    {"403", "status=403", 403, "", NULL, NULL, 0, 0},
    {"429, of the rate", "status=429,retry=3,header=X-mp-rate-limit-exceeded: workspace", 429, "",
     "X-mp-rate-limit-exceeded", "workspace", 0, 0},
    {"429, of the acceleration", "status=429,header=X-mp-rate-limit-exceeded: acceleration", 429,
     "", "X-mp-rate-limit-exceeded", "acceleration", 0, 0},
    {"429, without a word", "status=429", 429, "", "Retry-After", "", 0, 0},
    {"503", "status=503", 503, "", NULL, NULL, 0, 0},
    {"503, taken all the same", "status=503,accept", 503, "", NULL, NULL, 2, 2},
    {"413", "status=413", 413, "", NULL, NULL, 0, 0},
    {"reset", "reset", 202, NULL, NULL, NULL, 0, 0},
};

static void assert_body(const struct row *row)
{
    struct slice expected = slice_of(row->body);
    bool begins = slice_ends_with(expected, SLICE("*"));
    expected.size -= begins;
    if (begins ? !slice_starts_with(reply.body, expected) : !slice_equal(reply.body, expected)) {
        fail_msg("%s: \"%.*s\"", row->row, SLICE_PRINT(reply.body));
    }
}

static void assert_row(const struct row *row)
{
    account_reset(service.account);
    set_fault(row->fault);
    send_good();
    if (reply.status != row->status) {
        fail_msg("%s: %u", row->row, reply.status);
    }
    if (row->body != NULL) {
        assert_body(row);
    }
    if (row->name != NULL && !slice_equal(header(row->name), slice_of(row->value))) {
        fail_msg("%s: %s is \"%.*s\"", row->row, row->name, SLICE_PRINT(header(row->name)));
    }
    if (counted("\"accepted") != row->accepted ||
        counted("\"unacknowledged") != row->unacknowledged) {
        fail_msg("%s: %lu accepted, %lu unacknowledged", row->row, counted("\"accepted"),
                 counted("\"unacknowledged"));
    }
    assert_int_equal(reply.reset, effect.reset);
    assert_int_equal(reply.truncate, effect.truncate);
    arena_reset(&arena);
}

static void gives_every_answer_of_the_event_api(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof event_rows / sizeof event_rows[0]; i++) {
        assert_row(&event_rows[i]);
    }
}

static void gives_every_answer_of_the_event_and_audience_api(void **state)
{
    (void)state;
    service.api = &audience_api;
    for (size_t i = 0; i < sizeof audience_rows / sizeof audience_rows[0]; i++) {
        assert_row(&audience_rows[i]);
    }
}

static void keeps_faults_from_what_is_no_request(void **state)
{
    struct api_request request = request_for(SLICE(EVENTS));
    (void)state;
    set_fault("status=503");
    request.method = SLICE("GET");
    send(request);
    assert_int_equal(reply.status, 405);
    assert_true(slice_equal(header("Allow"), SLICE("POST")));
    request.path = SLICE("/v2/bulkevents");
    send(request);
    assert_int_equal(reply.status, 404);
    service.api = &audience_api;
    send(request);
    assert_int_equal(reply.status, 405);
    assert_int_equal(reply.body.size, 0);
}

static void send_encoded(const char *encoding, struct slice body)
{
    struct api_request request = request_for(body);
    request.content_encoding = slice_of(encoding);
    send(request);
}

static void understands_gzip(void **state)
{
    const struct api *const apis[] = {&event_api, &audience_api};
    const struct slice texts[] = {SLICE(EVENTS), SLICE(BATCHES)};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buffer bytes;
        buffer_init(&bytes, 1 << 20);
        coding_gzip(texts[i], &bytes);
        service.api = apis[i];
        send_encoded("gzip", buffer_slice(&bytes));
        assert_int_equal(reply.status, apis[i]->success);
        send_encoded("gzip", texts[i]);
        assert_int_equal(reply.status, 400);
        send_encoded("br", texts[i]);
        assert_int_equal(reply.status, 415);
        buffer_done(&bytes);
    }
    assert_int_equal(counted("\"compressed"), 6);
    assert_int_equal(counted("\"accepted"), 4);
}

static void takes_no_more_because_it_is_compressed(void **state)
{
    static const char blanks[EVENT_API_BODY_MAX + 1];
    struct buffer bytes;
    (void)state;
    buffer_init(&bytes, 1 << 20);
    coding_gzip((struct slice){blanks, sizeof blanks}, &bytes);
    send_encoded("gzip", buffer_slice(&bytes));
    assert_int_equal(reply.status, 413);
    buffer_done(&bytes);
}

static void says_what_cannot_be_read(void **state)
{
    (void)state;
    send_encoded("gzip", SLICE("{}"));
    assert_int_not_equal(slice_find(reply.body, SLICE("\"RequestBodyReadError\"")), SIZE_MAX);
}

static void limits_the_rate_with_the_headers_of_the_api(void **state)
{
    const struct rate_rules rules = {.rate = 3};
    (void)state;
    now.monotonic_ms += 60000;
    rate_limit_set(service.limit, &rules);
    send_good();
    assert_int_equal(reply.status, 200);
    assert_int_equal(header("X-mp-rate-limit-percentage-used").size, 0);
    send_good();
    assert_int_equal(reply.status, 429);
    assert_true(slice_equal(header("Retry-After"), SLICE("1")));
    assert_int_equal(header("X-mp-rate-limit-exceeded").size, 0);
    service.api = &audience_api;
    send_good();
    assert_int_equal(reply.status, 429);
    assert_int_equal(reply.body.size, 0);
    assert_true(slice_equal(header("X-mp-rate-limit-exceeded"), SLICE("account")));
    now.monotonic_ms += 1000;
    send_good();
    assert_int_equal(reply.status, 202);
    assert_true(slice_equal(header("X-mp-rate-limit-percentage-used"), SLICE("66")));
    assert_int_equal(counted("\"rate"), 2);
    assert_int_equal(counted("\"accepted"), 4);
}

static void limits_what_the_script_leaves_alone(void **state)
{
    const struct rate_rules rules = {.rate = 3};
    (void)state;
    now.monotonic_ms += 60000;
    rate_limit_set(service.limit, &rules);
    send_good();
    set_fault("unprocessed=Busy,encode=gzip");
    send_good();
    assert_int_equal(reply.status, 429);
    set_fault("status=500,accept");
    send_good();
    assert_int_equal(reply.status, 500);
    assert_int_equal(counted("\"accepted"), 4);
}

static int set_up(void **state)
{
    const struct rate_rules none = {.rate = 0};
    (void)state;
    arena_init(&arena, 0);
    service = (struct service){.api = &event_api,
                               .rules = {.account_id = "sandbox", .authorization = "Basic eA=="},
                               .account = account_new(),
                               .faults = fault_script_new(1),
                               .limit = rate_limit_new(&none)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    account_free(service.account);
    fault_script_free(service.faults);
    rate_limit_free(service.limit);
    arena_done(&arena);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gives_every_answer_of_the_event_api),
        CASE(gives_every_answer_of_the_event_and_audience_api),
        CASE(keeps_faults_from_what_is_no_request),
        CASE(understands_gzip),
        CASE(takes_no_more_because_it_is_compressed),
        CASE(says_what_cannot_be_read),
        CASE(limits_the_rate_with_the_headers_of_the_api),
        CASE(limits_what_the_script_leaves_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
