#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/timestamp.h"
#include "json/reader.h"
#include "rokt/event_audience_api.h"
#include "support/allocations.h"
#include "support/conversions.h"

#include <stdlib.h>

#define BODY_MAX 1000000

static const struct rokt_api *const api = &rokt_event_audience_api;

/* --- Headers ---------------------------------------------------------------------------------- */

static void the_headers_are_literally_those_of_the_contract(void **state)
{
    (void)state;
    const struct rokt_credentials credentials = {.public_key = "us2-key", .secret_key = "secret"};
    struct rokt_headers headers;
    struct error error;
    assert_true(api->headers(&credentials, &headers, &error)); /* no account is needed */
    assert_int_equal(headers.count, 2);
    assert_string_equal(headers.lines[0], "Content-Type: application/json");
    assert_string_equal(headers.lines[1], "Authorization: Basic dXMyLWtleTpzZWNyZXQ=");
    assert_string_equal(api->path, "/v2/bulkevents");
    assert_string_equal(api->answer_headers[0], "X-mp-rate-limit-exceeded");
    assert_string_equal(api->answer_headers[1], "X-mp-rate-limit-percentage-used");
}

static void the_limits_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(api->conversions_max, 100);
    assert_int_equal(api->bytes_max, 250000);
    assert_int_equal(api->value_max, 4096);
}

