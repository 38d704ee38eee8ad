#include "path_program.h"

#include <assert.h>
#include <stdio.h>

/* One run of a path. Once it has failed, `error` is set and everything stops. */
struct run {
    const struct json_value *root;
    struct arena *arena;
    struct error *error;
    struct work *work;
    bool failed;
    struct regex_matcher matcher;
    /* The last pattern that came with the message, as the next is mostly the same. */
    struct slice pattern;
    enum function pattern_function;
    const struct regex *pattern_regex; /* NULL: it is none */
};

/* Where the nodes go that a query selects. */
struct sink {
    bool keep;     /* all of them, in `nodes.items`; else they are counted, and the first is kept */
    bool places;   /* a null for what the single segments at the end of the path do not find */
    size_t enough; /* stop at so many */
    const struct json_value *first;
    struct json_nodes nodes;
    size_t capacity;
};

/* Room for a value that is computed, a length or a count. */
struct computed {
    struct json_value value;
    char digits[24];
};

static bool follow(struct run *run, const struct segment *segment, const struct json_value *node,
                   struct sink *sink);
static bool test(struct run *run, const struct expression *expression,
                 const struct json_value *current);

static bool fail(struct run *run, const char *message)
{
    if (!run->failed) {
        run->failed = true;
        error_set(run->error, "%s", message);
    }
    return false;
}

/* Accounts for work; false when it has been too much. */
static bool charge(struct run *run, size_t steps)
{
    return work_count(run->work, run->arena, steps) || fail(run, WORK_EXCEEDED);
}

static void grow(struct run *run, struct sink *sink)
{
    size_t capacity = sink->enough < 8 ? sink->enough : 8;
    capacity = sink->capacity == 0 ? capacity : 2 * sink->capacity;
    const struct json_value **items = arena_alloc(run->arena, capacity * sizeof(*items));
    if (sink->nodes.count > 0) {
        memcpy(items, sink->nodes.items, sink->nodes.count * sizeof(*items));
    }
    sink->nodes.items = items;
    sink->capacity = capacity;
}

/* Takes a node that is selected. False: no more are wanted. */
static bool emit(struct run *run, struct sink *sink, const struct json_value *node)
{
    if (sink->nodes.count == JSON_PATH_NODES_MAX) {
        return fail(run, "the path selects too many nodes");
    }
    if (sink->keep) {
        if (sink->nodes.count == sink->capacity) {
            grow(run, sink);
        }
        sink->nodes.items[sink->nodes.count] = node;
    } else if (sink->nodes.count == 0) {
        sink->first = node;
    }
    sink->nodes.count++;
    return sink->nodes.count < sink->enough;
}

/* --- Filters --------------------------------------------------------------------------------- */

/* A query within a filter. */
static struct sink select_nodes(struct run *run, const struct query *query,
                                const struct json_value *current, size_t enough)
{
    struct sink sink = {.enough = enough};
    const struct json_value *start = query->from_root ? run->root : current;
    if (charge(run, 1)) {
        (void)follow(run, query->segments, start, &sink);
    }
    return sink;
}

static const struct json_value *compute(struct computed *computed, size_t number)
{
    int size = snprintf(computed->digits, sizeof(computed->digits), "%zu", number);
    computed->value = (struct json_value){
        .kind = JSON_NUMBER,
        .text = {computed->digits, (size_t)size},
    };
    return &computed->value;
}

static const struct json_value *evaluate(struct run *run, const struct expression *operand,
                                         const struct json_value *current,
                                         struct computed *computed);

static const struct json_value *length_of(struct run *run, const struct json_value *value,
                                          struct computed *computed)
{
    if (value != NULL && value->kind == JSON_STRING) {
        return charge(run, work_of_bytes(value->text.size))
                   ? compute(computed, slice_length(value->text))
                   : NULL;
    }
    if (value != NULL && (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)) {
        return compute(computed, value->count);
    }
    return NULL;
}

/* A call that gives a value; NULL: nothing. */
static const struct json_value *call(struct run *run, const struct expression *function,
                                     const struct json_value *current, struct computed *computed)
{
    const struct expression *argument = function->operands;
    if (function->function == FUNCTION_LENGTH) {
        const struct json_value *value = evaluate(run, argument, current, computed);
        return length_of(run, value, computed);
    }
    if (function->function == FUNCTION_COUNT) {
        return compute(computed,
                       select_nodes(run, &argument->query, current, SIZE_MAX).nodes.count);
    }
    struct sink sink = select_nodes(run, &argument->query, current, 2);
    return sink.nodes.count == 1 ? sink.first : NULL;
}

