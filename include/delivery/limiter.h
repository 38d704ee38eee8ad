/* limiter: when the next request may start, so that the API is asked as much as it bears and no more.
 *
 * Three things decide, for all requests of one pair of keys:
 *   - a token bucket of conversions a second (the API counts batches, and each conversion is one
 *     there), steered by what the API says of its limit, lowered by "too many", risen slowly;
 *   - how many requests are under way at once: adapted (additive increase, multiplicative decrease)
 *     to latency and to failures, between 1 and the configured number;
 *   - a pause that the API asked for (Retry-After), which holds for all.
 * After the start, a hold or a long pause it begins slowly. Knows neither transport nor batches; time
 * is given to it. */
#ifndef DELIVERY_LIMITER_H
#define DELIVERY_LIMITER_H

#include "rokt/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter_settings {
    size_t in_flight_max; /* requests at once, at least 1 */
    double rate;          /* conversions a second at most; 0: no limit */
};

/* What an answer tells. */
struct limiter_answer {
    size_t conversions;
    bool
        failed; /* no answer, or one that says the server is overloaded or broken (408, 429, 5xx) */
    enum rokt_pressure pressure;
    int used_percent; /* -1: not said */
    int64_t duration_ms;
    int64_t pause_ms; /* what Retry-After asks for; 0: nothing */
};

struct limiter;

struct limiter *limiter_new(const struct limiter_settings *settings, int64_t now_ms);
void limiter_free(struct limiter *limiter);

/* Monotonic time at which a request with so many conversions may start, `in_flight` being under way:
 * not after now_ms when it may start now, INT64_MAX when not before one of those is answered. */
int64_t limiter_due_ms(const struct limiter *limiter, size_t conversions, size_t in_flight,
                       int64_t now_ms);

/* It has started. */
void limiter_start(struct limiter *limiter, size_t conversions, int64_t now_ms);

void limiter_answer(struct limiter *limiter, const struct limiter_answer *answer, int64_t now_ms);

/* A hold is over: begins slowly. */
void limiter_restart(struct limiter *limiter, int64_t now_ms);

/* What it allows now, for the log and metrics: conversions a second (0: no limit), requests at once. */
double limiter_rate(const struct limiter *limiter);
size_t limiter_concurrency(const struct limiter *limiter);

#endif
