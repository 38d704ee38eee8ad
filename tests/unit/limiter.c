#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/limiter.h"
#include "support/allocations.h"

#include <math.h>
#include <stdio.h>

#define START_MS 1000000
#define SECOND_MS 1000
#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 30000
#define LATENCY_MS 100

struct fixture {
    struct backoff backoff;
    struct limiter *limiter;
    int64_t now_ms;
};

static void start(struct fixture *fixture, size_t in_flight_max, double rate)
{
    fixture->backoff = (struct backoff){BACKOFF_BASE_MS, BACKOFF_CAP_MS, 1};
    fixture->now_ms = START_MS;
    fixture->limiter =
        limiter_new(&(struct limiter_settings){in_flight_max, rate, &fixture->backoff}, START_MS);
}

static void stop(struct fixture *fixture)
{
    limiter_free(fixture->limiter);
}

/* The answer of a request that was started LATENCY_MS ago: what is not said here is all right. */
static struct limiter_answer good(const struct fixture *fixture)
{
    return (struct limiter_answer){
        .sent_ms = fixture->now_ms - LATENCY_MS,
        .conversions = 20,
        .taken = true,
        .duration_ms = LATENCY_MS,
        .used_percent = -1,
    };
}

static struct limiter_answer failure(const struct fixture *fixture)
{
    struct limiter_answer answer = good(fixture);
    answer.taken = false;
    answer.failed = true;
    return answer;
}

static struct limiter_answer pressed(const struct fixture *fixture, enum rokt_pressure pressure)
{
    struct limiter_answer answer = good(fixture);
    answer.taken = false;
    answer.pressure = pressure;
    return answer;
}

static const char *answer(struct fixture *fixture, struct limiter_answer answer)
{
    return limiter_answer(fixture->limiter, &answer, fixture->now_ms);
}

static int64_t due_ms(const struct fixture *fixture, size_t conversions)
{
    return limiter_due_ms(fixture->limiter, conversions);
}

static bool may_start(const struct fixture *fixture, size_t conversions)
{
    return due_ms(fixture, conversions) <= fixture->now_ms;
}

/* When it may: waits until then. */
static void start_one(struct fixture *fixture, size_t conversions)
{
    int64_t ms = due_ms(fixture, conversions);
    assert_true(ms < INT64_MAX);
    fixture->now_ms = ms > fixture->now_ms ? ms : fixture->now_ms;
    limiter_start(fixture->limiter, conversions, fixture->now_ms);
}

/* One at a time, each answered well at once; for as long as the pace lets. */
static void use(struct fixture *fixture, size_t conversions, int64_t ms)
{
    int64_t end_ms = fixture->now_ms + ms;
    while (fixture->now_ms < end_ms) {
        start_one(fixture, conversions);
        struct limiter_answer taken = good(fixture);
        taken.sent_ms = fixture->now_ms;
        (void)answer(fixture, taken);
    }
}

/* As many as may be started now. */
static size_t start_all(struct fixture *fixture)
{
    size_t count = 0;
    while (may_start(fixture, 1)) {
        limiter_start(fixture->limiter, 1, fixture->now_ms);
        count++;
    }
    return count;
}

/* A round: as many as may be under way, all of which take so long. */
static size_t round_of(struct fixture *fixture, int64_t duration_ms)
{
    size_t count = start_all(fixture);
    fixture->now_ms += duration_ms;
    for (size_t i = 0; i < count; i++) {
        struct limiter_answer taken = good(fixture);
        taken.sent_ms = fixture->now_ms - duration_ms;
        taken.duration_ms = duration_ms;
        (void)answer(fixture, taken);
    }
    return count;
}

/* Until as many may be under way as can be. */
static void warm_up(struct fixture *fixture, size_t in_flight_max)
{
    for (int i = 0; i < 100 && limiter_concurrency(fixture->limiter) < in_flight_max; i++) {
        (void)round_of(fixture, LATENCY_MS);
    }
    assert_int_equal(limiter_concurrency(fixture->limiter), in_flight_max);
}

static uint64_t draw(uint64_t *random, uint64_t choices)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random % choices;
}