/* The value of an operand that has one at most; NULL: nothing. */
static const struct json_value *evaluate(struct run *run, const struct expression *operand,
                                         const struct json_value *current,
                                         struct computed *computed)
{
    if (operand->kind == EXPRESSION_LITERAL) {
        return &operand->literal;
    }
    if (operand->kind == EXPRESSION_QUERY) {
        return select_nodes(run, &operand->query, current, 1).first;
    }
    return call(run, operand, current, computed);
}

/* Accounts for all that a comparison may look at. */
static bool charge_both(struct run *run, const struct json_value *a, const struct json_value *b)
{
    return json_count_work(a, b, run->arena, run->work) || fail(run, WORK_EXCEEDED);
}

static bool equal(struct run *run, const struct json_value *a, const struct json_value *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return charge_both(run, a, b) && json_equal(a, b);
}

static bool less(struct run *run, const struct json_value *a, const struct json_value *b)
{
    return a != NULL && b != NULL && charge_both(run, a, b) && json_less(a, b);
}

static bool compare(struct run *run, const struct expression *comparison,
                    const struct json_value *current)
{
    struct computed left;
    struct computed right;
    const struct json_value *a = evaluate(run, comparison->operands, current, &left);
    const struct json_value *b = evaluate(run, comparison->operands->next, current, &right);
    switch (comparison->comparison) {
    case COMPARISON_EQUAL:
        return equal(run, a, b);
    case COMPARISON_NOT_EQUAL:
        return !equal(run, a, b);
    case COMPARISON_LESS:
        return less(run, a, b);
    case COMPARISON_LESS_OR_EQUAL:
        return less(run, a, b) || equal(run, a, b);
    case COMPARISON_GREATER:
        return less(run, b, a);
    case COMPARISON_GREATER_OR_EQUAL:
        break;
    }
    return less(run, b, a) || equal(run, a, b);
}

/* The regular expression of a pattern that comes with the message; NULL when it is none. */
static const struct regex *regex_of(struct run *run, enum function function, struct slice pattern)
{
    bool known = run->pattern.data != NULL && run->pattern_function == function &&
                 slice_equal(run->pattern, pattern);
    if (known || !charge(run, 16 + pattern.size)) {
        return run->failed ? NULL : run->pattern_regex;
    }
    size_t place;
    struct error error;
    enum regex_scope scope = function == FUNCTION_MATCH ? REGEX_WHOLE : REGEX_ANYWHERE;
    run->pattern = pattern;
    run->pattern_function = function;
    run->pattern_regex = NULL;
    if (regexp_compile(pattern, scope, run->arena, &run->pattern_regex, &place, &error) ==
        REGEXP_TOO_LARGE) {
        (void)fail(run, error.text);
    }
    return run->pattern_regex;
}

static bool matches(struct run *run, const struct regex *regex, struct slice text)
{
    enum regex_verdict verdict = regex_match_counted(regex, text, 0, run->work, &run->matcher);
    const char *too_hard =
        run->work->exceeded ? WORK_EXCEEDED : "a regular expression takes too long on a text";
    return verdict == REGEX_YES || (verdict == REGEX_TOO_HARD && fail(run, too_hard));
}

/* match() or search(); what is no string, or no pattern, is no match. */
static bool call_match(struct run *run, const struct expression *function,
                       const struct json_value *current)
{
    struct computed computed;
    const struct json_value *text = evaluate(run, function->operands, current, &computed);
    if (text == NULL || text->kind != JSON_STRING) {
        return false;
    }
    const struct regex *regex = function->regex;
    if (regex == NULL) {
        const struct json_value *pattern =
            evaluate(run, function->operands->next, current, &computed);
        bool usable = pattern != NULL && pattern->kind == JSON_STRING;
        regex = usable ? regex_of(run, function->function, pattern->text) : NULL;
    }
    return regex != NULL && matches(run, regex, text->text);
}

