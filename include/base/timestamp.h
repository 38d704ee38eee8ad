/* timestamp: points in time as milliseconds since 1970-01-01T00:00:00Z, and their text. */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include "base/moment.h"

#define TIMESTAMP_SIZE 25 /* "2026-11-23T10:03:00.125Z" and its NUL */

/* RFC 3339, in the shapes found in order messages: 'T', 't' or a blank between date and time;
 * seconds and any number of fractional digits behind '.' or ',' (cut to milliseconds), or
 * neither; 'Z', 'z', "UTC", "GMT" or an offset (+01:00, +0100, +01), a blank before it; and a
 * zone's name in brackets behind the offset (RFC 9557), which says nothing more. `zone` is that
 * of times without an offset; NULL: they are refused. */
__attribute__((warn_unused_result)) enum moment_fault
timestamp_parse(struct slice text, const struct zone *zone, int64_t *ret_ms);

/* UTC with milliseconds: "2026-11-23T10:03:00.125Z". `ms` must be within MOMENT_MIN_MS and
 * MOMENT_MAX_MS. */
void timestamp_format(int64_t ms, char ret_text[static TIMESTAMP_SIZE]);

#endif
