#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/audience_api.h"
#include "sandbox/audience_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-23T12:00:00Z */
#define NOW_MS INT64_C(1795435200000)

#define CLICK_ID "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6"

/* The parts of a batch; each test puts one of its own in the place of one of these. */
#define ENVIRONMENT "\"environment\":\"production\","
#define REQUEST_ID(id) "\"source_request_id\":\"r-" id "\","
#define USER "\"user_identities\":{\"email\":\"ada@b.example\"},"
#define TYPES "\"event_name\":\"conversion\",\"custom_event_type\":\"transaction\","
#define MESSAGE_ID(id) "\"source_message_id\":\"" id "\","
#define TIME "\"timestamp_unixtime_ms\":1795431600125,"
#define ATTRIBUTES(id) \
    "\"custom_attributes\":{\"confirmationref\":\"T-" id "\",\"amount\":\"9.90\"}"
#define EVENTS(data) "\"events\":[{\"event_type\":\"custom_event\",\"data\":{" data "}}]"
#define DATA(id)         \
    TYPES MESSAGE_ID(id) \
    TIME ATTRIBUTES(id)
#define BATCH(id)                  \
    "{" ENVIRONMENT REQUEST_ID(id) \
    USER EVENTS(DATA(id)) "}"
/* A batch with more members, and one with other attributes. */
#define WITH(members) "{" ENVIRONMENT REQUEST_ID("x") members EVENTS(DATA("x")) "}"
#define WITH_DATA(data) "{" ENVIRONMENT REQUEST_ID("x") USER EVENTS(data) "}"
#define WITH_ATTRIBUTES(attributes) \
    WITH_DATA(TYPES MESSAGE_ID("x") TIME "\"custom_attributes\":" attributes)

static const struct api_rules rules = {.authorization = "Basic eA=="};
static const struct api_denial none = {.code = SLICE("")};

static struct arena arena;

static struct api_request request(const char *path, const char *body)
{
    return (struct api_request){
        .path = slice_of(path),
        .content_type = SLICE("application/json"),
        .authorization = SLICE("Basic eA=="),
        .body = slice_of(body),
    };
}

static struct api_answer judge(const struct api_request *what, const struct api_denial *denial)
{
    struct api_answer answer;
    audience_api.judge(&rules, what, denial, NOW_MS, &arena, &answer);
    return answer;
}

static struct api_answer answer_to(const char *body)
{
    const struct api_request what = request("/v2/bulkevents", body);
    return judge(&what, &none);
}

static bool says(const struct api_answer *answer, const char *part)
{
    return slice_find(answer->body, slice_of(part)) != SIZE_MAX;
}

static void assert_says(const struct api_answer *answer, unsigned status, const char *part)
{
    assert_int_equal(answer->status, status);
    if (!says(answer, part)) {
        fail_msg("\"%.*s\" does not say %s", SLICE_PRINT(answer->body), part);
    }
}

static void accepts_batches_and_tells_their_ids(void **state)
{
    (void)state;
    struct api_answer answer = answer_to("[" BATCH("1") "," BATCH("2") "]");
    assert_int_equal(answer.status, 202);
    assert_int_equal(answer.body.size, 0);
    assert_int_equal(answer.accepted_count, 2);
    const struct event *event = &answer.accepted[1];
    assert_true(slice_equal(event->client_event_id, SLICE("2")));
    assert_true(slice_equal(event->request_id, SLICE("r-2")));
    assert_true(slice_equal(event->transaction_id, SLICE("T-2")));
    assert_true(slice_equal(event->type, SLICE("conversion")));
    assert_true(slice_equal(event->text, SLICE(BATCH("2"))));
    assert_false(event->follows);
}

static void takes_all_that_is_documented(void **state)
{
    (void)state;
    struct api_answer answer =
        answer_to("[" WITH("\"user_identities\":{\"other\":"
                           "\"fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f\","
                           "\"customerid\":\"C-1\",\"other2\":\"" CLICK_ID "\"},"
                           "\"integration_attributes\":{\"1277\":{\"passbackconversiontrackingid\":"
                           "\"" CLICK_ID "\"}},"
                           "\"user_attributes\":{\"firstname\":\"Ada\",\"age\":44,\"vip\":true},"
                           "\"device_info\":{\"http_header_user_agent\":\"curl\",\"ios_idfv\":"
                           "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"},"
                           "\"ip\":\"2001:db8::1\",") "]");
    assert_int_equal(answer.status, 202);
    assert_int_equal(answer.accepted_count, 1);
}

