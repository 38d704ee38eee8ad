/* Compiling a mapping: from the nodes of its document to a plan. Every key has one function; errors are
 * collected, and reading goes on behind them. */
#include "plan.h"

#include "conversion/field.h"
#include "mapping/transform.h"

#include <stdarg.h>
#include <stdio.h>

struct compiler {
    struct mapping *mapping;
    const struct document *document;
    struct error_list *errors;
    struct scope scope;
};

static struct arena *pool(struct compiler *compiler)
{
    return &compiler->mapping->pool.arena;
}

static const char *kind_text(const struct node *node)
{
    switch (node->kind) {
    case NODE_SCALAR:
        return node_is_null(node) ? "nothing" : "a text";
    case NODE_SEQUENCE:
        return "a list";
    case NODE_MAPPING:
        return "a mapping";
    }
    return "";
}

__attribute__((format(printf, 4, 5))) static void
error_at(struct compiler *compiler, struct place place, const char *hint, const char *format, ...)
{
    struct error text;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text.text, sizeof text.text, format, arguments);
    va_end(arguments);
    document_error(compiler->document, compiler->errors, place, hint, "%s", text.text);
}

/* Whether the node is of that kind and not too large; else an error. */
static bool need_kind(struct compiler *compiler, const struct node *node, enum node_kind kind,
                      const char *what)
{
    if (node->kind != kind) {
        error_at(compiler, node->place, NULL, "%s was expected, and this is %s", what,
                 kind_text(node));
        return false;
    }
    if (kind != NODE_SCALAR && node->count > PLAN_NAMES_MAX) {
        error_at(compiler, node->place, NULL, "more than %d entries", PLAN_NAMES_MAX);
        return false;
    }
    return true;
}

/* An error for the key, with the nearest of those that are known. */
static void unknown_key(struct compiler *compiler, const struct node *node,
                        const char *const names[], size_t count)
{
    const char *nearest = error_nearest(node->key, names, count);
    struct error hint;
    if (nearest != NULL) {
        error_set(&hint, "the nearest known is \"%s\"", nearest);
    }
    error_at(compiler, node->key_place, nearest == NULL ? NULL : hint.text, "unknown key \"%.*s\"",
             SLICE_PRINT(node->key));
}

static bool is_one_of(struct slice name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* Errors for all keys of the node that are none of these. */
static void check_keys(struct compiler *compiler, const struct node *node,
                       const char *const names[], size_t count)
{
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (!is_one_of(child->key, names, count)) {
            unknown_key(compiler, child, names, count);
        }
    }
}

/* --- One value -------------------------------------------------------------------------------------- */

static const char *const long_form[] = {"value", "text", "if", "on_invalid"};

#define LONG_FORM (sizeof long_form / sizeof *long_form)

/* `text: …`, a constant. */
static const struct expression *compile_text(struct compiler *compiler, const struct node *node)
{
    if (!need_kind(compiler, node, NODE_SCALAR, "a text")) {
        return NULL;
    }
    if (slice_trim(node->text).size == 0) {
        error_at(compiler, node->place, NULL, "a constant that is blank would never be sent");
        return NULL;
    }
    return expression_text(&compiler->mapping->pool, node->text);
}

static void compile_policy(struct compiler *compiler, const struct node *node,
                           struct assignment *assignment)
{
    if (node->kind == NODE_SCALAR && slice_equal(node->text, SLICE("omit"))) {
        assignment->policy = FIELD_OMIT;
    } else if (node->kind == NODE_SCALAR && slice_equal(node->text, SLICE("dead_letter"))) {
        assignment->policy = FIELD_DEAD_LETTER;
    } else {
        error_at(compiler, node->place, NULL, "on_invalid is omit or dead_letter");
    }
}

