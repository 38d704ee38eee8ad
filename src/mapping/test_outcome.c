/* What must become of the messages of a mapping's tests. */
#include "base/timestamp.h"
#include "reason.h"
#include "test_plan.h"

#define CUSTOM SLICE("custom.")
#define METADATA SLICE("metadata.")

/* --- Reasons --------------------------------------------------------------------------------- */

/* An error for a reason that no message is skipped or dead for. */
static void unknown_reason(struct compiler *compiler, const struct node *node,
                           const char *const names[], size_t count, const char *hint)
{
    const char *nearest = error_nearest(node->text, names, count);
    struct error room;
    if (nearest != NULL) {
        error_set(&room, "the nearest known is \"%s\"", nearest);
    }
    compiler_error(compiler, node->place, nearest != NULL ? room.text : hint,
                   "no message is %.*s for the reason \"%.*s\"", SLICE_PRINT(node->key),
                   SLICE_PRINT(node->text));
}

/* One of these reasons; NULL, with an error, when it is none. */
static const char *find_reason(struct compiler *compiler, const struct node *node,
                               const char *const names[], size_t count, const char *hint)
{
    if (!compiler_need(compiler, node, NODE_SCALAR, "a reason")) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(node->text, slice_of(names[i]))) {
            return names[i];
        }
    }
    unknown_reason(compiler, node, names, count, hint);
    return NULL;
}

/* The name of a condition, or one of those that need none. */
static const char *skip_reason(struct compiler *compiler, const struct node *node)
{
    const struct mapping *mapping = compiler->mapping;
    const char *names[PLAN_NAMES_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < mapping->condition_count; i++) {
        names[count++] = mapping->conditions[i].name;
    }
    names[count++] = reason_tombstone;
    if (mapping->for_each != NULL) {
        names[count++] = reason_no_items;
    }
    return find_reason(compiler, node, names, count,
                       "the name of a condition, tombstone, or with for_each no_items");
}

/* --- Fields ---------------------------------------------------------------------------------- */

