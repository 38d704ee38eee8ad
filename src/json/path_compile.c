#include "path_program.h"

#include "base/memory.h"
#include "utf8.h"

#include <stdlib.h>

/* What integers of a path must lie within (I-JSON's). */
#define INTEGER_MAX ((1LL << 53) - 1)

struct compiler {
    struct slice text; /* the path's own copy, so that names may point into it */
    size_t at;
    size_t nesting;
    struct arena *arena;
    struct error *error;
};

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

#define FUNCTION_COUNT_ALL (sizeof(signatures) / sizeof(signatures[0]))

static struct expression *compile_chain(struct compiler *compiler, enum expression_kind kind);
static bool compile_query(struct compiler *compiler, struct query *query);

/* Fails with the place of the error. */
static bool fail(struct compiler *compiler, size_t place, const char *message)
{
    compiler->at = place;
    error_set(compiler->error, "%s", message);
    return false;
}

static bool at_end(const struct compiler *compiler)
{
    return compiler->at >= compiler->text.size;
}

/* The byte at hand; 0 at the end. */
static char peek(const struct compiler *compiler)
{
    return at_end(compiler) ? '\0' : compiler->text.data[compiler->at];
}

static struct slice rest_of(const struct compiler *compiler)
{
    return slice_part(compiler->text, compiler->at, SIZE_MAX);
}

static bool take(struct compiler *compiler, struct slice sign)
{
    if (!slice_starts_with(rest_of(compiler), sign)) {
        return false;
    }
    compiler->at += sign.size;
    return true;
}

static void skip_blanks(struct compiler *compiler)
{
    char byte = peek(compiler);
    while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
        compiler->at++;
        byte = peek(compiler);
    }
}

static bool enter(struct compiler *compiler)
{
    if (compiler->nesting == PATH_NESTING_MAX) {
        return fail(compiler, compiler->at, "nested too deeply");
    }
    compiler->nesting++;
    return true;
}