static void keys_that_cannot_be_sent_are_refused_and_not_quoted(void **state)
{
    (void)state;
    const struct rokt_credentials refused[] = {{NULL, "", "secret"},
                                               {NULL, "key", ""},
                                               {NULL, "k:ey", "secret"},
                                               {NULL, "key", "secret\n"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rokt_headers headers;
        struct error error = {""};
        assert_false(api->headers(&refused[i], &headers, &error));
        assert_non_null(strstr(error.text, i % 2 == 0 ? "public key" : "secret key"));
        assert_null(strstr(error.text, "k:ey"));
    }
}

/* --- Bodies ----------------------------------------------------------------------------------- */

static bool encode_with(const struct rokt_api *with, const struct conversion *conversion,
                        int64_t wall_ms, struct buffer *body, struct error *error)
{
    buffer_init(body, BODY_MAX);
    return with->encode(with, conversion, true, wall_ms, body, error) && !body->failed;
}

/* What stands before the id of the batch, which is 36 characters and must be there. */
static struct slice without_id(const struct buffer *body)
{
    const struct slice member = SLICE(",\"source_request_id\":\"");
    struct slice text = buffer_slice(body);
    size_t size = text.size - member.size - 36 - strlen("\"}");
    assert_true(slice_starts_with(slice_part(text, size, SIZE_MAX), member));
    assert_true(slice_ends_with(text, SLICE("\"}")));
    return slice_part(text, 0, size);
}

static void expect_batch_with(const struct rokt_api *with, const struct conversion *conversion,
                              struct slice expected)
{
    struct buffer body;
    struct error error = {""};
    if (!encode_with(with, conversion, CONVERSIONS_WALL_MS, &body, &error)) {
        fail_msg("%s", error.text);
    }
    if (!slice_equal(without_id(&body), expected)) {
        fail_msg("%.*s", SLICE_PRINT(buffer_slice(&body)));
    }
    buffer_done(&body);
}

static void expect_batch(const struct conversion *conversion, struct slice expected)
{
    expect_batch_with(api, conversion, expected);
}

static void expect_dead(const struct conversion *conversion, const char *why)
{
    struct buffer body;
    struct error error = {""};
    assert_false(encode_with(api, conversion, CONVERSIONS_WALL_MS, &body, &error));
    if (strstr(error.text, why) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", error.text, why);
    }
    buffer_done(&body);
}

static void expect_taken(const struct conversion *conversion)
{
    struct buffer body;
    struct error error = {""};
    if (!encode_with(api, conversion, CONVERSIONS_WALL_MS, &body, &error)) {
        fail_msg("%s", error.text);
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

#define HEAD "{\"environment\":\"production\""
#define EMAIL ",\"user_identities\":{\"email\":\"john@email.com\"}"
#define EVENT                                                                     \
    ",\"events\":[{\"event_type\":\"custom_event\",\"data\":{\"event_name\":"     \
    "\"conversion\",\"custom_event_type\":\"transaction\",\"source_message_id\":" \
    "\"id-1\",\"timestamp_unixtime_ms\":1795167667125"
#define TAIL "}}]"
#define ATTRIBUTES(members) ",\"custom_attributes\":{" members "}"

static void the_smallest_batch_has_its_identity_and_an_event(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    expect_batch(&conversion, SLICE(HEAD EMAIL EVENT TAIL));
}

static void a_request_is_an_array_of_batches(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    struct buffer body;
    struct error error;
    buffer_init(&body, BODY_MAX);
    api->open(&body, SLICE("12345")); /* the keys stand for the account */
    assert_true(api->encode(api, &conversion, true, CONVERSIONS_WALL_MS, &body, &error));
    assert_true(api->encode(api, &conversion, false, CONVERSIONS_WALL_MS, &body, &error));
    size_t before = body.size;
    api->close(&body);
    assert_int_equal(body.size - before, api->closing_max);
    struct arena arena;
    const struct json_value *batches = NULL;
    arena_init(&arena, 0);
    assert_true(json_read(buffer_slice(&body), &arena, &batches, &error));
    assert_int_equal(batches->kind, JSON_ARRAY);
    assert_int_equal(batches->count, 2);
    assert_int_equal(slice_find(buffer_slice(&body), SLICE("12345")), SIZE_MAX);
    arena_done(&arena);
    buffer_done(&body);
}

/* The contract's example of a body, with each field of it. */
static void fields_stand_where_the_contract_has_them(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    struct slice *fields = conversion.fields;
    fields[FIELD_EMAILSHA256] = SLICE("fab1");
    fields[FIELD_CUSTOMERID] = SLICE("C-1");
    fields[FIELD_PASSBACKCONVERSIONTRACKINGID] = SLICE("0f8f");
    fields[FIELD_FIRSTNAME] = SLICE("Ada");
    fields[FIELD_BILLINGZIPCODE] = SLICE("10001");
    fields[FIELD_USERAGENT] = SLICE("Mozilla/5.0");
    fields[FIELD_IPADDRESS] = SLICE("203.0.113.24");
    fields[FIELD_CONVERSIONTYPE] = SLICE("purchase");
    fields[FIELD_CONFIRMATIONREF] = SLICE("ORD-1");
    fields[FIELD_AMOUNT] = SLICE("149.90");
    fields[FIELD_CURRENCY] = SLICE("EUR");
    expect_batch(&conversion,
                 SLICE(HEAD
                       ",\"user_identities\":{\"email\":\"john@email.com\",\"other\":\"fab1\","
                       "\"other2\":\"0f8f\",\"customerid\":\"C-1\"}"
                       ",\"integration_attributes\":{\"1277\":"
                       "{\"passbackconversiontrackingid\":\"0f8f\"}}"
                       ",\"user_attributes\":{\"firstname\":\"Ada\",\"billingzipcode\":\"10001\"}"
                       ",\"device_info\":{\"http_header_user_agent\":\"Mozilla/5.0\"}"
                       ",\"ip\":\"203.0.113.24\"" EVENT ATTRIBUTES(
                           "\"amount\":\"149.90\",\"currency\":\"EUR\","
                           "\"conversiontype\":\"purchase\",\"confirmationref\":\"ORD-1\"") TAIL));
}

/* Whether `text` stands once in the encoded conversion; the field's value is nowhere else. */
static size_t count_in_batch(const struct conversion *conversion, struct slice text)
{
    struct buffer body;
    struct error error = {""};
    size_t count = 0;
    if (!encode_with(api, conversion, CONVERSIONS_WALL_MS, &body, &error)) {
        fail_msg("%s", error.text);
    }
    struct slice rest = buffer_slice(&body);
    for (size_t at = slice_find(rest, text); at != SIZE_MAX; at = slice_find(rest, text)) {
        rest = slice_part(rest, at + text.size, SIZE_MAX);
        count++;
    }
    buffer_done(&body);
    return count;
}

static void every_field_has_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct conversion conversion = smallest();
        const struct field_info *info = field_info((enum field)i);
        char member[128];
        conversion.fields[i] = SLICE("4711");
        (void)snprintf(member, sizeof member, "\"%s\":\"4711\"", info->home.key);
        assert_int_equal(count_in_batch(&conversion, slice_of(member)), 1);
        bool twice = info->second_home.part != FIELD_NOWHERE;
        assert_int_equal(count_in_batch(&conversion, SLICE("\"4711\"")), twice ? 2 : 1);
    }
}

static void a_transaction_is_its_reference_where_it_has_no_other(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    conversion.fields[FIELD_TRANSACTIONID] = SLICE("T-1");
    expect_batch(&conversion,
                 SLICE(HEAD EMAIL EVENT ATTRIBUTES("\"transactionid\":\"T-1\","
                                                   "\"confirmationref\":\"T-1\"") TAIL));
    conversion.fields[FIELD_CONFIRMATIONREF] = SLICE("R-1");
    expect_batch(&conversion,
                 SLICE(HEAD EMAIL EVENT ATTRIBUTES("\"transactionid\":\"T-1\","
                                                   "\"confirmationref\":\"R-1\"") TAIL));
}

static void custom_attributes_follow_the_fields_and_metadata_is_dropped(void **state)
{
    (void)state;
    const struct attribute custom[] = {{SLICE("region"), SLICE("north")},
                                       {SLICE("empty"), {NULL, 0}}};
    const struct attribute metadata[] = {{SLICE("source"), SLICE("orders")}};
    struct conversion conversion = smallest();
    conversion.custom = custom;
    conversion.custom_count = 2;
    conversion.metadata = metadata;
    conversion.metadata_count = 1;
    expect_batch(&conversion, SLICE(HEAD EMAIL EVENT ATTRIBUTES("\"region\":\"north\"") TAIL));
    conversion.fields[FIELD_AMOUNT] = SLICE("0.00");
    expect_batch(&conversion, SLICE(HEAD EMAIL EVENT ATTRIBUTES(
                                  "\"amount\":\"0.00\",\"region\":\"north\"") TAIL));
}

static void another_event_type_is_the_event_s_name(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    conversion.event_type = SLICE("signup");
    assert_int_equal(count_in_batch(&conversion, SLICE("\"event_name\":\"signup\"")), 1);
    assert_int_equal(count_in_batch(&conversion, SLICE("\"custom_event_type\":\"transaction\"")),
                     1);
}

static void the_settings_say_environment_and_address(void **state)
{
    (void)state;
    struct rokt_api other = *api;
    struct conversion conversion = smallest();
    other.settings = (struct rokt_settings){PRIVACY_EMAIL_SHA256, true};
    expect_batch_with(&other, &conversion,
                      SLICE("{\"environment\":\"development\",\"user_identities\":{\"other\":"
                            "\"fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f\""
                            "}" EVENT TAIL));
}

static void a_body_is_one_line_of_ascii(void **state)
{
    (void)state;
    const struct attribute custom[] = {{SLICE("stra\xC3\x9F"
                                              "e"),
                                        SLICE("\xF0\x9F\x98\x80 \"\\\n\x7F")}};
    struct conversion conversion = smallest();
    conversion.client_event_id = SLICE("\xC3\xA4");
    conversion.event_type = SLICE("\xE2\x80\xA8");
    conversion.fields[FIELD_FIRSTNAME] = SLICE("Jo\xC3\xA3o");
    conversion.custom = custom;
    conversion.custom_count = 1;
    struct buffer body;
    struct error error;
    assert_true(encode_with(api, &conversion, CONVERSIONS_WALL_MS, &body, &error));
    for (size_t i = 0; i < body.size; i++) {
        assert_in_range(body.data[i], ' ', '~');
    }
    struct slice text = buffer_slice(&body);
    assert_true(slice_find(text, SLICE("\"firstname\":\"Jo\\u00E3o\"")) != SIZE_MAX ||
                slice_find(text, SLICE("\"firstname\":\"Jo\\u00e3o\"")) != SIZE_MAX);

    struct arena arena;
    const struct json_value *batch = NULL;
    arena_init(&arena, 0);
    assert_true(json_read(text, &arena, &batch, &error));
    const struct json_value *event = json_item(json_member(batch, SLICE("events")), 0);
    const struct json_value *data = json_member(event, SLICE("data"));
    const struct json_value *attributes = json_member(data, SLICE("custom_attributes"));
    assert_true(slice_equal(json_member(attributes, custom[0].name)->text, custom[0].value));
    arena_done(&arena);
    buffer_done(&body);
}

/* --- The id of a batch ------------------------------------------------------------------------ */

static void read_id(const struct rokt_api *with, const struct conversion *conversion, bool first,
                    char ret_id[static 37])
{
    struct buffer body;
    struct error error;
    buffer_init(&body, BODY_MAX);
    assert_true(with->encode(with, conversion, first, CONVERSIONS_WALL_MS, &body, &error));
    memcpy(ret_id, body.data + body.size - 2 - 36, 36);
    ret_id[36] = '\0';
    buffer_done(&body);
}

static void the_same_content_has_the_same_id_and_another_one_another(void **state)
{
    (void)state;
    char ids[6][37];
    struct rokt_api other = *api;
    struct conversion conversion = smallest();
    read_id(api, &conversion, true, ids[0]);
    read_id(api, &conversion, false, ids[1]); /* wherever it stands in the request */
    assert_string_equal(ids[0], ids[1]);
    other.settings.development = true;
    read_id(&other, &conversion, true, ids[1]);
    conversion.fields[FIELD_AMOUNT] = SLICE("1");
    read_id(api, &conversion, true, ids[2]);
    conversion.fields[FIELD_AMOUNT] = SLICE("2");
    read_id(api, &conversion, true, ids[3]);
    conversion.client_event_id = SLICE("id-2");
    read_id(api, &conversion, true, ids[4]);
    conversion.event_time_ms++;
    read_id(api, &conversion, true, ids[5]);
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(ids[i], ids[j]);
        }
    }
}