/* ---- the pace --------------------------------------------------------------------------------- */

static void a_request_holds_a_tenth_of_a_second_at_most(void **state)
{
    (void)state;
    const struct {
        double rate;
        size_t request_max;
    } cases[] = {{270, 27}, {10, 1}, {3, 1}, {0.5, 1}, {25, 2}, {0, SIZE_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        start(&fixture, 8, cases[i].rate);
        assert_int_equal(limiter_request_max(fixture.limiter), cases[i].request_max);
        stop(&fixture);
    }
}

/* Those that share a limit leave gaps for each other so. */
static void where_less_is_allowed_requests_are_smaller(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    size_t least = 27;
    for (int i = 0; i < 100; i++) {
        start_one(&fixture, limiter_request_max(fixture.limiter));
        fixture.now_ms += LATENCY_MS;
        (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
        assert_true(limiter_request_max(fixture.limiter) <= least);
        least = limiter_request_max(fixture.limiter);
    }
    assert_int_equal(least, 9); /* else the time that each takes would be what limits */
    stop(&fixture);
}

static void it_begins_with_less_than_a_tenth_of_the_rate_and_rises_within_ten_seconds(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    assert_int_equal(lround(limiter_rate(fixture.limiter)), 24);
    start_one(&fixture, 27);
    (void)answer(&fixture, good(&fixture));
    assert_in_range((uint64_t)(due_ms(&fixture, 27) - START_MS), 1090, 1130);
    use(&fixture, 27, 5 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > 100 && limiter_rate(fixture.limiter) < 200);
    use(&fixture, 27, 6 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > 260 && limiter_rate(fixture.limiter) <= 270);
    stop(&fixture);
}

static void full_requests_go_out_evenly_and_nearly_at_the_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    int64_t begin_ms = fixture.now_ms;
    for (int i = 0; i < 100; i++) {
        int64_t before_ms = fixture.now_ms;
        start_one(&fixture, 27);
        (void)answer(&fixture, good(&fixture));
        assert_in_range((uint64_t)(fixture.now_ms - before_ms), 102, 115);
    }
    assert_in_range((uint64_t)(fixture.now_ms - begin_ms), 10200, 10400);
    stop(&fixture);
}

#define STARTS 5000

/* Sizes and delays of any kind; beginning with the highest rate, so that nothing but the limit holds. */
static void no_second_carries_more_than_the_limit(void **state)
{
    (void)state;
    static int64_t at_ms[STARTS];
    static size_t conversions[STARTS];
    uint64_t random = 42;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    fixture.now_ms += 2 * SECOND_MS;
    for (size_t i = 0; i < STARTS; i++) {
        fixture.now_ms += (int64_t)draw(&random, i % 3 == 0 ? 300 : 5);
        conversions[i] = 1 + draw(&random, i % 5 == 0 ? 100 : 27);
        start_one(&fixture, conversions[i]);
        (void)answer(&fixture, good(&fixture));
        at_ms[i] = fixture.now_ms;
        size_t sum = 0;
        for (size_t k = i + 1; k-- > 0 && at_ms[k] > at_ms[i] - 1020;) {
            sum += conversions[k];
        }
        assert_true(sum <= 270);
    }
    stop(&fixture);
}

static void what_is_larger_than_the_limit_goes_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 5);
    for (int i = 0; i < 50; i++) {
        int64_t before_ms = fixture.now_ms;
        start_one(&fixture, 100);
        (void)answer(&fixture, good(&fixture));
        assert_true(i == 0 || fixture.now_ms - before_ms >= 1020);
        assert_true(fixture.now_ms - before_ms <= 10 * SECOND_MS);
    }
    stop(&fixture);
}

static void what_is_not_used_is_not_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    double full = limiter_rate(fixture.limiter);
    for (int i = 0; i < 30; i++) { /* a tenth of it */
        fixture.now_ms += SECOND_MS;
        start_one(&fixture, 27);
        (void)answer(&fixture, good(&fixture));
    }
    assert_true(limiter_rate(fixture.limiter) < full / 4);
    use(&fixture, 27, 20 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) == full);
    fixture.now_ms += 60 * SECOND_MS; /* a pause */
    start_one(&fixture, 27);
    assert_true(limiter_rate(fixture.limiter) < full / 4);
    stop(&fixture);
}

