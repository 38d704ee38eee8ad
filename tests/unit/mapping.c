#include "mapping/mapping.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "json/reader.h"
#include "support/allocations.h"
#include "support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef ROKT_RELAY_SOURCE
#define ROKT_RELAY_SOURCE "."
#endif

#define TEXT_MAX 65536
#define CASES ROKT_RELAY_SOURCE "/tests/mapping"

static const char full_mapping[] =
    "name: full\n"
    "tables: {regions: {eu: eu, us: na}}\n"
    "let:\n"
    "  order: $.payload ?? $\n"
    "  lines: $order.items[*]\n"
    "when:\n"
    "  paid: $order.status in ['paid', 'shipped'] && $order.test != true\n"
    "conversion:\n"
    "  eventTime: $order.at\n"
    "  email: $order.email\n"
    "  emailsha256: $order.email | email_sha256\n"
    "  passbackconversiontrackingid: $order.landing | url_param('rtid', 'rclid')\n"
    "  transactionid: $order.id\n"
    "  confirmationref: $order.name | strip_prefix('#')\n"
    "  amount: $order.cents | minor_units($order.currency)\n"
    "  currency: $order.currency\n"
    "  quantity: $lines.qty | sum\n"
    "  productname: $lines.name | html_decode | replace(',', ' ') | join(',')\n"
    "  sku: $lines.sku | distinct | only\n"
    "  paymenttype: $order.gateways | first\n"
    "  conversiontype: {text: purchase}\n"
    "  firstname: $order.who | given_name\n"
    "  lastname: $order.who | family_name\n"
    "  mobile: $order.phone | digits\n"
    "  ipaddress: $order.ip | public_ip\n"
    "custom:\n"
    "  region: kafka.headers.region | lookup('regions', 'other')\n"
    "  tier: $order.tier | upper | default('none')\n"
    "metadata:\n"
    "  source: kafka.topic\n"
    "require: [transactionid | confirmationref, amount, currency]\n";

static const char full_order[] =
    "{\"payload\": {\"id\": 1234567890123456789012345, \"name\": \"#1001\", \"status\": \"paid\","
    " \"at\": \"2026-11-23T10:03:00+01:00\", \"email\": \" Ada@Example.org\", \"cents\": 9980,"
    " \"currency\": \"eur\", \"landing\": \"/?rtid=a%2Bb\", \"gateways\": [\"\", \"visa\"],"
    " \"who\": \"Ada Lovelace\", \"phone\": \"+1 (323) 867\", \"ip\": \"8.8.8.8\","
    " \"items\": [{\"qty\": 2, \"name\": \"Tom &amp; Jerry\", \"sku\": \"A\"},"
    " {\"qty\": 1, \"name\": \"Mug\", \"sku\": \"A\"}]}}";

/* A mapping and an arena to run it in. */
struct fixture {
    struct mapping *mapping;
    struct arena arena;
    struct error_list errors;
};

static const struct message_header headers[] = {{{"region", 6}, {"eu", 2}}};

static struct message record_of(struct slice value)
{
    return (struct message){.topic = SLICE("orders"),
                            .partition = 3,
                            .offset = 42,
                            .timestamp_ms = 1795428180125,
                            .value = value,
                            .headers = headers,
                            .header_count = 1};
}

static void compile(struct fixture *fixture, const char *yaml)
{
    *fixture = (struct fixture){.mapping = NULL};
    arena_init(&fixture->arena, 0);
    struct document *document = document_read("folder/test.yaml", slice_of(yaml), &fixture->errors);
    assert_non_null(document);
    fixture->mapping = mapping_compile(document, &fixture->errors);
    document_free(document);
}

static void need_mapping(const struct fixture *fixture)
{
    if (fixture->mapping == NULL) {
        fail_msg("the mapping does not compile: %s",
                 fixture->errors.count > 0 ? fixture->errors.items[0].message : "");
    }
}

static void release(struct fixture *fixture)
{
    mapping_free(fixture->mapping);
    arena_done(&fixture->arena);
    error_list_done(&fixture->errors);
}

static struct slice field_of(const struct mapping_result *result, enum field field)
{
    return result->conversions[0].fields[field];
}

static void a_whole_order_becomes_a_conversion(void **state)
{
    (void)state;
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, full_mapping);
    need_mapping(&fixture);
    assert_string_equal(mapping_name(fixture.mapping), "full");
    struct message message = record_of(slice_of(full_order));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.count, 1);
    assert_int_equal(result.omitted, 0);
    assert_true(slice_equal(field_of(&result, FIELD_EMAIL), SLICE("ada@example.org")));
    assert_true(slice_equal(field_of(&result, FIELD_AMOUNT), SLICE("99.80")));
    assert_true(
        slice_equal(field_of(&result, FIELD_TRANSACTIONID), SLICE("1234567890123456789012345")));
    assert_true(slice_equal(field_of(&result, FIELD_SKU), SLICE("A")));
    assert_int_equal(result.conversions[0].custom_count, 2);
    assert_true(slice_equal(result.conversions[0].custom[1].value, SLICE("none")));
    release(&fixture);
}

