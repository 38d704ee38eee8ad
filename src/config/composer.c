#include "composer.h"

#include "base/memory.h"
#include "scalar.h"
#include "secret.h"
#include "syntax.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

/* Each takes reading the file once more from its start. */
#define MENDED_MAX 50

/* A collection whose children are being read. */
struct frame {
    struct node *node;
    struct node **tail; /* where the next child goes */
    bool has_key;
    struct slice key;
    struct place key_place;
};

struct composer {
    const struct document *document;
    const struct lines *lines;
    const char *mended; /* their text, as libyaml gets it */
    size_t tolerated;   /* errors with which the tree is still of use */
    struct arena *arena;
    struct error_list *errors;
    struct node *root;
    struct frame frames[DOCUMENT_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    size_t documents;
    size_t character; /* libyaml counts characters; this one begins … */
    size_t byte;      /* … at this byte */
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The byte at which character `mark->index` begins. Marks come nearly in order, so that walking from
 * the last one is cheap. */
static size_t byte_of(struct composer *composer, const yaml_mark_t *mark)
{
    struct slice text = composer->lines->text;
    while (composer->character < mark->index && composer->byte < text.size) {
        do {
            composer->byte++;
        } while (composer->byte < text.size && is_continuation(text.data[composer->byte]));
        composer->character++;
    }
    while (composer->character > mark->index) {
        do {
            composer->byte--;
        } while (is_continuation(text.data[composer->byte]));
        composer->character--;
    }
    return composer->byte;
}

/* libyaml's line and column spare a search; but at the end of the file it is on a line of its own. */
static struct place mark_place(const struct composer *composer, const yaml_mark_t *mark,
                               size_t from, size_t to)
{
    if (from == composer->lines->text.size) {
        return lines_place(composer->lines, from, to);
    }
    return (struct place){mark->line + 1, mark->column + 1,
                          lines_length(composer->lines, from, to)};
}

static struct frame *top(struct composer *composer)
{
    return composer->depth == 0 ? NULL : &composer->frames[composer->depth - 1];
}

static bool awaits_key(struct composer *composer)
{
    const struct frame *frame = top(composer);
    return frame != NULL && frame->node->kind == NODE_MAPPING && !frame->has_key;
}

/* Hangs the node below the collection that is being read. */
static void attach(struct composer *composer, struct node *node)
{
    struct frame *frame = top(composer);
    if (frame == NULL) {
        composer->root = node;
        return;
    }
    node->key = frame->key;
    node->key_place = frame->key_place;
    frame->has_key = false;
    frame->node->count++;
    *frame->tail = node;
    frame->tail = &node->next;
}

/* NULL, and an error, when there are too many. */
static struct node *new_node(struct composer *composer, enum node_kind kind, struct place place)
{
    if (++composer->nodes > DOCUMENT_NODES_MAX) {
        document_error(composer->document, composer->errors, place, NULL,
                       "the file has more than %d values", DOCUMENT_NODES_MAX);
        return NULL;
    }
    struct node *node = arena_calloc(composer->arena, 1, sizeof *node);
    node->kind = kind;
    node->place = place;
    return node;
}

/* What was added since there were `before`: of many errors, some are not. */
static void tolerate(struct composer *composer, size_t before)
{
    composer->tolerated += composer->errors->errors - before;
}

/* A value that was mended. */
static void refuse_unquoted(struct composer *composer, struct place place, size_t from)
{
    const struct syntax_problem problem = {
        .problem = SYNTAX_NO_TOKEN, .text = composer->lines->text, .at = from, .from = from};
    struct syntax_answer answer = syntax_explain(&problem);
    size_t before = composer->errors->errors;
    document_error(composer->document, composer->errors, place, answer.hint, "%s", answer.message);
    tolerate(composer, before);
}

/* The text of a scalar; of one that was mended, as it was before. */
static struct slice scalar_text(struct composer *composer, const yaml_event_t *event, size_t from,
                                size_t to)
{
    struct slice raw = slice_part(composer->lines->text, from, to - from);
    struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    char *copy = arena_string(composer->arena, text);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && text.size > 0) {
        copy[0] = composer->lines->text.data[from];
    }
    if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE &&
        memcmp(raw.data, composer->mended + from, raw.size) != 0) {
        text.size = scalar_read_pairs(raw, copy, text.size);
    }
    return (struct slice){copy, text.size};
}

