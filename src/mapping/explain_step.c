/* Expressions, part by part, in the order in which they ran. */
#include "explainer.h"
#include "syntax.h"

static void explain_part(struct explainer *explainer, const struct trace_step *step,
                         const char *prefix, size_t indent);

/* How much of the whole stands before its first operand, if that is parentheses alone: then the
 * operand comes first, and what is done to it behind it. SIZE_MAX for f(x). */
static size_t parentheses_before(const struct expression *expression)
{
    const char *from = expression->source.data;
    const char *first = expression->first->source.data;
    size_t count = 0;
    for (; from < first; from++) {
        if (*from == '(') {
            count++;
        } else if (memchr(" \t\r\n", *from, 4) == NULL) {
            return SIZE_MAX;
        }
    }
    return count;
}

/* What stands behind the first operand: "| trim", or the segments of a path; empty for f(x). */
static struct slice source_behind(const struct expression *expression)
{
    size_t parentheses = parentheses_before(expression);
    if (parentheses == SIZE_MAX) {
        return (struct slice){NULL, 0};
    }
    const char *end = expression->source.data + expression->source.size;
    const char *behind = expression->first->source.data + expression->first->source.size;
    struct slice source = slice_trim((struct slice){behind, (size_t)(end - behind)});
    for (; parentheses > 0 && slice_ends_with(source, SLICE(")")); parentheses--) {
        source = slice_trim(slice_part(source, 0, source.size - 1));
    }
    return source;
}

/* Whether its parts follow each other as they are written: x | f | g, x ?? y. */
static bool is_sequence(const struct expression *expression)
{
    switch (expression->operation) {
    case OPERATION_COALESCE:
        return true;
    case OPERATION_CALL:
    case OPERATION_EACH:
    case OPERATION_PATH:
    case OPERATION_LENGTH:
    case OPERATION_VALUE:
        return source_behind(expression).size > 0;
    default:
        return false;
    }
}

/* The one value that a part gave; NULL when it is none, or nothing. */
static const struct json_value *one_value(const struct trace_step *step)
{
    if (step == NULL || step->state != TRACE_GAVE) {
        return NULL;
    }
    return value_single(&step->value);
}

static const char *kind_of(const struct json_value *value)
{
    return value->kind == JSON_STRING ? "text" : json_kind_name(value->kind);
}

static bool is_of_kind(const struct json_value *value, const struct json_value *other)
{
    return value->kind == JSON_NULL || other->kind == JSON_NULL ||
           strcmp(kind_of(value), kind_of(other)) == 0;
}

/* What the value was compared with, when none of that is of its kind; else NULL. Whether something is
 * null is asked of values of all kinds. */
static const struct json_value *other_kind(const struct trace_step *step,
                                           const struct json_value *value)
{
    const struct json_value *other = NULL;
    for (const struct trace_step *next = step->first->next; next != NULL; next = next->next) {
        other = one_value(next);
        if (other == NULL || is_of_kind(value, other)) {
            return NULL;
        }
    }
    return other;
}

/* Whoever compares '10' with 10 has to know why it does not hold. */
static void write_kinds(struct explainer *explainer, const struct trace_step *step)
{
    const struct expression *expression = step->expression;
    bool ordered =
        expression->operation == OPERATION_COMPARE && expression->comparison > COMPARISON_NOT_EQUAL;
    bool compares =
        expression->operation == OPERATION_COMPARE || expression->operation == OPERATION_IN;
    const struct json_value *value = compares ? one_value(step->first) : NULL;
    const struct json_value *other = value == NULL ? NULL : other_kind(step, value);
    if (other != NULL) {
        page_printf(&explainer->page, PAGE_ODD,
                    ordered ? " (of %s and %s neither is less)" : " (%s and %s are never equal)",
                    kind_of(value), kind_of(other));
    }
}

/* Whoever matches 4711 with '[0-9]+' has to know as well. */
static void write_no_text(struct explainer *explainer, const struct trace_step *step)
{
    enum operation operation = step->expression->operation;
    bool matches = operation == OPERATION_MATCH || operation == OPERATION_SEARCH;
    const struct json_value *value = matches ? one_value(step->first) : NULL;
    if (value != NULL && value->kind != JSON_STRING) {
        page_printf(&explainer->page, PAGE_ODD, " (%s is no text)", json_kind_name(value->kind));
    }
}

/* What a part gave, or whether it held. */
static void write_outcome(struct explainer *explainer, const struct trace_step *step)
{
    struct page *page = &explainer->page;
    switch (step->state) {
    case TRACE_GAVE:
        explain_value(explainer, &step->value);
        return;
    case TRACE_HOLDS:
        page_write(page, PAGE_GOOD, SLICE("holds"));
        write_kinds(explainer, step);
        break;
    case TRACE_HOLDS_NOT:
        page_write(page, PAGE_ODD, SLICE("does not hold"));
        write_kinds(explainer, step);
        write_no_text(explainer, step);
        break;
    case TRACE_FAILED:
        page_write(page, PAGE_BAD, slice_of(step->error == NULL ? "fails" : step->error));
        break;
    }
    page_end_line(page);
}

/* A whole expression stands there whole, a long part of one is cut. */
static void write_source(struct explainer *explainer, const char *prefix, struct slice source,
                         size_t indent)
{
    struct page *page = &explainer->page;
    size_t max = indent == EXPLAIN_INDENT ? SIZE_MAX : EXPLAIN_SOURCE_MAX;
    page_to(page, indent);
    page_write(page, PAGE_PLAIN, slice_of(prefix));
    page_source(page, PAGE_PLAIN, source, max);
}

