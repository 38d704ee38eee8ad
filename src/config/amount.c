#include "config/amount.h"

#include <stdio.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* The largest first, as amount_format() tries them; NULL ends. */
static const struct unit numbers[] = {{"", 1}, {NULL, 0}};
static const struct unit bytes[] = {
    {"GiB", 1 << 30}, {"GB", 1000000000}, {"MiB", 1 << 20},
    {"MB", 1000000},  {"KiB", 1 << 10},   {"kB", 1000},
    {"", 1},          {"B", 1},           {NULL, 0},
};
static const struct unit durations[] = {
    {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};

static const struct unit percent[] = {{"%", 1}, {NULL, 0}};

static const struct unit *const units[] = {
    [AMOUNT_NUMBER] = numbers,
    [AMOUNT_BYTES] = bytes,
    [AMOUNT_DURATION] = durations,
    [AMOUNT_PERCENT] = percent,
};

/* How many digits `text` begins with; their number in `ret_number`. 0 also when it is too large. */
static size_t read_digits(struct slice text, int64_t *ret_number)
{
    int64_t number = 0;
    size_t size = 0;
    for (; size < text.size && text.data[size] >= '0' && text.data[size] <= '9'; size++) {
        int64_t digit = text.data[size] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number)) {
            return 0;
        }
    }
    *ret_number = number;
    return size;
}

bool amount_parse(enum amount_kind kind, struct slice text, int64_t *ret_amount)
{
    int64_t number = 0;
    size_t size = read_digits(text, &number);
    struct slice name = slice_part(text, size, text.size);
    if (size == 0) {
        return false;
    }
    for (const struct unit *unit = units[kind]; unit->name != NULL; unit++) {
        if (slice_equal(name, slice_of(unit->name))) {
            return !__builtin_mul_overflow(number, unit->factor, ret_amount);
        }
    }
    bool bare_zero = name.size == 0 && number == 0;
    if (bare_zero) {
        *ret_amount = 0;
    }
    return bare_zero;
}

void amount_format(enum amount_kind kind, int64_t amount, char ret_text[static AMOUNT_SIZE])
{
    const struct unit *unit = units[kind];
    while (unit->factor > 1 && (amount < unit->factor || amount % unit->factor != 0)) {
        unit++;
    }
    const char *name = amount == 0 ? "" : unit->name;
    (void)snprintf(ret_text, AMOUNT_SIZE, "%lld%s", (long long)(amount / unit->factor), name);
}