/* Anchors, aliases and tags that could not be mended: those of lists and mappings. */
static void refuse_property(struct composer *composer, struct place place, const char *indicator)
{
    document_error(composer->document, composer->errors, place,
                   "put the whole value in quotes, of the kind that it does not hold",
                   "a value that begins with %s needs quotes", indicator);
}

/* `place` is of the whole value, with its anchor and tag, whichever comes first. */
static void check_properties(struct composer *composer, struct place place,
                             const yaml_char_t *anchor, const yaml_char_t *tag, size_t from)
{
    if (anchor != NULL || tag != NULL) {
        bool is_tag = composer->lines->text.data[from] == '!';
        refuse_property(composer, place, is_tag ? "!" : "&");
    }
}

/* `text` is in the arena. */
static bool take_key(struct composer *composer, struct slice text, struct place place)
{
    if (text.size > DOCUMENT_KEY_MAX) {
        document_error(composer->document, composer->errors, place, NULL,
                       "a key of more than %d bytes", DOCUMENT_KEY_MAX);
        return false;
    }
    struct frame *frame = top(composer);
    frame->has_key = true;
    frame->key = text;
    frame->key_place = place;
    return true;
}

static bool add_scalar(struct composer *composer, const yaml_event_t *event)
{
    size_t from = byte_of(composer, &event->start_mark);
    size_t to = byte_of(composer, &event->end_mark);
    struct place place = mark_place(composer, &event->start_mark, from, to);
    struct slice text = scalar_text(composer, event, from, to);
    check_properties(composer, place, event->data.scalar.anchor, event->data.scalar.tag, from);
    bool unquoted = from < composer->lines->text.size &&
                    composer->mended[from] != composer->lines->text.data[from];
    if (unquoted) {
        refuse_unquoted(composer, place, from);
    }
    if (awaits_key(composer)) {
        return take_key(composer, text, place);
    }
    struct node *node = new_node(composer, NODE_SCALAR, place);
    if (node == NULL) {
        return false;
    }
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->unquoted = unquoted;
    node->text = text;
    node->from = from;
    node->to = to;
    attach(composer, node);
    return true;
}

/* An empty value takes its place, so that reading can go on. */
static bool add_alias(struct composer *composer, const yaml_event_t *event)
{
    size_t from = byte_of(composer, &event->start_mark);
    size_t to = byte_of(composer, &event->end_mark);
    struct place place = mark_place(composer, &event->start_mark, from, to);
    refuse_property(composer, place, "*");
    if (awaits_key(composer)) {
        return take_key(composer, SLICE(""), place);
    }
    struct node *node = new_node(composer, NODE_SCALAR, place);
    if (node != NULL) {
        node->text = SLICE("");
        attach(composer, node);
    }
    return node != NULL;
}

static bool refuse_key(struct composer *composer, struct place place)
{
    document_error(composer->document, composer->errors, place,
                   "a value that begins with { or [ needs quotes if it is to be a text",
                   "a mapping or a list cannot be a key");
    return false;
}

static bool open_collection(struct composer *composer, enum node_kind kind, struct place place,
                            size_t from)
{
    if (awaits_key(composer)) {
        return refuse_key(composer, place);
    }
    if (composer->depth == DOCUMENT_DEPTH_MAX) {
        document_error(composer->document, composer->errors, place, NULL,
                       "nested deeper than %d levels", DOCUMENT_DEPTH_MAX);
        return false;
    }
    struct node *node = new_node(composer, kind, place);
    if (node == NULL) {
        return false;
    }
    node->from = from;
    attach(composer, node);
    composer->frames[composer->depth++] = (struct frame){.node = node, .tail = &node->first};
    return true;
}

static bool open_mapping(struct composer *composer, const yaml_event_t *event)
{
    size_t from = byte_of(composer, &event->start_mark);
    struct place place = mark_place(composer, &event->start_mark, from, from);
    check_properties(composer, place, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag, from);
    return open_collection(composer, NODE_MAPPING, place, from);
}

static bool open_sequence(struct composer *composer, const yaml_event_t *event)
{
    size_t from = byte_of(composer, &event->start_mark);
    struct place place = mark_place(composer, &event->start_mark, from, from);
    check_properties(composer, place, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag, from);
    return open_collection(composer, NODE_SEQUENCE, place, from);
}

