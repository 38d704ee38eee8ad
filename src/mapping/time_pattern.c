/* Patterns of times, as strptime() has them, but strict: a C library's takes "45" for the 4th
 * with a 5 behind it, has no fractions of a second, and passes over a day of the week that is
 * not the date's. */
#include "time_format.h"

/* What a directive tells; no pattern may tell anything twice. */
enum part {
    PART_YEAR = 1 << 0,
    PART_MONTH = 1 << 1,
    PART_DAY = 1 << 2,
    PART_DAY_OF_YEAR = PART_MONTH | PART_DAY,
    PART_HOUR = 1 << 3,
    PART_HALF = 1 << 4,
    PART_MINUTE = 1 << 5,
    PART_SECOND = 1 << 6,
    PART_FRACTION = 1 << 7,
    PART_OFFSET = 1 << 8,
    PART_WEEKDAY = 1 << 9
};

#define PART_DATE (PART_YEAR | PART_MONTH | PART_DAY)

/* What is being read. */
struct reading {
    struct slice text; /* what is left of it */
    struct moment moment;
    int weekday;     /* -1: not told */
    int day_of_year; /* 0: not told */
    bool afternoon;  /* the hour is one of the second half of the day */
};

struct directive {
    char letter;
    unsigned part;
    size_t least, most; /* of a number: how many digits it has; 0: it is none */
    size_t member;      /* of a number without `take`: where in the moment it belongs */
    bool (*take)(struct reading *reading, int number);
};

/* A directive, a run of blanks, or a text. */
struct piece {
    const struct directive *directive;
    struct slice text; /* when it is no directive; empty: blanks */
    bool exact;        /* one of a run of numbers: only the full width tells them apart */
};

struct time_pattern {
    struct piece *pieces;
    size_t count;
    unsigned parts;
    bool twelve; /* hours of a half of the day */
};

/* --- Directives ------------------------------------------------------------------------------ */

static void skip(struct reading *reading, size_t size)
{
    reading->text = slice_part(reading->text, size, SIZE_MAX);
}

/* The century is POSIX's choice. */
static bool take_short_year(struct reading *reading, int number)
{
    reading->moment.year = number < 69 ? 2000 + number : 1900 + number;
    return true;
}

static bool take_day_of_year(struct reading *reading, int number)
{
    reading->day_of_year = number;
    return number > 0;
}

static bool take_hour_of_half(struct reading *reading, int number)
{
    reading->moment.hour = number % 12;
    return number >= 1 && number <= 12;
}

static bool take_month_name(struct reading *reading, int number)
{
    (void)number;
    size_t size = moment_month(reading->text, &reading->moment.month);
    skip(reading, size);
    return size > 0;
}

static bool take_day_name(struct reading *reading, int number)
{
    (void)number;
    size_t size = moment_day_name(reading->text, &reading->weekday);
    skip(reading, size);
    return size > 0;
}

static bool take_half(struct reading *reading, int number)
{
    (void)number;
    struct slice half = slice_part(reading->text, 0, 2);
    reading->afternoon = slice_equal_ignoring_case(half, SLICE("PM"));
    skip(reading, 2);
    return reading->afternoon || slice_equal_ignoring_case(half, SLICE("AM"));
}

static bool take_fraction(struct reading *reading, int number)
{
    (void)number;
    size_t size = moment_fraction(reading->text, &reading->moment.millisecond);
    skip(reading, size);
    return size >= 1 && size <= 9;
}

static bool take_offset(struct reading *reading, int number)
{
    (void)number;
    size_t size = reading->text.size > 0 ? 1 : 0;
    bool sign = size > 0 && (reading->text.data[0] == '+' || reading->text.data[0] == '-');
    while (sign && size < reading->text.size &&
           ((reading->text.data[size] >= '0' && reading->text.data[size] <= '9') ||
            reading->text.data[size] == ':')) {
        size++;
    }
    struct slice offset = slice_part(reading->text, 0, size);
    skip(reading, size);
    reading->moment.has_offset = true;
    return zone_offset(offset, &reading->moment.offset_s);
}

#define MEMBER(name) offsetof(struct moment, name), NULL

