/* Transforms of numbers and times. */
#include "call.h"

#include "base/timestamp.h"
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

struct time_unit {
    struct slice name;
    int32_t places; /* by how many the point moves to the left, to make it milliseconds */
};

static const struct time_unit time_units[] = {
    {{"s", 1}, -3},
    {{"ms", 2}, 0},
    {{"us", 2}, 3},
    {{"ns", 2}, 6},
};

static const struct time_unit *find_unit(struct slice name)
{
    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++) {
        if (slice_equal(time_units[i].name, name)) {
            return &time_units[i];
        }
    }
    return NULL;
}

static enum call_result from_ms(struct call *call, int64_t ms, struct slice *ret_text)
{
    if (ms < MOMENT_MIN_MS || ms > MOMENT_MAX_MS) {
        return call_misfit(call, "a time before the year 1 or after the year 9999");
    }
    char *room = arena_alloc(call->arena, TIMESTAMP_SIZE);
    timestamp_format(ms, room);
    *ret_text = (struct slice){room, TIMESTAMP_SIZE - 1};
    return CALL_GAVE;
}

/* What is finer than milliseconds is cut off. */
static enum call_result from_epoch(struct call *call, struct slice text,
                                   const struct time_unit *unit, struct slice *ret_text)
{
    struct decimal decimal;
    int64_t ms;
    if (!decimal_parse(text, call->arena, &decimal)) {
        return call_misfit(call, no_number);
    }
    if (!decimal_shift(&decimal, unit->places, call->arena, &decimal)) {
        return call_misfit(call, "a number of that many digits");
    }
    decimal.digits.size -= decimal.scale;
    decimal.scale = 0;
    if (!decimal_integer(&decimal, &ms)) {
        return call_misfit(call, "a time before the year 1 or after the year 9999");
    }
    return from_ms(call, ms, ret_text);
}

enum call_result call_timestamp(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice how = {NULL, 0};
    if (call->argument_count > 0 && !call_text(call, 0, &how)) {
        return CALL_MISFIT;
    }
    const struct time_unit *unit = find_unit(how);
    if (unit != NULL) {
        return from_epoch(call, text, unit, ret_text);
    }
    int64_t ms;
    bool naive_is_utc = slice_equal(how, SLICE("utc"));
    if (timestamp_parse(slice_trim(text), naive_is_utc ? &zone_utc : NULL, &ms) != MOMENT_FINE) {
        return call_misfit(call, naive_is_utc
                                     ? "a text that is no time of RFC 3339"
                                     : "a text that is no time of RFC 3339 with an offset");
    }
    return from_ms(call, ms, ret_text);
}
