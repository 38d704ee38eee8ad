/* Compiling one value of a mapping. */
#include "compiler.h"
#include "mapping/transform.h"

static const char *const long_form[] = {"value", "text", "if", "on_invalid"};

#define LONG_FORM (sizeof long_form / sizeof *long_form)

/* `text: …`, a constant. */
static const struct expression *compile_text(struct compiler *compiler, const struct node *node)
{
    if (!compiler_need(compiler, node, NODE_SCALAR, "a text")) {
        return NULL;
    }
    if (slice_trim(node->text).size == 0) {
        compiler_error(compiler, node->place, NULL, "a constant that is blank would never be sent");
        return NULL;
    }
    return expression_text(&compiler->mapping->pool, node->text);
}

static void compile_policy(struct compiler *compiler, const struct node *node,
                           struct assignment *assignment)
{
    if (node->kind == NODE_SCALAR && slice_equal(node->text, SLICE("omit"))) {
        assignment->policy = FIELD_OMIT;
    } else if (node->kind == NODE_SCALAR && slice_equal(node->text, SLICE("dead_letter"))) {
        assignment->policy = FIELD_DEAD_LETTER;
    } else {
        compiler_error(compiler, node->place, NULL, "on_invalid is omit or dead_letter");
    }
}

static void compile_long_form(struct compiler *compiler, const struct node *node, bool may_omit,
                              struct assignment *assignment)
{
    compiler_check_keys(compiler, node, long_form, LONG_FORM);
    const struct node *value = node_child(node, "value");
    const struct node *text = node_child(node, "text");
    const struct node *condition = node_child(node, "if");
    const struct node *policy = node_child(node, "on_invalid");
    if ((value == NULL) == (text == NULL)) {
        compiler_error(compiler, node->place, "{value: $.path} or {text: a constant}",
                       "either value or text was expected");
    } else {
        assignment->value = value != NULL
                                ? expression_compile(&compiler->scope, value, EXPRESSION_VALUE)
                                : compile_text(compiler, text);
    }
    if (condition != NULL) {
        assignment->condition =
            expression_compile(&compiler->scope, condition, EXPRESSION_CONDITION);
    }
    if (policy != NULL && !may_omit) {
        compiler_error(compiler, policy->key_place, NULL, "%s cannot be left out",
                       assignment->target);
    } else if (policy != NULL) {
        compile_policy(compiler, policy, assignment);
    }
}

/* Warns of a path that works as long as it selects one value. */
static void warn_of_list(struct compiler *compiler, const struct node *node,
                         const struct assignment *assignment)
{
    if (assignment->value == NULL || !expression_may_be_list(assignment->value)) {
        return;
    }
    const struct node *value = node->kind == NODE_MAPPING ? node_child(node, "value") : node;
    struct buffer hint;
    buffer_init(&hint, ERROR_SIZE);
    buffer_append(&hint, SLICE("reduce it: "));
    transform_reducers(&hint);
    buffer_append_byte(&hint, '\0');
    struct error text;
    error_set(&text, "%s takes one value, and this may be several: then the message is dead",
              assignment->target);
    error_list_add(compiler->errors, ERROR_GRADE_WARNING, document_source(compiler->document),
                   value->place, text.text, hint.data);
    buffer_done(&hint);
}

void compiler_assignment(struct compiler *compiler, const struct node *node, bool may_omit,
                         struct assignment *assignment)
{
    if (node->kind == NODE_MAPPING) {
        compile_long_form(compiler, node, may_omit, assignment);
    } else {
        assignment->value = expression_compile(&compiler->scope, node, EXPRESSION_VALUE);
    }
    warn_of_list(compiler, node, assignment);
}

struct place compiler_value_place(const struct node *node)
{
    const struct node *value = node_child(node, "value");
    const struct node *text = node_child(node, "text");
    return value != NULL ? value->place : text != NULL ? text->place : node->place;
}