static void need_written(const char *yaml, const char *order, const char *expected)
{
    struct fixture fixture;
    struct mapping_result result;
    struct buffer buffer;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    struct message message = record_of(slice_of(order));
    buffer_init(&buffer, TEXT_MAX);
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    mapping_result_write(&result, &buffer);
    if (!slice_equal(buffer_slice(&buffer), slice_of(expected))) {
        fail_msg("written is %.*s", SLICE_PRINT(buffer_slice(&buffer)));
    }
    buffer_done(&buffer);
    release(&fixture);
}

static void a_result_is_written_as_one_object(void **state)
{
    (void)state;
    static const char yaml[] = "when: {paid: $.paid == true}\n"
                               "for_each: $.items\n"
                               "conversion: {eventTime: $.at, clientEventId: '@.id', email: $.e,\n"
                               "             amount: '@.sum', currency: $.cur}\n"
                               "custom: {a: '@.a', '{': '@.b'}\n"
                               "metadata: {m: '@.m'}\n";
    need_written(yaml, "{}", "{\"result\":\"skipped\",\"reason\":\"paid\"}");
    need_written(
        yaml, "{\"paid\": true, \"items\": [{\"sum\": 1}], \"at\": 5}",
        "{\"result\":\"dead\",\"reason\":\"invalid_field\",\"message\":\"eventTime is a number: "
        "timestamp('s'), timestamp('ms') … says what it counts, timestamp('epoch') goes by its "
        "size, in: $.at\"}");
    need_written(
        yaml,
        "{\"paid\": true, \"at\": \"2026-11-23T10:03:00+01:00\", \"e\": \"x@example.com\","
        " \"items\": [{\"id\": 1, \"sum\": 1.50, \"a\": \"\\\"\", \"b\": true, \"m\": \"{\"},"
        " {\"id\": 2}]}",
        "{\"result\":\"mapped\",\"conversions\":[{\"clientEventId\":\"1\",\"eventTime\":"
        "\"2026-11-23T09:03:00.000Z\",\"eventType\":\"conversion\",\"fields\":{\"email\":"
        "\"x@example.com\",\"amount\":\"1.50\"},\"custom\":{\"a\":\"\\\"\",\"{\":\"true\"},"
        "\"metadata\":{\"m\":\"{\"}},{\"clientEventId\":\"2\",\"eventTime\":"
        "\"2026-11-23T09:03:00.000Z\",\"eventType\":\"conversion\",\"fields\":{\"email\":"
        "\"x@example.com\"},\"custom\":{}}]}");
}

/* Runs the mapping on the messages in turn, and counts with `count` from when the arena has
 * grown. */
static size_t count_allocations(const char *yaml, struct message messages[], size_t message_count,
                                size_t (*count)(void))
{
    struct fixture fixture;
    struct mapping_result result;
    size_t before = 0;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    for (size_t i = 0; i < 100 * message_count; i++) {
        if (i == 10 * message_count) {
            before = count();
        }
        arena_reset(&fixture.arena);
        mapping_run(fixture.mapping, &messages[i % message_count], &fixture.arena, &result);
        assert_int_equal(result.outcome, i % message_count == 0 ? MAPPING_MAPPED : MAPPING_SKIPPED);
    }
    size_t after = count();
    release(&fixture);
    return after - before;
}

static void nothing_is_allocated_for_a_message_once_the_arena_has_grown(void **state)
{
    (void)state;
    struct message messages[] = {record_of(slice_of(full_order)), record_of(SLICE("{}")),
                                 record_of((struct slice){NULL, 0})};
    assert_int_equal(count_allocations(full_mapping, messages, 3, memory_allocations), 0);
}

/* Of libraries only OpenSSL allocates, for each digest. */
static void without_digests_libraries_allocate_nothing_either(void **state)
{
    (void)state;
    static const char yaml[] = "let: {order: $.payload}\n"
                               "when: {paid: $order.status == 'paid'}\n"
                               "conversion:\n"
                               "  eventTime: $order.at\n"
                               "  clientEventId: $order.id\n"
                               "  email: $order.email\n"
                               "  amount: $order.cents | minor_units($order.currency)\n"
                               "  productname: $order.items[*].name | html_decode | join(', ')\n"
                               "  quantity: $order.items[*].qty | sum\n";
    struct message messages[] = {record_of(slice_of(full_order)), record_of(SLICE("{}"))};
    assert_int_equal(count_allocations(yaml, messages, 2, allocations_count), 0);
}

/* The id that the record gets when the mapping makes none. */
static struct slice id_of(struct fixture *fixture, const struct message *message)
{
    struct mapping_result result;
    mapping_run(fixture->mapping, message, &fixture->arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.conversions[0].client_event_id.size, 36);
    return result.conversions[0].client_event_id;
}

static void an_id_depends_on_where_the_record_stands_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "conversion: {eventTime: kafka.timestamp, email: $.e}");
    need_mapping(&fixture);
    struct message first = record_of(SLICE("{\"e\": \"a@example.com\"}"));
    struct slice id = id_of(&fixture, &first);
    struct message other_value = record_of(SLICE("{\"e\": \"b@example.com\"}"));
    assert_true(slice_equal(id, id_of(&fixture, &first)));
    assert_true(slice_equal(id, id_of(&fixture, &other_value)));
    struct message others[] = {first, first, first, first};
    others[0].topic = SLICE("orders2");
    others[1].partition++;
    others[2].offset++;
    others[3].timestamp_ms++;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(slice_equal(id, id_of(&fixture, &others[i])));
    }
    release(&fixture);
}

