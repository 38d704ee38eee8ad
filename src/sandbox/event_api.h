/* event_api: Rokt's Event API, POST /v2/events.
 *
 * Source: Rokt's documentation of the Event API, version 2020-05-21. */
#ifndef SANDBOX_EVENT_API_H
#define SANDBOX_EVENT_API_H

#include "api.h"

#define EVENT_API_VERSION "2020-05-21"
#define EVENT_API_BODY_MAX 1000000 /* bytes; not documented: what other clients keep to */
#define EVENT_API_EVENTS_MAX 100
#define EVENT_API_ACCOUNT_MAX 64 /* code points */

extern const struct api event_api;

#endif
