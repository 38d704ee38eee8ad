#include "concurrency.h"

#include <assert.h>

#define FAILED_SHARE 0.5 /* is left after a failure … */
#define SLOW_SHARE 0.8   /* … and when answers take longer */
#define PAUSE_MS 10000   /* with nothing under way: then it begins slowly */

#define ROUND 16          /* answers whose mean is compared; times vary much without any load */
#define ROUND_FIRST 8     /* for the first, before there are many under way */
#define SLOW 2.0          /* times the base is slow … */
#define SLOW_MIN_MS 10.0  /* … if it is by so much */
#define OUTLIER 2.0       /* times what is slow: what took longer counts as that */
#define SEEN 1.1          /* times the base is the base */
#define BASE_AGE_MS 30000 /* it is measured anew when it has not been seen for so long */

static size_t round_size(const struct concurrency *concurrency)
{
    return concurrency->base_ms > 0 ? ROUND : ROUND_FIRST;
}

static void begin_round(struct concurrency *concurrency, int64_t now_ms)
{
    concurrency->round_ms = now_ms;
    concurrency->asked = 0;
    concurrency->answered = 0;
    concurrency->measured = 0;
    concurrency->measured_ms = 0;
}

void concurrency_init(struct concurrency *concurrency, size_t max, int64_t now_ms)
{
    assert(max > 0);
    *concurrency = (struct concurrency){.max = max, .full_ms = INT64_MIN, .idle_ms = now_ms};
    concurrency_restart(concurrency, now_ms);
}

/* With one at a time, and as if nothing was known of how long it takes. */
static void begin(struct concurrency *concurrency, double threshold, int64_t now_ms)
{
    concurrency->allowed = 1;
    concurrency->threshold = threshold;
    concurrency->changed_ms = now_ms;
    concurrency->base_ms = 0;
    begin_round(concurrency, now_ms);
}

void concurrency_restart(struct concurrency *concurrency, int64_t now_ms)
{
    concurrency->failures = 0;
    begin(concurrency, (double)concurrency->max, now_ms);
}

bool concurrency_has_room(const struct concurrency *concurrency)
{
    return concurrency->under_way == 0 || concurrency->under_way < (size_t)concurrency->allowed;
}

void concurrency_start(struct concurrency *concurrency, int64_t now_ms)
{
    if (concurrency->under_way == 0 && now_ms - concurrency->idle_ms >= PAUSE_MS) {
        begin(concurrency, concurrency->allowed, now_ms);
    }
    concurrency->under_way++;
    if (concurrency->asked < round_size(concurrency)) {
        concurrency->asked++;
        concurrency->asked_ms = now_ms;
    }
    if (concurrency->under_way >= (size_t)concurrency->allowed) {
        concurrency->full_ms = now_ms;
    }
}

static void lower(struct concurrency *concurrency, double share, int64_t now_ms)
{
    double allowed = concurrency->allowed * share;
    concurrency->allowed = allowed < 1 ? 1 : allowed;
    concurrency->threshold = concurrency->allowed;
    concurrency->changed_ms = now_ms;
    begin_round(concurrency, now_ms);
}

static void raise(struct concurrency *concurrency)
{
    double allowed = concurrency->allowed;
    allowed += allowed < concurrency->threshold ? 1 : 1 / allowed;
    concurrency->allowed = allowed < (double)concurrency->max ? allowed : (double)concurrency->max;
}

/* What takes longer is slow; 0: not known yet. */
static double slow_ms(const struct concurrency *concurrency)
{
    double base_ms = concurrency->base_ms;
    return base_ms > 0 ? base_ms * SLOW + SLOW_MIN_MS : 0;
}

static bool is_slow(const struct concurrency *concurrency, double ms)
{
    double limit_ms = slow_ms(concurrency);
    return limit_ms > 0 && ms > limit_ms;
}

/* The answers of a round took `mean_ms`. A base that was not seen for long may have been of better times, or
 * of smaller requests: only with one at a time it shows what is our doing. */
static void judge_round(struct concurrency *concurrency, double mean_ms, int64_t now_ms)
{
    double base_ms = concurrency->base_ms;
    if (base_ms == 0 || mean_ms <= base_ms * SEEN) {
        concurrency->base_ms = base_ms == 0 || mean_ms < base_ms ? mean_ms : base_ms;
        concurrency->base_seen_ms = now_ms;
    } else if (is_slow(concurrency, mean_ms)) {
        if (now_ms - concurrency->base_seen_ms >= BASE_AGE_MS) {
            begin(concurrency, concurrency->allowed * SLOW_SHARE, now_ms);
        } else {
            lower(concurrency, SLOW_SHARE, now_ms);
        }
    }
}

/* One of the round's; or one that was started in the millisecond in which it began, which is as good. */
static void measure(struct concurrency *concurrency, bool taken, int64_t duration_ms,
                    int64_t now_ms)
{
    double most_ms = slow_ms(concurrency) * OUTLIER;
    double ms = duration_ms > 0 ? (double)duration_ms : 0;
    concurrency->answered++;
    if (taken) {
        concurrency->measured++;
        concurrency->measured_ms += most_ms > 0 && ms > most_ms ? most_ms : ms;
    }
    if (concurrency->answered < round_size(concurrency)) {
        return;
    }
    double sum_ms = concurrency->measured_ms;
    size_t measured = concurrency->measured;
    begin_round(concurrency, now_ms);
    if (measured > 0) {
        judge_round(concurrency, sum_ms / (double)measured, now_ms);
    }
}

/* Whether the answer to what was started then belongs to the round. */
static bool is_of_round(const struct concurrency *concurrency, int64_t sent_ms)
{
    return sent_ms >= concurrency->round_ms && sent_ms <= concurrency->asked_ms &&
           concurrency->answered < concurrency->asked;
}

void concurrency_answered(struct concurrency *concurrency, enum concurrency_answer answer,
                          int64_t sent_ms, int64_t duration_ms, int64_t now_ms)
{
    bool news = sent_ms >= concurrency->changed_ms;
    assert(concurrency->under_way > 0);
    concurrency->under_way--;
    concurrency->idle_ms = now_ms;
    if (answer != CONCURRENCY_FAILED) {
        concurrency->failures = 0;
    }
    if (answer == CONCURRENCY_FAILED && news) {
        concurrency->failures += concurrency->allowed == 1;
        lower(concurrency, FAILED_SHARE, now_ms);
    } else if (answer == CONCURRENCY_TAKEN && news && sent_ms <= concurrency->full_ms &&
               !is_slow(concurrency, (double)duration_ms)) {
        raise(concurrency);
    }
    if (is_of_round(concurrency, sent_ms)) {
        measure(concurrency, answer == CONCURRENCY_TAKEN, duration_ms, now_ms);
    }
}