/* Whoever changes it makes every message that is sent again a new one to Rokt. */
static void the_id_of_a_record_never_changes(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "conversion: {eventTime: kafka.timestamp, email: $.e}");
    need_mapping(&fixture);
    struct message message = record_of(SLICE("{\"e\": \"a@example.com\"}"));
    assert_true(
        slice_equal(id_of(&fixture, &message), SLICE("475fd2d4-00ec-5fae-aa91-7056de8972a9")));
    release(&fixture);
}

static void expect_field(const char *yaml, const char *value, const char *field)
{
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    struct message message = record_of(slice_of(value));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_DEAD);
    if (field == NULL) {
        assert_null(result.field);
    } else {
        assert_non_null(result.field);
        assert_string_equal(result.field, field);
    }
    release(&fixture);
}

static void a_dead_message_names_the_field(void **state)
{
    static const char yaml[] = "conversion: {eventTime: $.at, email: $.e, amount: $.a}\n"
                               "custom: {region: {value: $.r, on_invalid: dead_letter}}\n"
                               "require: [transactionid | confirmationref | amount]\n";
    (void)state;
    expect_field(yaml, "{\"at\": \"x\"}", "eventTime");
    expect_field(yaml, "{}", "eventTime");
    expect_field(yaml, "{\"at\": \"2026-11-23T10:03:00Z\", \"a\": \"many\"}", "amount");
    expect_field(yaml, "{\"at\": \"2026-11-23T10:03:00Z\", \"e\": \"a@b.org\", \"a\": [1, 2]}",
                 "amount");
    expect_field(yaml, "{\"at\": \"2026-11-23T10:03:00Z\", \"r\": {\"x\": 1}}", "custom.region");
    expect_field(yaml, "{\"at\": \"2026-11-23T10:03:00Z\", \"e\": \"a@b.org\"}",
                 "transactionid | confirmationref | amount");
    expect_field(yaml, "{\"at\": \"2026-11-23T10:03:00Z\"}", NULL);
    expect_field(yaml, "no JSON", NULL);
}

static void items_of_for_each_are_counted_with_those_that_are_left_out(void **state)
{
    (void)state;
    struct fixture fixture;
    struct mapping_result result;
    struct message message =
        record_of(SLICE("{\"e\": \"a@b.org\", \"i\": [null, {\"n\": 1}, {\"n\": 2}, {\"n\": 3}]}"));
    compile(&fixture, "when: {odd: '@.n != 2'}\nfor_each: $.i[*]\nconversion: {email: $.e}\n");
    need_mapping(&fixture);
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.count, 2);
    assert_int_equal(result.conversions[0].item, 1);
    assert_int_equal(result.conversions[1].item, 3);
    release(&fixture);
    compile(&fixture, "conversion: {email: $.e}\n");
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.conversions[0].item, CONVERSION_NO_ITEM);
    release(&fixture);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_hash(const char *path, const char *whole)
{
    struct error_list errors = {0};
    char hex[HASH_SHA256_HEX_SIZE];
    struct mapping *mapping = mapping_load(path, &errors);
    assert_non_null(mapping);
    hash_sha256_hex(slice_of(whole), hex);
    assert_int_equal(strlen(mapping_hash(mapping)), MAPPING_HASH_SIZE);
    assert_memory_equal(mapping_hash(mapping), hex, MAPPING_HASH_SIZE);
    mapping_free(mapping);
    error_list_done(&errors);
}

static void the_hash_is_that_of_the_file_and_its_tables_one_behind_the_other(void **state)
{
    static const char yaml[] =
        "tables: {a: a.csv, b: {x: y}, c: {file: c.csv, key: k, value: v}}\n"
        "conversion: {email: \"$.e | lookup('a') | lookup('b') | lookup('c')\"}\n";
    static const char plain[] = "conversion: {email: $.e}\n";
    (void)state;
    char folder[] = "/tmp/mapping-XXXXXX";
    char path[3][64];
    char whole[512];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path[0], sizeof path[0], "%s/m.yaml", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/a.csv", folder);
    (void)snprintf(path[2], sizeof path[2], "%s/c.csv", folder);
    write_file(path[0], plain);
    expect_hash(path[0], plain);
    write_file(path[0], yaml);
    write_file(path[1], "k,v\n1,2\n");
    write_file(path[2], "v,k\n4,3\n");
    (void)snprintf(whole, sizeof whole, "%sk,v\n1,2\nv,k\n4,3\n", yaml);
    expect_hash(path[0], whole);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(unlink(path[i]), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void the_name_is_the_files_unless_said(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "conversion: {eventTime: kafka.timestamp, email: $.e}");
    need_mapping(&fixture);
    assert_string_equal(mapping_name(fixture.mapping), "test");
    release(&fixture);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct error_list errors = {0};
    assert_null(mapping_load("/nowhere/mapping.yaml", &errors));
    assert_int_equal(errors.errors, 1);
    error_list_done(&errors);
}

/* What becomes of a value, with a mapping of an item's e-mail or the message's. */
static void expect_dead(const char *yaml, struct slice value, const char *reason)
{
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    struct message message = record_of(value);
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_DEAD);
    assert_string_equal(result.reason, reason);
    assert_true(strlen(result.error.text) > 10);
    assert_int_equal(result.count, 0);
    assert_null(result.conversions);
    release(&fixture);
}

