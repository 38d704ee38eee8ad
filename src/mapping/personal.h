/* personal: which values of a message are personal: those that its mapping makes personal fields of,
 * and what they become on the way.
 *
 * Private to the files that explain mappings. */
#ifndef MAPPING_PERSONAL_H
#define MAPPING_PERSONAL_H

#include "conversion/mask.h"
#include "plan.h"

/* Whether what is assigned to a target of a mapping is: "email", "custom.region", "metadata.source". */
bool personal_is(const char *target);

/* Which named values are, by binding: those that such targets use, unless another uses them, too,
 * and no personal field does. */
const bool *personal_names(const struct mapping *mapping, struct arena *arena);

/* Adds every text and number that the expressions of the personal fields meet in the message. They are
 * evaluated for that, as the run of the mapping may not have come to them. `root`: NULL when the
 * message is no JSON. */
void personal_find(const struct mapping *mapping, const struct message *message,
                   const struct json_value *root, struct mask *mask);

#endif
