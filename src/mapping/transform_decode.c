/* Transforms that undo an encoding. */
#include "call.h"

#include "base/base64.h"
#include "base/entity.h"
#include "json/reader.h"

enum call_result call_html_decode(struct call *call, struct slice text, struct slice *ret_text)
{
    if (slice_find(text, SLICE("&")) == SIZE_MAX) {
        *ret_text = text;
        return CALL_GAVE;
    }
    char *room = arena_alloc(call->arena, text.size);
    *ret_text = (struct slice){room, entity_decode(text, room)};
    return CALL_GAVE;
}

enum call_result call_base64_decode(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice trimmed = slice_trim(text);
    char *room = arena_alloc(call->arena, trimmed.size);
    size_t size = 0;
    if (!base64_decode(trimmed, room, &size)) {
        return call_misfit(call, "a text that is no base64");
    }
    *ret_text = (struct slice){room, size};
    return slice_is_utf8(*ret_text) ? CALL_GAVE : call_misfit(call, "base64 of what is no text");
}

enum call_result call_parse_json(struct call *call, const struct json_value *item,
                                 struct value *ret_value)
{
    struct slice text;
    struct error error;
    enum call_result result = call_item_text(call, item, &text);
    if (result == CALL_GAVE && !json_read(text, call->arena, &ret_value->one, &error)) {
        return call_misfit(
            call, arena_printf(call->arena, "a text that is no JSON: %s%c", error.text, '\0').data);
    }
    return result;
}