static void the_id_of_a_schema_before_the_json_is_passed_over(void **state)
{
    (void)state;
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, "conversion: {eventTime: kafka.timestamp, email: $.e}");
    need_mapping(&fixture);
    struct message message = record_of(SLICE("\0\0\0\1\2{\"e\": \"a@example.com\"}"));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_true(slice_equal(field_of(&result, FIELD_EMAIL), SLICE("a@example.com")));
    message = record_of(SLICE("\0\0\0\1\2\2\4abc"));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_string_equal(result.reason, "not_json");
    assert_non_null(strstr(result.error.text, "behind the id of a schema"));
    release(&fixture);
}

static void zero_bytes_alone_are_no_json(void **state)
{
    (void)state;
    static const char yaml[] = "conversion: {eventTime: kafka.timestamp, email: $.e}";
    expect_dead(yaml, SLICE("\0\0\0\1"), "not_json");
    expect_dead(yaml, SLICE("\0\0\0\1\2"), "not_json");
    expect_dead(yaml, SLICE("\1\0\0\1\2{}"), "not_json");
    expect_dead(yaml, SLICE("\0\0\0\1\2\0\0\0\1\2{}"), "not_json");
}

static void a_message_that_is_too_large_is_dead(void **state)
{
    (void)state;
    size_t size = 8 * 1024 * 1024 + 1;
    char *text = memory_new(size, 1);
    memset(text, ' ', size);
    expect_dead("conversion: {eventTime: kafka.timestamp, email: $.e}", (struct slice){text, size},
                "too_large");
    text[0] = '1';
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, "conversion: {eventTime: kafka.timestamp, email: $.e}");
    struct message message = record_of((struct slice){text, size - 1});
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_string_equal(result.reason, "missing_identity");
    release(&fixture);
    free(text);
}

static void a_message_that_is_nested_too_deep_is_dead(void **state)
{
    (void)state;
    size_t size = 100000;
    char *text = memory_new(size, 1);
    memset(text, '[', size);
    expect_dead("conversion: {eventTime: kafka.timestamp, email: $.e}", (struct slice){text, size},
                "not_json");
    free(text);
}

static void too_many_items_are_dead_and_as_many_as_may_be_are_not(void **state)
{
    (void)state;
    static char json[16384];
    static const char yaml[] =
        "for_each: $[*]\n"
        "conversion: {eventTime: kafka.timestamp, email: $.none ?? 'a@b.cd'}\n";
    size_t size = 0;
    for (size_t i = 0; i < 1001; i++) {
        size += (size_t)snprintf(json + size, sizeof json - size, "%c%zu", i == 0 ? '[' : ',', i);
    }
    json[size] = ']';
    expect_dead(yaml, (struct slice){json, size + 1}, "too_many_items");
    size_t less = slice_find((struct slice){json, size}, SLICE(",1000"));
    json[less] = ']';
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, yaml);
    struct message message = record_of((struct slice){json, less + 1});
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.count, 1000);
    release(&fixture);
}

static void a_path_that_selects_too_much_is_dead(void **state)
{
    (void)state;
    size_t count = 300;
    char *json = memory_new(count * count * 3 + 2 * count + 16, 1);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        json[size++] = i == 0 ? '[' : ',';
        json[size++] = '[';
        for (size_t j = 0; j < count; j++) {
            json[size++] = '1';
            json[size++] = j + 1 < count ? ',' : ']';
        }
    }
    json[size++] = ']';
    expect_dead("conversion: {eventTime: kafka.timestamp, email: $.none ?? 'a@b.cd',"
                " amount: '$[*,*,*,*][*,*,*,*] | count'}",
                (struct slice){json, size}, "expression_error");
    free(json);
}

/* Nobody waits for it, wherever it stands, and nothing of it is left out. */
static void a_message_that_is_too_much_work_is_dead(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "  quantity: {value: '$ | each(add(@, $ | count)) | sum', on_invalid: omit}",
        "custom: {a: '$ | each(add(@, $ | count)) | sum'}",
        "when: {a: '$ | each(add(@, $ | count)) | sum == 1'}",
        "for_each: $ | each(add(@, $ | count)) | sum",
    };
    char *json = memory_new(9000, 2);
    for (size_t i = 0; i < 9000; i++) {
        json[2 * i] = i == 0 ? '[' : ',';
        json[2 * i + 1] = i + 1 < 9000 ? '1' : ']';
    }
    json[2 * 8999] = ' ';
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        char yaml[512];
        (void)snprintf(
            yaml, sizeof yaml,
            "conversion:\n  eventTime: kafka.timestamp\n  email: $.none ?? 'a@b.cd'\n%s\n",
            rests[i]);
        expect_dead(yaml, (struct slice){json, 18000}, "too_much_work");
    }
    free(json);
}

