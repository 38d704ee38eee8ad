/* Comparisons, and what can be told of them by the kinds of what they compare. */
#include "kinds.h"
#include "parser.h"

#include "base/decimal.h"

#define HINT_MAX 60 /* bytes of a literal in a hint */

struct comparison_token {
    const char *token;
    enum comparison comparison;
};

static const struct comparison_token comparisons[] = {
    {"==", COMPARISON_EQUAL},      {"!=", COMPARISON_NOT_EQUAL}, {"<", COMPARISON_LESS},
    {"<=", COMPARISON_LESS_EQUAL}, {">", COMPARISON_GREATER},    {">=", COMPARISON_GREATER_EQUAL},
};

static bool is_number(struct slice text, struct arena *arena)
{
    struct decimal decimal;
    return decimal_parse(text, arena, &decimal);
}

/* What to do about a literal that is of another kind than what it is compared with. */
static void literal_hint(const struct json_value *literal, unsigned other, struct arena *arena,
                         struct error *ret_hint)
{
    struct slice text = slice_part(literal->text, 0, HINT_MAX);
    if (literal->kind == JSON_NULL) {
        error_set(ret_hint, "what is missing is not null: exists(…) or present(…) asks for it");
    } else if (literal->kind == JSON_STRING && (other & KIND_NUMBER) != 0 &&
               text.size == literal->text.size && is_number(text, arena)) {
        error_set(ret_hint, "without quotes it is a number: %.*s", SLICE_PRINT(text));
    } else if (literal->kind == JSON_NUMBER && (other & KIND_TEXT) != 0) {
        error_set(ret_hint, "… | decimal makes a number of a text; '%.*s' in quotes is a text",
                  SLICE_PRINT(text));
    } else if ((literal->kind == JSON_TRUE || literal->kind == JSON_FALSE) &&
               (other & KIND_TEXT) != 0) {
        error_set(ret_hint, "in quotes it is a text: '%s'",
                  literal->kind == JSON_TRUE ? "true" : "false");
    }
}

static void mismatch_hint(struct parser *parser, const struct expression *left,
                          const struct expression *right, struct error *ret_hint)
{
    struct arena *arena = &parser->scope->pool->arena;
    error_set(ret_hint, "values of different kinds are never equal, nor less or greater");
    if ((left->kinds & right->kinds & ~(unsigned)KIND_NOTHING) != 0) {
        error_set(ret_hint, "only numbers and texts are less or greater than others");
    } else if (right->operation == OPERATION_LITERAL) {
        literal_hint(right->literal, left->kinds, arena, ret_hint);
    } else if (left->operation == OPERATION_LITERAL) {
        literal_hint(left->literal, right->kinds, arena, ret_hint);
    }
}

/* An error for a comparison whose outcome is known: `part` is what is underlined. */
static bool check_kinds(struct parser *parser, const struct expression *part,
                        enum comparison comparison, const struct expression *left,
                        const struct expression *right)
{
    if (kinds_compare(comparison, left->kinds, right->kinds)) {
        return true;
    }
    struct error left_text;
    struct error right_text;
    struct error hint;
    kinds_write(left->kinds, &left_text);
    kinds_write(right->kinds, &right_text);
    mismatch_hint(parser, left, right, &hint);
    parser_error_in(parser, part, hint.text, "%s is compared with %s: that %s holds",
                    left_text.text, right_text.text,
                    comparison == COMPARISON_NOT_EQUAL ? "always" : "never");
    return false;
}

/* A path in quotes is a text, and nobody compares with such a one. */
static void check_text(struct parser *parser, const struct expression *operand)
{
    if (operand->operation == OPERATION_LITERAL && mistake_is_path(operand->literal->text)) {
        parser_error_in(parser, operand, "a path stands without quotes: $.status == 'paid'",
                        "this path is in quotes, which make it a text");
    }
}

/* … in [a, b, c] */
static struct expression *membership(struct parser *parser, struct expression *left, size_t from)
{
    if (!parser_take(parser, "[")) {
        return parser_expected(parser, "`[`", "in takes a list: $.status in ['paid', 'shipped']");
    }
    struct expression *node = parser_node(parser, OPERATION_IN, from);
    bool fine = true;
    parser_need_single(parser, left, "in");
    check_text(parser, left);
    parser_add(parser, node, left);
    do {
        struct expression *member = parser_value(parser);
        if (member == NULL) {
            return NULL;
        }
        parser_need_single(parser, member, "in");
        fine = check_kinds(parser, member, COMPARISON_EQUAL, left, member) && fine;
        parser_add(parser, node, member);
    } while (parser_take(parser, ","));
    if (!parser_take(parser, "]")) {
        return parser_mistaken(parser, "`,` or `]`", MISTAKE_BEHIND);
    }
    node->source = slice_part(parser->text, from, parser->at - from);
    if (fine) {
        parser_need_message(parser, node);
    }
    return node;
}

static const struct comparison_token *take_comparison(struct parser *parser)
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        if (parser_take(parser, comparisons[i].token)) {
            return &comparisons[i];
        }
    }
    return NULL;
}

static bool take_in(struct parser *parser)
{
    size_t at = parser->at;
    parser_skip_blanks(parser);
    if (slice_equal(parser_take_name(parser), SLICE("in"))) {
        return true;
    }
    parser->at = at;
    return false;
}

struct expression *parser_comparison(struct parser *parser)
{
    parser_skip_blanks(parser);
    size_t from = parser->at;
    struct expression *left = parser_value(parser);
    if (left == NULL) {
        return NULL;
    }
    if (take_in(parser)) {
        return membership(parser, left, from);
    }
    const struct comparison_token *token = take_comparison(parser);
    if (token == NULL) {
        return left;
    }
    struct expression *right = parser_value(parser);
    if (right == NULL) {
        return NULL;
    }
    struct expression *node = parser_node(parser, OPERATION_COMPARE, from);
    node->comparison = token->comparison;
    parser_need_single(parser, left, "a comparison");
    parser_need_single(parser, right, "a comparison");
    parser_add(parser, node, left);
    parser_add(parser, node, right);
    check_text(parser, left);
    check_text(parser, right);
    if (check_kinds(parser, node, token->comparison, left, right)) {
        parser_need_message(parser, node);
    }
    return node;
}
