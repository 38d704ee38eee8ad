#include "mapping/expression.h"

#include "json/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SOURCE_MAX 40000

/* What all expressions here run on. */
static const char order[] =
    "{\"id\": 12345678901234567890123456, \"total\": 99.80, \"small\": "
    "1.5e2, \"zero\": 0, \"no\": false,"
    " \"yes\": true, \"nil\": null, \"empty\": \"\", \"blank\": \" \\t\", "
    "\"none\": [], \"void\": {},"
    " \"status\": \"paid\", \"ten\": \"10\", \"user\": {\"name\": "
    "\"Ada\"}, \"tags\": [\"a\", \"b\"],"
    " \"one\": [\"x\"], \"items\": [{\"sku\": \"A-1\", \"qty\": 2}, "
    "{\"sku\": \"B-2\", \"qty\": 1}],"
    " \"single\": [{\"sku\": \"A-1\"}], \"odd name\": \"odd\", \"nothings\": [null, \"\"], "
    "\"nulls\": "
    "[{\"v\": null}, {\"v\": \"\"}], \"ten_by_ten\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}";

static const struct message_header headers[] = {
    {{"region", 6}, {"eu", 2}},   {{"region", 6}, {"us", 2}},  {{"ce.type", 7}, {"order", 5}},
    {{"x-trace", 7}, {"abc", 3}}, {{"bytes", 5}, {"\xff", 1}}, {{"void", 4}, {NULL, 0}},
    {{"late", 4}, {"good", 4}},   {{"late", 4}, {"\xff", 1}},
};

static struct message record = {
    .topic = {"orders", 6},
    .partition = 3,
    .offset = 42,
    .timestamp_ms = 1795428180125,
    .key = {"k-1", 3},
    .headers = headers,
    .header_count = sizeof headers / sizeof *headers,
};

#define LETS 5

static const char *const let_sources[LETS] = {"$.user", "$.items[*]", "$.absent", "@.sku",
                                              "$.items[*].qty | sum"};
static const char *const let_names[LETS] = {"user", "lines", "absent", "mine", "total"};

/* A compiled expression with all that it needs, and what it gave. */
struct fixture {
    struct error_list errors;
    struct document *document;
    struct expression_pool pool;
    struct arena arena;
    struct binding bindings[LETS];
    struct binding_value values[LETS];
    const struct json_value *root;
    const struct json_value *item;
    const struct expression *expression;
    struct error error;
};

/* A document whose values are the given expressions, each a block of its own. */
static struct document *document_of(const char *const sources[], size_t count,
                                    struct error_list *errors)
{
    static char text[SOURCE_MAX];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "e%zu: |-\n  %s\n", i, sources[i]);
        assert_true(size < sizeof text);
    }
    struct document *document = document_read("test.yaml", (struct slice){text, size}, errors);
    assert_non_null(document);
    return document;
}

static void set_up_values(struct fixture *fixture)
{
    struct error error;
    assert_true(json_read(slice_of(order), &fixture->arena, &fixture->root, &error));
    fixture->item = json_item(json_member(fixture->root, SLICE("items")), 1);
}

/* Compiles the expression, with the named values of the fixture before it. */
static void compile(struct fixture *fixture, const char *source, enum expression_kind kind,
                    bool has_item)
{
    const char *sources[LETS + 1] = {let_sources[0], let_sources[1], let_sources[2],
                                     let_sources[3], let_sources[4], source};
    *fixture = (struct fixture){.document = NULL};
    fixture->document = document_of(sources, LETS + 1, &fixture->errors);
    arena_init(&fixture->arena, 0);
    expression_pool_init(&fixture->pool);
    set_up_values(fixture);
    struct scope scope = {.pool = &fixture->pool,
                          .document = fixture->document,
                          .errors = &fixture->errors,
                          .bindings = fixture->bindings,
                          .binding_count = LETS,
                          .has_item = true};
    const struct node *node = document_root(fixture->document)->first;
    for (size_t i = 0; i < LETS; i++, node = node->next) {
        fixture->bindings[i].name = slice_of(let_names[i]);
        fixture->bindings[i].expression = expression_compile(&scope, node, EXPRESSION_VALUE);
        scope.binding_known++;
    }
    scope.has_item = has_item;
    fixture->expression = expression_compile(&scope, node, kind);
}

static void release(struct fixture *fixture)
{
    expression_pool_done(&fixture->pool);
    arena_done(&fixture->arena);
    document_free(fixture->document);
    error_list_done(&fixture->errors);
}

static struct evaluation evaluation_of(struct fixture *fixture)
{
    return (struct evaluation){.message = &record,
                               .root = fixture->root,
                               .item = fixture->item,
                               .bindings = fixture->bindings,
                               .values = fixture->values,
                               .arena = &fixture->arena};
}

static void need_compiled(const struct fixture *fixture, const char *source)
{
    if (fixture->expression == NULL) {
        fail_msg("%s does not compile: %s", source,
                 fixture->errors.count > 0 ? fixture->errors.items[0].message : "");
    }
}

/* What it gave, as a text for the tests: "nothing", a text, "[a, b]", "an array", "an object". */
static void show(const struct value *value, char *text, size_t size)
{
    struct slice part = {NULL, 0};
    struct value item = *value;
    if (value_is_list(value)) {
        size_t at = (size_t)snprintf(text, size, "[");
        for (size_t i = 0; i < value->list.count; i++) {
            item = (struct value){.one = value->list.items[i]};
            part = SLICE("?");
            (void)value_text(&item, &part);
            at += (size_t)snprintf(text + at, size - at, "%s%.*s", i == 0 ? "" : ", ",
                                   SLICE_PRINT(part));
        }
        (void)snprintf(text + at, size - at, "]");
    } else if (value_is_nothing(value)) {
        (void)snprintf(text, size, "nothing");
    } else if (value_text(value, &part) == VALUE_TEXT) {
        (void)snprintf(text, size, "%.*s", SLICE_PRINT(part));
    } else {
        (void)snprintf(text, size, "%s", json_kind_name(value->one->kind));
    }
}

static void gives(const char *source, const char *expected)
{
    struct fixture fixture;
    char text[1024];
    struct value value;
    compile(&fixture, source, EXPRESSION_VALUE, true);
    need_compiled(&fixture, source);
    struct evaluation evaluation = evaluation_of(&fixture);
    if (!expression_evaluate(fixture.expression, &evaluation, &value, &fixture.error)) {
        fail_msg("%s fails: %s", source, fixture.error.text);
    }
    show(&value, text, sizeof text);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s gives %s and not %s", source, text, expected);
    }
    release(&fixture);
}

static void fails(const char *source, const char *why)
{
    struct fixture fixture;
    struct value value;
    compile(&fixture, source, EXPRESSION_VALUE, true);
    need_compiled(&fixture, source);
    struct evaluation evaluation = evaluation_of(&fixture);
    assert_false(expression_evaluate(fixture.expression, &evaluation, &value, &fixture.error));
    assert_string_equal(fixture.error.text, why);
    release(&fixture);
}

