/* audience_batch: one batch of a request to the Event and Audience API: what it is made of, and whether Rokt
 * would take it.
 *
 * Judged by tables of its own and never by the relay's: two readings of the documentation that disagree are
 * to be noticed. Source: mParticle's documentation of its Events API version 2, as far as Rokt's guide to
 * the Event and Audience API uses it. */
#ifndef SANDBOX_AUDIENCE_BATCH_H
#define SANDBOX_AUDIENCE_BATCH_H

#include "event.h"
#include "position.h"

#include "base/arena.h"
#include "base/error.h"
#include "json/value.h"

#include <stdbool.h>
#include <stdint.h>

#define AUDIENCE_BATCH_MAX 128000 /* bytes of a batch */
#define AUDIENCE_EVENTS_MAX 100   /* in a request */
#define AUDIENCE_ATTRIBUTES_MAX 100
#define AUDIENCE_VALUE_MAX 4096 /* code points of any text */
#define AUDIENCE_AGE_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

/* A batch while it is judged, and what came of it. Everything lives in the arena. */
struct audience_batch {
    struct slice request_id;
    struct event *events;
    size_t event_count;

    /* Of a batch that would not be taken: what is wrong, with the value that is, and where. */
    struct error error;
    struct position position;
};

/* The times that are taken: all, or those around now (wall time). */
struct audience_window {
    bool any_time;
    int64_t now_ms;
};

/* Whether the batch is as documented. `position` is that of the batch itself, where the way to a mistake
 * begins. */
__attribute__((warn_unused_result)) bool audience_batch_check(const struct json_value *value,
                                                              const struct audience_window *window,
                                                              const struct position *position,
                                                              struct arena *arena,
                                                              struct audience_batch *ret_batch);

#endif
