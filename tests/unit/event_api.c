#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/timestamp.h"
#include "json/reader.h"
#include "rokt/event_api.h"
#include "support/allocations.h"
#include "support/conversions.h"

#include <stdlib.h>

#define BODY_MAX 1000000

static const struct rokt_credentials credentials = {
    .account_id = "12345",
    .public_key = "rpub-12345",
    .secret_key = "rsec-67890",
};

/* --- Headers ---------------------------------------------------------------------------------- */

static void the_headers_are_literally_those_of_the_contract(void **state)
{
    (void)state;
    struct rokt_headers headers;
    struct error error;
    assert_true(rokt_event_api.headers(&credentials, &headers, &error));
    assert_int_equal(headers.count, 4);
    assert_string_equal(headers.lines[0], "Content-Type: application/json");
    assert_string_equal(headers.lines[1], "Charset: utf-8");
    assert_string_equal(headers.lines[2], "Rokt-Version: 2020-05-21");
    assert_string_equal(headers.lines[3], "Authorization: Basic cnB1Yi0xMjM0NTpyc2VjLTY3ODkw");
    assert_string_equal(rokt_event_api.path, "/v2/events");
    assert_int_equal(rokt_event_api.conversions_max, 100);
}

static void expect_refused(struct rokt_credentials refused, const char *why)
{
    struct rokt_headers headers;
    struct error error = {""};
    assert_false(rokt_event_api.headers(&refused, &headers, &error));
    if (strstr(error.text, why) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", error.text, why);
    }
    assert_null(strstr(error.text, "rsec-"));
}

static void credentials_that_cannot_be_sent_are_refused_and_not_quoted(void **state)
{
    (void)state;
    char digits[600];
    memset(digits, '7', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    expect_refused((struct rokt_credentials){"", "rpub-1", "rsec-1"}, "account id is empty");
    expect_refused((struct rokt_credentials){"1", "", "rsec-1"}, "public key is empty");
    expect_refused((struct rokt_credentials){"1", "rpub-1", ""}, "secret key is empty");
    expect_refused((struct rokt_credentials){NULL, "rpub-1", "rsec-1"}, "account id is empty");
    expect_refused((struct rokt_credentials){"1", "rpub-1", "rsec-1\n"}, "secret key holds a");
    expect_refused((struct rokt_credentials){"1", "rpub-1\r\nX: y", "rsec-1"}, "public key holds");
    expect_refused((struct rokt_credentials){"1", "rpub:1", "rsec-1"}, "colon");
    expect_refused((struct rokt_credentials){"1", "rpub-1", digits}, "longer than");
    expect_refused((struct rokt_credentials){digits, "rpub-1", "rsec-1"}, "at most 64");
    expect_refused((struct rokt_credentials){"\xFF", "rpub-1", "rsec-1"}, "at most 64");
}

static void the_longest_keys_fit(void **state)
{
    (void)state;
    char secret[512 - sizeof "rpub-1:" + 2];
    memset(secret, 's', sizeof secret);
    secret[sizeof secret - 1] = '\0';
    struct rokt_credentials longest = {"1", "rpub-1", secret};
    struct rokt_headers headers;
    struct error error;
    assert_true(rokt_event_api.headers(&longest, &headers, &error));
    assert_int_equal(strlen(headers.lines[3]), strlen("Authorization: Basic ") + 684);
}

/* --- Events ----------------------------------------------------------------------------------- */

static bool encode_at(const struct conversion *conversion, int64_t wall_ms, struct buffer *body,
                      struct error *error)
{
    buffer_init(body, BODY_MAX);
    return rokt_event_api.encode(&rokt_event_api, conversion, true, wall_ms, body, error) &&
           !body->failed;
}

static void expect_event(const struct conversion *conversion, struct slice expected)
{
    struct buffer body;
    struct error error = {""};
    if (!encode_at(conversion, CONVERSIONS_WALL_MS, &body, &error)) {
        fail_msg("%s", error.text);
    }
    if (!slice_equal(buffer_slice(&body), expected)) {
        fail_msg("%.*s", SLICE_PRINT(buffer_slice(&body)));
    }
    buffer_done(&body);
}

static void expect_dead(const struct conversion *conversion, const char *why)
{
    struct buffer body;
    struct error error = {""};
    assert_false(encode_at(conversion, CONVERSIONS_WALL_MS, &body, &error));
    if (strstr(error.text, why) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", error.text, why);
    }
    buffer_done(&body);
}

static struct conversion smallest(void)
{
    struct conversion conversion = {
        .client_event_id = SLICE("id-1"),
        .event_time_ms = CONVERSIONS_WALL_MS,
        .event_type = SLICE("conversion"),
    };
    conversion.fields[FIELD_EMAIL] = SLICE("john@email.com");
    return conversion;
}

#define HEAD                                                                  \
    "{\"clientEventId\":\"id-1\",\"eventTime\":\"2026-11-20T09:41:07.125Z\"," \
    "\"eventType\":\"conversion\",\"objectData\":["
#define EMAIL "{\"name\":\"email\",\"value\":\"john@email.com\"}"

static void the_smallest_event_has_its_identity_alone(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    expect_event(&conversion, SLICE(HEAD EMAIL "]}"));
}

static void what_is_not_the_first_begins_with_the_separator(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    struct buffer body;
    struct error error;
    buffer_init(&body, BODY_MAX);
    assert_true(rokt_event_api.encode(&rokt_event_api, &conversion, false, CONVERSIONS_WALL_MS,
                                      &body, &error));
    assert_true(slice_equal(buffer_slice(&body), SLICE("," HEAD EMAIL "]}")));
    assert_int_equal(ROKT_SEPARATOR_SIZE, 1);
    buffer_done(&body);
}

static void every_field_is_written_by_its_name_in_the_order_of_the_table(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    struct buffer expected;
    buffer_init(&expected, BODY_MAX);
    buffer_append(&expected, SLICE(HEAD));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        conversion.fields[i] = SLICE("4711");
        buffer_printf(&expected, "%s{\"name\":\"%s\",\"value\":\"4711\"}", i > 0 ? "," : "",
                      field_info((enum field)i)->name);
    }
    buffer_append(&expected, SLICE("]}"));
    expect_event(&conversion, buffer_slice(&expected));
    buffer_done(&expected);
}

