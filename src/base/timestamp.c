#include "base/timestamp.h"

#include <assert.h>

/* Takes the byte off `text`, if it begins with one of `bytes`. */
static bool take(struct slice *text, const char *bytes)
{
    if (text->size == 0 || text->data[0] == '\0' || strchr(bytes, text->data[0]) == NULL) {
        return false;
    }
    *text = slice_part(*text, 1, SIZE_MAX);
    return true;
}

static bool take_number(struct slice *text, size_t size, int *ret_number)
{
    if (!moment_number(*text, size, ret_number)) {
        return false;
    }
    *text = slice_part(*text, size, SIZE_MAX);
    return true;
}

static bool take_date(struct slice *text, struct moment *ret_moment)
{
    return take_number(text, 4, &ret_moment->year) && take(text, "-") &&
           take_number(text, 2, &ret_moment->month) && take(text, "-") &&
           take_number(text, 2, &ret_moment->day);
}

/* Takes a fraction off, if there is one: at least one digit. */
static bool take_fraction(struct slice *text, int *ret_millisecond)
{
    if (!take(text, ".,")) {
        return true;
    }
    size_t size = moment_fraction(*text, ret_millisecond);
    *text = slice_part(*text, size, SIZE_MAX);
    return size > 0;
}

/* Java leaves seconds out that are 0. */
static bool take_time(struct slice *text, struct moment *ret_moment)
{
    if (!take_number(text, 2, &ret_moment->hour) || !take(text, ":") ||
        !take_number(text, 2, &ret_moment->minute)) {
        return false;
    }
    return !take(text, ":") || (take_number(text, 2, &ret_moment->second) &&
                                take_fraction(text, &ret_moment->millisecond));
}

/* Takes "[Europe/Berlin]" off the end. */
static bool take_zone_name(struct slice *text)
{
    if (text->size == 0 || text->data[text->size - 1] != ']') {
        return true;
    }
    size_t from = slice_find(*text, SLICE("["));
    struct slice name = slice_part(*text, from, text->size - from - 1);
    *text = slice_part(*text, 0, from);
    return name.size > 1 && slice_find(slice_part(name, 1, SIZE_MAX), SLICE("[")) == SIZE_MAX;
}

/* All of `text` is an offset, or nothing. */
static bool read_offset(struct slice text, struct moment *ret_moment)
{
    if (text.size == 0) {
        return true;
    }
    ret_moment->has_offset = true;
    if (!take_zone_name(&text)) {
        return false;
    }
    (void)take(&text, " ");
    return slice_equal(text, SLICE("UTC")) || slice_equal(text, SLICE("GMT")) ||
           zone_offset(text, &ret_moment->offset_s);
}

enum moment_fault timestamp_parse(struct slice text, const struct zone *zone, int64_t *ret_ms)
{
    struct moment moment = {0};
    if (!take_date(&text, &moment) || !take(&text, "Tt ") || !take_time(&text, &moment) ||
        !read_offset(text, &moment)) {
        return MOMENT_UNREADABLE;
    }
    return moment_ms(&moment, zone, ret_ms);
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
    assert(ms >= MOMENT_MIN_MS && ms <= MOMENT_MAX_MS);
    int64_t days =
        ms / MOMENT_DAY_MS - (ms % MOMENT_DAY_MS < 0); /* rounded down, also before 1970 */
    int time = (int)(ms - days * MOMENT_DAY_MS);
    struct moment moment;
    moment_set_date(&moment, days);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIMESTAMP_SIZE);
    write_number(moment.year, ret_text, 4);
    write_number(moment.month, ret_text + 5, 2);
    write_number(moment.day, ret_text + 8, 2);
    write_number(time / 3600000, ret_text + 11, 2);
    write_number(time / 60000 % 60, ret_text + 14, 2);
    write_number(time / 1000 % 60, ret_text + 17, 2);
    write_number(time % 1000, ret_text + 20, 3);
}
