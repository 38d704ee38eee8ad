/* The promise under thousands of schedules: orders of every kind, assignments, revokes and losses at any time,
 * every answer of Rokt, letters and commits that fail, stops, kills and fatal errors, all drawn from a seed.
 *
 * The rig checks each commit when it is made. Here, at the end, when the faults are over: every order has been
 * delivered, skipped or dead-lettered, and exactly once unless something happened that cannot be known (an
 * answer that did not come) or waited for (a loss, a kill, the end of a drain).
 *
 * Schedules run in processes of their own, so that whatever ends one of them, an assertion within what is
 * tested included, leaves the test to find out why: it takes steps away as long as the schedule fails, and
 * prints those that are left, as a row for `cases`.
 *
 * `component_schedule SEED` runs one schedule alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS 2000
#define SEEDS_LONG 20000
#define SEEDS_AT_ONCE 100 /* in a process */
#define STEPS_MAX 54
#define STEPS_LEAST 5
#define RECOVERY_MS \
    600000 /* in which all is done after the faults are over; by far less as a rule */
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Something happens, with draws of its own: it is the same whatever happens before it. Then time passes. */
struct step {
    char kind; /* of a happening, see below */
    uint64_t seed;
    int64_t run_ms;
};

struct plan {
    uint64_t seed; /* of the settings */
    size_t count;
    struct step steps[STEPS_MAX];
    bool misreport; /* a fault in the test itself, which it must find, see answer_request() */
};