static void an_address_is_sent_as_the_settings_say(void **state)
{
    (void)state;
    struct rokt_api api = rokt_event_api;
    struct conversion conversion = smallest();
    struct buffer body;
    struct error error;
    api.settings.email = PRIVACY_EMAIL_SHA256;
    buffer_init(&body, BODY_MAX);
    assert_true(api.encode(&api, &conversion, true, CONVERSIONS_WALL_MS, &body, &error));
    assert_true(slice_equal(
        buffer_slice(&body),
        SLICE(HEAD "{\"name\":\"emailsha256\",\"value\":\""
                   "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f\"}]}")));
    buffer_done(&body);
}

static void custom_attributes_follow_the_fields_and_metadata_stands_apart(void **state)
{
    (void)state;
    const struct attribute custom[] = {{SLICE("region"), SLICE("north")},
                                       {SLICE("amount"), SLICE("1")}};
    const struct attribute metadata[] = {{SLICE("region"), SLICE("orders")},
                                         {SLICE("empty"), {NULL, 0}},
                                         {SLICE("email"), SLICE("no field here")}};
    struct conversion conversion = smallest();
    conversion.custom = custom;
    conversion.custom_count = 2;
    conversion.metadata = metadata;
    conversion.metadata_count = 3;
    expect_event(&conversion,
                 SLICE(HEAD EMAIL ",{\"name\":\"region\",\"value\":\"north\"},"
                                  "{\"name\":\"amount\",\"value\":\"1\"}],"
                                  "\"metaData\":[{\"name\":\"region\",\"value\":\"orders\"},"
                                  "{\"name\":\"email\",\"value\":\"no field here\"}]}"));
}

static void nothing_empty_is_written(void **state)
{
    (void)state;
    const struct attribute attributes[] = {{SLICE("a"), {NULL, 0}}, {SLICE("b"), {"", 0}}};
    struct conversion conversion = smallest();
    conversion.fields[FIELD_AMOUNT] = (struct slice){"", 0};
    conversion.custom = attributes;
    conversion.custom_count = 2;
    conversion.metadata = attributes;
    conversion.metadata_count = 2;
    expect_event(&conversion, SLICE(HEAD EMAIL "]}"));
}

static void text_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    const struct attribute custom[] = {{SLICE("a\"b"), SLICE("tab\there, \\ and \xC3\xA4")}};
    struct conversion conversion = smallest();
    conversion.client_event_id = SLICE("\"");
    conversion.event_type = SLICE("\n");
    conversion.fields[FIELD_FIRSTNAME] = (struct slice){"Jo\0hn", 5};
    conversion.custom = custom;
    conversion.custom_count = 1;
    struct buffer body;
    struct error error;
    assert_true(encode_at(&conversion, CONVERSIONS_WALL_MS, &body, &error));

    struct arena arena;
    const struct json_value *event = NULL;
    arena_init(&arena, 0);
    assert_true(json_read(buffer_slice(&body), &arena, &event, &error));
    assert_true(slice_equal(json_member(event, SLICE("clientEventId"))->text, SLICE("\"")));
    assert_true(slice_equal(json_member(event, SLICE("eventType"))->text, SLICE("\n")));
    const struct json_value *data = json_member(event, SLICE("objectData"));
    assert_int_equal(data->count, 3);
    const struct json_value *name = json_member(json_item(data, 1), SLICE("value"));
    assert_true(slice_equal(name->text, (struct slice){"Jo\0hn", 5}));
    const struct json_value *last = json_item(data, 2);
    assert_true(slice_equal(json_member(last, SLICE("name"))->text, custom[0].name));
    assert_true(slice_equal(json_member(last, SLICE("value"))->text, custom[0].value));
    arena_done(&arena);
    buffer_done(&body);
}

