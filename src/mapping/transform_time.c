/* The transform of times. */
#include "call.h"
#include "mapping/mistake.h"
#include "time_format.h"

#include "base/timestamp.h"

/* How the arguments say that times are written. */
struct time_reader {
    struct time_format format;
    bool has_zone;     /* of times without an offset */
    bool zone_is_late; /* the zone is an expression: its value is known with the message only */
    struct zone zone;
};

/* --- Preparing ------------------------------------------------------------------------------- */

static bool refuse(struct preparation *preparation, size_t at, const char *error, const char *hint)
{
    preparation->at = at;
    error_set(&preparation->error, "%s", error);
    error_set(&preparation->hint, "%s", hint);
    return false;
}

static bool unknown_zone(struct preparation *preparation, size_t at, struct slice name)
{
    char nearest[ZONE_NAME_SIZE];
    zone_nearest(name, nearest);
    (void)refuse(preparation, at, "timestamp knows no such zone",
                 "'utc', an offset as '+02:00', or a name that the system's tzdata has, as "
                 "'Europe/Berlin'");
    if (nearest[0] != '\0') {
        error_set(&preparation->hint, "the nearest known is '%s'", nearest);
    }
    return false;
}

/* What was meant by a name that is none; NULL: nothing is known of it. */
static const char *meant_format(const struct preparation *preparation, struct slice name)
{
    const struct json_value *second = preparation->arguments[1];
    struct zone zone;
    bool swapped = preparation->argument_count > 1 && second != NULL &&
                   second->kind == JSON_STRING && time_format_is(second->text) &&
                   zone_find(name, &zone);
    return swapped ? "the format comes first, the zone second: timestamp('%d.%m.%Y', "
                     "'Europe/Berlin')"
                   : mistake_of_format(name);
}

static bool unknown_format(struct preparation *preparation, struct slice name)
{
    char nearest[ZONE_NAME_SIZE];
    const char *meant = meant_format(preparation, name);
    if (meant != NULL) {
        return refuse(preparation, 0, "timestamp knows no format of that name", meant);
    }
    zone_nearest(name, nearest);
    (void)refuse(preparation, 0, "timestamp knows neither a format nor a zone of that name",
                 "formats are 'rfc3339', 'rfc2822', 'epoch', 's', 'ms', 'us', 'ns' and patterns as "
                 "'%d.%m.%Y %H:%M'; zones are 'utc', '+02:00', 'Europe/Berlin' …");
    if (nearest[0] != '\0') {
        error_set(&preparation->hint, "the nearest known zone is '%s'", nearest);
    }
    return false;
}

/* The text of a literal argument; false when it is none. */
static bool literal_text(struct preparation *preparation, size_t index, struct slice *ret_text)
{
    const struct json_value *literal = preparation->arguments[index];
    if (literal == NULL || literal->kind != JSON_STRING) {
        return false;
    }
    *ret_text = literal->text;
    return true;
}

/* The first argument: a format, or the zone of a time of RFC 3339 when it stands alone. */
static bool prepare_first(struct preparation *preparation, struct time_reader *reader)
{
    struct slice text = {NULL, 0};
    reader->format = (struct time_format){.kind = TIME_RFC3339};
    if (preparation->argument_count == 0) {
        return true;
    }
    if (!literal_text(preparation, 0, &text)) {
        return refuse(preparation, 0, "timestamp wants its format as a text in quotes",
                      "a zone that the message tells comes second: timestamp('rfc3339', $.zone)");
    }
    if (time_format_is(text)) {
        return time_format_compile(text, preparation->arena, &reader->format, &preparation->error,
                                   &preparation->hint);
    }
    reader->has_zone = preparation->argument_count == 1 && zone_find(text, &reader->zone);
    return reader->has_zone || unknown_format(preparation, text);
}

