#include "base/timestamp.h"

#include <assert.h>

#define DAY_MS 86400000LL
#define DATE_TIME_SIZE 19 /* "2026-11-23T10:03:00" */

/* A date and time as written, in UTC once the offset is taken off. */
struct moment {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int millisecond;
};

/* Days from 1970-01-01 to the first of March of `year`. As years begin in March here, the leap day
 * is their last, and months have a regular rhythm: 153 days each five of them. */
static int64_t days_to_march(int64_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400 - 719468;
}

static int64_t days_from_date(int year, int month, int day)
{
    int months = (month + 9) % 12; /* since March */
    int64_t march_year = month < 3 ? year - 1 : year;
    return days_to_march(march_year) + (153 * months + 2) / 5 + day - 1;
}

/* The reverse. A guess of the year from its average length is one too low at most. */
static void date_from_days(int64_t days, struct moment *ret_moment)
{
    int64_t year = (days + 719468) * 400 / 146097;
    if (days_to_march(year + 1) <= days) {
        year++;
    }
    int day_of_year = (int)(days - days_to_march(year));
    int months = (5 * day_of_year + 2) / 153;
    ret_moment->day = day_of_year - (153 * months + 2) / 5 + 1;
    ret_moment->month = (months + 2) % 12 + 1;
    ret_moment->year = (int)year + (ret_moment->month < 3);
}

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year));
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The number that the `size` bytes at `at` make; they are there. */
static bool read_number(struct slice text, size_t at, size_t size, int *ret_number)
{
    int number = 0;
    for (size_t i = at; i < at + size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool is_possible(const struct moment *moment)
{
    return moment->year >= 1 && moment->month >= 1 && moment->month <= 12 && moment->day >= 1 &&
           moment->day <= days_in_month(moment->year, moment->month) && moment->hour <= 23 &&
           moment->minute <= 59 && moment->second <= 60;
}

/* Takes date and time off `text`, up to the seconds. */
static bool read_date_time(struct slice *text, struct moment *ret_moment)
{
    if (text->size < DATE_TIME_SIZE) {
        return false;
    }
    const char *data = text->data;
    bool marks = data[4] == '-' && data[7] == '-' && data[13] == ':' && data[16] == ':' &&
                 (data[10] == 'T' || data[10] == 't' || data[10] == ' ');
    bool numbers = read_number(*text, 0, 4, &ret_moment->year) &&
                   read_number(*text, 5, 2, &ret_moment->month) &&
                   read_number(*text, 8, 2, &ret_moment->day) &&
                   read_number(*text, 11, 2, &ret_moment->hour) &&
                   read_number(*text, 14, 2, &ret_moment->minute) &&
                   read_number(*text, 17, 2, &ret_moment->second);
    *text = slice_part(*text, DATE_TIME_SIZE, text->size);
    return marks && numbers && is_possible(ret_moment);
}

/* Takes a fraction off, if there is one: at least one digit, of which three count. */
static bool read_fraction(struct slice *text, int *ret_millisecond)
{
    int millisecond = 0;
    int weight = 100;
    size_t size = 1;
    *ret_millisecond = 0;
    if (text->size == 0 || text->data[0] != '.') {
        return true;
    }
    for (; size < text->size && is_digit(text->data[size]); size++) {
        millisecond += (text->data[size] - '0') * weight;
        weight /= 10;
    }
    *ret_millisecond = millisecond;
    *text = slice_part(*text, size, text->size);
    return size > 1;
}

/* All of `text` is an offset: +01:00, +0100 or +01. */
static bool read_offset(struct slice text, int *ret_minutes)
{
    int hours = 0;
    int minutes = 0;
    if (text.size < 3 || (text.data[0] != '+' && text.data[0] != '-')) {
        return false;
    }
    bool minus = text.data[0] == '-';
    if (!read_number(text, 1, 2, &hours)) {
        return false;
    }
    struct slice rest = slice_part(text, 3, text.size);
    if (rest.size == 3 && rest.data[0] == ':') {
        rest = slice_part(rest, 1, 2);
    }
    if (rest.size != 0 && (rest.size != 2 || !read_number(rest, 0, 2, &minutes))) {
        return false;
    }
    int offset = hours * 60 + minutes;
    *ret_minutes = minus ? -offset : offset;
    return hours <= 23 && minutes <= 59;
}

static bool read_zone(struct slice text, bool naive_is_utc, int *ret_minutes)
{
    *ret_minutes = 0;
    if (text.size == 0) {
        return naive_is_utc;
    }
    if (text.size == 1) {
        return text.data[0] == 'Z' || text.data[0] == 'z';
    }
    return read_offset(text, ret_minutes);
}

/* RFC 3339 section 5.7: leap seconds come at the end of a month, in UTC. Which months had one is not
 * checked, as those to come are not known. */
static bool may_be_leap_second(int64_t minute_ms)
{
    int64_t next_ms = minute_ms + 60000;
    if (next_ms < TIMESTAMP_MIN_MS || next_ms % DAY_MS != 0) {
        return false;
    }
    struct moment next;
    date_from_days(next_ms / DAY_MS, &next);
    return next.day == 1;
}

bool timestamp_parse(struct slice text, bool naive_is_utc, int64_t *ret_ms)
{
    struct moment moment = {0};
    int offset = 0;
    if (!read_date_time(&text, &moment) || !read_fraction(&text, &moment.millisecond) ||
        !read_zone(text, naive_is_utc, &offset)) {
        return false;
    }
    int64_t minutes = days_from_date(moment.year, moment.month, moment.day) * 1440 +
                      moment.hour * 60 + moment.minute - offset;
    int64_t ms = minutes * 60000;
    if (moment.second < 60) {
        ms += moment.second * 1000 + moment.millisecond;
    } else if (may_be_leap_second(ms)) {
        ms += 60000;
    } else {
        return false;
    }
    if (ms < TIMESTAMP_MIN_MS || ms > TIMESTAMP_MAX_MS) {
        return false;
    }
    *ret_ms = ms;
    return true;
}

/* The last `size` digits of `number`. */
static void write_number(int number, char *text, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        text[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
}

void timestamp_format(int64_t ms, char ret_text[static TIMESTAMP_SIZE])
{
    assert(ms >= TIMESTAMP_MIN_MS && ms <= TIMESTAMP_MAX_MS);
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0); /* rounded down, also before 1970 */
    int time = (int)(ms - days * DAY_MS);
    struct moment moment;
    date_from_days(days, &moment);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIMESTAMP_SIZE);
    write_number(moment.year, ret_text, 4);
    write_number(moment.month, ret_text + 5, 2);
    write_number(moment.day, ret_text + 8, 2);
    write_number(time / 3600000, ret_text + 11, 2);
    write_number(time / 60000 % 60, ret_text + 14, 2);
    write_number(time / 1000 % 60, ret_text + 17, 2);
    write_number(time % 1000, ret_text + 20, 3);
}
