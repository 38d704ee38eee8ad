/* The grammar of expressions, from the loosest operator to the tightest:
 *
 *     ||   &&   == != < <= > >= in   |   ??   operands
 *
 * Each function reads one level. NULL after a syntax error. */
#include "kinds.h"
#include "parser.h"

/* Whether the operand, the last one of the alternatives, could ever be taken. */
static void check_reached(struct parser *parser, const struct expression *alternatives,
                          const struct expression *operand)
{
    const struct expression *before = alternatives->first;
    while (before->next != operand && !kinds_always_present(before)) {
        before = before->next;
    }
    if (kinds_always_present(before)) {
        parser_warning(parser, parser_offset(parser, operand->source), operand->source.size,
                       "leave it out, or put it first",
                       "this is never taken: what stands before it is always there");
    }
}

/* operand ?? operand ?? … */
static struct expression *alternatives(struct parser *parser)
{
    parser_skip_blanks(parser);
    size_t from = parser->at;
    struct expression *operand = parser_operand(parser);
    if (operand == NULL || !parser_sees(parser, "??")) {
        return operand;
    }
    struct expression *node = parser_node(parser, OPERATION_COALESCE, from);
    parser_need_value(parser, operand);
    parser_add(parser, node, operand);
    node->may_be_list = operand->may_be_list;
    while (parser_take(parser, "??")) {
        parser_skip_blanks(parser);
        operand = parser_operand(parser);
        if (operand == NULL) {
            return NULL;
        }
        parser_need_value(parser, operand);
        parser_add(parser, node, operand);
        check_reached(parser, node, operand);
        node->may_be_list = node->may_be_list || operand->may_be_list;
    }
    node->kinds = kinds_of_alternatives(node);
    return node;
}

/* A call as an operand is one level deeper by itself; behind a pipe its arguments are. */
static struct expression *piped_call(struct parser *parser, struct slice name, size_t from,
                                     struct expression *piped)
{
    if (!parser_enter(parser)) {
        return NULL;
    }
    struct expression *call = parser_call(parser, name, from, piped);
    parser_leave(parser);
    return call;
}

/* Only alternatives that are all known at once make sense of `??`: (a | f) ?? b. */
static struct expression *misplaced_alternative(struct parser *parser)
{
    return parser_expected(parser, "`|`, or the end",
                           "put what stands before ?? in parentheses: ($.a | trim) ?? $.b");
}

struct expression *parser_value(struct parser *parser)
{
    parser_skip_blanks(parser);
    size_t from = parser->at;
    struct expression *node = alternatives(parser);
    bool piped = false;
    while (node != NULL && parser_take(parser, "|")) {
        piped = true;
        parser_need_value(parser, node);
        parser_skip_blanks(parser);
        struct slice name = parser_take_name(parser);
        if (name.size == 0) {
            return parser_mistaken(parser, "the name of a transform", MISTAKE_NAME);
        }
        node = piped_call(parser, name, from, node);
    }
    if (node != NULL && piped && parser_sees(parser, "??")) {
        return misplaced_alternative(parser);
    }
    return node;
}

/* ! binds to what stands right behind it: a condition in parentheses, or a question. */
static struct expression *negation(struct parser *parser)
{
    parser_skip_blanks(parser);
    size_t from = parser->at;
    if (!parser_take(parser, "!")) {
        return parser_comparison(parser);
    }
    if (!parser_enter(parser)) {
        return NULL;
    }
    parser_skip_blanks(parser);
    struct expression *operand =
        parser_sees(parser, "!") ? negation(parser) : parser_operand(parser);
    parser_leave(parser);
    if (operand == NULL) {
        return NULL;
    }
    if (!operand->is_condition) {
        parser_error_in(parser, operand, "write !(… == …), or !present(…)",
                        "! takes a condition in parentheses, or a question");
        return NULL;
    }
    struct expression *node = parser_node(parser, OPERATION_NOT, from);
    parser_add(parser, node, operand);
    return node;
}

/* Whether a part may stand beside || or &&. Values there were mostly meant for something else. */
static bool check_chained(struct parser *parser, const struct expression *part,
                          enum operation operation)
{
    if (!part->is_condition) {
        parser_error_in(parser, part,
                        operation == OPERATION_OR
                            ? "compare it (… == true), or ask with present(…); of values, ?? takes "
                              "the first that is there"
                            : "compare it (… == true), or ask with present(…) or exists(…)",
                        "a condition was expected, and this is a value");
    }
    return part->is_condition;
}

/* Reads `next token next token …`, each a condition; a single one is whatever it is. */
static struct expression *chain(struct parser *parser, const char *token, enum operation operation,
                                struct expression *(*next)(struct parser *parser))
{
    parser_skip_blanks(parser);
    size_t from = parser->at;
    struct expression *part = next(parser);
    if (part == NULL || !parser_sees(parser, token)) {
        return part;
    }
    struct expression *node = parser_node(parser, operation, from);
    if (!check_chained(parser, part, operation)) {
        return NULL;
    }
    parser_add(parser, node, part);
    while (parser_take(parser, token)) {
        part = next(parser);
        if (part == NULL || !check_chained(parser, part, operation)) {
            return NULL;
        }
        parser_add(parser, node, part);
    }
    return node;
}

static struct expression *conjunction(struct parser *parser)
{
    return chain(parser, "&&", OPERATION_AND, negation);
}

struct expression *parser_expression(struct parser *parser)
{
    return chain(parser, "||", OPERATION_OR, conjunction);
}
