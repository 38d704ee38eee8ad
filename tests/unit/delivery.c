#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "delivery/batch.h"
#include "delivery/delivery.h"
#include "rokt/event_api.h"
#include "rokt/event_audience_api.h"
#include "support/allocations.h"
#include "support/conversions.h"
#include "support/gunzip.h"
#include "support/scripted_transport.h"

#include <stdlib.h>

#define START_MS 1000000

struct fixture {
    struct clock clock;
    struct delivery_settings settings;
    struct scripted_transport *scripted;
    struct delivery *delivery;
    uint64_t added; /* conversions, their tokens counting from 0 */
    size_t warming; /* requests before the test's own */
};

static struct fixture fixture_new(void)
{
    return (struct fixture){
        .clock = {.monotonic_ms = START_MS, .wall_ms = CONVERSIONS_WALL_MS, .frozen = true},
        .settings =
            {
                .api = &rokt_event_api,
                .account_id = "1",
                .batch_conversions = 2,
                .batch_bytes = 100000,
                .batch_linger_ms = 500,
                .in_flight = 3,
                .backoff_base_ms = 100,
                .backoff_cap_ms = 30000,
                .probe_interval_ms = 10000,
                .seed = 1,
            },
    };
}

/* What the fixture holds must have its final address and settings by now. */
static void start_cold(struct fixture *fixture)
{
    fixture->scripted = scripted_transport_new(&fixture->clock);
    fixture->delivery = delivery_new(
        &fixture->settings, scripted_transport_interface(fixture->scripted), &fixture->clock);
}

static void stop(struct fixture *fixture)
{
    struct transport *transport = scripted_transport_interface(fixture->scripted);
    delivery_free(fixture->delivery);
    transport->operations->free(transport);
}

static void add(struct fixture *fixture, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(fixture->added, id);
        struct token token = {.sequence = fixture->added++};
        assert_true(
            delivery_add(fixture->delivery, &conversion, &conversions_message, token, &error));
    }
}

/* A whole batch, sent at once when there is a place. */
static void send_batch(struct fixture *fixture)
{
    add(fixture, fixture->settings.batch_conversions);
    delivery_dispatch(fixture->delivery, false);
}

static void pass(struct fixture *fixture, int64_t ms)
{
    fixture->clock.monotonic_ms += ms;
    fixture->clock.wall_ms += ms;
}

/* The next report, which must be there and of that kind. */
static struct delivery_report reap(struct fixture *fixture, enum delivery_event event)
{
    struct delivery_report report;
    assert_true(delivery_reap(fixture->delivery, &report));
    assert_int_equal(report.event, event);
    return report;
}

static void expect_nothing(struct fixture *fixture)
{
    struct delivery_report report;
    assert_false(delivery_reap(fixture->delivery, &report));
}

static size_t requests(const struct fixture *fixture)
{
    return scripted_transport_count(fixture->scripted) - fixture->warming;
}

static const struct scripted_request *request(const struct fixture *fixture, size_t index)
{
    return scripted_transport_request(fixture->scripted, fixture->warming + index);
}

/* Requests have been taken, so that as many may be under way at once as are allowed. */
static void start(struct fixture *fixture)
{
    struct delivery_report report;
    start_cold(fixture);
    for (size_t i = 0; i < fixture->settings.in_flight; i++) {
        add(fixture, fixture->settings.in_flight * fixture->settings.batch_conversions);
        while (delivery_pending(fixture->delivery) > 0) {
            delivery_dispatch(fixture->delivery, false);
            while (delivery_reap(fixture->delivery, &report)) {
                assert_int_equal(report.event, DELIVERY_SETTLED);
            }
        }
    }
    fixture->warming = scripted_transport_count(fixture->scripted);
    fixture->added = 0;
}

static void assert_same_body(const struct fixture *fixture, size_t a, size_t b)
{
    assert_true(slice_equal(request(fixture, a)->body, request(fixture, b)->body));
}

static void conversions_are_sent_when_lingered_and_reported_by_their_tokens(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), INT64_MAX);
    add(&fixture, 1);
    assert_int_equal(delivery_pending(fixture.delivery), 1);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), START_MS + 500);
    pass(&fixture, 499);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 0);
    pass(&fixture, 1);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 1);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), INT64_MAX);
    struct delivery_report report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.delivered_count, 1);
    assert_int_equal(report.delivered[0].sequence, 0);
    assert_int_equal(report.status, 200);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    expect_nothing(&fixture);
    stop(&fixture);
}

static void flush_sends_at_once_what_is_open(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    add(&fixture, 1);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 1);
    (void)reap(&fixture, DELIVERY_SETTLED);
    stop(&fixture);
}

static void a_refused_conversion_is_not_pending(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    char id[37];
    struct error error = {""};
    struct conversion conversion = conversions_make(1, id);
    conversion.event_time_ms = 0;
    assert_false(delivery_add(fixture.delivery, &conversion, &conversions_message,
                              (struct token){0}, &error));
    assert_non_null(strstr(error.text, "eventTime"));
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 0);
    stop(&fixture);
}

static void never_more_requests_are_in_flight_than_allowed_and_room_ends(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    scripted_transport_otherwise(fixture.scripted,
                                 (struct scripted_answer){.status = 200, .delay_ms = 50});
    for (size_t i = 0; i < 3 + DELIVERY_SPARE_BATCHES; i++) {
        assert_true(delivery_has_room(fixture.delivery));
        send_batch(&fixture);
    }
    assert_false(delivery_has_room(fixture.delivery));
    assert_int_equal(requests(&fixture), 3);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), INT64_MAX);
    pass(&fixture, 50);
    for (size_t i = 0; i < 3; i++) {
        struct delivery_report report = reap(&fixture, DELIVERY_SETTLED);
        assert_int_equal(report.duration_ms, 50);
        assert_int_equal(report.delivered[0].sequence, 2 * i);
        assert_true(delivery_has_room(fixture.delivery));
    }
    assert_int_equal(delivery_deadline_ms(fixture.delivery), fixture.clock.monotonic_ms);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 5);
    assert_int_equal(scripted_transport_most_in_flight(fixture.scripted), 3);
    stop(&fixture);
}