static bool condition(const char *source)
{
    struct fixture fixture;
    bool result;
    compile(&fixture, source, EXPRESSION_CONDITION, true);
    need_compiled(&fixture, source);
    struct evaluation evaluation = evaluation_of(&fixture);
    if (!expression_holds(fixture.expression, &evaluation, &result, &fixture.error)) {
        fail_msg("%s fails: %s", source, fixture.error.text);
    }
    release(&fixture);
    return result;
}

static void holds(const char *source)
{
    if (!condition(source)) {
        fail_msg("%s does not hold", source);
    }
}

static void holds_not(const char *source)
{
    if (condition(source)) {
        fail_msg("%s holds", source);
    }
}

/* It does not compile; the first error says `message`, and underlines `length` from `column` of the
 * expression on, both counted in code points, the column from 1. */
static void refuses_kind(const char *source, enum expression_kind kind, bool has_item,
                         const char *message, size_t column, size_t length, const char *hint)
{
    struct fixture fixture;
    compile(&fixture, source, kind, has_item);
    assert_null(fixture.expression);
    assert_true(fixture.errors.errors > 0);
    const struct error_item *item = &fixture.errors.items[0];
    if (strcmp(item->message, message) != 0) {
        fail_msg("%s: %s", source, item->message);
    }
    if (item->place.line != 2 * LETS + 2 || item->place.column != column + 2 ||
        item->place.length != length) {
        fail_msg("%s: line %zu, column %zu, length %zu", source, item->place.line,
                 item->place.column - 2, item->place.length);
    }
    if (hint != NULL && (item->hint == NULL || strstr(item->hint, hint) == NULL)) {
        fail_msg("%s: the hint is %s", source, item->hint == NULL ? "missing" : item->hint);
    }
    release(&fixture);
}

static void refuses(const char *source, const char *message, size_t column, size_t length)
{
    refuses_kind(source, EXPRESSION_VALUE, true, message, column, length, NULL);
}

static void refuses_with_hint(const char *source, const char *message, size_t column, size_t length,
                              const char *hint)
{
    refuses_kind(source, EXPRESSION_VALUE, true, message, column, length, hint);
}

static void refuses_condition(const char *source, const char *message, size_t column, size_t length,
                              const char *hint)
{
    refuses_kind(source, EXPRESSION_CONDITION, true, message, column, length, hint);
}

static void paths_select_from_message_item_and_named_values(void **state)
{
    (void)state;
    gives("$.status", "paid");
    gives("$['odd name']", "odd");
    gives("$.items[0].sku", "A-1");
    gives("$.items[-1].sku", "B-2");
    gives("$.items[*].sku", "[A-1, B-2]");
    gives("$.single[*].sku", "[A-1]");
    gives("$.absent", "nothing");
    gives("$.absent[*].x", "nothing");
    gives("$", "object");
    gives("$.tags", "array");
    gives("@.sku", "B-2");
    gives("@", "object");
    gives("$user.name", "Ada");
    gives("$user", "object");
    gives("$absent.name", "nothing");
    gives("$absent", "nothing");
    gives("  $.status  ", "paid");
}

static void a_path_into_a_list_goes_into_each_of_its_values(void **state)
{
    (void)state;
    gives("$lines.sku", "[A-1, B-2]");
    gives("$lines.absent", "nothing");
    gives("$lines.qty | sum", "3");
}

static void paths_go_on_from_parentheses_and_calls(void **state)
{
    (void)state;
    gives("($.absent ?? $.user).name", "Ada");
    gives("($.user).absent", "nothing");
    gives("($.absent).name", "nothing");
    gives("(($.items)[1]).sku", "B-2");
    gives("($.items)[*].sku", "[A-1, B-2]");
    gives("($.items | last) ['sku'] | lower", "b-2");
    gives("last($.items).sku", "B-2");
    gives("first($.items) .qty", "2");
    gives("$.items | first.sku", "A-1");
    gives("$.items | default($.user)[?@.qty == 1].sku | lower", "[b-2]");
    gives("($.items)[?@.sku == $.single[0].sku].qty", "[2]");
    gives("($lines).sku", "[A-1, B-2]");
    gives("($.status).name ?? 'none'", "none");
    holds("($.items | last).sku == 'B-2'");
    holds("!exists(($.items)[7])");
}

static void each_works_an_expression_out_for_each_value(void **state)
{
    (void)state;
    gives("$.items[*] | each(@.sku)", "[A-1, B-2]");
    gives("$.items | each(@.sku | lower)", "[a-1, b-2]");
    gives("each($.items, @.sku)", "[A-1, B-2]");
    gives("$.user | each(@.name)", "[Ada]");
    gives("$.tags | each(@)", "[a, b]");
    gives("$.tags | each(@ | replace('b', $.status)) | join('+')", "a+paid");
    gives("$.items[*] | each(replace(@.sku, '-', @.qty))", "[A21, B12]");
    gives("$.items[*] | each(@.qty) | sum", "3");
    gives("$.items | each(@[*])", "[A-1, 2, B-2, 1]");
    gives("$.items | each($.tags[*] ?? @)", "[a, b, a, b]");
    gives("$.items | each(@.sku)[0]", "nothing");
}

static void each_passes_over_what_is_missing(void **state)
{
    (void)state;
    gives("$.absent | each(@.x)", "nothing");
    gives("$.none | each(@)", "nothing");
    gives("$.nulls[*].v | each('x' ?? @)", "nothing");
    gives("$.nulls | each(@.v)", "nothing");
    gives("$.nulls | each(@.v ?? 'x')", "[x, x]");
    gives("($.items | each(@.absent)) ?? 'none'", "none");
}

static void the_inner_item_hides_the_outer_one_and_gives_it_back(void **state)
{
    (void)state;
    gives("$.items | each(each($.tags, replace(@, 'a', 'c')) ?? @)", "[c, b, c, b]");
    gives("$.items | each(@.sku | each(@ | lower) | join)", "[a-1, b-2]");
    gives("$.items | each(($.tags | each(@) | first) ?? @.x)", "[a, a]");
    gives("$.items | each(($.tags | each(@ ?? 1) | last | replace('b', @.qty)))", "[2, 1]");
    gives("$.items | each(@.sku) | join(@.sku)", "A-1B-2B-2");
    gives("$.items[?@.qty == 1] | each(@.sku)", "[B-2]");
}

static void a_named_value_within_each_has_the_item_of_for_each(void **state)
{
    (void)state;
    gives("$.items | each(replace(@.sku, '-', $mine))", "[AB-21, BB-22]");
    gives("($.items | each(@.sku ?? $mine)) ?? $mine", "[A-1, B-2]");
}

static void the_item_of_each_is_not_that_of_for_each(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "$.items | each(@.sku)", EXPRESSION_VALUE, false);
    need_compiled(&fixture, "each without an item");
    assert_false(expression_uses_item(fixture.expression));
    release(&fixture);
    compile(&fixture, "$.items | each(@.sku ?? $mine)", EXPRESSION_VALUE, true);
    assert_true(expression_uses_item(fixture.expression));
    release(&fixture);
    compile(&fixture, "each(@, @.sku)", EXPRESSION_VALUE, true);
    assert_true(expression_uses_item(fixture.expression));
    release(&fixture);
}

