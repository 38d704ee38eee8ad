#include "personal.h"

#include "syntax.h"
#include "trace.h"

static bool is_attribute(const char *target)
{
    struct slice name = slice_of(target);
    return slice_starts_with(name, SLICE("custom.")) || slice_starts_with(name, SLICE("metadata."));
}

bool personal_is(const char *target)
{
    enum field field;
    return is_attribute(target) ||
           (field_find(slice_of(target), &field) && field_info(field)->personal);
}

/* ---- named values ----------------------------------------------------------------------------- */

/* Marks the names that the expression uses itself. Calls itself as deep as the expression. */
static void mark(const struct expression *expression, bool names[])
{
    if (expression == NULL) {
        return;
    }
    if (expression->operation == OPERATION_NAME) {
        names[expression->binding] = true;
    }
    for (const struct expression *part = expression->first; part != NULL; part = part->next) {
        mark(part, names);
    }
}

static void mark_assignment(const struct assignment *assignment, bool names[])
{
    mark(assignment->value, names);
    mark(assignment->condition, names);
}

/* Also those by which others are made: each uses only names before it. */
static void mark_made_of(const struct mapping *mapping, bool names[])
{
    for (size_t i = mapping->binding_count; i > 0; i--) {
        if (names[i - 1]) {
            mark(mapping->bindings[i - 1].expression, names);
        }
    }
}

static void mark_fields(const struct mapping *mapping, bool personal, bool names[])
{
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (field_info(mapping->fields[i].field)->personal == personal) {
            mark_assignment(&mapping->fields[i].assignment, names);
        }
    }
}

/* What may be shown is made of these. */
static void mark_open(const struct mapping *mapping, bool names[])
{
    for (size_t i = 0; i < mapping->condition_count; i++) {
        mark(mapping->conditions[i].expression, names);
    }
    mark(mapping->for_each, names);
    mark_assignment(&mapping->account, names);
    mark_assignment(&mapping->event_time, names);
    mark_assignment(&mapping->client_event_id, names);
    mark_assignment(&mapping->event_type, names);
    mark_fields(mapping, false, names);
}

/* Those that personal fields are made of. */
static bool *names_of_fields(const struct mapping *mapping, struct arena *arena)
{
    bool *names = arena_calloc(arena, mapping->binding_count, sizeof *names);
    mark_fields(mapping, true, names);
    mark_made_of(mapping, names);
    return names;
}

const bool *personal_names(const struct mapping *mapping, struct arena *arena)
{
    bool *personal = names_of_fields(mapping, arena);
    bool *open = arena_calloc(arena, mapping->binding_count, sizeof *open);
    mark_open(mapping, open);
    mark_made_of(mapping, open);
    for (size_t i = 0; i < mapping->binding_count; i++) {
        personal[i] = personal[i] || !open[i];
    }
    return personal;
}

/* ---- values ----------------------------------------------------------------------------------- */

static void add_one(struct mask *mask, const struct json_value *value)
{
    if (value->kind == JSON_STRING || value->kind == JSON_NUMBER) {
        mask_add(mask, value->text);
    }
}

/* Of an object nothing: what is taken of it comes by itself. */
static void add_value(struct mask *mask, const struct value *value)
{
    struct json_nodes items = value_items(value, mask->arena);
    if (value->one != NULL) {
        add_one(mask, value->one);
    }
    for (size_t i = 0; i < items.count && !mask->full; i++) {
        add_one(mask, items.items[i]);
    }
}

/* What the mapping's author wrote is not the customer's. Calls itself as deep as the expression. */
static void add_steps(struct mask *mask, const struct trace_step *step)
{
    for (; step != NULL; step = step->next) {
        bool literal = step->expression->operation == OPERATION_LITERAL;
        if (step->state == TRACE_GAVE && !literal) {
            add_value(mask, &step->value);
        }
        add_steps(mask, step->first);
    }
}

static void add_block(struct mask *mask, const struct trace_block *block, const bool names[],
                      size_t name_count)
{
    for (const struct trace_entry *entry = block->first; entry != NULL; entry = entry->next) {
        if (entry->kind == TRACE_ASSIGNMENT) {
            add_steps(mask, entry->first);
        }
    }
    for (size_t i = 0; i < name_count; i++) {
        if (names[i]) {
            add_steps(mask, block->named[i]);
        }
    }
}

static void add_trace(struct mask *mask, const struct trace *trace, const bool names[])
{
    for (const struct trace_block *block = trace->first; block != NULL; block = block->next) {
        add_block(mask, block, names, trace->binding_count);
    }
    if (trace->full) {
        mask_fill(mask);
    }
}

/* Whether they fail is not of interest: what they met until then is. */
static void evaluate_fields(const struct mapping *mapping, struct evaluation *evaluation)
{
    struct value value;
    struct error ignored;
    for (size_t i = 0; i < mapping->field_count; i++) {
        const struct field_assignment *field = &mapping->fields[i];
        if (field_info(field->field)->personal) {
            trace_begin(evaluation->trace, TRACE_ASSIGNMENT, field->assignment.target);
            (void)!expression_evaluate(field->assignment.value, evaluation, &value, &ignored);
        }
    }
}

static void next_item(const struct mapping *mapping, struct evaluation *evaluation,
                      const struct json_value *item)
{
    evaluation->item = item;
    for (size_t i = 0; i < mapping->binding_count; i++) {
        if (expression_uses_item(mapping->bindings[i].expression)) {
            evaluation->values[i].known = false;
        }
    }
}

static void evaluate_items(const struct mapping *mapping, struct evaluation *evaluation)
{
    struct value value;
    struct error ignored;
    trace_begin(evaluation->trace, TRACE_FOR_EACH, "for_each");
    if (!expression_evaluate(mapping->for_each, evaluation, &value, &ignored)) {
        return;
    }
    struct json_nodes items = value_items(&value, evaluation->arena);
    for (size_t i = 0; i < items.count && i < PLAN_ITEMS_MAX; i++) {
        trace_item(evaluation->trace, i, items.items[i]);
        next_item(mapping, evaluation, items.items[i]);
        evaluate_fields(mapping, evaluation);
    }
}

void personal_find(const struct mapping *mapping, const struct message *message,
                   const struct json_value *root, struct mask *mask)
{
    struct trace trace;
    struct arena *arena = mask->arena;
    if (root == NULL) {
        return;
    }
    trace_init(&trace, mapping->binding_count, arena);
    struct evaluation evaluation = {
        .message = message,
        .root = root,
        .bindings = mapping->bindings,
        .values = arena_calloc(arena, mapping->binding_count, sizeof(struct binding_value)),
        .arena = arena,
        .trace = &trace,
    };
    if (mapping->for_each != NULL) {
        evaluate_items(mapping, &evaluation);
    } else {
        evaluate_fields(mapping, &evaluation);
    }
    add_trace(mask, &trace, names_of_fields(mapping, arena));
    if (evaluation.work.exceeded) {
        mask_fill(mask);
    }
}
