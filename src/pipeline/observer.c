#include "observer.h"

#include <string.h>

/* ---- counting -------------------------------------------------------------------------------- */

static struct snapshot_status *status_row(struct snapshot *counts, int status)
{
    for (size_t i = 0; i < counts->status_count; i++) {
        if (counts->statuses[i].status == status) {
            return &counts->statuses[i];
        }
    }
    if (counts->status_count == SNAPSHOT_STATUSES_MAX) {
        return &counts->statuses[SNAPSHOT_STATUSES_MAX - 1];
    }
    bool last = counts->status_count == SNAPSHOT_STATUSES_MAX - 1;
    struct snapshot_status *row = &counts->statuses[counts->status_count++];
    *row = (struct snapshot_status){.status = last ? -1 : status};
    return row;
}

void observer_answered(struct observer *observer, const struct delivery_report *report)
{
    struct snapshot *counts = &observer->counts;

    status_row(counts, report->status)->count++;
    snapshot_observe(&counts->durations, snapshot_duration_bounds_ms, report->duration_ms);
    snapshot_observe(&counts->batches, snapshot_batch_bounds, (int64_t)report->conversions);
    counts->rejected += report->dead_count;
}

void observer_delivers(struct observer *observer, const struct conversion *conversion)
{
    observer->counts.with_email += conversion->fields[FIELD_EMAIL].size > 0;
    observer->counts.with_hash += conversion->fields[FIELD_EMAILSHA256].size > 0;
    observer->counts.with_click_id +=
        conversion->fields[FIELD_PASSBACKCONVERSIONTRACKINGID].size > 0;
}

void observer_letter_sent(struct observer *observer)
{
    observer->letters++;
}

void observer_letter_reported(struct observer *observer, bool failed)
{
    observer->letter_failed = failed;
    observer->letters -= !failed && observer->letters > 0;
}

void observer_event(struct observer *observer, const struct consumer_event *event, int64_t now_ms)
{
    struct snapshot *counts = &observer->counts;

    switch (event->kind) {
    case CONSUMER_ASSIGNED:
        counts->assigned = true;
        counts->assignments++;
        break;
    case CONSUMER_REVOKED:
        counts->revocations++;
        break;
    case CONSUMER_LOST:
        counts->losses++;
        break;
    case CONSUMER_COMMITTED:
        counts->commits_failed += event->failed;
        break;
    case CONSUMER_ERROR:
        counts->kafka_errors++;
        counts->kafka_error_ms = event->partition_count > 0 ? counts->kafka_error_ms : now_ms;
        break;
    case CONSUMER_NOTICE:
    case CONSUMER_LOG:
    case CONSUMER_FATAL:
    case CONSUMER_FENCED:
        break;
    }
}

void observer_slept(struct observer *observer, int64_t from_ms, int64_t to_ms,
                    enum snapshot_wait wait)
{
    uint64_t slept_ms = to_ms > from_ms ? (uint64_t)(to_ms - from_ms) : 0;

