/* recent: the last events received, as far as their memory reaches.
 *
 * A ring of at most RECENT_EVENTS events and RECENT_BYTES bytes; the oldest go first. Not for use by two
 * threads. */
#ifndef SANDBOX_RECENT_H
#define SANDBOX_RECENT_H

#include "event.h"

#define RECENT_EVENTS 10000
#define RECENT_BYTES ((size_t)32 * 1024 * 1024)

struct recent_item;

/* All-zero is valid and empty. */
struct recent {
    struct recent_item *items[RECENT_EVENTS];
    size_t oldest;
    size_t count;
    size_t bytes;
};

void recent_done(struct recent *recent);

/* Copies the event. */
void recent_add(struct recent *recent, const struct event *event);

/* The event before the `back` newest ones, so 0 is the newest; its slices are valid until the next
 * addition. False when there are not as many. */
bool recent_get(const struct recent *recent, size_t back, struct event *ret_event);

/* The newest event with that id, or, when `client_event_id` is empty, with that transaction. */
bool recent_find(const struct recent *recent, struct slice client_event_id,
                 struct slice transaction_id, struct event *ret_event);

#endif