static void compile_long_form(struct compiler *compiler, const struct node *node, bool may_omit,
                              struct assignment *assignment)
{
    check_keys(compiler, node, long_form, LONG_FORM);
    const struct node *value = node_child(node, "value");
    const struct node *text = node_child(node, "text");
    const struct node *condition = node_child(node, "if");
    const struct node *policy = node_child(node, "on_invalid");
    if ((value == NULL) == (text == NULL)) {
        error_at(compiler, node->place, "{value: $.path} or {text: a constant}",
                 "either value or text was expected");
    } else {
        assignment->value = value != NULL
                                ? expression_compile(&compiler->scope, value, EXPRESSION_VALUE)
                                : compile_text(compiler, text);
    }
    if (condition != NULL) {
        assignment->condition =
            expression_compile(&compiler->scope, condition, EXPRESSION_CONDITION);
    }
    if (policy != NULL && !may_omit) {
        error_at(compiler, policy->key_place, NULL, "%s cannot be left out", assignment->target);
    } else if (policy != NULL) {
        compile_policy(compiler, policy, assignment);
    }
}

/* Warns of a path that works as long as it selects one value. */
static void warn_of_list(struct compiler *compiler, const struct node *node,
                         const struct assignment *assignment)
{
    if (assignment->value == NULL || !expression_may_be_list(assignment->value)) {
        return;
    }
    const struct node *value = node->kind == NODE_MAPPING ? node_child(node, "value") : node;
    char room[ERROR_SIZE];
    struct buffer hint;
    buffer_init(&hint, sizeof room - 1);
    buffer_append(&hint, SLICE("reduce it: "));
    transform_reducers(&hint);
    buffer_append_byte(&hint, '\0');
    struct error text;
    error_set(&text, "%s takes one value, and this may be several: then the message is dead",
              assignment->target);
    error_list_add(compiler->errors, ERROR_GRADE_WARNING, document_source(compiler->document),
                   value->place, text.text, hint.data);
    buffer_done(&hint);
}

static void compile_assignment(struct compiler *compiler, const struct node *node, bool may_omit,
                               struct assignment *assignment)
{
    if (node->kind == NODE_MAPPING) {
        compile_long_form(compiler, node, may_omit, assignment);
    } else {
        assignment->value = expression_compile(&compiler->scope, node, EXPRESSION_VALUE);
    }
    warn_of_list(compiler, node, assignment);
}

/* --- let, when, for_each ---------------------------------------------------------------------------- */

static void compile_let(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    struct scope *scope = &compiler->scope;
    if (!need_kind(compiler, node, NODE_MAPPING, "a mapping of names to expressions")) {
        return;
    }
    mapping->bindings = arena_calloc(pool(compiler), node->count + 1, sizeof *mapping->bindings);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        mapping->bindings[mapping->binding_count++].name = arena_copy(pool(compiler), child->key);
    }
    scope->bindings = mapping->bindings;
    scope->binding_count = mapping->binding_count;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (!expression_is_name(child->key)) {
            error_at(compiler, child->key_place,
                     "letters, digits and underscores, 64 at most, no digit first",
                     "this cannot be the name of a value");
        }
        mapping->bindings[scope->binding_known].expression =
            expression_compile(scope, child, EXPRESSION_VALUE);
        scope->binding_known++;
    }
}

/* Reasons that are not a condition's must not look like one. */
static const char *const reasons[] = {"tombstone", "no_items"};

static void compile_when(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    if (!need_kind(compiler, node, NODE_MAPPING, "a mapping of names to conditions")) {
        return;
    }
    mapping->conditions =
        arena_calloc(pool(compiler), node->count + 1, sizeof *mapping->conditions);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (is_one_of(child->key, reasons, sizeof reasons / sizeof *reasons) ||
            !expression_is_name(child->key)) {
            error_at(
                compiler, child->key_place,
                "letters, digits and underscores, 64 at most; it is the reason that is counted "
                "when the condition does not hold",
                "this cannot be the name of a condition");
        }
        struct condition *condition = &mapping->conditions[mapping->condition_count++];
        condition->name = arena_string(pool(compiler), child->key);
        condition->expression = expression_compile(&compiler->scope, child, EXPRESSION_CONDITION);
    }
}