static void what_each_makes_is_bounded(void **state)
{
    (void)state;
    fails("$.ten_by_ten | each($.ten_by_ten[*] ?? @) | each($.ten_by_ten[*] ?? @)"
          " | each($.ten_by_ten[*] ?? @) | each($.ten_by_ten[*] ?? @)",
          "each makes a list of more than 10000 values");
}

static void an_each_that_is_wrong_is_told(void **state)
{
    (void)state;
    refuses_with_hint("$.items | each($.price)",
                      "each works this out for each value, which is @, and there is no @ in it", 16,
                      7, "each(@.price)");
    refuses("$.items | each($.tags | each(@))",
            "each works this out for each value, which is @, and there is no @ in it", 16, 16);
    refuses("$.items | each", "each takes 1 argument, and this has 0", 11, 4);
    refuses("$.items | each(@.a, @.b)", "each takes 1 argument, and this has 2", 11, 14);
    refuses("$.items | each(@.a == 1)", "`,` or `)` was expected", 20, 1);
    refuses_kind("each(@.x, @.y)", EXPRESSION_VALUE, false,
                 "@ is the item of for_each or each, and there is none here", 6, 1, "$");
    refuses_with_hint("$.items | eahc(1)", "unknown transform \"eahc\"", 11, 4, "\"each\"");
    refuses_condition("$.items | each(@.sku) == 'x'",
                      "a comparison takes one value, and this may be several", 1, 21, "first");
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    gives("$.id", "12345678901234567890123456");
    gives("$.total", "99.80");
    gives("$.small", "1.5e2");
    gives("99.80", "99.80");
    gives("-0.5e+3", "-0.5e+3");
}

static void literals_are_what_they_say(void **state)
{
    (void)state;
    gives("'text'", "text");
    gives("\"text\"", "text");
    gives("'it\\'s \\\\ \"fine\"'", "it's \\ \"fine\"");
    gives("\"\\\"\\/'\"", "\"/'");
    gives("'a\\tb\\u00e9\\ud83d\\ude00'", "a\tbé😀");
    gives("true", "true");
    gives("false", "false");
    gives("'héllo ➜'", "héllo ➜");
}

static void missing_is_null_blank_and_empty_but_not_zero_and_false(void **state)
{
    (void)state;
    gives("$.absent ?? $.nil ?? $.empty ?? $.blank ?? $.none ?? $.void ?? $.status", "paid");
    gives("$.nulls[*].v ?? 'x'", "x");
    gives("parse_json('[null]') ?? 'x'", "x");
    gives("parse_json('[null, \"\", \" \", {}, []]') ?? 'x'", "x");
    gives("parse_json('[[null], \"\"]') ?? 'x'", "array");
    gives("parse_json('[null, 0]') ?? 'x'", "array");
    gives("parse_json('[null, false]') ?? 'x'", "array");
    gives("'\\u00a0\\u2003\\u3000 ' ?? $.status", "paid");
    gives("'\\u00a0x' ?? $.status", "\u00a0x");
    gives("parse_json('[\"\\\\u2009\", null]') ?? 'x'", "x");
    holds_not("present($.nothings)");
    holds("exists($.nothings)");
    gives("$.zero ?? 'x'", "0");
    gives("$.no ?? 'x'", "false");
    gives("$.absent ?? $.nil", "nothing");
    gives("$.tags ?? 'x'", "array");
}

static void pipes_give_what_stands_before_them_to_the_first_argument(void **state)
{
    (void)state;
    gives("$.status | upper", "PAID");
    gives("upper($.status)", "PAID");
    gives("$.absent ?? $.status | upper | lower", "paid");
    gives("($.absent | upper) ?? $.status", "paid");
    gives("replace($.status, 'p', 'm')", "maid");
    gives("$.status | replace('p', $user.name)", "Adaaid");
    gives("$.items[*].sku | lower | join(lower('-X-'))", "a-1-x-b-2");
    gives("$.absent | default('x') | upper", "X");
    gives("$.items[*].qty|sum", "3");
}

static void a_transform_of_each_value_makes_a_list_of_a_list(void **state)
{
    (void)state;
    gives("$.items[*].sku | lower", "[a-1, b-2]");
    gives("$.tags | upper", "[A, B]");
    gives("$.one | upper", "[X]");
    gives("$.nulls[*].v | upper", "nothing");
    gives("$.total | trim", "99.80");
    gives("$.yes | upper", "TRUE");
}

static void what_a_transform_cannot_use_is_told_without_the_value(void **state)
{
    (void)state;
    fails("$.status | decimal", "decimal cannot use a text that is no number");
    fails("$.items[*].sku | sum", "sum cannot use a text that is no number");
    fails("$.user | trim", "trim cannot use an object");
    fails("$.items | join", "join cannot use an object");
    fails("$.status | replace('p', $.absent)", "replace cannot use an argument that is missing");
    fails("$.status | replace('p', $.tags)", "replace cannot use a list as an argument");
}

static void the_record_is_there_beside_its_value(void **state)
{
    (void)state;
    gives("kafka.topic", "orders");
    gives("kafka.key", "k-1");
    gives("kafka.partition", "3");
    gives("kafka.offset", "42");
    gives("kafka.timestamp", "2026-11-23T10:03:00.125Z");
    gives("kafka.headers['ce.type']", "order");
    gives("kafka.headers[ \"ce.type\" ]", "order");
    gives("kafka.headers.x-trace", "abc");
    gives("kafka.headers.absent ?? 'none'", "none");
}

static void of_headers_with_one_name_the_last_counts(void **state)
{
    (void)state;
    gives("kafka.headers.region", "us");
    gives("kafka.headers.late", "nothing");
}

static void bytes_that_are_no_text_are_nothing(void **state)
{
    (void)state;
    gives("kafka.headers.bytes", "nothing");
    gives("kafka.headers.void", "nothing");
    struct message kept = record;
    record.key = (struct slice){NULL, 0};
    record.timestamp_ms = -1;
    gives("kafka.key", "nothing");
    gives("kafka.timestamp", "nothing");
    record.key = (struct slice){"\xc3", 1};
    gives("kafka.key", "nothing");
    record = kept;
}

static void conditions_compare_as_rfc_9535_does(void **state)
{
    (void)state;
    holds("$.status == 'paid'");
    holds_not("$.status == 'Paid'");
    holds("$.status != 'open'");
    holds("$.total == 99.8");
    holds("$.small == 150");
    holds("$.total > 99.7999999999999999999999");
    holds("$.total <= 99.80");
    holds("$.total >= 99.80");
    holds_not("$.total < 99.80");
    holds("$.status > 'a'");
    holds_not("$.ten < 9");
    holds_not("$.ten == 10");
    holds("$.yes == true");
    holds("$.no != true");
    holds("$.tags == $.tags");
    holds("$.user != $.tags");
}

static void an_absent_value_equals_only_an_absent_one(void **state)
{
    (void)state;
    holds("$.absent != 'x'");
    holds_not("$.absent == 'x'");
    holds("$.absent == $.missing");
    holds("$.absent <= $.missing");
    holds_not("$.absent < $.missing");
    holds("$.absent != null");
    holds("$.nil == null");
    holds_not("$.absent < 1");
}

