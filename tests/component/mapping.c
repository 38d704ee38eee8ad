/* What must hold of every mapping and every message, on mappings and messages that are drawn from a seed: the gallery's
 * on orders of theirs in which values are exchanged, and others that are put together from
 * all transforms.
 *
 * - The same message always becomes the same, whatever was mapped in between.
 * - What is written down step by step is the same run.
 * - Every conversion is accepted by both APIs' encoders, but for the reasons that config/README.md has for
 *   `not_deliverable`, and becomes JSON.
 *
 * `component_mapping SEED [COUNT]` runs the seeds from there. */
#include "json/reader.h"
#include "json/writer.h"
#include "mapping/explain.h"
#include "mapping/transform.h"
#include "rokt/event_api.h"
#include "rokt/event_audience_api.h"
#include "support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

#define SEEDS 400
#define MESSAGES 4 /* for each mapping */
#define TEXT_MAX ((size_t)64 * 1024 * 1024)
#define DEPTH_MAX 3
#define EVENT_TIME_MS 1795428180125

#define ANY_OF(dice, array) (array)[draw(dice, sizeof(array) / sizeof *(array))]

struct dice {
    uint64_t state;
};

/* What came of all that was drawn, so that a test which tries nothing fails. */
struct tally {
    size_t compiled, mapped, skipped, dead;
};

static size_t draw(struct dice *dice, size_t choices)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (size_t)(dice->state % choices);
}

static struct dice dice_of(uint64_t seed)
{
    struct dice dice = {seed * 0x9E3779B97F4A7C15u + 1};
    (void)draw(&dice, 1);
    return dice;
}

/* ---- what must hold --------------------------------------------------------------------------- */

static void fail_with(const struct message *message, const char *yaml, const char *what)
{
    fail_msg("%s\n%s\non %.*s", what, yaml, SLICE_PRINT(message->value));
}

/* Why the Event and Audience API may refuse a conversion that the mapping makes, where the time is fine. */
static bool is_documented(const char *error)
{
    return strstr(error, "is longer than 4096 characters") != NULL ||
           strstr(error, "attributes, and the API takes") != NULL ||
           strstr(error, "larger than a batch") != NULL;
}

static void check_encoded(const struct rokt_api *api, const struct conversion *conversion,
                          const struct message *message, const char *yaml)
{
    struct buffer body;
    struct arena arena;
    struct error error = {""};
    const struct json_value *event;
    buffer_init(&body, TEXT_MAX);
    arena_init(&arena, 0);
    bool taken = api->encode(api, conversion, true, conversion->event_time_ms, &body, &error);
    if (!taken && (api == &rokt_event_api || !is_documented(error.text))) {
        fail_with(message, yaml, error.text);
    }
    if (taken && !json_read(buffer_slice(&body), &arena, &event, &error)) {
        fail_with(message, yaml, error.text);
    }
    arena_done(&arena);
    buffer_done(&body);
}

static void check_conversions(const struct mapping_result *result, const struct message *message,
                              const char *yaml)
{
    for (size_t i = 0; i < result->count; i++) {
        check_encoded(&rokt_event_api, &result->conversions[i], message, yaml);
        check_encoded(&rokt_event_audience_api, &result->conversions[i], message, yaml);
    }
}

static void write_result(const struct mapping_result *result, struct buffer *buffer)
{
    mapping_result_write(result, buffer);
    buffer_printf(buffer, " %zu left out", result->omitted);
}

static void count(struct tally *tally, const struct mapping_result *result)
{
    tally->mapped += result->outcome == MAPPING_MAPPED;
    tally->skipped += result->outcome == MAPPING_SKIPPED;
    tally->dead += result->outcome == MAPPING_DEAD;
}

