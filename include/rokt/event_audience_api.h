/* event_audience_api: Rokt's Event and Audience API, POST /v2/bulkevents.
 *
 * A request is an array of batches; a batch is one customer's, so each conversion is a batch with one
 * event. Where a field stands in it says the table of fields (struct field_info, `home`). What the API
 * does not know is left out: the account (the keys stand for it) and metadata. The event's name is the
 * conversion's event type, whatever it is.
 *
 * The body is ASCII: an answer names a place in it by counting characters.
 *
 * Source: mParticle's documentation of its Events API, version 2, which this API is, and Rokt's guide
 * to it (names of identities, integration 1277). */
#ifndef ROKT_EVENT_AUDIENCE_API_H
#define ROKT_EVENT_AUDIENCE_API_H

#include "rokt/api.h"

extern const struct rokt_api rokt_event_audience_api;

#endif