static void the_id_stays_what_it_was(void **state)
{
    (void)state;
    /* Another one would make what is sent again after an update count twice. */
    char id[37];
    struct conversion conversion = smallest();
    read_id(api, &conversion, true, id);
    assert_string_equal(id, "9ce500f4-33ac-575a-a1df-598706ba5373");
}

/* --- Limits ----------------------------------------------------------------------------------- */

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

static void expect_longest(const struct conversion *conversion, struct slice *text, size_t length,
                           const char *why)
{
    struct slice longest = long_text(length);
    struct slice too_long = long_text(length + 1);
    *text = longest;
    expect_taken(conversion);
    *text = too_long;
    expect_dead(conversion, why);
    free((void *)(uintptr_t)longest.data);
    free((void *)(uintptr_t)too_long.data);
}

static void lengths_are_limited_in_code_points(void **state)
{
    (void)state;
    struct attribute custom = {SLICE("region"), SLICE("north")};
    struct attribute metadata = {SLICE("source"), long_text(65000)}; /* which is not sent */
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
    expect_longest(&tried, &tried.fields[FIELD_SKU], 4096, "sku is longer than 4096");
    tried = conversion;
    expect_longest(&tried, &tried.fields[FIELD_CITY], 4096, "city is longer than 4096");
    expect_longest(&conversion, &custom.name, 256, "name of an attribute is longer than 256");
    custom.name = SLICE("region");
    expect_longest(&conversion, &custom.value, 4096, "region is longer than 4096");
    free((void *)(uintptr_t)metadata.value.data);
}