static void takes_one_batch_at_the_other_path(void **state)
{
    struct api_request what = request("/v2/events", BATCH("1"));
    (void)state;
    struct api_answer answer = judge(&what, &none);
    assert_int_equal(answer.status, 202);
    assert_int_equal(answer.accepted_count, 1);
    what.body = SLICE("[" BATCH("1") "]");
    answer = judge(&what, &none);
    assert_says(&answer, 400, "takes one batch");
    what.body = SLICE("{}");
    answer = judge(&what, &none);
    assert_says(&answer, 400, "Path '', line 1, position 2.");
}

static void tells_the_events_of_a_batch_apart(void **state)
{
    (void)state;
    struct api_answer answer = answer_to(
        "[{" ENVIRONMENT REQUEST_ID("1") USER
        "\"events\":[{\"event_type\":\"custom_event\",\"data\":{" DATA(
            "1") "}},{\"event_type\":\"custom_event\",\"data\":{" DATA("2") "}}]}," BATCH("3") "]");
    assert_int_equal(answer.accepted_count, 3);
    assert_false(answer.accepted[0].follows);
    assert_true(answer.accepted[1].follows);
    assert_false(answer.accepted[2].follows);
    assert_true(slice_equal(answer.accepted[1].request_id, SLICE("r-1")));
    assert_true(slice_equal(answer.accepted[1].client_event_id, SLICE("2")));
}

static void digests_the_content_without_the_id_of_the_batch(void **state)
{
    (void)state;
    struct api_answer one = answer_to("[" BATCH("1") "]");
    struct api_answer other =
        answer_to("[{" ENVIRONMENT REQUEST_ID("2") USER EVENTS(DATA("1")) "}]");
    struct api_answer different = answer_to("[" WITH(USER) "]");
    assert_int_equal(one.accepted[0].content, other.accepted[0].content);
    assert_int_not_equal(one.accepted[0].content, different.accepted[0].content);
}

