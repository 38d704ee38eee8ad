/* event_api: Rokt's Event API, POST /v2/events, version 2020-05-21.
 *
 * Source: Rokt's documentation of the Event API (headers, body, limits, answers). */
#ifndef ROKT_EVENT_API_H
#define ROKT_EVENT_API_H

#include "rokt/api.h"

extern const struct rokt_api rokt_event_api;

#endif
