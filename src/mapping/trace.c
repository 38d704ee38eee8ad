#include "trace.h"

#include "base/timestamp.h"
#include "syntax.h"

static void add_block(struct trace *trace, size_t index, const struct json_value *item)
{
    struct trace_block *block = arena_calloc(trace->arena, 1, sizeof *block);
    block->item = item;
    block->index = index;
    block->named = arena_calloc(trace->arena, trace->binding_count, sizeof(struct trace_step *));
    if (trace->last == NULL) {
        trace->first = block;
    } else {
        trace->last->next = block;
    }
    trace->last = block;
}

void trace_init(struct trace *trace, size_t binding_count, struct arena *arena)
{
    *trace = (struct trace){.arena = arena, .binding_count = binding_count};
    add_block(trace, 0, NULL);
}

void trace_root(struct trace *trace, const struct json_value *root)
{
    if (trace != NULL) {
        trace->root = root;
    }
}

void trace_item(struct trace *trace, size_t index, const struct json_value *item)
{
    if (trace != NULL) {
        add_block(trace, index, item);
    }
}

void trace_begin(struct trace *trace, enum trace_kind kind, const char *name)
{
    if (trace == NULL) {
        return;
    }
    struct trace_block *block = trace->last;
    struct trace_entry *entry = arena_calloc(trace->arena, 1, sizeof *entry);
    entry->kind = kind;
    entry->name = name;
    if (block->last == NULL) {
        block->first = entry;
    } else {
        block->last->next = entry;
    }
    block->last = entry;
    trace->entry = entry;
}

void trace_gives(struct trace *trace, struct slice text)
{
    if (trace != NULL && trace->entry != NULL) {
        trace->entry->gives = text;
    }
}

void trace_time(struct trace *trace, int64_t time_ms)
{
    if (trace != NULL && trace->entry != NULL) {
        char *text = arena_alloc(trace->arena, TIMESTAMP_SIZE);
        timestamp_format(time_ms, text);
        trace->entry->gives = (struct slice){text, TIMESTAMP_SIZE - 1};
    }
}

void trace_misfit(struct trace *trace, const struct error *error)
{
    if (trace != NULL && trace->entry != NULL) {
        trace->entry->misfit = arena_string(trace->arena, slice_of(error->text));
    }
}

void trace_end(struct trace *trace)
{
    if (trace != NULL) {
        trace->entry = NULL;
    }
}

static void link_step(struct trace_step **first, struct trace_step **last, struct trace_step *step)
{
    if (*last == NULL) {
        *first = step;
    } else {
        (*last)->next = step;
    }
    *last = step;
}

/* A named value runs within the first expression that uses it, but stands for itself: of the item
 * when it depends on one, else of the message. */
static void add_named(struct trace *trace, size_t binding, struct trace_step *step)
{
    bool of_item = expression_uses_item(step->expression);
    struct trace_block *block = of_item ? trace->last : trace->first;
    block->named[binding] = step;
}

struct trace_step *trace_enter(struct trace *trace, const struct expression *expression,
                               const struct json_value *item)
{
    if (trace->entry == NULL || trace->steps == TRACE_STEPS_MAX) {
        trace->full = true;
        return NULL;
    }
    trace->steps++;
    struct trace_step *step = arena_calloc(trace->arena, 1, sizeof *step);
    struct trace_step *parent = trace->step;
    *step = (struct trace_step){.expression = expression, .item = item, .parent = parent};
    if (parent == NULL) {
        link_step(&trace->entry->first, &trace->entry->last, step);
    } else if (parent->expression->operation == OPERATION_NAME) {
        add_named(trace, parent->expression->binding, step);
    } else {
        link_step(&parent->first, &parent->last, step);
    }
    trace->step = step;
    return step;
}

/* Whether the error is that of a step within this one. */
static bool failed_within(const struct trace_step *step)
{
    return step->last != NULL && step->last->state == TRACE_FAILED;
}

void trace_leave(struct trace *trace, struct trace_step *step, enum trace_state state,
                 const struct value *value, const struct error *error)
{
    if (step == NULL) {
        return;
    }
    step->state = state;
    if (state == TRACE_GAVE) {
        step->value = *value;
    } else if (state == TRACE_FAILED && !failed_within(step)) {
        step->error = arena_string(trace->arena, slice_of(error->text));
    }
    trace->step = step->parent;
}