static void and_or_not_and_parentheses(void **state)
{
    (void)state;
    holds("$.yes == true && $.no == false");
    holds_not("$.yes == true && $.no == true");
    holds("$.no == true || $.yes == true");
    holds("$.yes == true || $.no == true && $.absent == 1");
    holds_not("($.yes == true || $.no == true) && $.absent == 1");
    holds("!($.no == true)");
    holds("!!($.yes == true)");
    holds("!exists($.absent) && !present($.nil)");
    holds("((($.status == 'paid')))");
}

static void in_is_one_of(void **state)
{
    (void)state;
    holds("$.status in ['open', 'paid']");
    holds_not("$.status in ['open']");
    holds("!($.status in ['open'])");
    holds("$.total in [1, 99.8]");
    holds("$.absent in [$.missing]");
    holds("$.status in['paid']");
}

static void exists_asks_for_a_value_and_present_for_one_that_is_not_missing(void **state)
{
    (void)state;
    holds("exists($.nil)");
    holds("exists($.empty)");
    holds_not("exists($.absent)");
    holds_not("present($.nil)");
    holds_not("present($.blank)");
    holds_not("present($.none)");
    holds("present($.zero)");
    holds("present($.items[*].sku)");
    holds("present($.absent ?? $.status)");
}

static void match_is_for_all_of_a_text_and_search_for_a_part(void **state)
{
    (void)state;
    holds("match($.status, 'pa.*')");
    holds_not("match($.status, 'pa')");
    holds("search($.status, 'ai')");
    holds_not("search($.status, '^ai')");
    holds("search($.status, 'id$')");
    holds("match($.status, 'open|paid') && !match($.ten, '[a-z]*')");
    holds("match($.empty, '')");
    holds("match($.single[*].sku | first, 'A-[0-9]+')");
    holds("present($.items) && match($.user.name, '\\\\p{Lu}[a-z]{2}')");
    holds("match($.zero | trim, '[0-9]')");
}

static void what_is_no_text_matches_nothing(void **state)
{
    (void)state;
    holds_not("match($.zero, '0')");
    holds_not("search($.absent, '')");
    holds_not("search($.nil, '')");
    holds_not("search($.tags, 'a')");
    holds_not("search($.yes, 'true')");
}

static void a_pattern_is_checked_with_the_mapping(void **state)
{
    (void)state;
    refuses_condition("match($.a, 'a(b')",
                      "in the regular expression, at character 2: this '(' is never closed", 12, 5,
                      "I-Regexp");
    refuses_condition("search($.a, '\\\\d')",
                      "in the regular expression, at character 1: no escape of I-Regexp (which has "
                      "no \\d, \\w or \\s: write [0-9] and the like)",
                      13, 5, "regex_extract");
    refuses_condition("search($.a, 'a{1,70000}')",
                      "in the regular expression, at character 5: more than 65,535 repetitions", 13,
                      12, NULL);
    refuses_condition("search($.a, '((a{1,60000}){1,60000}){1,60000}')",
                      "in the regular expression, at character 1: regular expression is too large",
                      13, 34, NULL);
    refuses_condition("match($.a, $.b)",
                      "match wants a text in quotes here: a pattern is compiled once, with the "
                      "mapping",
                      12, 3, "match($.kind, 'a|b')");
    refuses_condition("search($.a, 5)",
                      "search wants a text in quotes here: a pattern is compiled once, with the "
                      "mapping",
                      13, 1, NULL);
    refuses_condition("match($.a)", "`,` and a pattern was expected", 10, 1, "match($.kind");
    refuses_condition("match($.a, 'b', 'c')", "`)` was expected", 15, 1, NULL);
    refuses_condition("match()", "a path, a text in quotes, a number or a call was expected", 7, 1,
                      NULL);
}

static void a_match_whose_outcome_is_known_is_refused(void **state)
{
    (void)state;
    refuses_condition("match(kafka.offset, '1')", "match is for texts, and this is a number", 7, 12,
                      "trim");
    refuses_condition("search($.items | count, '1')", "search is for texts, and this is a number",
                      8, 15, NULL);
    refuses_condition("match('a', 'a')",
                      "this is the same for every message: there is no path in it", 1, 15, NULL);
    refuses_condition("search($.items[*].sku, 'A')",
                      "search takes one value, and this may be several", 8, 14, "first");
    refuses("match($.a, 'b')", "a value was expected, and this is a condition", 1, 15);
    refuses_condition("match($.a, 'b') == true", "a value was expected, and this is a condition", 1,
                      15, NULL);
    refuses_condition("$.a | match('b')", "unknown transform \"match\"", 7, 5, "match($.a, ");
}

static void a_length_is_of_a_text_an_array_or_an_object(void **state)
{
    (void)state;
    gives("length($.status)", "4");
    gives("length('\\u00fc\\ud83d\\ude00')", "2");
    gives("length($.empty)", "0");
    gives("length($.items)", "2");
    gives("length($.none)", "0");
    gives("length($.user)", "1");
    gives("length($.total)", "nothing");
    gives("length($.nil)", "nothing");
    gives("length($.absent)", "nothing");
    gives("$.status | trim | length", "4");
    gives("$.tags[*] | each(length(@))", "[1, 1]");
    gives("length($.user.name) ?? 7", "3");
    gives("($.absent | length) ?? 7", "7");
    holds("length($.status) > 3 && length($.items) == 2");
    holds("length($.absent) == $.missing");
}

static void a_value_is_that_of_a_list_of_exactly_one(void **state)
{
    (void)state;
    gives("value($.single[*].sku)", "A-1");
    gives("value($.items[*].sku)", "nothing");
    gives("value($.items[?@.qty == 1]).sku", "B-2");
    gives("value($..name)", "Ada");
    gives("value($.absent[*])", "nothing");
    gives("value($.status)", "paid");
    gives("value($.tags)", "array");
    gives("$.items[?@.qty == 1] | value", "object");
    holds("value($.single[*].sku) == 'A-1'");
    holds("value($.items[*].sku) == $.absent");
    holds("count($.items[*]) == 2 && count($..qty) > 1");
}

static void a_length_or_a_value_that_is_wrong_is_told(void **state)
{
    (void)state;
    refuses_with_hint("length($.items[*])", "length takes one value, and this may be several", 8,
                      10, "count");
    refuses("length(kafka.offset)", "length is for texts, arrays and objects, and this is a number",
            8, 12);
    refuses("length($.a, 1)", "`)` was expected", 11, 1);
    refuses("$.a | length(1)", "`)` was expected", 14, 1);
    refuses("length()", "a path, a text in quotes, a number or a call was expected", 8, 1);
    refuses("length($.a).b", "this is a path into a number: there is nothing to select", 12, 2);
    refuses_condition("length($.a) == 'x'", "a number is compared with a text: that never holds", 1,
                      18, NULL);
    refuses_condition("value($.a[*])", "a condition was expected, and this is a value", 1, 13,
                      NULL);
}

