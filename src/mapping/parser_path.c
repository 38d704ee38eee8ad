/* The paths of expressions: from the message, the item of for_each, a named value, or from what
 * parentheses or a call give. */
#include "kinds.h"
#include "parser.h"

#include "base/memory.h"

/* The pool frees it in the end. */
static void keep_path(struct expression_pool *pool, struct json_path *path)
{
    if (pool->path_count == pool->path_capacity) {
        pool->path_capacity = pool->path_capacity == 0 ? 16 : 2 * pool->path_capacity;
        pool->paths = memory_resize(pool->paths, pool->path_capacity, sizeof(struct json_path *));
    }
    pool->paths[pool->path_count++] = path;
}

/* The size of the text in quotes that `text` begins with; segments that compile close it. */
static size_t quoted_size(struct slice text)
{
    size_t size = 1;
    while (size < text.size && text.data[size] != text.data[0]) {
        size += text.data[size] == '\\' ? 2 : 1;
    }
    return size + 1;
}

/* Whoever writes !@.refunded in a filter mostly means that it is false. In parentheses, !(@.refunded),
 * it is meant as it stands. */
static void warn_of_negations(struct parser *parser, struct slice segments)
{
    for (size_t at = 0; at < segments.size; at++) {
        struct slice rest = slice_part(segments, at, SIZE_MAX);
        if (rest.data[0] == '\'' || rest.data[0] == '"') {
            at += quoted_size(rest) - 1;
        } else if (rest.data[0] == '!') {
            struct slice behind = slice_trim(slice_part(rest, 1, SIZE_MAX));
            bool path =
                slice_starts_with(behind, SLICE("@")) || slice_starts_with(behind, SLICE("$"));
            if (path) {
                parser_warning(parser, parser_offset(parser, rest), 1,
                               "compare it: @.refunded != true; if that is meant: !(@.refunded)",
                               "a path behind ! asks whether it is not there at all, and not "
                               "whether it is false");
            }
        }
    }
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
        parser_error(parser, parser->at + size, 1, mistake_in_path(rest, size), "%s", error.text);
        return false;
    }
    keep_path(parser->scope->pool, path);
    node->path = path;
    node->may_be_list = node->may_be_list || !json_path_is_singular(path);
    parser->at += size;
    warn_of_negations(parser, slice_part(rest, 0, size));
    return true;
}

/* What is a text or a number for every message has nothing to select from. */
static void check_start(struct parser *parser, const struct expression *node, bool of_list,
                        size_t segments)
{
    if ((node->kinds & (KIND_ARRAY | KIND_OBJECT)) != 0) {
        return;
    }
    struct error kinds;
    kinds_write(node->kinds, &kinds);
    const char *hint = of_list ? "a path goes into each value of a list: first or last takes one"
                       : (node->kinds & KIND_TEXT) != 0 ? "parse_json reads the JSON in a text"
                                                        : NULL;
    parser_error(parser, segments, parser->at - segments, hint,
                 "this is a path into %s: there is nothing to select", kinds.text);
}

static struct expression *take_path(struct parser *parser, struct expression *node, size_t from)
{
    bool of_list = node->may_be_list;
    size_t segments = parser->at;
    if (!take_segments(parser, node)) {
        return NULL;
    }
    if (node->path != NULL) {
        check_start(parser, node, of_list, segments);
        node->kinds = KINDS_ANY;
        /* A filter may look at the message. */
        node->uses_message = node->uses_message || !json_path_is_singular(node->path);
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
    const char *nearest = later ? NULL : nearest_binding(scope, name, &scope->pool->arena);
    struct error hint;
    if (later) {
        error_set(&hint, "a named value may use those above it");
    } else if (nearest != NULL) {
        error_set(&hint, "the nearest known is $%s", nearest);
    } else {
        error_set(&hint, "$.%.*s is the member of the message; `let` names values",
                  SLICE_PRINT(name));
    }
    parser_error(parser, parser_offset(parser, name) - 1, name.size + 1, hint.text,
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
    if (node->binding != SIZE_MAX && scope->binding_used != NULL) {
        scope->binding_used[node->binding] = true;
    }
    if (node->binding >= scope->binding_known) {
        unknown_binding(parser, name, node->binding != SIZE_MAX);
    } else if (scope->bindings[node->binding].expression == NULL) {
        parser->wrong = true; /* it has an error of its own, which is told there */
    } else {
        const struct expression *named = scope->bindings[node->binding].expression;
        node->may_be_list = named->may_be_list;
        node->uses_item = named->uses_item;
        node->uses_message = named->uses_message;
        node->depth = named->depth + 1;
        node->kinds = named->kinds;
    }
    return take_path(parser, node, from);
}

/* $… */
struct expression *parser_root_path(struct parser *parser)
{
    size_t from = parser->at++;
    struct slice name = parser_take_name(parser);
    if (name.size > 0) {
        return named_path(parser, name, from);
    }
    struct expression *root = parser_node(parser, OPERATION_ROOT, from);
    root->uses_message = true;
    return take_path(parser, root, from);
}

/* @… */
struct expression *parser_item_path(struct parser *parser)
{
    size_t from = parser->at++;
    if (parser->each != NULL) {
        parser->each->used = true;
        return take_path(parser, parser_node(parser, OPERATION_EACH_ITEM, from), from);
    }
    struct expression *node = parser_node(parser, OPERATION_ITEM, from);
    node->uses_item = true;
    node->uses_message = true;
    if (!parser->scope->has_item) {
        parser_error(parser, from, 1, "the message itself is $",
                     "@ is the item of for_each or each, and there is none here");
    }
    return take_path(parser, node, from);
}

struct expression *parser_path_into(struct parser *parser, struct expression *start, size_t from)
{
    if (start == NULL || (!parser_sees(parser, ".") && !parser_sees(parser, "["))) {
        return start;
    }
    if (start->is_condition) {
        parser_skip_blanks(parser);
        parser_error(parser, parser->at, 1, "conditions are combined with && and ||",
                     "a condition is true or false: there is nothing to select from it");
        return NULL;
    }
    struct expression *node = parser_node(parser, OPERATION_PATH, from);
    parser_add(parser, node, start);
    node->may_be_list = start->may_be_list;
    node->kinds = start->kinds;
    return take_path(parser, node, from);
}
