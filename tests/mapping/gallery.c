/* The mappings of config/mappings on order messages of real platforms, which are not the project's
 * own: the files of shared/orders, and what EXPECTED.json there wants of each. Every expectation
 * must be met by a mapping of ours.
 *
 * A message goes through its mapping twice. As both are, it must end as the table below says. With
 * the edits of the table (a test order made a live one, an attribute added that only this sample
 * has) it must become a conversion with the expected values; where it has no identity, a constant e-mail
 * address stands in for the missing one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "json/reader.h"
#include "mapping/mapping.h"
#include "support/shared.h"

enum subject { MESSAGE = 1, MAPPING };

/* A text that must be in the subject, and what stands there instead. */
struct edit {
    enum subject subject;
    const char *old, *new;
};

#define EDITS_MAX 6

/* Phone numbers as E.164 has them, where an expectation wants that. Rokt takes them as they are
 * written, so the mappings leave them so. */
#define CALLING_CODES                                                                        \
    {                                                                                        \
        MAPPING, "conversion:\n", "tables:\n  calling_codes: {BR: 55, US: 1}\nconversion:\n" \
    }
#define INTERNATIONAL(phone, country)                                          \
    {                                                                          \
        MAPPING, "mobile: " phone,                                             \
            "mobile: " phone " | phone(" country " | lookup('calling_codes'))" \
    }

struct sample {
    const char *name;
    const char *mapping; /* a file of config/mappings; NULL: there is none for such messages */
    const char *outcome; /* what becomes of the message by it, unedited */
    const char *own;     /* where that can give no conversion: a mapping that shows what there is */
    struct edit edits[EDITS_MAX];
};

static const struct sample samples[] = {
    {.name = "shopify_order_rest",
     .mapping = "shopify.yaml",
     .outcome = "skipped: paid", /* partially refunded: it was paid, and came as such before */
     .edits = {{MESSAGE, "\"partially_refunded\"", "\"paid\""},
               /* Its click id is in a parameter of another name. */
               {MAPPING, "url_param('rtid', 'rclid')", "url_param('source')"},
               {MAPPING, "custom:\n",
                "custom:\n  colour: $.note_attributes[?@.name == 'colour'].value | first\n"}}},
    {.name = "shopify_order_eur_paid",
     .mapping = "shopify.yaml",
     .outcome = "dead: missing_identity"},
    {.name = "shopify_order_paid_no_identity",
     .mapping = "shopify.yaml",
     .outcome = "dead: missing_identity"},
    {.name = "woocommerce_order_completed",
     .mapping = "woocommerce.yaml",
     .outcome = "mapped",
     .edits = {CALLING_CODES, INTERNATIONAL("$.billing.phone", "$.billing.country")}},
    {.name = "commercetools_order",
     .mapping = "commercetools.yaml",
     .outcome = "dead: missing_identity",
     .edits = {{MAPPING, "custom:\n",
                "custom:\n  flavour: $order.lineItems[*].variant.attributes"
                "[?@.name == 'enum'].value.label | first\n"}}},
    {.name = "commercetools_cloudevents_product_published",
     .mapping = "commercetools.yaml",
     .outcome = "skipped: an_order",
     .own = "conversion:\n"
            "  eventTime: $.time\n"
            "  email: $.none ?? 'a@example.com'\n"
            "custom: {type: $.type}\n"},
    {.name = "salesforce_scapi_order",
     .mapping = "salesforce.yaml",
     .outcome = "mapped",
     .edits = {CALLING_CODES,
               INTERNATIONAL("$.billingAddress.phone", "$.billingAddress.countryCode")}},
    {.name = "saleor_order_confirmed",
     .mapping = "saleor.yaml",
     .outcome = "mapped",
     .edits = {{MAPPING, "custom:\n",
                "custom:\n  flavor: $order.lines[*].product.attributes"
                "[?@.assignment.attribute.slug == 'flavor'].values[0].name | first\n"}}},
    {.name = "adyen_authorisation",
     .mapping = "adyen.yaml",
     .outcome = "skipped: live",
     .edits = {{MESSAGE, "\"live\": \"false\"", "\"live\": \"true\""},
               {MAPPING, "custom:\n", "custom:\n  NAME1: \"@.additionalData[' NAME1 ']\"\n"}}},
    {.name = "adyen_capture_false",
     .mapping = "adyen.yaml",
     .outcome = "skipped: live",
     .own = "for_each: $.notificationItems[*].NotificationRequestItem\n"
            "conversion: {eventTime: '@.eventDate', email: $.none ?? 'a@example.com'}\n"
            "custom: {success: '@.success'}\n"},
    {.name = "segment_order_completed",
     .mapping = "segment.yaml",
     .outcome = "dead: missing_identity",
     /* The call's own number, and two digits where the message has one. The mapping takes the
      * order's number, which other channels know too, and the digits that there are. */
     .edits = {{MAPPING, "transactionid: $.properties.order_id ?? $.messageId",
                "transactionid: $.messageId"},
               {MAPPING, "$.properties.total\n", "$.properties.total | round(2)\n"}}},
    {.name = "square_order",
     .mapping = "square.yaml",
     .outcome = "skipped: completed",
     .edits = {{MESSAGE, "\"OPEN\"", "\"COMPLETED\""}}},
    {.name = "square_webhook_order_created",
     .mapping = "square.yaml",
     .outcome = "dead: missing_event_time", /* it holds the order's id alone */
     .own = "conversion:\n"
            "  eventTime: $.created_at\n"
            "  email: $.none ?? 'a@example.com'\n"
            "  confirmationref: $.data.id\n"},
    {.name = "amazon_spapi_order_change",
     .own = "let: {order: $.Payload.OrderChangeNotification}\n"
            "conversion:\n"
            "  eventTime: $order.Summary.PurchaseDate\n"
            "  email: $order.Summary.BuyerEmail\n"
            "  confirmationref: $order.AmazonOrderId\n"
            "  quantity: $order.Summary.OrderItems[*].Quantity | sum\n"
            "  sku: $order.Summary.OrderItems[*].SellerSKU | only\n"},
    {.name = "duffel_flight_order",
     .mapping = "duffel.yaml",
     .outcome = "skipped: live",
     .edits = {{MESSAGE, "\"live_mode\": false", "\"live_mode\": true"},
               {MESSAGE, "\"cancelled_at\": \"2020-04-11T15:48:11.642Z\"",
                "\"cancelled_at\": null"},
               {MESSAGE, "\"awaiting_payment\": true", "\"awaiting_payment\": false"}}},
    {.name = "debezium_outbox_raw",
     .mapping = "debezium_outbox.yaml",
     .outcome = "dead: missing_identity",
     .edits = {{MAPPING, "require: [transactionid, amount, currency]",
                "require: [transactionid, amount]"}}}, /* it has no currency */
    {.name = "debezium_cloudevents_json",
     .mapping = "cloudevents.yaml",
     .outcome = "skipped: order_paid", /* a row of some table */
     .own = "conversion:\n"
            "  eventTime: $.time\n"
            "  email: $.none ?? 'a@example.com'\n"
            "custom: {name: $.data.after.name}\n"},
    {.name = "stripe_checkout_session_completed_data_usd",
     .mapping = "stripe.yaml",
     .outcome = "skipped: live",
     .edits = {{MESSAGE, "\"livemode\": false", "\"livemode\": true"}}},
};