static void compile_for_each(struct compiler *compiler, const struct node *node)
{
    struct scope scope = compiler->scope;
    scope.has_item = false;
    const struct expression *expression = expression_compile(&scope, node, EXPRESSION_VALUE);
    compiler->mapping->for_each = expression;
    if (expression != NULL && expression_uses_item(expression)) {
        error_at(compiler, node->place, NULL,
                 "for_each makes the items, and cannot use a named value that is made from one");
    }
}

/* --- conversion, custom, metadata ------------------------------------------------------------------- */

/* What a conversion has besides the fields of the table. */
static struct assignment *own_assignment(struct mapping *mapping, struct slice name)
{
    if (slice_equal(name, SLICE("eventTime"))) {
        return &mapping->event_time;
    }
    if (slice_equal(name, SLICE("clientEventId"))) {
        return &mapping->client_event_id;
    }
    return slice_equal(name, SLICE("eventType")) ? &mapping->event_type : NULL;
}

static const char *nearest_field(struct slice name)
{
    static const char *const own[] = {"eventTime", "clientEventId", "eventType"};
    const char *nearest = error_nearest(name, own, sizeof own / sizeof *own);
    return nearest != NULL ? nearest : field_nearest(name);
}

static void unknown_field(struct compiler *compiler, const struct node *node)
{
    const char *nearest = nearest_field(node->key);
    struct error hint;
    error_set(&hint, "the nearest known is \"%s\"", nearest == NULL ? "" : nearest);
    error_at(compiler, node->key_place,
             nearest != NULL ? hint.text : "attributes of your own stand in custom",
             "Rokt has no field \"%.*s\"", SLICE_PRINT(node->key));
}

static void compile_field(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    struct assignment *own = own_assignment(mapping, node->key);
    enum field field;
    if (own != NULL) {
        own->target = arena_string(pool(compiler), node->key);
        own->policy = FIELD_DEAD_LETTER;
        compile_assignment(compiler, node, false, own);
    } else if (!field_find(node->key, &field)) {
        unknown_field(compiler, node);
    } else {
        struct field_assignment *assignment = &mapping->fields[mapping->field_count++];
        assignment->field = field;
        assignment->assignment.target = field_info(field)->name;
        assignment->assignment.policy = field_info(field)->policy;
        compile_assignment(compiler, node, true, &assignment->assignment);
    }
}

static bool is_mapped(const struct mapping *mapping, enum field field)
{
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (mapping->fields[i].field == field) {
            return true;
        }
    }
    return false;
}

/* Without these no message could ever be delivered, or not with the right time. */
static void check_conversion(struct compiler *compiler, const struct node *node)
{
    const struct mapping *mapping = compiler->mapping;
    if (!is_mapped(mapping, FIELD_EMAIL) && !is_mapped(mapping, FIELD_EMAILSHA256) &&
        !is_mapped(mapping, FIELD_PASSBACKCONVERSIONTRACKINGID)) {
        error_at(compiler, node->key_place, NULL,
                 "nothing tells the customer: map email, emailsha256 or "
                 "passbackconversiontrackingid");
    }
    if (mapping->event_time.target == NULL) {
        error_list_add(compiler->errors, ERROR_GRADE_WARNING, document_source(compiler->document),
                       node->key_place, "eventTime is not mapped: the record's timestamp is taken",
                       "to say so: `eventTime: kafka.timestamp`");
    }
}

static void compile_conversion(struct compiler *compiler, const struct node *node)
{
    if (!need_kind(compiler, node, NODE_MAPPING, "a mapping of fields to expressions")) {
        return;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        compile_field(compiler, child);
    }
    check_conversion(compiler, node);
}

static bool is_field_in_any_case(struct slice name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (slice_equal_ignoring_case(name, slice_of(field_info((enum field)i)->name))) {
            return true;
        }
    }
    return false;
}