/* The same comes of it, whether personal values are shown or not. */
static void check_explained(const struct mapping *mapping, const struct message *message,
                            const char *yaml, struct mask *mask, struct arena *arena,
                            const struct buffer *first)
{
    struct mapping_result result;
    struct buffer explained, words;
    buffer_init(&explained, TEXT_MAX);
    buffer_init(&words, TEXT_MAX);
    mapping_explain(mapping, message, &(struct explain_settings){.mask = mask}, arena, &words,
                    &result);
    write_result(&result, &explained);
    if (!slice_equal(buffer_slice(first), buffer_slice(&explained))) {
        fail_with(message, yaml, "explained, it is not the same");
    }
    assert_true(slice_is_utf8(buffer_slice(&words)));
    buffer_done(&explained);
    buffer_done(&words);
}

/* Maps the message four times: into an arena that is new, one that is not, and step by step. */
static void check_message(const struct mapping *mapping, const struct message *message,
                          const char *yaml, struct arena *used, struct tally *tally)
{
    struct arena arena;
    struct mapping_result result;
    struct mask mask;
    struct buffer first, again;
    arena_init(&arena, 0);
    arena_reset(used);
    buffer_init(&first, TEXT_MAX);
    buffer_init(&again, TEXT_MAX);
    mapping_run(mapping, message, &arena, &result);
    write_result(&result, &first);
    check_conversions(&result, message, yaml);
    count(tally, &result);
    mapping_run(mapping, message, used, &result);
    write_result(&result, &again);
    if (!slice_equal(buffer_slice(&first), buffer_slice(&again))) {
        fail_with(message, yaml, "mapped twice, it is not the same");
    }
    mask_init(&mask, used);
    check_explained(mapping, message, yaml, NULL, used, &first);
    check_explained(mapping, message, yaml, &mask, used, &first);
    buffer_done(&first);
    buffer_done(&again);
    arena_done(&arena);
}

/* ---- messages --------------------------------------------------------------------------------- */

static const char *const odd_values[] = {
    "null",
    "true",
    "false",
    "0",
    "-0.0",
    "-17.5",
    "1e2",
    "1.50e-3",
    "1e999999",
    "12345678901234567890123456789012345678901234567890",
    "\"\"",
    "\"   \"",
    "\"\\u0000\"",
    "\"line\\nend\\u2028\"",
    "\"caf\\u00e9 \\ud83d\\ude00 \\ud83d\"",
    "\"1.234,56\"",
    "\"99.80\"",
    "\"EUR\"",
    "\"xxx\"",
    "\"de\"",
    "\"ada@example.org\"",
    "\"a@b\"",
    "\"***@example.org\"",
    "\"2026-02-30T10:00:00Z\"",
    "\"2026-11-23T10:03:00+01:00\"",
    "\"0001-01-01T00:00:00Z\"",
    "1795428180",
    "253402300800000",
    "\"{\\\"a\\\": [1, {\\\"b\\\": null}]}\"",
    "\"?rtid=%41%zz&x=%C3\"",
    "\"&amp;&#x1F600;&bogus;\"",
    "\"QUJD\"",
    "\"10.0.0.1\"",
    "\"8.8.8.8\"",
    "\"+49 (30) 123-45\"",
    "[]",
    "{}",
    "[null, \"\", []]",
    "[1, \"2\", 3.0]",
    "[[1, 2], [3]]",
    "{\"a\": {\"b\": 1}, \"value\": \"AfQ=\", \"scale\": 2}",
    "[{\"sku\": \"A\", \"qty\": 2, \"price\": \"9.99\"}, {\"sku\": \"B\", \"qty\": null}]",
};

static void write_odd(struct dice *dice, struct buffer *buffer)
{
    buffer_append(buffer, slice_of(ANY_OF(dice, odd_values)));
}