static void leave(struct compiler *compiler)
{
    compiler->nesting--;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_name_start(char byte)
{
    char lower = (char)(byte | 0x20);
    return (unsigned char)byte >= 0x80 || byte == '_' || (lower >= 'a' && lower <= 'z');
}

/* A name without quotes, as it stands behind a dot; empty when there is none. */
static struct slice take_name(struct compiler *compiler)
{
    struct slice rest = rest_of(compiler);
    size_t size = 0;
    while (size < rest.size &&
           (is_name_start(rest.data[size]) || (size > 0 && is_digit(rest.data[size])))) {
        size++;
    }
    compiler->at += size;
    return slice_part(rest, 0, size);
}

/* Digits without a leading zero, behind an optional minus. */
static bool skip_integer(struct compiler *compiler)
{
    (void)take(compiler, SLICE("-"));
    size_t start = compiler->at;
    while (is_digit(peek(compiler))) {
        compiler->at++;
    }
    if (compiler->at == start) {
        return fail(compiler, start, "a digit is expected here");
    }
    if (compiler->text.data[start] == '0' && compiler->at > start + 1) {
        return fail(compiler, start, "a number has no leading zeros");
    }
    return true;
}

static bool compile_integer(struct compiler *compiler, int64_t *ret_integer)
{
    size_t start = compiler->at;
    if (!skip_integer(compiler)) {
        return false;
    }
    struct slice digits = slice_part(compiler->text, start, compiler->at - start);
    if (slice_equal(digits, SLICE("-0"))) {
        return fail(compiler, start, "-0 is no index");
    }
    int64_t integer = 0;
    bool negative = digits.data[0] == '-';
    for (size_t i = negative ? 1 : 0; i < digits.size; i++) {
        integer = integer * 10 + (digits.data[i] - '0');
        if (integer > INTEGER_MAX) {
            return fail(compiler, start, "an integer beyond 2^53 - 1");
        }
    }
    *ret_integer = negative ? -integer : integer;
    return true;
}

/* The second half of a code point that an escape has begun. */
static bool decode_surrogate(struct compiler *compiler, size_t place, uint32_t *code_point)
{
    uint32_t low = 0;
    if (!utf8_is_high_surrogate(*code_point) || !utf8_read_escape(rest_of(compiler), &low) ||
        !utf8_is_low_surrogate(low)) {
        return fail(compiler, place, "a surrogate without its partner");
    }
    compiler->at += 6;
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static bool decode_unicode_escape(struct compiler *compiler, uint32_t *ret_code_point)
{
    size_t place = compiler->at;
    uint32_t code_point = 0;
    if (!utf8_read_escape(rest_of(compiler), &code_point)) {
        return fail(compiler, place, "four hex digits are expected behind \\u");
    }
    compiler->at += 6;
    if ((utf8_is_high_surrogate(code_point) || utf8_is_low_surrogate(code_point)) &&
        !decode_surrogate(compiler, place, &code_point)) {
        return false;
    }
    *ret_code_point = code_point;
    return true;
}

/* A backslash and what it escapes. Only the quote at hand may be escaped, not the other. */
static bool decode_escape(struct compiler *compiler, char quote, uint32_t *ret_code_point)
{
    static const char letters[] = "bfnrt/\\";
    static const char meanings[] = "\b\f\n\r\t/\\";
    struct slice escape = slice_part(compiler->text, compiler->at, 2);
    char letter = escape.size == 2 ? escape.data[1] : '\0';
    if (letter == 'u') {
        return decode_unicode_escape(compiler, ret_code_point);
    }
    const char *known = letter == '\0' ? NULL : strchr(letters, letter);
    if (known == NULL && letter != quote) {
        return fail(compiler, compiler->at, "an unknown escape");
    }
    *ret_code_point = (unsigned char)(known == NULL ? quote : meanings[known - letters]);
    compiler->at += 2;
    return true;
}

/* A string in either quotes; `place` of an error within is where it stands. */
static bool compile_string(struct compiler *compiler, struct slice *ret_string)
{
    size_t start = compiler->at;
    char quote = peek(compiler);
    char *decoded = arena_alloc(compiler->arena, compiler->text.size - start);
    size_t size = 0;
    compiler->at++;
    while (!at_end(compiler) && peek(compiler) != quote) {
        uint32_t code_point = (unsigned char)peek(compiler);
        if (code_point < 0x20) {
            return fail(compiler, compiler->at, "a control character: write it as an escape");
        }
        if (code_point == '\\') {
            if (!decode_escape(compiler, quote, &code_point)) {
                return false;
            }
            size += utf8_encode(code_point, decoded + size);
        } else {
            decoded[size++] = peek(compiler);
            compiler->at++;
        }
    }
    if (at_end(compiler)) {
        return fail(compiler, start, "this quote is never closed");
    }
    compiler->at++;
    *ret_string = (struct slice){decoded, size};
    return true;
}

/* --- Filters --------------------------------------------------------------------------------- */

static struct expression *new_expression(struct compiler *compiler, enum expression_kind kind)
{
    struct expression *expression = arena_calloc(compiler->arena, 1, sizeof(*expression));
    expression->kind = kind;
    return expression;
}

static struct expression *new_literal(struct compiler *compiler, enum json_kind kind,
                                      struct slice text)
{
    struct expression *expression = new_expression(compiler, EXPRESSION_LITERAL);
    expression->literal = (struct json_value){.kind = kind, .text = text};
    return expression;
}

/* Digits behind a point or an exponent's sign. */
static bool skip_digits(struct compiler *compiler)
{
    size_t start = compiler->at;
    while (is_digit(peek(compiler))) {
        compiler->at++;
    }
    return compiler->at > start || fail(compiler, start, "a digit is expected here");
}

static struct expression *compile_number(struct compiler *compiler)
{
    size_t start = compiler->at;
    if (!skip_integer(compiler)) {
        return NULL;
    }
    if (take(compiler, SLICE(".")) && !skip_digits(compiler)) {
        return NULL;
    }
    if (take(compiler, SLICE("e")) || take(compiler, SLICE("E"))) {
        if (!take(compiler, SLICE("-"))) {
            (void)take(compiler, SLICE("+"));
        }
        if (!skip_digits(compiler)) {
            return NULL;
        }
    }
    return new_literal(compiler, JSON_NUMBER,
                       slice_part(compiler->text, start, compiler->at - start));
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
static bool check_type(struct compiler *compiler, const struct expression *operand,
                       enum type wanted, size_t place)
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
    return fits || fail(compiler, place, result_complaint(wanted));
}

/* `@…` or `$…` */
static struct expression *compile_query_operand(struct compiler *compiler)
{
    struct expression *expression = new_expression(compiler, EXPRESSION_QUERY);
    expression->query.from_root = peek(compiler) == '$';
    compiler->at++;
    return compile_query(compiler, &expression->query) ? expression : NULL;
}

static struct expression *compile_operand(struct compiler *compiler);

static bool fail_unknown_function(struct compiler *compiler, size_t place, struct slice name)
{
    const char *names[FUNCTION_COUNT_ALL];
    for (size_t i = 0; i < FUNCTION_COUNT_ALL; i++) {
        names[i] = signatures[i].name;
    }
    const char *nearest = error_nearest(name, names, FUNCTION_COUNT_ALL);
    compiler->at = place;
    if (nearest != NULL) {
        error_set(compiler->error, "unknown function; the nearest known is %s()", nearest);
    } else {
        error_set(compiler->error, "unknown function; there are length(), count(), match(), "
                                   "search() and value()");
    }
    return false;
}

static bool find_function(struct compiler *compiler, size_t place, struct slice name,
                          enum function *ret_function)
{
    for (size_t i = 0; i < FUNCTION_COUNT_ALL; i++) {
        if (slice_equal(slice_of(signatures[i].name), name)) {
            *ret_function = (enum function)i;
            return true;
        }
    }
    return fail_unknown_function(compiler, place, name);
}

/* The pattern of match() or search(), when it is a literal, is compiled once, and here is where its
 * errors are told. (One that comes with the message and is none matches nothing, as the RFC has it.) */
static bool compile_pattern(struct compiler *compiler, struct expression *call, size_t place)
{
    const struct json_value *pattern = &call->operands->next->literal;
    if (call->operands->next->kind != EXPRESSION_LITERAL || pattern->kind != JSON_STRING) {
        return true;
    }
    enum regexp_scope scope = call->function == FUNCTION_MATCH ? REGEXP_WHOLE : REGEXP_ANYWHERE;
    size_t wrong = 0;
    call->regexp = regexp_compile(pattern->text, scope, compiler->arena, &wrong, compiler->error);
    if (call->regexp == NULL) {
        error_prefix(compiler->error, "in the regular expression, at character %zu",
                     slice_length(slice_part(pattern->text, 0, wrong)) + 1);
        compiler->at = place;
        return false;
    }
    return true;
}

/* The arguments, from behind the parenthesis to behind the one that closes. */
static bool compile_arguments(struct compiler *compiler, struct expression *call)
{
    const struct signature *signature = &signatures[call->function];
    struct expression **link = &call->operands;
    size_t place = compiler->at;
    for (size_t i = 0; i < signature->count; i++) {
        skip_blanks(compiler);
        if (i > 0 && !take(compiler, SLICE(","))) {
            return fail(compiler, compiler->at, "',' and another argument are expected here");
        }
        skip_blanks(compiler);
        place = compiler->at;
        *link = compile_operand(compiler);
        if (*link == NULL || !check_type(compiler, *link, signature->parameters[i], place)) {
            return false;
        }
        link = &(*link)->next;
    }
    skip_blanks(compiler);
    if (!take(compiler, SLICE(")"))) {
        return fail(compiler, compiler->at, "')' is expected here");
    }
    bool has_pattern = call->function == FUNCTION_MATCH || call->function == FUNCTION_SEARCH;
    return !has_pattern || compile_pattern(compiler, call, place);
}

static struct expression *compile_call(struct compiler *compiler, size_t place, struct slice name)
{
    struct expression *call = new_expression(compiler, EXPRESSION_FUNCTION);
    if (!find_function(compiler, place, name, &call->function) || !enter(compiler) ||
        !compile_arguments(compiler, call)) {
        return NULL;
    }
    leave(compiler);
    return call;
}

/* true, false, null, or a function call. */
static struct expression *compile_word(struct compiler *compiler)
{
    size_t place = compiler->at;
    struct slice word = take_name(compiler);
    if (take(compiler, SLICE("("))) {
        return compile_call(compiler, place, word);
    }
    if (slice_equal(word, SLICE("true"))) {
        return new_literal(compiler, JSON_TRUE, word);
    }
    if (slice_equal(word, SLICE("false"))) {
        return new_literal(compiler, JSON_FALSE, word);
    }
    if (slice_equal(word, SLICE("null"))) {
        return new_literal(compiler, JSON_NULL, word);
    }
    (void)fail(
        compiler, place,
        "'@', '$', a string in quotes, a number, true, false, null or a function is expected "
        "here");
    return NULL;
}

/* A path, a literal or a call: what can be compared, tested or handed to a function. */
static struct expression *compile_operand(struct compiler *compiler)
{
    char byte = peek(compiler);
    if (byte == '@' || byte == '$') {
        return compile_query_operand(compiler);
    }
    if (byte == '"' || byte == '\'') {
        struct slice string;
        return compile_string(compiler, &string) ? new_literal(compiler, JSON_STRING, string)
                                                 : NULL;
    }
    return byte == '-' || is_digit(byte) ? compile_number(compiler) : compile_word(compiler);
}

static bool take_comparison(struct compiler *compiler, enum comparison *ret_comparison)
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
        if (take(compiler, signs[i].sign)) {
            *ret_comparison = signs[i].comparison;
            return true;
        }
    }
    return false;
}