/* Whether any operand of a chain is `wanted`. */
static bool test_any(struct run *run, const struct expression *chain,
                     const struct json_value *current, bool wanted)
{
    const struct expression *operand = chain->operands;
    while (operand != NULL && !run->failed && test(run, operand, current) != wanted) {
        operand = operand->next;
    }
    return operand != NULL;
}

/* Whether a filter holds for a node. Calls itself as deep as the path is nested. */
static bool test(struct run *run, const struct expression *expression,
                 const struct json_value *current)
{
    switch (expression->kind) {
    case EXPRESSION_OR:
        return test_any(run, expression, current, true);
    case EXPRESSION_AND:
        return !test_any(run, expression, current, false);
    case EXPRESSION_NOT:
        return !test(run, expression->operands, current);
    case EXPRESSION_COMPARISON:
        return compare(run, expression, current);
    case EXPRESSION_QUERY:
        return select_nodes(run, &expression->query, current, 1).nodes.count > 0;
    case EXPRESSION_FUNCTION:
        return call_match(run, expression, current);
    case EXPRESSION_LITERAL:
        break; /* the compiler lets none stand for a condition */
    }
    return false;
}

/* --- Segments -------------------------------------------------------------------------------- */

static const struct json_value *child_of(const struct json_value *node,
                                         const struct selector *selector)
{
    return selector->kind == SELECTOR_NAME ? json_member(node, selector->name)
                                           : json_item(node, selector->start.value);
}

/* A member is sought one by one. */
static size_t single_work(const struct json_value *node)
{
    return 1 + node->count / 8;
}

static const struct json_value *select_single(struct run *run, const struct selector *selector,
                                              const struct json_value *node)
{
    return charge(run, single_work(node)) ? child_of(node, selector) : NULL;
}

static bool select_children(struct run *run, const struct selector *selector,
                            const struct segment *rest, const struct json_value *node,
                            struct sink *sink)
{
    for (const struct json_value *child = node->first; child != NULL; child = child->next) {
        if (!charge(run, 1)) {
            return false;
        }
        if (selector->kind == SELECTOR_FILTER && !test(run, selector->filter, child)) {
            continue;
        }
        if (run->failed || !follow(run, rest, child, sink)) {
            return false;
        }
    }
    return !run->failed;
}

/* A bound counted from the start, held within `low` and `high` (RFC 9535, section 2.3.4.2.2). */
static int64_t resolve(struct path_bound bound, int64_t left_out, int64_t count, int64_t low,
                       int64_t high)
{
    int64_t place = bound.given ? bound.value : left_out;
    if (bound.given && place < 0) {
        place += count;
    }
    return place < low ? low : place > high ? high : place;
}

static bool select_upwards(struct run *run, const struct selector *selector, int64_t step,
                           const struct segment *rest, const struct json_value *node,
                           struct sink *sink)
{
    int64_t count = (int64_t)node->count;
    int64_t next = resolve(selector->start, 0, count, 0, count);
    int64_t end = resolve(selector->end, count, count, 0, count);
    int64_t place = 0;
    for (const struct json_value *item = node->first; place < end; item = item->next) {
        if (!charge(run, 1)) {
            return false;
        }
        if (place == next) {
            if (!follow(run, rest, item, sink)) {
                return false;
            }
            next += step;
        }
        place++;
    }
    return true;
}

/* Items know the next one only: a list of them is made to go back. */
static bool select_downwards(struct run *run, const struct selector *selector, int64_t step,
                             const struct segment *rest, const struct json_value *node,
                             struct sink *sink)
{
    int64_t count = (int64_t)node->count;
    int64_t start = resolve(selector->start, count - 1, count, -1, count - 1);
    int64_t end = resolve(selector->end, -1, count, -1, count - 1);
    if (start <= end || !charge(run, node->count)) {
        return !run->failed;
    }
    const struct json_value **items = arena_alloc(run->arena, node->count * sizeof(*items));
    size_t filled = 0;
    for (const struct json_value *item = node->first; item != NULL; item = item->next) {
        items[filled++] = item;
    }
    for (int64_t place = start; place > end; place += step) {
        if (!follow(run, rest, items[place], sink)) {
            return false;
        }
    }
    return true;
}

