/* value: a parsed JSON text, as a tree in an arena.
 *
 * One node type. Children hang in a list in the order of the text: an array's items, an object's
 * members (each with its name). Strings are decoded UTF-8 and may hold NUL; numbers keep the very
 * digits of the text. The slices point into the message where no escape had to be decoded, else into
 * the arena: a tree lives as long as both. A name that an object has twice stands once, with the last
 * value, where the first stood. */
#ifndef JSON_VALUE_H
#define JSON_VALUE_H

#include "base/slice.h"
#include "base/work.h"

#include <stdbool.h>
#include <stddef.h>

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_kind kind;
    struct slice name;        /* within an object: the member's name */
    struct slice text;        /* string: decoded; number: as written */
    struct json_value *first; /* array, object: the first child, or NULL */
    struct json_value *next;  /* the next sibling, or NULL */
    size_t count;             /* array, object: how many children */
};

/* A null that stands in no message. */
extern const struct json_value json_null;

/* The member of that name, or NULL; NULL also when `value` is no object, or NULL itself. */
const struct json_value *json_member(const struct json_value *value, struct slice name);

/* The item at `index`; a negative one counts from the end. NULL when there is none, or no array. */
const struct json_value *json_item(const struct json_value *value, long long index);

/* Equality as RFC 9535 section 2.3.5.2.2 has it: numbers by their value (exact), strings by their
 * code points, arrays item by item, objects by their members in any order. */
bool json_equal(const struct json_value *a, const struct json_value *b);

/* Whether a < b: numbers by value, strings by code points; false for all else. */
bool json_less(const struct json_value *a, const struct json_value *b);

/* Counts what it takes to compare the two, by any of these functions; false when that is more work than
 * is left. Calls itself as deep as the trees. */
bool json_count_work(const struct json_value *a, const struct json_value *b,
                     const struct arena *arena, struct work *work);

/* "null", "boolean", "number", "string", "array", "object". */
const char *json_kind_name(enum json_kind kind);

#endif
