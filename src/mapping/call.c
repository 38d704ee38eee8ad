#include "call.h"

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

bool call_number(struct call *call, size_t index, struct decimal *ret_number)
{
    struct slice text;
    if (!call_text(call, index, &text)) {
        return false;
    }
    if (!decimal_parse(text, call->arena, ret_number)) {
        call->misfit = "an argument that is no number";
        return false;
    }
    return true;
}

bool call_integer(struct call *call, size_t index, int64_t min, int64_t max, int64_t *ret_integer)
{
    struct decimal decimal;
    int64_t integer;
    if (!call_number(call, index, &decimal)) {
        return false;
    }
    if (!decimal_integer(&decimal, &integer) || integer < min || integer > max) {
        call->misfit = "an argument that is no whole number, or out of range";
        return false;
    }
    *ret_integer = integer;
    return true;
}

/* A misfit is an error, or nothing, as the row says. Too much work is an error always. */
static bool settle(const struct call *call, enum call_result result, struct error *error)
{
    if (call->work->exceeded) {
        error_set(error, WORK_EXCEEDED);
        return false;
    }
    if (result == CALL_MISFIT && call->transform->misfit == TRANSFORM_ERROR) {
        error_set(error, "%s cannot use %s", call->transform->name, call->misfit);
        return false;
    }
    return true;
}

enum call_result call_item_text(struct call *call, const struct json_value *item,
                                struct slice *ret_text)
{
    struct value value = {.one = item};
    switch (value_text(&value, ret_text)) {
    case VALUE_TEXT:
        return CALL_GAVE;
    case VALUE_LIST:
        return call_misfit(call, "a list within a list");
    case VALUE_OBJECT:
        return call_misfit(call, "an object");
    case VALUE_MISSING:
        break;
    }
    call->misfit = "a list of missing values within a list"; /* others are left out before */
    return CALL_NOTHING;
}

const char *call_no_number(const struct json_value *item)
{
    switch (item->kind) {
    case JSON_NUMBER:
        return "a number of more than 1000 digits";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean that is no number";
    default:
        return "a text that is no number";
    }
}

bool call_item_number(struct call *call, const struct json_value *item, struct decimal *ret_number)
{
    struct slice text;
    if (call_item_text(call, item, &text) != CALL_GAVE) {
        return false;
    }
    if (!decimal_parse(text, call->arena, ret_number)) {
        call->misfit = call_no_number(item);
        return false;
    }
    return true;
}

enum call_result call_gives(struct call *call, const struct decimal *number,
                            struct value *ret_value)
{
    *ret_value = value_new(JSON_NUMBER, decimal_text(number, call->arena), call->arena);
    return CALL_GAVE;
}

static enum call_result call_with_text(struct call *call, const struct json_value *item,
                                       struct value *ret_value)
{
    struct slice text = {NULL, 0};
    struct slice gives = {NULL, 0};
    enum call_result result = call_item_text(call, item, &text);
    if (result == CALL_GAVE) {
        call->item = item;
        result = call->transform->text(call, text, &gives);
    }
    if (result == CALL_GAVE) {
        bool number = call->transform->result == TRANSFORM_NUMBER;
        *ret_value = value_new(number ? JSON_NUMBER : JSON_STRING, gives, call->arena);
    }
    return result;
}

/* What comes of one value. */
static bool apply_to_one(struct call *call, const struct json_value *item, struct value *ret_value,
                         struct error *error)
{
    enum call_result result = CALL_NOTHING;
    *ret_value = (struct value){.one = NULL};
    if (!value_is_blank(item)) {
        result = call->transform->item != NULL ? call->transform->item(call, item, ret_value)
                                               : call_with_text(call, item, ret_value);
    }
    if (result != CALL_GAVE) {
        *ret_value = (struct value){.one = NULL};
    }
    return settle(call, result, error) && call_count_result(call, ret_value, error);
}

static bool apply_to_each(struct call *call, const struct value *value, struct value *ret_value,
                          struct error *error)
{
    *ret_value = (struct value){.one = NULL};
    if (value_is_nothing(value)) {
        return true;
    }
    if (value->one != NULL && value->one->kind != JSON_ARRAY) {
        return apply_to_one(call, value->one, ret_value, error);
    }
    struct json_nodes items = value_items(value, call->arena);
    size_t max = items.count > TRANSFORM_LIST_MAX ? items.count : TRANSFORM_LIST_MAX;
    struct value_list made = {.room = items.count};
    made.nodes.items = arena_alloc(call->arena, made.room * sizeof(struct json_value *));
    for (size_t i = 0; i < items.count; i++) {
        struct value one;
        if (!apply_to_one(call, items.items[i], &one, error)) {
            return false;
        }
        if (value_is_nothing(&one) && call->keeps_places) {
            one.one = &json_null;
        }
        if (!value_list_append(&made, &one, max, call->arena)) {
            error_set(error, "%s makes a list of more than %zu values", call->transform->name, max);
            return false;
        }
    }
    ret_value->list = made.nodes;
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

static bool apply_to_list(struct call *call, const struct value *value, struct value *ret_value,
                          struct error *error)
{
    *ret_value = (struct value){.one = NULL};
    struct json_nodes items = value_items(value, call->arena);
    if (call->transform->scope == TRANSFORM_LIST) {
        items = present_items(items, call->arena);
        if (items.count == 0) {
            return true;
        }
    }
    enum call_result result = CALL_MISFIT;
    if (items.count > TRANSFORM_LIST_MAX) {
        call->misfit = "a list of more than 10000 values";
    } else {
        result = call->transform->list(call, &items, ret_value);
    }
    if (result != CALL_GAVE) {
        *ret_value = (struct value){.one = NULL};
    }
    return settle(call, result, error) && call_count_result(call, ret_value, error);
}

bool transform_apply(struct call *call, const struct value *value, struct value *ret_value,
                     struct error *error)
{
    if (!call_count_work(call, value, error)) {
        return false;
    }
    return call->transform->list != NULL ? apply_to_list(call, value, ret_value, error)
                                         : apply_to_each(call, value, ret_value, error);
}
