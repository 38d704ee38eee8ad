/* Transforms of lists. `items` has at least one, none of them missing (but for count, at, only and list). */
#include "call.h"

#define SEPARATOR ","

/* The texts of all items; false, with the misfit set, when one is none. */
static bool item_texts(struct call *call, const struct json_nodes *items, struct slice *ret_texts)
{
    for (size_t i = 0; i < items->count; i++) {
        if (call_item_text(call, items->items[i], &ret_texts[i]) != CALL_GAVE) {
            return false;
        }
    }
    return true;
}

static struct slice *new_texts(struct call *call, size_t count)
{
    return arena_alloc(call->arena, count * sizeof(struct slice));
}

static struct slice join(const struct slice texts[], size_t count, struct slice separator,
                         size_t size, struct arena *arena)
{
    char *room = arena_alloc(arena, size);
    char *end = room;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && separator.size > 0) {
            memcpy(end, separator.data, separator.size);
            end += separator.size;
        }
        if (texts[i].size > 0) {
            memcpy(end, texts[i].data, texts[i].size);
            end += texts[i].size;
        }
    }
    return (struct slice){room, (size_t)(end - room)};
}

enum call_result call_join(struct call *call, const struct json_nodes *items,
                           struct value *ret_value)
{
    struct slice separator = SLICE(SEPARATOR);
    struct slice *texts = new_texts(call, items->count);
    if ((call->argument_count > 0 && !call_text(call, 0, &separator)) ||
        !item_texts(call, items, texts)) {
        return CALL_MISFIT;
    }
    size_t size = separator.size * (items->count - 1);
    for (size_t i = 0; i < items->count; i++) {
        size += texts[i].size;
    }
    if (size > TRANSFORM_TEXT_MAX) {
        return call_misfit(call, "texts that are too long together");
    }
    struct slice joined = join(texts, items->count, separator, size, call->arena);
    *ret_value = value_new(JSON_STRING, joined, call->arena);
    return CALL_GAVE;
}

enum call_result call_first(struct call *call, const struct json_nodes *items,
                            struct value *ret_value)
{
    (void)call;
    ret_value->one = items->items[0];
    return CALL_GAVE;
}

enum call_result call_last(struct call *call, const struct json_nodes *items,
                           struct value *ret_value)
{
    (void)call;
    ret_value->one = items->items[items->count - 1];
    return CALL_GAVE;
}

/* Missing values count, so that an index is that of the message. */
enum call_result call_at(struct call *call, const struct json_nodes *items, struct value *ret_value)
{
    int64_t index;
    if (!call_integer(call, 0, -TRANSFORM_PLACE_MAX, TRANSFORM_PLACE_MAX, &index)) {
        return CALL_MISFIT;
    }
    int64_t count = (int64_t)items->count;
    int64_t place = index < 0 ? count + index : index;
    if (place < 0 || place >= count) {
        return CALL_NOTHING;
    }
    ret_value->one = items->items[place];
    return CALL_GAVE;
}

/* A line without a value is one that differs from those with one. */
enum call_result call_only(struct call *call, const struct json_nodes *items,
                           struct value *ret_value)
{
    for (size_t i = 0; i < items->count; i++) {
        if (value_is_blank(items->items[i])) {
            return CALL_NOTHING;
        }
    }
    if (items->count == 0) {
        return CALL_NOTHING;
    }
    struct slice *texts = new_texts(call, items->count);
    if (!item_texts(call, items, texts)) {
        return CALL_MISFIT;
    }
    for (size_t i = 1; i < items->count; i++) {
        if (!slice_equal(texts[0], texts[i])) {
            return CALL_NOTHING;
        }
    }
    ret_value->one = items->items[0];
    return CALL_GAVE;
}

/* Puts the number of the text, counted from 1, into the table; false when an equal one is there. What
 * texts cost that were chosen to have one hash is counted. */
static bool insert(struct call *call, size_t *slots, size_t mask, const struct slice texts[],
                   size_t index)
{
    size_t slot = slice_hash(texts[index]) & mask;
    while (slots[slot] != 0 &&
           work_count(call->work, call->arena, work_of_bytes(texts[index].size))) {
        if (slice_equal(texts[slots[slot] - 1], texts[index])) {
            return false;
        }
        slot = (slot + 1) & mask;
    }
    slots[slot] = index + 1;
    return true;
}

