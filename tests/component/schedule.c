/* The promise under thousands of schedules: orders of every kind, assignments, revokes and losses at any time,
 * every answer of Rokt, letters and commits that fail, stops, kills and fatal errors, all drawn from a seed.
 *
 * The rig checks each commit when it is made. Here, at the end, when the faults are over: every order has been
 * delivered, skipped or dead-lettered, and exactly once unless something happened that cannot be known (an
 * answer that did not come) or waited for (a loss, a kill, the end of a drain).
 *
 * `component_schedule SEED` runs one schedule alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEEDS 2000
#define SEEDS_LONG 20000
#define STEPS_MAX 50
#define RECOVERY_MS \
    600000 /* in which all is done after the faults are over; by far less as a rule */
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct schedule {
    struct rig rig;
    uint64_t random;
    bool trouble;
    bool inexact;                  /* something may rightly be delivered twice */
    bool assigned[RIG_PARTITIONS]; /* once all events are served */
};

static uint64_t draw(struct schedule *schedule, uint64_t choices)
{
    schedule->random ^= schedule->random << 13;
    schedule->random ^= schedule->random >> 7;
    schedule->random ^= schedule->random << 17;
    return schedule->random % choices;
}

static int64_t draw_ms(struct schedule *schedule, uint64_t most)
{
    return (int64_t)draw(schedule, most + 1);
}

/* ---- answers ------------------------------------------------------------------------------------ */

/* What the answer leaves open is decided here. */
enum taken { TAKEN, NOT_TAKEN, TAKEN_PERHAPS, TAKEN_BEFORE };

static const struct {
    struct scripted_answer answer;
    enum taken taken;
    bool hold;
} answers[] = {
    {{.status = 200, .body = "{\"data\":[{\"unprocessedRecords\":[]}]}"}, TAKEN, false},
    {{.status = 409, .body = ""}, TAKEN_BEFORE, false},
    {{.status = 500, .body = ""}, NOT_TAKEN, false},
    {{.status = 503, .retry_after_ms = 700}, NOT_TAKEN, false},
    {{.status = 429, .retry_after_ms = 5000}, NOT_TAKEN, false},
    {{.failure = "Connection reset by peer"}, TAKEN_PERHAPS, false},
    {{.failure = "Timeout was reached"}, TAKEN_PERHAPS, false},
    {{.status = 200, .body = "<html>" ORACLE_EMAIL}, TAKEN_PERHAPS, false},
    {{.status = 401, .body = ""}, NOT_TAKEN, true},
    {{.status = 302, .body = ""}, NOT_TAKEN, true},
};

/* Whether Rokt took what it gives this answer to. */
static bool is_taken(struct schedule *schedule, enum taken taken)
{
    if (taken != TAKEN_PERHAPS) {
        return taken == TAKEN;
    }
    bool took = draw(schedule, 2) == 0;
    schedule->inexact = schedule->inexact || took;
    return took;
}

static struct scripted_answer any_answer(struct schedule *schedule, struct slice body,
                                         int64_t delay_ms)
{
    struct oracle *oracle = &schedule->rig.oracle;
    int64_t now_ms = schedule->rig.clock.monotonic_ms;
    size_t i = draw(schedule, COUNT(answers));
    struct scripted_answer answer = {.status = 200};
    bool is_rare = answers[i].hold && draw(schedule, 4) != 0;
    if (!is_rare && (answers[i].taken != TAKEN_BEFORE || oracle_knows(oracle, body, now_ms))) {
        answer = answers[i].answer;
        if (is_taken(schedule, answers[i].taken)) {
            oracle_accepted(oracle, body, now_ms + delay_ms);
        }
    }
    return answer;
}

static struct scripted_answer answer_request(void *context, struct rig *rig, struct slice body)
{
    struct schedule *schedule = context;
    struct scripted_answer answer = {.status = 200};
    int64_t delay_ms = draw_ms(schedule, schedule->trouble ? 3000 : 100);
    (void)rig;
    if (schedule->trouble && draw(schedule, 2) == 0) {
        answer = any_answer(schedule, body, delay_ms);
    }
    answer.delay_ms = delay_ms;
    return answer;
}

