#include "path_program.h"

#include "base/memory.h"
#include "scanner.h"
#include "utf8.h"

#include <stdlib.h>

/* Most paths need far less than an arena's usual block. */
#define PATH_BLOCK_SIZE 1024

enum type { TYPE_VALUE, TYPE_LOGICAL, TYPE_NODES };

/* RFC 9535, section 2.4: what the functions take and give. */
static const struct signature {
    const char *name;
    enum type result;
    size_t count;
    enum type parameters[2];
} signatures[] = {
    [FUNCTION_LENGTH] = {"length", TYPE_VALUE, 1, {TYPE_VALUE}},
    [FUNCTION_COUNT] = {"count", TYPE_VALUE, 1, {TYPE_NODES}},
    [FUNCTION_MATCH] = {"match", TYPE_LOGICAL, 2, {TYPE_VALUE, TYPE_VALUE}},
    [FUNCTION_SEARCH] = {"search", TYPE_LOGICAL, 2, {TYPE_VALUE, TYPE_VALUE}},
    [FUNCTION_VALUE] = {"value", TYPE_VALUE, 1, {TYPE_NODES}},
};

#define FUNCTIONS (sizeof(signatures) / sizeof(signatures[0]))

static struct expression *compile_chain(struct scanner *scanner, enum expression_kind kind);
static bool compile_query(struct scanner *scanner, struct query *query);

/* --- Filters --------------------------------------------------------------------------------- */

static struct expression *new_expression(struct scanner *scanner, enum expression_kind kind)
{
    struct expression *expression = arena_calloc(scanner->arena, 1, sizeof(*expression));
    expression->kind = kind;
    return expression;
}

static struct expression *new_literal(struct scanner *scanner, enum json_kind kind,
                                      struct slice text)
{
    struct expression *expression = new_expression(scanner, EXPRESSION_LITERAL);
    expression->literal = (struct json_value){.kind = kind, .text = text};
    return expression;
}

static const char *result_complaint(enum type wanted)
{
    switch (wanted) {
    case TYPE_VALUE:
        return "a value is wanted here: a literal, a path that selects one node at most, or "
               "length(), count() or value()";
    case TYPE_NODES:
        return "a path is wanted here";
    case TYPE_LOGICAL:
        break;
    }
    return "a condition is wanted here: compare the value with something";
}

/* Whether an operand is of the type that its place wants (RFC 9535, section 2.4.3). */
static bool check_type(struct scanner *scanner, const struct expression *operand, enum type wanted,
                       size_t place)
{
    bool fits = false;
    switch (operand->kind) {
    case EXPRESSION_LITERAL:
        fits = wanted == TYPE_VALUE;
        break;
    case EXPRESSION_QUERY:
        fits = wanted != TYPE_VALUE || operand->query.singular;
        break;
    case EXPRESSION_FUNCTION:
        fits = wanted == signatures[operand->function].result;
        break;
    case EXPRESSION_OR:
    case EXPRESSION_AND:
    case EXPRESSION_NOT:
    case EXPRESSION_COMPARISON:
        fits = wanted == TYPE_LOGICAL;
        break;
    }
    return fits || scanner_fail(scanner, place, result_complaint(wanted));
}

/* `@…` or `$…` */
static struct expression *compile_query_operand(struct scanner *scanner)
{
    struct expression *expression = new_expression(scanner, EXPRESSION_QUERY);
    expression->query.from_root = scanner_peek(scanner) == '$';
    scanner->at++;
    return compile_query(scanner, &expression->query) ? expression : NULL;
}

static struct expression *compile_operand(struct scanner *scanner);

static bool fail_unknown_function(struct scanner *scanner, size_t place, struct slice name)
{
    const char *names[FUNCTIONS];
    for (size_t i = 0; i < FUNCTIONS; i++) {
        names[i] = signatures[i].name;
    }
    const char *nearest = error_nearest(name, names, FUNCTIONS);
    scanner->at = place;
    if (nearest != NULL) {
        error_set(scanner->error, "unknown function; the nearest known is %s()", nearest);
    } else {
        error_set(scanner->error, "unknown function; there are length(), count(), match(), "
                                  "search() and value()");
    }
    return false;
}

static bool find_function(struct scanner *scanner, size_t place, struct slice name,
                          enum function *ret_function)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (slice_equal(slice_of(signatures[i].name), name)) {
            *ret_function = (enum function)i;
            return true;
        }
    }
    return fail_unknown_function(scanner, place, name);
}

/* The pattern of match() or search(), when it is a literal, is compiled once, and here is where its
 * errors are told. (One that comes with the message and is none matches nothing, as the RFC has it.) */
