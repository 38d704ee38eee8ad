/* The operands of expressions: paths, literals, parts of the Kafka record, calls, parentheses. */
#include "kinds.h"
#include "parser.h"

#define HINT_MAX 60 /* bytes of the expression in a hint */

static const struct json_value json_true = {.kind = JSON_TRUE};
static const struct json_value json_false = {.kind = JSON_FALSE};

static struct expression *literal(struct parser *parser, const struct json_value *value,
                                  size_t from)
{
    struct expression *node = parser_node(parser, OPERATION_LITERAL, from);
    node->literal = value;
    node->kinds = kinds_of_literal(value);
    return node;
}

static struct expression *text_literal(struct parser *parser, enum json_kind kind, size_t from,
                                       struct slice text)
{
    struct json_value *value = arena_alloc(&parser->scope->pool->arena, sizeof *value);
    *value = (struct json_value){.kind = kind, .text = text};
    return literal(parser, value, from);
}

/* The name of a header: behind a point (hyphens allowed), or in brackets and quotes. */
static bool take_header_name(struct parser *parser, struct slice *ret_name)
{
    if (parser_take(parser, "[")) {
        parser_skip_blanks(parser);
        if (parser_peek(parser) != '\'' && parser_peek(parser) != '"') {
            parser_expected(parser, "the header's name in quotes", "kafka.headers['ce-type']");
            return false;
        }
        if (!parser_take_string(parser, ret_name)) {
            return false;
        }
        if (!parser_take(parser, "]")) {
            parser_expected(parser, "`]`", NULL);
            return false;
        }
        return true;
    }
    size_t from = parser->at + 1;
    if (parser_take(parser, ".")) {
        do {
            (void)parser_take_name(parser);
        } while (parser_peek(parser) == '-' && parser->at++ > 0);
    }
    *ret_name = slice_part(parser->text, from, parser->at - from);
    if (parser->at <= from) {
        parser_expected(parser, "the header's name",
                        "kafka.headers.region, or kafka.headers['ce.type']");
        return false;
    }
    return true;
}

static const char *const kafka_parts[] = {
    [KAFKA_KEY] = "key",       [KAFKA_TOPIC] = "topic",         [KAFKA_PARTITION] = "partition",
    [KAFKA_OFFSET] = "offset", [KAFKA_TIMESTAMP] = "timestamp", [KAFKA_HEADER] = "headers",
};

#define KAFKA_PARTS (sizeof kafka_parts / sizeof *kafka_parts)

/* kafka.… */
static struct expression *kafka_part(struct parser *parser, size_t from)
{
    if (!parser_take(parser, ".")) {
        return parser_expected(parser, "`.` and a part of the record",
                               "key, topic, partition, offset, timestamp or headers.NAME");
    }
    struct slice name = parser_take_name(parser);
    size_t part = 0;
    while (part < KAFKA_PARTS && !slice_equal(name, slice_of(kafka_parts[part]))) {
        part++;
    }
    if (part == KAFKA_PARTS) {
        const char *hint = mistake_of_part(name);
        parser_error(parser, parser_offset(parser, name), name.size == 0 ? 1 : name.size,
                     hint != NULL ? hint
                                  : "key, topic, partition, offset, timestamp or headers.NAME",
                     "a Kafka record has no such part");
        return NULL;
    }
    struct slice header = {NULL, 0};
    if (part == KAFKA_HEADER && !take_header_name(parser, &header)) {
        return NULL;
    }
    if (parser_sees(parser, ".") || parser_sees(parser, "[")) {
        return parser_expected(parser, "`|`, `??`, or the end",
                               "parse_json(kafka.key).name for JSON in it; a header with a point "
                               "in its name is kafka.headers['ce.type']");
    }
    struct expression *node = parser_node(parser, OPERATION_KAFKA, from);
    node->part = (enum kafka_part)part;
    node->kinds = kinds_of_record(node->part);
    node->header = header;
    node->uses_message = node->part != KAFKA_TOPIC && node->part != KAFKA_PARTITION;
    return node;
}

/* Whether YAML's quotes are around the expression; a block is not in quotes. */
static bool is_in_quotes(const struct parser *parser)
{
    struct slice source = document_source(parser->scope->document)->text;
    size_t from = parser->scalar->from;
    return from < source.size && (source.data[from] == '\'' || source.data[from] == '"');
}

/* Whether it could go on behind `$.` as it stands. */
static bool is_like_path(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool digit = byte >= '0' && byte <= '9';
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!digit && !letter && memchr("_.[]*", byte, 5) == NULL) {
            return false;
        }
    }
    return true;
}

