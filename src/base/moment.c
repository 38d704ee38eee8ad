#include "base/moment.h"

#define MINUTE_S 60
#define DAY_S 86400

/* --- The calendar ---------------------------------------------------------------------------- */

/* Days from 1970-01-01 to the first of March of `year`. As years begin in March here, the leap day
 * is their last, and months have a regular rhythm: 153 days each five of them. */
static int64_t days_to_march(int64_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400 - 719468;
}

int64_t moment_days(int year, int month, int day)
{
    int months = (month + 9) % 12; /* since March */
    int64_t march_year = month < 3 ? year - 1 : year;
    return days_to_march(march_year) + (153 * months + 2) / 5 + day - 1;
}

/* A guess of the year from its average length is one too low at most. */
void moment_set_date(struct moment *moment, int64_t days)
{
    int64_t year = (days + 719468) * 400 / 146097;
    if (days_to_march(year + 1) <= days) {
        year++;
    }
    int day_of_year = (int)(days - days_to_march(year));
    int months = (5 * day_of_year + 2) / 153;
    moment->day = day_of_year - (153 * months + 2) / 5 + 1;
    moment->month = (months + 2) % 12 + 1;
    moment->year = (int)year + (moment->month < 3);
}

int moment_weekday(const struct moment *moment)
{
    int64_t days = moment_days(moment->year, moment->month, moment->day);
    return (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

bool moment_is_date(const struct moment *moment)
{
    return moment->year >= 1 && moment->year <= 9999 && moment->month >= 1 && moment->month <= 12 &&
           moment->day >= 1 && moment->day <= days_in_month(moment->year, moment->month);
}

static bool is_time_of_day(const struct moment *moment)
{
    return moment->hour >= 0 && moment->hour <= 23 && moment->minute >= 0 && moment->minute <= 59 &&
           moment->second >= 0 && moment->second <= 60;
}

/* --- The point in time ----------------------------------------------------------------------- */

/* RFC 3339 section 5.7: leap seconds come at the end of a month, in UTC. Which months had one is
 * not checked, as those to come are not known. */
static bool may_be_leap_second(int64_t minute_s)
{
    int64_t next_s = minute_s + MINUTE_S;
    if (next_s < MOMENT_MIN_MS / 1000 || next_s % DAY_S != 0) {
        return false;
    }
    struct moment next;
    moment_set_date(&next, next_s / DAY_S);
    return next.day == 1;
}

static enum moment_fault to_utc(const struct moment *moment, const struct zone *zone,
                                int64_t local_s, int64_t *ret_utc_s)
{
    if (moment->has_offset) {
        *ret_utc_s = local_s - moment->offset_s;
        return MOMENT_FINE;
    }
    if (zone == NULL) {
        return MOMENT_NO_OFFSET;
    }
    switch (zone_to_utc(zone, local_s, ret_utc_s)) {
    case ZONE_KNOWN:
        break;
    case ZONE_SKIPPED:
        return MOMENT_SKIPPED;
    case ZONE_TOO_LATE:
        return MOMENT_TOO_LATE;
    }
    return MOMENT_FINE;
}

/* Seconds are added to the minute in UTC, so that a leap second is seen where it is. */
enum moment_fault moment_ms(const struct moment *moment, const struct zone *zone, int64_t *ret_ms)
{
    if (!moment_is_date(moment) || !is_time_of_day(moment)) {
        return MOMENT_IMPOSSIBLE;
    }
    int64_t days = moment_days(moment->year, moment->month, moment->day);
    int64_t minute_s = days * DAY_S + (moment->hour * 60 + moment->minute) * MINUTE_S;
    bool leap = moment->second == 60;
    int64_t utc_s = 0;
    enum moment_fault fault =
        to_utc(moment, zone, leap ? minute_s : minute_s + moment->second, &utc_s);
    if (fault != MOMENT_FINE) {
        return fault;
    }
    if (leap && !may_be_leap_second(utc_s)) {
        return MOMENT_IMPOSSIBLE;
    }
    int64_t ms = leap ? (utc_s + MINUTE_S) * 1000 : utc_s * 1000 + moment->millisecond;
    if (ms < MOMENT_MIN_MS || ms > MOMENT_MAX_MS) {
        return MOMENT_OUT_OF_RANGE;
    }
    *ret_ms = ms;
    return MOMENT_FINE;
}

/* --- Names and numbers ----------------------------------------------------------------------- */

#define SHORT_NAME 3

/* Which of the names `text` begins with. */
static size_t find_name(struct slice text, const struct slice names[], size_t count, int *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        size_t whole = names[i].size;
        if (slice_equal_ignoring_case(slice_part(text, 0, whole), names[i])) {
            *ret_index = (int)i;
            return whole;
        }
        struct slice part = slice_part(names[i], 0, SHORT_NAME);
        if (slice_equal_ignoring_case(slice_part(text, 0, SHORT_NAME), part)) {
            *ret_index = (int)i;
            return SHORT_NAME;
        }
    }
    return 0;
}

size_t moment_month(struct slice text, int *ret_month)
{
    static const struct slice names[] = {
        {"January", 7},   {"February", 8}, {"March", 5},    {"April", 5},
        {"May", 3},       {"June", 4},     {"July", 4},     {"August", 6},
        {"September", 9}, {"October", 7},  {"November", 8}, {"December", 8},
    };
    int index = 0;
    size_t size = find_name(text, names, sizeof names / sizeof *names, &index);
    *ret_month = index + 1;
    return size;
}

size_t moment_day_name(struct slice text, int *ret_weekday)
{
    static const struct slice names[] = {
        {"Sunday", 6},   {"Monday", 6}, {"Tuesday", 7},  {"Wednesday", 9},
        {"Thursday", 8}, {"Friday", 6}, {"Saturday", 8},
    };
    return find_name(text, names, sizeof names / sizeof *names, ret_weekday);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool moment_number(struct slice text, size_t size, int *ret_number)
{
    int number = 0;
    for (size_t i = 0; i < size; i++) {
        if (i >= text.size || !is_digit(text.data[i])) {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

size_t moment_fraction(struct slice text, int *ret_millisecond)
{
    int millisecond = 0;
    int weight = 100;
    size_t size = 0;
    for (; size < text.size && is_digit(text.data[size]); size++) {
        millisecond += (text.data[size] - '0') * weight;
        weight /= 10;
    }
    *ret_millisecond = millisecond;
    return size;
}
