/* What another connector makes of four orders, by a mapping that maps as it does. Where the two differ, on
 * purpose:
 *   - amounts are numbers there and text here, as Rokt documents them, with the same digits;
 *   - what is empty is an empty object there, and left out here;
 *   - the id of a batch's content (source_request_id) is ours alone;
 *   - there a single batch is the body, here it is one of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"
#include "mapping/mapping.h"
#include "rokt/event_audience_api.h"
#include "support/shared.h"

#include <stdio.h>

#define PAIRS "orders/pairs/"
#define BODY_MAX 100000

static const char mapping_yaml[] = "conversion:\n"
                                   "  eventTime: $.timestamp\n"
                                   "  clientEventId: $.messageId\n"
                                   "  email: $.context.traits.email ?? $.properties.email\n"
                                   "  customerid: $.userId\n"
                                   "  passbackconversiontrackingid: >\n"
                                   "    $.integrations['Rokt Conversions API'].rtid ?? "
                                   "($.context.page.search | url_param('rtid'))\n"
                                   "  ipaddress: $.context.ip\n"
                                   "  useragent: $.context.userAgent\n"
                                   "  conversiontype: $.event\n"
                                   "  confirmationref: $.properties.order_id\n"
                                   "  amount: $.properties.revenue\n"
                                   "  currency: $.properties.currency\n"
                                   "  firstname: $.properties.first_name\n"
                                   "  lastname: $.properties.last_name\n"
                                   "  mobile: $.properties.phone\n"
                                   "  billingzipcode: $.properties.address.postal_code\n"
                                   "  dob: $.properties.birthday\n"
                                   "  gender: $.properties.gender\n";

static struct mapping *mapping;
static struct arena arena;

static int make_mapping(void **state)
{
    (void)state;
    struct error_list errors = {0};
    struct document *document = document_read("pairs.yaml", SLICE(mapping_yaml), &errors);
    mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    document_free(document);
    error_list_done(&errors);
    arena_init(&arena, 0);
    return mapping == NULL;
}

static int free_mapping(void **state)
{
    (void)state;
    mapping_free(mapping);
    arena_done(&arena);
    return 0;
}

/* The body of the request with what the mapping makes of the order. */
static void encode(struct slice order, struct buffer *body)
{
    const struct rokt_api *api = &rokt_event_audience_api;
    const struct message message = {.topic = SLICE("orders"), .timestamp_ms = -1, .value = order};
    struct mapping_result result;
    struct error error;
    mapping_run(mapping, &message, &arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.count, 1);
    assert_int_equal(result.omitted, 0);
    api->open(body, SLICE(""));
    assert_true(api->encode(api, &result.conversions[0], true, result.conversions[0].event_time_ms,
                            body, &error));
    api->close(body);
}

static void compare(const struct json_value *ours, const struct json_value *theirs);

static bool is_empty_object(const struct json_value *value)
{
    return value->kind == JSON_OBJECT && value->count == 0;
}

static void compare_objects(const struct json_value *ours, const struct json_value *theirs)
{
    for (const struct json_value *their = theirs->first; their != NULL; their = their->next) {
        const struct json_value *our = json_member(ours, their->name);
        if (is_empty_object(their)) {
            assert_null(our);
        } else if (our == NULL) {
            fail_msg("%.*s is missing", SLICE_PRINT(their->name));
        } else {
            compare(our, their);
        }
    }
    for (const struct json_value *our = ours->first; our != NULL; our = our->next) {
        if (json_member(theirs, our->name) == NULL &&
            !slice_equal(our->name, SLICE("source_request_id"))) {
            fail_msg("%.*s is too much", SLICE_PRINT(our->name));
        }
    }
}

/* The recursion is as deep as a batch. */
static void compare(const struct json_value *ours, const struct json_value *theirs)
{
    if (theirs->kind == JSON_OBJECT) {
        compare_objects(ours, theirs);
    } else if (theirs->kind == JSON_ARRAY) {
        assert_int_equal(ours->count, theirs->count);
        for (size_t i = 0; i < theirs->count; i++) {
            compare(json_item(ours, (long long)i), json_item(theirs, (long long)i));
        }
    } else if (theirs->kind == JSON_NUMBER && ours->kind == JSON_STRING) {
        assert_true(slice_equal(theirs->name, SLICE("amount")));
        assert_true(slice_equal(ours->text, theirs->text));
    } else if (!json_equal(ours, theirs)) {
        fail_msg("%.*s: %.*s and not %.*s", SLICE_PRINT(theirs->name), SLICE_PRINT(ours->text),
                 SLICE_PRINT(theirs->text));
    }
}

static const struct json_value *read_json(struct slice text)
{
    const struct json_value *value = NULL;
    struct error error;
    assert_true(json_read(text, &arena, &value, &error));
    return value;
}

static void expect_pair(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, PAIRS "%s.in.json", name);
    struct slice order = shared_read(path);
    (void)snprintf(path, sizeof path, PAIRS "%s.out.json", name);
    struct slice expected = shared_read(path);
    if (order.data == NULL || expected.data == NULL) {
        print_message("skipped: there is no %s\n", shared_path(path));
        skip();
    }
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    arena_reset(&arena);
    encode(order, &body);
    compare(json_item(read_json(buffer_slice(&body)), 0), read_json(expected));
    buffer_done(&body);
    shared_free(order);
    shared_free(expected);
}

static void an_order_with_an_address_is_the_same(void **state)
{
    (void)state;
    expect_pair("segment_to_rokt_1");
}

static void a_click_id_of_the_integrations_is_the_same(void **state)
{
    (void)state;
    expect_pair("segment_to_rokt_2_rtid_integrations");
}

static void a_click_id_of_the_page_is_the_same(void **state)
{
    (void)state;
    expect_pair("segment_to_rokt_3_rtid_query");
}

static void the_customer_s_attributes_are_the_same(void **state)
{
    (void)state;
    expect_pair("segment_to_rokt_4_attributes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_with_an_address_is_the_same),
        cmocka_unit_test(a_click_id_of_the_integrations_is_the_same),
        cmocka_unit_test(a_click_id_of_the_page_is_the_same),
        cmocka_unit_test(the_customer_s_attributes_are_the_same),
    };
    return cmocka_run_group_tests(tests, make_mapping, free_mapping);
}