/* What is wrong with a batch, where that is, and the bytes that end there. */
static const struct mistake {
    const char *words;
    const char *path;
    const char *token;
    const char *batch;
} mistakes[] = {
    {"an object is wanted, not null", "[1]", "null", "null"},
    {"Required property 'environment' not found", "[1]", "}",
     "{" REQUEST_ID("x") USER EVENTS(DATA("x")) "}"},
    {"Required property 'source_request_id' not found", "[1]", "}",
     "{" ENVIRONMENT USER EVENTS(DATA("x")) "}"},
    {"Required property 'user_identities' not found", "[1]", "}", WITH("")},
    {"Required property 'events' not found", "[1]", "}",
     "{" ENVIRONMENT REQUEST_ID("x") USER "\"ip\":\"1.2.3.4\"}"},
    {"Could not find member 'mpid'", "[1].mpid", "12", WITH(USER "\"mpid\":12,")},
    {"the environment is production or development", "[1].environment", "\"staging\"",
     "{\"environment\":\"staging\"," REQUEST_ID("x") USER EVENTS(DATA("x")) "}"},
    {"a string is wanted, not number", "[1].source_request_id", "7",
     "{" ENVIRONMENT "\"source_request_id\":7," USER EVENTS(DATA("x")) "}"},
    {"The value is empty", "[1].source_request_id", "\"\"",
     "{" ENVIRONMENT "\"source_request_id\":\"\"," USER EVENTS(DATA("x")) "}"},
    {"One of email, other and other2 is required", "[1].user_identities", "}",
     WITH("\"user_identities\":{\"customerid\":\"C\"},")},
    {"Could not find member 'customer_id'", "[1].user_identities.customer_id", "\"C\"",
     WITH("\"user_identities\":{\"customer_id\":\"C\"},")},
    {"an object is wanted, not array", "[1].user_identities", "]",
     WITH("\"user_identities\":[{\"email\":\"a@b.c\"}],")},
    {"&quot;Ada@B.C&quot;: email must be", "[1].user_identities.email", "\"Ada@B.C\"",
     WITH("\"user_identities\":{\"email\":\"Ada@B.C\"},")},
    {"emailsha256 must be", "[1].user_identities.other", "\"x\"",
     WITH("\"user_identities\":{\"other\":\"x\"},")},
    {"a Rokt ID of 32", "[1].user_identities.other2", "\"x\"",
     WITH("\"user_identities\":{\"other2\":\"x\"},")},
    {"The click id must be the same", "[1]", "}",
     WITH("\"user_identities\":{\"other2\":\"" CLICK_ID "\"},")},
    {"The click id must be the same", "[1]", "}",
     WITH(USER "\"integration_attributes\":{\"1277\":{\"passbackconversiontrackingid\":"
               "\"" CLICK_ID "\"}},")},
    {"Could not find member '42'", "[1].integration_attributes.42", "{}",
     WITH(USER "\"integration_attributes\":{\"1277\":{\"passbackconversiontrackingid\":"
               "\"" CLICK_ID "\"},\"42\":{}},")},
    {"a scalar is wanted, not array", "[1].user_attributes.tags", "[1]",
     WITH(USER "\"user_attributes\":{\"tags\":[1]},")},
    {"amount belongs into custom_attributes", "[1].user_attributes.amount", "\"1\"",
     WITH(USER "\"user_attributes\":{\"amount\":\"1\"},")},
    {"dob must be a date", "[1].user_attributes.dob", "\"1980-02-29\"",
     WITH(USER "\"user_attributes\":{\"dob\":\"1980-02-29\"},")},
    {"it is no GUID", "[1].device_info.ios_advertising_id", "\"none\"",
     WITH(USER "\"device_info\":{\"ios_advertising_id\":\"none\"},")},
    {"it is no GUID", "[1].device_info.android_advertising_id", "\"none\"",
     WITH(USER "\"device_info\":{\"android_advertising_id\":\"none\"},")},
    {"ipaddress must be", "[1].ip", "\"1.2.3\"", WITH(USER "\"ip\":\"1.2.3\",")},
    {"an array of 1 to 100 events", "[1].events", "[]",
     "{" ENVIRONMENT REQUEST_ID("x") USER "\"events\":[]}"},
    {"an array of 1 to 100 events", "[1].events", "{}",
     "{" ENVIRONMENT REQUEST_ID("x") USER "\"events\":{}}"},
    {"the event_type is custom_event", "[1].events[0].event_type", "\"screen_view\"",
     "{" ENVIRONMENT REQUEST_ID("x") USER
     "\"events\":[{\"event_type\":\"screen_view\",\"data\":{" DATA("x") "}}]}"},
    {"Required property 'data' not found", "[1].events[0]", "}",
     "{" ENVIRONMENT REQUEST_ID("x") USER "\"events\":[{\"event_type\":\"custom_event\"}]}"},
    {"Required property 'source_message_id' not found", "[1].events[0].data", "}",
     WITH_DATA(TYPES TIME ATTRIBUTES("x"))},
    {"Required property 'timestamp_unixtime_ms' not found", "[1].events[0].data", "}",
     WITH_DATA(TYPES MESSAGE_ID("x") ATTRIBUTES("x"))},
    {"no such custom_event_type", "[1].events[0].data.custom_event_type", "\"conversion\"",
     WITH_DATA("\"event_name\":\"x\",\"custom_event_type\":\"conversion\"," MESSAGE_ID("x")
                   TIME ATTRIBUTES("x"))},
    {"The custom_event_type of a conversion is transaction", "[1].events[0].data", "}",
     WITH_DATA("\"event_name\":\"conversion\",\"custom_event_type\":\"other\"," MESSAGE_ID("x")
                   TIME ATTRIBUTES("x"))},
    {"an integer is wanted, not string", "[1].events[0].data.timestamp_unixtime_ms",
     "\"1795431600125\"",
     WITH_DATA(
         TYPES MESSAGE_ID("x") "\"timestamp_unixtime_ms\":\"1795431600125\"," ATTRIBUTES("x"))},
    {"it is no integer", "[1].events[0].data.timestamp_unixtime_ms", "1795431600.5",
     WITH_DATA(TYPES MESSAGE_ID("x") "\"timestamp_unixtime_ms\":1795431600.5," ATTRIBUTES("x"))},
    {"older than 30 days", "[1].events[0].data.timestamp_unixtime_ms", "1792843199999",
     WITH_DATA(TYPES MESSAGE_ID("x") "\"timestamp_unixtime_ms\":1792843199999," ATTRIBUTES("x"))},
    {"more than 5 minutes ahead", "[1].events[0].data.timestamp_unixtime_ms", "1795435500001",
     WITH_DATA(TYPES MESSAGE_ID("x") "\"timestamp_unixtime_ms\":1795435500001," ATTRIBUTES("x"))},
    {"a scalar is wanted, not object", "[1].events[0].data.custom_attributes.x", "{}",
     WITH_ATTRIBUTES("{\"x\":{}}")},
    {"a scalar is wanted, not null", "[1].events[0].data.custom_attributes.x", "null",
     WITH_ATTRIBUTES("{\"x\":null}")},
    {"the value of x is empty", "[1].events[0].data.custom_attributes.x", "\"\"",
     WITH_ATTRIBUTES("{\"x\":\"\"}")},
    {"amount must be a decimal", "[1].events[0].data.custom_attributes.amount", "-1.5",
     WITH_ATTRIBUTES("{\"amount\":-1.5}")},
    {"firstname belongs into user_attributes", "[1].events[0].data.custom_attributes.firstname",
     "\"Ada\"", WITH_ATTRIBUTES("{\"firstname\":\"Ada\"}")},
    {"email belongs into user_identities", "[1].events[0].data.custom_attributes.email",
     "\"a@b.c\"", WITH_ATTRIBUTES("{\"email\":\"a@b.c\"}")},
    {"rokt. is reserved", "[1].events[0].data.custom_attributes['Rokt.x']", "\"y\"",
     WITH_ATTRIBUTES("{\"Rokt.x\":\"y\"}")},
    {"'confirmationref' not found beside transactionid", "[1].events[0].data.custom_attributes",
     "}", WITH_ATTRIBUTES("{\"transactionid\":\"T\"}")},
    {"A property is there twice", "[1]", "}", WITH(USER "\"ip\":\"1.2.3.4\",\"ip\":\"1.2.3.4\",")},
    {"The source_request_id is there twice", "[1]", "}",
     "{" ENVIRONMENT REQUEST_ID("1") USER EVENTS(DATA("x")) "}"},
    {"The source_message_id is there twice", "[1]", "}", WITH_DATA(DATA("1"))},
};