static void more_than_there_is_room_for_is_taken_all_the_same(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    scripted_transport_otherwise(fixture.scripted,
                                 (struct scripted_answer){.status = 200, .delay_ms = 50});
    for (size_t i = 0; i < 20; i++) {
        send_batch(&fixture);
    }
    size_t delivered = 0;
    for (int turn = 0; turn < 10; turn++) {
        pass(&fixture, 50);
        struct delivery_report report;
        while (delivery_reap(fixture.delivery, &report)) {
            assert_int_equal(report.event, DELIVERY_SETTLED);
            delivered += report.delivered_count;
        }
        delivery_dispatch(fixture.delivery, false);
    }
    assert_int_equal(delivered, 40);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    assert_int_equal(scripted_transport_most_in_flight(fixture.scripted), 3);
    stop(&fixture);
}

static void a_transient_answer_sends_the_same_bytes_again_when_due(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.status = 503}, {.status = 200}};
    scripted_transport_script(fixture.scripted, script, 2);
    send_batch(&fixture);
    struct delivery_report report = reap(&fixture, DELIVERY_RETRIED);
    assert_int_equal(report.status, 503);
    assert_non_null(strstr(report.cause.text, "503"));
    assert_in_range((uint64_t)report.wait_ms, 1, 100); /* by this seed it is not 0 */
    assert_int_equal(delivery_deadline_ms(fixture.delivery), START_MS + report.wait_ms);
    assert_int_equal(delivery_pending(fixture.delivery), 2);
    pass(&fixture, report.wait_ms - 1);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 1);
    pass(&fixture, 1);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 2);
    assert_same_body(&fixture, 0, 1);
    report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.attempts, 2);
    stop(&fixture);
}

static void a_request_without_an_answer_is_sent_again(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.failure = "connection reset", .status = 200}};
    scripted_transport_script(fixture.scripted, script, 1);
    send_batch(&fixture);
    struct delivery_report report = reap(&fixture, DELIVERY_RETRIED);
    assert_int_equal(report.status, 0);
    assert_string_equal(report.cause.text, "connection reset");
    pass(&fixture, report.wait_ms);
    delivery_dispatch(fixture.delivery, false);
    (void)reap(&fixture, DELIVERY_SETTLED);
    assert_same_body(&fixture, 0, 1);
    stop(&fixture);
}

static void a_failure_is_never_taken_for_the_status_that_came_with_it(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.failure = "closed early", .status = 401}};
    scripted_transport_script(fixture.scripted, script, 1);
    send_batch(&fixture);
    (void)reap(&fixture, DELIVERY_RETRIED);
    assert_false(delivery_on_hold(fixture.delivery));
    stop(&fixture);
}

static void retry_after_is_the_floor(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.status = 429, .retry_after_ms = 60000}};
    scripted_transport_script(fixture.scripted, script, 1);
    send_batch(&fixture);
    struct delivery_report report = reap(&fixture, DELIVERY_RETRIED);
    assert_in_range((uint64_t)report.wait_ms, 60000, 60100);
    pass(&fixture, 59999);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 1);
    stop(&fixture);
}

static void it_is_tried_again_without_an_end(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    scripted_transport_otherwise(fixture.scripted, (struct scripted_answer){.status = 500});
    send_batch(&fixture);
    for (size_t i = 1; i <= 2000; i++) {
        struct delivery_report report = reap(&fixture, DELIVERY_RETRIED);
        assert_in_range((uint64_t)report.wait_ms, 0, 30000);
        int64_t until_ms = delivery_deadline_ms(fixture.delivery) - fixture.clock.monotonic_ms;
        assert_in_range((uint64_t)until_ms, (uint64_t)report.wait_ms, 30000);
        pass(&fixture, until_ms);
        delivery_dispatch(fixture.delivery, false);
        assert_int_equal(requests(&fixture), i + 1);
        assert_same_body(&fixture, 0, i);
    }
    stop(&fixture);
}

static void what_waits_to_be_sent_again_comes_before_what_is_new(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    fixture.settings.in_flight = 1;
    start(&fixture);
    const struct scripted_answer script[] = {{.status = 500}, {.status = 200, .delay_ms = 200}};
    scripted_transport_script(fixture.scripted, script, 2);
    send_batch(&fixture);
    (void)reap(&fixture, DELIVERY_RETRIED);
    send_batch(&fixture); /* the retry is not due yet, so this one goes */
    send_batch(&fixture);
    assert_int_equal(requests(&fixture), 2);
    pass(&fixture, 200);
    struct delivery_report report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.delivered[0].sequence, 2);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 3);
    assert_same_body(&fixture, 0, 2);
    stop(&fixture);
}

