/* Transforms that undo an encoding. */
#include "call.h"
#include "letters.h"

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
        int digit = letters_hex_digit(name.data[i]);
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
        return code_point == 0 ? 0 : letters_encode(code_point, room);
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

/* %XX and + decoded; what is no valid escape stays as it is. */
static struct slice percent_decode(struct slice text, struct arena *arena)
{
    char *room = arena_alloc(arena, text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        int high = byte == '%' && i + 2 < text.size ? letters_hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? letters_hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        room[size++] = byte;
    }
    return (struct slice){room, size};
}

/* What stands behind the first '?', up to a '#'; a text without '?' and '/' is a query by
 * itself. */
static struct slice query_of(struct slice url)
{
    size_t mark = slice_find(url, SLICE("?"));
    struct slice query = slice_part(url, mark == SIZE_MAX ? 0 : mark + 1, SIZE_MAX);
    query = slice_part(query, 0, slice_find(query, SLICE("#")));
    bool bare = mark == SIZE_MAX;
    size_t equals = slice_find(query, SLICE("="));
    if (bare && slice_find(slice_part(query, 0, equals), SLICE("/")) != SIZE_MAX) {
        return (struct slice){NULL, 0};
    }
    return query;
}

/* The first value of that name that is not blank. */
static struct slice parameter(struct slice query, struct slice name, struct arena *arena)
{
    while (query.size > 0) {
        struct slice pair = slice_part(query, 0, slice_find(query, SLICE("&")));
        query = slice_part(query, pair.size + 1, SIZE_MAX);
        size_t equals = slice_find(pair, SLICE("="));
        if (equals == SIZE_MAX) {
            continue;
        }
        if (slice_equal(percent_decode(slice_part(pair, 0, equals), arena), name)) {
            struct slice value = percent_decode(slice_part(pair, equals + 1, SIZE_MAX), arena);
            if (slice_trim(value).size > 0 && slice_is_utf8(value)) {
                return value;
            }
        }
    }
    return (struct slice){NULL, 0};
}

enum call_result call_url_param(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice query = query_of(text);
    for (size_t i = 0; i < call->argument_count; i++) {
        struct slice name;
        if (!call_text(call, i, &name)) {
            return CALL_MISFIT;
        }
        struct slice value = parameter(query, name, call->arena);
        if (value.size > 0) {
            *ret_text = value;
            return CALL_GAVE;
        }
    }
    return CALL_NOTHING;
}
