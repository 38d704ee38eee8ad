/* trace: what happened while one message was mapped, in the order of events.
 *
 * Whoever wants to know hands one over with the evaluation; else that pointer is NULL, and all that
 * a trace costs then is a branch a step. A trace only writes down: what is evaluated, and in which
 * order, does not depend on it. What it notes is in an arena of its own.
 *
 * Private to the files that run mappings and explain them. */
#ifndef MAPPING_TRACE_H
#define MAPPING_TRACE_H

#include "mapping/expression.h"

#define TRACE_STEPS_MAX 100000 /* of one message; what comes behind them is not written down */

enum trace_state {
    TRACE_FAILED, /* `error`, where it is this step and not one within it */
    TRACE_GAVE,   /* `value` */
    TRACE_HOLDS,
    TRACE_HOLDS_NOT
};

/* One expression, or a part of one, while it ran. */
struct trace_step {
    const struct expression *expression;
    const struct json_value *item; /* what `@` was, within an each */
    enum trace_state state;
    struct value value;
    const char *error;

    struct trace_step *parent; /* NULL: a whole expression of the mapping */
    struct trace_step *first;  /* what ran within it */
    struct trace_step *last;
    struct trace_step *next;
};

enum trace_kind {
    TRACE_CONDITION, /* of `when` */
    TRACE_FOR_EACH,
    TRACE_ASSIGNMENT, /* a field or an attribute */
    TRACE_DEFAULT     /* a field that is made from the record because nothing else made it */
};

/* One thing that the mapping makes, or asks. */
struct trace_entry {
    enum trace_kind kind;
    const char *name;         /* of the condition; the field: "amount", "custom.region" */
    struct trace_step *first; /* the expressions that ran for it, in order: `if`, then the value */
    struct trace_step *last;
    struct slice gives; /* what goes to Rokt; empty when nothing does */
    const char *misfit; /* what was wrong with the value; NULL when nothing was */
    struct trace_entry *next;
};

/* What happened for the message, or for one item of for_each. */
struct trace_block {
    const struct json_value *item; /* NULL: the message */
    size_t index;                  /* of the item */
    struct trace_step **named;     /* a place for each named value; NULL: it was not made here */
    struct trace_entry *first;
    struct trace_entry *last;
    struct trace_block *next;
};

struct trace {
    struct arena *arena;
    size_t binding_count;
    const struct json_value *root; /* NULL: there was no message to be read */
    struct trace_block *first;     /* the message; the items follow */
    struct trace_block *last;
    struct trace_entry *entry; /* what is under way; NULL between them */
    struct trace_step *step;   /* the same, within it */
    size_t steps;
    bool full; /* there were steps that are not written down */
};

void trace_init(struct trace *trace, size_t binding_count, struct arena *arena);

/* A step begins; the one that was under way waits for it. NULL when it is not
 * written down: the trace is full, or no entry is under way. */
struct trace_step *trace_enter(struct trace *trace, const struct expression *expression,
                               const struct json_value *item);

/* The step, which may be NULL, ends: with `state`, and what goes with it. */
void trace_leave(struct trace *trace, struct trace_step *step, enum trace_state state,
                 const struct value *value, const struct error *error);

/* For these `trace` may be NULL, and then nothing is written down. */

void trace_root(struct trace *trace, const struct json_value *root);

/* From here on it is about this item. */
void trace_item(struct trace *trace, size_t index, const struct json_value *item);

/* An entry begins. */
void trace_begin(struct trace *trace, enum trace_kind kind, const char *name);

/* What came of the entry that is under way; when none is, it is about the message as a whole, whose
 * result says it. */
void trace_gives(struct trace *trace, struct slice text);
void trace_time(struct trace *trace, int64_t time_ms);
void trace_misfit(struct trace *trace, const struct error *error);

/* What follows is about no entry. */
void trace_end(struct trace *trace);

#endif
