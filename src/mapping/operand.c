/* The operands of expressions: paths, literals, parts of the Kafka record, calls, parentheses. */
#include "parser.h"

#include "base/memory.h"

#define HINT_MAX 60 /* bytes of the expression in a hint */

static const struct json_value json_true = {.kind = JSON_TRUE};
static const struct json_value json_false = {.kind = JSON_FALSE};
static const struct json_value json_null = {.kind = JSON_NULL};

static size_t offset_of(const struct parser *parser, struct slice part)
{
    return (size_t)(part.data - parser->text.data);
}

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.size ? parser->text.data[parser->at] : '\0';
}

/* "the nearest known is …", in `room`, or NULL. */
static const char *nearest_hint(const char *nearest, struct error *room)
{
    if (nearest == NULL) {
        return NULL;
    }
    error_set(room, "the nearest known is \"%s\"", nearest);
    return room->text;
}

/* The pool frees it in the end. */
static void keep_path(struct expression_pool *pool, struct json_path *path)
{
    if (pool->path_count == pool->path_capacity) {
        pool->path_capacity = pool->path_capacity == 0 ? 16 : 2 * pool->path_capacity;
        pool->paths = memory_resize(pool->paths, pool->path_capacity, sizeof(struct json_path *));
    }
    pool->paths[pool->path_count++] = path;
}

/* Reads the segments behind the start of a path. Blanks may stand before them (RFC 9535). */
static bool take_segments(struct parser *parser, struct expression *node)
{
    if (!parser_sees(parser, ".") && !parser_sees(parser, "[")) {
        return true;
    }
    struct slice rest = slice_part(parser->text, parser->at, SIZE_MAX);
    size_t size = 0;
    struct error error;
    struct json_path *path = json_path_compile(rest, &size, &error);
    if (path == NULL) {
        parser_error(parser, parser->at + size, 1, NULL, "%s", error.text);
        return false;
    }
    keep_path(parser->scope->pool, path);
    node->path = path;
    node->may_be_list = node->may_be_list || !json_path_is_singular(path);
    parser->at += size;
    return true;
}

static struct expression *take_path(struct parser *parser, struct expression *node, size_t from)
{
    if (!take_segments(parser, node)) {
        return NULL;
    }
    node->source = slice_part(parser->text, from, parser->at - from);
    return node;
}

