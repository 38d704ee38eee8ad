#include "call.h"

#include "base/decimal.h"

enum call_result call_misfit(struct call *call, const char *what)
{
    call->misfit = what;
    return CALL_MISFIT;
}

bool call_text(struct call *call, size_t index, struct slice *ret_text)
{
    switch (value_text(&call->arguments[index], ret_text)) {
    case VALUE_TEXT:
        return true;
    case VALUE_MISSING:
        call->misfit = "an argument that is missing";
        return false;
    case VALUE_LIST:
        call->misfit = "a list as an argument";
        return false;
    case VALUE_OBJECT:
        call->misfit = "an object as an argument";
        return false;
    }
    return false;
}

bool call_integer(struct call *call, size_t index, int64_t min, int64_t max, int64_t *ret_integer)
{
    struct slice text;
    if (!call_text(call, index, &text)) {
        return false;
    }
    struct decimal decimal;
    int64_t integer;
    if (!decimal_parse(text, call->arena, &decimal) || !decimal_integer(&decimal, &integer) ||
        integer < min || integer > max) {
        call->misfit = "an argument that is no whole number, or out of range";
        return false;
    }
    *ret_integer = integer;
    return true;
}

static bool fail(const struct call *call, const struct transform *transform, struct error *error)
{
    error_set(error, "%s cannot use %s", transform->name, call->misfit);
    return false;
}

/* What comes of one value; `ret_value` is NULL for nothing. */
static bool apply_to_one(struct call *call, const struct transform *transform,
                         const struct json_value *item, const struct json_value **ret_value,
                         struct error *error)
{
    struct slice text = {NULL, 0};
    struct slice gives = {NULL, 0};
    enum call_result result = CALL_NOTHING;
    struct value value = {.one = item};
    *ret_value = NULL;
    if (!value_is_blank(item)) {
        switch (value_text(&value, &text)) {
        case VALUE_TEXT:
            result = transform->each(call, text, &gives);
            break;
        case VALUE_LIST:
            result = call_misfit(call, "a list within a list");
            break;
        case VALUE_OBJECT:
            result = call_misfit(call, "an object");
            break;
        case VALUE_MISSING:
            break;
        }
    }
    if (result == CALL_MISFIT && transform->misfit == TRANSFORM_ERROR) {
        return fail(call, transform, error);
    }
    if (result == CALL_GAVE) {
        enum json_kind kind = transform->result == TRANSFORM_NUMBER ? JSON_NUMBER : JSON_STRING;
        *ret_value = value_new(kind, gives, call->arena).one;
    }
    return true;
}

static bool apply_to_each(struct call *call, const struct transform *transform,
                          const struct value *value, struct value *ret_value, struct error *error)
{
    *ret_value = (struct value){.one = NULL};
    if (value_is_nothing(value)) {
        return true;
    }
    if (value->one != NULL && value->one->kind != JSON_ARRAY) {
        return apply_to_one(call, transform, value->one, &ret_value->one, error);
    }
    struct json_nodes items = value_items(value, call->arena);
    struct json_nodes made = {arena_alloc(call->arena, items.count * sizeof(struct json_value *)),
                              0};
    for (size_t i = 0; i < items.count; i++) {
        const struct json_value *one;
        if (!apply_to_one(call, transform, items.items[i], &one, error)) {
            return false;
        }
        if (one != NULL) {
            made.items[made.count++] = one;
        }
    }
    ret_value->list = made;
    return true;
}

/* Without those that are missing: mostly none is, and then nothing is copied. */
static struct json_nodes present_items(struct json_nodes items, struct arena *arena)
{
    size_t present = 0;
    while (present < items.count && !value_is_blank(items.items[present])) {
        present++;
    }
    if (present == items.count) {
        return items;
    }
    struct json_nodes left = {arena_alloc(arena, items.count * sizeof(struct json_value *)), 0};
    for (size_t i = 0; i < items.count; i++) {
        if (!value_is_blank(items.items[i])) {
            left.items[left.count++] = items.items[i];
        }
    }
    return left;
}

static bool apply_to_list(struct call *call, const struct transform *transform,
                          const struct value *value, struct value *ret_value, struct error *error)
{
    *ret_value = (struct value){.one = NULL};
    struct json_nodes items = value_items(value, call->arena);
    if (transform->scope == TRANSFORM_LIST) {
        items = present_items(items, call->arena);
        if (items.count == 0) {
            return true;
        }
    }
    enum call_result result = CALL_MISFIT;
    if (items.count > TRANSFORM_LIST_MAX) {
        call->misfit = "a list of more than 10000 values";
    } else {
        result = transform->list(call, &items, ret_value);
    }
    if (result == CALL_MISFIT && transform->misfit == TRANSFORM_ERROR) {
        return fail(call, transform, error);
    }
    if (result != CALL_GAVE) {
        *ret_value = (struct value){.one = NULL};
    }
    return true;
}

bool transform_apply(const struct transform *transform, const struct value *value,
                     const struct value arguments[], size_t argument_count, struct arena *arena,
                     struct value *ret_value, struct error *error)
{
    struct call call = {.arena = arena, .arguments = arguments, .argument_count = argument_count};
    return transform->each != NULL ? apply_to_each(&call, transform, value, ret_value, error)
                                   : apply_to_list(&call, transform, value, ret_value, error);
}
