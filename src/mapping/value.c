#include "mapping/value.h"

#include "base/letter.h"

#define BLANK_BYTES_A_STEP 4
#define ITEMS_A_STEP 8

bool value_is_blank(const struct json_value *value)
{
    switch (value->kind) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        return letter_all_blank(value->text);
    case JSON_ARRAY:
    case JSON_OBJECT:
        return value->count == 0;
    case JSON_FALSE:
    case JSON_TRUE:
    case JSON_NUMBER:
        return false;
    }
    return false;
}

/* An array counts as the list of its items would, which are looked at no deeper. */
static bool is_missing(const struct json_value *value)
{
    if (value->kind != JSON_ARRAY) {
        return value_is_blank(value);
    }
    const struct json_value *item = value->first;
    while (item != NULL && value_is_blank(item)) {
        item = item->next;
    }
    return item == NULL;
}

bool value_is_missing(const struct value *value)
{
    if (value->one != NULL) {
        return is_missing(value->one);
    }
    if (value->list.count == 1) {
        return is_missing(value->list.items[0]);
    }
    for (size_t i = 0; i < value->list.count; i++) {
        if (!value_is_blank(value->list.items[i])) {
            return false;
        }
    }
    return true;
}

/* A text may be blank when its first character is. */
static size_t blank_work(const struct json_value *value)
{
    bool visible = value->kind != JSON_STRING || value->text.size == 0 ||
                   ((unsigned char)value->text.data[0] < 0x80 && value->text.data[0] > ' ');
    uint32_t first = 0;
    if (visible || slice_decode(value->text, &first) == 0 || !letter_is_blank(first)) {
        return 0;
    }
    return value->text.size / BLANK_BYTES_A_STEP;
}

/* Of an array its items are looked at, up to the first that is not missing. */
static size_t missing_work(const struct json_value *value)
{
    if (value->kind != JSON_ARRAY) {
        return blank_work(value);
    }
    size_t steps = 0;
    const struct json_value *item = value->first;
    for (size_t i = 0; item != NULL; i++) {
        steps += blank_work(item) + (i % ITEMS_A_STEP == ITEMS_A_STEP - 1);
        item = value_is_blank(item) ? item->next : NULL;
    }
    return steps;
}

size_t value_blank_work(const struct value *value)
{
    if (value->one != NULL) {
        return missing_work(value->one);
    }
    if (value->list.count == 1) {
        return missing_work(value->list.items[0]);
    }
    size_t steps = 0;
    for (size_t i = 0; i < value->list.count; i++) {
        steps += blank_work(value->list.items[i]);
    }
    return steps;
}

static void grow(struct value_list *list, size_t count, struct arena *arena)
{
    struct json_nodes larger = {NULL, list->nodes.count};
    list->room = 2 * count;
    larger.items = arena_alloc(arena, list->room * sizeof *larger.items);
    if (list->nodes.count > 0) {
        memcpy(larger.items, list->nodes.items, list->nodes.count * sizeof *larger.items);
    }
    list->nodes = larger;
}

bool value_list_append(struct value_list *list, const struct value *value, size_t max,
                       struct arena *arena)
{
    size_t more = value->one != NULL ? 1 : value->list.count;
    if (more == 0 || more > max - list->nodes.count) {
        return more == 0;
    }
    if (list->nodes.count + more > list->room) {
        grow(list, list->nodes.count + more, arena);
    }
    const struct json_value **end = list->nodes.items + list->nodes.count;
    if (value->one != NULL) {
        *end = value->one;
    } else {
        memcpy(end, value->list.items, more * sizeof *end);
    }
    list->nodes.count += more;
    return true;
}

static enum value_text json_text(const struct json_value *value, struct slice *ret_text)
{
    switch (value->kind) {
    case JSON_STRING:
    case JSON_NUMBER:
        *ret_text = value->text;
        return VALUE_TEXT;
    case JSON_TRUE:
        *ret_text = SLICE("true");
        return VALUE_TEXT;
    case JSON_FALSE:
        *ret_text = SLICE("false");
        return VALUE_TEXT;
    case JSON_NULL:
        return VALUE_MISSING;
    case JSON_ARRAY:
        return is_missing(value) ? VALUE_MISSING : VALUE_LIST;
    case JSON_OBJECT:
        return value->count == 0 ? VALUE_MISSING : VALUE_OBJECT;
    }
    return VALUE_MISSING;
}

enum value_text value_text(const struct value *value, struct slice *ret_text)
{
    if (value->one != NULL) {
        return json_text(value->one, ret_text);
    }
    if (value->list.count == 1) {
        return json_text(value->list.items[0], ret_text);
    }
    return value_is_missing(value) ? VALUE_MISSING : VALUE_LIST;
}

struct value value_new(enum json_kind kind, struct slice text, struct arena *arena)
{
    struct json_value *value = arena_alloc(arena, sizeof *value);
    *value = (struct json_value){.kind = kind, .text = text};
    return (struct value){.one = value};
}

static struct json_nodes array_items(const struct json_value *array, struct arena *arena)
{
    struct json_nodes items = {arena_alloc(arena, array->count * sizeof *items.items), 0};
    for (const struct json_value *item = array->first; item != NULL; item = item->next) {
        items.items[items.count++] = item;
    }
    return items;
}

struct json_nodes value_items(const struct value *value, struct arena *arena)
{
    if (value->one == NULL || value->one->kind == JSON_NULL) {
        return value->list;
    }
    if (value->one->kind == JSON_ARRAY) {
        return array_items(value->one, arena);
    }
    struct json_nodes items = {arena_alloc(arena, sizeof *items.items), 1};
    items.items[0] = value->one;
    return items;
}
