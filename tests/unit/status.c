#include "admin/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"

#define NOW_MS 10000000
#define TEXT_MAX 100000

static const struct health_settings health = {.started_ms = NOW_MS, .stall_timeout_ms = 300000};
static const struct metrics_mapping mapping = {"<script>alert(1)</script>", "0123456789abcdef"};
static const struct metrics_facts facts = {
    .version = "1.2.3", .api = "event", .mappings = &mapping, .mapping_count = 1};

static struct snapshot flowing(struct snapshot_partition *partition)
{
    *partition = (struct snapshot_partition){.topic = "orders",
                                             .number = 3,
                                             .position = 110,
                                             .watermark = 100,
                                             .end = 150,
                                             .open = 7,
                                             .read_ms = NOW_MS,
                                             .finished_ms = NOW_MS,
                                             .watermark_ms = NOW_MS - 4000};
    return (struct snapshot){.taken_ms = NOW_MS,
                             .wall_ms = 1700000000000,
                             .assigned = true,
                             .consumed = 1234,
                             .partitions = partition,
                             .partition_count = 1};
}

static struct status_view view_of(const struct snapshot *snapshot)
{
    return (struct status_view){
        .snapshot = snapshot, .facts = &facts, .health = &health, .now_ms = snapshot->taken_ms};
}

static void expect_title(const struct snapshot *snapshot, int64_t now_ms, enum status_state state,
                         const char *title)
{
    struct status_view view = view_of(snapshot);
    enum status_state judged;
    struct error text;
    view.now_ms = now_ms;
    assert_string_equal(status_judge(&view, &judged, &text), title);
    assert_int_equal(judged, state);
    assert_true(text.text[0] != '\0');
}

static void what_stands_at_the_top_is_the_worst(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = flowing(&partition);
    expect_title(&snapshot, NOW_MS, STATUS_WELL, "flowing");
    snapshot.wait = SNAPSHOT_WAIT_ROKT;
    expect_title(&snapshot, NOW_MS, STATUS_WAITS, "as fast as Rokt takes it");
    snapshot.assigned = false;
    expect_title(&snapshot, NOW_MS, STATUS_WAITS, "no partition was assigned yet");
    partition.blocked = true;
    expect_title(&snapshot, NOW_MS, STATUS_ILL, "a partition is blocked");
    snapshot.holds[SNAPSHOT_HOLD_DEAD_LETTER_TOPIC] = true;
    expect_title(&snapshot, NOW_MS, STATUS_ILL, "letters cannot be written");
    snapshot.holds[SNAPSHOT_HOLD_CREDENTIALS] = true;
    expect_title(&snapshot, NOW_MS, STATUS_ILL,
                 "on hold: Rokt refuses the credentials or the address");
    expect_title(&snapshot, NOW_MS + HEALTH_LOOP_MS + 1, STATUS_ILL, "stuck");
}

static bool holds(const struct buffer *buffer, const char *text)
{
    return slice_find(buffer_slice(buffer), slice_of(text)) != SIZE_MAX;
}

static void the_page_needs_nothing_else_and_escapes_what_others_named(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = flowing(&partition);
    struct status_view view = view_of(&snapshot);
    struct status_history history = {0};
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    status_record(&history, &view);
    status_page(&history, &view, &buffer);
    assert_false(buffer.failed);
    assert_true(holds(&buffer, "<b>flowing</b> since 22:13:20 UTC"));
    assert_true(holds(&buffer, "<td>orders-3</td><td>50</td><td>100</td><td>4 s</td><td>150</td>"));
    assert_true(holds(&buffer, "&lt;script&gt;"));
    assert_false(holds(&buffer, "<script"));
    assert_false(holds(&buffer, "src="));
    assert_false(holds(&buffer, "href="));
    buffer_done(&buffer);
}

/* 10 messages a second for longer than the page looks back, then 20. */
static void rates_are_those_of_the_last_minutes(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = flowing(&partition);
    struct status_history history = {0};
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    for (size_t i = 0; i < (size_t)STATUS_SAMPLES * 20 * 2; i++) {
        struct status_view view = view_of(&snapshot);
        status_record(&history, &view);
        snapshot.taken_ms += 250;
        snapshot.consumed += i < (size_t)STATUS_SAMPLES * 20 * 2 - 40 ? 10 : 20;
        partition.read_ms = snapshot.taken_ms;
        partition.finished_ms = snapshot.taken_ms;
    }
    assert_int_equal(history.count, STATUS_SAMPLES);
    struct status_view view = view_of(&snapshot);
    status_page(&history, &view, &buffer);
    assert_true(holds(&buffer, "messages read: 80.0 a second"));
    assert_true(holds(&buffer, "300,3.0 \"/>"));
    assert_true(holds(&buffer, "\"5,50.0 "));
    buffer_done(&buffer);
}

static void the_json_is_json(void **state)
{
    (void)state;
    struct snapshot_partition partition;
    struct snapshot snapshot = flowing(&partition);
    struct status_view view = view_of(&snapshot);
    struct status_history history = {0};
    struct buffer buffer;
    struct arena arena;
    struct error error;
    buffer_init(&buffer, TEXT_MAX);
    arena_init(&arena, 0);
    status_record(&history, &view);
    status_json(&history, &view, &buffer);
    const struct json_value *value = NULL;
    assert_true(json_read(buffer_slice(&buffer), &arena, &value, &error));
    assert_true(holds(&buffer, "\"title\":\"flowing\""));
    assert_true(holds(&buffer, "\"consumed\":1234"));
    assert_true(holds(&buffer, "\"lag\":50"));
    arena_done(&arena);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_at_the_top_is_the_worst),
        cmocka_unit_test(the_page_needs_nothing_else_and_escapes_what_others_named),
        cmocka_unit_test(rates_are_those_of_the_last_minutes),
        cmocka_unit_test(the_json_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
