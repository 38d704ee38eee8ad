/* audience_home: where the fields of the Event API stand in a batch of the Event and Audience API.
 *
 * Source: Rokt's guide, and how RudderStack's and Segment's clients map them. */
#ifndef SANDBOX_AUDIENCE_HOME_H
#define SANDBOX_AUDIENCE_HOME_H

#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>

/* Whether an attribute of that name may stand in `place`, the name of an object. An attribute that is no field
 * may stand anywhere. */
__attribute__((warn_unused_result)) bool audience_home_check(struct slice name, const char *place,
                                                             struct error *error);

#endif