static void write_part(struct explainer *explainer, const struct trace_step *step,
                       const char *prefix, struct slice source, size_t indent)
{
    write_source(explainer, prefix, source, indent);
    page_to(&explainer->page, EXPLAIN_VALUE);
    write_outcome(explainer, step);
}

/* The value of `@` in what follows. */
static void write_item(struct explainer *explainer, const struct json_value *item, size_t indent)
{
    page_to(&explainer->page, indent);
    page_write(&explainer->page, PAGE_PLAIN, SLICE("@"));
    page_to(&explainer->page, EXPLAIN_VALUE);
    explain_one(explainer, item);
}

/* The steps from `argument` on; of `each` its second operand, once for each value of the first.
 * Literals are in the source already. */
static void explain_arguments(struct explainer *explainer, const struct trace_step *step,
                              const struct trace_step *argument, size_t indent)
{
    size_t runs = 0;
    for (; argument != NULL; argument = argument->next) {
        bool of_each = step->expression->operation == OPERATION_EACH && argument != step->first;
        runs += of_each;
        if (runs > EXPLAIN_ITEMS_MAX) {
            continue;
        }
        if (of_each) {
            write_item(explainer, argument->item, indent);
        }
        if (argument->expression->operation != OPERATION_LITERAL) {
            explain_part(explainer, argument, "", of_each ? indent + EXPLAIN_DEEPER : indent);
        }
    }
    explain_more(explainer, indent, runs > EXPLAIN_ITEMS_MAX ? runs - EXPLAIN_ITEMS_MAX : 0);
}

static void explain_parts(struct explainer *explainer, const struct trace_step *step,
                          size_t indent);

/* x | f(a), and (x).a: first what x gave. */
static void explain_pipe(struct explainer *explainer, const struct trace_step *step, size_t indent)
{
    const struct trace_step *first = step->first;
    explain_parts(explainer, first, indent);
    if (first->state != TRACE_FAILED) {
        write_part(explainer, step, "", source_behind(step->expression), indent);
        explain_arguments(explainer, step, first->next, indent + EXPLAIN_DEEPER);
    }
}

static void write_not_needed(struct explainer *explainer, const char *prefix, struct slice source,
                             size_t indent)
{
    write_source(explainer, prefix, source, indent);
    page_to(&explainer->page, EXPLAIN_VALUE);
    page_write(&explainer->page, PAGE_FAINT, SLICE("not needed"));
    page_end_line(&explainer->page);
}

/* Operands of which not all may have run, because one before them decided. */
static void explain_alternatives(struct explainer *explainer, const struct trace_step *step,
                                 const char *separator, size_t indent)
{
    const struct trace_step *ran = step->first;
    const char *prefix = "";
    for (const struct expression *operand = step->expression->first; operand != NULL;
         operand = operand->next) {
        if (ran != NULL) {
            explain_part(explainer, ran, prefix, indent);
            ran = ran->next;
        } else {
            write_not_needed(explainer, prefix, operand->source, indent);
        }
        prefix = separator;
    }
}

/* x | default(y): the same as x ?? y, but written as a pipe. */
static void explain_default(struct explainer *explainer, const struct trace_step *step,
                            size_t indent)
{
    const struct trace_step *first = step->first;
    struct slice behind = source_behind(step->expression);
    explain_parts(explainer, first, indent);
    if (first->next != NULL) {
        write_part(explainer, first->next, "", behind, indent);
    } else if (first->state != TRACE_FAILED) {
        write_not_needed(explainer, "", behind, indent);
    }
}

/* What a part is made of. */
static void explain_parts(struct explainer *explainer, const struct trace_step *step, size_t indent)
{
    const struct expression *expression = step->expression;
    if (step->first == NULL) {
        write_part(explainer, step, "", expression->source, indent);
    } else if (expression->operation == OPERATION_OR || expression->operation == OPERATION_AND) {
        bool or = expression->operation == OPERATION_OR;
        explain_alternatives(explainer, step, or ? "|| " : "&& ", indent);
    } else if (!is_sequence(expression)) {
        explain_arguments(explainer, step, step->first, indent);
    } else if (expression->operation != OPERATION_COALESCE) {
        explain_pipe(explainer, step, indent);
    } else if (expression->transform != NULL && source_behind(expression).size > 0) {
        explain_default(explainer, step, indent);
    } else {
        explain_alternatives(explainer, step, "?? ", indent);
    }
}

/* A part in its own line, and below it what it is made of: there an error stands at its place. */
static void explain_part(struct explainer *explainer, const struct trace_step *step,
                         const char *prefix, size_t indent)
{
    struct trace_step own = *step;
    if (step->first != NULL && is_sequence(step->expression)) {
        own.error = NULL;
    }
    write_part(explainer, &own, prefix, step->expression->source, indent);
    if (step->first != NULL) {
        explain_parts(explainer, step, indent + EXPLAIN_DEEPER);
    }
}

void explain_expression(struct explainer *explainer, const struct trace_step *step,
                        const char *prefix)
{
    if (step->first == NULL || !is_sequence(step->expression)) {
        explain_part(explainer, step, prefix, EXPLAIN_INDENT);
        return;
    }
    write_source(explainer, prefix, step->expression->source, EXPLAIN_INDENT);
    page_end_line(&explainer->page);
    explain_parts(explainer, step, EXPLAIN_INDENT + EXPLAIN_DEEPER);
}
