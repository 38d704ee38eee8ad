/* Deliveries with all that is in them, in simulated time, against a model of the API: how quickly a backlog is
 * drained, and how much of what is sent is refused. Every run prints its figures and its seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/delivery.h"
#include "rokt/event_audience_api.h"
#include "support/api_model.h"
#include "support/conversions.h"

#include <stdio.h>

#define CONSUMERS_MAX 50
#define NO_END UINT64_MAX

struct side {
    struct transport *transport;
    struct delivery *delivery;
};

struct simulation {
    struct api_model_settings model_settings;
    struct delivery_settings delivery_settings;
    size_t consumers;

    struct clock clock;
    struct api_model *model;
    struct side sides[CONSUMERS_MAX];
    uint64_t added;
    uint64_t delivered;
    int64_t delivered_ms; /* when the last was */
};

static struct simulation simulation_new(uint64_t seed)
{
    return (struct simulation){
        .model_settings =
            {
                .seed = seed,
                .way_min_ms = 10,
                .way_max_ms = 30,
                .answer_min_ms = 50,
                .answer_max_ms = 300,
            },
        .delivery_settings =
            {
                .api = &rokt_event_audience_api,
                .account_id = "",
                .batch_conversions = 100,
                .batch_bytes = 250000,
                .batch_linger_ms = 500,
                .in_flight = 8,
                .backoff_base_ms = 250,
                .backoff_cap_ms = 30000,
                .probe_interval_ms = 30000,
            },
        .consumers = 1,
        .clock = {.wall_ms = CONVERSIONS_WALL_MS, .frozen = true},
    };
}

static void start(struct simulation *simulation)
{
    simulation->model = api_model_new(&simulation->model_settings, &simulation->clock);
    for (size_t i = 0; i < simulation->consumers; i++) {
        struct side *side = &simulation->sides[i];
        struct delivery_settings settings = simulation->delivery_settings;
        settings.seed = simulation->model_settings.seed * 1000 + i;
        side->transport = api_model_transport(simulation->model);
        side->delivery = delivery_new(&settings, side->transport, &simulation->clock);
    }
}

static void stop(struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->consumers; i++) {
        delivery_free(simulation->sides[i].delivery);
        simulation->sides[i].transport->operations->free(simulation->sides[i].transport);
    }
    api_model_free(simulation->model);
}

static void reap(struct simulation *simulation, struct side *side)
{
    struct delivery_report report;
    while (delivery_reap(side->delivery, &report)) {
        assert_int_equal(report.dead_count, 0);
        simulation->delivered += report.delivered_count;
        if (report.delivered_count > 0) {
            simulation->delivered_ms = simulation->clock.monotonic_ms;
        }
    }
}