/* One batch waits a minute, a hold begins and ends: probes and all else in their order. */
static void a_hold_probes_with_the_oldest_batch_and_ends_by_itself(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {
        {.status = 401, .delay_ms = 10}, /* the first batch: the hold begins */
        {.status = 200, .delay_ms = 30}, /* in flight then: delivered, but no end of it */
        {.status = 403, .delay_ms = 50}, /* in flight then too */
        {.status = 401},                 /* the first probe */
        {.status = 503},                 /* the second */
        {.status = 200},                 /* the third */
    };
    scripted_transport_script(fixture.scripted, script, 6);
    for (int i = 0; i < 4; i++) {
        send_batch(&fixture);
    }
    assert_int_equal(requests(&fixture), 3);

    pass(&fixture, 10);
    struct delivery_report report = reap(&fixture, DELIVERY_HELD);
    assert_int_equal(report.status, 401);
    assert_int_equal(report.wait_ms, 10000);
    assert_non_null(strstr(report.cause.text, "401"));
    assert_true(delivery_on_hold(fixture.delivery));
    assert_false(delivery_has_room(fixture.delivery));
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 3);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), INT64_MAX);

    pass(&fixture, 40);
    (void)reap(&fixture, DELIVERY_SETTLED);
    assert_true(delivery_on_hold(fixture.delivery));
    report = reap(&fixture, DELIVERY_HELD);
    assert_int_equal(report.wait_ms, 9960); /* it does not put the probe off */
    assert_int_equal(delivery_deadline_ms(fixture.delivery), START_MS + 10010);

    pass(&fixture, 9959);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 3);
    pass(&fixture, 1);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 4);
    assert_same_body(&fixture, 0, 3);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), INT64_MAX);
    report = reap(&fixture, DELIVERY_HELD);
    assert_int_equal(report.wait_ms, 10000);

    pass(&fixture, 10000);
    delivery_dispatch(fixture.delivery, true);
    report = reap(&fixture, DELIVERY_HELD);
    assert_int_equal(report.status, 503);
    assert_int_equal(report.wait_ms, 10000);
    assert_true(delivery_on_hold(fixture.delivery));

    pass(&fixture, 10000);
    delivery_dispatch(fixture.delivery, true);
    assert_int_equal(requests(&fixture), 6);
    report = reap(&fixture, DELIVERY_RESUMED);
    assert_int_equal(report.delivered_count, 2);
    assert_false(delivery_on_hold(fixture.delivery));
    assert_true(delivery_has_room(fixture.delivery));

    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 7); /* after a hold it begins slowly */
    (void)reap(&fixture, DELIVERY_SETTLED);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 8);
    (void)reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    stop(&fixture);
}

static void other_credentials_are_tried_at_once_on_hold(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.status = 401}, {.status = 403}, {.status = 200}};
    scripted_transport_script(fixture.scripted, script, 3);
    send_batch(&fixture);
    assert_int_equal(reap(&fixture, DELIVERY_HELD).wait_ms, 10000);
    pass(&fixture, 1);
    delivery_renewed(fixture.delivery);
    assert_int_equal(delivery_deadline_ms(fixture.delivery), START_MS + 1);
    pass(&fixture, 1);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 2);
    assert_int_equal(reap(&fixture, DELIVERY_HELD).wait_ms, 10000); /* these were no better */
    pass(&fixture, 1);
    delivery_renewed(fixture.delivery);
    pass(&fixture, 1);
    delivery_dispatch(fixture.delivery, false);
    (void)reap(&fixture, DELIVERY_RESUMED);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    stop(&fixture);
}

static void what_was_under_way_with_other_credentials_puts_nothing_off(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {
        {.status = 401, .delay_ms = 10}, /* under way when there are others: the hold begins … */
        {.status = 401, .delay_ms = 20},
        {.status = 401, .delay_ms = 10}, /* … and its probe, sent at once, is too early as well */
        {.status = 200},
    };
    scripted_transport_script(fixture.scripted, script, 4);
    send_batch(&fixture);
    send_batch(&fixture);
    delivery_renewed(fixture.delivery);
    pass(&fixture, 20);
    assert_int_equal(reap(&fixture, DELIVERY_HELD).wait_ms, 0);
    assert_int_equal(reap(&fixture, DELIVERY_HELD).wait_ms, 0);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 3);
    delivery_renewed(fixture.delivery);
    pass(&fixture, 10);
    assert_int_equal(reap(&fixture, DELIVERY_HELD).wait_ms, 0);
    delivery_dispatch(fixture.delivery, false);
    (void)reap(&fixture, DELIVERY_RESUMED);
    stop(&fixture);
}

static void a_retry_after_is_heeded_on_hold_too(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {
        {.status = 403},                          /* the hold begins */
        {.status = 429, .retry_after_ms = 60000}, /* the first probe */
    };
    scripted_transport_script(fixture.scripted, script, 2);
    send_batch(&fixture);
    (void)reap(&fixture, DELIVERY_HELD);
    pass(&fixture, 10000);
    delivery_dispatch(fixture.delivery, false);
    struct delivery_report report = reap(&fixture, DELIVERY_HELD);
    assert_int_equal(report.wait_ms, 60000);
    pass(&fixture, 59999);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 2);
    pass(&fixture, 30000);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 3);
    (void)reap(&fixture, DELIVERY_RESUMED);
    stop(&fixture);
}

#define REFUSED(list) "{\"errors\":[" list "]}"
#define PATH(n) "{\"code\":\"BAD_REQUEST\",\"message\":\"Path '[" n "].ip'\"}"

/* Answers of the Event and Audience API to a batch of eight. */
static void start_with_names(struct fixture *fixture, const struct scripted_answer script[],
                             size_t count)
{
    *fixture = fixture_new();
    fixture->settings.api = &rokt_event_audience_api;
    fixture->settings.batch_conversions = 8;
    start(fixture);
    scripted_transport_script(fixture->scripted, script, count);
    send_batch(fixture);
}

