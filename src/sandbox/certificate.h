/* certificate: a certificate authority for the time of one run, and the server's certificate from it.
 *
 * The server's names are localhost, 127.0.0.1, ::1 and the address it listens on. The authority's private
 * key is thrown away once it has signed. */
#ifndef SANDBOX_CERTIFICATE_H
#define SANDBOX_CERTIFICATE_H

#include "base/error.h"

#include <stdbool.h>

/* All in PEM, NUL-terminated. All-zero is valid and empty. */
struct certificate {
    char *authority; /* the certificate that a client must trust */
    char *server;
    char *key; /* the server's private key */
};

/* `address` is one more IP address of the server, or NULL. */
__attribute__((warn_unused_result)) bool
certificate_make(const char *address, struct certificate *ret_certificate, struct error *error);

void certificate_done(struct certificate *certificate);

#endif
