#include "mapping/test.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define OUTPUT_MAX (1 << 20)

static const char head[] = "when:\n"
                           "  paid: $.status != 'open'\n"
                           "account: $.account\n"
                           "conversion:\n"
                           "  eventTime: $.at ?? kafka.timestamp\n"
                           "  eventType: $.type\n"
                           "  clientEventId: $.event\n"
                           "  email: list('ada@example.org') | each($.email ?? @) | first\n"
                           "  amount: $.total\n"
                           "  firstname: $.first | upper\n"
                           "custom:\n"
                           "  key: kafka.key\n"
                           "  topic: kafka.topic\n"
                           "  partition: kafka.partition\n"
                           "  offset: kafka.offset\n"
                           "  region: kafka.headers.region\n"
                           "  whole: $.whole\n"
                           "metadata:\n"
                           "  source: kafka.headers['x y']\n"
                           "tests:\n";

/* Runs the tests behind `mapping`, a file of this name; names and differences of those that fail. */
static char *run_mapping(const char *path, const char *mapping_head, const char *tests)
{
    struct error_list errors = {0};
    struct buffer yaml;
    struct buffer out;
    struct arena arena;
    arena_init(&arena, 0);
    buffer_init(&out, OUTPUT_MAX);
    buffer_init(&yaml, OUTPUT_MAX);
    buffer_append(&yaml, slice_of(mapping_head));
    buffer_append(&yaml, slice_of(tests));
    struct document *document = document_read(path, buffer_slice(&yaml), &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    error_list_write(&errors, &out);
    for (size_t i = 0; mapping != NULL && i < mapping_test_count(mapping); i++) {
        struct buffer difference;
        buffer_init(&difference, OUTPUT_MAX);
        struct mapping_result result;
        bool same = mapping_test_run(mapping, i, &arena, &difference, &result);
        assert_int_equal(same, difference.size == 0);
        if (!same) {
            buffer_printf(&out, "%s\n%.*s", mapping_test_name(mapping, i),
                          SLICE_PRINT(buffer_slice(&difference)));
        }
        buffer_done(&difference);
    }
    char *written = memory_string(buffer_slice(&out));
    mapping_free(mapping);
    document_free(document);
    error_list_done(&errors);
    arena_done(&arena);
    buffer_done(&yaml);
    buffer_done(&out);
    return written;
}

static void says(const char *tests, const char *expected)
{
    char *written = run_mapping("m.yaml", head, tests);
    assert_string_equal(written, expected);
    free(written);
}

static void every_part_of_a_conversion_can_be_looked_at(void **state)
{
    (void)state;
    says("  - name: all\n"
         "    message: {at: 2026-11-23T10:03:00+01:00, total: 1.50e1, first: Ada, type: sale,\n"
         "              event: e-1, account: '77'}\n"
         "    key: k-1\n"
         "    topic: shop\n"
         "    partition: 3\n"
         "    offset: 42\n"
         "    headers: {region: eu, x y: z, none: null}\n"
         "    mapped: {eventTime: 2026-11-23T09:03:00Z, eventType: sale, clientEventId: e-1,\n"
         "             email: ada@example.org, amount: 15.0, firstname: ADA, lastname: null,\n"
         "             account: 77, custom.key: k-1, custom.topic: shop, custom.partition: 3, "
         "custom.offset: 42,\n"
         "             custom.region: eu, custom.whole: null, metadata.source: z}\n",
         "");
}

static void what_a_record_lacks_is_not_there(void **state)
{
    (void)state;
    says("  - name: bare\n"
         "    message: {}\n"
         "    key: null\n"
         "    timestamp: 2026-11-23T10:03:00.5+01:00\n"
         "    mapped: {eventTime: '2026-11-23T09:03:00.500Z', custom.key: null, custom.partition: "
         "0, custom.offset: 0,\n"
         "             custom.topic: orders, custom.region: null, account: null}\n"
         "  - {name: time, message: {}, timestamp: 1795428180125,\n"
         "     mapped: {eventTime: 2026-11-23T10:03:00.125Z}}\n"
         "  - {name: no time, message: {}, dead: missing_event_time}\n",
         "");
}

static void differences_are_told_field_by_field(void **state)
{
    (void)state;
    says("  - name: wrong\n"
         "    message: {total: 1.50, first: ' \"a '}\n"
         "    timestamp: 0\n"
         "    mapped: {amount: 1.5, firstname: ' \"A', email: null, custom.region: eu,\n"
         "             custom.topic: orders, eventTime: 1970-01-01T00:00:01Z}\n",
         "wrong\n"
         "amount\n"
         "  expected  \"1.5\"\n"
         "  got       \"1.50\"\n"
         "firstname\n"
         "  expected  \" \\\"A\"\n"
         "  got       \" \\\"A \"\n"
         "email\n"
         "  expected  nothing\n"
         "  got       \"ada@example.org\"\n"
         "custom.region\n"
         "  expected  \"eu\"\n"
         "  got       nothing\n"
         "eventTime\n"
         "  expected  \"1970-01-01T00:00:01.000Z\"\n"
         "  got       \"1970-01-01T00:00:00.000Z\"\n");
}

static void another_outcome_is_told_with_its_reason(void **state)
{
    (void)state;
    says("  - {name: a, timestamp: 0, message: {}, skipped: paid}\n"
         "  - {name: b, timestamp: 0, message: {status: open}, mapped: {}}\n"
         "  - {name: c, timestamp: 0, message: {status: open}, skipped: tombstone}\n"
         "  - {name: d, timestamp: 0, message: {total: many}, mapped: {amount: 1}}\n"
         "  - {name: e, timestamp: 0, message: {total: many}, dead: not_json}\n"
         "  - {name: f, timestamp: 0, message: {total: many}, dead: invalid_field}\n"
         "  - {name: g, timestamp: 0, message: {status: open}, skipped: paid}\n",
         "a\nthe message\n  expected  skipped: paid\n  got       mapped\n"
         "b\nthe message\n  expected  mapped\n  got       skipped: paid\n"
         "c\nthe message\n  expected  skipped: tombstone\n  got       skipped: paid\n"
         "d\nthe message\n  expected  mapped\n"
         "  got       dead: invalid_field (amount is no decimal number, in: $.total)\n"
         "e\nthe message\n  expected  dead: not_json\n"
         "  got       dead: invalid_field (amount is no decimal number, in: $.total)\n");
}

static void a_message_in_yaml_is_what_it_looks_like(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1.50", "1.50"},
        {"'1.50'", "1.50"},
        {"true", "true"},
        {"~", NULL},
        {"null", NULL},
        {"", NULL},
        {"'null'", "null"},
        {"1_000", "1_000"},
        {"0x10", "0x10"},
        {"01", "01"},
        {".5", ".5"},
        {"a \"b\"", "a \\\"b\\\""},
        {"2026-11-23", "2026-11-23"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer tests;
        buffer_init(&tests, OUTPUT_MAX);
        buffer_printf(&tests,
                      "  - name: n\n    timestamp: 0\n    message: {whole: %s}\n"
                      "    mapped: {custom.whole: %s}\n",
                      cases[i][0], cases[i][1] == NULL ? "null" : "other");
        buffer_append_byte(&tests, '\0');
        char expected[128] = "";
        if (cases[i][1] != NULL) {
            (void)snprintf(expected, sizeof expected,
                           "n\ncustom.whole\n  expected  \"other\"\n  got       \"%s\"\n",
                           cases[i][1]);
        }
        says(tests.data, expected);
        buffer_done(&tests);
    }
}

static void kinds_of_json_stay_what_they_are(void **state)
{
    (void)state;
    static const char mapping[] = "when:\n"
                                  "  number: $.number == 1.5\n"
                                  "  text: $.text == '1.5'\n"
                                  "  word: $.word == true\n"
                                  "  nil: $.nil == null && $.empty == null\n"
                                  "  list: $.list[1].a[0] == -2e3\n"
                                  "  none: exists($.none) && exists($.nothing)\n"
                                  "conversion: {eventTime: kafka.timestamp, email: $.email}\n"
                                  "tests:\n";
    static const char tests[] =
        "  - name: n\n"
        "    timestamp: 0\n"
        "    message:\n"
        "      {number: 1.5, text: '1.5', word: true, nil: ~, empty: , list: [x, {a: [-2e3]}],\n"
        "       none: [], nothing: {}, email: ada@example.org}\n"
        "    mapped: {}\n";
    char *written = run_mapping("m.yaml", mapping, tests);
    assert_string_equal(written, "");
    free(written);
}

static void a_message_can_be_given_as_its_very_text(void **state)
{
    (void)state;
    says("  - name: block\n"
         "    timestamp: 0\n"
         "    message: |\n"
         "      {\"whole\": \"\\ud83d\\ude00\", \"total\": 1.50}\n"
         "    mapped: {custom.whole: \"\\U0001F600\", amount: '1.50'}\n"
         "  - {name: broken, message: '{\"a\": ', dead: not_json}\n"
         "  - {name: list, timestamp: 0, message: ' [1]', mapped: {}}\n"
         "  - {name: tombstone, message: null, skipped: tombstone}\n",
         "");
}

static void a_message_can_be_in_a_file_beside_the_mapping(void **state)
{
    (void)state;
    char folder[] = "/tmp/rokt-relay-test-XXXXXX";
    char order[64];
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(order, sizeof order, "%s/order.json", folder);
    (void)snprintf(path, sizeof path, "%s/m.yaml", folder);
    FILE *file = fopen(order, "we");
    assert_non_null(file);
    assert_true(fputs("{\"total\": 7}", file) >= 0);
    assert_int_equal(fclose(file), 0);
    static const char tests[] = "  - {name: there, timestamp: 0, message: order.json,\n"
                                "     mapped: {amount: 7}}\n"
                                "  - {name: away, message: orders.json, mapped: {}}\n";
    char *written = run_mapping(path, head, tests);
    char expected[256];
    (void)snprintf(expected, sizeof expected,
                   "away\nthe message cannot be read: %s/orders.json: No such file or directory\n",
                   folder);
    assert_string_equal(written, expected);
    free(written);
    assert_int_equal(unlink(order), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void several_conversions_are_compared_in_order(void **state)
{
    (void)state;
    static const char mapping[] = "for_each: $.items[*]\n"
                                  "conversion:\n"
                                  "  eventTime: kafka.timestamp\n"
                                  "  email: $.email\n"
                                  "  amount: \"@.price\"\n"
                                  "tests:\n";
    static const char message[] =
        "    timestamp: 0\n"
        "    message: {email: a@example.org, items: [{price: 1}, {price: 2}]}\n";
    char tests[1024];
    (void)snprintf(tests, sizeof tests,
                   "  - name: same\n%s    mapped: [{amount: 1}, {amount: 2}]\n"
                   "  - name: other\n%s    mapped: [{amount: 1}, {amount: 3}]\n"
                   "  - name: few\n%s    mapped: {amount: 2}\n"
                   "  - name: many\n%s    mapped: [{amount: 1}, {}, {}]\n"
                   "  - {name: none, message: {items: []}, skipped: no_items}\n",
                   message, message, message, message);
    char *written = run_mapping("m.yaml", mapping, tests);
    assert_string_equal(written, "other\n"
                                 "conversion 2: amount\n  expected  \"3\"\n  got       \"2\"\n"
                                 "few\n"
                                 "conversions\n  expected  1\n  got       2\n"
                                 "conversion 1: amount\n  expected  \"2\"\n  got       \"1\"\n"
                                 "many\n"
                                 "conversions\n  expected  3\n  got       2\n");
    free(written);
}

static void a_test_knows_its_line(void **state)
{
    (void)state;
    static const char yaml[] = "conversion: {eventTime: kafka.timestamp, email: $.email}\n"
                               "tests:\n"
                               "  - {name: first, message: null, skipped: tombstone}\n"
                               "\n"
                               "  - name: ' second '\n"
                               "    message: null\n"
                               "    skipped: tombstone\n";
    struct error_list errors = {0};
    struct document *document = document_read("m.yaml", slice_of(yaml), &errors);
    struct mapping *mapping = mapping_compile(document, &errors);
    assert_non_null(mapping);
    document_free(document);
    assert_int_equal(mapping_test_count(mapping), 2);
    assert_int_equal(mapping_test_line(mapping, 0), 3);
    assert_int_equal(mapping_test_line(mapping, 1), 5);
    assert_string_equal(mapping_test_name(mapping, 1), "second");
    mapping_free(mapping);
    error_list_done(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_conversion_can_be_looked_at),
        cmocka_unit_test(what_a_record_lacks_is_not_there),
        cmocka_unit_test(differences_are_told_field_by_field),
        cmocka_unit_test(another_outcome_is_told_with_its_reason),
        cmocka_unit_test(a_message_in_yaml_is_what_it_looks_like),
        cmocka_unit_test(kinds_of_json_stay_what_they_are),
        cmocka_unit_test(a_message_can_be_given_as_its_very_text),
        cmocka_unit_test(a_message_can_be_in_a_file_beside_the_mapping),
        cmocka_unit_test(several_conversions_are_compared_in_order),
        cmocka_unit_test(a_test_knows_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