#define SAMPLE_COUNT (sizeof samples / sizeof *samples)

static struct arena arena;
static const struct json_value *expected; /* EXPECTED.json */
static size_t faults;

static const struct json_value *parse(struct slice text, const char *name)
{
    const struct json_value *value = NULL;
    struct error error;
    if (!json_read(text, &arena, &value, &error)) {
        fail_msg("%s: %s", name, error.text);
    }
    return value;
}

__attribute__((format(printf, 2, 3))) static void complain(const char *sample, const char *format,
                                                           ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("%s: %s\n", sample, text);
    faults++;
}

/* The text of a file, in the arena. */
static struct slice file_text(const char *path)
{
    struct slice content = shared_read_file(path);
    if (content.data == NULL) {
        fail_msg("%s cannot be read", path);
    }
    struct slice text = arena_copy(&arena, content);
    shared_free(content);
    return text;
}

static struct slice mapping_text(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/config/mappings/%s", ROKT_RELAY_SOURCE, name);
    return file_text(path);
}

/* The file orders/NAME.json. */
static struct slice order_text(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "orders/%s.json", name);
    return file_text(shared_path(path));
}

static struct slice replace(struct slice text, size_t at, size_t size, struct slice by)
{
    struct slice before = slice_part(text, 0, at);
    struct slice after = slice_part(text, at + size, SIZE_MAX);
    return arena_printf(&arena, "%.*s%.*s%.*s", SLICE_PRINT(before), SLICE_PRINT(by),
                        SLICE_PRINT(after));
}

static struct slice edited(const struct sample *sample, enum subject subject, struct slice text)
{
    for (size_t i = 0; i < EDITS_MAX; i++) {
        const struct edit *edit = &sample->edits[i];
        struct slice old = slice_of(edit->old);
        if (edit->subject != subject) {
            continue;
        }
        size_t at = slice_find(text, old);
        if (at == SIZE_MAX) {
            complain(sample->name, "nothing to edit: %s", edit->old);
            continue;
        }
        text = replace(text, at, old.size, slice_of(edit->new));
    }
    return text;
}