static struct scripted_letter_answer answer_letter(void *context, size_t attempt)
{
    struct schedule *schedule = context;
    (void)attempt;
    return (struct scripted_letter_answer){
        .delay_ms = draw_ms(schedule, schedule->trouble ? 3000 : 100),
        .failed = schedule->trouble && draw(schedule, 4) == 0,
    };
}

static struct scripted_commit_answer answer_commit(void *context, bool at_once)
{
    struct schedule *schedule = context;
    struct scripted_commit_answer answer = {
        .delay_ms = draw_ms(schedule, schedule->trouble ? 4000 : 100),
        .failed = schedule->trouble && draw(schedule, 4) == 0,
    };
    schedule->inexact = schedule->inexact || (at_once && answer.failed);
    return answer;
}

/* ---- what happens ------------------------------------------------------------------------------- */

static struct order any_order(struct schedule *schedule, size_t partition)
{
    static const enum order_kind kinds[] = {
        ORDER_PAID, ORDER_PAID,   ORDER_PAID,      ORDER_PAID,    ORDER_PAID,
        ORDER_PAID, ORDER_UNPAID, ORDER_TOMBSTONE, ORDER_DAMAGED, ORDER_NAMELESS};
    struct order order = {.kind = kinds[draw(schedule, COUNT(kinds))], .items = 1};
    if (partition >= RIG_TICKETS_0) {
        order.items = (unsigned)draw(schedule, ORACLE_ITEMS_MAX + 1);
    }
    if (draw(schedule, 8) == 0) {
        order.refused = (unsigned)draw(schedule, UINT64_C(1) << order.items);
    }
    return order;
}

static void produce(struct schedule *schedule)
{
    size_t partition = draw(schedule, RIG_PARTITIONS);
    for (uint64_t left = draw(schedule, 15); left > 0; left--) {
        int64_t gap = draw(schedule, 5) == 0 ? draw_ms(schedule, 10) : 0;
        int64_t offset = scripted_consumer_next(schedule->rig.consumer, partition) + gap;
        (void)rig_produce(&schedule->rig, partition, offset, any_order(schedule, partition));
    }
}

static void end_partition(struct schedule *schedule)
{
    size_t partition = draw(schedule, RIG_PARTITIONS);
    int64_t offset =
        scripted_consumer_next(schedule->rig.consumer, partition) + draw_ms(schedule, 2);
    if (offset > 0) {
        scripted_consumer_end(schedule->rig.consumer, partition, offset);
    }
}

/* Some of those that are assigned, or of those that are not; and changes them to the other. */
static size_t turn_some(struct schedule *schedule, bool assigned, size_t ret_partitions[])
{
    size_t count = 0;
    for (size_t i = 0; i < RIG_PARTITIONS; i++) {
        if (schedule->assigned[i] == assigned && draw(schedule, 2) == 0) {
            schedule->assigned[i] = !assigned;
            ret_partitions[count++] = i;
        }
    }
    return count;
}

static void assign_some(struct schedule *schedule)
{
    size_t partitions[RIG_PARTITIONS];
    size_t count = turn_some(schedule, false, partitions);
    if (count > 0) {
        scripted_consumer_assign(schedule->rig.consumer, partitions, count);
    }
}

static void revoke_some(struct schedule *schedule)
{
    size_t partitions[RIG_PARTITIONS];
    size_t count = turn_some(schedule, true, partitions);
    if (count > 0) {
        scripted_consumer_revoke(schedule->rig.consumer, partitions, count);
    }
}

static void lose_some(struct schedule *schedule)
{
    size_t partitions[RIG_PARTITIONS];
    size_t count = turn_some(schedule, true, partitions);
    schedule->inexact = schedule->inexact || count > 0;
    if (count > 0) {
        scripted_consumer_lose(schedule->rig.consumer, partitions, count);
    }
    if (draw(schedule, 2) == 0) {
        assign_some(schedule);
    }
}