struct schedule {
    struct rig rig;
    uint64_t random;
    bool trouble;
    bool misreport;
    bool lost;                     /* partitions were, once */
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
    if (schedule->misreport && schedule->lost) {
        return (struct scripted_answer){.status = 200, .body = "{\"data\":{}}"}; /* not taken */
    }
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
    schedule->lost = schedule->lost || count > 0;
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

/* How often each thing happens, in a hundred and one. */
static const struct {
    char kind;
    uint64_t share;
    void (*happen)(struct schedule *schedule);
} happenings[] = {
    {'p', 43, produce},     {'m', 1, spoil_metadata}, {'e', 6, end_partition},
    {'a', 20, assign_some}, {'r', 14, revoke_some},   {'l', 4, lose_some},
    {'c', 9, complain},     {'s', 2, stop},           {'k', 1, kill_it},
    {'b', 1, break_it},
};

static char draw_kind(struct schedule *schedule)
{
    uint64_t lot = draw(schedule, 101);
    size_t i = 0;
    while (lot >= happenings[i].share) {
        lot -= happenings[i++].share;
    }
    return happenings[i].kind;
}

static void take_step(struct schedule *schedule, const struct step *step)
{
    schedule->random = step->seed;
    for (size_t i = 0; i < COUNT(happenings); i++) {
        if (happenings[i].kind == step->kind) {
            happenings[i].happen(schedule);
        }
    }
    assert_int_equal(rig_run(&schedule->rig, step->run_ms), PIPELINE_RUNNING);
}

/* ---- a schedule --------------------------------------------------------------------------------- */

/* A seed that is never 0, of which nothing else would come. */
static uint64_t random_of(uint64_t seed)
{
    return seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

static void begin(struct schedule *schedule, uint64_t seed)
{
    struct rig *rig = &schedule->rig;
    rig_init(rig);
    schedule->random = random_of(seed);
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

static struct plan make_plan(uint64_t seed)
{
    struct schedule dice = {.random = random_of(~seed)};
    struct plan plan = {.seed = seed};
    plan.count = STEPS_LEAST + draw(&dice, STEPS_MAX - STEPS_LEAST + 1);
    for (size_t i = 0; i < plan.count; i++) {
        plan.steps[i].kind = draw_kind(&dice);
        plan.steps[i].run_ms = draw_ms(&dice, 2000);
        plan.steps[i].seed = 1 + draw(&dice, UINT32_MAX);
    }
    return plan;
}

/* What processes tell each other. */
static struct shared {
    uint64_t seed;  /* of the schedule under way */
    uint64_t exact; /* schedules after which nothing may have been repeated */
} * shared;

static void run_plan(const struct plan *plan)
{
    struct schedule schedule = {.trouble = true, .misreport = plan->misreport};
    begin(&schedule, plan->seed);
    for (size_t i = 0; i < plan->count; i++) {
        take_step(&schedule, &plan->steps[i]);
    }
    recover(&schedule);
    shared->exact += !schedule.inexact;
    end(&schedule);
}

/* ---- processes ---------------------------------------------------------------------------------- */

static bool is_child; /* a test that fails there ends the process: see teardown() */

static void be_silent(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
}

/* Whether `run` comes to its end, in another process. */
static bool passes(void (*run)(const void *what), const void *what, bool silent)
{
    int status = 0;
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        is_child = true;
        if (silent) {
            be_silent();
        }
        run(what);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void run_one(const void *what)
{
    run_plan(what);
}

static bool plan_passes(const struct plan *plan)
{
    return passes(run_one, plan, true);
}

/* ---- shrinking ---------------------------------------------------------------------------------- */

static struct plan without(const struct plan *plan, size_t first, size_t count)
{
    struct plan rest = *plan;
    rest.count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (i < first || i >= first + count) {
            rest.steps[rest.count++] = plan->steps[i];
        }
    }
    return rest;
}

/* Takes parts of `size` away wherever it fails without them; whether there was one. */
static bool shrink_by(struct plan *plan, size_t size)
{
    bool shrunk = false;
    size_t first = 0;
    while (first < plan->count) {
        struct plan rest = without(plan, first, size);
        if (plan_passes(&rest)) {
            first += size;
        } else {
            *plan = rest;
            shrunk = true;
        }
    }
    return shrunk;
}

/* Delta debugging (Zeller and Hildebrandt): parts that get smaller, until no step can be missed. */
static void shrink(struct plan *plan)
{
    for (size_t size = plan->count / 2; size > 1; size /= 2) {
        (void)shrink_by(plan, size);
    }
    while (shrink_by(plan, 1)) {
    }
}

static void print_plan(const struct plan *plan, FILE *file)
{
    (void)fprintf(file, "    {.seed = %" PRIu64 ", .count = %zu, .steps = {", plan->seed,
                  plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        (void)fprintf(file, "%s{'%c', %" PRIu64 ", %" PRId64 "}", i > 0 ? ", " : "",
                      plan->steps[i].kind, plan->steps[i].seed, plan->steps[i].run_ms);
    }
    (void)fprintf(file, "}},\n");
}

/* Once more, aloud, after what is left of it. */
static void explain_failure(struct plan plan)
{
    (void)fprintf(stderr, "component_schedule %" PRIu64 " fails, in %zu steps; shrinking …\n",
                  plan.seed, plan.count);
    if (!plan_passes(&plan)) {
        shrink(&plan);
    }
    (void)fprintf(stderr, "%zu of them are left, as a row for `cases`:\n", plan.count);
    print_plan(&plan, stderr);
    (void)passes(run_one, &plan, false);
}

/* ---- all of them -------------------------------------------------------------------------------- */

struct range {
    uint64_t first;
    uint64_t count;
};

static void run_range(const void *what)
{
    const struct range *range = what;
    for (uint64_t seed = range->first; seed < range->first + range->count; seed++) {
        struct plan plan = make_plan(seed);
        shared->seed = seed;
        run_plan(&plan);
    }
}

static void need_range(uint64_t first, uint64_t count)
{
    struct range range = {first, count};
    if (!passes(run_range, &range, true)) {
        explain_failure(make_plan(shared->seed));
        fail_msg("schedule %" PRIu64 " breaks the promise", shared->seed);
    }
}

static uint64_t only_seed;

static void every_order_comes_to_its_end_whatever_happens(void **state)
{
    (void)state;
    uint64_t seeds = getenv("ROKT_RELAY_LONG") != NULL ? SEEDS_LONG : SEEDS;
    if (only_seed != 0) {
        need_range(only_seed, 1);
        return;
    }
    shared->exact = 0;
    for (uint64_t seed = 1; seed <= seeds; seed += SEEDS_AT_ONCE) {
        need_range(seed, SEEDS_AT_ONCE);
    }
    assert_true(shared->exact > seeds / 50); /* so that exactly once is tested too */
}

/* Schedules that are run in any case: those that failed once, as they were shrunk, behind one in which
 * everything happens. */
static const struct plan cases[] = {
    {.seed = 1,
     .count = 18,
     .steps = {{'a', 1, 500},
               {'p', 2, 1000},
               {'p', 3, 100},
               {'r', 4, 2000},
               {'a', 5, 500},
               {'m', 6, 0},
               {'e', 7, 100},
               {'l', 8, 1500},
               {'a', 9, 900},
               {'c', 10, 0},
               {'p', 11, 700},
               {'s', 12, 10},
               {'a', 13, 800},
               {'p', 14, 300},
               {'k', 15, 0},
               {'a', 16, 600},
               {'p', 17, 900},
               {'b', 18, 200}}},
};

static void what_failed_once_does_not_fail_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!plan_passes(&cases[i])) {
            explain_failure(cases[i]);
            fail_msg("case %zu breaks the promise", i);
        }
    }
}

/* Proof that all this would find something: once partitions were lost, the API that is scripted here says
 * that it took what it did not take. */
static void a_fault_is_found_and_shrunk_to_the_steps_that_it_takes(void **state)
{
    (void)state;
    struct plan plan = {.count = 0};
    uint64_t seed = 0;
    do {
        plan = make_plan(++seed);
        plan.misreport = true;
    } while (seed < 100 && plan_passes(&plan));
    assert_true(seed < 100);
    shrink(&plan);
    assert_in_range(plan.count, 2, 4); /* it is assigned and lost, and there is an order */
    for (size_t i = 0; i < plan.count; i++) {
        struct plan rest = without(&plan, i, 1);
        assert_true(plan_passes(&rest));
    }
    assert_false(plan_passes(&plan));
    plan.misreport = false;
    assert_true(plan_passes(&plan));
}

static int teardown(void **state)
{
    (void)state;
    if (is_child) {
        (void)fflush(NULL);
        _exit(1);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_order_comes_to_its_end_whatever_happens, teardown),
        cmocka_unit_test_teardown(what_failed_once_does_not_fail_again, teardown),
        cmocka_unit_test_teardown(a_fault_is_found_and_shrunk_to_the_steps_that_it_takes, teardown),
    };
    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
