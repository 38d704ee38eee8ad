/* health: whether a snapshot is that of a relay that works.
 *
 * Alive is one whose loop turns and whose partitions move, or do not for a reason that a restart
 * would not change: a hold, an API that does not take more, brokers in trouble, nothing to read.
 * Ready is one that has got partitions, is not stopping and, if so configured, not on hold. */
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

#include "base/error.h"
#include "base/snapshot.h"

/* A turn takes a second at most, a commit before partitions are given back ten: this is a loop that
 * hangs. */
#define HEALTH_LOOP_MS 60000

struct health_settings {
    int64_t started_ms;       /* monotonic */
    int64_t stall_timeout_ms; /* so long a partition may stand still without a reason */
    bool ready_on_hold;
};

/* False, with the reason and what to do in `why`, when it is not. `now_ms` is monotonic. */
bool health_is_live(const struct snapshot *snapshot, const struct health_settings *settings,
                    int64_t now_ms, struct error *why);
bool health_is_ready(const struct snapshot *snapshot, const struct health_settings *settings,
                     int64_t now_ms, struct error *why);

#endif
