#include "parser.h"

#include "kinds.h"

#include "json/reader.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

__attribute__((format(printf, 5, 0))) static void add_error(struct parser *parser, size_t from,
                                                            size_t size, const char *hint,
                                                            const char *format, va_list arguments)
{
    char message[4 * ERROR_SIZE];
    (void)vsnprintf(message, sizeof message, format, arguments);
    const struct document *document = parser->scope->document;
    struct place place = document_place(document, parser->scalar, from, size);
    document_error(document, parser->scope->errors, place, hint, "%s", message);
    parser->wrong = true;
}

void parser_error(struct parser *parser, size_t from, size_t size, const char *hint,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_error(parser, from, size, hint, format, arguments);
    va_end(arguments);
}

void parser_warning(struct parser *parser, size_t from, size_t size, const char *hint,
                    const char *format, ...)
{
    char message[4 * ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct document *document = parser->scope->document;
    document_warning(document, parser->scope->errors,
                     document_place(document, parser->scalar, from, size), hint, "%s", message);
}

void parser_error_in(struct parser *parser, const struct expression *part, const char *hint,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_error(parser, (size_t)(part->source.data - parser->text.data), part->source.size, hint,
              format, arguments);
    va_end(arguments);
}

const char *parser_comment_hint(const struct parser *parser)
{
    struct slice source = document_source(parser->scope->document)->text;
    struct slice behind = slice_part(source, parser->scalar->to, SIZE_MAX);
    behind = slice_part(behind, 0, slice_find(behind, SLICE("\n")));
    bool comment = slice_starts_with(slice_trim(behind), SLICE("#"));
    return comment && !parser->scalar->quoted
               ? "a # behind a blank begins a comment of YAML: put the whole value in quotes"
               : NULL;
}

struct expression *parser_expected(struct parser *parser, const char *what, const char *hint)
{
    parser_skip_blanks(parser);
    if (parser->at == parser->text.size) {
        const char *comment = parser_comment_hint(parser);
        parser_error(parser, parser->at, 1, comment != NULL ? comment : hint,
                     "the expression ends where %s was expected", what);
    } else {
        parser_error(parser, parser->at, 1, hint, "%s was expected", what);
    }
    return NULL;
}

struct expression *parser_mistaken(struct parser *parser, const char *what,
                                   enum mistake_place place)
{
    parser_skip_blanks(parser);
    return parser_expected(parser, what, mistake_in_expression(place, parser->text, parser->at));
}

static size_t after_blanks(const struct parser *parser)
{
    size_t at = parser->at;
    while (at < parser->text.size && memchr(" \t\r\n", parser->text.data[at], 4) != NULL) {
        at++;
    }
    return at;
}

size_t parser_offset(const struct parser *parser, struct slice part)
{
    return (size_t)(part.data - parser->text.data);
}

const char *parser_nearest(const char *nearest, struct error *room)
{
    if (nearest == NULL) {
        return NULL;
    }
    error_set(room, "the nearest known is \"%s\"", nearest);
    return room->text;
}

char parser_peek(const struct parser *parser)
{
    return parser->at < parser->text.size ? parser->text.data[parser->at] : '\0';
}

void parser_skip_blanks(struct parser *parser)
{
    parser->at = after_blanks(parser);
}

/* The longest token that begins at `at`, so that `|` is not seen in `||`. */
static const char *token_at(const struct parser *parser, size_t at)
{
    static const char *const tokens[] = {"??", "||", "&&", "==", "!=", "<=", ">=", "|", "(",
                                         ")",  "[",  "]",  ",",  ".",  "!",  "<",  ">"};
    struct slice rest = slice_part(parser->text, at, SIZE_MAX);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        if (slice_starts_with(rest, slice_of(tokens[i]))) {
            return tokens[i];
        }
    }
    return "";
}

bool parser_sees(struct parser *parser, const char *token)
{
    return strcmp(token_at(parser, after_blanks(parser)), token) == 0;
}

bool parser_take(struct parser *parser, const char *token)
{
    size_t at = after_blanks(parser);
    if (strcmp(token_at(parser, at), token) != 0) {
        return false;
    }
    parser->at = at + strlen(token);
    return true;
}

