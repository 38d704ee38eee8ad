#include "admin/health.h"

#include <inttypes.h>

static bool loop_turns(const struct snapshot *snapshot, const struct health_settings *settings,
                       int64_t now_ms, struct error *why)
{
    int64_t turned_ms = snapshot->taken_ms > 0 ? snapshot->taken_ms : settings->started_ms;

    if (now_ms - turned_ms <= HEALTH_LOOP_MS) {
        return true;
    }
    error_set(why,
              "the loop has not turned for %" PRId64 " s: restart it; nothing is lost, what was "
              "not committed is delivered again with the same ids",
              (now_ms - turned_ms) / 1000);
    return false;
}

static bool moves(const struct snapshot_partition *partition, int64_t taken_ms, int64_t limit_ms,
                  struct error *why)
{
    int64_t unread_ms = taken_ms - partition->read_ms;
    int64_t unfinished_ms = taken_ms - partition->finished_ms;

    if (unread_ms > limit_ms) {
        error_set(why,
                  "partition %s-%" PRId32 " has messages up to offset %" PRId64
                  ", and none was read of it for %" PRId64 " s: restart it, which reads on from "
                  "the committed offset",
                  partition->topic, partition->number, partition->end, unread_ms / 1000);
        return false;
    }
    if (unfinished_ms > limit_ms) {
        error_set(why,
                  "partition %s-%" PRId32 " has %zu open messages, and none of them ended for "
                  "%" PRId64 " s: restart it, which delivers them again with the same ids",
                  partition->topic, partition->number, partition->open, unfinished_ms / 1000);
        return false;
    }
    return true;
}

bool health_is_live(const struct snapshot *snapshot, const struct health_settings *settings,
                    int64_t now_ms, struct error *why)
{
    if (!loop_turns(snapshot, settings, now_ms, why)) {
        return false;
    }
    for (size_t i = 0; i < snapshot->partition_count; i++) {
        if (!moves(&snapshot->partitions[i], snapshot->taken_ms, settings->stall_timeout_ms, why)) {
            return false;
        }
    }
    return true;
}

static bool is_held(const struct snapshot *snapshot, struct error *why)
{
    for (size_t i = 0; i < SNAPSHOT_HOLDS; i++) {
        if (snapshot->holds[i]) {
            error_set(why, "on hold: %s; the log says why, and what to do",
                      snapshot_hold_name((enum snapshot_hold)i));
            return true;
        }
    }
    return false;
}

bool health_is_ready(const struct snapshot *snapshot, const struct health_settings *settings,
                     int64_t now_ms, struct error *why)
{
    if (!loop_turns(snapshot, settings, now_ms, why)) {
        return false;
    }
    if (!snapshot->assigned) {
        error_set(why, "no partition was assigned yet: it waits for the group, or there are more "
                       "members than partitions");
        return false;
    }
    if (snapshot->wait == SNAPSHOT_WAIT_STOPPING) {
        error_set(why, "it is stopping");
        return false;
    }
    return settings->ready_on_hold || !is_held(snapshot, why);
}