/* By key, and of the same key in the order of the file. */
static int compare_keys(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left;
    const struct node *b = *(const struct node *const *)right;
    int order = slice_compare(a->key, b->key);
    if (order == 0) {
        order = (a->key_place.line > b->key_place.line) - (a->key_place.line < b->key_place.line);
    }
    if (order == 0) {
        order = (a->key_place.column > b->key_place.column) -
                (a->key_place.column < b->key_place.column);
    }
    return order;
}

/* A mapping where a secret should be has the secret for its keys. */
static bool is_below_secret(const struct composer *composer, const struct node *mapping)
{
    bool secret = secret_is_name(mapping->key);
    for (size_t i = 0; i < composer->depth && !secret; i++) {
        secret = secret_is_name(composer->frames[i].node->key);
    }
    return secret;
}

static void refuse_duplicate(struct composer *composer, const struct node *mapping,
                             const struct node *first, struct node *second)
{
    char hint[64];
    size_t before = composer->errors->errors;
    (void)snprintf(hint, sizeof hint, "it stands in line %zu already", first->key_place.line);
    if (is_below_secret(composer, mapping)) {
        document_error(composer->document, composer->errors, second->key_place, hint,
                       "this key stands twice");
    } else {
        document_error(composer->document, composer->errors, second->key_place, hint,
                       "the key \"%.*s\" stands twice", SLICE_PRINT(second->key));
    }
    second->repeated = true;
    tolerate(composer, before);
}

static void check_duplicates(struct composer *composer, const struct node *mapping)
{
    if (mapping->count < 2) {
        return;
    }
    struct node **nodes = memory_new(mapping->count, sizeof(struct node *));
    size_t count = 0;
    for (struct node *child = mapping->first; child != NULL; child = child->next) {
        nodes[count++] = child;
    }
    qsort(nodes, count, sizeof(struct node *), compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (slice_equal(nodes[i - 1]->key, nodes[i]->key)) {
            refuse_duplicate(composer, mapping, nodes[i - 1], nodes[i]);
        }
    }
    free(nodes);
}

/* libyaml ends no collection that it has not begun. */
static struct node *close_collection(struct composer *composer, const yaml_event_t *event)
{
    assert(composer->depth > 0);
    composer->depth--;
    struct node *node = composer->frames[composer->depth].node;
    node->to = byte_of(composer, &event->end_mark);
    return node;
}

/* A mapping in lines has no bracket to point at: its place is its first key. */
static void close_mapping(struct composer *composer, const yaml_event_t *event)
{
    struct node *mapping = close_collection(composer, event);
    const struct node *first = mapping->first;
    if (first != NULL && first->key_place.line == mapping->place.line &&
        first->key_place.column == mapping->place.column) {
        mapping->place = first->key_place;
    }
    check_duplicates(composer, mapping);
}

static bool open_document(struct composer *composer, const yaml_event_t *event)
{
    if (++composer->documents == 1) {
        return true;
    }
    size_t from = byte_of(composer, &event->start_mark);
    size_t to = byte_of(composer, &event->end_mark);
    document_error(
        composer->document, composer->errors, mark_place(composer, &event->start_mark, from, to),
        "put it in a file of its own, or take the --- away", "a second document begins here");
    return false;
}

/* False when reading cannot go on; the error is added then. */
static bool take_event(struct composer *composer, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return open_document(composer, event);
    case YAML_SCALAR_EVENT:
        return add_scalar(composer, event);
    case YAML_ALIAS_EVENT:
        return add_alias(composer, event);
    case YAML_MAPPING_START_EVENT:
        return open_mapping(composer, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_sequence(composer, event);
    case YAML_MAPPING_END_EVENT:
        close_mapping(composer, event);
        return true;
    case YAML_SEQUENCE_END_EVENT:
        (void)close_collection(composer, event);
        return true;
    default:
        return true;
    }
}

/* What libyaml says; out of memory is the one thing that nobody can mend. */
static struct syntax_problem take_problem(struct composer *composer, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        abort();
    }
    return (struct syntax_problem){
        .problem = parser->problem,
        .context = parser->context,
        .text = composer->lines->text,
        .at = byte_of(composer, &parser->problem_mark),
        .from = byte_of(composer, &parser->context_mark),
    };
}