enum call_result call_distinct(struct call *call, const struct json_nodes *items,
                               struct value *ret_value)
{
    struct slice *texts = new_texts(call, items->count);
    if (!item_texts(call, items, texts)) {
        return CALL_MISFIT;
    }
    size_t size = 4;
    while (size < 2 * items->count) {
        size *= 2;
    }
    size_t *slots = arena_calloc(call->arena, size, sizeof *slots);
    struct json_nodes distinct = {
        arena_alloc(call->arena, items->count * sizeof(struct json_value *)), 0};
    for (size_t i = 0; i < items->count; i++) {
        if (insert(call, slots, size - 1, texts, i)) {
            distinct.items[distinct.count++] = items->items[i];
        }
    }
    ret_value->list = distinct;
    return CALL_GAVE;
}

enum call_result call_count(struct call *call, const struct json_nodes *items,
                            struct value *ret_value)
{
    struct slice count = arena_printf(call->arena, "%zu", items->count);
    *ret_value = value_new(JSON_NUMBER, count, call->arena);
    return CALL_GAVE;
}

enum call_result call_sum(struct call *call, const struct json_nodes *items,
                          struct value *ret_value)
{
    struct decimal sum;
    for (size_t i = 0; i < items->count; i++) {
        struct decimal number;
        if (!call_item_number(call, items->items[i], &number)) {
            return CALL_MISFIT;
        }
        if (i == 0) {
            sum = number;
        } else if (!decimal_add(&sum, &number, call->arena, &sum)) {
            return call_misfit(call, "numbers of that many digits");
        }
    }
    return call_gives(call, &sum, ret_value);
}

/* The first of those that are as far in the direction, which is 1 or -1, as none is further. */
static enum call_result extreme(struct call *call, const struct json_nodes *items, int direction,
                                struct value *ret_value)
{
    struct decimal furthest;
    for (size_t i = 0; i < items->count; i++) {
        struct decimal number;
        if (!call_item_number(call, items->items[i], &number)) {
            return CALL_MISFIT;
        }
        if (i == 0 || direction * decimal_compare(&number, &furthest) > 0) {
            furthest = number;
        }
    }
    return call_gives(call, &furthest, ret_value);
}

enum call_result call_min(struct call *call, const struct json_nodes *items,
                          struct value *ret_value)
{
    return extreme(call, items, -1, ret_value);
}

enum call_result call_max(struct call *call, const struct json_nodes *items,
                          struct value *ret_value)
{
    return extreme(call, items, 1, ret_value);
}

/* Appends the values that are present; false, with the misfit set, when there are too many. */
static bool append(struct call *call, const struct json_nodes *more, struct json_nodes *list)
{
    for (size_t i = 0; i < more->count; i++) {
        if (value_is_blank(more->items[i])) {
            continue;
        }
        if (list->count == TRANSFORM_LIST_MAX) {
            call->misfit = "lists of more than 10000 values together";
            return false;
        }
        list->items[list->count++] = more->items[i];
    }
    return true;
}

/* A list with room for as many, or for as many as a list may have. */
static struct json_nodes new_list(struct call *call, size_t count)
{
    size_t room = count < TRANSFORM_LIST_MAX ? count : TRANSFORM_LIST_MAX;
    return (struct json_nodes){arena_alloc(call->arena, room * sizeof(struct json_value *)), 0};
}

enum call_result call_flatten(struct call *call, const struct json_nodes *items,
                              struct value *ret_value)
{
    size_t count = 0;
    for (size_t i = 0; i < items->count; i++) {
        count += items->items[i]->kind == JSON_ARRAY ? items->items[i]->count : 1;
    }
    struct json_nodes flat = new_list(call, count);
    for (size_t i = 0; i < items->count; i++) {
        struct value value = {.one = items->items[i]};
        struct json_nodes inner = value_items(&value, call->arena);
        if (!append(call, &inner, &flat)) {
            return CALL_MISFIT;
        }
    }
    ret_value->list = flat;
    return flat.count > 0 ? CALL_GAVE : CALL_NOTHING;
}

enum call_result call_list(struct call *call, const struct json_nodes *items,
                           struct value *ret_value)
{
    struct json_nodes parts[TRANSFORM_ARGUMENTS_MAX + 1] = {*items};
    size_t count = items->count;
    for (size_t i = 0; i < call->argument_count; i++) {
        parts[i + 1] = value_items(&call->arguments[i], call->arena);
        count += parts[i + 1].count;
    }
    struct json_nodes list = new_list(call, count);
    for (size_t i = 0; i <= call->argument_count; i++) {
        if (!append(call, &parts[i], &list)) {
            return CALL_MISFIT;
        }
    }
    ret_value->list = list;
    return list.count > 0 ? CALL_GAVE : CALL_NOTHING;
}