/* The right side of a comparison, and both types. */
static struct expression *compile_comparison(struct compiler *compiler, struct expression *left,
                                             size_t left_place, enum comparison comparison)
{
    if (!check_type(compiler, left, TYPE_VALUE, left_place)) {
        return NULL;
    }
    skip_blanks(compiler);
    size_t place = compiler->at;
    struct expression *right = compile_operand(compiler);
    if (right == NULL || !check_type(compiler, right, TYPE_VALUE, place)) {
        return NULL;
    }
    struct expression *expression = new_expression(compiler, EXPRESSION_COMPARISON);
    expression->comparison = comparison;
    expression->operands = left;
    left->next = right;
    return expression;
}

/* Whether a path selects anything, a call that is true or false, or a comparison. Only the first two
 * may stand behind `!`. */
static struct expression *compile_test(struct compiler *compiler, bool negated)
{
    size_t place = compiler->at;
    struct expression *operand = compile_operand(compiler);
    if (operand == NULL) {
        return NULL;
    }
    size_t end = compiler->at;
    enum comparison comparison;
    skip_blanks(compiler);
    if (take_comparison(compiler, &comparison)) {
        if (negated) {
            (void)fail(compiler, place, "'!' before a comparison needs parentheses around it");
            return NULL;
        }
        return compile_comparison(compiler, operand, place, comparison);
    }
    compiler->at = end;
    return check_type(compiler, operand, TYPE_LOGICAL, place) ? operand : NULL;
}