static void conditions_take_whole_expressions(void **state)
{
    (void)state;
    holds("$.items[*].qty | sum > 2");
    holds("$.tags | count == 2");
    holds("$.absent ?? 'paid' == $.status");
    holds("($.absent ?? 'paid') == 'paid'");
    holds("upper($.status) == 'PAID'");
}

static void what_cannot_be_read_is_told_at_its_place(void **state)
{
    (void)state;
    refuses("$.a ??",
            "the expression ends where a path, a text in quotes, a number or a call was expected",
            7, 1);
    refuses("$.a |", "the expression ends where the name of a transform was expected", 6, 1);
    refuses("$.a $.b", "`|`, `??`, or the end was expected", 5, 1);
    refuses("($.a", "the expression ends where `)` was expected", 5, 1);
    refuses("upper($.a", "the expression ends where `,` or `)` was expected", 10, 1);
    refuses("'abc", "this text has no end: ' is missing", 1, 4);
    refuses("'a\\qb'", "unknown escape in a text", 3, 2);
    refuses("'\\ud800'", "unknown escape in a text", 2, 2);
    refuses("12.5.5", "this is no number", 1, 6);
    refuses("012", "this is no number", 1, 3);
    refuses("é", "a path, a text in quotes, a number or a call was expected", 1, 1);
    refuses("'é' ?? %", "a path, a text in quotes, a number or a call was expected", 8, 1);
}

static void paths_behind_parentheses_and_calls_are_checked_like_others(void **state)
{
    (void)state;
    refuses("($.a).", "a name or '*' is expected behind the dot", 7, 1);
    refuses("first($.a)[0", "',' or ']' is expected here", 13, 1);
    refuses("$.a | first[x]",
            "a name in quotes, an index, a slice, '*' or a filter ('?') is expected here", 13, 1);
    refuses("($.a ?? $.b)[*].c ?? $.d | first(1)", "first takes no arguments, and this has 1", 28,
            8);
    refuses("replace($.a, 'x', ($.b)[*])", "an argument takes one value, and this may be several",
            19, 8);
    refuses_condition("($.a == 1).b == 2",
                      "a condition is true or false: there is nothing to select from it", 11, 1,
                      "&&");
    refuses_condition("exists($.a)[0]",
                      "a condition is true or false: there is nothing to select from it", 12, 1,
                      NULL);
    refuses_with_hint("kafka.key.id", "`|`, `??`, or the end was expected", 10, 1,
                      "parse_json(kafka.key).name");
    refuses_with_hint("kafka.headers.ce.type", "`|`, `??`, or the end was expected", 17, 1,
                      "kafka.headers['ce.type']");
}

static void names_that_are_unknown_come_with_the_nearest(void **state)
{
    (void)state;
    refuses_with_hint("$.a | uper", "unknown transform \"uper\"", 7, 4, "\"upper\"");
    refuses_with_hint("uper($.a)", "unknown transform \"uper\"", 1, 4, "\"upper\"");
    refuses_with_hint("$usr.name", "unknown named value $usr", 1, 4, "$user");
    refuses_with_hint("kafka.header", "a Kafka record has no such part", 7, 6, "headers.NAME");
    refuses_with_hint("purchase", "unknown word \"purchase\"", 1, 8, "{text: 'purchase'}");
    refuses_with_hint("order.id", "unknown word \"order\"", 1, 5, "a path is $.order.id");
    refuses_with_hint("trim", "the transform \"trim\" has nothing to work on", 1, 4, "| trim");
    refuses_with_hint("$.order-id", "`|`, `??`, or the end was expected", 8, 1, "$['order-id']");
}

static void alternatives_behind_a_pipe_want_parentheses(void **state)
{
    (void)state;
    refuses_with_hint("$.a | trim ?? $.b", "`|`, or the end was expected", 12, 1, "parentheses");
}

static void arguments_are_counted_and_their_types_checked(void **state)
{
    (void)state;
    refuses("$.a | replace('x')", "replace takes 2 arguments, and this has 1", 7, 12);
    refuses("$.a | trim(1)", "trim takes no arguments, and this has 1", 7, 7);
    refuses("$.a | url_param", "url_param takes at least 1 argument, and this has 0", 7, 9);
    refuses("$.a | join(',', ',')", "join takes at most 1 argument, and this has 2", 7, 14);
    refuses("trim()", "trim has nothing to work on", 1, 6);
    refuses("$.a | shift('x')", "shift wants a whole number from -1000 to 1000 here", 13, 3);
    refuses("$.a | shift(1.5)", "shift wants a whole number from -1000 to 1000 here", 13, 3);
    refuses("$.a | replace('', 'x')", "replace wants a text that is not empty here", 15, 2);
    refuses("$.a | minor_units('EURO')",
            "minor_units wants a currency of ISO 4217, or a whole number from 0 to 30 here", 19, 6);
    refuses("$.a | timestamp('h')", "timestamp knows neither a format nor a zone of that name", 17,
            3);
    refuses("$.a | timestamp('rfc3339', 'Nowhere')", "timestamp knows no such zone", 28, 9);
    refuses("$.a | strip_prefix($.b[*])", "an argument takes one value, and this may be several",
            20, 6);
}

static void a_bare_value_is_no_condition(void **state)
{
    (void)state;
    refuses_condition("$.test", "a condition was expected, and this is a value", 1, 6, "== true");
    refuses_condition("$.a == 1 && $.test", "a condition was expected, and this is a value", 13, 6,
                      "exists(…)");
    refuses_condition("!$.test", "! takes a condition in parentheses, or a question", 2, 6,
                      "!present(…)");
    refuses_condition("!$.a == 1", "! takes a condition in parentheses, or a question", 2, 3,
                      "!(…");
}

static void a_condition_is_no_value(void **state)
{
    (void)state;
    refuses_with_hint("$.a == 1", "a value was expected, and this is a condition", 1, 8, "`when`");
    refuses("($.a == 1) ?? 2", "a value was expected, and this is a condition", 1, 10);
    refuses("upper(($.a == 1))", "a value was expected, and this is a condition", 7, 10);
    refuses_condition("($.a == 1) == true", "a value was expected, and this is a condition", 1, 10,
                      NULL);
    refuses_condition("$.a == $.b == $.c", "`|`, `??`, or the end was expected", 12, 1, NULL);
}

static void a_list_cannot_be_compared(void **state)
{
    (void)state;
    refuses_condition("$.items[*].sku == 'x'",
                      "a comparison takes one value, and this may be several", 1, 14, "first");
    refuses_condition("$lines in ['x']", "in takes one value, and this may be several", 1, 6,
                      "only");
    refuses_condition("$.a in 'x'", "`[` was expected", 8, 1, "in ['paid'");
}