/* The number behind "position " in the answer. */
static size_t told_position(const struct api_answer *answer)
{
    size_t at = slice_find(answer->body, SLICE("position "));
    assert_int_not_equal(at, SIZE_MAX);
    return strtoul(answer->body.data + at + strlen("position "), NULL, 10);
}

/* The last character of the token is the one that the position counts. */
static void assert_points_at(const struct mistake *mistake, const char *body, size_t position)
{
    size_t size = strlen(mistake->token);
    if (position < size || memcmp(body + position - size, mistake->token, size) != 0) {
        fail_msg("%s: position %zu is not the end of %s", mistake->path, position, mistake->token);
    }
}

static void tells_what_is_wrong_with_a_batch_and_where(void **state)
{
    static char body[65536];
    char path[256];
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const struct mistake *mistake = &mistakes[i];
        (void)snprintf(body, sizeof body, "[%s, %s,%s]", BATCH("1"), mistake->batch, BATCH("2"));
        (void)snprintf(path, sizeof path, " Path '%s', line 1, position ", mistake->path);
        struct api_answer answer = answer_to(body);
        assert_says(&answer, 202, mistake->words);
        assert_says(&answer, 202, path);
        assert_points_at(mistake, body, told_position(&answer));
        assert_int_equal(answer.accepted_count, 2);
        assert_int_equal(answer.unprocessed_count, 1);
        arena_reset(&arena);
    }
}

