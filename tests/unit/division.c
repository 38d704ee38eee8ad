/* division: how many requests it costs to find the conversions for which whole requests are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "delivery/delivery.h"
#include "rokt/event_api.h"
#include "rokt/event_audience_api.h"
#include "support/conversions.h"
#include "support/scripted_transport.h"

#include <math.h>
#include <stdlib.h>

#define MOST 100 /* in a request */
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A delivery to an API that refuses each request with a poison in it, and takes all others. */
struct search {
    struct clock clock;
    struct delivery_settings settings;
    struct scripted_transport *scripted;
    struct delivery *delivery;
    bool poison[MOST];
    size_t taken[MOST]; /* how often */
    size_t dead[MOST];
    size_t requests;
    struct buffer story; /* of the requests: "0,1,2! 0 1,2", with an ! for one that is refused */
};

static size_t numbers_in(struct slice body, size_t ret_numbers[static MOST])
{
    size_t count = 0;
    size_t at = slice_find(body, SLICE("\"order-"));
    while (at != SIZE_MAX) {
        assert_true(count < MOST);
        body = slice_part(body, at + strlen("\"order-"), SIZE_MAX);
        ret_numbers[count++] = (size_t)strtoull(body.data, NULL, 10);
        at = slice_find(body, SLICE("\"order-"));
    }
    return count;
}

static void tell(struct search *search, const size_t numbers[], size_t count, bool refused)
{
    for (size_t i = 0; i < count; i++) {
        const char *separator = i > 0 ? "," : search->story.size > 0 ? " " : "";
        buffer_printf(&search->story, "%s%zu", separator, numbers[i]);
    }
    buffer_append(&search->story, refused ? SLICE("!") : SLICE(""));
}

static struct scripted_answer decide(void *context, size_t index, struct slice body)
{
    struct search *search = context;
    size_t numbers[MOST];
    size_t count = numbers_in(body, numbers);
    bool refused = false;
    (void)index;
    for (size_t i = 0; i < count; i++) {
        refused = refused || search->poison[numbers[i]];
    }
    for (size_t i = 0; i < count && !refused; i++) {
        search->taken[numbers[i]]++;
    }
    search->requests++;
    tell(search, numbers, count, refused);
    return (struct scripted_answer){
        .delay_ms = 100,
        .status = refused ? 400 : 202,
        .body = refused ? "" : "{}",
    };
}

static void add(struct search *search, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(i, id);
        struct token token = {.sequence = i};
        assert_true(
            delivery_add(search->delivery, &conversion, &conversions_message, token, &error));
    }
}

static void pass_until_next(struct search *search)
{
    int64_t next_ms = delivery_deadline_ms(search->delivery);
    int64_t answer_ms = scripted_transport_deadline_ms(search->scripted);
    next_ms = answer_ms < next_ms ? answer_ms : next_ms;
    assert_true(next_ms != INT64_MAX && next_ms > search->clock.monotonic_ms);
    search->clock.wall_ms += next_ms - search->clock.monotonic_ms;
    search->clock.monotonic_ms = next_ms;
}

/* Until nothing is pending. */
static void run(struct search *search)
{
    struct delivery_report report;
    delivery_dispatch(search->delivery, true);
    while (delivery_pending(search->delivery) > 0) {
        assert_true(search->requests < 1000);
        pass_until_next(search);
        while (delivery_reap(search->delivery, &report)) {
            for (size_t i = 0; i < report.dead_count; i++) {
                search->dead[report.dead[i].token.sequence]++;
            }
        }
        if (delivery_on_hold(search->delivery)) {
            fail_msg("on hold: %.*s", SLICE_PRINT(buffer_slice(&search->story)));
        }
        delivery_dispatch(search->delivery, true);
    }
}

/* `warm`: requests have been taken, so that several may be under way at once. */
static void begin(struct search *search, const struct rokt_api *api, size_t in_flight, bool warm)
{
    *search = (struct search){
        .clock = {.monotonic_ms = 1000, .wall_ms = CONVERSIONS_WALL_MS, .frozen = true},
        .settings = {.api = api,
                     .account_id = "1",
                     .batch_conversions = MOST,
                     .batch_bytes = api->bytes_max,
                     .in_flight = in_flight,
                     .backoff_base_ms = 10,
                     .backoff_cap_ms = 1000,
                     .probe_interval_ms = 10000,
                     .seed = 1},
    };
    search->scripted = scripted_transport_new(&search->clock);
    search->delivery = delivery_new(&search->settings,
                                    scripted_transport_interface(search->scripted), &search->clock);
    buffer_init(&search->story, 64 * 1024);
    scripted_transport_decide(search->scripted, decide, search);
    for (size_t i = 0; warm && i < in_flight; i++) {
        add(search, 1);
        run(search);
    }
    search->taken[0] = 0;
    search->requests = 0;
    buffer_reset(&search->story);
}

static void end(struct search *search)
{
    struct transport *transport = scripted_transport_interface(search->scripted);
    delivery_free(search->delivery);
    transport->operations->free(transport);
    buffer_done(&search->story);
}