/* The tree with another value here and there. */
static void write_changed(struct dice *dice, const struct json_value *value, size_t rarity,
                          struct buffer *buffer)
{
    if (draw(dice, rarity) == 0) {
        write_odd(dice, buffer);
        return;
    }
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT) {
        json_write_value(buffer, value, JSON_UTF8);
        return;
    }
    bool object = value->kind == JSON_OBJECT;
    buffer_append_byte(buffer, object ? '{' : '[');
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        if (child != value->first) {
            buffer_append_byte(buffer, ',');
        }
        if (object) {
            json_write_string(buffer, child->name, JSON_UTF8);
            buffer_append_byte(buffer, ':');
        }
        write_changed(dice, child, rarity, buffer);
    }
    buffer_append_byte(buffer, object ? '}' : ']');
}

/* ---- mappings --------------------------------------------------------------------------------- */

static const char sample[] =
    "{\"id\": 4711, \"at\": \"2026-11-23T10:03:00Z\", \"email\": \"Ada@Example.org\", \"total\": "
    "\"99.80\", \"cents\": 9980, \"currency\": \"eur\", \"name\": \"Dr. Ada King\", \"url\": "
    "\"/a/b?rtid=x%2By&q=1\", \"json\": \"{\\\"a\\\": [1, 2]}\", \"items\": [{\"sku\": \"A-1\", "
    "\"qty\": 2, \"price\": 29.90}, {\"sku\": \"B-2\", \"qty\": 1, \"price\": \"10.10\"}]}";

static const char *const paths[] = {"$.id",
                                    "$.at",
                                    "$.email",
                                    "$.total",
                                    "$.cents",
                                    "$.currency",
                                    "$.name",
                                    "$.url",
                                    "$.json",
                                    "$.items",
                                    "$.items[*]",
                                    "$.items[*].sku",
                                    "$.items[*].qty",
                                    "$.items[*].price",
                                    "$.items[0].sku",
                                    "$..sku",
                                    "$.none",
                                    "$['id']",
                                    "$",
                                    "$.items[?@.qty > 1].price",
                                    "$named",
                                    "$named.x",
                                    "kafka.key",
                                    "kafka.topic",
                                    "kafka.timestamp",
                                    "kafka.headers.h"};

static const char *const literals[] = {
    "'a'",   "','",     "'.'",   "''",          "'EUR'",
    "'x y'", "'A-1'",   "0",     "1",           "2",
    "-3",    "12.50",   "1e3",   "true",        "null",
    "'49'",  "'names'", "'utc'", "'half_even'", "'(a|.)+'",
    "'s'",   "'$0'",    "'sku'", "'%d.%m.%Y'",  "'Europe/Berlin'"};

static const char *const fields[] = {
    "email",    "emailsha256", "transactionid", "amount", "currency",  "quantity",
    "sku",      "productname", "margin",        "mobile", "ipaddress", "firstname",
    "lastname", "country",     "language",      "dob",    "gender",    "zipcode"};

static void write_expression(struct dice *dice, size_t depth, struct buffer *buffer);

/* What is likely to do for the argument. */
static void write_argument(struct dice *dice, enum transform_argument kind, size_t depth,
                           struct buffer *buffer)
{
    static const char *const typical[] = {
        [TRANSFORM_ANY] = "$.currency",
        [TRANSFORM_MANY] = "$.items[*].qty",
        [TRANSFORM_STRING] = "','",
        [TRANSFORM_NOT_EMPTY] = "'a'",
        [TRANSFORM_WHOLE] = "2",
        [TRANSFORM_PLACE] = "-2",
        [TRANSFORM_LENGTH] = "3",
        [TRANSFORM_NUMERIC] = "1.25",
        [TRANSFORM_DIVISOR] = "3",
        [TRANSFORM_SCALE] = "2",
        [TRANSFORM_ROUNDING] = "'half_even'",
        [TRANSFORM_MINOR] = "$.currency",
    };
    size_t choice = draw(dice, 4);
    if (choice == 0 && depth > 0) {
        write_expression(dice, depth - 1, buffer);
    } else if (choice == 1) {
        buffer_append(buffer, slice_of(ANY_OF(dice, literals)));
    } else {
        bool known = (size_t)kind < sizeof typical / sizeof *typical && typical[kind] != NULL;
        buffer_append(buffer, slice_of(known ? typical[kind] : ANY_OF(dice, literals)));
    }
}

