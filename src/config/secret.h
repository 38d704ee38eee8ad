/* secret: what must not be shown, and how it is known: by the name of a setting, or by its own shape. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "lines.h"

/* Whether a setting of this name ("sasl.password", "Secret_Key") holds a secret, or one whose name is
 * misspelt ("public_kye"). */
bool secret_is_name(struct slice name);

/* Whether one of Rokt's keys stands in the text, a URL with a user, or "password=…", whatever its
 * name. */
bool secret_is_value(struct slice text);

/* A walk through a text that may be no YAML, so that what is a value cannot be known. Begins with
 * `lines` set and all else zero. */
struct secret_scan {
    const struct lines *lines;
    size_t line;
    bool within;   /* the next line may be of the secret, too */
    bool awaits;   /* its value has not begun */
    char quote;    /* that is open, or NUL */
    size_t indent; /* of its key */
};

/* The next bytes, of one line, that may be of a secret, by the names on the line and above it: rather too
 * many than too few. False when there are no more. */
bool secret_next(struct secret_scan *scan, size_t *ret_from, size_t *ret_to);

#endif