static void refuses_a_request_of_bad_batches_alone(void **state)
{
    (void)state;
    struct api_answer answer = answer_to("[{},{}]");
    assert_says(&answer, 400,
                "{\"errors\":[{\"code\":\"BAD_REQUEST\",\"message\":\"Required property "
                "'environment' not found in JSON. Path '[0]', line 1, position 3.\"},"
                "{\"code\":\"BAD_REQUEST\",\"message\":\"Required property 'environment' not "
                "found in JSON. Path '[1]', line 1, position 6.\"}]}");
    assert_int_equal(answer.unprocessed_count, 2);
}

static void counts_positions_in_characters(void **state)
{
    (void)state;
    struct api_answer answer =
        answer_to("[" WITH("\"user_identities\":{\"customerid\":\"\xC3\xBC\"},") "]");
    size_t position = told_position(&answer);
    struct api_answer ascii =
        answer_to("[" WITH("\"user_identities\":{\"customerid\":\"u\"},") "]");
    assert_int_equal(position, told_position(&ascii));
}

static void keeps_the_window_of_times(void **state)
{
    static const char *const fine[] = {"1792843200000", "1795435500000"};
    struct api_rules any = rules;
    (void)state;
    any.any_time = true;
    for (size_t i = 0; i < 2; i++) {
        struct slice body =
            arena_printf(&arena,
                         "[" WITH_DATA(TYPES MESSAGE_ID(
                             "x") "\"timestamp_unixtime_ms\":%s," ATTRIBUTES("x")) "]",
                         fine[i]);
        struct api_answer answer = answer_to(arena_string(&arena, body));
        assert_int_equal(answer.status, 202);
    }
    const struct api_request old = request(
        "/v2/bulkevents",
        "[" WITH_DATA(TYPES MESSAGE_ID("x") "\"timestamp_unixtime_ms\":1," ATTRIBUTES("x")) "]");
    struct api_answer answer;
    audience_api.judge(&any, &old, &none, NOW_MS, &arena, &answer);
    assert_int_equal(answer.status, 202);
}

static void wants_the_headers_of_this_api(void **state)
{
    struct api_request what = request("/v2/bulkevents", "[" BATCH("1") "]");
    (void)state;
    what.version = SLICE("2020-05-21");
    struct api_answer answer = judge(&what, &none);
    assert_says(&answer, 400, "Rokt-Version is of the Event API");
    what.authorization = SLICE("Basic eB==");
    answer = judge(&what, &none);
    assert_int_equal(answer.status, 403);
    assert_int_equal(answer.body.size, 0);
    what.authorization = SLICE("");
    answer = judge(&what, &none);
    assert_int_equal(answer.status, 401);
    assert_int_equal(answer.body.size, 0);
    what.content_type = SLICE("text/json");
    answer = judge(&what, &none);
    assert_int_equal(answer.status, 415);
}