static void a_comparison_whose_outcome_is_known_is_refused(void **state)
{
    (void)state;
    refuses_condition("kafka.offset == '5'", "a number is compared with a text: that never holds",
                      1, 19, "without quotes it is a number: 5");
    refuses_condition("$.items | count == '3'",
                      "a number is compared with a text: that never holds", 1, 22, "a number: 3");
    refuses_condition("'a' < 1", "a text is compared with a number: that never holds", 1, 7,
                      "decimal makes a number of a text");
    refuses_condition("$.items[*].qty | sum > '0'",
                      "a number is compared with a text: that never holds", 1, 26, "a number: 0");
    refuses_condition("'paid' != ($.a | count)",
                      "a text is compared with a number: that always holds", 1, 23,
                      "values of different kinds");
    refuses_condition("true < true",
                      "true or false is compared with true or false: that never holds", 1, 11,
                      "only numbers and texts");
    refuses_condition("kafka.key >= 10", "a text is compared with a number: that never holds", 1,
                      15, "decimal");
    refuses_condition("kafka.headers.test != true",
                      "a text is compared with true or false: that always holds", 1, 26, "'true'");
    refuses_condition("($.a ?? $.b) != null", "a value is compared with null: that always holds", 1,
                      20, "exists(…) or present(…)");
    refuses_condition("kafka.key == null", "a text is compared with null: that never holds", 1, 17,
                      "present(…)");
    refuses_condition("$.a ?? 'x' == 1 && upper($.b) == 2",
                      "a text is compared with a number: that never holds", 20, 15, "'2'");
    refuses_condition("kafka.partition in [1, '2', 3]",
                      "a number is compared with a text: that never holds", 24, 3, "a number: 2");
}

static void a_condition_that_no_message_changes_is_refused(void **state)
{
    (void)state;
    static const char same[] = "this is the same for every message: there is no path in it";
    refuses_condition("1 == 2", same, 1, 6, "$.status");
    refuses_condition("present('x')", same, 1, 12, "$.status");
    refuses_condition("!exists(null)", same, 2, 12, "$.status");
    refuses_condition("$.a == 1 || lower('A') == 'b'", same, 13, 17, "$.status");
    refuses_condition("'a' in ['a', 'b']", same, 1, 17, "$.status");
    refuses_condition("('' ?? 'a') != 'b'", same, 1, 18, "$.status");
    holds("'paid' in ['open', $.status]");
    holds("kafka.partition >= 0");
}

static void a_comparison_that_may_hold_is_none_of_these(void **state)
{
    (void)state;
    holds_not("$.items | each(@.sku) | first == 1");
    holds("($.absent ?? 1) == 1");
    holds("($.zero ?? 'x') == 0");
    holds("($.absent ?? 'x') == 'x'");
    holds("(($.absent ?? $.nil) ?? 1) == 1");
    holds("$.absent | default(true) == true");
    holds("$.items | count == 2");
    holds("kafka.key <= 'k-1'");
    holds("$.tags | join == 'a,b'");
    holds("$user == $.user");
    holds("$.yes <= true");
    holds("$.nil == null");
    holds("$.nil != 1");
    holds("kafka.headers.absent != 'x'");
}

static void a_path_into_what_is_no_container_is_refused(void **state)
{
    (void)state;
    refuses_with_hint("($.a | trim).b", "this is a path into a text: there is nothing to select",
                      13, 2, "parse_json");
    refuses_with_hint("$.a | split(',')[0]",
                      "this is a path into a text: there is nothing to select", 17, 3, "first");
    refuses_with_hint("$.a | each(@.b | upper)[0]",
                      "this is a path into a text: there is nothing to select", 24, 3, "first");
    refuses_with_hint("keys($.a)[0]", "this is a path into a text: there is nothing to select", 10,
                      3, "first");
    refuses_with_hint("($.a | product($.b))[0]",
                      "this is a path into a number: there is nothing to select", 21, 3, "first");
    refuses("($.a | count).b[*]", "this is a path into a number: there is nothing to select", 14,
            5);
    refuses("$total.x", "this is a path into a number: there is nothing to select", 7, 2);
    gives("($.a ?? 'x' ?? $.user).name", "nothing");
    gives("($.user ?? 'x').name", "Ada");
}

static void a_call_on_literals_that_always_fails_is_refused(void **state)
{
    (void)state;
    refuses("$.a ?? ('1,5' | decimal)", "decimal cannot use a text that is no number", 9, 15);
    refuses("1.5 | minor_units('EUR')",
            "minor_units cannot use a number with a fraction: that is not in minor units", 1, 24);
    refuses("true | shift(2)", "shift cannot use a boolean that is no number", 1, 15);
    gives("'' | decimal", "nothing");
    gives("'x' | digits", "nothing");
}

static void the_item_is_known_inside_for_each_only(void **state)
{
    (void)state;
    refuses_kind("@.sku", EXPRESSION_VALUE, false,
                 "@ is the item of for_each or each, and there is none here", 1, 1, "$");
}

static void all_names_that_are_wrong_are_told_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "$usr.x ?? $oder.y | uper | replace('a')", EXPRESSION_VALUE, false);
    assert_null(fixture.expression);
    assert_int_equal(fixture.errors.errors, 4);
    release(&fixture);
}

static void nesting_is_bounded_when_an_expression_is_compiled(void **state)
{
    (void)state;
    char source[3000];
    size_t size = 0;
    for (size_t i = 0; i < EXPRESSION_DEPTH_MAX + 1; i++) {
        source[size++] = '(';
    }
    source[size] = '\0';
    refuses(source, "the expression is nested deeper than 100 levels", 101, 1);
    size = (size_t)snprintf(source, sizeof source, "$.a");
    for (size_t i = 0; i < EXPRESSION_DEPTH_MAX + 1; i++) {
        size += (size_t)snprintf(source + size, sizeof source - size, "|trim");
    }
    struct fixture fixture;
    compile(&fixture, source, EXPRESSION_VALUE, false);
    assert_null(fixture.expression);
    assert_int_equal(fixture.errors.errors, 1);
    release(&fixture);
}

static void write_repeated(char *ret_text, size_t size, const char *open, size_t count,
                           const char *middle, const char *close)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(ret_text + at, size - at, "%s", open);
    }
    at += (size_t)snprintf(ret_text + at, size - at, "%s", middle);
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(ret_text + at, size - at, "%s", close);
    }
    assert_true(at < size);
}

static void pipes_within_arguments_are_nesting_too(void **state)
{
    (void)state;
    char source[16384];
    write_repeated(source, sizeof source, "1|trim(", 2000, "1", "");
    refuses(source, "the expression is nested deeper than 100 levels", 701, 1);
    write_repeated(source, sizeof source, "@ | each(", 90, "@", ")");
    gives(source, "[?]"); /* a list of one object */
    write_repeated(source, sizeof source, "@ | each(", 101, "@", ")");
    refuses(source, "the expression is nested deeper than 100 levels", 901, 1);
}

static void a_long_row_of_alternatives_is_no_nesting(void **state)
{
    (void)state;
    char source[12000];
    size_t size = 0;
    for (size_t i = 0; i < 1000; i++) {
        size += (size_t)snprintf(source + size, sizeof source - size, "$.x%zu ?? ", i);
    }
    (void)snprintf(source + size, sizeof source - size, "'found'");
    gives(source, "found");
}