#define NAME_SIZE 8

static void an_event_has_at_most_a_hundred_attributes(void **state)
{
    (void)state;
    static char names[100][NAME_SIZE];
    struct attribute custom[100];
    struct conversion conversion = smallest();
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(names[i], NAME_SIZE, "a%zu", i);
        custom[i] = (struct attribute){slice_of(names[i]), SLICE("1")};
    }
    conversion.custom = custom;
    conversion.custom_count = 100;
    conversion.fields[FIELD_FIRSTNAME] = SLICE("Ada"); /* the customer's do not count */
    expect_taken(&conversion);
    conversion.fields[FIELD_AMOUNT] = SLICE("1");
    expect_dead(&conversion, "the event has 101 attributes, and the API takes 100");
    custom[7].value = SLICE("");
    expect_taken(&conversion);
    conversion.fields[FIELD_TRANSACTIONID] = SLICE("T");
    expect_dead(&conversion, "the event has 102 attributes");
}

static void a_batch_has_at_most_125000_bytes(void **state)
{
    (void)state;
    static char names[40][NAME_SIZE];
    static char value[4096];
    struct attribute custom[40];
    struct conversion conversion = smallest();
    memset(value, 'x', sizeof value);
    for (size_t i = 0; i < 40; i++) {
        (void)snprintf(names[i], NAME_SIZE, "a%02zu", i);
        custom[i] = (struct attribute){slice_of(names[i]), {value, sizeof value}};
    }
    conversion.custom = custom;
    conversion.custom_count = 30;
    struct buffer body;
    struct error error;
    assert_true(encode_with(api, &conversion, CONVERSIONS_WALL_MS, &body, &error));
    size_t left = 125000 - body.size - strlen(",\"a30\":\"\"");
    buffer_done(&body);
    assert_true(left < sizeof value);
    conversion.custom_count = 31;
    custom[30].value.size = left;
    assert_true(encode_with(api, &conversion, CONVERSIONS_WALL_MS, &body, &error));
    assert_int_equal(body.size, 125000);
    buffer_done(&body);
    custom[30].value.size = left + 1;
    expect_dead(&conversion, "larger than a batch may be: 125001 bytes instead of 125000");
}