struct slice parser_take_name(struct parser *parser)
{
    struct slice rest = slice_part(parser->text, parser->at, SIZE_MAX);
    size_t size = 0;
    while (size < rest.size &&
           (is_letter(rest.data[size]) || (size > 0 && is_digit(rest.data[size])))) {
        size++;
    }
    parser->at += size;
    return slice_part(rest, 0, size);
}

bool parser_take_number(struct parser *parser, struct slice *ret_text)
{
    struct slice rest = slice_part(parser->text, parser->at, SIZE_MAX);
    size_t size = 0;
    while (size < rest.size &&
           (is_letter(rest.data[size]) || is_digit(rest.data[size]) || rest.data[size] == '.' ||
            rest.data[size] == '-' || rest.data[size] == '+')) {
        size++;
    }
    struct slice text = slice_part(rest, 0, size);
    struct arena *arena = &parser->scope->pool->arena;
    const struct json_value *number = NULL;
    struct error error;
    if (!json_read(text, arena, &number, &error) || number->kind != JSON_NUMBER) {
        parser_error(parser, parser->at, size, NULL, "this is no number");
        return false;
    }
    parser->at += size;
    *ret_text = text;
    return true;
}

bool parser_enter(struct parser *parser)
{
    if (parser->depth == EXPRESSION_DEPTH_MAX) {
        parser_error(parser, parser->at, 1, NULL, "the expression is nested deeper than %d levels",
                     EXPRESSION_DEPTH_MAX);
        return false;
    }
    parser->depth++;
    return true;
}

void parser_leave(struct parser *parser)
{
    parser->depth--;
}

struct expression *parser_node(struct parser *parser, enum operation operation, size_t from)
{
    struct expression *node = arena_calloc(&parser->scope->pool->arena, 1, sizeof *node);
    node->operation = operation;
    node->is_condition = operation >= OPERATION_OR;
    node->kinds = KINDS_ANY;
    node->depth = 1;
    node->source = slice_part(parser->text, from, parser->at - from);
    return node;
}

void parser_add(struct parser *parser, struct expression *node, struct expression *operand)
{
    struct expression **link = &node->first;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = operand;
    node->count++;
    node->uses_item = node->uses_item || operand->uses_item;
    node->uses_message = node->uses_message || operand->uses_message;
    if (operand->depth + 1 > node->depth) {
        node->depth = operand->depth + 1;
    }
    const char *end = operand->source.data + operand->source.size;
    if (end > node->source.data + node->source.size) {
        node->source.size = (size_t)(end - node->source.data);
    }
    if (node->depth > EXPRESSION_DEPTH_MAX && !parser->wrong) {
        parser_error_in(parser, node, "give a part of it a name with let, or fewer steps",
                        "the expression, with the named values in it, is nested deeper than %d",
                        EXPRESSION_DEPTH_MAX);
    }
}

void parser_need_value(struct parser *parser, const struct expression *part)
{
    if (part->is_condition) {
        parser_error_in(parser, part, "conditions stand in `when` and `if`",
                        "a value was expected, and this is a condition");
    }
}

void parser_need_condition(struct parser *parser, const struct expression *part)
{
    if (!part->is_condition) {
        parser_error_in(parser, part, "compare it (… == true), or ask with present(…) or exists(…)",
                        "a condition was expected, and this is a value");
    }
}

/* Whether there is nothing but literals in it. It is nested no deeper than EXPRESSION_DEPTH_MAX. */
static bool is_constant(const struct expression *part)
{
    const struct expression *operand = part->first;
    while (operand != NULL && is_constant(operand)) {
        operand = operand->next;
    }
    return part->operation == OPERATION_LITERAL || (part->count > 0 && operand == NULL);
}

void parser_need_message(struct parser *parser, const struct expression *condition)
{
    if (!parser->wrong && is_constant(condition)) {
        parser_error_in(parser, condition, "a path stands without quotes: $.status == 'paid'",
                        "this is the same for every message: there is no path in it");
    }
}

void parser_need_single(struct parser *parser, const struct expression *part, const char *where)
{
    parser_need_value(parser, part);
    if (part->may_be_list) {
        parser_error_in(parser, part, "make one of them, with first or only for instance",
                        "%s takes one value, and this may be several", where);
    }
}
