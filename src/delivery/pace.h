/* pace: how many conversions a second are started, and when the next may be.
 *
 * Private to the room. They go out evenly, and within the time of PACE_WINDOW_MS never more than the
 * limit, whatever the sizes of the requests. The rate begins at a tenth of it, or less, and rises as it is used:
 * the API limits the increase too, and gives no figure. "Too many" lowers it by a part; then it rises
 * soon to near where that was, and slowly from there, by as much for all that share the limit, so that
 * in time they have as much of it each.
 * It does not fall below that tenth: what is refused there is not our doing alone, and must not stop
 * us. Without a limit there is no pace, unless "too many" is what most requests are answered: then one
 * is looked for, and forgotten after a while. */
#ifndef DELIVERY_PACE_H
#define DELIVERY_PACE_H

#include "rokt/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A second, and what the way to the API may compress it by. */
#define PACE_WINDOW_MS 1020
#define PACE_SLOT_MS 10
#define PACE_SLOTS (PACE_WINDOW_MS / PACE_SLOT_MS + 1)

/* Between two starts at most, however low the rate. */
#define PACE_STEP_MAX_MS 10000

struct pace {
    double limit;       /* conversions a second; 0: none */
    bool adopted;       /* nobody configured it */
    double refused;     /* without a limit: which part of the answers is "too many", of 1 */
    double rate;        /* now, at most a little below the limit; 0: none */
    double ceiling;     /* where it was too much last; at first what it may be at most */
    bool found;         /* it was too much there, and not long ago */
    double steepness;   /* of the rise, of 1: as steep as it may be */
    double next_ms;     /* when the next may be started, by the rate alone */
    int64_t lowered_ms; /* when the rate was lowered for being too much, or rising too quickly */
    int64_t steered_ms; /* when it was because the limit is near */
    double slack;       /* how much of the growth is left, of 1 … */
    int64_t slack_until_ms; /* … until then */

    /* Conversions that were started (without a limit: taken), by the time divided by PACE_SLOT_MS. */
    uint32_t started[PACE_SLOTS];
    int64_t slot; /* the newest */
};

void pace_init(struct pace *pace, double limit, int64_t now_ms);

/* Begins slowly again. */
void pace_restart(struct pace *pace, int64_t now_ms);

/* When so many more may be started: not after now_ms when they may now. */
int64_t pace_due_ms(const struct pace *pace, size_t conversions);

/* Conversions in a request at most, so that a limit is not used up in lumps: a tenth of what was too
 * much in a second last. SIZE_MAX without a limit. */
size_t pace_request_max(const struct pace *pace);

void pace_start(struct pace *pace, size_t conversions, int64_t now_ms);

/* The API took what was started. */
void pace_taken(struct pace *pace, size_t conversions, int64_t now_ms);

/* The API said that it is too much, answering what was started at `sent_ms`. False when the pace
 * cannot help it: there is none, or it can be no slower. */
bool pace_press(struct pace *pace, enum rokt_pressure pressure, int64_t sent_ms, int64_t now_ms);

/* The API said how much of its limit is used. Whether the pace is slowed by that: when it is nearly
 * all, and more than is used from here. */
bool pace_steer(struct pace *pace, int used_percent, int64_t sent_ms, int64_t now_ms);

#endif
