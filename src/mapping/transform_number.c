/* Transforms of numbers. */
#include "call.h"

#include "conversion/currency.h"

#define SHIFT_MAX 1000
#define MINOR_DIGITS_MAX 30

/* The number of digits that the argument stands for. */
static bool minor_digits(struct call *call, int *ret_digits)
{
    struct slice unit;
    int64_t given;
    if (!call_text(call, 0, &unit)) {
        return false;
    }
    if (currency_find(unit, ret_digits)) {
        return true;
    }
    if (!call_integer(call, 0, 0, MINOR_DIGITS_MAX, &given)) {
        call->misfit = "an argument that is neither a currency nor a number of digits";
        return false;
    }
    *ret_digits = (int)given;
    return true;
}

/* JSON's 1200.0 is a whole number that a program wrote so; whoever wrote "12.00" wrote an amount in
 * major units. */
enum call_result call_minor_units(struct call *call, const struct json_value *item,
                                  struct value *ret_value)
{
    int digits;
    struct decimal decimal;
    struct decimal major;
    if (!minor_digits(call, &digits) || !call_item_number(call, item, &decimal)) {
        return CALL_MISFIT;
    }
    if (!decimal_is_integer(&decimal) || (item->kind == JSON_STRING && decimal.scale > 0)) {
        return call_misfit(call, "a number with a fraction: that is not in minor units");
    }
    decimal.digits.size -= decimal.scale;
    decimal.scale = 0;
    if (!decimal_shift(&decimal, digits, call->arena, &major)) {
        return call_misfit(call, "a number of that many digits");
    }
    return call_gives(call, &major, ret_value);
}

enum call_result call_shift(struct call *call, struct slice text, struct slice *ret_text)
{
    int64_t places;
    if (!call_integer(call, 0, -SHIFT_MAX, SHIFT_MAX, &places)) {
        return CALL_MISFIT;
    }
    struct decimal decimal;
    if (!decimal_parse(text, call->arena, &decimal)) {
        return call_misfit(call, call_no_number(call->item));
    }
    struct decimal moved;
    if (!decimal_shift(&decimal, (int32_t)-places, call->arena, &moved)) {
        return call_misfit(call, "a number of that many digits");
    }
    *ret_text = decimal_text(&moved, call->arena);
    return CALL_GAVE;
}
