#include "time_format.h"

#include "base/decimal.h"
#include "base/timestamp.h"

struct known {
    struct slice name;
    struct time_format format;
};

static const struct known formats[] = {
    {{"rfc3339", 7}, {TIME_RFC3339, 0, NULL}},
    {{"rfc2822", 7}, {TIME_RFC2822, 0, NULL}},
    {{"epoch", 5}, {TIME_EPOCH, TIME_UNIT_BY_SIZE, NULL}},
    {{"s", 1}, {TIME_EPOCH, -3, NULL}},
    {{"ms", 2}, {TIME_EPOCH, 0, NULL}},
    {{"us", 2}, {TIME_EPOCH, 3, NULL}},
    {{"ns", 2}, {TIME_EPOCH, 6, NULL}},
};

static const struct time_format *find(struct slice name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (slice_equal(name, formats[i].name)) {
            return &formats[i].format;
        }
    }
    return NULL;
}

bool time_format_is(struct slice text)
{
    return find(text) != NULL || slice_find(text, SLICE("%")) != SIZE_MAX;
}

bool time_format_compile(struct slice text, struct arena *arena, struct time_format *ret_format,
                         struct error *error, struct error *hint)
{
    const struct time_format *known = find(text);
    if (known != NULL) {
        *ret_format = *known;
        return true;
    }
    ret_format->kind = TIME_PATTERN;
    ret_format->unit = 0;
    ret_format->pattern = time_pattern_compile(text, arena, error, hint);
    return ret_format->pattern != NULL;
}

enum time_zone_need time_format_zone(const struct time_format *format)
{
    switch (format->kind) {
    case TIME_RFC3339:
    case TIME_RFC2822:
        return TIME_ZONE_OPTIONAL;
    case TIME_EPOCH:
        return TIME_ZONE_REFUSED;
    case TIME_PATTERN:
        return time_pattern_has_offset(format->pattern) ? TIME_ZONE_REFUSED : TIME_ZONE_NEEDED;
    }
    return TIME_ZONE_OPTIONAL;
}

/* What a number counts whose unit is not said. Each bound is in 5138 by its unit, and in March 1973
 * by the next finer one. */
static int32_t unit_by_size(const struct decimal *decimal)
{
    size_t digits = decimal->digits.size - decimal->scale;
    if (digits <= 11) {
        return -3;
    }
    if (digits <= 14) {
        return 0;
    }
    return digits <= 17 ? 3 : 6;
}

/* What is finer than milliseconds is cut off. */
static enum moment_fault read_epoch(int32_t unit, struct slice text, struct arena *arena,
                                    int64_t *ret_ms)
{
    struct decimal decimal;
    int64_t ms;
    if (!decimal_parse(text, arena, &decimal)) {
        return MOMENT_UNREADABLE;
    }
    int32_t places = unit == TIME_UNIT_BY_SIZE ? unit_by_size(&decimal) : unit;
    if (!decimal_shift(&decimal, places, arena, &decimal)) {
        return MOMENT_OUT_OF_RANGE;
    }
    decimal.digits.size -= decimal.scale;
    decimal.scale = 0;
    if (!decimal_integer(&decimal, &ms) || ms < MOMENT_MIN_MS || ms > MOMENT_MAX_MS) {
        return MOMENT_OUT_OF_RANGE;
    }
    *ret_ms = ms;
    return MOMENT_FINE;
}

enum moment_fault time_format_read(const struct time_format *format, struct slice text,
                                   const struct zone *zone, struct arena *arena, int64_t *ret_ms)
{
    struct slice trimmed = slice_trim(text);
    switch (format->kind) {
    case TIME_RFC3339:
        return timestamp_parse(trimmed, zone, ret_ms);
    case TIME_RFC2822:
        return time_mail_read(trimmed, zone, ret_ms);
    case TIME_EPOCH:
        return read_epoch(format->unit, trimmed, arena, ret_ms);
    case TIME_PATTERN:
        return time_pattern_read(format->pattern, trimmed, zone, ret_ms);
    }
    return MOMENT_UNREADABLE;
}

/* A 0 stands for any digit, all else for itself. */
static bool has_shape(struct slice text, const char *shape)
{
    if (text.size != strlen(shape)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (shape[i] == '0' ? !digit : text.data[i] != shape[i]) {
            return false;
        }
    }
    return true;
}

const char *time_format_pattern_for(struct slice text)
{
    static const struct {
        const char *shape;
        const char *advice;
    } shapes[] = {
        {"0000-00-00", "a date alone: timestamp('%Y-%m-%d', 'Europe/Berlin') reads it"},
        {"00000000", "a date alone: timestamp('%Y%m%d', 'Europe/Berlin') reads it"},
        {"00.00.0000", "a date alone: timestamp('%d.%m.%Y', 'Europe/Berlin') reads it"},
        {"00/00/0000", "a date alone: timestamp('%m/%d/%Y', 'America/New_York') reads it, or "
                       "'%d/%m/%Y'"},
        {"00000000T000000Z", "a time without marks: timestamp('%Y%m%dT%H%M%S%z') reads it"},
        {"00000000T000000",
         "a time without marks: timestamp('%Y%m%dT%H%M%S', 'Europe/Berlin') reads "
         "it"},
        {"00000000000000", "a time without marks: timestamp('%Y%m%d%H%M%S', 'Europe/Berlin') reads "
                           "it"},
    };
    struct slice time = slice_trim(text);
    bool of_this_age = slice_starts_with(time, SLICE("20")) || slice_starts_with(time, SLICE("19"));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bool marked = strpbrk(shapes[i].shape, "./-") != NULL;
        if (has_shape(time, shapes[i].shape) && (marked || of_this_age)) {
            return shapes[i].advice;
        }
    }
    return NULL;
}
