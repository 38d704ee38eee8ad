/* zone: how far local time is from UTC: a fixed offset, or the rules of a time zone.
 *
 * Zones have the names of IANA's database (Europe/Berlin); the rules are those of the system's
 * tzdata, read by GLib when a zone is first asked for, and kept until the program ends. Safe
 * from any thread. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/slice.h"

#include <stdint.h>

#define ZONE_NAME_SIZE 64 /* bytes of a zone's name, its NUL included */

/* Rules are taken until the end of this year: for later ones GLib has Dublin wrong, and from the
 * year 3000 on every zone that changes its clocks. */
#define ZONE_YEAR_MAX 2036

struct zone {
    const void *rules; /* NULL: the offset is fixed */
    int32_t offset_s;  /* east of UTC, without rules */
};

extern const struct zone zone_utc;

/* Takes "utc" in any case, an offset (+01:00, +0100, +01), or a zone's name. False for what is
 * none of them, also on a system without tzdata. Allocates when a zone is asked for the first
 * time only. */
__attribute__((warn_unused_result)) bool zone_find(struct slice name, struct zone *ret_zone);

/* The name nearest to one that is none, or "". */
void zone_nearest(struct slice name, char ret_name[static ZONE_NAME_SIZE]);

/* An offset alone: +01:00, +0100, +01, Z or z; in seconds east of UTC. */
__attribute__((warn_unused_result)) bool zone_offset(struct slice text, int32_t *ret_offset_s);

enum zone_result {
    ZONE_KNOWN,
    ZONE_SKIPPED, /* there is no such local time: the clocks are set forward over it */
    ZONE_TOO_LATE /* after ZONE_YEAR_MAX */
};

/* UTC of a local time, both in seconds since 1970-01-01T00:00:00. A time that exists twice, because
 * the clocks are set back, is taken as the first of both. */
__attribute__((warn_unused_result)) enum zone_result
zone_to_utc(const struct zone *zone, int64_t local_s, int64_t *ret_utc_s);

#endif