/* Another member in its place, which has nothing assigned. */
static void start_anew(struct schedule *schedule)
{
    const struct pipeline_account *account = rig_account(&schedule->rig);
    schedule->inexact = schedule->inexact || account->given_back > 0 || account->open > 0;
    rig_restart(&schedule->rig);
    memset(schedule->assigned, 0, sizeof schedule->assigned);
}

static void stop(struct schedule *schedule)
{
    struct rig *rig = &schedule->rig;
    int64_t before_ms = rig->clock.monotonic_ms;
    int64_t timeout_ms = rig->pipeline_settings.shutdown_timeout_ms;
    pipeline_stop(rig->pipeline);
    assert_int_equal(rig_run(rig, timeout_ms + 1), PIPELINE_STOPPED);
    assert_true(rig->clock.monotonic_ms - before_ms <= timeout_ms);
    start_anew(schedule);
}

static void kill_it(struct schedule *schedule)
{
    schedule->inexact = true;
    start_anew(schedule);
}

static void break_it(struct schedule *schedule)
{
    schedule->inexact = true;
    scripted_consumer_fatal(schedule->rig.consumer, "the broker fenced this member");
    assert_int_equal(rig_run(&schedule->rig, 0), PIPELINE_FAILED);
    start_anew(schedule);
}

static void complain(struct schedule *schedule)
{
    scripted_consumer_error(schedule->rig.consumer, "a broker is down");
}

/* A stranger commits the same offset with another text. */
static void spoil_metadata(struct schedule *schedule)
{
    scripted_consumer_set_metadata(schedule->rig.consumer, draw(schedule, RIG_PARTITIONS),
                                   draw(schedule, 2) == 0 ? "checkpoint" : "rokt-relay/1:CA:x");
}

/* How often each thing happens, in a hundred. */
static const struct {
    void (*happen)(struct schedule *schedule);
    uint64_t share;
} happenings[] = {
    {produce, 43},  {spoil_metadata, 1}, {end_partition, 6}, {assign_some, 20}, {revoke_some, 14},
    {lose_some, 4}, {complain, 9},       {stop, 2},          {kill_it, 1},
};

static void step(struct schedule *schedule)
{
    uint64_t lot = draw(schedule, 101);
    for (size_t i = 0; i < COUNT(happenings); i++) {
        if (lot < happenings[i].share) {
            happenings[i].happen(schedule);
            return;
        }
        lot -= happenings[i].share;
    }
    break_it(schedule);
}

/* ---- a schedule --------------------------------------------------------------------------------- */

static void begin(struct schedule *schedule, uint64_t seed)
{
    struct rig *rig = &schedule->rig;
    rig_init(rig);
    schedule->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    rig->delivery_settings.seed = seed;
    rig->delivery_settings.in_flight = 1 + draw(schedule, 4);
    rig->delivery_settings.batch_conversions = 1 + draw(schedule, 5);
    rig->delivery_settings.batch_linger_ms = draw_ms(schedule, 300);
    rig->delivery_settings.backoff_base_ms = draw_ms(schedule, 200);
    rig->delivery_settings.backoff_cap_ms = draw_ms(schedule, 3000);
    rig->delivery_settings.probe_interval_ms = 1 + draw_ms(schedule, 5000);
    rig->pipeline_settings.open_partition_max =
        1 + draw(schedule, draw(schedule, 2) == 0 ? 10 : 500);
    rig->pipeline_settings.open_max = 1 + draw(schedule, draw(schedule, 2) == 0 ? 20 : 1000);
    rig->pipeline_settings.commit_interval_ms = 1 + draw_ms(schedule, 2000);
    rig->pipeline_settings.drain_timeout_ms = draw_ms(schedule, 20000);
    rig->pipeline_settings.shutdown_timeout_ms = draw_ms(schedule, 30000);
    rig_start(rig);
    rig->context = schedule;
    rig->answer = answer_request;
    rig->answer_letter = answer_letter;
    rig->answer_commit = answer_commit;
    scripted_dead_letter_room(rig->letters, 1 + draw(schedule, 5));
    scripted_consumer_fetch_max(rig->consumer,
                                draw(schedule, 2) == 0 ? 256 : 1 + draw(schedule, 9));
}

