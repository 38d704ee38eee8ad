/* path_program: what a JSONPath is compiled to. Known to its compiler and its runner only. */
#ifndef JSON_PATH_PROGRAM_H
#define JSON_PATH_PROGRAM_H

#include "json/path.h"
#include "json/regexp.h"

#include <stdint.h>

/* Levels of filters, parentheses and function calls within each other. With JSON_DEPTH_MAX it bounds
 * how deep the runner calls itself. */
#define PATH_NESTING_MAX 32

enum selector_kind {
    SELECTOR_NAME,
    SELECTOR_INDEX,
    SELECTOR_SLICE,
    SELECTOR_WILDCARD,
    SELECTOR_FILTER
};

/* An integer that may be left out. */
struct path_bound {
    bool given;
    int64_t value;
};

struct selector {
    enum selector_kind kind;
    struct slice name;
    struct path_bound start; /* of a slice; also the index */
    struct path_bound end;
    struct path_bound step;
    struct expression *filter;
    struct selector *next;
};

struct segment {
    bool descendants; /* `..`: from the node and all below it, else from the node alone */
    bool single;      /* selects one node at most: a child by its name or index */
    struct selector *selectors;
    struct segment *next;
};

struct query {
    bool from_root; /* within a filter: begins with `$`, not `@` */
    bool singular;  /* all its segments are single */
    struct segment *segments;
};

enum expression_kind {
    EXPRESSION_OR,
    EXPRESSION_AND,
    EXPRESSION_NOT,
    EXPRESSION_COMPARISON,
    EXPRESSION_QUERY, /* whether it selects anything; where a value is wanted, its only node */
    EXPRESSION_LITERAL,
    EXPRESSION_FUNCTION
};

enum comparison {
    COMPARISON_EQUAL,
    COMPARISON_NOT_EQUAL,
    COMPARISON_LESS,
    COMPARISON_LESS_OR_EQUAL,
    COMPARISON_GREATER,
    COMPARISON_GREATER_OR_EQUAL
};

enum function { FUNCTION_LENGTH, FUNCTION_COUNT, FUNCTION_MATCH, FUNCTION_SEARCH, FUNCTION_VALUE };

/* One part of a filter; a chain of `||` or `&&` is one node, so that its length is no depth. */
struct expression {
    enum expression_kind kind;
    enum comparison comparison;
    enum function function;
    struct expression *operands; /* the first; of a function, its arguments */
    struct expression *next;     /* the next operand of the same parent */
    struct query query;
    struct json_value literal;
    const struct regex *regex; /* match(), search(): when the pattern is a literal */
};

/* All of it lives in the path's own arena. */
struct json_path {
    struct arena arena;
    struct query query;
};

#endif
