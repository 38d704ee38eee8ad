/* Times as mails, feeds and HTTP have them: RFC 2822 section 3.3, with the obsolete forms of
 * 4.3. */
#include "time_format.h"

struct mail_zone {
    struct slice name;
    int32_t hours;
};

/* Other names have no agreed meaning: RFC 2822 says so of single letters, and there are two IST. */
static const struct mail_zone zones[] = {
    {{"UT", 2}, 0},   {{"UTC", 3}, 0},  {{"GMT", 3}, 0},  {{"Z", 1}, 0},
    {{"EST", 3}, -5}, {{"EDT", 3}, -4}, {{"CST", 3}, -6}, {{"CDT", 3}, -5},
    {{"MST", 3}, -7}, {{"MDT", 3}, -6}, {{"PST", 3}, -8}, {{"PDT", 3}, -7},
};

static void skip(struct slice *text, size_t size)
{
    *text = slice_part(*text, size, SIZE_MAX);
}

/* How many bytes a comment takes, others within it included; 0 when it has no end. */
static size_t comment_size(struct slice text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\\') {
            i++;
        } else if (text.data[i] == '(') {
            depth++;
        } else if (text.data[i] == ')' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Takes blanks and comments off; they may stand between any two words. */
static void skip_blanks(struct slice *text)
{
    size_t size = 1;
    while (text->size > 0 && size > 0) {
        char byte = text->data[0];
        bool blank = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        size = blank ? 1 : byte == '(' ? comment_size(*text) : 0;
        skip(text, size);
    }
}

static bool take(struct slice *text, char byte)
{
    skip_blanks(text);
    if (text->size == 0 || text->data[0] != byte) {
        return false;
    }
    skip(text, 1);
    return true;
}

/* Takes all digits that come, from `least` to `most` of them; returns how many, 0 when it cannot
 * be. */
static size_t take_number(struct slice *text, size_t least, size_t most, int *ret_number)
{
    skip_blanks(text);
    size_t size = 0;
    while (size < text->size && text->data[size] >= '0' && text->data[size] <= '9') {
        size++;
    }
    if (size < least || size > most || !moment_number(*text, size, ret_number)) {
        return 0;
    }
    skip(text, size);
    return size;
}

/* "Mon,", when it is there; -1 else. */
static bool take_weekday(struct slice *text, int *ret_weekday)
{
    skip_blanks(text);
    size_t size = moment_day_name(*text, ret_weekday);
    if (size == 0) {
        *ret_weekday = -1;
        return true;
    }
    skip(text, size);
    return take(text, ',');
}

/* Years of two and three digits as section 4.3 has them. */
static bool take_year(struct slice *text, int *ret_year)
{
    size_t size = take_number(text, 2, 4, ret_year);
    if (size == 3 || (size == 2 && *ret_year >= 50)) {
        *ret_year += 1900;
    } else if (size == 2) {
        *ret_year += 2000;
    }
    return size > 0;
}

static bool take_date(struct slice *text, struct moment *ret_moment)
{
    if (take_number(text, 1, 2, &ret_moment->day) == 0) {
        return false;
    }
    skip_blanks(text);
    size_t size = moment_month(*text, &ret_moment->month);
    skip(text, size);
    return size > 0 && take_year(text, &ret_moment->year);
}

static bool take_time(struct slice *text, struct moment *ret_moment)
{
    if (take_number(text, 2, 2, &ret_moment->hour) == 0 || !take(text, ':') ||
        take_number(text, 2, 2, &ret_moment->minute) == 0) {
        return false;
    }
    return !take(text, ':') || take_number(text, 2, 2, &ret_moment->second) > 0;
}

/* What is left is a zone, or nothing. */
static bool read_zone(struct slice text, struct moment *ret_moment)
{
    ret_moment->has_offset = text.size > 0;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (slice_equal_ignoring_case(text, zones[i].name)) {
            ret_moment->offset_s = zones[i].hours * 3600;
            return true;
        }
    }
    return text.size == 0 || (text.size == 5 && zone_offset(text, &ret_moment->offset_s));
}

/* Without blanks and comments at the end: as they have been taken off everywhere else. */
static bool take_zone(struct slice *text, struct moment *ret_moment)
{
    skip_blanks(text);
    size_t size = 0;
    while (size < text->size && strchr(" \t\r\n(", text->data[size]) == NULL) {
        size++;
    }
    struct slice name = slice_part(*text, 0, size);
    skip(text, size);
    skip_blanks(text);
    return text->size == 0 && read_zone(name, ret_moment);
}

enum moment_fault time_mail_read(struct slice text, const struct zone *zone, int64_t *ret_ms)
{
    struct moment moment = {0};
    int weekday = -1;
    if (!take_weekday(&text, &weekday) || !take_date(&text, &moment) ||
        !take_time(&text, &moment) || !take_zone(&text, &moment)) {
        return MOMENT_UNREADABLE;
    }
    if (weekday >= 0 && (!moment_is_date(&moment) || moment_weekday(&moment) != weekday)) {
        return MOMENT_IMPOSSIBLE;
    }
    return moment_ms(&moment, zone, ret_ms);
}
