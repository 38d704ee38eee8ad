#include "pace.h"

#include <assert.h>
#include <math.h>

/* Of the limit, so that ten requests of a tenth each fill a window and not more. */
#define LIMIT_SHARE 0.97
#define BEGIN_SHARE 0.1     /* of the ceiling, after the start, a hold, a long pause */
#define RATE_MIN_SHARE 0.01 /* of the limit */
#define RATE_MIN 1.0        /* without a limit */
#define RISE_S 10.0         /* from nothing to the ceiling */
#define NEAR_SHARE 0.9      /* of a ceiling that was found: above that the rate rises slowly … */
#define NEAR_RISE_S 600.0   /* … as if it took so long to rise from nothing */
#define PRESSED_SHARE 0.9   /* is left after "too many" … */
#define ACCELERATED_SHARE 0.8 /* … after "too quickly" … */
#define STEERED_SHARE 0.99    /* … and when the limit is near */
#define STEEPNESS_MIN (1 / 64.0)
#define FORGOTTEN_MS (10 * 60 * 1000)
#define STEP_MAX_MS 10000 /* between two starts, however low the rate */
#define LATE_MAX_MS 20    /* what comes later than it may is caught up by so much */
#define USED_FROM 80      /* per cent of the API's limit: from here on the rate rises more slowly */
#define USED_NEAR 95      /* … and here it falls */
#define USED_APART 15     /* per cent that are used by others, or of another limit than ours */
#define SLACK_MS 1000

/* --- What was started lately ------------------------------------------------------------------ */

static uint32_t *slot_of(struct pace *pace, int64_t slot)
{
    return &pace->started[slot % PACE_SLOTS];
}

static void count(struct pace *pace, size_t conversions, int64_t now_ms)
{
    int64_t slot = now_ms / PACE_SLOT_MS;
    for (int i = 0; pace->slot < slot && i < PACE_SLOTS; i++) {
        pace->slot++;
        *slot_of(pace, pace->slot) = 0;
    }
    pace->slot = slot;
    *slot_of(pace, slot) += (uint32_t)conversions;
}

/* Conversions within the last window. */
static double started(const struct pace *pace, int64_t now_ms)
{
    int64_t gone = now_ms / PACE_SLOT_MS - pace->slot;
    uint64_t sum = 0;
    for (int64_t i = PACE_SLOTS - 1 - gone; i >= 0; i--) {
        sum += pace->started[(pace->slot + PACE_SLOTS - i) % PACE_SLOTS];
    }
    return (double)sum;
}

/* When so many more fit into the limit: when the youngest of those is gone that do not fit beside
 * them. What does not fit alone may go alone. */
static int64_t window_due_ms(const struct pace *pace, size_t conversions)
{
    double sum = (double)conversions;
    for (int64_t i = 0; i < PACE_SLOTS; i++) {
        uint32_t conversions_then = pace->started[(pace->slot + PACE_SLOTS - i) % PACE_SLOTS];
        sum += conversions_then;
        if (conversions_then > 0 && sum > pace->limit) {
            return (pace->slot - i + PACE_SLOTS) * PACE_SLOT_MS;
        }
    }
    return INT64_MIN;
}

/* --- The rate --------------------------------------------------------------------------------- */

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* What the rate never falls below. */
static double least(const struct pace *pace)
{
    return pace->limit > 0 ? pace->limit * RATE_MIN_SHARE : RATE_MIN;
}

static double steepest(const struct pace *pace)
{
    return pace->ceiling / RISE_S;
}

/* The one door for a new rate. It falls no further than to where it begins. */
static void change(struct pace *pace, double rate)
{
    assert(pace->rate > 0 && pace->ceiling > 0);
    double bottom = smaller(pace->rate, pace->ceiling * BEGIN_SHARE);
    rate = larger(rate, larger(bottom, least(pace)));
    if (pace->limit > 0) {
        rate = smaller(rate, pace->limit * LIMIT_SHARE);
    }
    pace->rate = rate;
    pace->ceiling = larger(pace->ceiling, rate);
}

/* The API speaks of a limit. Where none is configured, what is started now is where to begin. */
static void listen(struct pace *pace, int64_t now_ms)
{
    pace->told_ms = now_ms;
    if (pace->rate > 0) {
        return;
    }
    pace->rate = larger(started(pace, now_ms), RATE_MIN);
    pace->ceiling = pace->rate;
    pace->found = true;
    pace->next_ms = (double)now_ms;
}

