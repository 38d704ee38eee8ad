/* The first line is an expression, or behind a `?` a condition; the rest is the message that it is run on
 * (or a small order, when that is no JSON). */
#include "mapping/expression.h"

#include "json/reader.h"
#include "json/writer.h"
#include "mapping/transform.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char order[] =
    "{\"id\": 7, \"total\": 99.80, \"at\": \"2026-11-23T10:03:00Z\", \"p\": \"(a|b)+c?\", \"j\": "
    "\"{\\\"a\\\": [1, {}]}\", \"lines\": [{\"sku\": \"a-b\", \"q\": 2}, {\"sku\": \"c\", \"q\": "
    "1.0}, [1, [2, [3]]], null, \"caf\\u00e9 &amp; Co\"], \"e\": {\"a\": {\"b\": true}}}";

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_tree(const struct json_value *value)
{
    check(slice_is_utf8(value->text) && slice_is_utf8(value->name));
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        check_tree(child);
    }
}

static void check_value(const struct expression *expression, const struct value *value)
{
    check(value->one == NULL || value->list.count == 0);
    check(value->list.count == 0 || expression_may_be_list(expression));
    if (value->one != NULL) {
        check_tree(value->one);
    }
    for (size_t i = 0; i < value->list.count; i++) {
        check_tree(value->list.items[i]);
    }
}

static void run(const struct scope *scope, const struct expression *expression,
                enum expression_kind kind, struct slice json, struct arena *arena)
{
    struct message_header header = {SLICE("h"), slice_part(json, 1, 5)};
    struct message message = {.topic = SLICE("orders"),
                              .timestamp_ms = 1795428180125,
                              .key = slice_part(json, 0, 4),
                              .headers = &header,
                              .header_count = 1};
    struct binding_value values[2] = {{.known = false}};
    struct evaluation evaluation = {
        .message = &message, .bindings = scope->bindings, .values = values, .arena = arena};
    struct error error = {""};
    if (!json_read(json, arena, &evaluation.root, &error)) {
        check(json_read(slice_of(order), arena, &evaluation.root, &error));
    }
    evaluation.item = evaluation.root->first;
    error.text[0] = '\0';
    struct value value = {.one = NULL};
    bool holds;
    bool good = kind == EXPRESSION_CONDITION
                    ? expression_holds(expression, &evaluation, &holds, &error)
                    : expression_evaluate(expression, &evaluation, &value, &error);
    check(good == (error.text[0] == '\0') && slice_is_utf8(slice_of(error.text)));
    check(good || !evaluation.work.exceeded || evaluation.work.steps > 0);
    if (good) {
        check_value(expression, &value);
    }
}

/* The expression as YAML, whatever bytes it has. */
static struct document *document_of(struct slice text, struct error_list *errors)
{
    struct buffer yaml;
    buffer_init(&yaml, (size_t)64 * 1024 * 1024);
    buffer_append(&yaml, slice_of(transform_sample_tables));
    buffer_append(&yaml, SLICE("a: $.lines\nb: $a[*].q ?? $.e\ne: "));
    json_write_string(&yaml, text, JSON_ASCII);
    struct document *document = document_read("fuzz.yaml", buffer_slice(&yaml), errors);
    buffer_done(&yaml);
    return document;
}

static void compile_and_run(const struct document *document, enum expression_kind kind,
                            struct slice json, struct error_list *errors)
{
    struct expression_pool pool;
    struct arena arena;
    const struct node *root = document_root(document);
    struct binding bindings[2] = {{.name = SLICE("a")}, {.name = SLICE("b")}};
    arena_init(&arena, 0);
    expression_pool_init(&pool);
    struct scope scope = {.pool = &pool,
                          .document = document,
                          .errors = errors,
                          .bindings = bindings,
                          .binding_count = 2,
                          .has_item = true};
    scope.tables = tables_compile(document, node_child(root, "tables"), &pool.arena, NULL, errors);
    for (size_t i = 0; i < 2; i++) {
        const struct node *scalar = node_child(root, bindings[i].name.data);
        bindings[i].expression = expression_compile(&scope, scalar, EXPRESSION_VALUE);
        check(bindings[i].expression != NULL);
        scope.binding_known++;
    }
    const struct expression *expression = expression_compile(&scope, node_child(root, "e"), kind);
    check((expression == NULL) == (errors->errors > 0));
    if (expression != NULL) {
        run(&scope, expression, kind, json, &arena);
    }
    expression_pool_done(&pool);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    size_t line = slice_find(input, SLICE("\n"));
    struct slice text = slice_part(input, 0, line);
    bool condition = slice_starts_with(text, SLICE("?"));
    struct error_list errors = {0};
    text = slice_part(text, condition ? 1 : 0, SIZE_MAX);
    struct document *document = slice_is_utf8(text) ? document_of(text, &errors) : NULL;
    if (document != NULL) {
        compile_and_run(document, condition ? EXPRESSION_CONDITION : EXPRESSION_VALUE,
                        slice_part(input, line, SIZE_MAX), &errors);
    }
    struct buffer shown;
    buffer_init(&shown, SIZE_MAX - 1);
    error_list_write(&errors, &shown);
    check(slice_is_utf8(buffer_slice(&shown)));
    buffer_done(&shown);
    document_free(document);
    error_list_done(&errors);
    return 0;
}