static bool compile_pattern(struct scanner *scanner, struct expression *call, size_t place)
{
    const struct json_value *pattern = &call->operands->next->literal;
    if (call->operands->next->kind != EXPRESSION_LITERAL || pattern->kind != JSON_STRING) {
        return true;
    }
    enum regex_scope scope = call->function == FUNCTION_MATCH ? REGEX_WHOLE : REGEX_ANYWHERE;
    size_t wrong = 0;
    if (regexp_compile(pattern->text, scope, scanner->arena, &call->regex, &wrong,
                       scanner->error) != REGEXP_READY) {
        error_prefix(scanner->error, "in the regular expression, at character %zu",
                     slice_length(slice_part(pattern->text, 0, wrong)) + 1);
        scanner->at = place;
        return false;
    }
    return true;
}

/* The arguments, from behind the parenthesis to behind the one that closes. */
static bool compile_arguments(struct scanner *scanner, struct expression *call)
{
    const struct signature *signature = &signatures[call->function];
    struct expression **link = &call->operands;
    size_t place = scanner->at;
    for (size_t i = 0; i < signature->count; i++) {
        scanner_skip_blanks(scanner);
        if (i > 0 && !scanner_expect(scanner, SLICE(","), "another argument is expected here")) {
            return false;
        }
        scanner_skip_blanks(scanner);
        place = scanner->at;
        *link = compile_operand(scanner);
        if (*link == NULL || !check_type(scanner, *link, signature->parameters[i], place)) {
            return false;
        }
        link = &(*link)->next;
    }
    scanner_skip_blanks(scanner);
    if (!scanner_expect(scanner, SLICE(")"), "')' is expected here")) {
        return false;
    }
    bool has_pattern = call->function == FUNCTION_MATCH || call->function == FUNCTION_SEARCH;
    return !has_pattern || compile_pattern(scanner, call, place);
}

static struct expression *compile_call(struct scanner *scanner, size_t place, struct slice name)
{
    struct expression *call = new_expression(scanner, EXPRESSION_FUNCTION);
    if (!find_function(scanner, place, name, &call->function) || !scanner_enter(scanner) ||
        !compile_arguments(scanner, call)) {
        return NULL;
    }
    scanner_leave(scanner);
    return call;
}

/* true, false, null, or a function call. */
static struct expression *compile_word(struct scanner *scanner)
{
    size_t place = scanner->at;
    struct slice word = scanner_name(scanner);
    if (scanner_take(scanner, SLICE("("))) {
        return compile_call(scanner, place, word);
    }
    if (slice_equal(word, SLICE("true"))) {
        return new_literal(scanner, JSON_TRUE, word);
    }
    if (slice_equal(word, SLICE("false"))) {
        return new_literal(scanner, JSON_FALSE, word);
    }
    if (slice_equal(word, SLICE("null"))) {
        return new_literal(scanner, JSON_NULL, word);
    }
    (void)scanner_fail(scanner, place,
                       "a path ('@' or '$'), a string in quotes, a number, true, false, null or a "
                       "function is expected here");
    return NULL;
}

/* A path, a literal or a call: what can be compared, tested or handed to a function. */
static struct expression *compile_operand(struct scanner *scanner)
{
    char byte = scanner_peek(scanner);
    if (byte == '@' || byte == '$') {
        return compile_query_operand(scanner);
    }
    struct slice text;
    if (byte == '"' || byte == '\'') {
        return scanner_string(scanner, &text) ? new_literal(scanner, JSON_STRING, text) : NULL;
    }
    if (byte == '-' || scanner_is_digit(byte)) {
        return scanner_number(scanner, &text) ? new_literal(scanner, JSON_NUMBER, text) : NULL;
    }
    return compile_word(scanner);
}

static bool take_comparison(struct scanner *scanner, enum comparison *ret_comparison)
{
    static const struct {
        struct slice sign;
        enum comparison comparison;
    } signs[] = {
        {SLICE("=="), COMPARISON_EQUAL},         {SLICE("!="), COMPARISON_NOT_EQUAL},
        {SLICE("<="), COMPARISON_LESS_OR_EQUAL}, {SLICE(">="), COMPARISON_GREATER_OR_EQUAL},
        {SLICE("<"), COMPARISON_LESS},           {SLICE(">"), COMPARISON_GREATER},
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (scanner_take(scanner, signs[i].sign)) {
            *ret_comparison = signs[i].comparison;
            return true;
        }
    }
    return false;
}