static void too_many_lowers_the_rate_by_a_tenth_once_for_all_that_is_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    double full = limiter_rate(fixture.limiter);
    size_t concurrency = limiter_concurrency(fixture.limiter);
    start_one(&fixture, 27);
    start_one(&fixture, 27);
    assert_non_null(answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE)));
    assert_int_equal(lround(limiter_rate(fixture.limiter)), lround(full * 0.9));
    assert_non_null(answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE)));
    assert_int_equal(lround(limiter_rate(fixture.limiter)), lround(full * 0.9));
    assert_int_equal(limiter_concurrency(fixture.limiter), concurrency);
    fixture.now_ms += LATENCY_MS;
    start_one(&fixture, 27);
    fixture.now_ms += LATENCY_MS;
    (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
    assert_int_equal(lround(limiter_rate(fixture.limiter)), lround(full * 0.81));
    stop(&fixture);
}

static void after_too_many_it_rises_soon_to_near_where_that_was_and_slowly_from_there(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    double full = limiter_rate(fixture.limiter);
    start_one(&fixture, 27);
    (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
    use(&fixture, 27, 4 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > full * 0.91);
    assert_true(limiter_rate(fixture.limiter) < full * 0.95);
    use(&fixture, 27, 16 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > full * 0.97);
    assert_true(limiter_rate(fixture.limiter) < full * 0.98);
    use(&fixture, 27, 120 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) == full);
    stop(&fixture);
}

static void too_quickly_makes_the_rise_less_steep_for_ten_minutes(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    start_one(&fixture, 27);
    fixture.now_ms += LATENCY_MS;
    (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_ACCELERATION));
    use(&fixture, 27, 11 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > 80 && limiter_rate(fixture.limiter) < 180);
    use(&fixture, 27, 15 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > 260);
    fixture.now_ms += 10 * 60 * SECOND_MS;
    use(&fixture, 27, 12 * SECOND_MS);
    assert_true(limiter_rate(fixture.limiter) > 260);
    stop(&fixture);
}

static struct limiter_answer used(const struct fixture *fixture, int percent)
{
    struct limiter_answer answer = good(fixture);
    answer.used_percent = percent;
    return answer;
}

/* Of the limit 90 % are used from here; what is said beyond that is somebody else's. */
static void that_the_limit_is_near_slows_when_others_use_it_too(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    double full = limiter_rate(fixture.limiter);
    for (int i = 0; i < 50; i++) {
        start_one(&fixture, 27);
        assert_null(answer(&fixture, used(&fixture, 100)));
    }
    assert_true(limiter_rate(fixture.limiter) == full);
    fixture.now_ms += SECOND_MS / 2;
    start_one(&fixture, 27);
    fixture.now_ms += LATENCY_MS;
    double before = limiter_rate(fixture.limiter);
    assert_null(answer(&fixture, used(&fixture, 79)));
    assert_true(limiter_rate(fixture.limiter) == before);
    start_one(&fixture, 27);
    fixture.now_ms += LATENCY_MS;
    before = limiter_rate(fixture.limiter);
    assert_non_null(answer(&fixture, used(&fixture, 96)));
    assert_true(limiter_rate(fixture.limiter) < before);
    stop(&fixture);
}

static void above_eighty_per_cent_it_rises_more_slowly(void **state)
{
    (void)state;
    double rises[3];
    const int percents[] = {79, 85, 94};
    for (size_t i = 0; i < 3; i++) {
        struct fixture fixture;
        start(&fixture, 8, 270);
        start_one(&fixture, 13);
        assert_null(answer(&fixture, used(&fixture, percents[i])));
        double before = limiter_rate(fixture.limiter);
        for (int k = 0; k < 10; k++) {
            start_one(&fixture, 13);
            assert_null(answer(&fixture, used(&fixture, percents[i])));
        }
        rises[i] = limiter_rate(fixture.limiter) - before;
        stop(&fixture);
    }
    assert_true(rises[0] > 4 * rises[1]);
    assert_true(rises[1] > 1.3 * rises[2]);
    assert_true(rises[2] > 0);
}

