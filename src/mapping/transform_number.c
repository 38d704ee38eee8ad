/* Transforms of numbers. */
#include "call.h"

#include "conversion/currency.h"

#define SHIFT_MAX 1000
#define MINOR_DIGITS_MAX 30

static const char no_number[] = "a text that is no number";

/* The number with its point moved to the left. */
static enum call_result shifted(struct call *call, const struct decimal *decimal, int32_t places,
                                struct slice *ret_text)
{
    struct decimal moved;
    if (!decimal_shift(decimal, places, call->arena, &moved)) {
        return call_misfit(call, "a number of that many digits");
    }
    *ret_text = decimal_text(&moved, call->arena);
    return CALL_GAVE;
}

enum call_result call_minor_units(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice unit;
    if (!call_text(call, 0, &unit)) {
        return CALL_MISFIT;
    }
    int digits;
    int64_t given;
    if (!currency_find(unit, &digits)) {
        if (!call_integer(call, 0, 0, MINOR_DIGITS_MAX, &given)) {
            return call_misfit(call,
                               "an argument that is neither a currency nor a number of digits");
        }
        digits = (int)given;
    }
    struct decimal decimal;
    if (!decimal_parse(text, call->arena, &decimal)) {
        return call_misfit(call, no_number);
    }
    if (!decimal_is_integer(&decimal)) {
        return call_misfit(call, "a number with a fraction: that is not in minor units");
    }
    decimal.digits.size -= decimal.scale;
    decimal.scale = 0;
    return shifted(call, &decimal, digits, ret_text);
}

enum call_result call_shift(struct call *call, struct slice text, struct slice *ret_text)
{
    int64_t places;
    if (!call_integer(call, 0, -SHIFT_MAX, SHIFT_MAX, &places)) {
        return CALL_MISFIT;
    }
    struct decimal decimal;
    if (!decimal_parse(text, call->arena, &decimal)) {
        return call_misfit(call, no_number);
    }
    return shifted(call, &decimal, (int32_t)-places, ret_text);
}