static void digits_stay_as_they_are(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    conversion.fields[FIELD_AMOUNT] = SLICE("0.00");
    conversion.fields[FIELD_TRANSACTIONID] = SLICE("1234567890123456789012345");
    expect_event(&conversion, SLICE(HEAD EMAIL ",{\"name\":\"amount\",\"value\":\"0.00\"},"
                                               "{\"name\":\"transactionid\","
                                               "\"value\":\"1234567890123456789012345\"}]}"));
}

static void an_event_without_what_is_required_is_refused(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    conversion.client_event_id = SLICE("");
    expect_dead(&conversion, "clientEventId is missing");
    conversion = smallest();
    conversion.event_type = SLICE("");
    expect_dead(&conversion, "eventType is missing");
    conversion = smallest();
    conversion.fields[FIELD_EMAIL] = SLICE("");
    conversion.fields[FIELD_MOBILE] = SLICE("123");
    expect_dead(&conversion, "none of email, emailsha256 and passbackconversiontrackingid");
}

/* `length` code points of two bytes each. */
static struct slice long_text(size_t length)
{
    char *text = malloc(2 * length);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        memcpy(text + 2 * i, "\xC3\xA4", 2);
    }
    return (struct slice){text, 2 * length};
}

static void expect_longest(struct conversion *conversion, struct slice *text, size_t length,
                           const char *why)
{
    struct buffer body;
    struct error error;
    struct slice longest = long_text(length);
    *text = longest;
    assert_true(encode_at(conversion, CONVERSIONS_WALL_MS, &body, &error));
    buffer_done(&body);
    free((void *)(uintptr_t)longest.data);
    struct slice too_long = long_text(length + 1);
    *text = too_long;
    expect_dead(conversion, why);
    free((void *)(uintptr_t)too_long.data);
}

static void lengths_are_limited_in_code_points(void **state)
{
    (void)state;
    struct attribute custom = {SLICE("region"), SLICE("north")};
    struct attribute metadata = custom;
    struct conversion conversion = smallest();
    conversion.custom = &custom;
    conversion.custom_count = 1;
    conversion.metadata = &metadata;
    conversion.metadata_count = 1;
    struct conversion tried = conversion;
    expect_longest(&tried, &tried.client_event_id, 36, "clientEventId is longer than 36");
    tried = conversion;
    expect_longest(&tried, &tried.event_type, 128, "eventType is longer than 128");
    tried = conversion;
    expect_longest(&tried, &tried.fields[FIELD_SKU], 65536, "sku is longer than 65536");
    expect_longest(&conversion, &custom.name, 256, "name of an attribute is longer than 256");
    custom.name = SLICE("region");
    expect_longest(&conversion, &custom.value, 65536, "region is longer than 65536");
    custom.value = SLICE("north");
    expect_longest(&conversion, &metadata.value, 65536, "region is longer than 65536");
    metadata.value = SLICE("north");
    expect_longest(&conversion, &metadata.name, 256, "name of an attribute is longer than 256");
}

static void names_that_may_not_be_are_refused(void **state)
{
    (void)state;
    struct attribute two[] = {{SLICE("region"), SLICE("a")}, {SLICE("region"), SLICE("b")}};
    struct conversion conversion = smallest();
    conversion.custom = two;
    conversion.custom_count = 2;
    expect_dead(&conversion, "region is there twice");
    two[0].value = SLICE(""); /* one that is not sent does not count */
    struct buffer body;
    struct error error;
    assert_true(encode_at(&conversion, CONVERSIONS_WALL_MS, &body, &error));
    buffer_done(&body);
    two[0] = (struct attribute){SLICE("email"), SLICE("a")};
    expect_dead(&conversion, "email is there twice");
    two[0] = (struct attribute){SLICE(""), SLICE("a")};
    expect_dead(&conversion, "name of an attribute is missing");
    const struct slice reserved[] = {SLICE("rokt."), SLICE("Rokt.x"), SLICE("ROKT.X")};
    for (size_t i = 0; i < 3; i++) {
        two[0] = (struct attribute){reserved[i], SLICE("a")};
        expect_dead(&conversion, "reserved");
    }
    two[0] = (struct attribute){SLICE("rokt"), SLICE("a")};
    assert_true(encode_at(&conversion, CONVERSIONS_WALL_MS, &body, &error));
    buffer_done(&body);
    conversion.metadata = two;
    conversion.metadata_count = 2;
    conversion.custom_count = 0;
    two[0].name = two[1].name;
    expect_dead(&conversion, "region is there twice");
}