static void write_pipe(struct dice *dice, size_t depth, struct buffer *buffer)
{
    size_t rows = 0;
    while (transform_at(rows) != NULL) {
        rows++;
    }
    const struct transform *transform = transform_at(draw(dice, rows));
    size_t arguments = transform->arguments_min +
                       draw(dice, transform->arguments_max - transform->arguments_min + 1);
    buffer_printf(buffer, " | %s", transform->name);
    for (size_t i = 0; i < arguments; i++) {
        buffer_append_byte(buffer, i == 0 ? '(' : ',');
        if (transform->scope == TRANSFORM_EXPRESSION) {
            buffer_append(buffer, SLICE("@.qty ?? @"));
        } else {
            write_argument(dice, transform_argument(transform, i), depth, buffer);
        }
    }
    buffer_append(buffer, arguments > 0 ? SLICE(")") : SLICE(""));
}

static void write_operand(struct dice *dice, size_t depth, struct buffer *buffer)
{
    if (depth > 0 && draw(dice, 5) == 0) {
        buffer_append_byte(buffer, '(');
        write_expression(dice, depth - 1, buffer);
        buffer_append_byte(buffer, ')');
    } else {
        buffer_append(buffer,
                      slice_of(draw(dice, 8) == 0 ? ANY_OF(dice, literals) : ANY_OF(dice, paths)));
    }
}

static void write_expression(struct dice *dice, size_t depth, struct buffer *buffer)
{
    write_operand(dice, depth, buffer);
    if (draw(dice, 4) == 0) {
        buffer_append(buffer, SLICE(" ?? "));
        write_operand(dice, depth, buffer);
    }
    for (size_t i = draw(dice, 4); i > 0; i--) {
        write_pipe(dice, depth, buffer);
    }
}

static void write_line(struct dice *dice, const char *name, struct buffer *buffer)
{
    buffer_printf(buffer, "  %s: {value: \"", name);
    write_expression(dice, DEPTH_MAX, buffer);
    buffer_printf(buffer, "\"%s}\n", draw(dice, 3) == 0 ? ", on_invalid: dead_letter" : "");
}

/* Its errors are of one line mostly, so lines are few. */
static void write_mapping(struct dice *dice, struct buffer *buffer)
{
    buffer_append(buffer, slice_of(transform_sample_tables));
    buffer_append(buffer, SLICE("let: {named: \"$.items ?? $.o\"}\n"));
    if (draw(dice, 4) == 0) {
        buffer_append(buffer, SLICE("for_each: $.items[*]\n"));
    }
    if (draw(dice, 4) == 0) {
        buffer_append(buffer, SLICE("when: {a: \"$.total != 0 && !($.id in ['x', null])\"}\n"));
    }
    buffer_append(buffer, SLICE("conversion:\n  eventTime: ($.at | timestamp) ?? kafka.timestamp\n"
                                "  passbackconversiontrackingid: kafka.key\n"));
    size_t from = draw(dice, sizeof fields / sizeof *fields);
    write_line(dice, fields[from], buffer);
    buffer_append(buffer, SLICE("custom:\n"));
    write_line(dice, "a", buffer);
    if (draw(dice, 2) == 0) {
        write_line(dice, "b", buffer);
    }
}

/* ---- the tests -------------------------------------------------------------------------------- */

static uint64_t seed_first = 1;
static uint64_t seed_end = 1 + SEEDS;

