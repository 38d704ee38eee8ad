/* check: what both APIs demand of a conversion before it is written.
 *
 * Each refuses with an error that names the field and tells nothing of a value. Lengths are in code
 * points. */
#ifndef ROKT_CHECK_H
#define ROKT_CHECK_H

#include "conversion/conversion.h"
#include "rokt/api.h"

#define CHECK_MINUTE_MS (60 * 1000LL)
#define CHECK_DAY_MS (24 * 60 * CHECK_MINUTE_MS)

/* What every event must have: its id, its type, an identity, a time not too far ahead. How old it may
 * be is each API's own matter. */
bool check_event(const struct conversion *conversion, int64_t wall_ms, struct error *error);

/* Whether the value of a field or an attribute is at most `length_max` long. */
bool check_value(struct slice name, struct slice value, size_t length_max, struct error *error);

/* Attribute `at` of a list: its name, its value, and that none before it has the name. Lists are
 * short: they stand in a mapping. */
bool check_attribute(const struct attribute attributes[], size_t at, size_t length_max,
                     struct error *error);

/* Refuses an attribute whose name another one, or a field, has. False. */
bool check_refuse_twice(struct slice name, struct error *error);

#endif