static bool select_slice(struct run *run, const struct selector *selector,
                         const struct segment *rest, const struct json_value *node,
                         struct sink *sink)
{
    int64_t step = selector->step.given ? selector->step.value : 1;
    if (node->kind != JSON_ARRAY || step == 0) {
        return true;
    }
    return step > 0 ? select_upwards(run, selector, step, rest, node, sink)
                    : select_downwards(run, selector, step, rest, node, sink);
}

/* Applies the selectors of a segment to a node, and to each child found the rest of the path. */
static bool apply(struct run *run, const struct segment *segment, const struct json_value *node,
                  struct sink *sink)
{
    for (const struct selector *selector = segment->selectors; selector != NULL;
         selector = selector->next) {
        bool more = true;
        if (selector->kind == SELECTOR_NAME || selector->kind == SELECTOR_INDEX) {
            const struct json_value *child = select_single(run, selector, node);
            more = child == NULL ? !run->failed : follow(run, segment->next, child, sink);
        } else if (selector->kind == SELECTOR_SLICE) {
            more = select_slice(run, selector, segment->next, node, sink);
        } else {
            more = select_children(run, selector, segment->next, node, sink);
        }
        if (!more) {
            return false;
        }
    }
    return true;
}

/* The same for a node and all below it. Goes as deep as the tree. */
static bool descend(struct run *run, const struct segment *segment, const struct json_value *node,
                    struct sink *sink)
{
    if (!charge(run, 1) || !apply(run, segment, node, sink)) {
        return false;
    }
    for (const struct json_value *child = node->first; child != NULL; child = child->next) {
        if (child->first != NULL && !descend(run, segment, child, sink)) {
            return false;
        }
    }
    return true;
}

/* A single segment has found nothing, and these are behind it. False: no more nodes are wanted. */
static bool miss(struct run *run, const struct segment *segment, struct sink *sink)
{
    if (run->failed || !sink->places) {
        return !run->failed;
    }
    while (segment != NULL && segment->single && charge(run, 1)) {
        segment = segment->next;
    }
    return !run->failed && (segment != NULL || emit(run, sink, &json_null));
}

/* Follows what is left of a path from a node. Node by node gives the RFC's order just as segment by
 * segment does, and needs no lists between. Each call within a call is for a child of the node, so
 * they go no deeper than the tree. False: no more nodes are wanted, or the run has failed. */
static bool follow(struct run *run, const struct segment *segment, const struct json_value *node,
                   struct sink *sink)
{
    while (segment != NULL && segment->single) {
        node = select_single(run, segment->selectors, node);
        if (node == NULL) {
            return miss(run, segment->next, sink);
        }
        segment = segment->next;
    }
    if (segment == NULL) {
        return emit(run, sink, node);
    }
    return segment->descendants ? descend(run, segment, node, sink)
                                : apply(run, segment, node, sink);
}

const struct json_value *json_path_single(const struct json_path *path,
                                          const struct json_value *start, struct work *work)
{
    assert(path->query.singular);
    const struct json_value *node = start;
    for (const struct segment *segment = path->query.segments; segment != NULL && node != NULL;
         segment = segment->next) {
        work->steps += single_work(node);
        node = child_of(node, segment->selectors);
    }
    return node;
}

static bool run_path(const struct json_path *path, bool places, const struct json_value *root,
                     const struct json_value *start, struct arena *arena, struct work *work,
                     struct json_nodes *ret_nodes, struct error *error)
{
    struct run run = {
        .root = root,
        .arena = arena,
        .work = work,
        .error = error,
        .matcher = {.arena = arena},
    };
    struct sink sink = {
        .keep = true, .places = places, .enough = path->query.singular ? 1 : SIZE_MAX};
    if (charge(&run, 1)) {
        (void)follow(&run, path->query.segments, start, &sink);
    }
    if (run.failed) {
        return false;
    }
    *ret_nodes = sink.nodes;
    return true;
}

bool json_path_run(const struct json_path *path, const struct json_value *root,
                   const struct json_value *start, struct arena *arena, struct work *work,
                   struct json_nodes *ret_nodes, struct error *error)
{
    return run_path(path, false, root, start, arena, work, ret_nodes, error);
}

bool json_path_run_places(const struct json_path *path, const struct json_value *root,
                          const struct json_value *start, struct arena *arena, struct work *work,
                          struct json_nodes *ret_nodes, struct error *error)
{
    return run_path(path, true, root, start, arena, work, ret_nodes, error);
}