static void what_a_refused_request_names_is_sent_alone_and_the_others_together(void **state)
{
    (void)state;
    const struct scripted_answer script[] = {
        {.status = 400, .body = REFUSED(PATH("0") "," PATH("5"))},
        {.status = 202, .body = ""},                 /* the six others */
        {.status = 400, .body = REFUSED(PATH("0"))}, /* the first that was named */
        {.status = 202, .body = ""},                 /* the other one: it was no fault of its own */
    };
    struct fixture fixture;
    start_with_names(&fixture, script, 4);
    (void)reap(&fixture, DELIVERY_DIVIDED);
    delivery_dispatch(fixture.delivery, false);
    assert_int_equal(requests(&fixture), 4);
    struct delivery_report report = reap(&fixture, DELIVERY_SETTLED);
    const uint64_t others[] = {1, 2, 3, 4, 6, 7};
    assert_int_equal(report.delivered_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(report.delivered[i].sequence, others[i]);
    }
    report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.dead_count, 1);
    assert_int_equal(report.dead[0].token.sequence, 0);
    assert_non_null(strstr(report.dead[0].cause.text, "400 BAD_REQUEST"));
    report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.delivered_count, 1);
    assert_int_equal(report.delivered[0].sequence, 5);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    stop(&fixture);
}

static void what_is_named_is_not_dead_before_another_request_is_taken(void **state)
{
    (void)state;
    const struct scripted_answer script[] = {
        {.status = 400,
         .body = REFUSED(PATH("0") "," PATH("1") "," PATH("2") "," PATH("3") "," PATH("4") "," PATH(
             "5") "," PATH("6") "," PATH("7"))},
    };
    struct fixture fixture;
    start_with_names(&fixture, script, 1);
    scripted_transport_otherwise(fixture.scripted,
                                 (struct scripted_answer){.status = 400, .body = ""});
    (void)reap(&fixture, DELIVERY_DIVIDED);
    delivery_dispatch(fixture.delivery, false);
    struct delivery_report report;
    while (delivery_reap(fixture.delivery, &report)) {
        assert_int_equal(report.dead_count, 0);
        delivery_dispatch(fixture.delivery, false);
    }
    assert_int_equal(requests(&fixture), 9); /* and then they wait */
    assert_int_equal(delivery_pending(fixture.delivery), 8);
    assert_int_equal(delivery_deadline_ms(fixture.delivery),
                     fixture.clock.monotonic_ms + fixture.settings.probe_interval_ms);
    stop(&fixture);
}

/* --- One that is refused, with nothing else to send ------------------------------------------- */

/* To the next thing that happens, and what is reported of it. */
static struct delivery_report next_report(struct fixture *fixture)
{
    struct delivery_report report;
    for (int turn = 0; turn < 10; turn++) {
        delivery_dispatch(fixture->delivery, true);
        if (delivery_reap(fixture->delivery, &report)) {
            return report;
        }
        int64_t next_ms = delivery_deadline_ms(fixture->delivery);
        assert_true(next_ms != INT64_MAX);
        pass(fixture, next_ms - fixture->clock.monotonic_ms);
    }
    fail_msg("nothing happens");
    return report;
}

static const struct scripted_answer refusal = {.status = 400, .body = ""};

static void one_that_is_refused_with_nothing_else_to_send_is_tried_once_more_and_dead(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    pass(&fixture, 60000);
    scripted_transport_otherwise(fixture.scripted, refusal);
    add(&fixture, 1);
    assert_int_equal(next_report(&fixture).event, DELIVERY_DIVIDED);
    int64_t refused_ms = fixture.clock.monotonic_ms;
    struct delivery_report report = next_report(&fixture);
    assert_int_equal(fixture.clock.monotonic_ms, refused_ms + 10000); /* the probe's interval */
    assert_int_equal(report.event, DELIVERY_SETTLED);
    assert_int_equal(report.dead_count, 1);
    assert_int_equal(requests(&fixture), 2);
    assert_false(delivery_on_hold(fixture.delivery));
    stop(&fixture);
}

/* The first, which may be a wrong configuration. */
static void one_that_is_refused_before_any_is_taken_holds(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start_cold(&fixture);
    scripted_transport_otherwise(fixture.scripted, refusal);
    add(&fixture, 1);
    assert_int_equal(next_report(&fixture).event, DELIVERY_DIVIDED);
    assert_int_equal(next_report(&fixture).event, DELIVERY_HELD);
    assert_true(delivery_has_room(fixture.delivery)); /* another may be taken */
    scripted_transport_otherwise(fixture.scripted, (struct scripted_answer){.status = 200});
    assert_int_equal(next_report(&fixture).event, DELIVERY_RESUMED);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    stop(&fixture);
}

static void one_that_is_refused_long_after_the_last_was_taken_holds(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    pass(&fixture, DELIVERY_TRUST_MS);
    scripted_transport_otherwise(fixture.scripted, refusal);
    add(&fixture, 1);
    assert_int_equal(next_report(&fixture).event, DELIVERY_DIVIDED);
    assert_int_equal(next_report(&fixture).event, DELIVERY_HELD);
    stop(&fixture);
}

/* Two that are refused, one after the other, may be all that there will ever be. */
static void several_that_are_refused_and_none_taken_hold(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    fixture.settings.batch_conversions = 1;
    start(&fixture);
    scripted_transport_otherwise(fixture.scripted, refusal);
    add(&fixture, 2);
    assert_int_equal(next_report(&fixture).event, DELIVERY_DIVIDED);
    assert_int_equal(next_report(&fixture).event, DELIVERY_DIVIDED);
    assert_int_equal(next_report(&fixture).event, DELIVERY_HELD);
    scripted_transport_otherwise(fixture.scripted, (struct scripted_answer){.status = 200});
    assert_int_equal(next_report(&fixture).event, DELIVERY_RESUMED);
    assert_int_equal(next_report(&fixture).event, DELIVERY_SETTLED);
    assert_int_equal(delivery_pending(fixture.delivery), 0);
    stop(&fixture);
}

