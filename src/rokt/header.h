/* header: the lines of a request's header that both APIs have. */
#ifndef ROKT_HEADER_H
#define ROKT_HEADER_H

#include "rokt/api.h"

/* Whether the text can stand in a header: not empty, and without control characters. `name` is what
 * the error calls it; what it holds is never quoted. */
bool header_check(const char *name, const char *text, struct error *error);

void header_add(struct rokt_headers *headers, const char *name, const char *value);

/* "Authorization: Basic …" (RFC 7617). False, with an error that quotes no key, when the keys cannot
 * be sent. */
bool header_add_keys(struct rokt_headers *headers, const struct rokt_credentials *credentials,
                     struct error *error);

#endif
