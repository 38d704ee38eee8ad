/* time_format: how a time is written, as `timestamp` is told it.
 *
 * Compiled once with a mapping; reading allocates from the arena alone. A text is either the
 * time that it says or refused: nothing is rounded up, carried over or guessed. */
#ifndef MAPPING_TIME_FORMAT_H
#define MAPPING_TIME_FORMAT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/moment.h"

struct time_pattern;

enum time_format_kind {
    TIME_RFC3339,
    TIME_RFC2822,
    TIME_EPOCH, /* a number since 1970-01-01T00:00:00Z */
    TIME_PATTERN
};

#define TIME_UNIT_BY_SIZE INT32_MIN

struct time_format {
    enum time_format_kind kind;
    int32_t unit; /* of a number: by how many places its point moves to the left for milliseconds */
    const struct time_pattern *pattern;
};

/* Whether `text` is meant as a format: the name of one, or a pattern, which has a '%'. */
bool time_format_is(struct slice text);

/* False when it is a pattern that has something wrong: `error` says what, `hint` may say what to
 * do. */
__attribute__((warn_unused_result)) bool time_format_compile(struct slice text, struct arena *arena,
                                                             struct time_format *ret_format,
                                                             struct error *error,
                                                             struct error *hint);

/* What a text is that is no time of RFC 3339, and which pattern reads it: "a date alone:
 * timestamp('%Y-%m-%d', 'Europe/Berlin') reads it"; NULL when its shape is not known. */
const char *time_format_pattern_for(struct slice text);

/* Whether its times want a zone: not when all of them say themselves how far they are from UTC. */
enum time_zone_need { TIME_ZONE_REFUSED, TIME_ZONE_NEEDED, TIME_ZONE_OPTIONAL };
enum time_zone_need time_format_zone(const struct time_format *format);

/* `zone` is that of a time without an offset, NULL when there is none. */
__attribute__((warn_unused_result)) enum moment_fault
time_format_read(const struct time_format *format, struct slice text, const struct zone *zone,
                 struct arena *arena, int64_t *ret_ms);

/* time_mail.c: RFC 2822 (and 5322, 822, HTTP): "Mon, 23 Nov 2026 10:03:00 +0100", also without
 * the day of the week or the seconds, with comments, years of two digits, and zones as GMT or
 * EST. */
__attribute__((warn_unused_result)) enum moment_fault
time_mail_read(struct slice text, const struct zone *zone, int64_t *ret_ms);

/* time_pattern.c: patterns as strptime() has them. */
__attribute__((warn_unused_result)) const struct time_pattern *
time_pattern_compile(struct slice text, struct arena *arena, struct error *error,
                     struct error *hint);
bool time_pattern_has_offset(const struct time_pattern *pattern);
__attribute__((warn_unused_result)) enum moment_fault
time_pattern_read(const struct time_pattern *pattern, struct slice text, const struct zone *zone,
                  int64_t *ret_ms);

#endif