static void check_attribute_name(struct compiler *compiler, const struct node *node, bool is_custom)
{
    struct slice prefix = slice_part(node->key, 0, sizeof "rokt." - 1);
    const char *fault = NULL;
    if (slice_trim(node->key).size == 0) {
        fault = "the name of an attribute is blank";
    } else if (slice_equal_ignoring_case(prefix, SLICE("rokt."))) {
        fault = "names that begin with \"rokt.\" are Rokt's own";
    } else if (slice_length(node->key) > CONVERSION_ATTRIBUTE_NAME_MAX) {
        fault = "the name of an attribute is longer than 256 characters";
    } else if (is_custom && is_field_in_any_case(node->key)) {
        fault = "this is a field of Rokt's: it stands in conversion";
    }
    if (fault != NULL) {
        error_at(compiler, node->key_place, NULL, "%s", fault);
    }
}

static void compile_attributes(struct compiler *compiler, const struct node *node, bool is_custom,
                               struct named_assignments *assignments)
{
    if (!need_kind(compiler, node, NODE_MAPPING, "a mapping of names to expressions")) {
        return;
    }
    assignments->items = arena_calloc(pool(compiler), node->count + 1, sizeof *assignments->items);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        check_attribute_name(compiler, child, is_custom);
        struct named_assignment *assignment = &assignments->items[assignments->count++];
        assignment->name = arena_copy(pool(compiler), child->key);
        struct slice target = arena_printf(
            pool(compiler), "%s.%.*s", is_custom ? "custom" : "metadata", SLICE_PRINT(child->key));
        assignment->assignment.target = arena_string(pool(compiler), target);
        assignment->assignment.policy = FIELD_OMIT;
        compile_assignment(compiler, child, true, &assignment->assignment);
    }
}

/* --- require ---------------------------------------------------------------------------------------- */