/* Each value of the message is a secret; whatever is wrong with it must not repeat it. */
static void expect_discretion(const char *yaml)
{
    static const char json[] =
        "{\"s\": \"SECRET-SECRET-SECRET-SECRET-SECRET-SECRET\", \"l\": [\"SECRET\", \"SECRET\"],"
        " \"o\": {\"SECRET\": \"SECRET\"}, \"n\": 1}";
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    struct message message = record_of(SLICE(json));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_DEAD);
    assert_null(strstr(result.error.text, "SECRET"));
    release(&fixture);
}

static void no_error_repeats_a_value(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "  amount: $.s",
        "  amount: $.s | decimal",
        "  amount: $.n | minor_units($.s)",
        "  currency: $.s",
        "  sku: $.l",
        "  sku: $.o",
        "  clientEventId: $.s",
        "when: {w: $.l | sum > 1}",
    };
    char yaml[512];
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        (void)snprintf(
            yaml, sizeof yaml,
            "conversion:\n  eventTime: kafka.timestamp\n  email: $.none ?? 'a@b.cd'\n%s\n",
            rests[i]);
        expect_discretion(yaml);
    }
    expect_discretion("conversion: {eventTime: $.s, email: $.none ?? 'a@b.cd'}");
    expect_discretion("conversion: {eventTime: $.s | timestamp, email: $.none ?? 'a@b.cd'}");
    expect_discretion("conversion: {eventTime: kafka.timestamp, email: $.s}");
    expect_dead("conversion: {eventTime: kafka.timestamp, email: $.e}", SLICE("{\"SECRET"),
                "not_json");
}

static void fields_that_are_left_out_are_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    struct mapping_result result;
    compile(&fixture, "conversion:\n  eventTime: kafka.timestamp\n  email: $.none ?? 'a@b.cd'\n"
                      "  quantity: $.bad\n  country: $.bad\n  age: $.bad | decimal\n  sku: $.no\n");
    need_mapping(&fixture);
    struct message message = record_of(SLICE("{\"bad\": \"bad\"}"));
    mapping_run(fixture.mapping, &message, &fixture.arena, &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.omitted, 3);
    release(&fixture);
}

/* What the mapping makes of five thousand characters, where the API takes 4,096. */
static void run_long(struct fixture *fixture, const char *yaml, struct mapping_result *ret_result)
{
    static char json[6000];
    char text[5001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    int size = snprintf(json, sizeof json, "{\"long\": \"%s\"}", text);
    compile(fixture, yaml);
    need_mapping(fixture);
    mapping_limit_values(fixture->mapping, 4096);
    struct message message = record_of((struct slice){json, (size_t)size});
    mapping_run(fixture->mapping, &message, &fixture->arena, ret_result);
}

#define LONG "conversion:\n  eventTime: kafka.timestamp\n  email: $.none ?? 'a@b.cd'\n"

static void what_is_too_long_for_the_api_is_left_out_or_dead_as_the_policy_says(void **state)
{
    (void)state;
    struct fixture fixture;
    struct mapping_result result;
    run_long(&fixture,
             LONG "  productname: $.long\n  city: $.long\ncustom: {a: $.long}\n"
                  "metadata: {b: $.long}\n",
             &result);
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_int_equal(result.omitted, 3);
    assert_int_equal(result.conversions[0].custom_count, 0);
    assert_int_equal(result.conversions[0].metadata_count, 1); /* which that API is not sent */
    release(&fixture);
    run_long(&fixture, LONG "  transactionid: $.long\n", &result);
    assert_int_equal(result.outcome, MAPPING_DEAD);
    assert_string_equal(result.reason, "invalid_field");
    assert_non_null(strstr(result.error.text, "transactionid is longer than 4096 characters"));
    release(&fixture);
    run_long(&fixture, LONG "custom: {a: {value: $.long, on_invalid: dead_letter}}\n", &result);
    assert_int_equal(result.outcome, MAPPING_DEAD);
    release(&fixture);
}

static void whether_it_names_the_account_is_known(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, LONG "account: $.account\n");
    need_mapping(&fixture);
    assert_true(mapping_names_account(fixture.mapping));
    release(&fixture);
    compile(&fixture, LONG);
    need_mapping(&fixture);
    assert_false(mapping_names_account(fixture.mapping));
    release(&fixture);
}

static void named_values_that_build_on_each_other_are_bounded(void **state)
{
    (void)state;
    static char yaml[TEXT_MAX];
    size_t size = (size_t)snprintf(yaml, sizeof yaml, "let:\n  v0: $.x\n");
    for (size_t i = 1; i <= 120; i++) {
        size +=
            (size_t)snprintf(yaml + size, sizeof yaml - size, "  v%zu: $v%zu | trim\n", i, i - 1);
    }
    (void)snprintf(yaml + size, sizeof yaml - size,
                   "conversion: {eventTime: kafka.timestamp, email: $v120}\n");
    struct fixture fixture;
    compile(&fixture, yaml);
    assert_null(fixture.mapping);
    assert_int_equal(fixture.errors.errors, 1);
    assert_non_null(strstr(fixture.errors.items[0].message, "nested deeper than 100"));
    release(&fixture);
}