static void an_event_without_what_is_required_is_refused(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    conversion.client_event_id = SLICE("");
    expect_dead(&conversion, "clientEventId is missing");
    conversion = smallest();
    conversion.fields[FIELD_EMAIL] = SLICE("");
    conversion.fields[FIELD_CUSTOMERID] = SLICE("1");
    expect_dead(&conversion, "none of email, emailsha256 and passbackconversiontrackingid");
}

static void names_that_would_stand_twice_are_refused(void **state)
{
    (void)state;
    struct attribute custom[] = {{SLICE("amount"), SLICE("1")}, {SLICE("b"), SLICE("2")}};
    struct conversion conversion = smallest();
    conversion.custom = custom;
    conversion.custom_count = 2;
    expect_taken(&conversion);
    conversion.fields[FIELD_AMOUNT] = SLICE("1");
    expect_dead(&conversion, "amount is there twice");
    custom[0].name = SLICE("b");
    expect_dead(&conversion, "b is there twice");
    custom[0].name = SLICE("confirmationref");
    expect_taken(&conversion);
    conversion.fields[FIELD_TRANSACTIONID] = SLICE("T-1"); /* which fills it, too */
    expect_dead(&conversion, "confirmationref is there twice");
    custom[0].name = SLICE("firstname"); /* stands elsewhere */
    conversion.fields[FIELD_FIRSTNAME] = SLICE("Ada");
    expect_taken(&conversion);
    custom[0].name = SLICE("Rokt.x");
    expect_dead(&conversion, "reserved");
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
    bool taken = encode_with(api, &conversion, moment(now), &body, &error);
    assert_true(taken || strstr(error.text, "eventTime is more than") != NULL);
    buffer_done(&body);
    return taken;
}

