/* syntax: a compiled expression: a tree of operations.
 *
 * Private to the files that compile and run expressions. */
#ifndef MAPPING_SYNTAX_H
#define MAPPING_SYNTAX_H

#include "mapping/expression.h"
#include "mapping/transform.h"

enum operation {
    OPERATION_LITERAL,   /* `literal` */
    OPERATION_ROOT,      /* `path` from the message's value */
    OPERATION_ITEM,      /* `path` from the item of for_each */
    OPERATION_EACH_ITEM, /* `path` from the item of the innermost each */
    OPERATION_NAME,      /* `path` from the named value `binding` */
    OPERATION_PATH,      /* `path` from the operand */
    OPERATION_KAFKA,     /* `part` of the record */
    OPERATION_COALESCE,
    OPERATION_CALL,   /* `transform` of the first operand, with the others as arguments */
    OPERATION_EACH,   /* the second operand for each value of the first */
    OPERATION_LENGTH, /* of the operand */
    OPERATION_VALUE,  /* the operand, if that is exactly one */
    /* Conditions. */
    OPERATION_OR,
    OPERATION_AND,
    OPERATION_NOT,
    OPERATION_EXISTS,
    OPERATION_PRESENT,
    OPERATION_MATCH,   /* all of the first operand matches `regex`, of the literal behind it */
    OPERATION_SEARCH,  /* the same for some part of it */
    OPERATION_COMPARE, /* `comparison` of two operands */
    OPERATION_IN       /* the first operand is one of the others */
};

enum comparison {
    COMPARISON_EQUAL,
    COMPARISON_NOT_EQUAL,
    COMPARISON_LESS,
    COMPARISON_LESS_EQUAL,
    COMPARISON_GREATER,
    COMPARISON_GREATER_EQUAL
};

enum kafka_part {
    KAFKA_KEY,
    KAFKA_TOPIC,
    KAFKA_PARTITION,
    KAFKA_OFFSET,
    KAFKA_TIMESTAMP,
    KAFKA_HEADER /* named `header` */
};

struct expression {
    enum operation operation;
    bool is_condition;
    bool may_be_list;
    bool keeps_places; /* a list that is paired with another: null stands for what is missing */
    bool uses_item;
    bool uses_message;   /* else it gives the same for every message of a partition */
    unsigned kinds;      /* a set of enum kind: what it can give */
    size_t depth;        /* of the tree, named values included */
    struct slice source; /* in the pool */

    struct expression *first; /* operands */
    struct expression *next;  /* the next operand of the same operation */
    size_t count;

    union {
        const struct json_value *literal;
        struct {
            const struct json_path *path; /* NULL: the start itself */
            size_t binding;
        };
        struct {
            enum kafka_part part;
            struct slice header;
        };
        struct {
            const struct transform *transform; /* NULL after an error, which is never run */
            const void *prepared;              /* by the transform, of its literal arguments */
        };
        const struct regex *regex;
        enum comparison comparison;
    };
};

/* Counts so many steps more; false, with an error, when that is more work than is left. */
static inline bool evaluation_count(struct evaluation *evaluation, size_t steps,
                                    struct error *error)
{
    if (!work_count(&evaluation->work, evaluation->arena, steps)) {
        error_set(error, WORK_EXCEEDED);
        return false;
    }
    return true;
}

/* The same for what it takes to tell whether the value is missing. */
bool evaluation_count_blanks(struct evaluation *evaluation, const struct value *value,
                             struct error *error);

#endif
