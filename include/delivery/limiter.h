/* limiter: when the next request may start, so that the API is asked as much as it bears and no more.
 *
 * Three things decide, for all requests of one pair of keys:
 *   - where there is a limit, the pace: a rate of conversions a second (the API counts batches, and
 *     each conversion is one there), spread evenly; lowered by "too many" and when the API says that
 *     its limit is near, raised slowly;
 *   - how many requests are under way at once: adapted (additive increase, multiplicative decrease)
 *     to failures, among them "too many" that the pace cannot help, and to how long answers take,
 *     between 1 and the configured number;
 *   - a pause: the one that the API asks for (Retry-After), and, while one request at a time fails
 *     again and again, one that grows. Both with jitter, for others are told the same.
 * After the start, a hold or a long pause it begins slowly. With nothing under way a request may
 * start in bounded time: after the pause, and ten seconds of the pace at most. Knows neither
 * transport nor batches; time is given to it. Nothing is allocated after limiter_new(). One thread. */
#ifndef DELIVERY_LIMITER_H
#define DELIVERY_LIMITER_H

#include "delivery/backoff.h"
#include "rokt/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter_settings {
    size_t in_flight_max;    /* requests at once, at least 1 */
    double rate;             /* conversions a second at most; 0: no limit */
    struct backoff *backoff; /* of the pauses; must outlive the limiter */
};

/* What an answer tells. */
struct limiter_answer {
    int64_t sent_ms;    /* monotonic: when its request was started … */
    size_t conversions; /* … and what was in it */
    bool taken;         /* the API worked on the request: how long it took says something */
    bool failed;        /* no answer, or one that says the API is overloaded or broken (408, 5xx) */
    int64_t pause_ms;   /* what Retry-After asks for; 0: nothing */
    int64_t duration_ms;
    enum rokt_pressure pressure;
    int used_percent; /* -1: not said */
};

struct limiter;

struct limiter *limiter_new(const struct limiter_settings *settings, int64_t now_ms);
void limiter_free(struct limiter *limiter);

/* Conversions in a request at most, so that the limit is not used up in lumps; SIZE_MAX without a
 * limit. Changes with what the API says: smaller where less is allowed, so that relays which share
 * a limit leave gaps for each other. */
size_t limiter_request_max(const struct limiter *limiter);

/* Monotonic time at which a request with so many conversions may start: in the past when it may
 * start now, INT64_MAX when not before one of those under way is answered. */
int64_t limiter_due_ms(const struct limiter *limiter, size_t conversions);

/* It has started: answered by one call of limiter_answer(). (It may start before it is due: as a
 * probe does.) */
void limiter_start(struct limiter *limiter, size_t conversions, int64_t now_ms);

/* What the API said that makes requests start later, in words for the log; NULL when nothing. */
const char *limiter_answer(struct limiter *limiter, const struct limiter_answer *answer,
                           int64_t now_ms);

/* A hold is over: begins slowly. */
void limiter_restart(struct limiter *limiter, int64_t now_ms);

/* What it allows now: conversions a second (0: no limit), requests at once. */
double limiter_rate(const struct limiter *limiter);
size_t limiter_concurrency(const struct limiter *limiter);

#endif