static bool has_attribute(const struct named_assignments *assignments, struct slice name)
{
    for (size_t i = 0; i < assignments->count; i++) {
        if (slice_equal(assignments->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

static const char *nearest_attribute(const struct named_assignments *assignments,
                                     struct slice target)
{
    const char *names[PLAN_NAMES_MAX];
    for (size_t i = 0; i < assignments->count; i++) {
        names[i] = assignments->items[i].assignment.target;
    }
    return error_nearest(target, names, assignments->count);
}

/* A test of an attribute that the mapping does not have would prove nothing. */
static void find_attribute(struct compiler *compiler, const struct node *node,
                           const struct named_assignments *assignments,
                           struct expectation *expectation)
{
    size_t from = slice_find(node->key, SLICE(".")) + 1;
    struct slice name = slice_part(node->key, from, SIZE_MAX);
    expectation->name = arena_copy(compiler_arena(compiler), name);
    if (has_attribute(assignments, name)) {
        return;
    }
    const char *nearest = nearest_attribute(assignments, node->key);
    struct error hint;
    if (nearest != NULL) {
        error_set(&hint, "the nearest known is \"%s\"", nearest);
    }
    compiler_error(compiler, node->key_place, nearest != NULL ? hint.text : NULL,
                   "the mapping has no \"%.*s\"", SLICE_PRINT(node->key));
}

static void unknown_target(struct compiler *compiler, const struct node *node)
{
    struct error hint;
    compiler_field_hint(
        node->key, "a field of Rokt's, eventTime, account, custom.NAME or metadata.NAME", &hint);
    compiler_error(compiler, node->key_place, hint.text, "a conversion has no \"%.*s\"",
                   SLICE_PRINT(node->key));
}

static enum expectation_kind own_kind(struct slice name)
{
    if (slice_equal(name, SLICE("eventTime"))) {
        return EXPECTATION_EVENT_TIME;
    }
    return slice_equal(name, SLICE("eventType")) ? EXPECTATION_EVENT_TYPE
                                                 : EXPECTATION_CLIENT_EVENT_ID;
}

/* Where in a conversion the value stands that the key names. */
static void find_target(struct compiler *compiler, const struct node *node,
                        struct expectation *expectation)
{
    const struct mapping *mapping = compiler->mapping;
    if (slice_starts_with(node->key, CUSTOM)) {
        expectation->kind = EXPECTATION_CUSTOM;
        find_attribute(compiler, node, &mapping->custom, expectation);
    } else if (slice_starts_with(node->key, METADATA)) {
        expectation->kind = EXPECTATION_METADATA;
        find_attribute(compiler, node, &mapping->metadata, expectation);
    } else if (slice_equal(node->key, SLICE("account"))) {
        expectation->kind = EXPECTATION_ACCOUNT;
    } else if (compiler_is_own(node->key)) {
        expectation->kind = own_kind(node->key);
    } else if (!field_find(node->key, &expectation->field)) {
        unknown_target(compiler, node);
    }
}

/* A moment can be written in many ways; it is compared in the one in which it is sent. */
static struct slice plain_time(struct compiler *compiler, const struct node *node)
{
    int64_t ms;
    if (timestamp_parse(slice_trim(node->text), NULL, &ms) != MOMENT_FINE) {
        compiler_error(compiler, node->place, "2026-11-23T10:03:00Z",
                       "eventTime is a time of RFC 3339 with its offset");
        return node->text;
    }
    char *text = arena_alloc(compiler_arena(compiler), TIMESTAMP_SIZE);
    timestamp_format(ms, text);
    return (struct slice){text, TIMESTAMP_SIZE - 1};
}

static bool is_always_there(enum expectation_kind kind)
{
    return kind == EXPECTATION_EVENT_TIME || kind == EXPECTATION_CLIENT_EVENT_ID ||
           kind == EXPECTATION_EVENT_TYPE;
}

static void compile_expected_text(struct compiler *compiler, const struct node *node,
                                  struct expectation *expectation)
{
    if (!compiler_need(compiler, node, NODE_SCALAR, "a text, or null,")) {
        return;
    }
    if (node_is_null(node)) {
        if (is_always_there(expectation->kind)) {
            compiler_error(compiler, node->place, NULL, "every conversion has %.*s",
                           SLICE_PRINT(node->key));
        }
    } else if (slice_trim(node->text).size == 0) {
        compiler_error(compiler, node->place, "null says that a field must not be there",
                       "a blank value is never sent");
    } else if (expectation->kind == EXPECTATION_EVENT_TIME) {
        expectation->text = plain_time(compiler, node);
    } else {
        expectation->text = arena_copy(compiler_arena(compiler), node->text);
    }
}

static void compile_expected(struct compiler *compiler, const struct node *node,
                             struct expected_conversion *expected)
{
    if (!compiler_need(compiler, node, NODE_MAPPING, "a mapping of fields to texts")) {
        return;
    }
    expected->items =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *expected->items);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct expectation *expectation = &expected->items[expected->count++];
        expectation->target = arena_string(compiler_arena(compiler), child->key);
        find_target(compiler, child, expectation);
        compile_expected_text(compiler, child, expectation);
    }
}

/* --- The outcome ----------------------------------------------------------------------------- */

static void check_count(struct compiler *compiler, const struct node *node)
{
    if (node->count == 0) {
        compiler_error(compiler, node->place, "skipped: no_items",
                       "a mapped message has one conversion at least");
    } else if (node->count > PLAN_ITEMS_MAX) {
        compiler_error(compiler, node->place, NULL, "more than %d conversions", PLAN_ITEMS_MAX);
    } else if (node->count > 1 && compiler->mapping->for_each == NULL) {
        compiler_error(compiler, node->place, NULL,
                       "without for_each, a message becomes one conversion");
    }
}

/* One conversion, or a list of them. */
static void compile_mapped(struct compiler *compiler, const struct node *node, struct test *test)
{
    bool list = node->kind == NODE_SEQUENCE;
    size_t count = list ? node->count : 1;
    test->outcome = MAPPING_MAPPED;
    test->conversions =
        arena_calloc(compiler_arena(compiler), count + 1, sizeof *test->conversions);
    if (!list) {
        compile_expected(compiler, node, &test->conversions[test->conversion_count++]);
        return;
    }
    check_count(compiler, node);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        compile_expected(compiler, child, &test->conversions[test->conversion_count++]);
    }
}

void compiler_test_outcome(struct compiler *compiler, const struct node *node, struct test *test)
{
    const struct node *mapped = node_child(node, "mapped");
    const struct node *skipped = node_child(node, "skipped");
    const struct node *dead = node_child(node, "dead");
    int outcomes = (mapped != NULL) + (skipped != NULL) + (dead != NULL);
    if (outcomes != 1) {
        compiler_error(compiler, node->place,
                       "mapped: {amount: 99.80}, skipped: CONDITION, or dead: REASON",
                       outcomes == 0 ? "the test does not say what must become of the message"
                                     : "a message is either mapped, or skipped, or dead");
    }
    if (mapped != NULL) {
        compile_mapped(compiler, mapped, test);
    }
    if (skipped != NULL) {
        test->outcome = MAPPING_SKIPPED;
        test->reason = skip_reason(compiler, skipped);
    }
    if (dead != NULL) {
        test->outcome = MAPPING_DEAD;
        test->reason = find_reason(compiler, dead, reason_dead, reason_dead_count,
                                   "the reasons are listed in config/README.md");
    }
}