static const struct directive directives[] = {
    {'Y', PART_YEAR, 4, 4, MEMBER(year)},        {'y', PART_YEAR, 2, 2, 0, take_short_year},
    {'m', PART_MONTH, 1, 2, MEMBER(month)},      {'b', PART_MONTH, 0, 0, 0, take_month_name},
    {'B', PART_MONTH, 0, 0, 0, take_month_name}, {'d', PART_DAY, 1, 2, MEMBER(day)},
    {'e', PART_DAY, 1, 2, MEMBER(day)},          {'j', PART_DAY_OF_YEAR, 3, 3, 0, take_day_of_year},
    {'a', PART_WEEKDAY, 0, 0, 0, take_day_name}, {'A', PART_WEEKDAY, 0, 0, 0, take_day_name},
    {'H', PART_HOUR, 1, 2, MEMBER(hour)},        {'I', PART_HOUR, 1, 2, 0, take_hour_of_half},
    {'p', PART_HALF, 0, 0, 0, take_half},        {'M', PART_MINUTE, 1, 2, MEMBER(minute)},
    {'S', PART_SECOND, 1, 2, MEMBER(second)},    {'f', PART_FRACTION, 0, 0, 0, take_fraction},
    {'z', PART_OFFSET, 0, 0, 0, take_offset},
};

static const struct directive *find_directive(char letter)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        if (directives[i].letter == letter) {
            return &directives[i];
        }
    }
    return NULL;
}

/* --- Compiling ------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* With what stands for several written out: 8 bytes for 2. */
static struct slice write_out(struct slice text, struct arena *arena)
{
    char *room = arena_alloc(arena, 4 * text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool mark = text.data[i] == '%' && i + 1 < text.size;
        char letter = mark ? text.data[i + 1] : '\0';
        const char *whole = letter == 'F' ? "%Y-%m-%d" : letter == 'T' ? "%H:%M:%S" : NULL;
        if (whole != NULL) {
            memcpy(room + size, whole, strlen(whole));
            size += strlen(whole);
        } else {
            room[size++] = text.data[i];
            if (mark) {
                room[size++] = letter;
            }
        }
        i += mark ? 1 : 0;
    }
    return (struct slice){room, size};
}

/* `rest` is what stands behind the '%'. */
static void unknown_directive(struct slice rest, struct error *error, struct error *hint)
{
    struct slice letter = slice_part(rest, 0, slice_decode(rest, NULL));
    error_set(error, "timestamp knows no %%%.*s in a pattern", SLICE_PRINT(letter));
    error_set(hint, "%%Y %%y %%m %%b %%B %%d %%e %%j %%a %%A %%H %%I %%p %%M %%S %%f %%z %%F %%T "
                    "%%%%; a zone's name is the second argument, seconds since 1970 are "
                    "timestamp('s')");
}

/* What stands at `*at`, one piece of it. */
static bool next_piece(struct slice text, size_t *at, struct piece *ret_piece, struct error *error,
                       struct error *hint)
{
    *ret_piece = (struct piece){.directive = NULL};
    size_t from = *at;
    if (text.data[from] == '%') {
        char letter = from + 1 < text.size ? text.data[from + 1] : '\0';
        *at += 2;
        ret_piece->text = SLICE("%");
        ret_piece->directive = find_directive(letter);
        if (ret_piece->directive == NULL && letter != '%') {
            unknown_directive(slice_part(text, from + 1, SIZE_MAX), error, hint);
            return false;
        }
        return true;
    }
    bool blank = is_blank(text.data[from]);
    while (*at < text.size && text.data[*at] != '%' && is_blank(text.data[*at]) == blank) {
        (*at)++;
    }
    ret_piece->text = blank ? (struct slice){NULL, 0} : slice_part(text, from, *at - from);
    return true;
}

/* What a pattern must tell, beside each other. */
static const char *parts_fault(const struct time_pattern *pattern)
{
    unsigned parts = pattern->parts;
    if ((parts & PART_DATE) != PART_DATE) {
        return "the year, the month and the day (or %j)";
    }
    if (pattern->twelve != ((parts & PART_HALF) != 0)) {
        return "%I and %p together, or %H,";
    }
    if (((parts & PART_MINUTE) && !(parts & PART_HOUR)) ||
        ((parts & PART_SECOND) && !(parts & PART_MINUTE)) ||
        ((parts & PART_FRACTION) && !(parts & PART_SECOND))) {
        return "%H where there is %M, %M where there is %S, %S where there is %f,";
    }
    return NULL;
}

static bool is_number(const struct piece *piece)
{
    return piece->directive != NULL && piece->directive->most > 0;
}

