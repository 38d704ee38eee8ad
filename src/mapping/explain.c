#include "mapping/explain.h"

#include "explainer.h"
#include "personal.h"
#include "syntax.h"

#define PATH_BYTES_MAX (1024 * 1024)
#define RESULT_MAX 200 /* code points of what goes to Rokt */

/* "  NAME", up to where what became of it stands. */
static void write_name(struct explainer *explainer, const char *name)
{
    page_to(&explainer->page, EXPLAIN_NAME);
    page_cut(&explainer->page, PAGE_BOLD, slice_of(name), SIZE_MAX);
    page_to(&explainer->page, EXPLAIN_RESULT);
}

static void write_heading(struct explainer *explainer, const char *heading)
{
    page_end_line(&explainer->page);
    page_write(&explainer->page, PAGE_BOLD, slice_of(heading));
    page_end_line(&explainer->page);
}

/* --- Named values ---------------------------------------------------------------------------- */

static void explain_named(struct explainer *explainer, const struct binding *binding,
                          const struct trace_step *step)
{
    struct page *page = &explainer->page;
    page_to(page, EXPLAIN_NAME);
    page_write(page, PAGE_BOLD, SLICE("$"));
    page_write(page, PAGE_BOLD, binding->name);
    page_to(page, EXPLAIN_RESULT);
    if (step == NULL) {
        page_write(page, PAGE_FAINT, SLICE("not needed"));
        page_end_line(page);
        return;
    }
    if (step->state == TRACE_GAVE) {
        explain_summary(explainer, &step->value);
    } else {
        page_write(page, PAGE_BAD, SLICE("fails"));
    }
    page_end_line(page);
    explain_expression(explainer, step, "");
}

/* Those of the message, or those that depend on the item. */
static void explain_names(struct explainer *explainer, const struct trace_block *block)
{
    const struct mapping *mapping = explainer->mapping;
    bool of_item = block->item != NULL;
    bool any = false;
    for (size_t i = 0; i < mapping->binding_count; i++) {
        const struct binding *binding = &mapping->bindings[i];
        if (expression_uses_item(binding->expression) != of_item) {
            continue;
        }
        if (!any) {
            write_heading(explainer, "let");
        }
        any = true;
        explainer->hiding = explainer->hidden_names[i];
        explain_named(explainer, binding, block->named[i]);
        explainer->hiding = false;
    }
}

/* --- Entries --------------------------------------------------------------------------------- */

static void explain_steps(struct explainer *explainer, const struct trace_entry *entry)
{
    for (const struct trace_step *step = entry->first; step != NULL; step = step->next) {
        bool condition = entry->kind == TRACE_ASSIGNMENT && step->expression->is_condition;
        explain_expression(explainer, step, condition ? "if " : "");
    }
}

static bool is_fatal(const struct explainer *explainer, const struct trace_entry *entry)
{
    return explainer->result->outcome == MAPPING_DEAD && entry->misfit != NULL &&
           explainer->trace->last->last == entry && explainer->trace->entry == entry;
}

/* Why a field has no value, though nothing is wrong with one. */
static const char *why_empty(const struct trace_entry *entry)
{
    const struct trace_step *step = entry->last;
    if (step == NULL || step->state == TRACE_FAILED) {
        return "";
    }
    if (step->state == TRACE_HOLDS_NOT) {
        return "if does not hold";
    }
    return value_is_nothing(&step->value) ? "there is nothing" : "what there is counts as missing";
}

static void write_left_out(struct explainer *explainer, const struct trace_entry *entry)
{
    struct page *page = &explainer->page;
    bool fatal = is_fatal(explainer, entry);
    enum page_ink ink = fatal ? PAGE_BAD : PAGE_ODD;
    page_write(page, ink, fatal ? SLICE("dead: ") : SLICE("left out: "));
    page_write(page, ink, slice_of(entry->misfit == NULL ? why_empty(entry) : entry->misfit));
}

