/* event: a conversion as it was received, and whether the Event API would take it. */
#ifndef SANDBOX_EVENT_H
#define SANDBOX_EVENT_H

#include "base/arena.h"
#include "base/error.h"
#include "json/value.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_ID_MAX 36       /* code points of clientEventId */
#define EVENT_VALUE_MAX 65536 /* code points of an attribute's value */
#define EVENT_TYPE_MAX 128    /* code points of eventType */
#define EVENT_AGE_MONTHS 18
#define EVENT_AHEAD_MS (INT64_C(5) * 60 * 1000)

struct event {
    struct slice client_event_id; /* Event and Audience API: source_message_id */
    struct slice request_id;     /* source_request_id of its batch; empty: the Event API has none */
    struct slice transaction_id; /* transactionid, else confirmationref; empty: neither */
    struct slice type;
    struct slice
        text; /* the event, or its batch, as JSON: as it came but for blanks and needless escapes */
    uint32_t content; /* digest of `text`, but for request_id */
    bool follows;     /* it is of the same batch as the event before it */
};

/* Whether the event is as documented; fills everything but `text` and `content`. `now_ms` is wall time; with
 * `any_time` it may have happened at any. The arena is scratch. On failure `error` says what is wrong,
 * without any value, and `ret_event` holds nothing to rely on. */
__attribute__((warn_unused_result)) bool event_check(const struct json_value *value, bool any_time,
                                                     int64_t now_ms, struct arena *arena,
                                                     struct event *ret_event, struct error *error);

/* The event's clientEventId when it has a valid one; without it nothing could be said about the event. */
__attribute__((warn_unused_result)) bool event_id(const struct json_value *value,
                                                  struct slice *ret_id, struct error *error);

/* eventTime: RFC 3339 in UTC; unless any time will do, no older than 18 months and no more than 5 minutes
 * ahead. */
__attribute__((warn_unused_result)) bool event_time_check(struct slice text, bool any_time,
                                                          int64_t now_ms, struct error *error);

#endif
