/* observer: what the pipeline tells to whoever watches it: counts what the account has no use for,
 * and writes snapshots.
 *
 * Private to the pipeline. A snapshot is written every OBSERVER_INTERVAL_MS at most, and each turn
 * of a loop that sleeps longer: none is older than a turn. A partition from which nothing is read
 * though it has something, or nothing ends though something is open, is told by how long that has
 * been so without a reason; the clock of it stands still while there is one: a hold, no room, a
 * rebalance, trouble with the brokers. */
#ifndef PIPELINE_OBSERVER_H
#define PIPELINE_OBSERVER_H

#include "assignment.h"
#include "base/snapshot.h"
#include "conversion/conversion.h"
#include "delivery/delivery.h"
#include "guard.h"
#include "kafka/ledger.h"
#include "pipeline/pipeline.h"

#define OBSERVER_INTERVAL_MS 250

/* So long after an error of librdkafka's it is the brokers that nothing comes from: it repeats what
 * lasts every 30 s. */
#define OBSERVER_TROUBLE_MS 120000

struct observer {
    struct snapshot_exchange *exchange; /* NULL: nobody watches */
    struct snapshot
        counts;         /* what is counted here; the rest of it is filled in when it is written */
    uint64_t letters;   /* sent, and not written yet */
    bool letter_failed; /* the last attempt to write one */
    int64_t due_ms;
    int64_t slept_ms; /* monotonic: when the last sleep ended */
};

/* What there is to look at. */
struct observed {
    const struct clock *clock;
    const struct pipeline_account *account;
    const struct ledger *ledger;
    struct assignment *assignment; /* its partitions keep what was seen of them */
    const struct consumer *consumer;
    const struct delivery *delivery;
    const struct guard *guards;
    size_t guard_count;
    enum snapshot_wait wait;
};

void observer_answered(struct observer *observer, const struct delivery_report *report);
void observer_delivers(struct observer *observer, const struct conversion *conversion);
void observer_letter_sent(struct observer *observer);
void observer_letter_reported(struct observer *observer, bool failed);
void observer_event(struct observer *observer, const struct consumer_event *event, int64_t now_ms);

/* The loop slept from `from_ms` to `to_ms`, monotonic; with `wait` for a reason to read nothing. */
void observer_slept(struct observer *observer, int64_t from_ms, int64_t to_ms,
                    enum snapshot_wait wait);

/* Writes a snapshot, when it is time. */
void observer_look(struct observer *observer, const struct observed *observed);

#endif