static void a_mapping_has_a_maximum_of_names(void **state)
{
    (void)state;
    static char yaml[TEXT_MAX];
    size_t size = (size_t)snprintf(
        yaml, sizeof yaml, "conversion: {eventTime: kafka.timestamp, email: $.e}\ncustom:\n");
    for (size_t i = 0; i <= 200; i++) {
        size += (size_t)snprintf(yaml + size, sizeof yaml - size, "  n%zu: $.x\n", i);
    }
    struct fixture fixture;
    compile(&fixture, yaml);
    assert_null(fixture.mapping);
    assert_string_equal(fixture.errors.items[0].message, "more than 200 entries");
    release(&fixture);
}

/* How many warnings a mapping of these fields and so many attributes has. */
static size_t count_warnings(const char *fields, size_t count)
{
    static char yaml[TEXT_MAX];
    size_t size = (size_t)snprintf(
        yaml, sizeof yaml, "conversion: {eventTime: kafka.timestamp, email: $.e%s}\ncustom:\n",
        fields);
    for (size_t i = 0; i < count; i++) {
        size += (size_t)snprintf(yaml + size, sizeof yaml - size, "  n%zu: $.x\n", i);
    }
    struct fixture fixture;
    compile(&fixture, yaml);
    need_mapping(&fixture);
    size_t warnings = fixture.errors.count;
    for (size_t i = 0; i < warnings; i++) {
        assert_non_null(strstr(fixture.errors.items[i].message, "these are 101 attributes"));
    }
    release(&fixture);
    return warnings;
}

static void more_attributes_than_one_of_the_apis_takes_are_warned_of(void **state)
{
    (void)state;
    assert_int_equal(count_warnings("", 100), 0);
    assert_int_equal(count_warnings("", 101), 1);
    assert_int_equal(count_warnings(", firstname: $.f, mobile: $.m", 100), 0);
    assert_int_equal(count_warnings(", amount: $.a", 100), 1);
    assert_int_equal(count_warnings(", transactionid: $.t", 98), 0); /* and confirmationref */
    assert_int_equal(count_warnings(", transactionid: $.t", 99), 1);
    assert_int_equal(count_warnings(", transactionid: $.t, confirmationref: $.c", 98), 0);
}

/* The first block of YAML behind the heading, which is the README's example of a whole mapping. */
static void the_mapping_in_the_readme_compiles_without_a_warning(void **state)
{
    (void)state;
    static const char fence[] = "```yaml\n";
    struct slice readme = shared_read_file(ROKT_RELAY_SOURCE "/config/README.md");
    assert_non_null(readme.data);
    struct slice rest =
        slice_part(readme, slice_find(readme, SLICE("## The mapping language")), SIZE_MAX);
    rest = slice_part(rest, slice_find(rest, SLICE(fence)) + strlen(fence), SIZE_MAX);
    struct slice yaml = slice_part(rest, 0, slice_find(rest, SLICE("```\n")));
    struct slice same = shared_read_file(CASES "/readme_explain/mapping.yaml");
    assert_true(yaml.size > 500);
    assert_true(slice_equal(yaml, same)); /* what explain.txt there explains */
    free((void *)(uintptr_t)same.data);
    struct error_list errors = {0};
    struct document *document = document_read("README.md", yaml, &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    if (errors.count > 0) {
        fail_msg("line %zu: %s", errors.items[0].place.line, errors.items[0].message);
    }
    assert_non_null(mapping);
    mapping_free(mapping);
    document_free(document);
    error_list_done(&errors);
    free((void *)(uintptr_t)readme.data);
}

/* --- The gallery on what vendors publish ----------------------------------------------------- */

/* A published order, the mapping of its platform, and a change that makes it one to be mapped. */
struct published {
    const char *order;
    const char *mapping;
    const char *old, *new;
    const char *differs; /* a field whose expectation is not ours, see below */
};

static const struct published published[] = {
    /* Its click id is in a parameter of another name (source). */
    {"shopify_order_rest", "shopify", "\"partially_refunded\"", "\"paid\"", "click id"},
    /* Telephone numbers are not brought into the international form. */
    {"woocommerce_order_completed", "woocommerce", NULL, NULL, "mobile"},
    {"stripe_checkout_session_completed_data_usd", "stripe", "\"livemode\": false",
     "\"livemode\": true", NULL},
    /* Without an identity of their own, to see the other fields. */
    {"shopify_order_eur_paid", "shopify", "\"email\": \"\"", "\"email\": \"a@b.cd\"", NULL},
    {"shopify_order_paid_no_identity", "shopify", "\"email\": \"\"", "\"email\": \"a@b.cd\"",
     "email"},
    {"adyen_authorisation", "adyen", "\"live\": \"false\"", "\"live\": \"true\"", "email"},
};

static struct slice read_shared_order(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "orders/%s.json", name);
    return shared_read(path);
}

static struct mapping *load_gallery(const char *name)
{
    char path[4096];
    struct error_list errors = {0};
    (void)snprintf(path, sizeof path, "%s/config/mappings/%s.yaml", ROKT_RELAY_SOURCE, name);
    struct mapping *mapping = mapping_load(path, &errors);
    if (mapping == NULL || errors.count > 0) {
        fail_msg("%s: %s", path, errors.count > 0 ? errors.items[0].message : "");
    }
    error_list_done(&errors);
    return mapping;
}

