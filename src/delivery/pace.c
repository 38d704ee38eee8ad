#include "pace.h"

#include <math.h>

/* Of the limit: so that ten requests of a tenth each fill a window and not more. */
#define TOP_SHARE 0.97
/* Of the limit, after the start, a hold, a long pause: the first request of a tenth may have to connect,
 * and the second must not come within a second all the same. */
#define BOTTOM_SHARE 0.09
#define RISE_S 10.0       /* from nothing to the ceiling … */
#define RISE_SHARE 0.4    /* … and by this part of itself in a second at most */
#define PRESSED_SHARE 0.9 /* is left after "too many" … */
#define REGAIN_S 150.0  /* … and rises as if it took so long from nothing to where that was … */
#define NEAR_SHARE 0.97 /* … up to this part of it, and then … */
#define NEAR_RISE_S 2000.0    /* … as if it took so long from nothing to the limit */
#define ACCELERATED_SHARE 0.8 /* is left after "too quickly" … */
#define STEERED_SHARE 0.99    /* … and when the limit is near; there it rises … */
#define STEERED_RISE_S 600.0  /* … as if it took so long from nothing to the limit, at most */
#define REQUESTS 10           /* in a second at least … */
#define REQUESTS_MAX 30       /* … and how many it may take to use all of the limit */
#define STEEPNESS_MIN (1 / 64.0)
#define FORGOTTEN_MS (10 * 60 * 1000)
#define LATE_MAX_MS 50 /* what comes later than it may is caught up by so much */
#define USED_FROM 80   /* per cent of the API's limit: from here on it rises more slowly … */
#define USED_NEAR 95   /* … and here it falls */
#define USED_APART 15  /* per cent that are used by others, or of another limit than ours */
#define SLACK_MS 1000
#define ADOPTED_FROM 0.5 /* of the answers being "too many": without a limit one is looked for … */
#define ADOPTED_SHARE 2  /* … up to so many times what is taken … */
#define ADOPTED_ANSWERS 16 /* … over about so many */

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
static double lately(const struct pace *pace, int64_t now_ms)
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

static double top(const struct pace *pace)
{
    return pace->limit * TOP_SHARE;
}

static double bottom(const struct pace *pace)
{
    return pace->limit * BOTTOM_SHARE;
}

static void change(struct pace *pace, double rate)
{
    pace->rate = larger(bottom(pace), smaller(rate, top(pace)));
    pace->ceiling = larger(pace->ceiling, pace->rate);
}

/* After a while without "too many" it is tried whether the API still minds. */
static void forget(struct pace *pace, int64_t now_ms)
{
    if (now_ms - pace->lowered_ms < FORGOTTEN_MS) {
        return;
    }
    if (pace->adopted) {
        pace_init(pace, 0, now_ms);
    }
    pace->steepness = 1;
    pace->found = false;
}

static double steepest(const struct pace *pace)
{
    return pace->ceiling / RISE_S;
}

/* What the rate rises by with a request that takes `used_s` at it. Where a ceiling was found, slowly
 * near to it: all that share a limit by as much, so that those that have little of it get more. What
 * was refused by chance costs little, for up to there it rises soon. */
static double rise(const struct pace *pace, double used_s, int64_t now_ms)
{
    double most = smaller(steepest(pace), pace->rate * RISE_SHARE) * pace->steepness;
    if (pace->found && pace->rate >= pace->ceiling * PRESSED_SHARE) {
        most = smaller(most, pace->ceiling / REGAIN_S);
    }
    if (pace->found && pace->rate >= pace->ceiling * NEAR_SHARE) {
        most = smaller(most, pace->limit / NEAR_RISE_S);
    }
    if (now_ms < pace->slack_until_ms) {
        most = smaller(most, pace->limit / STEERED_RISE_S) * pace->slack;
    }
    return most * used_s;
}

/* Rises by what is used and falls by what is not, so that it never allows a leap. It doubles at most
 * from one request to the next. */
static void move(struct pace *pace, double used_ms, double idle_ms, int64_t now_ms)
{
    double up = smaller(rise(pace, used_ms / 1000, now_ms), pace->rate);
    change(pace, pace->rate + up - steepest(pace) * idle_ms / 1000);
}