/* Each has come to the end that it deserves, once. */
static void assert_ends(const struct search *search, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(search->taken[i], search->poison[i] ? 0 : 1);
        assert_int_equal(search->dead[i], search->poison[i] ? 1 : 0);
    }
}

/* --- One ----------------------------------------------------------------------------------------- */

/* The first of two is refused before anything is taken, so it is tried once more. */
static size_t allowed(size_t count, size_t poison)
{
    return count == 2 && poison == 0 ? 4 : (size_t)(2 * log2((double)count) + 1);
}

static size_t search_one(const struct rokt_api *api, size_t in_flight, bool warm, size_t count,
                         size_t poison)
{
    struct search search;
    begin(&search, api, in_flight, warm);
    search.poison[poison] = true;
    add(&search, count);
    run(&search);
    assert_ends(&search, count);
    size_t requests = search.requests;
    if (requests > allowed(count, poison)) {
        fail_msg("%zu among %zu, %zu at once, %s: %zu requests: %.*s", poison, count, in_flight,
                 warm ? "warm" : "cold", requests, SLICE_PRINT(buffer_slice(&search.story)));
    }
    end(&search);
    return requests;
}

static void one_among_n_costs_two_logarithms_and_one_request_at_most(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 33, 64, MOST};
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t most = 0;
        for (size_t poison = 0; poison < counts[i]; poison++) {
            for (size_t way = 0; way < 8; way++) {
                size_t requests =
                    search_one(way % 2 == 0 ? &rokt_event_api : &rokt_event_audience_api,
                               way / 2 % 2 == 0 ? 1 : 8, way / 4 == 1, counts[i], poison);
                most = requests > most ? requests : most;
            }
        }
        print_message("one among %zu: %zu requests at most\n", counts[i], most);
    }
}

/* --- The requests themselves --------------------------------------------------------------------- */

static void assert_story(bool warm, size_t count, const size_t poison[], size_t poison_count,
                         const char *story)
{
    struct search search;
    begin(&search, &rokt_event_api, 1, warm);
    for (size_t i = 0; i < poison_count; i++) {
        search.poison[poison[i]] = true;
    }
    add(&search, count);
    run(&search);
    assert_ends(&search, count);
    buffer_append_byte(&search.story, '\0');
    assert_string_equal(search.story.data, story);
    end(&search);
}

#define STORY(warm, count, story, ...)                       \
    assert_story(warm, count, (const size_t[]){__VA_ARGS__}, \
                 sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t), story)

static void the_one_at_fault_is_looked_for_by_halves(void **state)
{
    (void)state;
    STORY(false, 8, "0,1,2,3,4,5,6,7! 0,1,2,3 4,5 6! 7", 6);
    STORY(false, 8, "0,1,2,3,4,5,6,7! 0,1,2,3 4,5! 4 5! 6,7", 5);
    STORY(false, 8, "0,1,2,3,4,5,6,7! 0,1,2,3! 4,5,6,7 0,1 2 3!", 3);
    STORY(false, 8, "0,1,2,3,4,5,6,7! 0,1,2,3! 4,5,6,7 0,1! 0! 2,3,1", 0);
    STORY(false, 3, "0,1,2! 0! 1,2 0!", 0);
    STORY(true, 2, "0,1! 0! 1 0!", 0);
    STORY(true, 2, "0,1! 0 1!", 1);
}

static void of_several_at_fault_each_is_found(void **state)
{
    (void)state;
    STORY(false, 8, "0,1,2,3,4,5,6,7! 0,1,2,3! 4,5,6,7! 0,1! 2,3 4,5 6,7! 0 6! 1! 7", 1, 6);
    STORY(false, 4, "0,1,2,3! 0,1! 2,3! 0! 1 2! 3 0!", 0, 2);
    STORY(false, 4, "0,1,2,3! 0,1! 2,3 0! 1!", 0, 1);
}

static void of_any_number_at_fault_each_ends_and_none_is_taken_twice(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (size_t i = 0; i < 500; i++) {
        struct search search;
        begin(&search, &rokt_event_api, 1 + i % 8, i % 2 == 0);
        size_t count = 2 + i % (MOST - 1);
        size_t most = count / 2 < 4 ? count / 2 : 4;
        size_t poisons = 0;
        for (size_t j = 0; j < count; j++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            search.poison[j] = (random >> 40) % (count / 2 + 1) == 0 && poisons < most;
            poisons += search.poison[j];
        }
        add(&search, count);
        run(&search);
        assert_ends(&search, count);
        if (search.requests > 1 + poisons * allowed(count, 0)) {
            fail_msg("%zu among %zu: %zu requests: %.*s", poisons, count, search.requests,
                     SLICE_PRINT(buffer_slice(&search.story)));
        }
        end(&search);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_among_n_costs_two_logarithms_and_one_request_at_most),
        cmocka_unit_test(the_one_at_fault_is_looked_for_by_halves),
        cmocka_unit_test(of_several_at_fault_each_is_found),
        cmocka_unit_test(of_any_number_at_fault_each_ends_and_none_is_taken_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