/* The mapping with a constant for the e-mail address, which is its line `email:`. */
static struct slice with_identity(struct slice mapping)
{
    size_t at = slice_find(mapping, SLICE("\n  email: "));
    assert_true(at != SIZE_MAX);
    size_t size = slice_find(slice_part(mapping, at + 1, SIZE_MAX), SLICE("\n")) + 1;
    return replace(mapping, at, size, SLICE("\n  email: $.none ?? 'a@example.com'"));
}

static struct mapping *compile(const char *name, struct slice yaml)
{
    struct error_list errors = {0};
    struct buffer said;
    buffer_init(&said, 65536);
    struct document *document = document_read(name, yaml, &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    error_list_write(&errors, &said);
    if (mapping == NULL) {
        fail_msg("%.*s", SLICE_PRINT(buffer_slice(&said)));
    }
    buffer_done(&said);
    document_free(document);
    error_list_done(&errors);
    return mapping;
}

/* What a mapping makes of a message, as mapping_result_write() writes it. */
static const struct json_value *run(const char *name, struct slice yaml, struct slice value)
{
    struct mapping *mapping = compile(name, yaml);
    struct message message = {.topic = SLICE("orders"), .value = value};
    struct mapping_result result;
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    mapping_run(mapping, &message, &arena, &result);
    mapping_result_write(&result, &text);
    struct slice written = arena_copy(&arena, buffer_slice(&text));
    buffer_done(&text);
    mapping_free(mapping);
    return parse(written, "the result");
}

/* "mapped", "skipped: paid", "dead: missing_identity" … */
static struct slice outcome(const struct json_value *result)
{
    struct slice text = json_member(result, SLICE("result"))->text;
    const struct json_value *reason = json_member(result, SLICE("reason"));
    return reason == NULL
               ? text
               : arena_printf(&arena, "%.*s: %.*s", SLICE_PRINT(text), SLICE_PRINT(reason->text));
}

static bool lacks_identity(const struct json_value *result)
{
    return slice_equal(outcome(result), SLICE("dead: missing_identity"));
}

static bool is_identity(struct slice field)
{
    return slice_equal(field, SLICE("email")) ||
           slice_equal(field, SLICE("passbackconversiontrackingid"));
}

/* The value of a field as EXPECTED.json names it; NULL: there is none. */
static const struct json_value *got_value(const struct json_value *conversion, struct slice field)
{
    if (slice_equal(field, SLICE("eventTime"))) {
        return json_member(conversion, field);
    }
    if (slice_starts_with(field, SLICE("custom."))) {
        return json_member(json_member(conversion, SLICE("custom")),
                           slice_part(field, 7, SIZE_MAX));
    }
    return json_member(json_member(conversion, SLICE("fields")), field);
}

static bool is_time(struct slice text, int64_t *ret_ms)
{
    return timestamp_parse(text, NULL, ret_ms) == MOMENT_FINE;
}

/* Texts; two times are the same when they are the same millisecond. */
static bool same(struct slice got, struct slice wanted)
{
    int64_t got_ms, wanted_ms;
    return slice_equal(got, wanted) ||
           (is_time(got, &got_ms) && is_time(wanted, &wanted_ms) && got_ms == wanted_ms);
}

static void check_value(const char *name, const struct json_value *conversion, struct slice field,
                        const struct json_value *wanted)
{
    const struct json_value *got = got_value(conversion, field);
    bool absent = wanted->kind == JSON_NULL;
    bool good = absent ? got == NULL : got != NULL && same(got->text, wanted->text);
    if (!good) {
        complain(name, "%.*s is %.*s, not %.*s", SLICE_PRINT(field),
                 SLICE_PRINT(got == NULL ? SLICE("missing") : got->text),
                 SLICE_PRINT(absent ? SLICE("missing") : wanted->text));
    }
}

static const struct json_value *first_conversion(const struct json_value *result)
{
    return json_item(json_member(result, SLICE("conversions")), 0);
}

static void check_fields(const struct sample *sample, const struct json_value *result, bool nobody)
{
    const struct json_value *fields =
        json_member(json_member(expected, slice_of(sample->name)), SLICE("fields"));
    assert_non_null(fields);
    for (const struct json_value *entry = fields->first; entry != NULL; entry = entry->next) {
        struct slice field = json_member(entry, SLICE("field"))->text;
        const struct json_value *wanted = json_member(entry, SLICE("expected"));
        field =
            slice_equal(field, SLICE("click id")) ? SLICE("passbackconversiontrackingid") : field;
        if (nobody && is_identity(field)) {
            assert_int_equal(wanted->kind, JSON_NULL); /* proved by the dead letter */
        } else {
            check_value(sample->name, first_conversion(result), field, wanted);
        }
    }
}

static void check_unedited(const struct sample *sample)
{
    struct slice got =
        outcome(run(sample->name, mapping_text(sample->mapping), order_text(sample->name)));
    if (!slice_equal(got, slice_of(sample->outcome))) {
        complain(sample->name, "%.*s, not %s", SLICE_PRINT(got), sample->outcome);
    }
}

static void check_edited(const struct sample *sample)
{
    struct slice yaml = sample->own != NULL ? slice_of(sample->own) : mapping_text(sample->mapping);
    yaml = edited(sample, MAPPING, yaml);
    struct slice value = edited(sample, MESSAGE, order_text(sample->name));
    const struct json_value *result = run(sample->name, yaml, value);
    bool nobody = lacks_identity(result);
    if (nobody) {
        result = run(sample->name, with_identity(yaml), value);
    }
    if (slice_equal(outcome(result), SLICE("mapped"))) {
        check_fields(sample, result, nobody);
    } else {
        complain(sample->name, "edited, %.*s", SLICE_PRINT(outcome(result)));
    }
}

static void each_message_ends_as_the_table_says(void **state)
{
    (void)state;
    faults = 0;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        if (samples[i].mapping != NULL) {
            check_unedited(&samples[i]);
        }
    }
    assert_int_equal(faults, 0);
}

