/* Compiling one value of a mapping. */
#include "compiler.h"
#include "mapping/mistake.h"
#include "mapping/transform.h"

static const char *const keys[] = {"value", "text", "if", "on_invalid", "negative"};

#define KEY_COUNT (sizeof keys / sizeof *keys)

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

/* Of what no conversion can do without: its rule may be said, but not changed. */
static void compile_fixed_policy(struct compiler *compiler, const struct node *node,
                                 struct assignment *assignment)
{
    compile_policy(compiler, node, assignment);
    if (assignment->policy == FIELD_OMIT) {
        assignment->policy = FIELD_DEAD_LETTER;
        compiler_error(compiler, node->place, "dead_letter is its rule, said or not",
                       "%s: an invalid one is never left out", assignment->target);
    }
}

static void compile_negative(struct compiler *compiler, const struct node *node,
                             struct assignment *assignment)
{
    assignment->negative = node->kind == NODE_SCALAR && slice_equal(node->text, SLICE("allow"));
    if (!assignment->negative) {
        compiler_error(compiler, node->place, "without it a negative amount is invalid",
                       "negative is allow, or left out");
    }
}

/* What the long form says of values that are not as they should be. */
static void compile_terms(struct compiler *compiler, const struct node *node, unsigned long_form,
                          struct assignment *assignment)
{
    const struct node *policy = node_child(node, "on_invalid");
    const struct node *negative = node_child(node, "negative");
    if (policy != NULL && (long_form & LONG_FORM_ON_INVALID) == 0) {
        compile_fixed_policy(compiler, policy, assignment);
    } else if (policy != NULL) {
        compile_policy(compiler, policy, assignment);
    }
    if (negative != NULL && (long_form & LONG_FORM_NEGATIVE) == 0) {
        compiler_error(compiler, negative->key_place, "it is for amount alone",
                       "negative has no meaning for %s", assignment->target);
    } else if (negative != NULL) {
        compile_negative(compiler, negative, assignment);
    }
}

static void compile_long_form(struct compiler *compiler, const struct node *node,
                              unsigned long_form, struct assignment *assignment)
{
    bool known = compiler_check_keys(compiler, node, keys, KEY_COUNT, mistake_of_key);
    const struct node *value = node_child(node, "value");
    const struct node *text = node_child(node, "text");
    const struct node *condition = node_child(node, "if");
    if ((value == NULL) == (text == NULL)) {
        if (known || value != NULL) {
            compiler_error(compiler, node->place, "{value: $.path} or {text: a constant}",
                           "either value or text was expected");
        }
    } else {
        assignment->value = value != NULL
                                ? expression_compile(&compiler->scope, value, EXPRESSION_VALUE)
                                : compile_text(compiler, text);
    }
    if (condition != NULL) {
        assignment->condition =
            expression_compile(&compiler->scope, condition, EXPRESSION_CONDITION);
    }
    compile_terms(compiler, node, long_form, assignment);
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

/* A path in quotes, or as `text`, would be sent as it is written. */
static void check_text(struct compiler *compiler, const struct node *node,
                       struct assignment *assignment)
{
    const struct json_value *constant =
        assignment->value == NULL ? NULL : expression_constant(assignment->value);
    if (constant != NULL && mistake_is_path(constant->text)) {
        bool text = node_child(node, "text") != NULL;
        compiler_error(compiler, compiler_value_place(node),
                       text ? "an expression stands in `value`, a constant in `text`"
                            : "an expression has no quotes of its own within those of YAML",
                       "this path is a constant text, and would be sent as it is written");
        assignment->value = NULL;
    }
}

void compiler_assignment(struct compiler *compiler, const struct node *node, unsigned long_form,
                         struct assignment *assignment)
{
    if (node->kind == NODE_MAPPING) {
        compile_long_form(compiler, node, long_form, assignment);
    } else {
        assignment->value = expression_compile(&compiler->scope, node, EXPRESSION_VALUE);
    }
    check_text(compiler, node, assignment);
    warn_of_list(compiler, node, assignment);
}

struct place compiler_value_place(const struct node *node)
{
    const struct node *value = node_child(node, "value");
    const struct node *text = node_child(node, "text");
    return value != NULL ? value->place : text != NULL ? text->place : node->place;
}