static void an_expression_has_a_maximum_size(void **state)
{
    (void)state;
    char *source = malloc(EXPRESSION_BYTES_MAX + 2);
    assert_non_null(source);
    memset(source, '1', EXPRESSION_BYTES_MAX + 1);
    source[EXPRESSION_BYTES_MAX + 1] = '\0';
    struct fixture fixture;
    compile(&fixture, source, EXPRESSION_VALUE, false);
    assert_null(fixture.expression);
    assert_string_equal(fixture.errors.items[0].message,
                        "the expression is longer than 16384 bytes");
    release(&fixture);
    free(source);
}

/* --- What it costs --------------------------------------------------------------------------- */

/* Evaluates on the JSON text, with so many steps left. */
static struct work work_of(const char *source, struct slice json, size_t left)
{
    struct fixture fixture;
    struct value value;
    compile(&fixture, source, EXPRESSION_VALUE, true);
    need_compiled(&fixture, source);
    struct evaluation evaluation = evaluation_of(&fixture);
    evaluation.work.steps = WORK_STEPS_MAX - left;
    assert_true(json_read(json, &fixture.arena, &evaluation.root, &fixture.error));
    bool fine = expression_evaluate(fixture.expression, &evaluation, &value, &fixture.error);
    assert_int_equal(fine, !evaluation.work.exceeded);
    if (!fine) {
        assert_string_equal(fixture.error.text, WORK_EXCEEDED);
    }
    struct work work = evaluation.work;
    release(&fixture);
    return work;
}

static size_t steps_of(const char *source, struct slice json)
{
    struct work work = work_of(source, json, WORK_STEPS_MAX);
    assert_false(work.exceeded);
    return work.steps;
}

/* `open`, `item` so many times with commas between, `close`. */
static struct slice list_of(const char *open, const char *item, size_t count, const char *close)
{
    static struct buffer buffer;
    buffer_done(&buffer);
    buffer_init(&buffer, 16 * 1024 * 1024);
    buffer_append(&buffer, slice_of(open));
    for (size_t i = 0; i < count; i++) {
        buffer_append(&buffer, i == 0 ? SLICE("") : SLICE(","));
        buffer_append(&buffer, slice_of(item));
    }
    buffer_append(&buffer, slice_of(close));
    assert_false(buffer.failed);
    return buffer_slice(&buffer);
}

static void an_ordinary_expression_takes_some_steps(void **state)
{
    (void)state;
    assert_in_range(steps_of("$.id", slice_of(order)), 2, 10);
    assert_in_range(steps_of("$.items[*].sku | lower | join(', ')", slice_of(order)), 10, 40);
    assert_in_range(steps_of("$.items | each(@.qty ?? $.one) | sum", slice_of(order)), 10, 40);
}

static void what_is_looked_at_is_counted(void **state)
{
    (void)state;
    assert_in_range(steps_of("$..x", list_of("[", "[[1]]", 100000, "]")), 300000, 600000);
    assert_in_range(steps_of("$.z", list_of("{", "\"a\":1", 1, "}")), 1, 5);
    struct slice numbers = list_of("[", "1", 10000, "]");
    assert_in_range(steps_of("$ | sum", numbers), 10000, 40000);
    assert_in_range(steps_of("$ | each(@)", numbers), 20000, 80000);
    assert_in_range(steps_of("$ ?? 1", numbers), 1, 10);
}

/* Each of these would take minutes, or gigabytes. */
static void hostile_work_ends_at_the_maximum(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *open, *item;
        size_t count;
        const char *close;
    } rows[] = {
        {"$ | each(add(@, $ | each(add(@, $ | each(@) | count)) | sum))", "[", "1", 5000, "]"},
        {"$[?$[?$[?@ == 2]]]", "[", "1", 1000, "]"},
        {"$..*..*..*", "[", "[[[[[[1]]]]]]", 1000, "]"},
        {"$[?match(@, '(a|b|ab)*[cd]')]", "[", "\"abababababababababab\"", 1000, "]"},
        {"$ | regex_replace('(a|b|ab)*[cd]', '')", "[", "\"abababababababababab\"", 1000, "]"},
        {"$.l | each(@ | add($.n))", "{\"n\": 1e499, \"l\": [", "1e499", 9000, "]}"},
        {"$.l | product($.l)", "{\"l\": [", "1e400", 9000, "]}"},
        {"$.l | each(replace($.t, 'a', @))", "{\"t\": \"aaaaaaaaaaaaaaaa\", \"l\": [", "1", 9000,
         "]}"},
        {"$ | each(add(@, $ | distinct | count))", "[", "1", 5000, "]"},
        {"$ | each(replace(@, 'z', $ | join))", "[", "\"abcdefghijklmnopqrstuvwxyz\"", 5000, "]"},
        {"$.l | each(uuid5(@, $.l | join))", "{\"l\": [", "\"abcdefghijklmnopqrstuvwxyz\"", 5000,
         "]}"},
        {"$.l | each(parse_json($.t) ?? @)", "{\"t\": \"[1,2,3,4,5,6,7,8,9]\", \"l\": [", "1", 9900,
         "]}"},
        {"$ | each($lines.x ?? $lines ?? @)", "[", "{\"items\": 1}", 9000, "]"},
        {"$.l | each(list(@, $.o.z ?? $.o))", "{\"o\": {\"a\": 1, \"b\": 1, \"c\": 1}, \"l\": [",
         "1", 9000, "]}"},
        {"$ | each(kafka.headers.none ?? kafka.headers.absent ?? @)", "[", "1", 9000, "]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice json = list_of(rows[i].open, rows[i].item, rows[i].count, rows[i].close);
        struct work work = work_of(rows[i].source, json, 20000);
        if (!work.exceeded) {
            fail_msg("%s takes %zu steps", rows[i].source, work.steps + 20000 - WORK_STEPS_MAX);
        }
    }
}

static void the_memory_of_a_message_is_bounded(void **state)
{
    (void)state;
    char open[64 * 1024];
    int size = snprintf(open, sizeof open, "{\"t\": \"%060000d\", \"l\": [", 0);
    assert_in_range(size, 60000, sizeof open);
    struct slice json = list_of(open, "\"aaaaaaaaaaaaaaaa\"", 9000, "]}");
    struct work work = work_of("$.l | each(replace(@, 'a', $.t)) | count", json, WORK_STEPS_MAX);
    assert_true(work.exceeded);
    assert_true(work.steps < WORK_STEPS_MAX);
}

/* Long rows of members are sought one by one. */
static void to_seek_a_member_among_many_is_work(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    for (size_t i = 0; i < 20000; i++) {
        buffer_printf(&buffer, "%c\"m%zu\": 1", i == 0 ? '{' : ',', i);
    }
    buffer_append(&buffer, SLICE("}"));
    assert_in_range(steps_of("$.z", buffer_slice(&buffer)), 2500, 3000);
    assert_in_range(steps_of("$.z ?? $.y ?? $.x", buffer_slice(&buffer)), 7500, 9000);
    buffer_done(&buffer);
}

