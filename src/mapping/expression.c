#include "mapping/expression.h"

#include "base/memory.h"
#include "kinds.h"
#include "parser.h"

#include <stdlib.h>

/* Mappings are small: a block of this size holds most of them. */
#define POOL_BYTES (16 * 1024)

void expression_pool_init(struct expression_pool *pool)
{
    *pool = (struct expression_pool){.paths = NULL};
    arena_init(&pool->arena, POOL_BYTES);
}

void expression_pool_done(struct expression_pool *pool)
{
    for (size_t i = 0; i < pool->path_count; i++) {
        json_path_free(pool->paths[i]);
    }
    free(pool->paths);
    arena_done(&pool->arena);
    *pool = (struct expression_pool){.paths = NULL};
}

bool expression_is_name(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && (i == 0 || byte < '0' || byte > '9')) {
            return false;
        }
    }
    return name.size > 0 && name.size <= EXPRESSION_NAME_MAX;
}

/* Whether the scalar can hold an expression at all. */
static bool check_scalar(const struct scope *scope, const struct node *scalar)
{
    if (scalar->kind != NODE_SCALAR) {
        bool list = scalar->kind == NODE_SEQUENCE;
        document_error(scope->document, scope->errors, scalar->place,
                       list ? "list($.a, $.b) makes a list; what begins with [ otherwise wants "
                              "quotes around all of it"
                            : "what begins with { wants quotes around all of it",
                       "an expression was expected, and this is a %s", list ? "list" : "mapping");
        return false;
    }
    if (slice_trim(scalar->text).size == 0 || node_is_null(scalar)) {
        document_error(scope->document, scope->errors, scalar->place,
                       "what begins with # is a comment to YAML; {text: …} is a constant",
                       "an expression was expected, and there is nothing");
        return false;
    }
    if (scalar->unquoted && memchr("@!", scalar->text.data[0], 2) == NULL) {
        return false; /* quotes do not make an expression of it */
    }
    if (scalar->text.size > EXPRESSION_BYTES_MAX) {
        document_error(scope->document, scope->errors, scalar->place, NULL,
                       "the expression is longer than %d bytes", EXPRESSION_BYTES_MAX);
        return false;
    }
    return true;
}

/* What stands behind a whole expression. */
static void check_end(struct parser *parser)
{
    parser_skip_blanks(parser);
    if (parser->at < parser->text.size) {
        parser_mistaken(parser, "`|`, `??`, or the end", MISTAKE_BEHIND);
    }
}

static void check_kind(struct parser *parser, const struct expression *expression,
                       enum expression_kind kind)
{
    if (kind == EXPRESSION_CONDITION) {
        parser_need_condition(parser, expression);
    } else {
        parser_need_value(parser, expression);
    }
}

const struct expression *expression_compile(const struct scope *scope, const struct node *scalar,
                                            enum expression_kind kind)
{
    if (!check_scalar(scope, scalar)) {
        return NULL;
    }
    struct parser parser = {
        .scope = scope, .scalar = scalar, .text = arena_copy(&scope->pool->arena, scalar->text)};
    struct expression *expression = parser_expression(&parser);
    if (expression != NULL) {
        check_end(&parser);
    }
    if (expression != NULL && !parser.wrong) {
        check_kind(&parser, expression, kind);
    }
    return parser.wrong ? NULL : expression;
}

const struct expression *expression_text(struct expression_pool *pool, struct slice text)
{
    struct json_value *value = arena_alloc(&pool->arena, sizeof *value);
    *value = (struct json_value){.kind = JSON_STRING, .text = arena_copy(&pool->arena, text)};
    struct expression *expression = arena_calloc(&pool->arena, 1, sizeof *expression);
    expression->operation = OPERATION_LITERAL;
    expression->kinds = KIND_TEXT;
    expression->depth = 1;
    expression->literal = value;
    expression->source = value->text;
    return expression;
}

const struct json_value *expression_constant(const struct expression *expression)
{
    return expression->operation == OPERATION_LITERAL ? expression->literal : NULL;
}

const struct expression *expression_alternative(const struct expression *expression, size_t index)
{
    bool several = expression->operation == OPERATION_COALESCE;
    const struct expression *alternative = several ? expression->first : expression;
    for (; alternative != NULL && index > 0; index--) {
        alternative = several ? alternative->next : NULL;
    }
    return alternative;
}

struct slice expression_source(const struct expression *expression)
{
    return expression->source;
}

bool expression_may_be_list(const struct expression *expression)
{
    return expression->may_be_list;
}

bool expression_uses_item(const struct expression *expression)
{
    return expression->uses_item;
}

bool expression_uses_message(const struct expression *expression)
{
    return expression->uses_message;
}

static bool is_call_of(const struct expression *expression, const char *name)
{
    return expression->operation == OPERATION_CALL && expression->transform != NULL &&
           strcmp(expression->transform->name, name) == 0;
}

bool expression_hashes_as_is(const struct expression *expression)
{
    if (!is_call_of(expression, "sha256")) {
        return false;
    }
    const struct expression *operand = expression->first;
    while (operand->operation == OPERATION_CALL && !is_call_of(operand, "lower")) {
        operand = operand->first;
    }
    return !is_call_of(operand, "lower");
}