static struct slice replace_once(struct slice text, const char *old, const char *new,
                                 struct arena *arena)
{
    size_t at = slice_find(text, slice_of(old));
    assert_true(at != SIZE_MAX);
    struct slice rest = slice_part(text, at + strlen(old), SIZE_MAX);
    char *room = arena_alloc(arena, text.size + strlen(new));
    memcpy(room, text.data, at);
    memcpy(room + at, new, strlen(new));
    memcpy(room + at + strlen(new), rest.data, rest.size);
    return (struct slice){room, at + strlen(new) + rest.size};
}

/* The value of the field that is so called in the expectations; false when the gallery has no
 * such one. */
static bool find_value(const struct conversion *conversion, struct slice name,
                       struct slice *ret_value, struct arena *arena)
{
    enum field field;
    struct slice custom = slice_part(name, strlen("custom."), SIZE_MAX);
    if (slice_equal(name, SLICE("click id"))) {
        name = SLICE("passbackconversiontrackingid");
    }
    if (slice_equal(name, SLICE("eventTime"))) {
        char *time = arena_alloc(arena, TIMESTAMP_SIZE);
        timestamp_format(conversion->event_time_ms, time);
        *ret_value = (struct slice){time, strlen("2026-11-23T10:03:00")};
        return true;
    }
    if (field_find(name, &field)) {
        *ret_value = conversion->fields[field];
        return true;
    }
    for (size_t i = 0; i < conversion->custom_count; i++) {
        if (slice_equal(conversion->custom[i].name, custom)) {
            *ret_value = conversion->custom[i].value;
            return true;
        }
    }
    return false;
}

/* Returns how many fields were compared. */
static size_t compare_fields(const struct published *sample, const struct conversion *conversion,
                             const struct json_value *expected, struct arena *arena)
{
    size_t compared = 0;
    for (const struct json_value *field = json_member(expected, SLICE("fields"))->first;
         field != NULL; field = field->next) {
        struct slice name = json_member(field, SLICE("field"))->text;
        struct slice wanted = json_member(field, SLICE("expected"))->text;
        struct slice value = {NULL, 0};
        if ((sample->differs != NULL && slice_equal(name, slice_of(sample->differs))) ||
            !find_value(conversion, name, &value, arena)) {
            continue;
        }
        if (slice_equal(name, SLICE("eventTime"))) {
            wanted = slice_part(wanted, 0, value.size);
        }
        if (!slice_equal(value, wanted)) {
            fail_msg("%s: %.*s is %.*s and not %.*s", sample->order, SLICE_PRINT(name),
                     SLICE_PRINT(value), SLICE_PRINT(wanted));
        }
        compared++;
    }
    return compared;
}

static size_t run_published(const struct published *sample, const struct json_value *expected,
                            struct arena *arena)
{
    struct mapping *mapping = load_gallery(sample->mapping);
    struct slice text = read_shared_order(sample->order);
    struct mapping_result result;
    struct slice value =
        sample->old == NULL ? text : replace_once(text, sample->old, sample->new, arena);
    if (strcmp(sample->mapping, "adyen") == 0) { /* has nobody's address */
        value = replace_once(value, "\"expiryDate\"",
                             "\"shopperEmail\": \"a@b.cd\", \"expiryDate\"", arena);
    }
    struct message message = record_of(value);
    mapping_run(mapping, &message, arena, &result);
    if (result.outcome != MAPPING_MAPPED) {
        fail_msg("%s: %s %s", sample->order, result.reason, result.error.text);
    }
    size_t compared = compare_fields(sample, &result.conversions[0], expected, arena);
    mapping_free(mapping);
    free((void *)(uintptr_t)text.data);
    return compared;
}

static void the_gallery_maps_what_vendors_publish(void **state)
{
    (void)state;
    struct slice text = shared_read("orders/EXPECTED.json");
    struct arena arena;
    struct error error;
    const struct json_value *all = NULL;
    size_t compared = 0;
    if (text.data == NULL) {
        print_message("skipped: %s is not there\n", shared_path("orders/EXPECTED.json"));
        skip();
    }
    arena_init(&arena, 0);
    assert_true(json_read(text, &arena, &all, &error));
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const struct json_value *expected = json_member(all, slice_of(published[i].order));
        assert_non_null(expected);
        compared += run_published(&published[i], expected, &arena);
    }
    assert_true(compared > 45);
    arena_done(&arena);
    free((void *)(uintptr_t)text.data);
}

static void the_gallery_refuses_and_skips_what_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *order;
        const char *mapping;
        enum mapping_outcome outcome;
        const char *reason;
    } samples[] = {
        {"shopify_order_rest", "shopify", MAPPING_SKIPPED, "paid"},
        {"shopify_order_paid_no_identity", "shopify", MAPPING_DEAD, "missing_identity"},
        {"shopify_order_eur_paid", "shopify", MAPPING_DEAD, "missing_identity"},
        {"stripe_checkout_session_completed_data_usd", "stripe", MAPPING_SKIPPED, "live"},
        {"adyen_authorisation", "adyen", MAPPING_SKIPPED, "live"},
        {"adyen_capture_false", "adyen", MAPPING_SKIPPED, "live"},
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct slice text = read_shared_order(samples[i].order);
        struct mapping_result result;
        if (text.data == NULL) {
            print_message("skipped: %s is not there\n", shared_path("orders"));
            arena_done(&arena);
            skip();
        }
        struct mapping *mapping = load_gallery(samples[i].mapping);
        struct message message = record_of(text);
        mapping_run(mapping, &message, &arena, &result);
        assert_int_equal(result.outcome, samples[i].outcome);
        assert_string_equal(result.reason, samples[i].reason);
        mapping_free(mapping);
        free((void *)(uintptr_t)text.data);
    }
    arena_done(&arena);
}

