#include "delivery/limiter.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define CONCURRENCY_DECREASE 0.5
#define RATE_DECREASE 0.7

struct limiter {
    struct limiter_settings settings;
    double rate;        /* conversions a second now */
    double concurrency; /* requests at once now, a part of one counts for the growth alone */
    double threshold;   /* below it concurrency doubles with each round, above it grows by one */
    double next_ms;     /* when the bucket lets the next request go */
    int64_t paused_ms;  /* until then nothing may start */
    int64_t lowered_ms; /* when the concurrency was lowered last */
};

struct limiter *limiter_new(const struct limiter_settings *settings, int64_t now_ms)
{
    assert(settings->in_flight_max > 0 && settings->rate >= 0);
    struct limiter *limiter = memory_new(1, sizeof *limiter);
    limiter->settings = *settings;
    limiter_restart(limiter, now_ms);
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    free(limiter);
}

void limiter_restart(struct limiter *limiter, int64_t now_ms)
{
    limiter->rate = limiter->settings.rate;
    limiter->concurrency = 1;
    limiter->threshold = (double)limiter->settings.in_flight_max;
    limiter->next_ms = (double)now_ms;
    limiter->lowered_ms = now_ms;
}

int64_t limiter_due_ms(const struct limiter *limiter, size_t conversions, size_t in_flight,
                       int64_t now_ms)
{
    (void)conversions;
    (void)now_ms;
    if (in_flight > 0 && in_flight >= (size_t)limiter->concurrency) {
        return INT64_MAX;
    }
    int64_t due_ms = limiter->rate > 0 ? (int64_t)ceil(limiter->next_ms) : INT64_MIN;
    return due_ms > limiter->paused_ms ? due_ms : limiter->paused_ms;
}

void limiter_start(struct limiter *limiter, size_t conversions, int64_t now_ms)
{
    double begin = limiter->next_ms > (double)now_ms ? limiter->next_ms : (double)now_ms;
    if (limiter->rate > 0) {
        limiter->next_ms = begin + 1000.0 * (double)conversions / limiter->rate;
    }
}

static void lower(struct limiter *limiter, const struct limiter_answer *answer, int64_t now_ms)
{
    if (now_ms - answer->duration_ms < limiter->lowered_ms) {
        return; /* it was under way when the last one was heeded */
    }
    limiter->lowered_ms = now_ms;
    limiter->threshold = limiter->concurrency * CONCURRENCY_DECREASE;
    limiter->concurrency = limiter->threshold < 1 ? 1 : limiter->threshold;
}

static void raise(struct limiter *limiter)
{
    limiter->concurrency +=
        limiter->concurrency < limiter->threshold ? 1 : 1 / limiter->concurrency;
    if (limiter->concurrency > (double)limiter->settings.in_flight_max) {
        limiter->concurrency = (double)limiter->settings.in_flight_max;
    }
}

void limiter_answer(struct limiter *limiter, const struct limiter_answer *answer, int64_t now_ms)
{
    if (answer->pause_ms > 0 && now_ms + answer->pause_ms > limiter->paused_ms) {
        limiter->paused_ms = now_ms + answer->pause_ms;
    }
    if (answer->pressure != ROKT_PRESSURE_NONE) {
        limiter->rate *= RATE_DECREASE;
    }
    if (answer->failed) {
        lower(limiter, answer, now_ms);
    } else {
        raise(limiter);
    }
}

double limiter_rate(const struct limiter *limiter)
{
    return limiter->rate;
}

size_t limiter_concurrency(const struct limiter *limiter)
{
    return (size_t)limiter->concurrency;
}