static int64_t moment(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(timestamp_parse(slice_of(text), NULL, &ms), MOMENT_FINE);
    return ms;
}

static bool is_taken(const char *event_time, const char *now)
{
    struct conversion conversion = smallest();
    struct buffer body;
    struct error error = {""};
    conversion.event_time_ms = moment(event_time);
    bool taken = encode_at(&conversion, moment(now), &body, &error);
    assert_true(taken || strstr(error.text, "eventTime") != NULL);
    buffer_done(&body);
    return taken;
}

static void the_time_of_the_event_must_lie_in_the_window(void **state)
{
    (void)state;
    const char *now = "2026-11-20T12:00:00.000Z";
    assert_true(is_taken("2026-11-20T12:05:00.000Z", now));
    assert_false(is_taken("2026-11-20T12:05:00.001Z", now));
    assert_true(is_taken("2025-05-20T12:00:00.000Z", now));
    assert_false(is_taken("2025-05-20T11:59:59.999Z", now));
    assert_false(is_taken("0001-01-01T00:00:00.000Z", now));
    assert_false(is_taken("9999-12-31T23:59:59.999Z", now));
    /* Over the end of a year, and to a day that February does not have. */
    assert_true(is_taken("2024-09-15T00:00:00.000Z", "2026-03-15T00:00:00.000Z"));
    assert_false(is_taken("2024-09-14T23:59:59.999Z", "2026-03-15T00:00:00.000Z"));
    assert_true(is_taken("2025-03-03T00:00:00.000Z", "2026-08-31T00:00:00.000Z"));
    assert_false(is_taken("2025-02-28T00:00:00.000Z", "2026-08-31T00:00:00.000Z"));
}

static void no_error_quotes_a_value(void **state)
{
    (void)state;
    struct slice long_value = long_text(70000);
    memcpy((void *)(uintptr_t)long_value.data, "SECRET", 6);
    struct conversion conversion = smallest();
    conversion.fields[FIELD_LASTNAME] = long_value;
    struct buffer body;
    struct error error;
    assert_false(encode_at(&conversion, CONVERSIONS_WALL_MS, &body, &error));
    assert_null(strstr(error.text, "SECRET"));
    buffer_done(&body);
    free((void *)(uintptr_t)long_value.data);
}

static void encoding_allocates_nothing_once_the_buffer_has_grown(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        conversion.fields[i] = SLICE("some \"quoted\" text");
    }
    struct buffer body;
    struct error error;
    buffer_init(&body, BODY_MAX);
    size_t before = 0;
    for (int round = 0; round < 3; round++) {
        before = allocations_count();
        buffer_reset(&body);
        assert_true(rokt_event_api.encode(&rokt_event_api, &conversion, true, CONVERSIONS_WALL_MS,
                                          &body, &error));
    }
    assert_int_equal(allocations_count(), before);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_are_literally_those_of_the_contract),
        cmocka_unit_test(credentials_that_cannot_be_sent_are_refused_and_not_quoted),
        cmocka_unit_test(the_longest_keys_fit),
        cmocka_unit_test(the_smallest_event_has_its_identity_alone),
        cmocka_unit_test(what_is_not_the_first_begins_with_the_separator),
        cmocka_unit_test(every_field_is_written_by_its_name_in_the_order_of_the_table),
        cmocka_unit_test(an_address_is_sent_as_the_settings_say),
        cmocka_unit_test(custom_attributes_follow_the_fields_and_metadata_stands_apart),
        cmocka_unit_test(nothing_empty_is_written),
        cmocka_unit_test(text_is_escaped_wherever_it_stands),
        cmocka_unit_test(digits_stay_as_they_are),
        cmocka_unit_test(an_event_without_what_is_required_is_refused),
        cmocka_unit_test(lengths_are_limited_in_code_points),
        cmocka_unit_test(names_that_may_not_be_are_refused),
        cmocka_unit_test(the_time_of_the_event_must_lie_in_the_window),
        cmocka_unit_test(no_error_quotes_a_value),
        cmocka_unit_test(encoding_allocates_nothing_once_the_buffer_has_grown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
