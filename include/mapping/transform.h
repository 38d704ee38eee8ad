/* transform: what can be done to values on their way into a field.
 *
 * Each is a row of one table and a function. The reference in config/README.md is printed from
 * the table, and every example in it is run by a test. To add a transform is to add a row and
 * its function. */
#ifndef MAPPING_TRANSFORM_H
#define MAPPING_TRANSFORM_H

#include "base/buffer.h"
#include "base/regex.h"
#include "mapping/table.h"
#include "mapping/value.h"

/* Results of transforms that can grow beyond what they were given stop at this. */
#define TRANSFORM_TEXT_MAX (1024 * 1024)
#define TRANSFORM_LIST_MAX 10000
#define TRANSFORM_PLACE_MAX 1000000 /* of a place in a text, and of a length */
#define TRANSFORM_ARGUMENTS_MAX 8   /* behind the value */

/* What a transform works on. Values that are missing are left out before. */
enum transform_scope {
    TRANSFORM_EACH,       /* each value by itself, as a text; of a list comes a list */
    TRANSFORM_LIST,       /* all values; one value is a list of one, an array one of its items */
    TRANSFORM_WHOLE_LIST, /* the same, missing values too, also none at all */
    TRANSFORM_COALESCE,   /* whatever it is, missing or not: another way to write ?? */
    TRANSFORM_EXPRESSION  /* each value, as the `@` of the argument, which is an expression */
};

/* What it gives. */
enum transform_result {
    TRANSFORM_TEXT,
    TRANSFORM_TIME, /* texts of which more is known: as `eventTime` wants it, */
    TRANSFORM_HASH, /* 64 hex digits, */
    TRANSFORM_UUID,
    TRANSFORM_PHONE,   /* + and digits, */
    TRANSFORM_ADDRESS, /* of IPv4 or IPv6 */
    TRANSFORM_NUMBER,
    TRANSFORM_TEXTS, /* a list of texts */
    TRANSFORM_NUMBERS,
    TRANSFORM_ITEM, /* one value of any kind */
    TRANSFORM_ITEMS /* a list */
};

/* What it does with a value that it cannot use. */
enum transform_misfit {
    TRANSFORM_ERROR, /* an error: the field's policy says what comes of it */
    TRANSFORM_ABSENT /* gives nothing */
};

/* What an argument must be; what can be known of a literal is checked when a mapping is
 * compiled. */
enum transform_argument {
    TRANSFORM_ANY,
    TRANSFORM_MANY,      /* the same, also a list */
    TRANSFORM_STRING,    /* a text or a number */
    TRANSFORM_NOT_EMPTY, /* the same, at least one byte long */
    TRANSFORM_WHOLE,     /* a whole number from -1000 to 1000 */
    TRANSFORM_PLACE,     /* a whole number from -1,000,000 to 1,000,000 */
    TRANSFORM_LENGTH,    /* a whole number from 0 to 1,000,000 */
    TRANSFORM_NUMERIC,   /* a number, or a text that is one */
    TRANSFORM_DIVISOR,   /* the same, other than 0 */
    TRANSFORM_SCALE,     /* how many digits behind the point: a whole number from 0 to 100 */
    TRANSFORM_ROUNDING,  /* the name of a rounding: see base/decimal.h */
    TRANSFORM_MINOR,     /* a currency's code, or a whole number from 0 to 30 */
    TRANSFORM_CALLING    /* a country's calling code: 49, +49 */
};

struct transform;

/* One use of a transform on a message. */
struct call {
    const struct transform *transform;
    const void *prepared;          /* what the row's `prepare` made; NULL where it has none */
    const struct value *arguments; /* those behind the value */
    size_t argument_count;
    bool keeps_places; /* of a list: null stands for what is missing */
    struct arena *arena;
    struct work *work;             /* of the message */
    struct regex_matcher *matcher; /* of all regular expressions on the message */
    const struct json_value *item; /* that `text` has the text of */
    const char *misfit;            /* what it could not use: "a text that is no number" */
};

enum call_result {
    CALL_GAVE, /* a value */
    CALL_NOTHING,
    CALL_MISFIT /* `misfit` of the call says what it met */
};

/* What can be made of the literals among the arguments once, when a mapping is compiled. */
struct preparation {
    struct arena *arena;                                         /* lives as long as the mapping */
    const struct json_value *arguments[TRANSFORM_ARGUMENTS_MAX]; /* NULL: not a literal */
    size_t argument_count;
    struct tables *tables; /* of the mapping; NULL: it has none */
    size_t at;             /* on failure: the argument that is wrong */
    struct error error;    /* on failure: what is wrong with it: "regex_replace wants …" */
    struct error hint;     /* on failure: what to do; empty: nothing to say */
};

#define TRANSFORM_ARGUMENT_KINDS 3

struct transform {
    const char *name;
    const char *arguments; /* as the reference shows them: "(old, new)" */
    size_t arguments_min, arguments_max;
    /* Of the first, of the second, and of all that follow. */
    enum transform_argument argument[TRANSFORM_ARGUMENT_KINDS];
    enum transform_scope scope;
    enum transform_result result;
    enum transform_misfit misfit;

    /* One of these three, but for TRANSFORM_COALESCE and TRANSFORM_EXPRESSION, which are operations of the
     * language. The first two work on each value: on texts (numbers and booleans are texts
     * too), or on values of any kind, of which each may give a list. */
    enum call_result (*text)(struct call *call, struct slice text, struct slice *ret_text);
    enum call_result (*item)(struct call *call, const struct json_value *item,
                             struct value *ret_value);
    enum call_result (*list)(struct call *call, const struct json_nodes *items,
                             struct value *ret_value);

    /* Checks literal arguments and makes of them what `call.prepared` will be. NULL: nothing is. */
    bool (*prepare)(struct preparation *preparation, const void **ret_prepared);

    const char *doc;
    const char *example;
    const char *gives; /* what the example gives on the sample; NULL: nothing */
};

/* Whether it makes a list of one value. */
static inline bool transform_gives_list(const struct transform *transform)
{
    return transform->result == TRANSFORM_ITEMS || transform->result == TRANSFORM_TEXTS ||
           transform->result == TRANSFORM_NUMBERS;
}

/* Whether it pairs the values of two lists. */
bool transform_pairs(const struct transform *transform);

/* NULL when there is none of that name. */
const struct transform *transform_find(struct slice name);

/* The name nearest to one that is none, or NULL. */
const char *transform_nearest(struct slice name);

/* The table's rows, in order; NULL behind the last. */
const struct transform *transform_at(size_t index);

/* The message that the examples run on. */
extern const char transform_sample[];

/* The tables that they look into, as a mapping has them. */
extern const char transform_sample_tables[];

/* What the argument at `index` must be. */
enum transform_argument transform_argument(const struct transform *transform, size_t index);

/* What is wrong with a literal as the argument at `index`, in words, or NULL. */
const char *transform_argument_fault(const struct transform *transform, size_t index,
                                     const struct json_value *literal);

/* A constant text that the transform works on, in the form that takes least work and gives the same. */
struct slice transform_prepare(const struct transform *transform, struct slice constant,
                               struct arena *arena);

/* Runs `call->transform`. On failure `error` says what it cannot use. */
__attribute__((warn_unused_result)) bool transform_apply(struct call *call,
                                                         const struct value *value,
                                                         struct value *ret_value,
                                                         struct error *error);

/* The names of those that make one value of a list without being told more: "first, last, …". */
void transform_reducers(struct buffer *buffer);

/* The table as Markdown, the sample before it. */
void transform_reference(struct buffer *buffer);

#endif