static bool find_custom(const struct mapping *mapping, struct slice name, size_t *ret_index)
{
    for (size_t i = 0; i < mapping->custom.count; i++) {
        if (slice_equal(slice_of(mapping->custom.items[i].assignment.target), name)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* Sets what the name stands for; false when it stands for nothing. `ret_mapped` tells whether it can
 * ever be there. */
static bool find_requirement(struct compiler *compiler, struct slice name,
                             struct requirement *requirement, bool *ret_mapped)
{
    struct mapping *mapping = compiler->mapping;
    enum field field;
    *ret_mapped = true;
    if (field_find(name, &field)) {
        requirement->index = field;
        *ret_mapped = is_mapped(mapping, field);
        return true;
    }
    if (own_assignment(mapping, name) != NULL) {
        requirement->always = true;
        return true;
    }
    requirement->is_custom = true;
    return find_custom(mapping, name, &requirement->index);
}

static void unknown_requirement(struct compiler *compiler, struct place place, struct slice name)
{
    const char *nearest = nearest_field(name);
    struct error hint;
    error_set(&hint, "the nearest known is \"%s\"", nearest == NULL ? "" : nearest);
    error_at(compiler, place,
             nearest != NULL ? hint.text : "a field, or custom.NAME; alternatives as in a | b",
             "unknown name \"%.*s\"", SLICE_PRINT(name));
}

/* `a | b | c`: one of them must be there. */
static void compile_alternatives(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    const char *all = arena_string(pool(compiler), slice_trim(node->text));
    bool any_mapped = false;
    bool known = true;
    size_t from = 0;
    while (from <= node->text.size) {
        struct slice rest = slice_part(node->text, from, SIZE_MAX);
        struct slice part = slice_part(rest, 0, slice_find(rest, SLICE("|")));
        struct slice name = slice_trim(part);
        struct requirement requirement = {.alternatives = all,
                                          .or_next = from + part.size < node->text.size};
        bool mapped = false;
        size_t at = name.size == 0 ? from : (size_t)(name.data - node->text.data);
        if (!find_requirement(compiler, name, &requirement, &mapped)) {
            struct place place = document_place(compiler->document, node, at, name.size);
            unknown_requirement(compiler, place, name);
            known = false;
        }
        any_mapped = any_mapped || mapped;
        mapping->requirements[mapping->requirement_count++] = requirement;
        from += part.size + 1;
    }
    if (known && !any_mapped) {
        error_at(compiler, node->place, NULL,
                 "this is required and never mapped: every message would be dead");
    }
}

static size_t count_names(const struct node *node)
{
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        count++;
        for (size_t i = 0; i < child->text.size; i++) {
            count += child->text.data[i] == '|';
        }
    }
    return count;
}

static void compile_require(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    if (!need_kind(compiler, node, NODE_SEQUENCE, "a list of names")) {
        return;
    }
    mapping->requirements =
        arena_calloc(pool(compiler), count_names(node) + 1, sizeof *mapping->requirements);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (need_kind(compiler, child, NODE_SCALAR, "a name")) {
            compile_alternatives(compiler, child);
        }
    }
}

/* --- The whole -------------------------------------------------------------------------------------- */

/* The file's name without folder and ending. */
static struct slice name_of_file(const struct document *document)
{
    const char *name = document_source(document)->name;
    const char *slash = strrchr(name, '/');
    struct slice base = slice_of(slash == NULL ? name : slash + 1);
    const char *dot = memrchr(base.data, '.', base.size);
    return dot == NULL || dot == base.data ? base : slice_part(base, 0, (size_t)(dot - base.data));
}

static void compile_name(struct compiler *compiler, const struct node *node)
{
    struct slice name = name_of_file(compiler->document);
    if (node != NULL && need_kind(compiler, node, NODE_SCALAR, "a name")) {
        name = slice_trim(node->text);
        if (name.size == 0 || name.size > EXPRESSION_NAME_MAX) {
            error_at(compiler, node->place, NULL, "a name has 1 to %d bytes", EXPRESSION_NAME_MAX);
        }
    }
    compiler->mapping->name = arena_string(pool(compiler), name);
}

static const char *const keys[] = {"name",       "let",    "when",     "for_each",
                                   "conversion", "custom", "metadata", "require"};

/* In an order in which each knows what it needs of the others, whatever theirs in the file. */
static void compile_root(struct compiler *compiler, const struct node *root)
{
    const struct node *let = node_child(root, "let");
    const struct node *when = node_child(root, "when");
    const struct node *for_each = node_child(root, "for_each");
    const struct node *conversion = node_child(root, "conversion");
    const struct node *custom = node_child(root, "custom");
    const struct node *metadata = node_child(root, "metadata");
    const struct node *require = node_child(root, "require");
    check_keys(compiler, root, keys, sizeof keys / sizeof *keys);
    compile_name(compiler, node_child(root, "name"));
    compiler->scope.has_item = for_each != NULL;
    if (let != NULL) {
        compile_let(compiler, let);
    }
    if (when != NULL) {
        compile_when(compiler, when);
    }
    if (for_each != NULL) {
        compile_for_each(compiler, for_each);
    }
    if (conversion != NULL) {
        compile_conversion(compiler, conversion);
    } else {
        error_at(compiler, root->place, NULL,
                 "`conversion` is missing: the fields and their values");
    }
    if (custom != NULL) {
        compile_attributes(compiler, custom, true, &compiler->mapping->custom);
    }
    if (metadata != NULL) {
        compile_attributes(compiler, metadata, false, &compiler->mapping->metadata);
    }
    if (require != NULL) {
        compile_require(compiler, require);
    }
}

void plan_compile(struct mapping *mapping, const struct document *document,
                  struct error_list *errors)
{
    struct compiler compiler = {.mapping = mapping, .document = document, .errors = errors};
    compiler.scope = (struct scope){.pool = &mapping->pool, .document = document, .errors = errors};
    const struct node *root = document_root(document);
    if (root == NULL) {
        error_at(&compiler, (struct place){0, 0, 0}, NULL, "the mapping is empty");
        return;
    }
    if (need_kind(&compiler, root, NODE_MAPPING, "a mapping with `conversion` in it")) {
        compile_root(&compiler, root);
    }
}
