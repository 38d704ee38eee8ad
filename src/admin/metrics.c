#include "admin/metrics.h"

#include "process.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "rokt_relay_"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Where values come from. */
struct source {
    const struct snapshot *snapshot;
    const struct metrics_facts *facts;
    int64_t now_ms;
};

struct metric {
    const char *name;
    enum metric_type type;
    const char *labels; /* their names, for the reference; NULL: none */
    const char *help;
    void (*write)(const struct metric *metric, const struct source *source, struct buffer *buffer);
    size_t offset; /* of a uint64_t in struct snapshot, for write_count() */
};

/* ---- samples --------------------------------------------------------------------------------- */

/* A label's value: what the format escapes is escaped. */
static void write_label(struct buffer *buffer, const char *name, struct slice value)
{
    buffer_printf(buffer, "%s=\"", name);
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\\' || value.data[i] == '"') {
            buffer_append_byte(buffer, '\\');
        }
        if (value.data[i] == '\n') {
            buffer_append(buffer, SLICE("\\n"));
        } else {
            buffer_append_byte(buffer, value.data[i]);
        }
    }
    buffer_append_byte(buffer, '"');
}

static void write_with(const struct metric *metric, const char *label, const char *value,
                       uint64_t number, struct buffer *buffer)
{
    buffer_printf(buffer, "%s{", metric->name);
    write_label(buffer, label, slice_of(value));
    buffer_printf(buffer, "} %" PRIu64 "\n", number);
}

static void write_number(const struct metric *metric, double number, struct buffer *buffer)
{
    buffer_printf(buffer, "%s %.15g\n", metric->name, number);
}

static void write_count(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    const char *at = (const char *)source->snapshot + metric->offset;
    uint64_t number;

    memcpy(&number, at, sizeof number);
    buffer_printf(buffer, "%s %" PRIu64 "\n", metric->name, number);
}

/* ---- messages and conversions ---------------------------------------------------------------- */

static void write_outcomes(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    write_with(metric, "outcome", "delivered", source->snapshot->delivered, buffer);
    write_with(metric, "outcome", "skipped", source->snapshot->skipped, buffer);
    write_with(metric, "outcome", "dead_lettered", source->snapshot->dead_lettered, buffer);
    write_with(metric, "outcome", "done_before", source->snapshot->done_before, buffer);
    write_with(metric, "outcome", "given_back", source->snapshot->given_back, buffer);
}

static void write_reasons(const struct metric *metric, const struct source *source, bool dead,
                          struct buffer *buffer)
{
    for (size_t i = 0; i < source->snapshot->reason_count; i++) {
        const struct snapshot_reason *reason = &source->snapshot->reasons[i];

        if (reason->dead == dead) {
            write_with(metric, "reason", reason->name, reason->count, buffer);
        }
    }
}

static void write_skips(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    write_reasons(metric, source, false, buffer);
}

static void write_letters(const struct metric *metric, const struct source *source,
                          struct buffer *buffer)
{
    write_reasons(metric, source, true, buffer);
}

static void write_identities(const struct metric *metric, const struct source *source,
                             struct buffer *buffer)
{
    write_with(metric, "identity", "email", source->snapshot->with_email, buffer);
    write_with(metric, "identity", "email_sha256", source->snapshot->with_hash, buffer);
    write_with(metric, "identity", "click_id", source->snapshot->with_click_id, buffer);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void write_statuses(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    for (size_t i = 0; i < source->snapshot->status_count; i++) {
        const struct snapshot_status *row = &source->snapshot->statuses[i];
        char status[16];

        (void)snprintf(status, sizeof status, "%d", row->status);
        write_with(metric, "status",
                   row->status > 0   ? status
                   : row->status < 0 ? "other"
                                     : "none",
                   row->count, buffer);
    }
}

/* The unit of what was observed is divided by `scale` for that of the metric. */
static void write_histogram(const struct metric *metric, const struct snapshot_histogram *histogram,
                            const int64_t bounds[static SNAPSHOT_BUCKETS - 1], double scale,
                            struct buffer *buffer)
{
    uint64_t count = 0;

