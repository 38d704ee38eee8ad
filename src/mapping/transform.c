#include "mapping/transform.h"

#include "base/decimal.h"
#include "call.h"
#include "conversion/currency.h"

const struct transform *transform_find(struct slice name)
{
    for (size_t i = 0; i < transform_count; i++) {
        if (slice_equal(name, slice_of(transform_table[i].name))) {
            return &transform_table[i];
        }
    }
    return NULL;
}

const struct transform *transform_at(size_t index)
{
    return index < transform_count ? &transform_table[index] : NULL;
}

const char *transform_nearest(struct slice name)
{
    const char *names[TRANSFORM_COUNT_MAX];
    for (size_t i = 0; i < transform_count; i++) {
        names[i] = transform_table[i].name;
    }
    return error_nearest(name, names, transform_count);
}

/* Whether the literal is a whole number between the two. */
static bool is_whole(const struct json_value *literal, int64_t min, int64_t max)
{
    struct arena arena;
    struct decimal decimal;
    int64_t integer;
    arena_init(&arena, 0);
    bool whole = literal->kind == JSON_NUMBER && decimal_parse(literal->text, &arena, &decimal) &&
                 decimal_integer(&decimal, &integer) && integer >= min && integer <= max;
    arena_done(&arena);
    return whole;
}

/* Whether the literal is a number, or a text that is one. */
static bool is_number(const struct json_value *literal, bool zero_too)
{
    struct arena arena;
    struct decimal decimal;
    arena_init(&arena, 0);
    bool number = (literal->kind == JSON_NUMBER || literal->kind == JSON_STRING) &&
                  decimal_parse(literal->text, &arena, &decimal) &&
                  (zero_too || !decimal_is_zero(&decimal));
    arena_done(&arena);
    return number;
}

enum transform_argument transform_argument(const struct transform *transform, size_t index)
{
    size_t last = TRANSFORM_ARGUMENT_KINDS - 1;
    return transform->argument[index < last ? index : last];
}

const char *transform_argument_fault(const struct transform *transform, size_t index,
                                     const struct json_value *literal)
{
    bool text = literal->kind == JSON_STRING;
    bool string = text || literal->kind == JSON_NUMBER;
    enum decimal_rounding rounding;
    struct slice code;
    switch (transform_argument(transform, index)) {
    case TRANSFORM_ANY:
    case TRANSFORM_MANY:
        return NULL;
    case TRANSFORM_STRING:
        return string ? NULL : "a text";
    case TRANSFORM_NOT_EMPTY:
        return string && literal->text.size > 0 ? NULL : "a text that is not empty";
    case TRANSFORM_WHOLE:
        return is_whole(literal, -1000, 1000) ? NULL : "a whole number from -1000 to 1000";
    case TRANSFORM_PLACE:
        return is_whole(literal, -TRANSFORM_PLACE_MAX, TRANSFORM_PLACE_MAX)
                   ? NULL
                   : "a whole number from -1000000 to 1000000";
    case TRANSFORM_LENGTH:
        return is_whole(literal, 0, TRANSFORM_PLACE_MAX) ? NULL
                                                         : "a whole number from 0 to 1000000";
    case TRANSFORM_NUMERIC:
        return is_number(literal, true) ? NULL : "a number";
    case TRANSFORM_DIVISOR:
        return is_number(literal, false) ? NULL : "a number other than 0";
    case TRANSFORM_SCALE:
        return is_whole(literal, 0, CALL_SCALE_MAX) ? NULL : "a whole number from 0 to 100";
    case TRANSFORM_ROUNDING:
        return text && decimal_rounding_find(literal->text, &rounding)
                   ? NULL
                   : "'half_up', 'half_even', 'down', 'up', 'floor' or 'ceiling'";
    case TRANSFORM_MINOR:
        return (text && currency_find(literal->text, NULL)) || is_whole(literal, 0, 30)
                   ? NULL
                   : "a currency of ISO 4217, or a whole number from 0 to 30";
    case TRANSFORM_CALLING:
        return string && call_phone_code(literal->text, &code)
                   ? NULL
                   : "a calling code, as '49' or '+49',";
    }
    return NULL;
}

bool transform_pairs(const struct transform *transform)
{
    return transform->list == call_product || transform->list == call_zip_join;
}

struct slice transform_prepare(const struct transform *transform, struct slice constant,
                               struct arena *arena)
{
    return transform->text == call_uuid5 ? call_uuid5_space(constant, arena) : constant;
}

void transform_reducers(struct buffer *buffer)
{
    const char *separator = "";
    for (size_t i = 0; i < transform_count; i++) {
        bool list = transform_table[i].scope == TRANSFORM_LIST ||
                    transform_table[i].scope == TRANSFORM_WHOLE_LIST;
        bool ready = transform_table[i].arguments_min == 0;
        if (list && ready && !transform_gives_list(&transform_table[i])) {
            buffer_printf(buffer, "%s%s", separator, transform_table[i].name);
            separator = ", ";
        }
    }
}

/* A cell of a Markdown table, in which a bar would end it. */
static void write_cell(struct buffer *buffer, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            buffer_append_byte(buffer, '\\');
        }
        buffer_append_byte(buffer, *text);
    }
}

static const char *scope_text(const struct transform *transform)
{
    switch (transform->scope) {
    case TRANSFORM_EACH:
    case TRANSFORM_EXPRESSION:
        return "each";
    case TRANSFORM_LIST:
    case TRANSFORM_WHOLE_LIST:
        return "list";
    case TRANSFORM_COALESCE:
        return "any";
    }
    return "";
}

static const char *misfit_text(const struct transform *transform)
{
    if (transform->scope == TRANSFORM_COALESCE || transform->scope == TRANSFORM_EXPRESSION) {
        return "—"; /* it passes on whatever it gets */
    }
    return transform->misfit == TRANSFORM_ERROR ? "error" : "nothing";
}

static void write_row(struct buffer *buffer, const struct transform *transform)
{
    buffer_printf(buffer, "| `%s%s` | %s | ", transform->name, transform->arguments,
                  scope_text(transform));
    write_cell(buffer, transform->doc);
    buffer_printf(buffer, " | %s | `", misfit_text(transform));
    write_cell(buffer, transform->example);
    if (transform->gives == NULL) {
        buffer_append(buffer, SLICE("` → nothing |\n"));
    } else {
        buffer_append(buffer, SLICE("` → `"));
        write_cell(buffer, transform->gives);
        buffer_append(buffer, SLICE("` |\n"));
    }
}

void transform_reference(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("The examples run on this message:\n\n```json\n"));
    buffer_append(buffer, slice_of(transform_sample));
    buffer_append(buffer, SLICE("```\n\nand with these tables in the mapping:\n\n```yaml\n"));
    buffer_append(buffer, slice_of(transform_sample_tables));
    buffer_append(buffer, SLICE("```\n\n| transform | works on | gives | of what it cannot use | "
                                "example |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < transform_count; i++) {
        write_row(buffer, &transform_table[i]);
    }
}