/* What goes to Rokt. */
static void write_gives(struct explainer *explainer, const struct trace_entry *entry)
{
    struct slice shown = explain_hides(explainer, entry->gives) ? MASK : entry->gives;
    page_cut(&explainer->page, PAGE_GOOD, shown, RESULT_MAX);
}

static void explain_assignment(struct explainer *explainer, const struct trace_entry *entry)
{
    write_name(explainer, entry->name);
    if (entry->gives.size > 0) {
        write_gives(explainer, entry);
    } else {
        write_left_out(explainer, entry);
    }
    page_end_line(&explainer->page);
    explain_steps(explainer, entry);
}

static void explain_default(struct explainer *explainer, const struct trace_entry *entry)
{
    write_name(explainer, entry->name);
    if (entry->gives.size > 0) {
        write_gives(explainer, entry);
        page_write(&explainer->page, PAGE_FAINT, SLICE(" (made from the record)"));
    } else {
        write_left_out(explainer, entry);
    }
    page_end_line(&explainer->page);
}

/* Of a trace that was full before, the steps are not there. */
static void write_holds(struct page *page, const struct trace_step *step)
{
    if (step == NULL) {
        page_write(page, PAGE_FAINT, SLICE("not shown"));
    } else if (step->state == TRACE_FAILED) {
        page_write(page, PAGE_BAD, SLICE("fails"));
    } else {
        bool holds = step->state == TRACE_HOLDS;
        page_write(page, holds ? PAGE_GOOD : PAGE_ODD,
                   holds ? SLICE("holds") : SLICE("does not hold"));
    }
    page_end_line(page);
}

static void explain_condition(struct explainer *explainer, const struct trace_entry *entry)
{
    write_name(explainer, entry->name);
    write_holds(&explainer->page, entry->last);
    explain_steps(explainer, entry);
}

static void explain_entry(struct explainer *explainer, const struct trace_entry *entry)
{
    switch (entry->kind) {
    case TRACE_CONDITION:
        explain_condition(explainer, entry);
        break;
    case TRACE_FOR_EACH:
        explain_steps(explainer, entry);
        break;
    case TRACE_ASSIGNMENT:
        explainer->hiding = personal_is(entry->name);
        explain_assignment(explainer, entry);
        explainer->hiding = false;
        break;
    case TRACE_DEFAULT:
        explain_default(explainer, entry);
        break;
    }
}

/* The part of a mapping that an entry belongs to. */
static const char *heading_of(const struct trace_entry *entry)
{
    switch (entry->kind) {
    case TRACE_CONDITION:
        return "when";
    case TRACE_FOR_EACH:
        return "for_each";
    case TRACE_ASSIGNMENT:
    case TRACE_DEFAULT:
        break;
    }
    return "conversion";
}

/* --- Blocks ---------------------------------------------------------------------------------- */

static bool is_mapped(const struct mapping *mapping, enum field field)
{
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (mapping->fields[i].field == field) {
            return true;
        }
    }
    return false;
}

/* What tells the customer and is not used: Rokt finds more of them by each that is there. */
static void explain_identity(struct explainer *explainer)
{
    static const enum field identity[] = {FIELD_EMAIL, FIELD_EMAILSHA256,
                                          FIELD_PASSBACKCONVERSIONTRACKINGID};
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++) {
        if (!is_mapped(explainer->mapping, identity[i])) {
            write_name(explainer, field_info(identity[i])->name);
            page_write(&explainer->page, PAGE_FAINT, SLICE("not mapped"));
            page_end_line(&explainer->page);
        }
    }
}

static void explain_block(struct explainer *explainer, const struct trace_block *block)
{
    const char *heading = "";
    if (explainer->trace->root != NULL) {
        explain_names(explainer, block);
    }
    for (const struct trace_entry *entry = block->first; entry != NULL; entry = entry->next) {
        if (strcmp(heading, heading_of(entry)) != 0) {
            heading = heading_of(entry);
            write_heading(explainer, heading);
        }
        explain_entry(explainer, entry);
    }
    bool ended = block != explainer->trace->last || explainer->trace->entry == NULL;
    if (ended && strcmp(heading, "conversion") == 0) {
        explain_identity(explainer);
    }
}

