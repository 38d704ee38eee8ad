/* The functions of RFC 9535 and the questions beside them: of conditions match, search, exists and
 * present, of values length and value. (count is a transform.) */
#include "kinds.h"
#include "parser.h"

#include "json/regexp.h"

struct function {
    const char *name;
    enum operation operation;
};

static const struct function functions[] = {
    {"exists", OPERATION_EXISTS}, {"present", OPERATION_PRESENT}, {"match", OPERATION_MATCH},
    {"search", OPERATION_SEARCH}, {"length", OPERATION_LENGTH},   {"value", OPERATION_VALUE},
};

#define FUNCTIONS (sizeof functions / sizeof *functions)

bool parser_is_function(struct slice name, enum operation *ret_operation)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (slice_equal(name, slice_of(functions[i].name))) {
            *ret_operation = functions[i].operation;
            return true;
        }
    }
    return false;
}

bool parser_is_question(enum operation operation)
{
    return operation != OPERATION_LENGTH && operation != OPERATION_VALUE;
}

static const char *name_of(enum operation operation)
{
    size_t i = 0;
    while (functions[i].operation != operation) {
        i++;
    }
    return functions[i].name;
}

/* Reads an operand that is a value. */
static struct expression *take_operand(struct parser *parser, struct expression *node)
{
    struct expression *operand = parser_value(parser);
    if (operand == NULL) {
        return NULL;
    }
    parser_need_value(parser, operand);
    parser_add(parser, node, operand);
    return operand;
}

static bool take_end(struct parser *parser, const char *what)
{
    if (!parser_take(parser, ")")) {
        (void)parser_mistaken(parser, what, MISTAKE_BEHIND);
        return false;
    }
    return true;
}

/* Whether it can be one of these kinds; else the function never gives anything of it. */
static void check_kinds(struct parser *parser, const struct expression *node, unsigned wanted,
                        const char *wanted_text, const char *hint)
{
    struct error kinds;
    if ((node->first->kinds & wanted) == 0) {
        kinds_write(node->first->kinds, &kinds);
        parser_error_in(parser, node->first, hint, "%s is for %s, and this is %s",
                        name_of(node->operation), wanted_text, kinds.text);
    }
}

/* The pattern is compiled with the mapping: what is no I-Regexp, or more than can be matched in
 * bounded time, is an error here. */
static void compile_pattern(struct parser *parser, struct expression *node)
{
    const struct expression *operand = node->first->next;
    const char *name = name_of(node->operation);
    if (operand->operation != OPERATION_LITERAL || operand->literal->kind != JSON_STRING) {
        parser_error_in(parser, operand, "match($.kind, 'a|b'): first the value, then the pattern",
                        "%s wants a text in quotes here: a pattern is compiled once, with the "
                        "mapping",
                        name);
        return;
    }
    struct slice pattern = operand->literal->text;
    bool whole = node->operation == OPERATION_MATCH;
    size_t place = 0;
    struct error error;
    if (regexp_compile(pattern, whole ? REGEX_WHOLE : REGEX_ANYWHERE, &parser->scope->pool->arena,
                       &node->regex, &place, &error) != REGEXP_READY) {
        parser_error_in(parser, operand,
                        "patterns here are I-Regexp (RFC 9485); those of PCRE2 are for "
                        "present($.a | regex_extract('…'))",
                        "in the regular expression, at character %zu: %s",
                        slice_length(slice_part(pattern, 0, place)) + 1, error.text);
    }
}

/* match(value, pattern), behind its `(` */
static bool take_match(struct parser *parser, struct expression *node)
{
    const struct expression *text = take_operand(parser, node);
    if (text == NULL) {
        return false;
    }
    parser_need_single(parser, text, name_of(node->operation));
    check_kinds(parser, node, KIND_TEXT, "texts", "… | trim makes a text of a number");
    if (!parser_take(parser, ",")) {
        (void)parser_expected(parser, "`,` and a pattern", "match($.kind, 'a|b')");
        return false;
    }
    if (take_operand(parser, node) == NULL || !take_end(parser, "`)`")) {
        return false;
    }
    compile_pattern(parser, node);
    return true;
}

struct expression *parser_question(struct parser *parser, enum operation operation, size_t from)
{
    struct expression *node = parser_node(parser, operation, from);
    parser_take(parser, "(");
    if (operation == OPERATION_MATCH || operation == OPERATION_SEARCH) {
        if (!take_match(parser, node)) {
            return NULL;
        }
    } else if (take_operand(parser, node) == NULL || !take_end(parser, "`)`")) {
        return NULL;
    }
    node->source = slice_part(parser->text, from, parser->at - from);
    parser_need_message(parser, node);
    return parser_path_into(parser, node, from);
}

/* Lists have no length; their values have. */
static void check_length(struct parser *parser, const struct expression *node)
{
    if (node->first->may_be_list) {
        parser_error_in(parser, node->first,
                        "count says how many values a list has; each(length(@)) how long each is",
                        "length takes one value, and this may be several");
    }
    check_kinds(parser, node, KIND_TEXT | KIND_ARRAY | KIND_OBJECT, "texts, arrays and objects",
                "… | trim makes a text of a number");
}

struct expression *parser_function(struct parser *parser, enum operation operation, size_t from,
                                   struct expression *piped)
{
    struct expression *node = parser_node(parser, operation, from);
    if (piped != NULL) {
        parser_add(parser, node, piped);
    }
    bool arguments = parser_take(parser, "(");
    if (arguments && piped == NULL && take_operand(parser, node) == NULL) {
        return NULL;
    }
    if (arguments && !take_end(parser, "`)`")) {
        return NULL;
    }
    node->source = slice_part(parser->text, from, parser->at - from);
    if (operation == OPERATION_LENGTH) {
        check_length(parser, node);
        node->kinds = KIND_NUMBER | KIND_NOTHING;
    } else {
        node->kinds = node->first->kinds | KIND_NOTHING;
    }
    return parser_path_into(parser, node, from);
}