static void add(struct simulation *simulation, struct side *side, uint64_t backlog)
{
    while (simulation->added < backlog && delivery_has_room(side->delivery)) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(simulation->added++, id);
        assert_true(delivery_add(side->delivery, &conversion, &conversions_message,
                                 (struct token){0}, &error));
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Sets the clock forward to when something happens. */
static void pass(struct simulation *simulation, int64_t until_ms)
{
    int64_t now_ms = simulation->clock.monotonic_ms;
    int64_t next_ms = earlier(until_ms, api_model_deadline_ms(simulation->model));
    for (size_t i = 0; i < simulation->consumers; i++) {
        next_ms = earlier(next_ms, delivery_deadline_ms(simulation->sides[i].delivery));
    }
    next_ms = next_ms > now_ms ? next_ms : now_ms + 1;
    simulation->clock.monotonic_ms = next_ms;
    simulation->clock.wall_ms += next_ms - now_ms;
}

/* Until the backlog is drained, or that time. */
static void run(struct simulation *simulation, uint64_t backlog, int64_t until_ms)
{
    while (simulation->delivered < backlog && simulation->clock.monotonic_ms < until_ms) {
        api_model_turn(simulation->model);
        for (size_t i = 0; i < simulation->consumers; i++) {
            reap(simulation, &simulation->sides[i]);
            add(simulation, &simulation->sides[i], backlog);
            delivery_dispatch(simulation->sides[i].delivery, false);
        }
        pass(simulation, until_ms);
    }
}

/* ---- a limit of the rate ----------------------------------------------------------------------- */

struct bounds {
    double drained; /* per cent of the limit, at least */
    double refused; /* per cent of the requests, at most */
    double later;   /* the same of those after half a minute, at most */
};

#define FIRST_S 30

/* Per cent of the requests that were too many, from that second on. */
static double refused_from(const struct api_model_count *count, size_t second)
{
    uint64_t refused = 0;
    uint64_t requests = 0;
    for (; second < API_MODEL_SECONDS_MAX; second++) {
        refused += count->refused[second];
        requests += count->arrivals[second];
    }
    return 100 * (double)refused / (double)requests;
}

/* Drains a backlog of what the API takes in so many seconds. */
static void drain(struct simulation *simulation, const char *name, int64_t seconds,
                  struct bounds bounds)
{
    double rate = simulation->model_settings.rate;
    uint64_t backlog = (uint64_t)(rate * (double)seconds);
    start(simulation);
    run(simulation, backlog, seconds * 10000);
    const struct api_model_count *count = api_model_count(simulation->model);
    double drained = 100 * (double)backlog * 1000 / ((double)simulation->delivered_ms * rate);
    double refused = refused_from(count, 0);
    double later = refused_from(count, FIRST_S);
    printf("%-50s seed %2llu: %6llu in %5.1f s, %5.1f %% of the limit; %4llu requests, %4.2f %% "
           "refused, %4.2f %% after half a minute\n",
           name, (unsigned long long)simulation->model_settings.seed, (unsigned long long)backlog,
           (double)simulation->delivered_ms / 1000, drained, (unsigned long long)count->requests,
           refused, later);
    assert_int_equal(simulation->delivered, backlog);
    assert_int_equal(count->conversions, backlog); /* none was taken twice */
    stop(simulation);
    assert_true(drained >= bounds.drained);
    assert_true(refused <= bounds.refused);
    assert_true(later <= bounds.later);
}

/* However the API counts, and whether it says how much is used or not. */
static void drain_all(const struct simulation *base, const char *what, int64_t seconds,
                      struct bounds bounds)
{
    static const char *const names[] = {
        [API_MODEL_WINDOWS] = "windows",
        [API_MODEL_SLIDING] = "any second",
        [API_MODEL_BUCKET] = "bucket",
    };
    for (enum api_model_limit limit = API_MODEL_WINDOWS; limit <= API_MODEL_BUCKET; limit++) {
        for (int reports = 0; reports <= 1; reports++) {
            char name[128];
            struct simulation simulation = *base;
            simulation.model_settings.limit = limit;
            simulation.model_settings.reports = reports;
            simulation.model_settings.seed = (uint64_t)limit * 10 + (uint64_t)reports;
            (void)snprintf(name, sizeof name, "%s, %s%s", what, names[limit],
                           reports ? ", reported" : "");
            drain(&simulation, name, seconds, bounds);
        }
    }
}

/* The Event and Audience API as it is documented; what it says of the increase is no figure. */
static struct simulation limited(void)
{
    struct simulation simulation = simulation_new(1);
    simulation.delivery_settings.rate = 270;
    simulation.model_settings.rate = 270;
    simulation.model_settings.acceleration = 1.5;
    simulation.model_settings.acceleration_floor = 27;
    return simulation;
}

static void a_backlog_is_drained_at_the_limit_and_hardly_a_request_refused(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    drain_all(&simulation, "270/s", 371, (struct bounds){95, 1, 1});
}

static void a_network_that_delays_unevenly_costs_little(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    simulation.model_settings.way_max_ms = 100;
    drain_all(&simulation, "270/s, 10 to 100 ms to get there", 120, (struct bounds){85, 1, 0.5});
}

static void a_stricter_limit_on_the_increase_makes_the_start_slower_and_no_more(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    simulation.model_settings.acceleration = 1.05;
    simulation.model_settings.acceleration_floor = 30;
    drain_all(&simulation, "270/s, 5 % more than before", 120, (struct bounds){80, 1, 1});
}

static void a_limit_below_the_configured_one_is_found(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    simulation.model_settings.rate = 200;
    drain_all(&simulation, "200/s, 270 configured", 200, (struct bounds){80, 1, 1});
    simulation.model_settings.retry_after_ms = 1000;
    drain_all(&simulation, "200/s, 270 configured, Retry-After", 200, (struct bounds){80, 1, 1});
    simulation.model_settings.rate = 60;
    simulation.model_settings.retry_after_ms = 0;
    drain_all(&simulation, "60/s, 270 configured", 370, (struct bounds){80, 3, 3});
}

static void several_consumers_share_a_limit(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    simulation.consumers = 4;
    drain_all(&simulation, "270/s for 4 that may 270/s each", 400, (struct bounds){80, 1, 0.6});
    simulation.consumers = 8;
    drain_all(&simulation, "270/s for 8 that may 270/s each", 400, (struct bounds){80, 3, 2});
    simulation.consumers = 12;
    simulation.delivery_settings.rate = 22;
    drain_all(&simulation, "270/s for 12 that may 22/s each", 200, (struct bounds){85, 1, 0.1});
}

/* Requests of 100: at most two of them fit in a second. */
static void a_limit_that_nobody_configured_is_found(void **state)
{
    (void)state;
    struct simulation simulation = limited();
    simulation.delivery_settings.rate = 0;
    simulation.model_settings.acceleration = 0;
    drain_all(&simulation, "270/s, none configured", 200, (struct bounds){70, 2, 1});
}

/* ---- an outage --------------------------------------------------------------------------------- */

#define DOWN_S 20
#define UP_S 320
#define END_S 380

static uint32_t most_arrivals(const struct api_model_count *count, size_t from_s, size_t to_s)
{
    uint32_t most = 0;
    for (size_t i = from_s; i < to_s; i++) {
        most = count->arrivals[i] > most ? count->arrivals[i] : most;
    }
    return most;
}

/* Seconds until nine tenths of the capacity are used again. */
static size_t recovery_s(const struct api_model_count *count, double capacity)
{
    size_t second = UP_S;
    while (second < END_S && (double)count->accepted[second] < capacity * 0.9) {
        second++;
    }
    return second - UP_S;
}

/* Fifty with an endless backlog, for five minutes of which nothing is taken, and whose `capacity` is then less
 * than they would use. With 503 for what is beyond it they ask for `peak` times of it in a second at most. */
static void go_down(uint64_t seed, bool refuses, double capacity, double peak)
{
    struct simulation simulation = simulation_new(seed);
    simulation.consumers = 50;
    simulation.delivery_settings.batch_conversions = 1;
    simulation.model_settings.capacity = capacity;
    simulation.model_settings.down_from_ms = DOWN_S * 1000;
    simulation.model_settings.down_to_ms = UP_S * 1000;
    simulation.model_settings.refuses = refuses;
    start(&simulation);
    run(&simulation, NO_END, END_S * 1000);
    const struct api_model_count *count = api_model_count(simulation.model);
    uint32_t down = most_arrivals(count, DOWN_S + 60, UP_S);
    uint32_t first = most_arrivals(count, UP_S, UP_S + 10);
    uint32_t later = most_arrivals(count, UP_S + 10, END_S);
    size_t recovered_s = recovery_s(count, capacity);
    printf("50 consumers, down (%s), then %4.0f requests/s, seed %llu: at most %u requests/s while "
           "down, %u in the first 10 s, %u later; 90 %% of the capacity after %zu s\n",
           refuses ? "refused" : "503", capacity, (unsigned long long)seed, down, first, later,
           recovered_s);
    stop(&simulation);
    assert_true(down <= 20); /* of 400 that could be under way at once */
    assert_true(first <= capacity * 2);
    assert_true(later <= capacity * peak);
    assert_true(recovered_s <= 15);
}

static void after_an_outage_there_is_no_herd(void **state)
{
    (void)state;
    go_down(1, true, 1000, 1.3);
    go_down(2, false, 1000, 1.3);
    /* Here even one request at a time of each is too much: 50 in 175 ms. */
    go_down(3, true, 200, 3);
    go_down(4, false, 200, 3);
}

/* ---- how long answers take --------------------------------------------------------------------- */

/* Requests that the API takes when there are always so many under way. */
static uint64_t taken_with(const struct simulation *base, size_t under_way, int64_t until_ms)
{
    const struct slice body = SLICE("[{\"source_message_id\":\"1\"}]");
    const char *const none[] = {NULL};
    struct clock clock = base->clock;
    struct api_model *model = api_model_new(&base->model_settings, &clock);
    struct transport *transport = api_model_transport(model);
    struct transport_answer answer;
    for (size_t i = 0; i < under_way; i++) {
        transport->operations->submit(transport, model, body, none);
    }
    while (clock.monotonic_ms < until_ms) {
        api_model_turn(model);
        while (transport->operations->reap(transport, &answer)) {
            transport->operations->submit(transport, model, body, none);
        }
        int64_t next_ms = api_model_deadline_ms(model);
        clock.monotonic_ms = next_ms > clock.monotonic_ms ? next_ms : clock.monotonic_ms + 1;
    }
    uint64_t taken = api_model_count(model)->conversions;
    transport->operations->free(transport);
    api_model_free(model);
    return taken;
}

/* What the limiter reaches, in per cent of what the best fixed number of requests at once does. */
static double share_of_best(struct simulation *simulation, const char *name, int64_t seconds)
{
    uint64_t best = 0;
    size_t best_count = 0;
    uint64_t most = 0;
    simulation->delivery_settings.batch_conversions = 1;
    for (size_t i = 1; i <= simulation->delivery_settings.in_flight; i++) {
        most = taken_with(simulation, i, seconds * 1000);
        best_count = most > best ? i : best_count;
        best = most > best ? most : best;
    }
    start(simulation);
    run(simulation, NO_END, seconds * 1000);
    double share = 100 * (double)simulation->delivered / (double)best;
    printf("%-50s seed %2llu: %llu requests in %lld s, %.1f %% of the best (%zu at once); %zu at "
           "once: %.1f %%\n",
           name, (unsigned long long)simulation->model_settings.seed,
           (unsigned long long)simulation->delivered, (long long)seconds, share, best_count,
           simulation->delivery_settings.in_flight, 100 * (double)most / (double)best);
    stop(simulation);
    return share;
}

static struct simulation queueing(size_t workers, int64_t service_ms, double thrashing)
{
    struct simulation simulation = simulation_new(7);
    simulation.delivery_settings.in_flight = 32;
    simulation.model_settings.workers = workers;
    simulation.model_settings.service_ms = service_ms;
    simulation.model_settings.thrashing = thrashing;
    return simulation;
}

static void a_queue_is_kept_short_and_its_workers_busy(void **state)
{
    (void)state;
    struct simulation four = queueing(4, 50, 0);
    assert_true(share_of_best(&four, "4 workers, 50 ms", 150) >= 97);
    struct simulation one = queueing(1, 20, 0);
    assert_true(share_of_best(&one, "1 worker, 20 ms", 150) >= 97);
}

/* Each request that waits makes all of them slower: whoever sends all that is allowed has little of it. */
static void a_server_that_suffers_from_its_queue_is_spared(void **state)
{
    (void)state;
    struct simulation mild = queueing(4, 50, 0.02);
    assert_true(share_of_best(&mild, "4 workers, 50 ms, 2 % slower for each waiting", 150) >= 85);
    struct simulation harsh = queueing(4, 50, 0.1);
    assert_true(share_of_best(&harsh, "4 workers, 50 ms, 10 % slower for each waiting", 150) >= 70);
}

static void without_a_limit_nothing_is_slowed(void **state)
{
    (void)state;
    struct simulation simulation = simulation_new(8);
    assert_true(share_of_best(&simulation, "no limit, no queue, 8 at once", 150) >= 98);
    simulation = simulation_new(9);
    simulation.delivery_settings.in_flight = 32;
    assert_true(share_of_best(&simulation, "no limit, no queue, 32 at once", 60) >= 98);
}

/* Quick at first, then down; and when it is up again all answers take thirty times as long. */
static void what_was_quick_once_is_no_measure_for_ever(void **state)
{
    (void)state;
    struct simulation simulation = simulation_new(10);
    simulation.model_settings.way_min_ms = 1;
    simulation.model_settings.way_max_ms = 1;
    simulation.model_settings.answer_min_ms = 2;
    simulation.model_settings.answer_max_ms = 4;
    simulation.model_settings.down_from_ms = 3000;
    simulation.model_settings.down_to_ms = 3500;
    simulation.model_settings.slower_from_ms = 3000;
    simulation.model_settings.slower_ms = 100;
    assert_true(share_of_best(&simulation, "3 ms, an outage, then 103 ms", 600) >= 85);
}

/* Longer than the pause after which it begins slowly. */
static void answers_that_take_long_are_waited_for_side_by_side(void **state)
{
    (void)state;
    struct simulation simulation = simulation_new(11);
    simulation.model_settings.answer_min_ms = 12000;
    simulation.model_settings.answer_max_ms = 15000;
    assert_true(share_of_best(&simulation, "answers take 12 to 15 s", 1200) >= 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backlog_is_drained_at_the_limit_and_hardly_a_request_refused),
        cmocka_unit_test(a_network_that_delays_unevenly_costs_little),
        cmocka_unit_test(a_stricter_limit_on_the_increase_makes_the_start_slower_and_no_more),
        cmocka_unit_test(a_limit_below_the_configured_one_is_found),
        cmocka_unit_test(several_consumers_share_a_limit),
        cmocka_unit_test(a_limit_that_nobody_configured_is_found),
        cmocka_unit_test(after_an_outage_there_is_no_herd),
        cmocka_unit_test(a_queue_is_kept_short_and_its_workers_busy),
        cmocka_unit_test(a_server_that_suffers_from_its_queue_is_spared),
        cmocka_unit_test(without_a_limit_nothing_is_slowed),
        cmocka_unit_test(what_was_quick_once_is_no_measure_for_ever),
        cmocka_unit_test(answers_that_take_long_are_waited_for_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
