/* Transforms of texts. */
#include "call.h"

#include "base/letter.h"

enum call_result call_trim(struct call *call, struct slice text, struct slice *ret_text)
{
    (void)call;
    *ret_text = letter_trim(text);
    return CALL_GAVE;
}

enum call_result call_lower(struct call *call, struct slice text, struct slice *ret_text)
{
    *ret_text = letter_change(text, letter_lower, call->arena);
    return CALL_GAVE;
}

enum call_result call_upper(struct call *call, struct slice text, struct slice *ret_text)
{
    *ret_text = letter_change(text, letter_upper, call->arena);
    return CALL_GAVE;
}

static size_t count_of(struct slice text, struct slice part)
{
    size_t count = 0;
    size_t at = slice_find(text, part);
    while (at != SIZE_MAX) {
        count++;
        text = slice_part(text, at + part.size, SIZE_MAX);
        at = slice_find(text, part);
    }
    return count;
}

static char *append(char *room, struct slice text)
{
    if (text.size > 0) {
        memcpy(room, text.data, text.size);
    }
    return room + text.size;
}

enum call_result call_replace(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice old;
    struct slice new;
    if (!call_text(call, 0, &old) || !call_text(call, 1, &new)) {
        return CALL_MISFIT;
    }
    if (old.size == 0) {
        return call_misfit(call, "an empty text as what is replaced");
    }
    size_t count = count_of(text, old);
    size_t size = text.size - count * old.size + count * new.size;
    if (count == 0) {
        *ret_text = text;
        return CALL_GAVE;
    }
    if (size > text.size && size > TRANSFORM_TEXT_MAX) {
        return call_misfit(call, "a text that would become too long");
    }
    char *room = arena_alloc(call->arena, size);
    char *end = room;
    for (size_t i = 0; i < count; i++) {
        size_t at = slice_find(text, old);
        end = append(end, slice_part(text, 0, at));
        end = append(end, new);
        text = slice_part(text, at + old.size, SIZE_MAX);
    }
    end = append(end, text);
    *ret_text = (struct slice){room, (size_t)(end - room)};
    return CALL_GAVE;
}

enum call_result call_strip_prefix(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice prefix;
    if (!call_text(call, 0, &prefix)) {
        return CALL_MISFIT;
    }
    *ret_text = slice_starts_with(text, prefix) ? slice_part(text, prefix.size, SIZE_MAX) : text;
    return CALL_GAVE;
}

enum call_result call_strip_suffix(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice suffix;
    if (!call_text(call, 0, &suffix)) {
        return CALL_MISFIT;
    }
    *ret_text = slice_ends_with(text, suffix) ? slice_part(text, 0, text.size - suffix.size) : text;
    return CALL_GAVE;
}

/* The bytes that the first `count` code points take. */
static size_t size_of(struct slice text, size_t count)
{
    size_t at = 0;
    while (count > 0 && at < text.size) {
        at += slice_decode(slice_part(text, at, SIZE_MAX), NULL);
        count--;
    }
    return at;
}

enum call_result call_substring(struct call *call, struct slice text, struct slice *ret_text)
{
    int64_t start;
    int64_t length = TRANSFORM_PLACE_MAX;
    if (!call_integer(call, 0, -TRANSFORM_PLACE_MAX, TRANSFORM_PLACE_MAX, &start) ||
        (call->argument_count > 1 && !call_integer(call, 1, 0, TRANSFORM_PLACE_MAX, &length))) {
        return CALL_MISFIT;
    }
    if (start < 0) {
        int64_t all = (int64_t)slice_length(text);
        start = start > -all ? all + start : 0;
    }
    struct slice rest = slice_part(text, size_of(text, (size_t)start), SIZE_MAX);
    *ret_text = slice_part(rest, 0, size_of(rest, (size_t)length));
    return ret_text->size > 0 ? CALL_GAVE : CALL_NOTHING;
}

/* The parts are counted before, so that there is room for all of them. */
enum call_result call_split(struct call *call, const struct json_value *item,
                            struct value *ret_value)
{
    struct slice text;
    struct slice separator;
    enum call_result result = call_item_text(call, item, &text);
    if (result != CALL_GAVE || !call_text(call, 0, &separator)) {
        return result == CALL_GAVE ? CALL_MISFIT : result;
    }
    if (separator.size == 0) {
        return call_misfit(call, "an empty text as the separator");
    }
    size_t count = count_of(text, separator) + 1;
    if (count > TRANSFORM_LIST_MAX) {
        return call_misfit(call, "a text of more than 10000 parts");
    }
    struct json_nodes *parts = &ret_value->list;
    parts->items = arena_alloc(call->arena, count * sizeof *parts->items);
    for (size_t i = 0; i < count; i++) {
        struct slice part = slice_part(text, 0, slice_find(text, separator));
        text = slice_part(text, part.size + separator.size, SIZE_MAX);
        if (slice_trim(part).size > 0) {
            parts->items[parts->count++] = value_new(JSON_STRING, part, call->arena).one;
        }
    }
    return CALL_GAVE;
}

enum call_result call_digits(struct call *call, struct slice text, struct slice *ret_text)
{
    char *room = arena_alloc(call->arena, text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9') {
            room[size++] = text.data[i];
        }
    }
    *ret_text = (struct slice){room, size};
    return size > 0 ? CALL_GAVE : call_misfit(call, "a text without digits");
}