static void steering_alone_takes_half_at_most(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    double ceiling = limiter_rate(fixture.limiter) * 0.9 * 0.9 * 0.9;
    for (int i = 0; i < 4; i++) {
        start_one(&fixture, 27);
        fixture.now_ms += LATENCY_MS;
        (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
    }
    for (int i = 0; i < 1000; i++) {
        start_one(&fixture, 27);
        (void)answer(&fixture, used(&fixture, 100));
    }
    assert_true(limiter_rate(fixture.limiter) > ceiling * 0.49);
    assert_true(limiter_rate(fixture.limiter) < ceiling * 0.55);
    stop(&fixture);
}

/* However many others use up what there is. */
static void the_rate_never_falls_below_where_it_begins(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 27, 20 * SECOND_MS);
    for (int i = 0; i < 100; i++) {
        start_one(&fixture, 27);
        fixture.now_ms += LATENCY_MS;
        (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
    }
    assert_int_equal(lround(limiter_rate(fixture.limiter)), 24);
    assert_true(fixture.now_ms > START_MS + 300 * SECOND_MS); /* there are pauses instead */
    stop(&fixture);
}

static void without_a_limit_there_is_no_pace(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 0);
    for (int i = 0; i < 1000; i++) {
        start_one(&fixture, 100);
        (void)answer(&fixture, i % 5 == 0 ? pressed(&fixture, ROKT_PRESSURE_RATE) : good(&fixture));
        fixture.now_ms += 10;
    }
    assert_int_equal(fixture.now_ms - START_MS, 10000);
    assert_true(limiter_rate(fixture.limiter) == 0);
    stop(&fixture);
}

/* An API that takes 200 in a second of the clock and refuses the rest. How many requests it refused. */
static size_t ask_for(struct fixture *fixture, int64_t ms)
{
    size_t refused = 0;
    size_t taken = 0;
    int64_t second = 0;
    int64_t end_ms = fixture->now_ms + ms;
    while (fixture->now_ms < end_ms) {
        start_one(fixture, 20);
        fixture->now_ms += LATENCY_MS / 10;
        taken = fixture->now_ms / SECOND_MS == second ? taken : 0;
        second = fixture->now_ms / SECOND_MS;
        bool takes = taken < 200;
        taken += takes ? 20 : 0;
        refused += !takes;
        struct limiter_answer said = takes ? good(fixture) : pressed(fixture, ROKT_PRESSURE_RATE);
        said.sent_ms = fixture->now_ms - LATENCY_MS / 10;
        (void)answer(fixture, said);
    }
    return refused;
}

static void when_most_is_too_many_a_limit_is_looked_for_and_forgotten_again(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 0);
    assert_true(ask_for(&fixture, 20 * SECOND_MS) > 20);
    assert_true(limiter_rate(fixture.limiter) > 100 && limiter_rate(fixture.limiter) < 250);
    assert_true(ask_for(&fixture, 100 * SECOND_MS) < 10);
    fixture.now_ms += 10 * 60 * SECOND_MS;
    start_one(&fixture, 100); /* it is tried whether there still is one */
    assert_true(limiter_rate(fixture.limiter) == 0);
    (void)answer(&fixture, good(&fixture));
    assert_true(may_start(&fixture, 100));
    stop(&fixture);
}

/* ---- pauses ----------------------------------------------------------------------------------- */

static void retry_after_holds_for_all_requests(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 0);
    struct limiter_answer asks = pressed(&fixture, ROKT_PRESSURE_NONE);
    warm_up(&fixture, 8);
    start_one(&fixture, 1);
    start_one(&fixture, 1);
    asks.pause_ms = 60000;
    assert_non_null(answer(&fixture, asks));
    int64_t until_ms = due_ms(&fixture, 1);
    assert_in_range((uint64_t)(until_ms - fixture.now_ms), 60000, 60000 + BACKOFF_BASE_MS);
    asks.pause_ms = 1000; /* another that was under way does not shorten it */
    (void)answer(&fixture, asks);
    assert_int_equal(due_ms(&fixture, 1), until_ms);
    fixture.now_ms = until_ms;
    assert_int_equal(start_all(&fixture), 1); /* after a long pause it begins with one */
    stop(&fixture);
}

