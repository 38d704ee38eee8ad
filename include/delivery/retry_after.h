/* retry_after: what a Retry-After header asks for.
 *
 * Source: RFC 9110 section 10.2.3 (seconds or a date), section 5.6.7 (the three forms of a
 * date). */
#ifndef DELIVERY_RETRY_AFTER_H
#define DELIVERY_RETRY_AFTER_H

#include "base/slice.h"

#include <stdint.h>

#define RETRY_AFTER_MAX_MS (366 * 24 * 60 * 60 * 1000LL) /* what asks for longer is read as this */

/* Milliseconds from now on, 0 to RETRY_AFTER_MAX_MS; -1 when `value` is neither number nor date. A
 * date counts from `date`, the answer's own Date header, so that a clock that is off does no harm;
 * when that is missing or no date, from `wall_ms`. */
int64_t retry_after_ms(struct slice value, struct slice date, int64_t wall_ms);

#endif
