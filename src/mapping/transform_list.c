/* Transforms of lists. `items` has at least one, none of them missing (but for count). */
#include "call.h"

#include "base/decimal.h"

#define SEPARATOR ","

/* The texts of all items; false, with the misfit set, when one is none. */
static bool item_texts(struct call *call, const struct json_nodes *items, struct slice *ret_texts)
{
    for (size_t i = 0; i < items->count; i++) {
        struct value item = {.one = items->items[i]};
        enum value_text kind = value_text(&item, &ret_texts[i]);
        if (kind != VALUE_TEXT) {
            call->misfit = kind == VALUE_OBJECT ? "an object" : "a list within a list";
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

enum call_result call_only(struct call *call, const struct json_nodes *items,
                           struct value *ret_value)
{
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

/* Puts the number of the text, counted from 1, into the table; false when an equal one is there. There
 * are TRANSFORM_LIST_MAX texts at most, so texts that were chosen to have one hash cost little. */
static bool insert(size_t *slots, size_t mask, const struct slice texts[], size_t index)
{
    size_t slot = slice_hash(texts[index]) & mask;
    while (slots[slot] != 0) {
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
        if (insert(slots, size - 1, texts, i)) {
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
    struct slice *texts = new_texts(call, items->count);
    if (!item_texts(call, items, texts)) {
        return CALL_MISFIT;
    }
    struct decimal sum;
    for (size_t i = 0; i < items->count; i++) {
        struct decimal number;
        if (!decimal_parse(texts[i], call->arena, &number)) {
            return call_misfit(call, "a text that is no number");
        }
        if (i == 0) {
            sum = number;
        } else if (!decimal_add(&sum, &number, call->arena, &sum)) {
            return call_misfit(call, "numbers of that many digits");
        }
    }
    *ret_value = value_new(JSON_NUMBER, decimal_text(&sum, call->arena), call->arena);
    return CALL_GAVE;
}