static void pauses_are_not_the_same_for_all(void **state)
{
    (void)state;
    int64_t first_ms = 0;
    bool differ = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture fixture;
        start(&fixture, 8, 0);
        fixture.backoff.random = seed * 7919;
        struct limiter_answer asks = pressed(&fixture, ROKT_PRESSURE_NONE);
        asks.pause_ms = 1000;
        start_one(&fixture, 1);
        (void)answer(&fixture, asks);
        first_ms = seed == 1 ? due_ms(&fixture, 1) : first_ms;
        differ = differ || due_ms(&fixture, 1) != first_ms;
        stop(&fixture);
    }
    assert_true(differ);
}

static void while_one_at_a_time_fails_pauses_grow_up_to_the_cap(void **state)
{
    (void)state;
    struct fixture fixture;
    int64_t longest_ms = 0;
    start(&fixture, 8, 0);
    for (int i = 0; i < 200; i++) {
        start_one(&fixture, 1);
        assert_int_equal(due_ms(&fixture, 1), INT64_MAX); /* one at a time */
        fixture.now_ms += LATENCY_MS;
        (void)answer(&fixture, failure(&fixture));
        int64_t until_ms = due_ms(&fixture, 1);
        int64_t pause_ms = until_ms > fixture.now_ms ? until_ms - fixture.now_ms : 0;
        assert_true(i > 0 || pause_ms == 0); /* one failure may be chance */
        assert_true(i > 4 || pause_ms <= BACKOFF_BASE_MS << i);
        assert_true(pause_ms <= BACKOFF_CAP_MS);
        longest_ms = pause_ms > longest_ms ? pause_ms : longest_ms;
    }
    assert_true(longest_ms > BACKOFF_CAP_MS / 2);
    start_one(&fixture, 1);
    (void)answer(&fixture, good(&fixture)); /* it is over */
    start_one(&fixture, 1);
    (void)answer(&fixture, failure(&fixture));
    assert_true(may_start(&fixture, 1));
    stop(&fixture);
}

/* ---- concurrency ------------------------------------------------------------------------------ */

static void it_begins_with_one_request_and_doubles_with_each_round(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 20, 0);
    const size_t rounds[] = {1, 2, 4, 8, 16, 20, 20};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        assert_int_equal(round_of(&fixture, LATENCY_MS), rounds[i]);
    }
    stop(&fixture);
}

static void what_is_not_used_does_not_grow(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 0);
    for (int i = 0; i < 100; i++) {
        start_one(&fixture, 1);
        fixture.now_ms += LATENCY_MS;
        (void)answer(&fixture, good(&fixture));
    }
    assert_int_equal(limiter_concurrency(fixture.limiter), 2);
    stop(&fixture);
}

static void a_failure_halves_it_once_for_all_that_is_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 0);
    warm_up(&fixture, 16);
    assert_int_equal(start_all(&fixture), 16);
    fixture.now_ms += LATENCY_MS;
    for (int i = 0; i < 16; i++) {
        (void)answer(&fixture, failure(&fixture));
        assert_int_equal(limiter_concurrency(fixture.limiter), 8);
    }
    assert_true(may_start(&fixture, 1));
    assert_int_equal(round_of(&fixture, LATENCY_MS), 8); /* and then it grows by one a round */
    assert_int_equal(round_of(&fixture, LATENCY_MS), 8);
    assert_int_equal(round_of(&fixture, LATENCY_MS), 9);
    stop(&fixture);
}

static void without_a_limit_too_many_halves_it_as_a_failure_does(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 0);
    warm_up(&fixture, 16);
    fixture.now_ms += LATENCY_MS;
    start_one(&fixture, 1);
    fixture.now_ms += LATENCY_MS;
    (void)answer(&fixture, pressed(&fixture, ROKT_PRESSURE_RATE));
    assert_int_equal(limiter_concurrency(fixture.limiter), 8);
    stop(&fixture);
}