/* The right side of a comparison, and both types. */
static struct expression *compile_comparison(struct scanner *scanner, struct expression *left,
                                             size_t left_place, enum comparison comparison)
{
    if (!check_type(scanner, left, TYPE_VALUE, left_place)) {
        return NULL;
    }
    scanner_skip_blanks(scanner);
    size_t place = scanner->at;
    struct expression *right = compile_operand(scanner);
    if (right == NULL || !check_type(scanner, right, TYPE_VALUE, place)) {
        return NULL;
    }
    struct expression *expression = new_expression(scanner, EXPRESSION_COMPARISON);
    expression->comparison = comparison;
    expression->operands = left;
    left->next = right;
    return expression;
}

/* Whether a path selects anything, a call that is true or false, or a comparison. Only the first two
 * may stand behind `!`. */
static struct expression *compile_test(struct scanner *scanner, bool negated)
{
    size_t place = scanner->at;
    struct expression *operand = compile_operand(scanner);
    if (operand == NULL) {
        return NULL;
    }
    size_t end = scanner->at;
    enum comparison comparison;
    scanner_skip_blanks(scanner);
    if (take_comparison(scanner, &comparison)) {
        if (negated) {
            (void)scanner_fail(scanner, place,
                               "'!' before a comparison needs parentheses around it");
            return NULL;
        }
        return compile_comparison(scanner, operand, place, comparison);
    }
    scanner->at = end;
    return check_type(scanner, operand, TYPE_LOGICAL, place) ? operand : NULL;
}

static struct expression *compile_parentheses(struct scanner *scanner)
{
    if (!scanner_enter(scanner)) {
        return NULL;
    }
    scanner->at++;
    scanner_skip_blanks(scanner);
    struct expression *expression = compile_chain(scanner, EXPRESSION_OR);
    if (expression == NULL) {
        return NULL;
    }
    scanner_skip_blanks(scanner);
    if (!scanner_expect(scanner, SLICE(")"), "')' is expected here")) {
        return NULL;
    }
    scanner_leave(scanner);
    return expression;
}

static struct expression *compile_basic(struct scanner *scanner)
{
    bool negated = scanner_take(scanner, SLICE("!"));
    if (negated) {
        scanner_skip_blanks(scanner);
    }
    struct expression *expression = scanner_peek(scanner) == '(' ? compile_parentheses(scanner)
                                                                 : compile_test(scanner, negated);
    if (expression == NULL || !negated) {
        return expression;
    }
    struct expression *negation = new_expression(scanner, EXPRESSION_NOT);
    negation->operands = expression;
    return negation;
}

/* Operands between `||`, each of them operands between `&&`. */
static struct expression *compile_chain(struct scanner *scanner, enum expression_kind kind)
{
    bool or = kind == EXPRESSION_OR;
    struct expression *chain = new_expression(scanner, kind);
    struct expression **link = &chain->operands;
    size_t end;
    do {
        scanner_skip_blanks(scanner);
        *link = or ? compile_chain(scanner, EXPRESSION_AND) : compile_basic(scanner);
        if (*link == NULL) {
            return NULL;
        }
        link = &(*link)->next;
        end = scanner->at;
        scanner_skip_blanks(scanner);
    } while (scanner_take(scanner, or ? SLICE("||") : SLICE("&&")));
    scanner->at = end;
    return chain->operands->next == NULL ? chain->operands : chain;
}

/* --- Segments -------------------------------------------------------------------------------- */

static bool compile_filter(struct scanner *scanner, struct selector *selector)
{
    scanner->at++;
    if (!scanner_enter(scanner)) {
        return false;
    }
    selector->kind = SELECTOR_FILTER;
    selector->filter = compile_chain(scanner, EXPRESSION_OR);
    scanner_leave(scanner);
    return selector->filter != NULL;
}

static bool compile_bound(struct scanner *scanner, struct path_bound *bound)
{
    bound->given = scanner_peek(scanner) == '-' || scanner_is_digit(scanner_peek(scanner));
    return !bound->given || scanner_integer(scanner, &bound->value);
}

/* An index, or start:end:step, all three optional. */
static bool compile_slice(struct scanner *scanner, struct selector *selector)
{
    if (!compile_bound(scanner, &selector->start)) {
        return false;
    }
    scanner_skip_blanks(scanner);
    selector->kind = SELECTOR_INDEX;
    if (!scanner_take(scanner, SLICE(":"))) {
        return true;
    }
    selector->kind = SELECTOR_SLICE;
    scanner_skip_blanks(scanner);
    if (!compile_bound(scanner, &selector->end)) {
        return false;
    }
    scanner_skip_blanks(scanner);
    if (!scanner_take(scanner, SLICE(":"))) {
        return true;
    }
    scanner_skip_blanks(scanner);
    return compile_bound(scanner, &selector->step);
}

