/* secret: what must not be shown, and how it is known: by the name of a setting, or by its own shape. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "lines.h"

/* Whether a setting of this name ("sasl.password", "secret_key") holds a secret. */
bool secret_is_name(struct slice name);

/* Whether one of Rokt's keys stands in the text, or a URL with a user, whatever its name. */
bool secret_is_value(struct slice text);

/* For a file that is no YAML, so that what is a value cannot be known: the bytes of a line that may be of
 * a secret, by the names on it and above it. False when there are none. */
bool secret_in_line(const struct lines *lines, size_t line, size_t *ret_from, size_t *ret_to);

#endif
