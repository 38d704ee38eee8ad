/* identity: what a client shows to the server, and whom it trusts, as libcurl takes it.
 *
 * Requests share one: the transport's present one, or for those under way the one they began with.
 * The last that lets go of it frees it. Certificates are held in memory: a connection that was made
 * with others is not used by libcurl for this one. */
#ifndef DELIVERY_IDENTITY_H
#define DELIVERY_IDENTITY_H

#include "delivery/transport.h"

#include <curl/curl.h>

struct identity;

/* Reads the files. NULL when something cannot be used; no error quotes a value. */
struct identity *identity_new(const struct transport_credentials *credentials, struct error *error);

/* One more that uses it. */
struct identity *identity_share(struct identity *identity);
/* One less. identity_drop(NULL) is fine. */
void identity_drop(struct identity *identity);

/* Sets all but the header lines for the requests of `easy` to come; false when this libcurl lacks what is needed.
 * The identity must stay until another is set. */
__attribute__((warn_unused_result)) bool identity_set(const struct identity *identity, CURL *easy);

/* The header lines of every request, for CURLOPT_HTTPHEADER. */
struct curl_slist *identity_headers(const struct identity *identity);

#endif