static void of_errors_beside_a_success_only_those_named_are_dead(void **state)
{
    (void)state;
    const struct scripted_answer script[] = {{.status = 202, .body = REFUSED(PATH("5"))}};
    struct fixture fixture;
    start_with_names(&fixture, script, 1);
    struct delivery_report report = reap(&fixture, DELIVERY_SETTLED);
    assert_int_equal(report.delivered_count, 7);
    assert_int_equal(report.dead_count, 1);
    assert_int_equal(report.dead[0].token.sequence, 5);
    stop(&fixture);
}

/* --- What is sent besides the bodies, or in their place --------------------------------------- */

static void add_traced(struct fixture *fixture, const char *trace)
{
    char id[37];
    struct error error;
    const struct message_header header = {SLICE("traceparent"), slice_of(trace)};
    struct message message = conversions_message;
    message.headers = &header;
    message.header_count = 1;
    struct conversion conversion = conversions_make(fixture->added, id);
    struct token token = {.sequence = fixture->added++};
    assert_true(delivery_add(fixture->delivery, &conversion, &message, token, &error));
}

static void a_trace_that_all_messages_share_goes_with_their_request(void **state)
{
    (void)state;
    static const char first[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    static const char second[] = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const struct scripted_answer script[] = {{.status = 503}, {.status = 200}, {.status = 400}};
    struct fixture fixture = fixture_new();
    start(&fixture);
    scripted_transport_script(fixture.scripted, script, 3);
    add_traced(&fixture, first);
    add_traced(&fixture, first);
    delivery_dispatch(fixture.delivery, false);
    (void)reap(&fixture, DELIVERY_RETRIED);
    pass(&fixture, 1000);
    delivery_dispatch(fixture.delivery, false);
    (void)reap(&fixture, DELIVERY_SETTLED);
    for (size_t i = 0; i < 2; i++) { /* once more for the retry */
        assert_string_equal(request(&fixture, i)->lines,
                            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                            "\n");
    }
    add_traced(&fixture, first);
    add_traced(&fixture, second);
    delivery_dispatch(fixture.delivery, false);
    assert_string_equal(request(&fixture, 2)->lines, "");
    (void)reap(&fixture, DELIVERY_DIVIDED);
    delivery_dispatch(fixture.delivery, false);
    assert_true(requests(&fixture) > 3); /* alone, each has its own */
    assert_string_equal(request(&fixture, 3)->lines,
                        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n");
    stop(&fixture);
}

static void bodies_are_compressed_once_and_judged_as_they_were_before(void **state)
{
    (void)state;
    const struct scripted_answer script[] = {{.status = 503}, {.status = 400}};
    struct fixture plain = fixture_new();
    struct fixture packed = fixture_new();
    packed.settings.gzip = true;
    start(&plain);
    start(&packed);
    scripted_transport_script(plain.scripted, script, 2);
    scripted_transport_script(packed.scripted, script, 2);
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = i == 0 ? &plain : &packed;
        send_batch(fixture);
        (void)reap(fixture, DELIVERY_RETRIED);
        pass(fixture, 1000);
        delivery_dispatch(fixture->delivery, false);
        (void)reap(fixture, DELIVERY_DIVIDED);
        delivery_dispatch(fixture->delivery, false);
    }
    assert_true(requests(&plain) > 2);
    assert_int_equal(requests(&packed), requests(&plain));
    assert_same_body(&packed, 0, 1);
    for (size_t i = 0; i < requests(&packed); i++) {
        struct buffer unpacked;
        assert_true(gunzip(request(&packed, i)->body, &unpacked));
        assert_true(slice_equal(buffer_slice(&unpacked), request(&plain, i)->body));
        assert_string_equal(request(&packed, i)->lines, "Content-Encoding: gzip\n");
        assert_string_equal(request(&plain, i)->lines, "");
        buffer_done(&unpacked);
    }
    stop(&plain);
    stop(&packed);
}

static void what_can_be_in_flight_can_be_forgotten(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    start(&fixture);
    const struct scripted_answer script[] = {{.status = 200}, {.status = 500}};
    scripted_transport_script(fixture.scripted, script, 2);
    scripted_transport_otherwise(fixture.scripted,
                                 (struct scripted_answer){.status = 200, .delay_ms = 50});
    for (int i = 0; i < 7; i++) {
        send_batch(&fixture);
    }
    (void)reap(&fixture, DELIVERY_SETTLED);
    (void)reap(&fixture, DELIVERY_RETRIED);
    add(&fixture, 1);
    stop(&fixture); /* reported, waiting, in flight, sealed and open ones at once */
    delivery_free(NULL);
}

/* --- A transport that takes everything at once and allocates nothing -------------------------- */

struct yes_transport {
    struct transport transport;
    void *owners[8];
    size_t count;
};

static void yes_submit(struct transport *transport, void *owner, struct slice body,
                       const char *const *lines)
{
    (void)lines;
    struct yes_transport *yes = (struct yes_transport *)transport;
    assert_true(body.size > 0);
    yes->owners[yes->count++] = owner;
}

static bool yes_reap(struct transport *transport, struct transport_answer *ret_answer)
{
    struct yes_transport *yes = (struct yes_transport *)transport;
    if (yes->count == 0) {
        return false;
    }
    *ret_answer = (struct transport_answer){
        .owner = yes->owners[--yes->count],
        .status = 200,
        .retry_after_ms = -1,
        .body = SLICE("{\"data\":{\"unprocessedRecords\":[]}}"),
    };
    return true;
}

static void yes_nothing(struct transport *transport)
{
    (void)transport;
}

static void the_steady_state_allocates_nothing(void **state)
{
    (void)state;
    static const struct transport_operations operations = {
        .submit = yes_submit,
        .reap = yes_reap,
        .cancel = yes_nothing,
        .free = yes_nothing,
    };
    struct yes_transport yes = {.transport = {.operations = &operations}};
    struct fixture fixture = fixture_new();
    fixture.settings.batch_conversions = 100;
    fixture.delivery = delivery_new(&fixture.settings, &yes.transport, &fixture.clock);
    size_t before = 0;
    for (int turn = 0; turn < 50; turn++) {
        if (turn == 10) {
            before = allocations_count();
        }
        add(&fixture, 100);
        delivery_dispatch(fixture.delivery, false);
        (void)reap(&fixture, DELIVERY_SETTLED);
        expect_nothing(&fixture);
    }
    assert_int_equal(allocations_count(), before);
    delivery_free(fixture.delivery);
}

/* --- Any order of answers --------------------------------------------------------------------- */

#define SCHEDULES 3000
#define CONVERSIONS 80 /* in a schedule */
#define EXTRA 8        /* beyond them, none of which is refused */
#define ALL (CONVERSIONS + EXTRA)
#define TROUBLE 60 /* requests with any answer, after which each gets what it deserves */
#define REQUESTS_MAX 1500

enum fate { FATE_OPEN, FATE_DELIVERED, FATE_DEAD };

struct schedule {
    struct fixture fixture;
    uint64_t random;
    bool poison[ALL]; /* refuses its whole request */
    bool flawed[ALL]; /* is left unprocessed */
    enum fate fates[ALL];
    size_t ended;
    size_t requests;
    int64_t probe_ms; /* no probe before this */
    bool probing;     /* one is in flight */
};

static uint64_t draw(struct schedule *schedule, uint64_t choices)
{
    schedule->random ^= schedule->random << 13;
    schedule->random ^= schedule->random >> 7;
    schedule->random ^= schedule->random << 17;
    return schedule->random % choices;
}

static bool is_audience(const struct schedule *schedule)
{
    return schedule->fixture.settings.api == &rokt_event_audience_api;
}

/* Nothing that says of a conversion what is not so: a record without an id does, if there is but one. */
static struct scripted_answer any_answer(struct schedule *schedule, size_t count)
{
    static const struct scripted_answer answers[] = {
        {.status = 500, .body = ""},
        {.status = 503, .retry_after_ms = 700},
        {.status = 429, .retry_after_ms = 5000},
        {.failure = "connection reset"},
        {.status = 200, .body = "<html>"},
        {.status = 200, .body = ""},
        {.status = 401, .body = ""},
        {.status = 302, .body = ""},
        {.status = 418, .body = ""},
    };
    static const char unclear[] =
        "{\"data\":{\"unprocessedRecords\":[{\"error\":{\"code\":\"X\"}}]}}";
    if (count > 1 && draw(schedule, 6) == 0) {
        return is_audience(schedule)
                   ? (struct scripted_answer){.status = 202, .body = "{\"errors\":[{}]}"}
                   : (struct scripted_answer){.status = 200, .body = unclear};
    }
    /* Holds are rarer, else there would be little but holds. */
    uint64_t bad = draw(schedule, 4) == 0 ? sizeof answers / sizeof *answers : 6;
    return answers[draw(schedule, bad)];
}

/* The numbers of the conversions in a body. */
static size_t conversions_in(struct slice body, size_t ret_numbers[static ALL])
{
    size_t count = 0;
    size_t at = slice_find(body, SLICE("\"order-"));
    while (at != SIZE_MAX) {
        assert_true(count < ALL);
        body = slice_part(body, at + strlen("\"order-"), SIZE_MAX);
        ret_numbers[count++] = (size_t)strtoull(body.data, NULL, 10);
        at = slice_find(body, SLICE("\"order-"));
    }
    return count;
}

#define ANSWER_SIZE (ALL * 128)

/* Room for the body of an answer, until so many others have been made that it is no more in flight. */
static char *answer_room(const struct schedule *schedule)
{
    static char bodies[16][ANSWER_SIZE];
    return bodies[schedule->requests % 16];
}

/* Where in the request the conversion stands, counted from 1. */
static size_t position_of(struct slice request, size_t number)
{
    char id[32];
    (void)snprintf(id, sizeof id, "\"order-%08zu\"", number);
    return slice_find(request, slice_of(id)) + 1;
}

/* Words about the conversion at `index`: its path, its position, or none that tell it from others. */
static struct slice words_about(struct schedule *schedule, struct slice request, size_t index,
                                size_t number, char *room, size_t size)
{
    int written = draw(schedule, 2) == 0
                      ? snprintf(room, size, "Path '[%zu].ip'", index)
                      : snprintf(room, size, "bad at position %zu.", position_of(request, number));
    return (struct slice){room, (size_t)written};
}

/* Errors about what is at fault; now and then they tell nothing. */
static void write_errors(struct schedule *schedule, struct slice request, const size_t numbers[],
                         size_t count, const bool faults[], char *ret_body)
{
    struct buffer body;
    bool told = draw(schedule, 4) != 0;
    buffer_init(&body, ANSWER_SIZE);
    for (size_t i = 0; i < count; i++) {
        char room[64];
        struct slice words = words_about(schedule, request, i, numbers[i], room, sizeof room);
        if (faults[numbers[i]]) {
            buffer_printf(&body, "%s{\"message\":\"%.*s\"}", body.size == 0 ? "" : ",",
                          told ? (int)words.size : 0, words.data);
        }
    }
    (void)snprintf(ret_body, ANSWER_SIZE, "{\"errors\":[%.*s]}", SLICE_PRINT(buffer_slice(&body)));
    buffer_done(&body);
}

static bool has_fault(const bool faults[], const size_t numbers[], size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || faults[numbers[i]];
    }
    return found;
}