static bool add_piece(struct time_pattern *pattern, const struct piece *piece, struct error *error)
{
    const struct directive *directive = piece->directive;
    if (directive != NULL) {
        if (pattern->parts & directive->part) {
            error_set(error, "timestamp's pattern says twice what %%%c says", directive->letter);
            return false;
        }
        pattern->parts |= directive->part;
        pattern->twelve |= directive->letter == 'I';
    }
    struct piece *last = &pattern->pieces[pattern->count++];
    *last = *piece;
    if (pattern->count > 1 && is_number(last) && is_number(last - 1)) {
        last->exact = true;
        (last - 1)->exact = true;
    }
    return true;
}

const struct time_pattern *time_pattern_compile(struct slice text, struct arena *arena,
                                                struct error *error, struct error *hint)
{
    struct slice whole = write_out(slice_trim(text), arena);
    struct time_pattern *pattern = arena_calloc(arena, 1, sizeof *pattern);
    pattern->pieces = arena_calloc(arena, whole.size, sizeof *pattern->pieces);
    size_t at = 0;
    while (at < whole.size) {
        struct piece piece;
        if (!next_piece(whole, &at, &piece, error, hint) || !add_piece(pattern, &piece, error)) {
            return NULL;
        }
    }
    const char *fault = parts_fault(pattern);
    if (fault != NULL) {
        error_set(error, "timestamp wants %s in a pattern", fault);
        return NULL;
    }
    return pattern;
}

bool time_pattern_has_offset(const struct time_pattern *pattern)
{
    return (pattern->parts & PART_OFFSET) != 0;
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool take_number(struct reading *reading, const struct piece *piece, int *ret_number)
{
    const struct directive *directive = piece->directive;
    bool padded = directive->letter == 'e' && slice_starts_with(reading->text, SLICE(" "));
    skip(reading, padded ? 1 : 0);
    size_t most = padded ? 1 : directive->most;
    size_t least = piece->exact ? most : directive->least;
    for (size_t size = most; size >= least; size--) {
        if (moment_number(reading->text, size, ret_number)) {
            skip(reading, size);
            return true;
        }
    }
    return false;
}

static bool take_blanks(struct reading *reading)
{
    size_t size = 0;
    while (size < reading->text.size && is_blank(reading->text.data[size])) {
        size++;
    }
    skip(reading, size);
    return size > 0;
}

static bool take_directive(struct reading *reading, const struct piece *piece)
{
    const struct directive *directive = piece->directive;
    int number = 0;
    if (directive->most > 0 && !take_number(reading, piece, &number)) {
        return false;
    }
    if (directive->take != NULL) {
        return directive->take(reading, number);
    }
    memcpy((char *)&reading->moment + directive->member, &number, sizeof number);
    return true;
}

static bool take_piece(struct reading *reading, const struct piece *piece)
{
    if (piece->directive != NULL) {
        return take_directive(reading, piece);
    }
    if (piece->text.size == 0) {
        return take_blanks(reading);
    }
    bool same = slice_starts_with(reading->text, piece->text);
    skip(reading, piece->text.size);
    return same;
}

/* A day of the year as a date; false when the year has no such day. */
static bool set_day_of_year(struct moment *moment, int day_of_year)
{
    int year = moment->year;
    if (year < 1) {
        return false;
    }
    moment_set_date(moment, moment_days(year, 1, 1) + day_of_year - 1);
    return moment->year == year;
}

/* Brings together what says the same: false when it contradicts itself. */
static bool settle(struct reading *reading)
{
    struct moment *moment = &reading->moment;
    moment->hour += reading->afternoon ? 12 : 0;
    if (reading->day_of_year > 0 && !set_day_of_year(moment, reading->day_of_year)) {
        return false;
    }
    return reading->weekday < 0 ||
           (moment_is_date(moment) && moment_weekday(moment) == reading->weekday);
}

enum moment_fault time_pattern_read(const struct time_pattern *pattern, struct slice text,
                                    const struct zone *zone, int64_t *ret_ms)
{
    struct reading reading = {.text = text, .weekday = -1};
    for (size_t i = 0; i < pattern->count; i++) {
        if (!take_piece(&reading, &pattern->pieces[i])) {
            return MOMENT_UNREADABLE;
        }
    }
    if (reading.text.size > 0) {
        return MOMENT_UNREADABLE;
    }
    return settle(&reading) ? moment_ms(&reading.moment, zone, ret_ms) : MOMENT_IMPOSSIBLE;
}