/* What `part` takes of each line of the README between `from` and `to` stands in the file; there are
 * some of which it takes anything. */
static void expect_lines_in(const char *from, const char *to, const char *file,
                            struct slice (*part)(struct slice line), size_t least)
{
    struct slice readme = shared_read_file(ROKT_RELAY_SOURCE "/config/README.md");
    struct slice whole = shared_read_file(file);
    assert_non_null(readme.data);
    assert_non_null(whole.data);
    struct slice rest = slice_part(readme, slice_find(readme, slice_of(from)), SIZE_MAX);
    rest = slice_part(rest, 0, slice_find(rest, slice_of(to)));
    size_t count = 0;
    while (rest.size > 0) {
        struct slice line = slice_part(rest, 0, slice_find(rest, SLICE("\n")));
        struct slice wanted = part(line);
        rest = slice_part(rest, line.size + 1, SIZE_MAX);
        if (wanted.size > 0 && slice_find(whole, wanted) == SIZE_MAX) {
            fail_msg("this is not in %s: %.*s", file, SLICE_PRINT(wanted));
        }
        count += wanted.size > 0;
    }
    assert_true(count >= least);
    free((void *)(uintptr_t)whole.data);
    free((void *)(uintptr_t)readme.data);
}

static struct slice indented(struct slice line)
{
    return slice_starts_with(line, SLICE("  ")) ? line : (struct slice){NULL, 0};
}

static void the_explanation_in_the_readme_is_one(void **state)
{
    (void)state;
    expect_lines_in("`--explain` shows how", "Behind a field stands",
                    CASES "/readme_explain/explain.txt", indented, 18);
}

/* The expression of a row of the table, without the backslashes before its bars. */
static struct slice recipe(struct slice line)
{
    static char text[512];
    struct slice mark = SLICE(" | `");
    size_t at = slice_find(line, mark);
    if (at == SIZE_MAX) {
        return (struct slice){NULL, 0};
    }
    struct slice cell = slice_part(line, at + mark.size, SIZE_MAX);
    size_t size = 0;
    for (size_t i = 0; i + sizeof "` |" - 1 < cell.size && size < sizeof text; i++) {
        bool escape = cell.data[i] == '\\' && cell.data[i + 1] == '|';
        text[size] = cell.data[i];
        size += !escape;
    }
    return (struct slice){text, size};
}

static void every_recipe_in_the_readme_is_tried(void **state)
{
    (void)state;
    expect_lines_in("### Recipes", "### Fields", CASES "/recipes/mapping.yaml", recipe, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_order_becomes_a_conversion),
        cmocka_unit_test(a_result_is_written_as_one_object),
        cmocka_unit_test(nothing_is_allocated_for_a_message_once_the_arena_has_grown),
        cmocka_unit_test(without_digests_libraries_allocate_nothing_either),
        cmocka_unit_test(an_id_depends_on_where_the_record_stands_alone),
        cmocka_unit_test(the_id_of_a_record_never_changes),
        cmocka_unit_test(a_dead_message_names_the_field),
        cmocka_unit_test(items_of_for_each_are_counted_with_those_that_are_left_out),
        cmocka_unit_test(the_hash_is_that_of_the_file_and_its_tables_one_behind_the_other),
        cmocka_unit_test(the_name_is_the_files_unless_said),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(the_id_of_a_schema_before_the_json_is_passed_over),
        cmocka_unit_test(zero_bytes_alone_are_no_json),
        cmocka_unit_test(a_message_that_is_too_large_is_dead),
        cmocka_unit_test(a_message_that_is_nested_too_deep_is_dead),
        cmocka_unit_test(too_many_items_are_dead_and_as_many_as_may_be_are_not),
        cmocka_unit_test(a_path_that_selects_too_much_is_dead),
        cmocka_unit_test(a_message_that_is_too_much_work_is_dead),
        cmocka_unit_test(no_error_repeats_a_value),
        cmocka_unit_test(fields_that_are_left_out_are_counted),
        cmocka_unit_test(what_is_too_long_for_the_api_is_left_out_or_dead_as_the_policy_says),
        cmocka_unit_test(whether_it_names_the_account_is_known),
        cmocka_unit_test(named_values_that_build_on_each_other_are_bounded),
        cmocka_unit_test(a_mapping_has_a_maximum_of_names),
        cmocka_unit_test(more_attributes_than_one_of_the_apis_takes_are_warned_of),
        cmocka_unit_test(the_mapping_in_the_readme_compiles_without_a_warning),
        cmocka_unit_test(the_explanation_in_the_readme_is_one),
        cmocka_unit_test(every_recipe_in_the_readme_is_tried),
        cmocka_unit_test(the_gallery_maps_what_vendors_publish),
        cmocka_unit_test(the_gallery_refuses_and_skips_what_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