    for (size_t i = 0; i < SNAPSHOT_BUCKETS - 1; i++) {
        count += histogram->counts[i];
        buffer_printf(buffer, "%s_bucket{le=\"%.6g\"} %" PRIu64 "\n", metric->name,
                      (double)bounds[i] / scale, count);
    }
    count += histogram->counts[SNAPSHOT_BUCKETS - 1];
    buffer_printf(buffer, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", metric->name, count);
    buffer_printf(buffer, "%s_sum %.15g\n", metric->name, (double)histogram->sum / scale);
    buffer_printf(buffer, "%s_count %" PRIu64 "\n", metric->name, count);
}

static void write_durations(const struct metric *metric, const struct source *source,
                            struct buffer *buffer)
{
    write_histogram(metric, &source->snapshot->durations, snapshot_duration_bounds_ms, 1000,
                    buffer);
}

static void write_batches(const struct metric *metric, const struct source *source,
                          struct buffer *buffer)
{
    write_histogram(metric, &source->snapshot->batches, snapshot_batch_bounds, 1, buffer);
}

static void write_rate(const struct metric *metric, const struct source *source,
                       struct buffer *buffer)
{
    write_number(metric, source->snapshot->rate, buffer);
}

static void write_used(const struct metric *metric, const struct source *source,
                       struct buffer *buffer)
{
    if (source->snapshot->taken_ms > 0 && source->snapshot->used_percent >= 0) {
        write_number(metric, source->snapshot->used_percent / 100.0, buffer);
    }
}

/* ---- how it is ------------------------------------------------------------------------------- */

static void write_holds(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    for (size_t i = 0; i < SNAPSHOT_HOLDS; i++) {
        write_with(metric, "cause", snapshot_hold_name((enum snapshot_hold)i),
                   source->snapshot->holds[i], buffer);
    }
}

static void write_waits(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    for (size_t i = SNAPSHOT_WAIT_NOTHING + 1; i < SNAPSHOT_WAITS; i++) {
        write_with(metric, "cause", snapshot_wait_name((enum snapshot_wait)i),
                   source->snapshot->wait == i, buffer);
    }
}

static void write_share(const struct metric *metric, const char *state, uint64_t time_ms,
                        struct buffer *buffer)
{
    buffer_printf(buffer, "%s{state=\"%s\"} %.15g\n", metric->name, state, (double)time_ms / 1000);
}

static void write_loop(const struct metric *metric, const struct source *source,
                       struct buffer *buffer)
{
    write_share(metric, "busy", source->snapshot->busy_ms, buffer);
    write_share(metric, "waiting_rokt", source->snapshot->waited_rokt_ms, buffer);
    write_share(metric, "waiting_kafka", source->snapshot->waited_kafka_ms, buffer);
}

static void write_turn_age(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    if (source->snapshot->taken_ms > 0) {
        write_number(metric, (double)(source->now_ms - source->snapshot->taken_ms) / 1000, buffer);
    }
}

static void write_assigned(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    write_number(metric, (double)source->snapshot->partition_count, buffer);
}

/* ---- partitions ------------------------------------------------------------------------------ */

/* One figure of a partition; false when it is not known. */
typedef bool partition_figure(const struct snapshot *snapshot,
                              const struct snapshot_partition *partition, double *ret_figure);

static void write_partitions(const struct metric *metric, const struct source *source,
                             partition_figure *figure, struct buffer *buffer)
{
    for (size_t i = 0; i < source->snapshot->partition_count; i++) {
        const struct snapshot_partition *partition = &source->snapshot->partitions[i];
        double number = 0;

        if (figure(source->snapshot, partition, &number)) {
            buffer_printf(buffer, "%s{", metric->name);
            write_label(buffer, "topic", slice_of(partition->topic));
            buffer_printf(buffer, ",partition=\"%" PRId32 "\"} %.15g\n", partition->number, number);
        }
    }
}

static bool figure_lag(const struct snapshot *snapshot, const struct snapshot_partition *partition,
                       double *ret_figure)
{
    int64_t done = partition->watermark;

    (void)snapshot;
    *ret_figure = partition->end > done ? (double)(partition->end - done) : 0;
    return partition->end >= 0 && done >= 0;
}

static bool figure_position(const struct snapshot *snapshot,
                            const struct snapshot_partition *partition, double *ret_figure)
{
    (void)snapshot;
    *ret_figure = (double)partition->position;
    return partition->position >= 0;
}

static bool figure_watermark(const struct snapshot *snapshot,
                             const struct snapshot_partition *partition, double *ret_figure)
{
    (void)snapshot;
    *ret_figure = (double)partition->watermark;
    return partition->watermark >= 0;
}

static bool figure_watermark_age(const struct snapshot *snapshot,
                                 const struct snapshot_partition *partition, double *ret_figure)
{
    *ret_figure = (double)(snapshot->taken_ms - partition->watermark_ms) / 1000;
    return true;
}

static bool figure_end(const struct snapshot *snapshot, const struct snapshot_partition *partition,
                       double *ret_figure)
{
    (void)snapshot;
    *ret_figure = (double)partition->end;
    return partition->end >= 0;
}

static bool figure_open(const struct snapshot *snapshot, const struct snapshot_partition *partition,
                        double *ret_figure)
{
    (void)snapshot;
    *ret_figure = (double)partition->open;
    return true;
}

static bool figure_blocked(const struct snapshot *snapshot,
                           const struct snapshot_partition *partition, double *ret_figure)
{
    (void)snapshot;
    *ret_figure = partition->blocked;
    return true;
}

static void write_lag(const struct metric *metric, const struct source *source,
                      struct buffer *buffer)
{
    write_partitions(metric, source, figure_lag, buffer);
}

static void write_position(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    write_partitions(metric, source, figure_position, buffer);
}

static void write_watermark(const struct metric *metric, const struct source *source,
                            struct buffer *buffer)
{
    write_partitions(metric, source, figure_watermark, buffer);
}

static void write_watermark_age(const struct metric *metric, const struct source *source,
                                struct buffer *buffer)
{
    write_partitions(metric, source, figure_watermark_age, buffer);
}

static void write_end(const struct metric *metric, const struct source *source,
                      struct buffer *buffer)
{
    write_partitions(metric, source, figure_end, buffer);
}

static void write_open(const struct metric *metric, const struct source *source,
                       struct buffer *buffer)
{
    write_partitions(metric, source, figure_open, buffer);
}

static void write_blocked(const struct metric *metric, const struct source *source,
                          struct buffer *buffer)
{
    write_partitions(metric, source, figure_blocked, buffer);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void write_build(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    buffer_printf(buffer, "%s{version=\"%s\",api=\"%s\"} 1\n", metric->name, source->facts->version,
                  source->facts->api);
}

static void write_mappings(const struct metric *metric, const struct source *source,
                           struct buffer *buffer)
{
    for (size_t i = 0; i < source->facts->mapping_count; i++) {
        const struct metrics_mapping *mapping = &source->facts->mappings[i];

        buffer_printf(buffer, "%s{route=\"%zu\",", metric->name, i);
        write_label(buffer, "mapping", slice_of(mapping->name));
        buffer_append_byte(buffer, ',');
        write_label(buffer, "hash", slice_of(mapping->hash));
        buffer_append(buffer, SLICE("} 1\n"));
    }
}

static void write_start(const struct metric *metric, const struct source *source,
                        struct buffer *buffer)
{
    write_number(metric, (double)source->facts->started_wall_ms / 1000, buffer);
}

static void write_cpu(const struct metric *metric, const struct source *source,
                      struct buffer *buffer)
{
    (void)source;
    write_number(metric, process_cpu_seconds(), buffer);
}

static void write_memory(const struct metric *metric, const struct source *source,
                         struct buffer *buffer)
{
    double bytes = process_resident_bytes();