/* The index of the named value, or of none. */
static size_t find_binding(const struct scope *scope, struct slice name)
{
    for (size_t i = 0; i < scope->binding_count; i++) {
        if (slice_equal(scope->bindings[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static const char *nearest_binding(const struct scope *scope, struct slice name,
                                   struct arena *arena)
{
    const char **names = arena_calloc(arena, scope->binding_known + 1, sizeof *names);
    for (size_t i = 0; i < scope->binding_known; i++) {
        names[i] = arena_string(arena, scope->bindings[i].name);
    }
    return error_nearest(name, names, scope->binding_known);
}

static void unknown_binding(struct parser *parser, struct slice name, bool later)
{
    const struct scope *scope = parser->scope;
    struct error room;
    const char *hint = later ? "a named value may use those above it" : NULL;
    if (!later) {
        hint = nearest_hint(nearest_binding(scope, name, &scope->pool->arena), &room);
    }
    parser_error(parser, offset_of(parser, name) - 1, name.size + 1,
                 hint != NULL || scope->binding_count > 0
                     ? hint
                     : "let names values; a member of the message is $.name",
                 later ? "the named value $%.*s is not known here yet"
                       : "unknown named value $%.*s",
                 SLICE_PRINT(name));
}

/* $name, and what follows. */
static struct expression *named_path(struct parser *parser, struct slice name, size_t from)
{
    const struct scope *scope = parser->scope;
    struct expression *node = parser_node(parser, OPERATION_NAME, from);
    node->binding = find_binding(scope, name);
    if (node->binding >= scope->binding_known) {
        unknown_binding(parser, name, node->binding != SIZE_MAX);
    } else if (scope->bindings[node->binding].expression == NULL) {
        parser->wrong = true; /* it has an error of its own, which is told there */
    } else {
        const struct expression *named = scope->bindings[node->binding].expression;
        node->may_be_list = named->may_be_list;
        node->uses_item = named->uses_item;
        node->depth = named->depth + 1;
    }
    return take_path(parser, node, from);
}

/* $… */
static struct expression *root_path(struct parser *parser)
{
    size_t from = parser->at++;
    struct slice name = parser_take_name(parser);
    if (name.size > 0) {
        return named_path(parser, name, from);
    }
    return take_path(parser, parser_node(parser, OPERATION_ROOT, from), from);
}

/* @… */
static struct expression *item_path(struct parser *parser)
{
    size_t from = parser->at++;
    struct expression *node = parser_node(parser, OPERATION_ITEM, from);
    node->uses_item = true;
    if (!parser->scope->has_item) {
        parser_error(parser, from, 1, "the message itself is $",
                     "@ is the item of for_each, and there is none here");
    }
    return take_path(parser, node, from);
}

static struct expression *literal(struct parser *parser, const struct json_value *value,
                                  size_t from)
{
    struct expression *node = parser_node(parser, OPERATION_LITERAL, from);
    node->literal = value;
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
        if (peek(parser) != '\'' && peek(parser) != '"') {
            parser_expected(parser, "the header's name in quotes", NULL);
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
        } while (peek(parser) == '-' && parser->at++ > 0);
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
        parser_error(parser, offset_of(parser, name), name.size == 0 ? 1 : name.size,
                     "key, topic, partition, offset, timestamp or headers.NAME",
                     "a Kafka record has no such part");
        return NULL;
    }
    struct slice header = {NULL, 0};
    if (part == KAFKA_HEADER && !take_header_name(parser, &header)) {
        return NULL;
    }
    struct expression *node = parser_node(parser, OPERATION_KAFKA, from);
    node->part = (enum kafka_part)part;
    node->header = header;
    return node;
}

/* Behind `exists` or `present`. */
static struct expression *question(struct parser *parser, enum operation operation, size_t from)
{
    parser_take(parser, "(");
    struct expression *node = parser_node(parser, operation, from);
    struct expression *operand = parser_value(parser);
    if (operand == NULL) {
        return NULL;
    }
    parser_need_value(parser, operand);
    parser_add(parser, node, operand);
    if (!parser_take(parser, ")")) {
        return parser_expected(parser, "`)`", NULL);
    }
    node->source = slice_part(parser->text, from, parser->at - from);
    return node;
}

/* Reads `(a, b, …)` as operands of the call. */
static bool take_arguments(struct parser *parser, struct expression *call)
{
    parser_take(parser, "(");
    if (parser_take(parser, ")")) {
        return true;
    }
    do {
        struct expression *argument = parser_value(parser);
        if (argument == NULL) {
            return false;
        }
        parser_add(parser, call, argument);
    } while (parser_take(parser, ","));
    if (!parser_take(parser, ")")) {
        parser_expected(parser, "`,` or `)`", NULL);
        return false;
    }
    return true;
}

static void check_argument_count(struct parser *parser, const struct expression *call)
{
    const struct transform *transform = call->transform;
    size_t given = call->count - 1;
    if (given >= transform->arguments_min && given <= transform->arguments_max) {
        return;
    }
    bool few = given < transform->arguments_min;
    size_t bound = few ? transform->arguments_min : transform->arguments_max;
    struct error hint;
    error_set(&hint, "… | %s%s", transform->name, transform->arguments);
    parser_error_in(parser, call, hint.text, "%s takes %s%zu argument%s, and this has %zu",
                    transform->name,
                    transform->arguments_min == transform->arguments_max ? ""
                    : few                                                ? "at least "
                                                                         : "at most ",
                    bound, bound == 1 ? "" : "s", given);
}

static void check_arguments(struct parser *parser, const struct expression *call)
{
    size_t index = 0;
    for (const struct expression *argument = call->first->next; argument != NULL;
         argument = argument->next) {
        if (transform_argument(call->transform, index) == TRANSFORM_MANY) {
            parser_need_value(parser, argument);
        } else {
            parser_need_single(parser, argument, "an argument");
        }
        const char *fault = NULL;
        if (argument->operation == OPERATION_LITERAL) {
            fault = transform_argument_fault(call->transform, index, argument->literal);
        }
        if (fault != NULL) {
            parser_error_in(parser, argument, NULL, "%s wants %s here", call->transform->name,
                            fault);
        }
        index++;
    }
}

static bool call_may_be_list(const struct expression *call)
{
    switch (call->transform->scope) {
    case TRANSFORM_EACH:
        return call->first->may_be_list || call->transform->result == TRANSFORM_ITEMS;
    case TRANSFORM_LIST:
    case TRANSFORM_WHOLE_LIST:
        return call->transform->result == TRANSFORM_ITEMS;
    case TRANSFORM_COALESCE:
        return call->first->may_be_list || (call->count > 1 && call->first->next->may_be_list);
    }
    return false;
}

/* A constant that is worked on is prepared once, not for each message. A blank one stays missing. */
static void prepare_constant(struct parser *parser, struct expression *call)
{
    struct expression *first = call->first;
    if (first->operation != OPERATION_LITERAL || first->literal->kind != JSON_STRING ||
        value_is_blank(first->literal)) {
        return;
    }
    struct arena *arena = &parser->scope->pool->arena;
    struct slice text = transform_prepare(call->transform, first->literal->text, arena);
    first->literal = value_new(JSON_STRING, text, arena).one;
}

/* The same for what a transform makes of its literal arguments. */
static void prepare_arguments(struct parser *parser, struct expression *call)
{
    struct preparation preparation = {.arena = &parser->scope->pool->arena};
    const struct expression *argument = call->first->next;
    while (argument != NULL && preparation.argument_count < TRANSFORM_ARGUMENTS_MAX) {
        bool literal = argument->operation == OPERATION_LITERAL;
        preparation.arguments[preparation.argument_count++] = literal ? argument->literal : NULL;
        argument = argument->next;
    }
    if (call->transform->prepare(&preparation, &call->prepared)) {
        return;
    }
    argument = call->first->next;
    for (size_t i = 0; i < preparation.at && argument->next != NULL; i++) {
        argument = argument->next;
    }
    parser_error_in(parser, argument, NULL, "%s", preparation.error.text);
}

/* Everything that can be known of a call of a known transform. */
static void check_call(struct parser *parser, struct expression *call,
                       const struct expression *piped)
{
    if (call->count == 0) {
        parser_error_in(parser, call, NULL, "%s has nothing to work on", call->transform->name);
        return;
    }
    if (piped == NULL) {
        parser_need_value(parser, call->first);
    }
    check_argument_count(parser, call);
    check_arguments(parser, call);
    prepare_constant(parser, call);
    if (call->transform->prepare != NULL && !parser->wrong) {
        prepare_arguments(parser, call);
    }
    call->may_be_list = call_may_be_list(call);
    if (call->transform->scope == TRANSFORM_COALESCE) {
        call->operation = OPERATION_COALESCE;
    }
}

struct expression *parser_call(struct parser *parser, struct slice name, size_t from,
                               struct expression *piped)
{
    struct expression *call = parser_node(parser, OPERATION_CALL, from);
    const struct transform *transform = transform_find(name);
    if (transform == NULL) {
        struct error room;
        parser_error(parser, offset_of(parser, name), name.size,
                     nearest_hint(transform_nearest(name), &room), "unknown transform \"%.*s\"",
                     SLICE_PRINT(name));
    }
    if (piped != NULL) {
        parser_add(parser, call, piped);
    }
    if (parser_sees(parser, "(") && !take_arguments(parser, call)) {
        return NULL;
    }
    call->source = slice_part(parser->text, from, parser->at - from);
    if (transform != NULL) {
        call->transform = transform;
        check_call(parser, call, piped);
    }
    return call;
}

/* Whether YAML's quotes are around the expression; a block is not in quotes. */
static bool is_in_quotes(const struct parser *parser)
{
    struct slice source = document_source(parser->scope->document)->text;
    size_t from = parser->scalar->from;
    return from < source.size && (source.data[from] == '\'' || source.data[from] == '"');
}

/* A word that is nothing: mostly a text without quotes, or a path without its $. */
static void word_hint(const struct parser *parser, struct slice word, struct error *ret_hint)
{
    struct slice whole = slice_trim(parser->text);
    struct slice text = word.data == whole.data && whole.size <= HINT_MAX ? whole : word;
    if (is_in_quotes(parser)) {
        error_set(ret_hint, "YAML took the outer quotes away: write \"'%.*s'\", or {text: '%.*s'}",
                  SLICE_PRINT(text), SLICE_PRINT(text));
    } else {
        error_set(ret_hint,
                  "a path is $.%.*s; a text is {text: '%.*s'}, or '%.*s' in an expression",
                  SLICE_PRINT(text), SLICE_PRINT(text), SLICE_PRINT(word));
    }
}

static struct expression *unknown_word(struct parser *parser, struct slice word)
{
    struct error hint;
    const struct transform *transform = transform_find(word);
    if (transform != NULL) {
        error_set(&hint, "… | %s%s", transform->name, transform->arguments);
    } else {
        word_hint(parser, word, &hint);
    }
    parser_error(parser, offset_of(parser, word), word.size, hint.text,
                 transform != NULL ? "the transform \"%.*s\" has nothing to work on"
                                   : "unknown word \"%.*s\"",
                 SLICE_PRINT(word));
    return NULL;
}

static struct expression *word(struct parser *parser)
{
    size_t from = parser->at;
    struct slice name = parser_take_name(parser);
    if (slice_equal(name, SLICE("kafka"))) {
        return kafka_part(parser, from);
    }
    if (parser_sees(parser, "(")) {
        if (slice_equal(name, SLICE("exists"))) {
            return question(parser, OPERATION_EXISTS, from);
        }
        return slice_equal(name, SLICE("present")) ? question(parser, OPERATION_PRESENT, from)
                                                   : parser_call(parser, name, from, NULL);
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
        return parser_expected(parser, "`)`", NULL);
    }
    inner->source = slice_part(parser->text, from, parser->at - from);
    return inner;
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
    char first = peek(parser);
    switch (first) {
    case '$':
        return root_path(parser);
    case '@':
        return item_path(parser);
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
                   : parser_expected(parser, "a path, a text in quotes, a number or a call", NULL);
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
