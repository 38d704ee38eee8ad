/* attribute: one name and value of a conversion, and the form that Rokt documents for it, in both APIs.
 *
 * Judged by this table alone and never by the relay's own table of fields: two readings of the documentation
 * that disagree are to be noticed. Names that Rokt does not know are custom attributes and may hold any text.
 * Messages name the attribute, never its value, which may be personal. */
#ifndef SANDBOX_ATTRIBUTE_H
#define SANDBOX_ATTRIBUTE_H

#include "base/error.h"
#include "base/slice.h"

#define ATTRIBUTE_NAME_MAX 256 /* in code points */

/* Whether the name may be used at all: neither empty nor too long, and not one of Rokt's own (`rokt.`). */
__attribute__((warn_unused_result)) bool attribute_name_check(struct slice name,
                                                              struct error *error);

/* Whether the value has the form that the name asks for, and neither is empty nor has more than `max` code
 * points. */
__attribute__((warn_unused_result)) bool
attribute_value_check(struct slice name, struct slice value, size_t max, struct error *error);

/* Whether it tells whose conversion it is; every event needs one such. */
bool attribute_is_identity(struct slice name);

#endif