/* What the request deserves of the Event and Audience API. */
static struct scripted_answer deserved_of_audience(struct schedule *schedule, struct slice request,
                                                   const size_t numbers[], size_t count)
{
    char *body = answer_room(schedule);
    struct scripted_answer answer = {.status = 202, .body = body};
    body[0] = '\0';
    if (has_fault(schedule->poison, numbers, count)) {
        answer.status = 400;
        if (draw(schedule, 3) != 0) {
            write_errors(schedule, request, numbers, count, schedule->poison, body);
        }
    } else if (has_fault(schedule->flawed, numbers, count)) {
        write_errors(schedule, request, numbers, count, schedule->flawed, body);
    }
    return answer;
}

/* What the request deserves of the Event API. */
static struct scripted_answer deserved_of_event(const struct schedule *schedule,
                                                const size_t numbers[], size_t count)
{
    char *body = answer_room(schedule);
    const char *separator = "";
    int size = snprintf(body, ANSWER_SIZE, "{\"data\":{\"unprocessedRecords\":[");
    for (size_t i = 0; i < count; i++) {
        if (schedule->poison[numbers[i]]) {
            return (struct scripted_answer){
                .status = 400, .body = "{\"data\":{\"code\":\"RequestValidationError\"}}"};
        }
        if (schedule->flawed[numbers[i]]) {
            size += snprintf(body + size, ANSWER_SIZE - (size_t)size,
                             "%s{\"error\":{\"code\":\"ValidationError\"},"
                             "\"record\":{\"clientEventId\":\"order-%08zu\"}}",
                             separator, numbers[i]);
            separator = ",";
        }
    }
    (void)snprintf(body + size, ANSWER_SIZE - (size_t)size, "]}}");
    return (struct scripted_answer){.status = 200, .body = body};
}

