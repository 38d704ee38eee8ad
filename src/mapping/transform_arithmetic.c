/* Arithmetic, exact. */
#include "call.h"

#define DIVIDE_SCALE 2 /* unless an argument says another one */

static const char too_many[] = "numbers of that many digits";

/* The value and the first argument as numbers, put together. */
static enum call_result combine(struct call *call, const struct json_value *item,
                                bool (*work)(const struct decimal *a, const struct decimal *b,
                                             struct arena *arena, struct decimal *ret_result),
                                struct value *ret_value)
{
    struct decimal a, b, result;
    if (!call_item_number(call, item, &a) || !call_number(call, 0, &b)) {
        return CALL_MISFIT;
    }
    if (!work(&a, &b, call->arena, &result)) {
        return call_misfit(call, too_many);
    }
    return call_gives(call, &result, ret_value);
}

enum call_result call_add(struct call *call, const struct json_value *item, struct value *ret_value)
{
    return combine(call, item, decimal_add, ret_value);
}

enum call_result call_subtract(struct call *call, const struct json_value *item,
                               struct value *ret_value)
{
    return combine(call, item, decimal_subtract, ret_value);
}

enum call_result call_multiply(struct call *call, const struct json_value *item,
                               struct value *ret_value)
{
    return combine(call, item, decimal_multiply, ret_value);
}

/* What a result is brought to. */
struct form {
    int64_t scale;
    enum decimal_rounding rounding;
};

/* The arguments from `index` on are a scale and a rounding, each of which may be left out. */
static bool read_form(struct call *call, size_t index, struct form *form)
{
    struct slice name;
    if (index < call->argument_count &&
        !call_integer(call, index, 0, CALL_SCALE_MAX, &form->scale)) {
        return false;
    }
    if (index + 1 >= call->argument_count) {
        return true;
    }
    if (!call_text(call, index + 1, &name)) {
        return false;
    }
    if (!decimal_rounding_find(name, &form->rounding)) {
        call->misfit = "an argument that is no rounding";
        return false;
    }
    return true;
}

enum call_result call_divide(struct call *call, const struct json_value *item,
                             struct value *ret_value)
{
    struct decimal a, b, quotient;
    struct form form = {DIVIDE_SCALE, DECIMAL_HALF_UP};
    if (!call_item_number(call, item, &a) || !call_number(call, 0, &b) ||
        !read_form(call, 1, &form)) {
        return CALL_MISFIT;
    }
    if (decimal_is_zero(&b)) {
        return call_misfit(call, "a divisor that is 0");
    }
    if (!decimal_divide(&a, &b, (uint32_t)form.scale, form.rounding, call->arena, &quotient)) {
        return call_misfit(call, too_many);
    }
    return call_gives(call, &quotient, ret_value);
}

enum call_result call_round(struct call *call, const struct json_value *item,
                            struct value *ret_value)
{
    struct decimal number, rounded;
    struct form form = {0, DECIMAL_HALF_UP};
    if (!call_item_number(call, item, &number) || !read_form(call, 0, &form)) {
        return CALL_MISFIT;
    }
    if (!decimal_round(&number, (uint32_t)form.scale, form.rounding, call->arena, &rounded)) {
        return call_misfit(call, too_many);
    }
    return call_gives(call, &rounded, ret_value);
}

enum call_result call_negate(struct call *call, const struct json_value *item,
                             struct value *ret_value)
{
    struct decimal number;
    if (!call_item_number(call, item, &number)) {
        return CALL_MISFIT;
    }
    struct decimal negated = decimal_negate(&number);
    return call_gives(call, &negated, ret_value);
}

enum call_result call_absolute(struct call *call, const struct json_value *item,
                               struct value *ret_value)
{
    struct decimal number;
    if (!call_item_number(call, item, &number)) {
        return CALL_MISFIT;
    }
    struct decimal absolute = decimal_absolute(&number);
    return call_gives(call, &absolute, ret_value);
}
