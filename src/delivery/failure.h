/* failure: why a request has no answer, in words for whoever runs the relay.
 *
 * What is known by its code is said in words of our own, which say what to look at; else in
 * libcurl's, as long as no part of an address is in them that may be a secret. */
#ifndef DELIVERY_FAILURE_H
#define DELIVERY_FAILURE_H

#include "base/error.h"

#include <curl/curl.h>

/* Of the transfer `easy`, which ended with `code`, not CURLE_OK; `words` are those that libcurl has
 * put into its error buffer. */
void failure_describe(CURL *easy, CURLcode code, const char *words, struct error *ret_failure);

#endif
