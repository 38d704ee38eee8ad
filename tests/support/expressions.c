#include "support/expressions.h"

#include "json/reader.h"
#include "mapping/table.h"
#include "mapping/transform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct compiled expressions_compile(const char *source, enum expression_kind kind,
                                    struct arena *arena)
{
    struct compiled compiled = {.document = NULL};
    struct slice yaml = arena_printf(arena, "%se: |-\n  %s\n", transform_sample_tables, source);
    compiled.document = document_read("test.yaml", yaml, &compiled.errors);
    assert_non_null(compiled.document);
    expression_pool_init(&compiled.pool);
    const struct node *root = document_root(compiled.document);
    struct scope scope = {
        .pool = &compiled.pool, .document = compiled.document, .errors = &compiled.errors};
    scope.tables = tables_compile(compiled.document, node_child(root, "tables"),
                                  &compiled.pool.arena, NULL, &compiled.errors);
    compiled.expression = expression_compile(&scope, node_child(root, "e"), kind);
    return compiled;
}

void expressions_release(struct compiled *compiled)
{
    expression_pool_done(&compiled->pool);
    document_free(compiled->document);
    error_list_done(&compiled->errors);
}

bool expressions_evaluate(const struct compiled *compiled, const char *json, struct arena *arena,
                          struct value *ret_value, struct error *error)
{
    struct message message = {.timestamp_ms = -1};
    struct evaluation evaluation = {.message = &message, .arena = arena};
    if (!json_read(slice_of(json), arena, &evaluation.root, error)) {
        fail_msg("%s: %s", json, error->text);
    }
    return expression_evaluate(compiled->expression, &evaluation, ret_value, error);
}

static struct slice show(const struct value *value, struct arena *arena)
{
    struct slice text = SLICE("?");
    if (value_is_nothing(value)) {
        return SLICE("nothing");
    }
    if (!value_is_list(value)) {
        (void)value_text(value, &text);
        return text;
    }
    struct slice shown = SLICE("[");
    for (size_t i = 0; i < value->list.count; i++) {
        struct value item = {.one = value->list.items[i]};
        (void)value_text(&item, &text);
        shown = arena_printf(arena, "%.*s%s%.*s", SLICE_PRINT(shown), i == 0 ? "" : ", ",
                             SLICE_PRINT(text));
    }
    return arena_printf(arena, "%.*s]", SLICE_PRINT(shown));
}

struct slice expressions_run(const char *json, const char *source, struct arena *arena)
{
    struct compiled compiled = expressions_compile(source, EXPRESSION_VALUE, arena);
    struct error error;
    struct value value;
    struct slice text;
    if (compiled.expression == NULL) {
        text = arena_printf(arena, "error: %s", compiled.errors.items[0].message);
    } else if (expressions_evaluate(&compiled, json, arena, &value, &error)) {
        text = arena_copy(arena, show(&value, arena));
    } else {
        text = arena_printf(arena, "error: %s", error.text);
    }
    expressions_release(&compiled);
    return text;
}

void expressions_give(const char *json, const char *source, const char *expected)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct slice got = expressions_run(json, source, &arena);
    bool same = slice_equal(got, slice_of(expected));
    if (!same) {
        print_error("%s on %.200s gives %.*s and not %s\n", source, json, SLICE_PRINT(got),
                    expected);
    }
    arena_done(&arena);
    assert_true(same);
}