    (void)source;
    if (bytes > 0) {
        write_number(metric, bytes, buffer);
    }
}

/* ---- the table ------------------------------------------------------------------------------- */

#define COUNT(member) .write = write_count, .offset = offsetof(struct snapshot, member)

static const struct metric metrics[] = {
    {PREFIX "messages_consumed_total", METRIC_COUNTER, NULL,
     "Messages that were taken in: always the sum of those by outcome and those open.",
     COUNT(consumed)},
    {PREFIX "messages_total", METRIC_COUNTER, "outcome",
     "Messages that have ended: delivered, skipped, dead_lettered, done_before (by an earlier "
     "process) or given_back (open when their partition was).",
     .write = write_outcomes},
    {PREFIX "messages_open", METRIC_GAUGE, NULL, "Messages that were taken in and have not ended.",
     COUNT(open)},
    {PREFIX "messages_held", METRIC_GAUGE, NULL,
     "Of those open, the ones that are dead and kept from the dead-letter topic, because their "
     "mapping kills too many.",
     COUNT(held)},
    {PREFIX "messages_skipped_total", METRIC_COUNTER, "reason",
     "Messages that are no conversions, by the name of the condition.", .write = write_skips},
    {PREFIX "messages_deleted_unread_total", METRIC_COUNTER, NULL,
     "Offsets that Kafka deleted before they were read: orders that are lost.",
     COUNT(deleted_unread)},
    {PREFIX "dead_letters_total", METRIC_COUNTER, "reason",
     "Letters that were sent to the dead-letter topic, by reason.", .write = write_letters},
    {PREFIX "dead_letter_failures_total", METRIC_COUNTER, NULL,
     "Attempts to write a letter that failed; it is tried again without an end.",
     COUNT(letter_failures)},
    {PREFIX "fields_omitted_total", METRIC_COUNTER, NULL,
     "Values that broke their field's rule and were left out.", COUNT(fields_omitted)},
    {PREFIX "conversions_accepted_total", METRIC_COUNTER, NULL, "Conversions that Rokt took.",
     COUNT(conversions)},
    {PREFIX "conversions_repeated_total", METRIC_COUNTER, NULL,
     "Of those accepted, the ones that Rokt said it had before.", COUNT(repeated)},
    {PREFIX "conversions_rejected_total", METRIC_COUNTER, NULL,
     "Conversions that Rokt will never take.", COUNT(rejected)},
    {PREFIX "conversions_identified_total", METRIC_COUNTER, "identity",
     "Conversions handed to delivery that have an email, an email_sha256, a click_id; one may have "
     "several.",
     .write = write_identities},
    {PREFIX "conversions_pending", METRIC_GAUGE, NULL,
     "Conversions that wait to be sent, or for an answer.", COUNT(pending)},
    {PREFIX "requests_total", METRIC_COUNTER, "status",
     "Requests to Rokt that have ended, by status; none: without an answer.",
     .write = write_statuses},
    {PREFIX "request_retries_total", METRIC_COUNTER, NULL, "Of these, those to be sent again.",
     COUNT(retries)},
    {PREFIX "request_duration_seconds", METRIC_HISTOGRAM, NULL, "How long requests took.",
     .write = write_durations},
    {PREFIX "request_conversions", METRIC_HISTOGRAM, NULL, "Conversions in a request.",
     .write = write_batches},
    {PREFIX "requests_in_flight", METRIC_GAUGE, NULL, "Requests that are under way.",
     COUNT(in_flight)},
    {PREFIX "requests_in_flight_limit", METRIC_GAUGE, NULL,
     "Requests at once that the limiter allows now.", COUNT(concurrency)},
    {PREFIX "conversions_per_second_limit", METRIC_GAUGE, NULL,
     "Conversions a second that the limiter allows now; 0: there is no limit.",
     .write = write_rate},
    {PREFIX "rokt_limit_used_ratio", METRIC_GAUGE, NULL,
     "How much of its limit is used, as Rokt said last; absent while it has not.",
     .write = write_used},
    {PREFIX "hold", METRIC_GAUGE, "cause",
     "1 while it is on hold: credentials, refused, dead_letter_share, dead_letter_topic.",
     .write = write_holds},
    {PREFIX "intake_stopped", METRIC_GAUGE, "cause",
     "1 while nothing is read: hold, rokt (it takes no more now), dead_letters, open_messages, "
     "stopping.",
     .write = write_waits},
    {PREFIX "loop_seconds_total", METRIC_COUNTER, "state",
     "What the loop's time went to: busy, waiting_rokt (nothing more may be read) or waiting_kafka "
     "(nothing to do). More relays help only when busy is near 1 a second.",
     .write = write_loop},
    {PREFIX "turn_age_seconds", METRIC_GAUGE, NULL,
     "How old these figures are: more than some seconds is a loop that hangs.",
     .write = write_turn_age},
    {PREFIX "partitions_assigned", METRIC_GAUGE, NULL, "Partitions that this member holds.",
     .write = write_assigned},
    {PREFIX "partition_lag", METRIC_GAUGE, "topic, partition",
     "Offsets from the watermark to the end of the partition.", .write = write_lag},
    {PREFIX "partition_position", METRIC_GAUGE, "topic, partition",
     "Offset of the next message to take in.", .write = write_position},
    {PREFIX "partition_watermark", METRIC_GAUGE, "topic, partition",
     "All below this offset is taken care of.", .write = write_watermark},
    {PREFIX "partition_watermark_age_seconds", METRIC_GAUGE, "topic, partition",
     "For how long messages wait for the one at the watermark; 0: none does.",
     .write = write_watermark_age},
    {PREFIX "partition_end", METRIC_GAUGE, "topic, partition",
     "Offset behind the last message that can be read, by the brokers, asked every 10 s.",
     .write = write_end},
    {PREFIX "partition_open_messages", METRIC_GAUGE, "topic, partition",
     "Messages of it that have not ended.", .write = write_open},
    {PREFIX "partition_blocked", METRIC_GAUGE, "topic, partition",
     "1 when its next message cannot be read: nothing more of it is.", .write = write_blocked},
    {PREFIX "assignments_total", METRIC_COUNTER, NULL, "How often partitions were assigned.",
     COUNT(assignments)},
    {PREFIX "revocations_total", METRIC_COUNTER, NULL,
     "How often partitions were asked back, in good order.", COUNT(revocations)},
    {PREFIX "lost_assignments_total", METRIC_COUNTER, NULL,
     "How often partitions were taken away without a question.", COUNT(losses)},
    {PREFIX "commit_failures_total", METRIC_COUNTER, NULL,
     "Commits that failed; the next one makes up for it.", COUNT(commits_failed)},
    {PREFIX "kafka_errors_total", METRIC_COUNTER, NULL, "Errors that librdkafka told.",
     COUNT(kafka_errors)},
    {PREFIX "build_info", METRIC_GAUGE, "version, api", "1.", .write = write_build},
    {PREFIX "mapping_info", METRIC_GAUGE, "route, mapping, hash",
     "1, for each route; the hash is that of the mapping's dead letters.", .write = write_mappings},
    {"process_start_time_seconds", METRIC_GAUGE, NULL, "When the relay was started, since 1970.",
     .write = write_start},
    {"process_cpu_seconds_total", METRIC_COUNTER, NULL, "Processor time, user and system.",
     .write = write_cpu},
    {"process_resident_memory_bytes", METRIC_GAUGE, NULL, "Memory that is resident.",
     .write = write_memory},
};

#define METRIC_COUNT_ALL (sizeof metrics / sizeof metrics[0])

static const char *const type_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

void metrics_write(const struct snapshot *snapshot, const struct metrics_facts *facts,
                   int64_t now_ms, struct buffer *buffer)
{
    const struct source source = {snapshot, facts, now_ms};

    for (size_t i = 0; i < METRIC_COUNT_ALL; i++) {
        const struct metric *metric = &metrics[i];

        buffer_printf(buffer, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                      metric->name, type_names[metric->type]);
        metric->write(metric, &source, buffer);
    }
}

void metrics_reference(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("| metric | type | labels | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < METRIC_COUNT_ALL; i++) {
        const struct metric *metric = &metrics[i];

        buffer_printf(buffer, "| `%s` | %s | %s | %s |\n", metric->name, type_names[metric->type],
                      metric->labels == NULL ? "" : metric->labels, metric->help);
    }
}