/* The condition for which the item becomes no conversion, or NULL. */
static const char *condition_against(const struct trace_block *block)
{
    const struct trace_entry *last = block->last;
    bool against = last != NULL && last->kind == TRACE_CONDITION && last->last != NULL &&
                   last->last->state == TRACE_HOLDS_NOT;
    return against ? last->name : NULL;
}

static void explain_item(struct explainer *explainer, const struct trace_block *block)
{
    struct page *page = &explainer->page;
    const char *against = condition_against(block);
    page_end_line(page);
    page_printf(page, PAGE_BOLD, "item %zu", block->index + 1);
    if (against != NULL) {
        page_to(page, EXPLAIN_RESULT);
        page_write(page, PAGE_ODD, SLICE("left out: "));
        page_write(page, PAGE_ODD, slice_of(against));
    }
    page_end_line(page);
    page_to(page, EXPLAIN_INDENT);
    page_write(page, PAGE_PLAIN, SLICE("@"));
    page_to(page, EXPLAIN_VALUE);
    explain_one(explainer, block->item);
    explain_block(explainer, block);
}

static void explain_outcome(struct explainer *explainer)
{
    struct page *page = &explainer->page;
    const struct mapping_result *result = explainer->result;
    page_end_line(page);
    if (explainer->trace->full) {
        page_printf(page, PAGE_ODD, "The first %d steps are shown, and there were more.",
                    TRACE_STEPS_MAX);
        page_end_line(page);
    }
    switch (result->outcome) {
    case MAPPING_MAPPED:
        page_printf(page, PAGE_GOOD, "mapped: %zu conversion%s", result->count,
                    result->count == 1 ? "" : "s");
        if (result->omitted > 0) {
            page_printf(page, PAGE_ODD, "; left out because of their values: %zu", result->omitted);
        }
        break;
    case MAPPING_SKIPPED:
        page_write(page, PAGE_ODD, SLICE("skipped: "));
        page_write(page, PAGE_ODD, slice_of(result->reason));
        break;
    case MAPPING_DEAD:
        page_write(page, PAGE_BAD, SLICE("dead: "));
        page_write(page, PAGE_BAD, slice_of(result->reason));
        page_write(page, PAGE_BAD, SLICE(": "));
        page_write(page, PAGE_BAD, slice_of(result->error.text));
        break;
    }
    page_end_line(page);
}

static void write_all(struct explainer *explainer)
{
    const struct trace *trace = explainer->trace;
    buffer_init(&explainer->path, PATH_BYTES_MAX);
    explain_block(explainer, trace->first);
    for (const struct trace_block *block = trace->first->next; block != NULL; block = block->next) {
        explain_item(explainer, block);
    }
    explain_outcome(explainer);
    buffer_done(&explainer->path);
}

void mapping_explain(const struct mapping *mapping, const struct message *message,
                     const struct explain_settings *settings, struct arena *arena,
                     struct buffer *buffer, struct mapping_result *ret_result)
{
    struct arena notes; /* the message's own is part of what its work is measured by */
    struct trace trace;
    arena_init(&notes, 0);
    trace_init(&trace, mapping->binding_count, &notes);
    plan_run(mapping, message, arena, &trace, ret_result);
    struct explainer explainer = {
        .page = {.buffer = buffer, .colour = settings->colour},
        .mapping = mapping,
        .trace = &trace,
        .result = ret_result,
        .mask = settings->mask,
        .hidden_names = personal_names(mapping, &notes),
    };
    if (explainer.mask != NULL) {
        personal_find(mapping, message, trace.root, explainer.mask);
    }
    write_all(&explainer);
    arena_done(&notes);
}