    if (observer->slept_ms > 0 && from_ms > observer->slept_ms) {
        observer->counts.busy_ms += (uint64_t)(from_ms - observer->slept_ms);
    }
    if (wait == SNAPSHOT_WAIT_NOTHING) {
        observer->counts.waited_kafka_ms += slept_ms;
    } else {
        observer->counts.waited_rokt_ms += slept_ms;
    }
    observer->slept_ms = to_ms;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void copy_account(struct snapshot *snapshot, const struct pipeline_account *account)
{
    snapshot->consumed = account->consumed;
    snapshot->delivered = account->delivered;
    snapshot->skipped = account->skipped;
    snapshot->dead_lettered = account->dead_lettered;
    snapshot->done_before = account->done_before;
    snapshot->given_back = account->given_back;
    snapshot->open = account->open;
    snapshot->held = account->held;
    snapshot->letter_failures = account->letter_failures;
    snapshot->deleted_unread = account->deleted_unread;
    snapshot->fields_omitted = account->fields_omitted;
    snapshot->conversions = account->conversions;
    snapshot->repeated = account->repeated;
    snapshot->requests = account->requests;
    snapshot->retries = account->retries;
    _Static_assert(PIPELINE_REASONS_MAX == SNAPSHOT_REASONS_MAX, "every reason has a place");
    snapshot->reason_count = account->reason_count;
    for (size_t i = 0; i < account->reason_count; i++) {
        snapshot->reasons[i].name = account->reasons[i].reason;
        snapshot->reasons[i].count = account->reasons[i].count;
        snapshot->reasons[i].dead = account->reasons[i].dead;
    }
}

static void copy_delivery(struct snapshot *snapshot, const struct observed *observed,
                          const struct delivery_state *state)
{
    snapshot->pending = delivery_pending(observed->delivery);
    snapshot->in_flight = state->in_flight;
    snapshot->concurrency = state->concurrency;
    snapshot->rate = state->rate;
    snapshot->used_percent = state->used_percent;
}

static void set_holds(struct snapshot *snapshot, const struct observer *observer,
                      const struct observed *observed, const struct delivery_state *state)
{
    snapshot->holds[SNAPSHOT_HOLD_CREDENTIALS] = state->held && !state->refusing;
    snapshot->holds[SNAPSHOT_HOLD_REFUSED] = state->refusing;
    snapshot->holds[SNAPSHOT_HOLD_DEAD_LETTER_SHARE] = false;
    snapshot->holds[SNAPSHOT_HOLD_DEAD_LETTER_TOPIC] =
        observer->letters > 0 && observer->letter_failed;
    for (size_t i = 0; i < observed->guard_count; i++) {
        snapshot->holds[SNAPSHOT_HOLD_DEAD_LETTER_SHARE] |=
            observed->guards[i].tripped && observed->guards[i].held > 0;
    }
}

/* Of all that may keep a partition's messages from coming or ending, what is so now. */
struct reasons {
    bool nothing_read;    /* nothing is read of any partition */
    bool requests_answer; /* what is open may be in a request that Rokt has not taken yet */
    bool letters_wait;    /* … or be a letter that is not written */
};

static struct reasons reasons_now(const struct observer *observer, const struct observed *observed,
                                  const struct delivery_state *state)
{
    int64_t since_ms = observed->clock->monotonic_ms - observer->counts.kafka_error_ms;
    bool trouble = observer->counts.kafka_error_ms > 0 && since_ms < OBSERVER_TROUBLE_MS;
    bool working = delivery_pending(observed->delivery) > 0 && state->working;

    return (struct reasons){
        .nothing_read = trouble || observed->assignment->leaving > 0 ||
                        (observed->wait != SNAPSHOT_WAIT_NOTHING &&
                         (observed->wait != SNAPSHOT_WAIT_ROKT || working)),
        .requests_answer = working,
        .letters_wait = observer->letters > 0,
    };
}

/* Whether messages of it can be read, and none is. */
static bool must_read(const struct snapshot_partition *seen, const struct reasons *reasons)
{
    int64_t position = seen->position < 0 ? 0 : seen->position;

    return seen->end > position && !reasons->nothing_read && !seen->leaving && !seen->full &&
           !seen->blocked;
}

static bool must_finish(const struct snapshot_partition *seen, const struct reasons *reasons)
{
    return seen->open > seen->held && !reasons->requests_answer && !reasons->letters_wait;
}

/* When it moved last, or need not. */
static void follow(struct partition *partition, const struct snapshot_partition *seen,
                   uint64_t ended, const struct reasons *reasons, int64_t now_ms)
{
    bool moved = partition->watched.position != seen->position || partition->watched.read_ms == 0;
    bool finished = partition->watched.ended != ended || partition->watched.finished_ms == 0;
    bool passed = partition->watched.watermark != seen->watermark ||
                  partition->watched.watermark_ms == 0 || seen->waiting == 0;

    if (moved || !must_read(seen, reasons)) {
        partition->watched.read_ms = now_ms;
    }
    if (finished || !must_finish(seen, reasons)) {
        partition->watched.finished_ms = now_ms;
    }
    if (passed) {
        partition->watched.watermark_ms = now_ms;
    }
    partition->watched.position = seen->position;
    partition->watched.ended = ended;
    partition->watched.watermark = seen->watermark;
}

/* Where nothing has ended yet it is the oldest open message, or the next one that will come. */
static int64_t watermark(const struct observed *observed, uint32_t slot, int64_t position)
{
    int64_t passed = ledger_watermark(observed->ledger, slot);
    int64_t oldest = ledger_oldest(observed->ledger, slot);

    if (passed >= 0) {
        return passed;
    }
    return oldest >= 0 ? oldest : position;
}

static void look_at_partition(const struct observed *observed, const struct reasons *reasons,
                              uint32_t slot, struct snapshot_partition *ret_seen)
{
    struct partition *partition = &observed->assignment->partitions[slot];
    const struct ledger *ledger = observed->ledger;

    *ret_seen = (struct snapshot_partition){
        .topic = partition->topic,
        .number = partition->number,
        .position = partition->position,
        .watermark = watermark(observed, slot, partition->position),
        .end = observed->consumer->operations->end(observed->consumer, slot),
        .open = ledger_open_count(ledger, slot),
        .waiting = ledger_waiting_count(ledger, slot),
        .held = partition->held,
        .leaving = partition->state == PARTITION_LEAVING,
        .full = partition->full,
        .blocked = partition->blocked,
    };
    follow(partition, ret_seen, ledger_ended(ledger, slot), reasons, observed->clock->monotonic_ms);
    ret_seen->watermark_ms = partition->watched.watermark_ms;
    ret_seen->read_ms = partition->watched.read_ms;
    ret_seen->finished_ms = partition->watched.finished_ms;
}

static void look_at_partitions(struct snapshot *snapshot, const struct observed *observed,
                               const struct reasons *reasons)
{
    snapshot->partition_count = 0;
    snapshot_reserve(snapshot, observed->assignment->count);
    for (uint32_t slot = 0; slot < observed->assignment->count; slot++) {
        if (assignment_state(observed->assignment, slot) != PARTITION_GONE) {
            look_at_partition(observed, reasons, slot,
                              &snapshot->partitions[snapshot->partition_count++]);
        }
    }
}

/* All that is counted, in place of what this snapshot held before, but for the memory that is its
 * own. */
static void begin(struct snapshot *snapshot, const struct snapshot *counts)
{
    struct snapshot_partition *partitions = snapshot->partitions;
    size_t capacity = snapshot->partition_capacity;

    *snapshot = *counts;
    snapshot->partitions = partitions;
    snapshot->partition_capacity = capacity;
}

void observer_look(struct observer *observer, const struct observed *observed)
{
    if (observer->exchange == NULL || observed->clock->monotonic_ms < observer->due_ms) {
        return;
    }
    struct snapshot *snapshot = snapshot_to_write(observer->exchange);
    struct delivery_state state = delivery_look(observed->delivery);
    struct reasons reasons = reasons_now(observer, observed, &state);

    observer->due_ms = observed->clock->monotonic_ms + OBSERVER_INTERVAL_MS;
    begin(snapshot, &observer->counts);
    snapshot->taken_ms = observed->clock->monotonic_ms;
    snapshot->wall_ms = observed->clock->wall_ms;
    snapshot->wait = observed->wait;
    copy_account(snapshot, observed->account);
    copy_delivery(snapshot, observed, &state);
    set_holds(snapshot, observer, observed, &state);
    look_at_partitions(snapshot, observed, &reasons);
    snapshot_publish(observer->exchange);
}
