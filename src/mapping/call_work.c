/* What the use of a transform costs, in steps of base/work.h. */
#include "call.h"

#define READ_BYTES_A_STEP 4 /* of a text that is read character by character */
#define DIGIT_PAIRS_A_STEP 64

static bool count(struct call *call, size_t steps, struct error *error)
{
    if (!work_count(call->work, call->arena, steps)) {
        error_set(error, WORK_EXCEEDED);
        return false;
    }
    return true;
}

/* As many digits as a number has at most when its exponent is written out. */
static size_t digits_of(struct slice text)
{
    size_t exponent = 0;
    size_t at = 0;
    while (at < text.size && (text.data[at] | 0x20) != 'e') {
        at++;
    }
    for (; at < text.size && exponent < DECIMAL_DIGITS; at++) {
        char byte = text.data[at];
        exponent = byte >= '0' && byte <= '9' ? 10 * exponent + (size_t)(byte - '0') : exponent;
    }
    size_t digits = text.size + exponent;
    return digits < DECIMAL_DIGITS ? digits : DECIMAL_DIGITS;
}

/* To multiply or to divide takes each digit with each. */
static size_t number_steps(struct slice text)
{
    size_t digits = text.size < DECIMAL_DIGITS ? digits_of(text) : DECIMAL_DIGITS;
    return digits * digits / DIGIT_PAIRS_A_STEP;
}

static size_t item_steps(const struct call *call, const struct json_value *item)
{
    size_t steps = work_of_bytes(item->text.size) + item->count;
    if (call->transform->list == NULL) {
        steps += item->text.size / READ_BYTES_A_STEP;
    }
    bool numbers =
        call->transform->result == TRANSFORM_NUMBER || call->transform->result == TRANSFORM_NUMBERS;
    if (numbers && item->text.size > 0) {
        steps += number_steps(item->text);
    }
    return steps;
}

static size_t value_steps(const struct call *call, const struct value *value)
{
    size_t steps = 0;
    for (size_t i = 0; i < value->list.count; i++) {
        steps += item_steps(call, value->list.items[i]);
    }
    if (value->one == NULL) {
        return steps;
    }
    if (value->one->kind != JSON_ARRAY) {
        return item_steps(call, value->one);
    }
    for (const struct json_value *item = value->one->first; item != NULL; item = item->next) {
        steps += item_steps(call, item);
    }
    return steps;
}

static size_t item_count(const struct value *value)
{
    if (value->one == NULL) {
        return value->list.count;
    }
    return value->one->kind == JSON_ARRAY ? value->one->count : 1;
}

/* Arguments are worked on with each value, and may be sought in it. */
bool call_count_work(struct call *call, const struct value *value, struct error *error)
{
    size_t arguments = 0;
    for (size_t i = 0; i < call->argument_count; i++) {
        arguments += value_steps(call, &call->arguments[i]);
    }
    size_t times = call->transform->list != NULL ? 1 : item_count(value);
    size_t steps = (1 + call->argument_count) * value_steps(call, value) + times * arguments;
    return count(call, steps, error);
}

bool call_count_result(struct call *call, const struct value *value, struct error *error)
{
    size_t steps = value->one == NULL ? value->list.count : work_of_bytes(value->one->text.size);
    return count(call, steps, error);
}