/* Asked at each submission: checks that it may be, then draws the answer. */
static struct scripted_answer decide(void *context, size_t index, struct slice body)
{
    struct schedule *schedule = context;
    struct fixture *fixture = &schedule->fixture;
    size_t in_flight = scripted_transport_in_flight(fixture->scripted);
    size_t numbers[ALL];
    size_t count = conversions_in(body, numbers);
    assert_true(in_flight < fixture->settings.in_flight);
    if (delivery_on_hold(fixture->delivery)) {
        assert_int_equal(in_flight, 0);
        assert_true(fixture->clock.monotonic_ms >= schedule->probe_ms);
        schedule->probing = true;
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(schedule->fates[numbers[i]], FATE_OPEN);
    }
    assert_true(++schedule->requests < REQUESTS_MAX);
    struct scripted_answer answer =
        index < TROUBLE && draw(schedule, 2) == 0 ? any_answer(schedule, count)
        : is_audience(schedule) ? deserved_of_audience(schedule, body, numbers, count)
                                : deserved_of_event(schedule, numbers, count);
    answer.delay_ms = (int64_t)draw(schedule, 400);
    return answer;
}

static void end(struct schedule *schedule, struct token token, enum fate fate)
{
    assert_true(token.sequence < ALL);
    assert_int_equal(schedule->fates[token.sequence], FATE_OPEN);
    schedule->fates[token.sequence] = fate;
    schedule->ended++;
}

static void note_hold(struct schedule *schedule, const struct delivery_report *report,
                      bool was_on_hold)
{
    bool begins = !was_on_hold || schedule->probing;
    assert_true(!begins || report->wait_ms >= schedule->fixture.settings.probe_interval_ms);
    schedule->probe_ms = schedule->fixture.clock.monotonic_ms + report->wait_ms;
    schedule->probing = false;
}

static void note(struct schedule *schedule, const struct delivery_report *report, bool was_on_hold)
{
    bool on_hold = delivery_on_hold(schedule->fixture.delivery);
    assert_int_equal(report->event == DELIVERY_RESUMED, was_on_hold && !on_hold);
    assert_true(report->cause.text[0] != '\0' && report->wait_ms >= 0);
    for (size_t i = 0; i < report->delivered_count; i++) {
        end(schedule, report->delivered[i], FATE_DELIVERED);
    }
    for (size_t i = 0; i < report->dead_count; i++) {
        end(schedule, report->dead[i].token, FATE_DEAD);
        assert_true(slice_equal(report->dead[i].message.value, conversions_message.value));
    }
    if (report->event == DELIVERY_HELD) {
        note_hold(schedule, report, was_on_hold);
    }
    schedule->probing = schedule->probing && report->event != DELIVERY_RESUMED;
}

static void reap_all(struct schedule *schedule)
{
    struct delivery *delivery = schedule->fixture.delivery;
    struct delivery_report report;
    bool was_on_hold = delivery_on_hold(delivery);
    while (delivery_reap(delivery, &report)) {
        note(schedule, &report, was_on_hold);
        was_on_hold = delivery_on_hold(delivery);
    }
    assert_int_equal(delivery_pending(delivery), schedule->fixture.added - schedule->ended);
}

static void take_in(struct schedule *schedule)
{
    struct fixture *fixture = &schedule->fixture;
    while (fixture->added < CONVERSIONS && delivery_has_room(fixture->delivery) &&
           draw(schedule, 5) != 0) {
        uint64_t left = CONVERSIONS - fixture->added;
        uint64_t wanted = 1 + draw(schedule, 4); /* a message may be several conversions */
        add(fixture, wanted < left ? wanted : left);
    }
    /* Where all that is left is refused, it takes another one to tell that it is not the configuration. */
    bool refusing = delivery_on_hold(fixture->delivery) && delivery_has_room(fixture->delivery);
    if (refusing && fixture->added >= CONVERSIONS && fixture->added < ALL) {
        add(fixture, 1);
    }
}

