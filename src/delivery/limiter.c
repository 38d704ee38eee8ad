#include "delivery/limiter.h"

#include "base/memory.h"
#include "concurrency.h"
#include "pace.h"

#include <assert.h>
#include <stdlib.h>

struct limiter {
    struct pace pace;
    struct concurrency concurrency;
    struct backoff *backoff;
    int64_t paused_ms; /* until then nothing may start */
};

struct limiter *limiter_new(const struct limiter_settings *settings, int64_t now_ms)
{
    assert(settings->rate >= 0 && settings->rate < 1e9);
    struct limiter *limiter = memory_new(1, sizeof *limiter);
    pace_init(&limiter->pace, settings->rate, now_ms);
    concurrency_init(&limiter->concurrency, settings->in_flight_max, now_ms);
    limiter->backoff = settings->backoff;
    limiter->paused_ms = INT64_MIN;
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    free(limiter);
}

size_t limiter_request_max(const struct limiter *limiter)
{
    return pace_request_max(&limiter->pace);
}

int64_t limiter_due_ms(const struct limiter *limiter, size_t conversions)
{
    if (!concurrency_has_room(&limiter->concurrency)) {
        return INT64_MAX;
    }
    int64_t due_ms = pace_due_ms(&limiter->pace, conversions);
    return due_ms > limiter->paused_ms ? due_ms : limiter->paused_ms;
}

void limiter_start(struct limiter *limiter, size_t conversions, int64_t now_ms)
{
    pace_start(&limiter->pace, conversions, now_ms);
    concurrency_start(&limiter->concurrency, now_ms);
}

/* The first failure with one request at a time may be chance, and the batch waits by itself. */
static void pause_when_asked(struct limiter *limiter, int64_t floor_ms, int64_t now_ms)
{
    size_t failures = limiter->concurrency.failures;
    if (floor_ms <= 0 && failures < 2) {
        return;
    }
    size_t attempts = failures < 2 ? 1 : failures - 1;
    int64_t until_ms = now_ms + backoff_delay_ms(limiter->backoff, attempts, floor_ms);
    if (until_ms > limiter->paused_ms) {
        limiter->paused_ms = until_ms;
    }
}

/* Too many a second is a matter of the pace, as far as it goes. */
static enum concurrency_answer outcome(struct limiter *limiter, const struct limiter_answer *answer,
                                       int64_t now_ms)
{
    bool pressed = answer->pressure != ROKT_PRESSURE_NONE;
    if (answer->failed ||
        (pressed && !pace_press(&limiter->pace, answer->pressure, answer->sent_ms, now_ms))) {
        return CONCURRENCY_FAILED;
    }
    if (pressed || !answer->taken) {
        return CONCURRENCY_REFUSED;
    }
    pace_taken(&limiter->pace, answer->conversions, now_ms);
    return CONCURRENCY_TAKEN;
}

/* In words, for the log. */
static const char *slowed(const struct limiter_answer *answer, bool steered)
{
    switch (answer->pressure) {
    case ROKT_PRESSURE_ACCELERATION:
        return "Rokt is sent too many conversions a second more than before";
    case ROKT_PRESSURE_RATE:
        return "Rokt is sent too many conversions a second";
    case ROKT_PRESSURE_NONE:
        break;
    }
    if (steered) {
        return "Rokt's limit of conversions a second is nearly reached, by others too";
    }
    return answer->pause_ms > 0 ? "Rokt asks for a pause" : NULL;
}

const char *limiter_answer(struct limiter *limiter, const struct limiter_answer *answer,
                           int64_t now_ms)
{
    concurrency_answered(&limiter->concurrency, outcome(limiter, answer, now_ms), answer->sent_ms,
                         answer->duration_ms, now_ms);
    pause_when_asked(limiter, answer->pause_ms, now_ms);
    bool steered = pace_steer(&limiter->pace, answer->used_percent, answer->sent_ms, now_ms);
    return slowed(answer, steered);
}

void limiter_restart(struct limiter *limiter, int64_t now_ms)
{
    pace_restart(&limiter->pace, now_ms);
    concurrency_restart(&limiter->concurrency, now_ms);
}

double limiter_rate(const struct limiter *limiter)
{
    return limiter->pace.rate;
}

size_t limiter_concurrency(const struct limiter *limiter)
{
    return (size_t)limiter->concurrency.allowed;
}
