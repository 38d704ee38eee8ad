/* explainer: what the files share that put a trace into words. */
#ifndef MAPPING_EXPLAINER_H
#define MAPPING_EXPLAINER_H

#include "conversion/mask.h"
#include "page.h"
#include "plan.h"
#include "trace.h"

/* Where things stand in a line. */
#define EXPLAIN_NAME 2    /* the name of a field … */
#define EXPLAIN_RESULT 22 /* and what became of it */
#define EXPLAIN_INDENT 6  /* its expression */
#define EXPLAIN_DEEPER 2  /* a part of another */
#define EXPLAIN_VALUE 40  /* what a part gave */
#define EXPLAIN_PATH 72   /* and where that stood in the message */

#define EXPLAIN_TEXT_MAX 80   /* code points of a value */
#define EXPLAIN_SOURCE_MAX 60 /* and of a part of an expression */
#define EXPLAIN_ITEMS_MAX 5   /* values of a list, and runs of an `each` */

struct explainer {
    struct page page;
    const struct mapping *mapping;
    const struct trace *trace;
    const struct mapping_result *result;
    struct buffer path; /* for the normalised path of a value */

    struct mask *mask;        /* NULL: nothing is hidden */
    const bool *hidden_names; /* by binding */
    bool hiding;              /* every value of what is written now */
};

/* Whether MASK is to be written for that text. */
bool explain_hides(const struct explainer *explainer, struct slice text);

/* explain_value.c: the kind of a value and the value, from where the line stands on, to its end; of
 * a list or an array also lines with its items. */
void explain_value(struct explainer *explainer, const struct value *value);
void explain_one(struct explainer *explainer, const struct json_value *value);

/* The same in few words, without an end of the line. */
void explain_summary(struct explainer *explainer, const struct value *value);

/* explain_step.c: a whole expression with all its parts, in lines of their own, `prefix` before it. */
void explain_expression(struct explainer *explainer, const struct trace_step *step,
                        const char *prefix);

/* "… and 95 more" in a line of its own, at that column, unless nothing is left. */
void explain_more(struct explainer *explainer, size_t column, size_t left);

#endif
