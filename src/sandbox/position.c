#include "position.h"

#include "json/reader.h"
#include "json/value.h"

#include <assert.h>
#include <string.h>

void position_enter(struct position *position, struct slice name)
{
    assert(position->depth < POSITION_STEPS_MAX);
    position->steps[position->depth++] = (struct position_step){.name = name};
}

void position_enter_item(struct position *position, size_t index)
{
    assert(position->depth < POSITION_STEPS_MAX);
    position->steps[position->depth++] = (struct position_step){.index = index};
}

void position_leave(struct position *position)
{
    position->depth--;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The place of the next byte that is none of the blanks, nor `separator`. */
static size_t skip(struct slice text, size_t at, char separator)
{
    while (at < text.size && (is_blank(text.data[at]) || text.data[at] == separator)) {
        at++;
    }
    return at;
}

/* Behind the string that begins at `at`. */
static size_t end_of_string(struct slice text, size_t at)
{
    at++;
    while (at < text.size && text.data[at] != '"') {
        at += text.data[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

/* Behind the number or word that begins at `at`. */
static size_t end_of_word(struct slice text, size_t at)
{
    while (at < text.size && !is_blank(text.data[at]) && strchr(",:]}", text.data[at]) == NULL) {
        at++;
    }
    return at;
}

/* Behind the token that begins at `at`; a bracket is a token of its own. */
static size_t end_of_token(struct slice text, size_t at)
{
    switch (text.data[at]) {
    case '"':
        return end_of_string(text, at);
    case '{':
    case '}':
    case '[':
    case ']':
        return at + 1;
    default:
        return end_of_word(text, at);
    }
}

/* Behind the value that begins at `at`. */
static size_t end_of_value(struct slice text, size_t at)
{
    size_t depth = 0;
    do {
        char first = text.data[at];
        depth += first == '{' || first == '[';
        depth -= first == '}' || first == ']';
        at = end_of_token(text, at);
        if (depth > 0) {
            at = skip(text, skip(text, at, ','), ':');
        }
    } while (depth > 0 && at < text.size);
    return at;
}

/* Whether the JSON string `token` stands for `name`. */
static bool names(struct slice token, struct slice name, struct arena *arena)
{
    const struct json_value *value = NULL;
    struct error ignored;
    return json_read(token, arena, &value, &ignored) && slice_equal(value->text, name);
}

/* The item that begins at `*at` of the array `text`, and goes on to the next; false behind the last. */
static bool next_item(struct slice text, size_t *at, struct slice *ret_item)
{
    if (*at >= text.size || text.data[*at] == ']') {
        return false;
    }
    size_t end = end_of_value(text, *at);
    *ret_item = slice_part(text, *at, end - *at);
    *at = skip(text, end, ',');
    return true;
}

size_t position_items(struct slice text, struct slice ret_items[], size_t max)
{
    struct slice array = slice_trim(text);
    size_t count = 0;
    size_t at = skip(array, 1, ',');
    while (count < max && next_item(array, &at, &ret_items[count])) {
        count++;
    }
    return count;
}

static struct slice find_item(struct slice text, size_t index)
{
    struct slice item;
    size_t at = skip(text, 1, ',');
    while (next_item(text, &at, &item)) {
        if (index-- == 0) {
            return item;
        }
    }
    return SLICE("");
}

/* The last member of that name of the object `text`. */
static struct slice find_member(struct slice text, struct slice name, struct arena *arena)
{
    struct slice found = SLICE("");
    size_t at = skip(text, 1, ',');
    while (at < text.size && text.data[at] != '}') {
        size_t name_end = end_of_string(text, at);
        size_t from = skip(text, name_end, ':');
        size_t end = end_of_value(text, from);
        if (names(slice_part(text, at, name_end - at), name, arena)) {
            found = slice_part(text, from, end - from);
        }
        at = skip(text, end, ',');
    }
    return found;
}

struct slice position_find(const struct position *position, struct slice text, struct arena *arena)
{
    struct slice value = slice_trim(text);
    for (size_t i = 0; i < position->depth && value.size > 0; i++) {
        const struct position_step *step = &position->steps[i];
        if (step->name.data != NULL) {
            value = value.data[0] == '{' ? find_member(value, step->name, arena) : SLICE("");
        } else {
            value = value.data[0] == '[' ? find_item(value, step->index) : SLICE("");
        }
    }
    return value;
}

size_t position_count(struct slice text)
{
    size_t count = 0;
    size_t at = skip(text, 0, ',');
    while (at < text.size) {
        bool closes = text.data[at] == '}' || text.data[at] == ']';
        at = skip(text, end_of_token(text, at), ',');
        bool is_name = at < text.size && text.data[at] == ':';
        count += !closes && !is_name;
        at = is_name ? skip(text, at, ':') : at;
    }
    return count;
}

static bool is_identifier(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && !(byte >= '0' && byte <= '9')) {
            return false;
        }
    }
    return name.size > 0;
}

void position_write(const struct position *position, struct buffer *buffer)
{
    for (size_t i = 0; i < position->depth; i++) {
        const struct position_step *step = &position->steps[i];
        if (step->name.data == NULL) {
            buffer_printf(buffer, "[%zu]", step->index);
        } else if (is_identifier(step->name)) {
            buffer_printf(buffer, "%s%.*s", i == 0 ? "" : ".", SLICE_PRINT(step->name));
        } else {
            buffer_printf(buffer, "['%.*s']", SLICE_PRINT(step->name));
        }
    }
}