/* A word that is nothing: mostly a text without quotes, or a path without its $. */
static void word_hint(const struct parser *parser, struct slice word, struct error *ret_hint)
{
    struct slice whole = slice_trim(parser->text);
    bool all = word.data == whole.data && whole.size <= HINT_MAX &&
               slice_find(whole, SLICE("'")) == SIZE_MAX;
    bool path = is_like_path(whole);
    if (all && is_in_quotes(parser)) {
        error_set(ret_hint, "YAML took the outer quotes away: write \"'%.*s'\", or {text: '%.*s'}",
                  SLICE_PRINT(whole), SLICE_PRINT(whole));
    } else if (all && path) {
        error_set(ret_hint,
                  "a path is $.%.*s; a text is {text: '%.*s'}, or '%.*s' in an expression",
                  SLICE_PRINT(whole), SLICE_PRINT(whole), SLICE_PRINT(word));
    } else if (all) {
        error_set(ret_hint, "a text is {text: '%.*s'}; a path begins with $", SLICE_PRINT(whole));
    } else {
        error_set(ret_hint, "a text stands in quotes: '%.*s'; a path begins with $: $.%.*s",
                  SLICE_PRINT(word), SLICE_PRINT(word));
    }
}

static struct expression *unknown_word(struct parser *parser, struct slice word)
{
    struct error hint;
    const struct transform *transform = transform_find(word);
    const char *mistake = mistake_of_word(word);
    mistake = mistake != NULL ? mistake : mistake_of_text(parser->text);
    if (transform != NULL) {
        error_set(&hint, "… | %s%s", transform->name, transform->arguments);
    } else if (mistake != NULL) {
        error_set(&hint, "%s", mistake);
    } else {
        word_hint(parser, word, &hint);
    }
    parser_error(parser, parser_offset(parser, word), word.size, hint.text,
                 transform != NULL ? "the transform \"%.*s\" has nothing to work on"
                                   : "unknown word \"%.*s\"",
                 SLICE_PRINT(word));
    return NULL;
}

static struct expression *call_or_question(struct parser *parser, struct slice name, size_t from)
{
    enum operation operation;
    return parser_is_function(name, &operation) && parser_is_question(operation)
               ? parser_question(parser, operation, from)
               : parser_call(parser, name, from, NULL);
}

static struct expression *word(struct parser *parser)
{
    size_t from = parser->at;
    struct slice name = parser_take_name(parser);
    if (slice_equal(name, SLICE("kafka"))) {
        return kafka_part(parser, from);
    }
    if (parser_sees(parser, "(")) {
        return call_or_question(parser, name, from);
    }
    if (slice_equal(name, SLICE("true"))) {
        return literal(parser, &json_true, from);
    }
    if (slice_equal(name, SLICE("false"))) {
        return literal(parser, &json_false, from);
    }
    return slice_equal(name, SLICE("null")) ? literal(parser, &json_null, from)
                                            : unknown_word(parser, name);
}

static struct expression *parentheses(struct parser *parser)
{
    size_t from = parser->at;
    parser_take(parser, "(");
    struct expression *inner = parser_expression(parser);
    if (inner == NULL) {
        return NULL;
    }
    if (!parser_take(parser, ")")) {
        return parser_mistaken(parser, "`)`", MISTAKE_BEHIND);
    }
    inner->source = slice_part(parser->text, from, parser->at - from);
    return parser_path_into(parser, inner, from);
}

static struct expression *quoted(struct parser *parser)
{
    size_t from = parser->at;
    struct slice text;
    if (!parser_take_string(parser, &text)) {
        return NULL;
    }
    return text_literal(parser, JSON_STRING, from, text);
}

static struct expression *number(struct parser *parser)
{
    size_t from = parser->at;
    struct slice text;
    if (!parser_take_number(parser, &text)) {
        return NULL;
    }
    return text_literal(parser, JSON_NUMBER, from, text);
}

static struct expression *operand(struct parser *parser)
{
    char first = parser_peek(parser);
    switch (first) {
    case '$':
        return parser_root_path(parser);
    case '@':
        return parser_item_path(parser);
    case '\'':
    case '"':
        return quoted(parser);
    case '(':
        return parentheses(parser);
    default:
        break;
    }
    if (first == '-' || (first >= '0' && first <= '9')) {
        return number(parser);
    }
    size_t from = parser->at;
    bool is_word = parser_take_name(parser).size > 0;
    parser->at = from;
    return is_word ? word(parser)
                   : parser_mistaken(parser, "a path, a text in quotes, a number or a call",
                                     MISTAKE_VALUE);
}

struct expression *parser_operand(struct parser *parser)
{
    if (!parser_enter(parser)) {
        return NULL;
    }
    struct expression *node = operand(parser);
    parser_leave(parser);
    return node;
}