static void refuses_what_is_no_request(void **state)
{
    static const struct {
        const char *part;
        const char *body;
    } cases[] = {
        {"JSON", ""},
        {"JSON", "[{]"},
        {"byte order mark", "\xEF\xBB\xBF[" BATCH("1") "]"},
        {"1 to 100 batches", "[]"},
        {"1 to 100 batches", BATCH("1")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct api_answer answer = answer_to(cases[i].body);
        assert_says(&answer, 400, "{\"errors\":[{\"code\":\"BAD_REQUEST\",");
        assert_says(&answer, 400, cases[i].part);
    }
    struct api_request what = request("/v2/bulkevents", "");
    what.oversize = true;
    struct api_answer answer = judge(&what, &none);
    assert_int_equal(answer.status, 413);
}

/* Batches, each with so many events, that differ in their ids alone. */
static const char *many(size_t batches, size_t events)
{
    struct buffer body;
    buffer_init(&body, 1 << 20);
    for (size_t i = 0; i < batches; i++) {
        buffer_printf(&body, "%s{" ENVIRONMENT REQUEST_ID("%zu") USER "\"events\":[",
                      i == 0 ? "[" : ",", i);
        for (size_t j = 0; j < events; j++) {
            buffer_printf(&body,
                          "%s{\"event_type\":\"custom_event\",\"data\":{" TYPES MESSAGE_ID(
                              "%zu-%zu") TIME "\"custom_attributes\":{\"x\":1}}}",
                          j == 0 ? "" : ",", i, j);
        }
        buffer_append(&body, SLICE("]}"));
    }
    buffer_append_byte(&body, ']');
    const char *text = arena_string(&arena, buffer_slice(&body));
    buffer_done(&body);
    return text;
}

static void takes_a_hundred_of_everything_and_no_more(void **state)
{
    (void)state;
    struct api_answer answer = answer_to(many(100, 1));
    assert_int_equal(answer.accepted_count, 100);
    answer = answer_to(many(101, 1));
    assert_says(&answer, 400, "1 to 100 batches");
    answer = answer_to(many(2, 50));
    assert_int_equal(answer.accepted_count, 100);
    answer = answer_to(many(3, 34));
    assert_says(&answer, 400, "more than 100 events");
}

/* A batch with `count` attributes, the last of which has a value of `size` characters. */
static const char *with_attributes(size_t count, size_t size)
{
    struct buffer body;
    buffer_init(&body, 1 << 20);
    buffer_append(
        &body, SLICE("[{" ENVIRONMENT REQUEST_ID("x") USER
                     "\"events\":[{\"event_type\":\"custom_event\",\"data\":{" TYPES MESSAGE_ID("x")
                         TIME "\"custom_attributes\":{"));
    for (size_t i = 1; i < count; i++) {
        buffer_printf(&body, "\"n%zu\":\"v\",", i);
    }
    buffer_append(&body, SLICE("\"last\":\""));
    for (size_t i = 0; i < size; i++) {
        buffer_append(&body, SLICE("\\u00fc"));
    }
    buffer_append(&body, SLICE("\"}}}]}]"));
    const char *text = arena_string(&arena, buffer_slice(&body));
    buffer_done(&body);
    return text;
}

static void keeps_the_limits_of_a_batch(void **state)
{
    (void)state;
    struct api_answer answer = answer_to(with_attributes(100, AUDIENCE_VALUE_MAX));
    assert_int_equal(answer.status, 202);
    answer = answer_to(with_attributes(101, 1));
    assert_says(&answer, 400, "more than 100 attributes");
    answer = answer_to(with_attributes(1, AUDIENCE_VALUE_MAX + 1));
    assert_says(&answer, 400, "longer than 4096 characters");
    answer = answer_to(with_attributes(1, AUDIENCE_BATCH_MAX / 6));
    assert_says(&answer, 400, "more than 128000 bytes");
}

static void leaves_denied_batches_unprocessed(void **state)
{
    const struct api_request what =
        request("/v2/bulkevents", "[" BATCH("1") "," BATCH("2") "," BATCH("3") "]");
    const struct api_denial by_text = {.code = SLICE("BUSY"), .match = SLICE("T-2")};
    const struct api_denial of_first = {.code = SLICE("BUSY")};
    (void)state;
    struct api_answer answer = judge(&what, &by_text);
    assert_says(&answer, 202,
                "{\"errors\":[{\"code\":\"BUSY\",\"message\":\"A fault of the "
                "script. Path '[1].source_request_id', line 1, position ");
    assert_int_equal(answer.accepted_count, 2);
    answer = judge(&what, &of_first);
    assert_says(&answer, 202, "Path '[0].source_request_id'");
    assert_int_equal(answer.unprocessed_count, 1);
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(accepts_batches_and_tells_their_ids),
        CASE(takes_all_that_is_documented),
        CASE(takes_one_batch_at_the_other_path),
        CASE(tells_the_events_of_a_batch_apart),
        CASE(digests_the_content_without_the_id_of_the_batch),
        CASE(tells_what_is_wrong_with_a_batch_and_where),
        CASE(refuses_a_request_of_bad_batches_alone),
        CASE(counts_positions_in_characters),
        CASE(keeps_the_window_of_times),
        CASE(wants_the_headers_of_this_api),
        CASE(refuses_what_is_no_request),
        CASE(takes_a_hundred_of_everything_and_no_more),
        CASE(keeps_the_limits_of_a_batch),
        CASE(leaves_denied_batches_unprocessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
