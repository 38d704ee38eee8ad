/* Any transform on any values. The first byte is the transform, the second says which arguments are literals and
 * whether an array is taken as a list; then come the value and the arguments, each JSON, or else a text, with
 * a byte FF between them, which no text has. */
#include "mapping/transform.h"

#include "base/decimal.h"
#include "json/reader.h"

#include <stdlib.h>

#define BYTES_MAX ((size_t)128 * 1024 * 1024) /* of the arena, for an input of some kB */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- values ----------------------------------------------------------------------------------- */

static const struct json_value *read_value(struct slice text, struct arena *arena)
{
    const struct json_value *value;
    struct error error;
    if (json_read(text, arena, &value, &error)) {
        return value;
    }
    return slice_is_utf8(text) ? value_new(JSON_STRING, text, arena).one : NULL;
}

/* Takes the next value off the input; NULL when there is none. */
static const struct json_value *take_value(struct slice *rest, struct arena *arena)
{
    if (rest->size == 0) {
        return NULL;
    }
    struct slice piece = slice_part(*rest, 0, slice_find(*rest, SLICE("\xFF")));
    *rest = slice_part(*rest, piece.size + 1, SIZE_MAX);
    return read_value(arena_copy(arena, piece), arena);
}

static struct value value_of(const struct json_value *json, bool list, struct arena *arena)
{
    struct value value = {.one = json};
    if (list && json != NULL && json->kind == JSON_ARRAY && json->count > 0) {
        value = (struct value){.list = value_items(&value, arena)};
    }
    return value;
}

/* ---- results ---------------------------------------------------------------------------------- */

static void check_tree(const struct json_value *value)
{
    check(slice_is_utf8(value->text) && slice_is_utf8(value->name));
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        check_tree(child);
    }
}

/* Whether it is what the row promises. */
static void check_item(const struct transform *transform, const struct json_value *item,
                       struct arena *arena)
{
    struct decimal decimal;
    check_tree(item);
    switch (transform->result) {
    case TRANSFORM_TEXT:
    case TRANSFORM_TEXTS:
        check(item->kind == JSON_STRING);
        break;
    case TRANSFORM_NUMBER:
    case TRANSFORM_NUMBERS:
        check(item->kind == JSON_NUMBER && decimal_parse(item->text, arena, &decimal));
        break;
    case TRANSFORM_ITEM:
    case TRANSFORM_ITEMS:
        break;
    }
}

static void check_result(const struct transform *transform, const struct value *result,
                         bool one_expected, struct arena *arena)
{
    check(result->one == NULL || result->list.count == 0);
    check(!one_expected || result->list.count == 0);
    if (result->one != NULL) {
        check_item(transform, result->one, arena);
    }
    for (size_t i = 0; i < result->list.count; i++) {
        check_item(transform, result->list.items[i], arena);
    }
}

static void check_same(const struct value *one, const struct value *other)
{
    check((one->one == NULL) == (other->one == NULL) && one->list.count == other->list.count);
    check(one->one == NULL || json_equal(one->one, other->one));
    for (size_t i = 0; i < one->list.count; i++) {
        check(json_equal(one->list.items[i], other->list.items[i]));
    }
}

/* ---- one use ---------------------------------------------------------------------------------- */

static bool run(const struct call *use, const struct value *value, struct value *ret_result)
{
    struct work work = {0};
    struct regex_matcher matcher = {0};
    struct call call = *use;
    struct error error = {""};
    call.work = &work;
    call.matcher = &matcher;
    bool good = transform_apply(&call, value, ret_result, &error);
    check(good || error.text[0] != '\0');
    check(slice_is_utf8(slice_of(error.text)));
    check(arena_used(call.arena) < BYTES_MAX);
    return good;
}

/* Each run gives the same, and what the row says. */
static void apply(const struct call *call, const struct value *value)
{
    struct value first = {.one = NULL};
    struct value second = {.one = NULL};
    bool list = value->list.count > 0 || (value->one != NULL && value->one->kind == JSON_ARRAY);
    bool one_expected = !transform_gives_list(call->transform) &&
                        (!list || call->transform->scope != TRANSFORM_EACH);
    bool good = run(call, value, &first);
    check(good == run(call, value, &second));
    if (good) {
        check_result(call->transform, &first, one_expected, call->arena);
        check_same(&first, &second);
    }
}

/* Whether the literals would do in a mapping. */
static bool prepare(const struct transform *transform, struct preparation *preparation,
                    const void **ret_prepared)
{
    for (size_t i = 0; i < preparation->argument_count; i++) {
        const struct json_value *literal = preparation->arguments[i];
        if (literal != NULL && transform_argument_fault(transform, i, literal) != NULL) {
            return false;
        }
    }
    if (transform->prepare == NULL || transform->prepare(preparation, ret_prepared)) {
        return true;
    }
    check(preparation->error.text[0] != '\0');
    check(preparation->at < transform->arguments_max);
    return false;
}

static const struct transform *transform_of(uint8_t byte)
{
    size_t count = 0;
    while (transform_at(count) != NULL) {
        count++;
    }
    return transform_at(byte % count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    arena_reset(&arena);
    if (size < 2) {
        return 0;
    }
    const struct transform *transform = transform_of(data[0]);
    struct slice rest = {(const char *)data + 2, size - 2};
    struct value value = value_of(take_value(&rest, &arena), data[1] & 1, &arena);
    struct value arguments[TRANSFORM_ARGUMENTS_MAX];
    struct preparation preparation = {.arena = &arena};
    size_t count = 0;
    while (count < transform->arguments_max &&
           (rest.size > 0 || count < transform->arguments_min)) {
        const struct json_value *json = take_value(&rest, &arena);
        bool literal = json != NULL && json->first == NULL && (data[1] >> (count + 1) & 1) == 1;
        preparation.arguments[count] = literal ? json : NULL;
        arguments[count++] = value_of(json, false, &arena);
    }
    preparation.argument_count = count;
    struct call call = {
        .transform = transform, .arguments = arguments, .argument_count = count, .arena = &arena};
    bool of_language =
        transform->scope == TRANSFORM_COALESCE || transform->scope == TRANSFORM_EXPRESSION;
    if (!of_language && prepare(transform, &preparation, &call.prepared)) {
        apply(&call, &value);
    }
    return 0;
}
