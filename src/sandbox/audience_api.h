/* audience_api: Rokt's Event and Audience API, POST /v2/bulkevents (an array of batches) and /v2/events (one of
 * them).
 *
 * Source: mParticle's documentation of its Events API version 2, which it is by another name, and Rokt's
 * guide to it. Positions in messages count into the bytes of the request, as there. */
#ifndef SANDBOX_AUDIENCE_API_H
#define SANDBOX_AUDIENCE_API_H

#include "api.h"

#define AUDIENCE_API_BODY_MAX 255999 /* bytes: under 256 kB */
#define AUDIENCE_API_BATCHES_MAX 100

extern const struct api audience_api;

#endif
