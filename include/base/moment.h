/* moment: a date and a time of day as somebody wrote them, on their way to a point in time.
 *
 * Days follow the proleptic Gregorian calendar, years are 1 to 9999. What is impossible (30
 * February, hour 24, a local time over which the clocks are set) is refused, never made into
 * another time. A leap second (:60) is taken at the end of a UTC month, where RFC 3339 allows
 * it, as the first moment of the next minute. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include "base/slice.h"
#include "base/zone.h"

/* Milliseconds since 1970-01-01T00:00:00Z at the ends of the years 1 to 9999. */
#define MOMENT_MIN_MS (-62135596800000LL)
#define MOMENT_MAX_MS 253402300799999LL

#define MOMENT_DAY_MS 86400000LL

struct moment {
    int year;
    int month; /* 1 to 12 */
    int day;   /* of the month, from 1 */
    int hour;
    int minute;
    int second;
    int millisecond;
    bool has_offset;
    int32_t offset_s; /* east of UTC */
};

/* Why something is no point in time. */
enum moment_fault {
    MOMENT_FINE,
    MOMENT_UNREADABLE, /* it has another form; of whoever reads a text */
    MOMENT_IMPOSSIBLE, /* no such date, time of day, or day of the week for that date */
    MOMENT_NO_OFFSET,  /* and no zone is given either */
    MOMENT_SKIPPED,    /* the zone's clocks are set forward over it */
    MOMENT_TOO_LATE,   /* after ZONE_YEAR_MAX, in a zone that has rules */
    MOMENT_OUT_OF_RANGE
};

/* `zone` is that of a moment without an offset; NULL: there is none. */
__attribute__((warn_unused_result)) enum moment_fault
moment_ms(const struct moment *moment, const struct zone *zone, int64_t *ret_ms);

/* Days from 1970-01-01 to a date, and the other way round. The date must be one of the calendar. */
int64_t moment_days(int year, int month, int day);
void moment_set_date(struct moment *moment, int64_t days);

/* Of a date of the calendar: 0 is Sunday, 6 is Saturday. */
int moment_weekday(const struct moment *moment);

/* Whether the calendar has such a date. */
bool moment_is_date(const struct moment *moment);

/* The month (1 to 12) or the day of the week (0 is Sunday) whose English name begins `text`,
 * whole or as its first three letters, in any case. Returns how many bytes the name takes, 0
 * when there is none. */
size_t moment_month(struct slice text, int *ret_month);
size_t moment_day_name(struct slice text, int *ret_weekday);

/* The number that the first `size` bytes of `text` make, when they are there and all digits; at
 * most 9. */
__attribute__((warn_unused_result)) bool moment_number(struct slice text, size_t size,
                                                       int *ret_number);

/* The milliseconds of the digits behind a second's point: "5" is 500; what is finer is cut off.
 * Returns how many digits `text` begins with. */
size_t moment_fraction(struct slice text, int *ret_millisecond);

#endif
