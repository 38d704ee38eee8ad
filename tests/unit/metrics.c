#include "admin/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/reference.h"

#define TEXT_MAX 200000

static const struct metrics_mapping mapping = {"shop \"a\"", "01234567"};
static const struct metrics_facts facts = {
    .version = "1.2.3",
    .api = "event",
    .started_wall_ms = 1700000000500,
    .mappings = &mapping,
    .mapping_count = 1,
};

static void write(const struct snapshot *snapshot, struct buffer *ret_buffer)
{
    buffer_init(ret_buffer, TEXT_MAX);
    metrics_write(snapshot, &facts, snapshot->taken_ms + 1500, ret_buffer);
    assert_false(ret_buffer->failed);
}

/* Whether the line stands there, as a whole. */
static bool has_line(const struct buffer *buffer, const char *line)
{
    struct slice text = buffer_slice(buffer);
    size_t size = strlen(line);
    for (size_t at = slice_find(text, slice_of(line)); at != SIZE_MAX;
         at = slice_find(text, slice_of(line))) {
        bool begins = text.data == buffer->data + 0 ? at == 0 || text.data[at - 1] == '\n'
                                                    : text.data[at - 1] == '\n';
        if (begins && text.data[at + size] == '\n') {
            return true;
        }
        text = slice_part(text, at + 1, text.size);
    }
    return false;
}

static void expect(const struct buffer *buffer, const char *const lines[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_line(buffer, lines[i])) {
            fail_msg("there is no line: %s", lines[i]);
        }
    }
}

static void figures_stand_behind_their_names(void **state)
{
    (void)state;
    struct snapshot_partition partition = {.topic = "orders",
                                           .number = 2,
                                           .position = 110,
                                           .watermark = 100,
                                           .end = 150,
                                           .open = 7,
                                           .watermark_ms = 4000};
    struct snapshot snapshot = {
        .taken_ms = 5000,
        .consumed = 10,
        .skipped = 4,
        .used_percent = 35,
        .rate = 27.5,
        .reasons = {{"not\npaid", 4, false}, {"not_json", 2, true}},
        .reason_count = 2,
        .statuses = {{200, 3}, {0, 1}, {-1, 9}},
        .status_count = 3,
        .holds = {[SNAPSHOT_HOLD_REFUSED] = true},
        .wait = SNAPSHOT_WAIT_ROKT,
        .busy_ms = 1250,
        .partitions = &partition,
        .partition_count = 1,
    };
    static const char *const lines[] = {
        "# TYPE rokt_relay_messages_total counter",
        "rokt_relay_messages_consumed_total 10",
        "rokt_relay_messages_total{outcome=\"skipped\"} 4",
        "rokt_relay_messages_skipped_total{reason=\"not\\npaid\"} 4",
        "rokt_relay_dead_letters_total{reason=\"not_json\"} 2",
        "rokt_relay_requests_total{status=\"200\"} 3",
        "rokt_relay_requests_total{status=\"none\"} 1",
        "rokt_relay_requests_total{status=\"other\"} 9",
        "rokt_relay_conversions_per_second_limit 27.5",
        "rokt_relay_rokt_limit_used_ratio 0.35",
        "rokt_relay_hold{cause=\"credentials\"} 0",
        "rokt_relay_hold{cause=\"refused\"} 1",
        "rokt_relay_intake_stopped{cause=\"rokt\"} 1",
        "rokt_relay_intake_stopped{cause=\"hold\"} 0",
        "rokt_relay_loop_seconds_total{state=\"busy\"} 1.25",
        "rokt_relay_turn_age_seconds 1.5",
        "rokt_relay_partitions_assigned 1",
        "rokt_relay_partition_lag{topic=\"orders\",partition=\"2\"} 50",
        "rokt_relay_partition_position{topic=\"orders\",partition=\"2\"} 110",
        "rokt_relay_partition_watermark_age_seconds{topic=\"orders\",partition=\"2\"} 1",
        "rokt_relay_build_info{version=\"1.2.3\",api=\"event\"} 1",
        "rokt_relay_mapping_info{route=\"0\",mapping=\"shop \\\"a\\\"\",hash=\"01234567\"} 1",
        "process_start_time_seconds 1700000000.5",
    };
    struct buffer buffer;
    write(&snapshot, &buffer);
    expect(&buffer, lines, sizeof lines / sizeof lines[0]);
    buffer_done(&buffer);
}

static void buckets_are_cumulative_and_in_seconds(void **state)
{
    (void)state;
    struct snapshot snapshot = {.taken_ms = 5000};
    static const char *const lines[] = {
        "rokt_relay_request_duration_seconds_bucket{le=\"0.025\"} 1",
        "rokt_relay_request_duration_seconds_bucket{le=\"0.25\"} 2",
        "rokt_relay_request_duration_seconds_bucket{le=\"10\"} 2",
        "rokt_relay_request_duration_seconds_bucket{le=\"+Inf\"} 3",
        "rokt_relay_request_duration_seconds_sum 20.22",
        "rokt_relay_request_duration_seconds_count 3",
    };
    struct buffer buffer;
    snapshot_observe(&snapshot.durations, snapshot_duration_bounds_ms, 20);
    snapshot_observe(&snapshot.durations, snapshot_duration_bounds_ms, 200);
    snapshot_observe(&snapshot.durations, snapshot_duration_bounds_ms, 20000);
    write(&snapshot, &buffer);
    expect(&buffer, lines, sizeof lines / sizeof lines[0]);
    buffer_done(&buffer);
}

static void what_is_not_known_is_absent(void **state)
{
    (void)state;
    struct snapshot_partition partition = {
        .topic = "t", .position = -1, .watermark = -1, .end = -1};
    struct snapshot snapshot = {
        .taken_ms = 1, .used_percent = -1, .partitions = &partition, .partition_count = 1};
    static const char *const absent[] = {
        "rokt_relay_partition_lag{", "rokt_relay_partition_position{", "rokt_relay_partition_end{",
        "rokt_relay_partition_watermark{", "\nrokt_relay_rokt_limit_used_ratio "};
    struct buffer buffer;
    write(&snapshot, &buffer);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_int_equal(slice_find(buffer_slice(&buffer), slice_of(absent[i])), SIZE_MAX);
    }
    buffer_done(&buffer);
}

static void the_text_is_no_longer_than_its_limit(void **state)
{
    (void)state;
    struct snapshot snapshot = {.taken_ms = 1};
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    metrics_write(&snapshot, &facts, 2, &buffer);
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void the_reference_is_that_of_the_table(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    metrics_reference(&buffer);
    reference_check_in("deploy/README.md", "metrics", buffer_slice(&buffer));
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_stand_behind_their_names),
        cmocka_unit_test(buckets_are_cumulative_and_in_seconds),
        cmocka_unit_test(what_is_not_known_is_absent),
        cmocka_unit_test(the_text_is_no_longer_than_its_limit),
        cmocka_unit_test(the_reference_is_that_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