static bool prepare_second(struct preparation *preparation, struct time_reader *reader)
{
    struct slice text = {NULL, 0};
    if (preparation->argument_count < 2) {
        return true;
    }
    if (time_format_zone(&reader->format) == TIME_ZONE_REFUSED) {
        return refuse(preparation, 1, "times of this format have no use for a zone",
                      "a number counts from 1970 in UTC, and %z is an offset from it");
    }
    reader->has_zone = true;
    if (preparation->arguments[1] == NULL) {
        reader->zone_is_late = true;
        return true;
    }
    if (!literal_text(preparation, 1, &text) || !zone_find(text, &reader->zone)) {
        return unknown_zone(preparation, 1, text);
    }
    return true;
}

bool prepare_timestamp(struct preparation *preparation, const void **ret_prepared)
{
    struct time_reader *reader = arena_calloc(preparation->arena, 1, sizeof *reader);
    if (!prepare_first(preparation, reader) || !prepare_second(preparation, reader)) {
        return false;
    }
    if (!reader->has_zone && time_format_zone(&reader->format) == TIME_ZONE_NEEDED) {
        return refuse(preparation, 0, "times of this pattern do not say how far they are from UTC",
                      "say it: timestamp('…', 'utc'), timestamp('…', 'Europe/Berlin'); %z reads an "
                      "offset");
    }
    *ret_prepared = reader;
    return true;
}

/* --- Reading --------------------------------------------------------------------------------- */

static const char *unreadable(const struct time_format *format, const struct json_value *item)
{
    if (item->kind == JSON_TRUE || item->kind == JSON_FALSE) {
        return "a boolean that is no time";
    }
    switch (format->kind) {
    case TIME_RFC3339:
        return item->kind == JSON_NUMBER ? "a number that is no time of RFC 3339"
                                         : "a text that is no time of RFC 3339";
    case TIME_RFC2822:
        return item->kind == JSON_NUMBER ? "a number that is no time of RFC 2822"
                                         : "a text that is no time of RFC 2822";
    case TIME_EPOCH:
        return call_no_number(item);
    case TIME_PATTERN:
        return item->kind == JSON_NUMBER ? "a number that does not fit the pattern"
                                         : "a text that does not fit the pattern";
    }
    return "a text that is no time";
}

static const char *fault_text(enum moment_fault fault, const struct time_format *format,
                              struct slice text, const struct json_value *item)
{
    const char *pattern = format->kind == TIME_RFC3339 ? time_format_pattern_for(text) : NULL;
    switch (fault) {
    case MOMENT_FINE:
    case MOMENT_UNREADABLE:
        return pattern != NULL ? pattern : unreadable(format, item);
    case MOMENT_IMPOSSIBLE:
        return "a date, a day of the week or a time of day that there is not";
    case MOMENT_NO_OFFSET:
        return "a time without an offset: timestamp('utc') or timestamp('Europe/Berlin') says "
               "where it is local";
    case MOMENT_SKIPPED:
        return "a local time that there is not: the zone's clocks are set forward over it";
    case MOMENT_TOO_LATE:
        return "a local time after 2036: until then the zone's rules are known";
    case MOMENT_OUT_OF_RANGE:
        return "a time before the year 1 or after the year 9999";
    }
    return "";
}

/* The zone that the message tells. */
static bool find_late_zone(struct call *call, struct zone *ret_zone)
{
    struct slice name;
    if (!call_text(call, 1, &name)) {
        return false;
    }
    if (!zone_find(slice_trim(name), ret_zone)) {
        call->misfit = "an argument that is no zone";
        return false;
    }
    return true;
}

enum call_result call_timestamp(struct call *call, struct slice text, struct slice *ret_text)
{
    const struct time_reader *reader = call->prepared;
    struct zone zone = reader->zone;
    int64_t ms;
    if (reader->zone_is_late && !find_late_zone(call, &zone)) {
        return CALL_MISFIT;
    }
    enum moment_fault fault =
        time_format_read(&reader->format, text, reader->has_zone ? &zone : NULL, call->arena, &ms);
    if (fault != MOMENT_FINE) {
        return call_misfit(call, fault_text(fault, &reader->format, text, call->item));
    }
    char *room = arena_alloc(call->arena, TIMESTAMP_SIZE);
    timestamp_format(ms, room);
    *ret_text = (struct slice){room, TIMESTAMP_SIZE - 1};
    return CALL_GAVE;
}
