/* value: what an expression gives: nothing, one value of the message, or a list of them.
 *
 * All of it is in the arena of the message, in the message, or in the mapping. */
#ifndef MAPPING_VALUE_H
#define MAPPING_VALUE_H

#include "base/arena.h"
#include "json/path.h"
#include "json/value.h"

/* Nothing is all zero. A list has at least one item: it is what a path with wildcards selects.
 * An array of the message is one value. */
struct value {
    const struct json_value *one;
    struct json_nodes list;
};

static inline bool value_is_nothing(const struct value *value)
{
    return value->one == NULL && value->list.count == 0;
}

static inline bool value_is_list(const struct value *value)
{
    return value->list.count > 0;
}

/* The value, if it is exactly one; else NULL. */
static inline const struct json_value *value_single(const struct value *value)
{
    return value->list.count == 1 ? value->list.items[0] : value->one;
}

/* Null, blank text, [] or {}. */
bool value_is_blank(const struct json_value *value);

/* Whether it is nothing, blank, or a list or an array of nothing but blanks. */
bool value_is_missing(const struct value *value);

/* The steps of base/work.h that it takes to tell that: a text may be millions of blanks. */
size_t value_blank_work(const struct value *value);

/* A list that grows in an arena. All-zero is a valid empty one. */
struct value_list {
    struct json_nodes nodes;
    size_t room;
};

/* Appends one value, or all of a list; false, and nothing is appended, when the list would have
 * more than `max`. */
__attribute__((warn_unused_result)) bool value_list_append(struct value_list *list,
                                                           const struct value *value, size_t max,
                                                           struct arena *arena);

/* What a value is when it has to be one text. */
enum value_text {
    VALUE_TEXT,    /* one: a text, a number with its digits, true or false */
    VALUE_MISSING, /* nothing, null, or several that are all missing; a text may be blank */
    VALUE_LIST,    /* several values, or an array */
    VALUE_OBJECT
};

/* `ret_text` is set for VALUE_TEXT, and left alone else. A list of one value counts as that
 * value. */
enum value_text value_text(const struct value *value, struct slice *ret_text);

/* A new text or number. */
struct value value_new(enum json_kind kind, struct slice text, struct arena *arena);

/* The values of a list, of an array its items, else the value itself: none when it is nothing or
 * null. */
struct json_nodes value_items(const struct value *value, struct arena *arena);

#endif