static void each_expectation_is_met(void **state)
{
    (void)state;
    faults = 0;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        check_edited(&samples[i]);
    }
    assert_int_equal(faults, 0);
}

static void each_expectation_has_its_sample(void **state)
{
    (void)state;
    faults = 0;
    for (const struct json_value *entry = expected->first; entry != NULL; entry = entry->next) {
        size_t i = 0;
        while (i < SAMPLE_COUNT && !slice_equal(slice_of(samples[i].name), entry->name)) {
            i++;
        }
        if (i == SAMPLE_COUNT) {
            print_error("%.*s is not tried\n", SLICE_PRINT(entry->name));
            faults++;
        }
    }
    assert_int_equal(faults, 0);
}

/* Those of the values that are fields of ours. */
static void check_members(const char *name, const struct json_value *conversion,
                          const struct json_value *values)
{
    enum field field;
    for (const struct json_value *value = values == NULL ? NULL : values->first; value != NULL;
         value = value->next) {
        /* There it is the call's name, in our mapping a constant. */
        if (!slice_equal(value->name, SLICE("conversiontype")) && field_find(value->name, &field)) {
            check_value(name, conversion, value->name, value);
        }
    }
}

/* A request to Rokt's other API, as another program made it of the same call. */
static void check_request(const char *name, const struct json_value *conversion,
                          const struct json_value *request)
{
    const struct json_value *event = json_item(json_member(request, SLICE("events")), 0);
    const struct json_value *data = json_member(event, SLICE("data"));
    const struct json_value *time = json_member(data, SLICE("timestamp_unixtime_ms"));
    const struct json_value *kits = json_member(request, SLICE("integration_attributes"));
    char text[TIMESTAMP_SIZE];
    timestamp_format(strtoll(arena_string(&arena, time->text), NULL, 10), text);
    assert_true(slice_equal(json_member(conversion, SLICE("eventTime"))->text, slice_of(text)));
    check_members(name, conversion, json_member(data, SLICE("custom_attributes")));
    check_members(name, conversion, json_member(request, SLICE("user_identities")));
    check_members(name, conversion, json_member(request, SLICE("user_attributes")));
    check_members(name, conversion, json_member(kits, SLICE("1277"))); /* Rokt's */
}

static void segment_calls_become_what_another_program_makes_of_them(void **state)
{
    (void)state;
    static const char *const calls[] = {"segment_to_rokt_1", "segment_to_rokt_2_rtid_integrations",
                                        "segment_to_rokt_3_rtid_query",
                                        "segment_to_rokt_4_attributes"};
    faults = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char in[128], out[128];
        (void)snprintf(in, sizeof in, "pairs/%s.in", calls[i]);
        (void)snprintf(out, sizeof out, "pairs/%s.out", calls[i]);
        const struct json_value *result =
            run(calls[i], mapping_text("segment.yaml"), order_text(in));
        assert_true(slice_equal(outcome(result), SLICE("mapped")));
        check_request(calls[i], first_conversion(result), parse(order_text(out), out));
    }
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest programme[] = {
        cmocka_unit_test(each_message_ends_as_the_table_says),
        cmocka_unit_test(each_expectation_is_met),
        cmocka_unit_test(each_expectation_has_its_sample),
        cmocka_unit_test(segment_calls_become_what_another_program_makes_of_them),
    };
    const char *path = shared_path("orders/EXPECTED.json");
    struct slice content = shared_read_file(path);
    if (content.data == NULL) {
        (void)printf("there is no %s: skipped\n", path);
        return 77;
    }
    arena_init(&arena, 0);
    expected = parse(content, path);
    int result = cmocka_run_group_tests(programme, NULL, NULL);
    arena_done(&arena);
    shared_free(content);
    return result;
}