/* The mapping on the order, and on others that are like it. */
static void check_mapping(struct dice *dice, const struct mapping *mapping, const char *yaml,
                          struct slice order, size_t rarity, struct tally *tally)
{
    struct arena tree, used;
    const struct json_value *root;
    struct error error;
    struct message_header header = {SLICE("h"), SLICE("v")};
    arena_init(&tree, 0);
    arena_init(&used, 0);
    assert_true(json_read(order, &tree, &root, &error));
    for (size_t i = 0; i < MESSAGES; i++) {
        struct buffer json;
        buffer_init(&json, TEXT_MAX);
        write_changed(dice, root, i == 0 ? SIZE_MAX : rarity, &json);
        const struct message message = {.topic = SLICE("orders"),
                                        .timestamp_ms = EVENT_TIME_MS,
                                        .key = SLICE("abc"),
                                        .value = buffer_slice(&json),
                                        .headers = &header,
                                        .header_count = 1};
        check_message(mapping, &message, yaml, &used, tally);
        buffer_done(&json);
    }
    arena_done(&tree);
    arena_done(&used);
}

static void check_drawn(uint64_t seed, struct tally *tally)
{
    struct dice dice = dice_of(seed);
    struct buffer yaml;
    struct error_list errors = {0};
    buffer_init(&yaml, TEXT_MAX);
    write_mapping(&dice, &yaml);
    buffer_append_byte(&yaml, '\0');
    struct slice text = {yaml.data, yaml.size - 1};
    struct document *document = document_read("drawn.yaml", text, &errors);
    assert_non_null(document);
    struct mapping *mapping = mapping_compile(document, &errors);
    if (mapping != NULL) {
        tally->compiled++;
        check_mapping(&dice, mapping, yaml.data, SLICE(sample), 6, tally);
    }
    mapping_free(mapping);
    document_free(document);
    error_list_done(&errors);
    buffer_done(&yaml);
}

static void what_must_hold_holds_of_mappings_of_all_kinds(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (uint64_t seed = seed_first; seed < seed_end; seed++) {
        check_drawn(seed, &tally);
    }
    print_message("%zu mappings: %zu messages mapped, %zu skipped, %zu dead\n", tally.compiled,
                  tally.mapped, tally.skipped, tally.dead);
    if (seed_end - seed_first >= SEEDS) {
        assert_true(tally.compiled > SEEDS / 10 && tally.mapped > SEEDS / 10);
        assert_true(tally.skipped > 0 && tally.dead > 0);
    }
}

static void check_case(const char *folder, struct tally *tally)
{
    char path[4096];
    struct error_list errors = {0};
    (void)snprintf(path, sizeof path, "%smapping.yaml", folder);
    struct mapping *mapping = mapping_load(path, &errors);
    error_list_done(&errors);
    (void)snprintf(path, sizeof path, "%sorder.json", folder);
    struct slice order = shared_read_file(path);
    const struct json_value *root;
    struct arena arena;
    struct error error;
    arena_init(&arena, 0);
    if (mapping != NULL && order.data != NULL && json_read(order, &arena, &root, &error)) {
        tally->compiled++;
        for (uint64_t seed = seed_first; seed < seed_first + 3; seed++) {
            struct dice dice = dice_of(seed);
            check_mapping(&dice, mapping, folder, order, 20, tally);
        }
    }
    arena_done(&arena);
    shared_free(order);
    mapping_free(mapping);
}

static void what_must_hold_holds_of_the_gallery(void **state)
{
    (void)state;
    struct tally tally = {0};
    glob_t folders;
    assert_int_equal(glob(ROKT_RELAY_SOURCE "/tests/mapping/*/", 0, NULL, &folders), 0);
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        check_case(folders.gl_pathv[i], &tally);
    }
    globfree(&folders);
    print_message("%zu mappings: %zu messages mapped, %zu skipped, %zu dead\n", tally.compiled,
                  tally.mapped, tally.skipped, tally.dead);
    assert_true(tally.compiled > 50 && tally.mapped > 100);
    assert_true(tally.skipped > 0 && tally.dead > 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        seed_first = strtoull(argv[1], NULL, 10);
        seed_end = seed_first + (argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_hold_holds_of_mappings_of_all_kinds),
        cmocka_unit_test(what_must_hold_holds_of_the_gallery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