/* To the next thing that happens, or a little on while there is something to take in. */
static void pass_until_next(struct schedule *schedule)
{
    struct fixture *fixture = &schedule->fixture;
    int64_t now_ms = fixture->clock.monotonic_ms;
    int64_t next_ms = delivery_deadline_ms(fixture->delivery);
    assert_true(next_ms > now_ms); /* else the loop would spin */
    int64_t answer_ms = scripted_transport_deadline_ms(fixture->scripted);
    next_ms = answer_ms < next_ms ? answer_ms : next_ms;
    if (delivery_has_room(fixture->delivery) && fixture->added < CONVERSIONS) {
        int64_t soon_ms = now_ms + (int64_t)draw(schedule, 50);
        next_ms = soon_ms < next_ms ? soon_ms : next_ms;
    }
    assert_true(next_ms != INT64_MAX); /* else it would wait for ever */
    pass(fixture, next_ms > now_ms ? next_ms - now_ms : 0);
}

static void start_schedule(struct schedule *schedule, uint64_t seed)
{
    struct delivery_settings *settings = &schedule->fixture.settings;
    schedule->fixture = fixture_new();
    schedule->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    settings->api = seed % 2 == 0 ? &rokt_event_audience_api : &rokt_event_api;
    settings->seed = seed;
    settings->in_flight = 1 + draw(schedule, 5);
    settings->batch_conversions = 1 + draw(schedule, 20);
    settings->batch_linger_ms = (int64_t)draw(schedule, 200);
    settings->backoff_base_ms = (int64_t)draw(schedule, 200);
    settings->backoff_cap_ms = (int64_t)draw(schedule, 3000);
    settings->probe_interval_ms = 1 + (int64_t)draw(schedule, 5000);
    for (size_t i = 0; i < CONVERSIONS; i++) {
        schedule->poison[i] = draw(schedule, 25) == 0;
        schedule->flawed[i] = !schedule->poison[i] && draw(schedule, 25) == 0;
    }
    start_cold(&schedule->fixture);
    scripted_transport_decide(schedule->fixture.scripted, decide, schedule);
}

static uint64_t last_seed;

static void run_schedule(uint64_t seed)
{
    struct schedule schedule = {0};
    last_seed = seed;
    start_schedule(&schedule, seed);
    struct fixture *fixture = &schedule.fixture;
    size_t turns = 0;
    while (fixture->added < CONVERSIONS || schedule.ended < fixture->added) {
        assert_true(++turns < 20000);
        reap_all(&schedule);
        take_in(&schedule);
        delivery_dispatch(fixture->delivery,
                          fixture->added >= CONVERSIONS || draw(&schedule, 8) == 0);
        if (schedule.ended < fixture->added || fixture->added < CONVERSIONS) {
            pass_until_next(&schedule);
        }
    }
    for (size_t i = 0; i < fixture->added; i++) {
        bool dead = schedule.poison[i] || schedule.flawed[i];
        assert_int_equal(schedule.fates[i], dead ? FATE_DEAD : FATE_DELIVERED);
    }
    assert_int_equal(delivery_pending(fixture->delivery), 0);
    stop(fixture);
}

static void each_conversion_ends_once_and_as_it_deserves_whatever_the_answers(void **state)
{
    (void)state;
    const char *seed = getenv("ROKT_RELAY_SEED");
    if (seed != NULL) {
        run_schedule(strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 1; i <= SCHEDULES; i++) {
        run_schedule(i);
    }
}

/* So that one that failed can be run alone. */
static int tell_seed(void **state)
{
    (void)state;
    print_message("the last schedule was ROKT_RELAY_SEED=%llu\n", (unsigned long long)last_seed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_are_sent_when_lingered_and_reported_by_their_tokens),
        cmocka_unit_test(flush_sends_at_once_what_is_open),
        cmocka_unit_test(a_refused_conversion_is_not_pending),
        cmocka_unit_test(never_more_requests_are_in_flight_than_allowed_and_room_ends),
        cmocka_unit_test(more_than_there_is_room_for_is_taken_all_the_same),
        cmocka_unit_test(a_transient_answer_sends_the_same_bytes_again_when_due),
        cmocka_unit_test(a_request_without_an_answer_is_sent_again),
        cmocka_unit_test(a_failure_is_never_taken_for_the_status_that_came_with_it),
        cmocka_unit_test(retry_after_is_the_floor),
        cmocka_unit_test(it_is_tried_again_without_an_end),
        cmocka_unit_test(what_waits_to_be_sent_again_comes_before_what_is_new),
        cmocka_unit_test(a_hold_probes_with_the_oldest_batch_and_ends_by_itself),
        cmocka_unit_test(other_credentials_are_tried_at_once_on_hold),
        cmocka_unit_test(what_was_under_way_with_other_credentials_puts_nothing_off),
        cmocka_unit_test(a_retry_after_is_heeded_on_hold_too),
        cmocka_unit_test(what_a_refused_request_names_is_sent_alone_and_the_others_together),
        cmocka_unit_test(what_is_named_is_not_dead_before_another_request_is_taken),
        cmocka_unit_test(one_that_is_refused_with_nothing_else_to_send_is_tried_once_more_and_dead),
        cmocka_unit_test(one_that_is_refused_before_any_is_taken_holds),
        cmocka_unit_test(one_that_is_refused_long_after_the_last_was_taken_holds),
        cmocka_unit_test(several_that_are_refused_and_none_taken_hold),
        cmocka_unit_test(of_errors_beside_a_success_only_those_named_are_dead),
        cmocka_unit_test(a_trace_that_all_messages_share_goes_with_their_request),
        cmocka_unit_test(bodies_are_compressed_once_and_judged_as_they_were_before),
        cmocka_unit_test(what_can_be_in_flight_can_be_forgotten),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test_teardown(each_conversion_ends_once_and_as_it_deserves_whatever_the_answers,
                                  tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
