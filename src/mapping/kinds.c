#include "kinds.h"

unsigned kinds_of_literal(const struct json_value *literal)
{
    switch (literal->kind) {
    case JSON_NULL:
        return KIND_NULL;
    case JSON_FALSE:
    case JSON_TRUE:
        return KIND_BOOLEAN;
    case JSON_NUMBER:
        return KIND_NUMBER;
    case JSON_STRING:
        return KIND_TEXT;
    case JSON_ARRAY:
        return KIND_ARRAY;
    case JSON_OBJECT:
        return KIND_OBJECT;
    }
    return KINDS_ANY;
}

unsigned kinds_of_record(enum kafka_part part)
{
    bool number = part == KAFKA_PARTITION || part == KAFKA_OFFSET;
    bool time = part == KAFKA_TIMESTAMP;
    return number ? KIND_NUMBER : (time ? KIND_TIME : KIND_TEXT) | KIND_NOTHING;
}

bool kinds_always_present(const struct expression *operand)
{
    if (operand->operation == OPERATION_LITERAL) {
        return !value_is_blank(operand->literal);
    }
    return (operand->kinds & ~(unsigned)(KIND_BOOLEAN | KIND_NUMBER)) == 0;
}

unsigned kinds_of_alternatives(const struct expression *alternatives)
{
    unsigned kinds = 0;
    for (const struct expression *operand = alternatives->first; operand != NULL;
         operand = operand->next) {
        kinds |= operand->kinds & ~(unsigned)(KIND_NOTHING | KIND_NULL);
        if (kinds_always_present(operand)) {
            return kinds;
        }
    }
    return kinds | KIND_NOTHING;
}

unsigned kinds_of_call(const struct expression *call)
{
    if (call->transform->scope == TRANSFORM_COALESCE) {
        return kinds_of_alternatives(call);
    }
    if (call->transform->scope == TRANSFORM_EXPRESSION && call->count > 1) {
        return (call->first->next->kinds & ~(unsigned)KIND_NULL) | KIND_NOTHING;
    }
    unsigned missing = call->transform->scope == TRANSFORM_WHOLE_LIST ? 0 : KIND_NOTHING;
    switch (call->transform->result) {
    case TRANSFORM_TEXT:
    case TRANSFORM_TEXTS:
        return missing | KIND_TEXT;
    case TRANSFORM_TIME:
        return missing | KIND_TIME;
    case TRANSFORM_HASH:
        return missing | KIND_HASH;
    case TRANSFORM_UUID:
        return missing | KIND_UUID;
    case TRANSFORM_PHONE:
        return missing | KIND_PHONE;
    case TRANSFORM_ADDRESS:
        return missing | KIND_ADDRESS;
    case TRANSFORM_NUMBER:
    case TRANSFORM_NUMBERS:
        return missing | KIND_NUMBER;
    case TRANSFORM_ITEM:
    case TRANSFORM_ITEMS:
        break;
    }
    return KINDS_ANY;
}

bool kinds_compare(enum comparison comparison, unsigned left, unsigned right)
{
    unsigned texts = (left & KIND_TEXT) != 0 && (right & KIND_TEXT) != 0 ? KIND_TEXT : 0;
    unsigned common = ((left & right) | texts) & ~(unsigned)KIND_NOTHING;
    if (comparison == COMPARISON_LESS || comparison == COMPARISON_GREATER) {
        common &= KIND_NUMBER | KIND_TEXT;
    }
    return common != 0;
}

void kinds_write(unsigned kinds, struct error *ret_text)
{
    static const struct {
        enum kind kind;
        const char *name;
    } names[] = {
        {KIND_NULL, "null"},
        {KIND_BOOLEAN, "true or false"},
        {KIND_NUMBER, "a number"},
        {KIND_TIME, "a time"},
        {KIND_HASH, "a hash of SHA-256"},
        {KIND_UUID, "a UUID"},
        {KIND_PHONE, "a phone number"},
        {KIND_ADDRESS, "an IP address"},
        {KIND_OTHER_TEXT, "a text"},
        {KIND_ARRAY, "an array"},
        {KIND_OBJECT, "an object"},
    };
    const unsigned missing = KIND_NOTHING | KIND_NULL;
    struct buffer buffer;
    if ((kinds | missing) == KINDS_ANY) {
        error_set(ret_text, "a value");
        return;
    }
    if ((kinds & KIND_OTHER_TEXT) != 0) {
        kinds &= ~(unsigned)KIND_TEXT | KIND_OTHER_TEXT;
    }
    buffer_init(&buffer, ERROR_SIZE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((kinds & names[i].kind) != 0) {
            buffer_printf(&buffer, "%s%s", buffer.size > 0 ? " or " : "", names[i].name);
        }
    }
    error_set(ret_text, "%.*s", SLICE_PRINT(buffer_slice(&buffer)));
    buffer_done(&buffer);
}