static struct expression *compile_parentheses(struct compiler *compiler)
{
    if (!enter(compiler)) {
        return NULL;
    }
    compiler->at++;
    skip_blanks(compiler);
    struct expression *expression = compile_chain(compiler, EXPRESSION_OR);
    if (expression == NULL) {
        return NULL;
    }
    skip_blanks(compiler);
    if (!take(compiler, SLICE(")"))) {
        (void)fail(compiler, compiler->at, "')' is expected here");
        return NULL;
    }
    leave(compiler);
    return expression;
}

static struct expression *compile_basic(struct compiler *compiler)
{
    bool negated = take(compiler, SLICE("!"));
    if (negated) {
        skip_blanks(compiler);
    }
    struct expression *expression =
        peek(compiler) == '(' ? compile_parentheses(compiler) : compile_test(compiler, negated);
    if (expression == NULL || !negated) {
        return expression;
    }
    struct expression *negation = new_expression(compiler, EXPRESSION_NOT);
    negation->operands = expression;
    return negation;
}

/* Operands between `||`, each of them operands between `&&`. */
static struct expression *compile_chain(struct compiler *compiler, enum expression_kind kind)
{
    bool or = kind == EXPRESSION_OR;
    struct expression *chain = new_expression(compiler, kind);
    struct expression **link = &chain->operands;
    size_t end;
    do {
        skip_blanks(compiler);
        *link = or ? compile_chain(compiler, EXPRESSION_AND) : compile_basic(compiler);
        if (*link == NULL) {
            return NULL;
        }
        link = &(*link)->next;
        end = compiler->at;
        skip_blanks(compiler);
    } while (take(compiler, or ? SLICE("||") : SLICE("&&")));
    compiler->at = end;
    return chain->operands->next == NULL ? chain->operands : chain;
}

/* --- Segments -------------------------------------------------------------------------------- */

static bool compile_filter(struct compiler *compiler, struct selector *selector)
{
    compiler->at++;
    if (!enter(compiler)) {
        return false;
    }
    selector->kind = SELECTOR_FILTER;
    selector->filter = compile_chain(compiler, EXPRESSION_OR);
    leave(compiler);
    return selector->filter != NULL;
}