static bool all_is_committed(const struct rig *rig)
{
    bool all = true;
    for (size_t i = 0; i < RIG_PARTITIONS; i++) {
        int64_t end = scripted_consumer_next(rig->consumer, i);
        all = all && (end == 0 || rig_committed(rig, i) == end);
    }
    return all;
}

/* The faults are over, and this member gets all partitions. */
static void recover(struct schedule *schedule)
{
    struct rig *rig = &schedule->rig;
    int64_t until_ms = rig->clock.monotonic_ms + RECOVERY_MS;
    schedule->trouble = false;
    for (size_t i = 0; i < RIG_PARTITIONS; i++) {
        if (!schedule->assigned[i]) {
            rig_assign(rig, i);
        }
    }
    while (!all_is_committed(rig)) {
        assert_true(rig->clock.monotonic_ms < until_ms);
        assert_int_equal(rig_run(rig, 500), PIPELINE_RUNNING);
    }
    assert_int_equal(rig_account(rig)->open, 0);
    schedule->inexact = schedule->inexact || rig_account(rig)->given_back > 0;
}

static void check_partition(const struct schedule *schedule, size_t partition)
{
    const struct oracle *oracle = &schedule->rig.oracle;
    int64_t now_ms = schedule->rig.clock.monotonic_ms;
    assert_null(oracle_first_open(oracle, partition, INT64_MAX, now_ms));
    for (size_t i = 0; i < oracle->partitions[partition].count && !schedule->inexact; i++) {
        const struct fate *fate = &oracle->partitions[partition].fates[i];
        if (!oracle_is_exact(fate)) {
            fail_msg("partition %zu: %lld is not done exactly once", partition,
                     (long long)fate->offset);
        }
    }
}

/* It turns when something happens, not in small sleeps: four times as often as was ever seen. */
static void check_turns(const struct rig *rig)
{
    uint64_t seconds = (uint64_t)(rig->clock.monotonic_ms - RIG_START_MS) / 1000;
    assert_true(rig->turns <= 200 + 50 * seconds);
}

static void end(struct schedule *schedule)
{
    struct rig *rig = &schedule->rig;
    check_turns(rig);
    for (size_t i = 0; i < RIG_PARTITIONS; i++) {
        check_partition(schedule, i);
    }
    assert_true(scripted_consumer_longest_revoke_ms(rig->consumer) <=
                rig->pipeline_settings.drain_timeout_ms);
    rig_free(rig);
}

static char seed_line[80]; /* of the schedule under way */
static size_t exact_count;

static void run_schedule(uint64_t seed)
{
    struct schedule schedule = {.trouble = true};
    (void)snprintf(seed_line, sizeof seed_line, "the last schedule was: component_schedule %llu\n",
                   (unsigned long long)seed);
    begin(&schedule, seed);
    for (uint64_t left = 5 + draw(&schedule, STEPS_MAX); left > 0; left--) {
        step(&schedule);
        assert_int_equal(rig_run(&schedule.rig, draw_ms(&schedule, 2000)), PIPELINE_RUNNING);
    }
    recover(&schedule);
    exact_count += !schedule.inexact;
    end(&schedule);
}

/* ---- all of them -------------------------------------------------------------------------------- */

static uint64_t only_seed;

static void every_order_comes_to_its_end_whatever_happens(void **state)
{
    (void)state;
    uint64_t seeds = getenv("ROKT_RELAY_LONG") != NULL ? SEEDS_LONG : SEEDS;
    if (only_seed != 0) {
        run_schedule(only_seed);
        return;
    }
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        run_schedule(seed);
    }
    assert_true(exact_count > seeds / 50); /* so that exactly once is tested too */
}

static void tell_seed(int signal_number)
{
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, seed_line, strlen(seed_line));
    (void)written; /* there is nobody else to tell */
}

static int teardown(void **state)
{
    (void)state;
    tell_seed(0);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_order_comes_to_its_end_whatever_happens, teardown),
    };
    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    (void)signal(SIGABRT, tell_seed); /* of an assertion within what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
