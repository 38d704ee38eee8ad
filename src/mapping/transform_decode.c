/* Transforms that undo an encoding. */
#include "call.h"
#include "entity.h"

#include "base/base64.h"
#include "base/letter.h"
#include "json/reader.h"

#define REFERENCE_MAX \
    32 /* bytes of a reference that are looked for its end, leading zeros and all */

/* Decodes the reference that `text` begins with; returns how many bytes it takes, 0 when it is none. */
static size_t decode_reference(struct slice text, char *room, size_t *size)
{
    uint32_t code_point;
    size_t end = slice_find(slice_part(text, 0, REFERENCE_MAX), SLICE(";"));
    if (end == SIZE_MAX || !entity_find(slice_part(text, 1, end - 1), &code_point)) {
        return 0;
    }
    *size += letter_encode(code_point, room + *size);
    return end + 1;
}

enum call_result call_html_decode(struct call *call, struct slice text, struct slice *ret_text)
{
    if (slice_find(text, SLICE("&")) == SIZE_MAX) {
        *ret_text = text;
        return CALL_GAVE;
    }
    char *room = arena_alloc(call->arena, text.size);
    size_t size = 0;
    while (text.size > 0) {
        size_t read = text.data[0] == '&' ? decode_reference(text, room, &size) : 0;
        if (read == 0) {
            room[size++] = text.data[0];
            read = 1;
        }
        text = slice_part(text, read, SIZE_MAX);
    }
    *ret_text = (struct slice){room, size};
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
