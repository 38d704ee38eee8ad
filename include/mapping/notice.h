/* notice: what the result of a mapping does not tell whoever looks at it: which fields are mapped, and
 * came to nothing.
 *
 * Names of fields alone, no values. */
#ifndef MAPPING_NOTICE_H
#define MAPPING_NOTICE_H

#include "mapping/mapping.h"

/* Maps the message as mapping_run() does, and appends up to two lines about it:
 *
 *     nothing was found for: amount, sku (2 of 3 conversions)
 *     left out because of their values: age
 *
 * Fields that their `if` leaves out are in neither, nor is anything of a skipped message. */
void mapping_notice(const struct mapping *mapping, const struct message *message,
                    struct arena *arena, struct buffer *buffer, struct mapping_result *ret_result);

#endif