static void when_answers_take_twice_as_long_it_shrinks_by_a_fifth(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 20, 0);
    warm_up(&fixture, 20);
    (void)round_of(&fixture, LATENCY_MS);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(round_of(&fixture, LATENCY_MS * 2), 20); /* not that much longer */
    }
    (void)round_of(&fixture, LATENCY_MS * 3);
    assert_int_equal(limiter_concurrency(fixture.limiter), 16);
    (void)round_of(&fixture, LATENCY_MS * 3);
    assert_int_equal(limiter_concurrency(fixture.limiter), 12);
    stop(&fixture);
}

static void one_answer_that_takes_long_says_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 0);
    warm_up(&fixture, 16);
    for (int i = 0; i < 50; i++) {
        size_t count = start_all(&fixture);
        assert_int_equal(count, 16);
        fixture.now_ms += LATENCY_MS;
        for (size_t k = 0; k < count; k++) {
            struct limiter_answer taken = good(&fixture);
            taken.duration_ms = k == 0 ? 100 * LATENCY_MS : LATENCY_MS;
            (void)answer(&fixture, taken);
        }
    }
    assert_int_equal(limiter_concurrency(fixture.limiter), 16);
    stop(&fixture);
}

/* From one day on all answers take five times as long, whoever asks. */
static void a_new_normal_is_learnt(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 0);
    warm_up(&fixture, 8);
    for (int i = 0; i < 20; i++) {
        (void)round_of(&fixture, LATENCY_MS);
    }
    for (int i = 0; i < 30; i++) {
        (void)round_of(&fixture, LATENCY_MS * 5);
    }
    assert_true(limiter_concurrency(fixture.limiter) <= 4);
    for (int i = 0; i < 100; i++) {
        (void)round_of(&fixture, LATENCY_MS * 5);
    }
    assert_int_equal(limiter_concurrency(fixture.limiter), 8);
    stop(&fixture);
}

static void after_a_hold_it_begins_slowly(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 270);
    use(&fixture, 1, 60 * SECOND_MS);
    start_one(&fixture, 27);
    limiter_restart(fixture.limiter, fixture.now_ms);
    assert_int_equal(limiter_concurrency(fixture.limiter), 1);
    assert_int_equal(lround(limiter_rate(fixture.limiter)), 24);
    assert_int_equal(due_ms(&fixture, 1), INT64_MAX); /* what was under way still is */
    (void)answer(&fixture, good(&fixture));
    assert_true(due_ms(&fixture, 1) < INT64_MAX);
    stop(&fixture);
}

/* ---- whatever happens ------------------------------------------------------------------------- */

#define UNDER_WAY_MAX 8

/* Anything an answer could say. */
static struct limiter_answer any_answer(uint64_t *random, int64_t sent_ms, int64_t now_ms)
{
    return (struct limiter_answer){
        .sent_ms = sent_ms,
        .conversions = 1 + draw(random, 100),
        .taken = draw(random, 2) == 0,
        .failed = draw(random, 4) == 0,
        .pause_ms = draw(random, 10) == 0 ? (int64_t)draw(random, 3600000) : 0,
        .duration_ms =
            draw(random, 20) == 0 ? (int64_t)draw(random, 1000000) - 10 : now_ms - sent_ms,
        .pressure = (enum rokt_pressure)draw(random, 3),
        .used_percent = (int)draw(random, 102) - 1,
    };
}

static void assert_sound(const struct fixture *fixture, double limit, size_t under_way)
{
    double rate = limiter_rate(fixture->limiter);
    assert_true(isfinite(rate) && rate >= 0 && rate < 1e9);
    assert_true(limit == 0 || (rate >= limit * 0.09 && rate <= limit));
    assert_in_range(limiter_concurrency(fixture->limiter), 1, UNDER_WAY_MAX);
    int64_t due = limiter_due_ms(fixture->limiter, 100);
    if (under_way == 0) { /* an hour that was asked for, jitter, and ten seconds of the pace */
        assert_true(due <= fixture->now_ms + 3600000 + BACKOFF_CAP_MS);
    }
}