/* After a while without a word it is tried whether the API still minds. */
static void forget(struct pace *pace, int64_t now_ms)
{
    if (pace->rate == 0 || now_ms - pace->told_ms < FORGOTTEN_MS) {
        return;
    }
    pace->steepness = 1;
    pace->found = false;
    if (pace->limit == 0) {
        pace->rate = 0;
        pace->ceiling = 0;
    }
}

/* What the rate would rise by in a second. Where a ceiling was found, slowly near to it. */
static double growth(const struct pace *pace, int64_t now_ms)
{
    double rise = steepest(pace) * pace->steepness;
    bool tight = now_ms < pace->slack_until_ms;
    if (tight || (pace->found && pace->rate >= pace->ceiling * NEAR_SHARE)) {
        rise = smaller(rise, pace->ceiling / NEAR_RISE_S);
    }
    return tight ? rise * pace->slack : rise;
}

/* Rises by what is used and falls by what is not, so that it never allows a leap. It doubles at most
 * from one request to the next. */
static void move(struct pace *pace, double used_ms, double idle_ms, int64_t now_ms)
{
    double rise = smaller(growth(pace, now_ms) * used_ms / 1000, pace->rate);
    change(pace, pace->rate + rise - steepest(pace) * idle_ms / 1000);
}

void pace_init(struct pace *pace, double limit, int64_t now_ms)
{
    *pace = (struct pace){
        .limit = limit,
        .ceiling = limit * LIMIT_SHARE,
        .lowered_ms = INT64_MIN,
        .steered_ms = INT64_MIN,
        .told_ms = now_ms,
        .steepness = 1,
        .slack_until_ms = INT64_MIN,
        .slot = now_ms / PACE_SLOT_MS,
    };
    pace_restart(pace, now_ms);
}

void pace_restart(struct pace *pace, int64_t now_ms)
{
    pace->rate = pace->ceiling * BEGIN_SHARE;
    pace->next_ms = larger(pace->next_ms, (double)now_ms);
}

/* --- Starting --------------------------------------------------------------------------------- */

int64_t pace_due_ms(const struct pace *pace, size_t conversions)
{
    int64_t rate_ms = pace->rate > 0 ? (int64_t)ceil(pace->next_ms) : INT64_MIN;
    int64_t window_ms = pace->limit > 0 ? window_due_ms(pace, conversions) : INT64_MIN;
    return rate_ms > window_ms ? rate_ms : window_ms;
}

void pace_start(struct pace *pace, size_t conversions, int64_t now_ms)
{
    count(pace, conversions, now_ms);
    forget(pace, now_ms);
    if (pace->rate == 0) {
        return;
    }
    double used_ms = smaller((double)conversions * 1000 / pace->rate, STEP_MAX_MS);
    double late_ms = (double)now_ms - pace->next_ms;
    bool idle = late_ms > LATE_MAX_MS;
    pace->next_ms = (idle ? (double)now_ms : pace->next_ms) + used_ms;
    move(pace, used_ms, idle ? late_ms : 0, now_ms);
}

/* --- What the API says ------------------------------------------------------------------------ */

void pace_press(struct pace *pace, enum rokt_pressure pressure, int64_t sent_ms, int64_t now_ms)
{
    listen(pace, now_ms);
    if (sent_ms < pace->lowered_ms) {
        return; /* it was under way when the last one was heeded */
    }
    pace->lowered_ms = now_ms;
    if (pressure == ROKT_PRESSURE_ACCELERATION) {
        pace->steepness = larger(pace->steepness / 2, STEEPNESS_MIN);
        change(pace, pace->rate * ACCELERATED_SHARE);
    } else {
        pace->ceiling = pace->rate;
        pace->found = true;
        change(pace, pace->rate * PRESSED_SHARE);
    }
}

bool pace_steer(struct pace *pace, int used_percent, int64_t sent_ms, int64_t now_ms)
{
    double own_percent = pace->limit > 0 ? 100 * started(pace, now_ms) / pace->limit : 0;
    if (used_percent < USED_FROM || used_percent - own_percent < USED_APART) {
        return false;
    }
    listen(pace, now_ms);
    double used = smaller(used_percent, 100);
    double slack = (100 - used) / (100 - USED_FROM);
    pace->slack = now_ms < pace->slack_until_ms ? smaller(pace->slack, slack) : slack;
    pace->slack_until_ms = now_ms + SLACK_MS;
    if (used < USED_NEAR || sent_ms < pace->steered_ms || pace->rate <= pace->ceiling / 2) {
        return false;
    }
    pace->steered_ms = now_ms;
    change(pace, pace->rate * STEERED_SHARE);
    return true;
}