/* One event; false at the end, and when reading cannot go on. */
static bool step(struct composer *composer, yaml_parser_t *parser,
                 struct syntax_problem *ret_problem)
{
    yaml_event_t event;
    if (yaml_parser_parse(parser, &event) == 0) {
        *ret_problem = take_problem(composer, parser);
        return false;
    }
    bool more = event.type != YAML_STREAM_END_EVENT;
    more = take_event(composer, &event) && more;
    yaml_event_delete(&event);
    return more;
}

static void start_parser(yaml_parser_t *parser, const char *text, size_t size)
{
    if (yaml_parser_initialize(parser) == 0) {
        abort();
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)text, size);
}

/* Where an event begins that is made of a value without its quotes; SIZE_MAX: it is none. */
static size_t unquoted_start(struct composer *composer, const yaml_event_t *event)
{
    bool property = event->type == YAML_SCALAR_EVENT &&
                    (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL);
    return property || event->type == YAML_ALIAS_EVENT ? byte_of(composer, &event->start_mark)
                                                       : SIZE_MAX;
}

/* A line that begins with % is a directive, and no value. */
static bool is_indicator(const struct composer *composer, size_t at)
{
    if (at >= composer->lines->text.size || strchr("@`%&*!", composer->mended[at]) == NULL) {
        return false;
    }
    bool starts_line = at == 0 || composer->mended[at - 1] == '\n';
    return composer->mended[at] != '%' || !starts_line;
}

static bool mend_unquoted(const struct composer *composer, size_t at, char *mended)
{
    if (!is_indicator(composer, at)) {
        return false;
    }
    mended[at] = 'x';
    return true;
}

/* From the place within "…" where libyaml has met half of a surrogate pair to where the quotes end. */
static bool mend_pairs(const struct syntax_problem *problem, char *mended)
{
    bool found = false;
    size_t at = problem->at - (problem->at < 2 ? problem->at : 2); /* behind the \u */
    while (at < problem->text.size && mended[at] != '"') {
        uint32_t code_point = 0;
        if (scalar_pair((struct slice){mended, problem->text.size}, at, &code_point)) {
            scalar_write_pair(code_point, mended + at);
            found = true;
            at += SCALAR_PAIR_SIZE;
        } else {
            at += mended[at] == '\\' ? 2 : 1;
        }
    }
    return found;
}

static bool mend_problem(struct composer *composer, const yaml_parser_t *parser, char *mended)
{
    struct syntax_problem problem = take_problem(composer, parser);
    return strcmp(problem.problem, SYNTAX_NO_CHARACTER) == 0
               ? mend_pairs(&problem, mended)
               : mend_unquoted(composer, syntax_explain(&problem).from, mended);
}

/* The first that libyaml cannot read, or reads as something else; false when there is none. */
static bool mend_next(struct composer *composer, yaml_parser_t *parser, char *mended)
{
    for (;;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            return mend_problem(composer, parser, mended);
        }
        size_t at = unquoted_start(composer, &event);
        bool end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (end || at != SIZE_MAX) {
            return mend_unquoted(composer, at, mended);
        }
    }
}

void composer_mend(const struct lines *lines, char *mended)
{
    for (size_t i = 0; i < MENDED_MAX; i++) {
        struct composer composer = {.lines = lines, .mended = mended};
        yaml_parser_t parser;
        start_parser(&parser, mended, lines->text.size);
        bool found = mend_next(&composer, &parser, mended);
        yaml_parser_delete(&parser);
        if (!found) {
            return;
        }
    }
}

struct node *composer_read(const struct document *document, const struct lines *lines,
                           const char *mended, struct arena *arena, struct error_list *errors,
                           struct syntax_problem *ret_problem)
{
    struct composer composer = {
        .document = document, .lines = lines, .mended = mended, .arena = arena, .errors = errors};
    yaml_parser_t parser;
    start_parser(&parser, mended, lines->text.size);
    size_t before = errors->errors;
    while (step(&composer, &parser, ret_problem)) {
    }
    yaml_parser_delete(&parser);
    bool failed = errors->errors > before + composer.tolerated || ret_problem->problem != NULL;
    return failed ? NULL : composer.root;
}