void pace_init(struct pace *pace, double limit, int64_t now_ms)
{
    *pace = (struct pace){
        .limit = limit,
        .ceiling = limit * TOP_SHARE,
        .steepness = 1,
        .lowered_ms = now_ms,
        .steered_ms = now_ms,
        .slack_until_ms = now_ms,
        .slot = now_ms / PACE_SLOT_MS,
    };
    pace_restart(pace, now_ms);
}

void pace_restart(struct pace *pace, int64_t now_ms)
{
    pace->rate = bottom(pace);
    pace->next_ms = larger(pace->next_ms, (double)now_ms);
}

size_t pace_request_max(const struct pace *pace)
{
    if (pace->limit == 0) {
        return SIZE_MAX;
    }
    double requests = round(REQUESTS * top(pace) / pace->ceiling);
    double most = pace->limit / smaller(requests, REQUESTS_MAX);
    return most > 1 ? (size_t)most : 1;
}

/* --- Starting --------------------------------------------------------------------------------- */

int64_t pace_due_ms(const struct pace *pace, size_t conversions)
{
    if (pace->limit == 0) {
        return INT64_MIN;
    }
    int64_t rate_ms = (int64_t)pace->next_ms;
    int64_t window_ms = window_due_ms(pace, conversions);
    return rate_ms > window_ms ? rate_ms : window_ms;
}

void pace_start(struct pace *pace, size_t conversions, int64_t now_ms)
{
    forget(pace, now_ms);
    if (pace->limit == 0) {
        return;
    }
    count(pace, conversions, now_ms);
    double used_ms = smaller((double)conversions * 1000 / pace->rate, PACE_STEP_MAX_MS);
    double idle_ms = larger((double)now_ms - LATE_MAX_MS - pace->next_ms, 0);
    pace->next_ms += idle_ms + used_ms;
    move(pace, used_ms, idle_ms, now_ms);
}

/* --- What the API says ------------------------------------------------------------------------ */

void pace_taken(struct pace *pace, size_t conversions, int64_t now_ms)
{
    if (pace->limit == 0) {
        pace->refused -= pace->refused / ADOPTED_ANSWERS;
        count(pace, conversions, now_ms);
    }
}

/* Most is too many, though no limit is known: what was taken lately tells where it must be. */
static void adopt(struct pace *pace, int64_t now_ms)
{
    double taken = lately(pace, now_ms);
    pace->refused += (1 - pace->refused) / ADOPTED_ANSWERS;
    if (pace->refused < ADOPTED_FROM || taken == 0) {
        return;
    }
    pace_init(pace, taken * ADOPTED_SHARE, now_ms);
    pace->adopted = true;
    pace->found = true;
    change(pace, taken);
}

static void lower(struct pace *pace, enum rokt_pressure pressure)
{
    if (pressure == ROKT_PRESSURE_ACCELERATION) {
        pace->steepness = larger(pace->steepness / 2, STEEPNESS_MIN);
        change(pace, pace->rate * ACCELERATED_SHARE);
    } else {
        pace->ceiling = pace->rate;
        pace->found = true;
        change(pace, pace->rate * PRESSED_SHARE);
    }
}

bool pace_press(struct pace *pace, enum rokt_pressure pressure, int64_t sent_ms, int64_t now_ms)
{
    if (pace->limit == 0) {
        adopt(pace, now_ms);
        return pace->limit > 0;
    }
    bool lowest = pace->rate * PRESSED_SHARE <= bottom(pace);
    if (sent_ms >= pace->lowered_ms) { /* else it was under way when the last one was heeded */
        pace->lowered_ms = now_ms;
        lower(pace, pressure);
    }
    return !lowest;
}

bool pace_steer(struct pace *pace, int used_percent, int64_t sent_ms, int64_t now_ms)
{
    if (pace->limit == 0 || used_percent < USED_FROM ||
        used_percent - 100 * lately(pace, now_ms) / pace->limit < USED_APART) {
        return false;
    }
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