static void the_time_of_the_event_must_lie_in_the_window(void **state)
{
    (void)state;
    const char *now = "2026-03-15T12:00:00.000Z";
    assert_true(is_taken("2026-03-15T12:05:00.000Z", now));
    assert_false(is_taken("2026-03-15T12:05:00.001Z", now));
    assert_true(is_taken("2026-02-13T12:00:00.000Z", now)); /* 30 days */
    assert_false(is_taken("2026-02-13T11:59:59.999Z", now));
    assert_false(is_taken("0001-01-01T00:00:00.000Z", now));
    assert_false(is_taken("9999-12-31T23:59:59.999Z", now));
}

static void no_error_quotes_a_value(void **state)
{
    (void)state;
    struct slice long_value = long_text(5000);
    memcpy((void *)(uintptr_t)long_value.data, "SECRET", 6);
    struct conversion conversion = smallest();
    conversion.fields[FIELD_LASTNAME] = long_value;
    struct buffer body;
    struct error error;
    assert_false(encode_with(api, &conversion, CONVERSIONS_WALL_MS, &body, &error));
    assert_null(strstr(error.text, "SECRET"));
    buffer_done(&body);
    free((void *)(uintptr_t)long_value.data);
}

static void a_buffer_that_is_full_fails_and_nothing_else_happens(void **state)
{
    (void)state;
    struct conversion conversion = smallest();
    for (size_t limit = 1; limit < 400; limit++) {
        struct buffer body;
        struct error error;
        buffer_init(&body, limit);
        bool encoded = api->encode(api, &conversion, true, CONVERSIONS_WALL_MS, &body, &error);
        assert_true(encoded && (body.failed || body.size > 300));
        buffer_done(&body);
    }
}

static void encoding_allocates_nothing_once_the_buffer_has_grown(void **state)
{
    (void)state;
    struct rokt_api hashing = *api;
    struct conversion conversion = smallest();
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        conversion.fields[i] = SLICE("some \"quoted\" t\xC3\xA4xt");
    }
    struct buffer body;
    struct error error;
    hashing.settings.email = PRIVACY_EMAIL_BOTH;
    conversion.fields[FIELD_EMAILSHA256] = SLICE("");
    buffer_init(&body, BODY_MAX);
    size_t before = 0;
    for (int round = 0; round < 3; round++) {
        before = allocations_count();
        buffer_reset(&body);
        assert_true(
            hashing.encode(&hashing, &conversion, true, CONVERSIONS_WALL_MS, &body, &error));
    }
    assert_int_equal(allocations_count(), before);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_are_literally_those_of_the_contract),
        cmocka_unit_test(the_limits_are_those_of_the_contract),
        cmocka_unit_test(keys_that_cannot_be_sent_are_refused_and_not_quoted),
        cmocka_unit_test(the_smallest_batch_has_its_identity_and_an_event),
        cmocka_unit_test(a_request_is_an_array_of_batches),
        cmocka_unit_test(fields_stand_where_the_contract_has_them),
        cmocka_unit_test(every_field_has_a_place),
        cmocka_unit_test(a_transaction_is_its_reference_where_it_has_no_other),
        cmocka_unit_test(custom_attributes_follow_the_fields_and_metadata_is_dropped),
        cmocka_unit_test(another_event_type_is_the_event_s_name),
        cmocka_unit_test(the_settings_say_environment_and_address),
        cmocka_unit_test(a_body_is_one_line_of_ascii),
        cmocka_unit_test(the_same_content_has_the_same_id_and_another_one_another),
        cmocka_unit_test(the_id_stays_what_it_was),
        cmocka_unit_test(lengths_are_limited_in_code_points),
        cmocka_unit_test(an_event_has_at_most_a_hundred_attributes),
        cmocka_unit_test(a_batch_has_at_most_125000_bytes),
        cmocka_unit_test(an_event_without_what_is_required_is_refused),
        cmocka_unit_test(names_that_would_stand_twice_are_refused),
        cmocka_unit_test(the_time_of_the_event_must_lie_in_the_window),
        cmocka_unit_test(no_error_quotes_a_value),
        cmocka_unit_test(a_buffer_that_is_full_fails_and_nothing_else_happens),
        cmocka_unit_test(encoding_allocates_nothing_once_the_buffer_has_grown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