static bool compile_bound(struct compiler *compiler, struct path_bound *bound)
{
    bound->given = peek(compiler) == '-' || is_digit(peek(compiler));
    return !bound->given || compile_integer(compiler, &bound->value);
}

/* An index, or start:end:step, all three optional. */
static bool compile_slice(struct compiler *compiler, struct selector *selector)
{
    if (!compile_bound(compiler, &selector->start)) {
        return false;
    }
    skip_blanks(compiler);
    selector->kind = SELECTOR_INDEX;
    if (!take(compiler, SLICE(":"))) {
        return true;
    }
    selector->kind = SELECTOR_SLICE;
    skip_blanks(compiler);
    if (!compile_bound(compiler, &selector->end)) {
        return false;
    }
    skip_blanks(compiler);
    if (!take(compiler, SLICE(":"))) {
        return true;
    }
    skip_blanks(compiler);
    return compile_bound(compiler, &selector->step);
}

static bool compile_selector(struct compiler *compiler, struct selector *selector)
{
    char byte = peek(compiler);
    if (byte == '"' || byte == '\'') {
        selector->kind = SELECTOR_NAME;
        return compile_string(compiler, &selector->name);
    }
    if (take(compiler, SLICE("*"))) {
        selector->kind = SELECTOR_WILDCARD;
        return true;
    }
    if (byte == '?') {
        return compile_filter(compiler, selector);
    }
    if (byte == '-' || byte == ':' || is_digit(byte)) {
        return compile_slice(compiler, selector);
    }
    return fail(compiler, compiler->at,
                "a name in quotes, an index, a slice, '*' or a filter ('?') is expected here");
}

static struct selector *new_selector(struct compiler *compiler)
{
    return arena_calloc(compiler->arena, 1, sizeof(struct selector));
}

/* [ … , … ] */
static bool compile_brackets(struct compiler *compiler, struct segment *segment)
{
    struct selector **link = &segment->selectors;
    do {
        compiler->at += link == &segment->selectors ? 1 : 0;
        skip_blanks(compiler);
        *link = new_selector(compiler);
        if (!compile_selector(compiler, *link)) {
            return false;
        }
        link = &(*link)->next;
        skip_blanks(compiler);
    } while (take(compiler, SLICE(",")));
    return take(compiler, SLICE("]")) || fail(compiler, compiler->at, "']' is expected here");
}

/* What stands behind a dot. */
static bool compile_shorthand(struct compiler *compiler, struct segment *segment)
{
    struct selector *selector = new_selector(compiler);
    segment->selectors = selector;
    if (take(compiler, SLICE("*"))) {
        selector->kind = SELECTOR_WILDCARD;
        return true;
    }
    selector->kind = SELECTOR_NAME;
    selector->name = take_name(compiler);
    return selector->name.size > 0 ||
           fail(compiler, compiler->at, "a name or '*' is expected behind the dot");
}

static bool compile_segment(struct compiler *compiler, struct segment *segment)
{
    segment->descendants = take(compiler, SLICE(".."));
    bool dotted = !segment->descendants && take(compiler, SLICE("."));
    bool compiled = !dotted && peek(compiler) == '[' ? compile_brackets(compiler, segment)
                                                     : compile_shorthand(compiler, segment);
    if (!compiled) {
        return false;
    }
    const struct selector *selector = segment->selectors;
    segment->single = !segment->descendants && selector->next == NULL &&
                      (selector->kind == SELECTOR_NAME || selector->kind == SELECTOR_INDEX);
    return true;
}

/* All segments that follow, to the last; blanks behind it are not the path's. */
static bool compile_query(struct compiler *compiler, struct query *query)
{
    struct segment **link = &query->segments;
    query->singular = true;
    for (;;) {
        size_t end = compiler->at;
        skip_blanks(compiler);
        if (peek(compiler) != '.' && peek(compiler) != '[') {
            compiler->at = end;
            return true;
        }
        *link = arena_calloc(compiler->arena, 1, sizeof(struct segment));
        if (!compile_segment(compiler, *link)) {
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
    arena_init(&path->arena, 0);
    struct compiler compiler = {
        .text = arena_copy(&path->arena, text),
        .arena = &path->arena,
        .error = error,
    };
    bool compiled = compile_query(&compiler, &path->query);
    *ret_size = compiler.at;
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
