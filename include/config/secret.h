/* secret: names that say that their value is not to be shown. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "config/lines.h"

/* Whether a setting of this name ("sasl.password", "secret_key") holds a secret. */
bool secret_is_name(struct slice name);

/* For a file that is no YAML, so that what is a value cannot be known: the bytes of a line that may be of
 * a secret, by the names on it and above it. False when there are none. */
bool secret_in_line(const struct lines *lines, size_t line, size_t *ret_from, size_t *ret_to);

#endif