static void run_randomly(uint64_t seed, double limit)
{
    struct fixture fixture;
    int64_t sent_ms[UNDER_WAY_MAX];
    size_t under_way = 0;
    uint64_t random = seed;
    start(&fixture, UNDER_WAY_MAX, limit);
    size_t allocations = allocations_count();
    for (int i = 0; i < 3000; i++) {
        fixture.now_ms += (int64_t)draw(&random, draw(&random, 50) == 0 ? 100000 : 200);
        size_t conversions = 1 + draw(&random, 100);
        if (may_start(&fixture, conversions)) {
            assert_true(under_way < UNDER_WAY_MAX);
            limiter_start(fixture.limiter, conversions, fixture.now_ms);
            sent_ms[under_way++] = fixture.now_ms;
        } else if (under_way > 0) {
            size_t which = draw(&random, under_way);
            (void)answer(&fixture, any_answer(&random, sent_ms[which], fixture.now_ms));
            sent_ms[which] = sent_ms[--under_way];
        } else {
            fixture.now_ms = due_ms(&fixture, conversions);
        }
        assert_sound(&fixture, limit, under_way);
    }
    assert_int_equal(allocations_count(), allocations);
    stop(&fixture);
}

static void whatever_is_answered_it_stays_within_bounds_and_lets_start_in_time(void **state)
{
    (void)state;
    const double limits[] = {0, 270, 1, 0.1, 100000};
    for (uint64_t seed = 1; seed <= 100; seed++) {
        run_randomly(seed, limits[seed % (sizeof limits / sizeof *limits)]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_holds_a_tenth_of_a_second_at_most),
        cmocka_unit_test(where_less_is_allowed_requests_are_smaller),
        cmocka_unit_test(it_begins_with_less_than_a_tenth_of_the_rate_and_rises_within_ten_seconds),
        cmocka_unit_test(full_requests_go_out_evenly_and_nearly_at_the_limit),
        cmocka_unit_test(no_second_carries_more_than_the_limit),
        cmocka_unit_test(what_is_larger_than_the_limit_goes_alone),
        cmocka_unit_test(what_is_not_used_is_not_kept),
        cmocka_unit_test(too_many_lowers_the_rate_by_a_tenth_once_for_all_that_is_under_way),
        cmocka_unit_test(after_too_many_it_rises_soon_to_near_where_that_was_and_slowly_from_there),
        cmocka_unit_test(too_quickly_makes_the_rise_less_steep_for_ten_minutes),
        cmocka_unit_test(that_the_limit_is_near_slows_when_others_use_it_too),
        cmocka_unit_test(above_eighty_per_cent_it_rises_more_slowly),
        cmocka_unit_test(steering_alone_takes_half_at_most),
        cmocka_unit_test(the_rate_never_falls_below_where_it_begins),
        cmocka_unit_test(without_a_limit_there_is_no_pace),
        cmocka_unit_test(when_most_is_too_many_a_limit_is_looked_for_and_forgotten_again),
        cmocka_unit_test(retry_after_holds_for_all_requests),
        cmocka_unit_test(pauses_are_not_the_same_for_all),
        cmocka_unit_test(while_one_at_a_time_fails_pauses_grow_up_to_the_cap),
        cmocka_unit_test(it_begins_with_one_request_and_doubles_with_each_round),
        cmocka_unit_test(what_is_not_used_does_not_grow),
        cmocka_unit_test(a_failure_halves_it_once_for_all_that_is_under_way),
        cmocka_unit_test(without_a_limit_too_many_halves_it_as_a_failure_does),
        cmocka_unit_test(when_answers_take_twice_as_long_it_shrinks_by_a_fifth),
        cmocka_unit_test(one_answer_that_takes_long_says_nothing),
        cmocka_unit_test(a_new_normal_is_learnt),
        cmocka_unit_test(after_a_hold_it_begins_slowly),
        cmocka_unit_test(whatever_is_answered_it_stays_within_bounds_and_lets_start_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