/* The hash is known, so that somebody could choose such texts. */
static void texts_of_one_hash_are_work(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    size_t found = 0;
    for (unsigned i = 0; found < 400; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, "%u", i);
        if ((slice_hash((struct slice){text, (size_t)size}) & 1023) == 7) {
            buffer_printf(&buffer, "%c\"%s\"", found++ == 0 ? '[' : ',', text);
        }
    }
    buffer_append(&buffer, SLICE("]"));
    assert_in_range(steps_of("$ | distinct | count", buffer_slice(&buffer)), 79800, 90000);
    buffer_done(&buffer);
}

static void what_is_no_text_is_no_expression(void **state)
{
    (void)state;
    static const char yaml[] = "a: [1]\nb: {c: 1}\nd:\ne: ''\n";
    struct error_list errors = {0};
    struct expression_pool pool;
    struct document *document = document_read("x.yaml", SLICE(yaml), &errors);
    assert_non_null(document);
    expression_pool_init(&pool);
    struct scope scope = {.pool = &pool, .document = document, .errors = &errors};
    for (const struct node *node = document_root(document)->first; node != NULL;
         node = node->next) {
        assert_null(expression_compile(&scope, node, EXPRESSION_VALUE));
    }
    assert_int_equal(errors.errors, 4);
    expression_pool_done(&pool);
    document_free(document);
    error_list_done(&errors);
}

static void a_named_value_is_made_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct value value;
    compile(&fixture, "$lines.sku | join", EXPRESSION_VALUE, false);
    struct evaluation evaluation = evaluation_of(&fixture);
    assert_true(expression_evaluate(fixture.expression, &evaluation, &value, &fixture.error));
    assert_true(fixture.values[1].known);
    assert_false(fixture.values[0].known);
    const struct json_value **items = fixture.values[1].value.list.items;
    assert_true(expression_evaluate(fixture.expression, &evaluation, &value, &fixture.error));
    assert_ptr_equal(fixture.values[1].value.list.items, items);
    release(&fixture);
}

static void what_depends_on_the_item_and_what_may_be_a_list_is_known(void **state)
{
    (void)state;
    struct fixture fixture;
    compile(&fixture, "upper(@.sku ?? $.x)", EXPRESSION_VALUE, true);
    assert_true(expression_uses_item(fixture.expression));
    assert_false(expression_may_be_list(fixture.expression));
    assert_true(slice_equal(expression_source(fixture.expression), SLICE("upper(@.sku ?? $.x)")));
    release(&fixture);
    compile(&fixture, "$lines.sku | upper", EXPRESSION_VALUE, true);
    assert_false(expression_uses_item(fixture.expression));
    assert_true(expression_may_be_list(fixture.expression));
    release(&fixture);
    compile(&fixture, "$lines.sku | upper | only", EXPRESSION_VALUE, true);
    assert_false(expression_may_be_list(fixture.expression));
    release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_select_from_message_item_and_named_values),
        cmocka_unit_test(a_path_into_a_list_goes_into_each_of_its_values),
        cmocka_unit_test(paths_go_on_from_parentheses_and_calls),
        cmocka_unit_test(each_works_an_expression_out_for_each_value),
        cmocka_unit_test(each_passes_over_what_is_missing),
        cmocka_unit_test(the_inner_item_hides_the_outer_one_and_gives_it_back),
        cmocka_unit_test(a_named_value_within_each_has_the_item_of_for_each),
        cmocka_unit_test(the_item_of_each_is_not_that_of_for_each),
        cmocka_unit_test(what_each_makes_is_bounded),
        cmocka_unit_test(an_each_that_is_wrong_is_told),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(literals_are_what_they_say),
        cmocka_unit_test(missing_is_null_blank_and_empty_but_not_zero_and_false),
        cmocka_unit_test(pipes_give_what_stands_before_them_to_the_first_argument),
        cmocka_unit_test(a_transform_of_each_value_makes_a_list_of_a_list),
        cmocka_unit_test(what_a_transform_cannot_use_is_told_without_the_value),
        cmocka_unit_test(the_record_is_there_beside_its_value),
        cmocka_unit_test(of_headers_with_one_name_the_last_counts),
        cmocka_unit_test(bytes_that_are_no_text_are_nothing),
        cmocka_unit_test(conditions_compare_as_rfc_9535_does),
        cmocka_unit_test(an_absent_value_equals_only_an_absent_one),
        cmocka_unit_test(and_or_not_and_parentheses),
        cmocka_unit_test(in_is_one_of),
        cmocka_unit_test(exists_asks_for_a_value_and_present_for_one_that_is_not_missing),
        cmocka_unit_test(match_is_for_all_of_a_text_and_search_for_a_part),
        cmocka_unit_test(what_is_no_text_matches_nothing),
        cmocka_unit_test(a_pattern_is_checked_with_the_mapping),
        cmocka_unit_test(a_match_whose_outcome_is_known_is_refused),
        cmocka_unit_test(a_length_is_of_a_text_an_array_or_an_object),
        cmocka_unit_test(a_value_is_that_of_a_list_of_exactly_one),
        cmocka_unit_test(a_length_or_a_value_that_is_wrong_is_told),
        cmocka_unit_test(conditions_take_whole_expressions),
        cmocka_unit_test(what_cannot_be_read_is_told_at_its_place),
        cmocka_unit_test(paths_behind_parentheses_and_calls_are_checked_like_others),
        cmocka_unit_test(names_that_are_unknown_come_with_the_nearest),
        cmocka_unit_test(alternatives_behind_a_pipe_want_parentheses),
        cmocka_unit_test(arguments_are_counted_and_their_types_checked),
        cmocka_unit_test(a_bare_value_is_no_condition),
        cmocka_unit_test(a_condition_is_no_value),
        cmocka_unit_test(a_list_cannot_be_compared),
        cmocka_unit_test(a_comparison_whose_outcome_is_known_is_refused),
        cmocka_unit_test(a_condition_that_no_message_changes_is_refused),
        cmocka_unit_test(a_comparison_that_may_hold_is_none_of_these),
        cmocka_unit_test(a_path_into_what_is_no_container_is_refused),
        cmocka_unit_test(a_call_on_literals_that_always_fails_is_refused),
        cmocka_unit_test(the_item_is_known_inside_for_each_only),
        cmocka_unit_test(all_names_that_are_wrong_are_told_at_once),
        cmocka_unit_test(nesting_is_bounded_when_an_expression_is_compiled),
        cmocka_unit_test(pipes_within_arguments_are_nesting_too),
        cmocka_unit_test(a_long_row_of_alternatives_is_no_nesting),
        cmocka_unit_test(an_expression_has_a_maximum_size),
        cmocka_unit_test(an_ordinary_expression_takes_some_steps),
        cmocka_unit_test(what_is_looked_at_is_counted),
        cmocka_unit_test(hostile_work_ends_at_the_maximum),
        cmocka_unit_test(the_memory_of_a_message_is_bounded),
        cmocka_unit_test(to_seek_a_member_among_many_is_work),
        cmocka_unit_test(texts_of_one_hash_are_work),
        cmocka_unit_test(what_is_no_text_is_no_expression),
        cmocka_unit_test(a_named_value_is_made_once),
        cmocka_unit_test(what_depends_on_the_item_and_what_may_be_a_list_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
