/* timestamp: points in time as milliseconds since 1970-01-01T00:00:00Z, and their text.
 *
 * Days follow the proleptic Gregorian calendar; a leap second (:60) is taken at the end of a UTC
 * minute where RFC 3339 allows it, as the first moment of the next one. What is impossible (30
 * February, hour 24, an offset of 25 hours) is refused, never made into another time. */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include "base/slice.h"

#include <stdint.h>

#define TIMESTAMP_SIZE 25 /* "2026-11-23T10:03:00.125Z" and its NUL */

/* Years 0001 to 9999, the range of RFC 3339 less the year 0. */
#define TIMESTAMP_MIN_MS (-62135596800000LL)
#define TIMESTAMP_MAX_MS 253402300799999LL

/* RFC 3339, in the shapes found in order messages: 'T', 't' or a space between date and time, any
 * number of fractional digits (cut to milliseconds), 'Z', 'z' or an offset (+01:00, +0100, +01).
 * Without an offset the time is UTC when `naive_is_utc`, else it is refused. False for all else. */
__attribute__((warn_unused_result)) bool timestamp_parse(struct slice text, bool naive_is_utc,
                                                         int64_t *ret_ms);

/* UTC with milliseconds: "2026-11-23T10:03:00.125Z". `ms` must be within the range above. */
void timestamp_format(int64_t ms, char ret_text[static TIMESTAMP_SIZE]);

#endif
