/* Transforms that undo an encoding. */
#include "call.h"

#include "base/base64.h"
#include "base/letter.h"
#include "json/reader.h"

struct entity {
    struct slice name;
    struct slice text;
};

/* The code point of "#38" or "#x26"; 0 when it is none that a text may hold. */
static uint32_t numeric_entity(struct slice name)
{
    bool hex = name.size > 1 && (name.data[1] == 'x' || name.data[1] == 'X');
    size_t from = hex ? 2 : 1;
    uint32_t code_point = 0;
    if (from == name.size) {
        return 0;
    }
    for (size_t i = from; i < name.size; i++) {
        int digit = letter_hex_digit(name.data[i]);
        if (digit < 0 || (!hex && digit > 9)) {
            return 0;
        }
        code_point = code_point * (hex ? 16 : 10) + (uint32_t)digit;
        if (code_point > 0x10FFFF) {
            return 0;
        }
    }
    return code_point >= 0xD800 && code_point <= 0xDFFF ? 0 : code_point;
}

/* Decodes the entity of that name (what stands between & and ;) into the room, which never needs
 * more bytes than the entity has. Returns 0 when it is unknown. */
static size_t decode_entity(struct slice name, char *room)
{
    static const struct entity entities[] = {
        {{"amp", 3}, {"&", 1}},   {{"lt", 2}, {"<", 1}},   {{"gt", 2}, {">", 1}},
        {{"quot", 4}, {"\"", 1}}, {{"apos", 4}, {"'", 1}}, {{"nbsp", 4}, {"\xC2\xA0", 2}},
    };
    if (name.size > 1 && name.data[0] == '#') {
        uint32_t code_point = numeric_entity(name);
        return code_point == 0 ? 0 : letter_encode(code_point, room);
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (slice_equal(name, entities[i].name)) {
            memcpy(room, entities[i].text.data, entities[i].text.size);
            return entities[i].text.size;
        }
    }
    return 0;
}

#define ENTITY_MAX 10 /* "#x0010FFFF" */

enum call_result call_html_decode(struct call *call, struct slice text, struct slice *ret_text)
{
    if (memchr(text.data, '&', text.size) == NULL) {
        *ret_text = text;
        return CALL_GAVE;
    }
    char *room = arena_alloc(call->arena, text.size);
    size_t size = 0;
    size_t at = 0;
    while (at < text.size) {
        struct slice name = slice_part(text, at + 1, ENTITY_MAX + 1);
        name.size = slice_find(name, SLICE(";"));
        size_t decoded =
            text.data[at] == '&' && name.size != SIZE_MAX ? decode_entity(name, room + size) : 0;
        if (decoded > 0) {
            size += decoded;
            at += name.size + 2;
        } else {
            room[size++] = text.data[at++];
        }
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