static bool compile_selector(struct scanner *scanner, struct selector *selector)
{
    char byte = scanner_peek(scanner);
    if (byte == '"' || byte == '\'') {
        selector->kind = SELECTOR_NAME;
        return scanner_string(scanner, &selector->name);
    }
    if (scanner_take(scanner, SLICE("*"))) {
        selector->kind = SELECTOR_WILDCARD;
        return true;
    }
    if (byte == '?') {
        return compile_filter(scanner, selector);
    }
    if (byte == '-' || byte == ':' || scanner_is_digit(byte)) {
        return compile_slice(scanner, selector);
    }
    return scanner_fail(scanner, scanner->at,
                        "a name in quotes, an index, a slice, '*' or a filter ('?') is expected "
                        "here");
}

static struct selector *new_selector(struct scanner *scanner)
{
    return arena_calloc(scanner->arena, 1, sizeof(struct selector));
}

/* What stands behind an opening bracket. */
static bool compile_brackets(struct scanner *scanner, struct segment *segment)
{
    struct selector **link = &segment->selectors;
    do {
        scanner_skip_blanks(scanner);
        *link = new_selector(scanner);
        if (!compile_selector(scanner, *link)) {
            return false;
        }
        link = &(*link)->next;
        scanner_skip_blanks(scanner);
    } while (scanner_take(scanner, SLICE(",")));
    return scanner_expect(scanner, SLICE("]"), "',' or ']' is expected here");
}

/* What stands behind a dot. */
static bool compile_shorthand(struct scanner *scanner, struct segment *segment)
{
    struct selector *selector = new_selector(scanner);
    segment->selectors = selector;
    if (scanner_take(scanner, SLICE("*"))) {
        selector->kind = SELECTOR_WILDCARD;
        return true;
    }
    selector->kind = SELECTOR_NAME;
    selector->name = scanner_name(scanner);
    return selector->name.size > 0 ||
           scanner_fail(scanner, scanner->at, "a name or '*' is expected behind the dot");
}

static bool compile_segment(struct scanner *scanner, struct segment *segment)
{
    segment->descendants = scanner_take(scanner, SLICE(".."));
    bool dotted = !segment->descendants && scanner_take(scanner, SLICE("."));
    bool compiled = !dotted && scanner_take(scanner, SLICE("["))
                        ? compile_brackets(scanner, segment)
                        : compile_shorthand(scanner, segment);
    if (!compiled) {
        return false;
    }
    const struct selector *selector = segment->selectors;
    segment->single = !segment->descendants && selector->next == NULL &&
                      (selector->kind == SELECTOR_NAME || selector->kind == SELECTOR_INDEX);
    return true;
}

/* All segments that follow, to the last; blanks behind it are not the path's. */
static bool compile_query(struct scanner *scanner, struct query *query)
{
    struct segment **link = &query->segments;
    query->singular = true;
    for (;;) {
        size_t end = scanner->at;
        scanner_skip_blanks(scanner);
        if (scanner_peek(scanner) != '.' && scanner_peek(scanner) != '[') {
            scanner->at = end;
            return true;
        }
        *link = arena_calloc(scanner->arena, 1, sizeof(struct segment));
        if (!compile_segment(scanner, *link)) {
            return false;
        }
        query->singular = query->singular && (*link)->single;
        link = &(*link)->next;
    }
}

struct json_path *json_path_compile(struct slice text, size_t *ret_size, struct error *error)
{
    size_t valid = utf8_valid_size(text);
    if (valid < text.size) {
        *ret_size = valid;
        error_set(error, "not valid UTF-8");
        return NULL;
    }
    struct json_path *path = memory_new(1, sizeof(*path));
    arena_init(&path->arena, PATH_BLOCK_SIZE);
    struct scanner scanner = {
        .text = arena_copy(&path->arena, text), /* so that names may point into it */
        .nesting_max = PATH_NESTING_MAX,
        .arena = &path->arena,
        .error = error,
    };
    bool compiled = compile_query(&scanner, &path->query);
    *ret_size = scanner.at;
    if (!compiled) {
        json_path_free(path);
        return NULL;
    }
    return path;
}

void json_path_free(struct json_path *path)
{
    if (path != NULL) {
        arena_done(&path->arena);
        free(path);
    }
}

bool json_path_is_singular(const struct json_path *path)
{
    return path->query.singular;
}
