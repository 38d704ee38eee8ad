#include "delivery/delivery.h"

#include "base/arena.h"
#include "base/memory.h"
#include "delivery/backoff.h"
#include "delivery/batcher.h"

#include <assert.h>
#include <stdlib.h>

/* Every batch is in one place: the batcher (open, sealed, idle), one of the two queues, or
 * `reported`. */
struct delivery {
    struct delivery_settings settings;
    struct transport *transport;
    const struct clock *clock;
    struct arena arena; /* of the answer that is being read */
    struct backoff backoff;

    struct batcher batcher;
    struct batch_queue in_flight;
    struct batch_queue waiting;
    struct batch *reported; /* done; the caller looks at it until the next reap */
    size_t pending;         /* conversions */

    bool held;
    struct batch *probe; /* the batch in flight whose answer decides on the hold, or NULL */
    int64_t probe_ms;    /* monotonic: when the next probe may be sent */
};

struct delivery *delivery_new(const struct delivery_settings *settings, struct transport *transport,
                              const struct clock *clock)
{
    assert(settings->in_flight > 0);
    struct delivery *delivery = memory_new(1, sizeof *delivery);
    delivery->settings = *settings;
    delivery->transport = transport;
    delivery->clock = clock;
    delivery->backoff = (struct backoff){
        .base_ms = settings->backoff_base_ms,
        .cap_ms = settings->backoff_cap_ms,
        .random = settings->seed == 0 ? 1 : settings->seed,
    };
    arena_init(&delivery->arena, 0);
    struct batcher_settings batcher_settings = {
        .api = settings->api,
        .account_id = settings->account_id,
        .conversions_max = settings->batch_conversions,
        .bytes_max = settings->batch_bytes,
        .linger_ms = settings->batch_linger_ms,
        .idle_max = settings->in_flight + DELIVERY_SPARE_BATCHES + BATCHER_OPEN_MAX,
    };
    batcher_init(&delivery->batcher, &batcher_settings, clock);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (delivery == NULL) {
        return;
    }
    delivery->transport->operations->cancel(delivery->transport);
    batch_queue_done(&delivery->in_flight);
    batch_queue_done(&delivery->waiting);
    batch_free(delivery->reported);
    batcher_done(&delivery->batcher);
    arena_done(&delivery->arena);
    free(delivery);
}

bool delivery_has_room(const struct delivery *delivery)
{
    size_t batches =
        delivery->batcher.sealed.count + delivery->in_flight.count + delivery->waiting.count;
    return !delivery->held && batches < delivery->settings.in_flight + DELIVERY_SPARE_BATCHES;
}

bool delivery_add(struct delivery *delivery, const struct conversion *conversion,
                  struct token token, struct error *error)
{
    if (!batcher_add(&delivery->batcher, conversion, token, error)) {
        return false;
    }
    delivery->pending++;
    return true;
}

static void submit(struct delivery *delivery, struct batch *batch)
{
    batch_change(batch, BATCH_IN_FLIGHT);
    batch->attempts++;
    batch->sent_ms = delivery->clock->monotonic_ms;
    batch_queue_push(&delivery->in_flight, batch);
    delivery->transport->operations->submit(delivery->transport, batch, buffer_slice(&batch->body));
}

/* Of the waiting batches, the one that may be sent first; NULL when none is waiting. */
static struct batch *first_due(const struct delivery *delivery)
{
    struct batch *first = delivery->waiting.first;
    for (struct batch *batch = first; batch != NULL; batch = batch->next) {
        if (batch->due_ms < first->due_ms) {
            first = batch;
        }
    }
    return first;
}

/* Of the waiting batches that may be sent now, the oldest; NULL when there is none. */
static struct batch *oldest_due(const struct delivery *delivery)
{
    struct batch *oldest = NULL;
    for (struct batch *batch = delivery->waiting.first; batch != NULL; batch = batch->next) {
        if (batch->due_ms <= delivery->clock->monotonic_ms &&
            (oldest == NULL || batch->opened_ms < oldest->opened_ms)) {
            oldest = batch;
        }
    }
    return oldest;
}

/* A batch that has waited comes before one that has not been sent yet. */
static struct batch *next_to_send(struct delivery *delivery)
{
    struct batch *batch = first_due(delivery);
    if (batch != NULL && batch->due_ms <= delivery->clock->monotonic_ms) {
        batch_queue_remove(&delivery->waiting, batch);
        return batch;
    }
    return batcher_take(&delivery->batcher);
}

static void send_all(struct delivery *delivery)
{
    while (delivery->in_flight.count < delivery->settings.in_flight) {
        struct batch *batch = next_to_send(delivery);
        if (batch == NULL) {
            return;
        }
        submit(delivery, batch);
    }
}

/* When the next probe may be sent: a Retry-After is heeded on hold too. The batch that brought the
 * hold about is waiting as soon as nothing is in flight, so there is always one. */
static int64_t probe_due_ms(const struct delivery *delivery)
{
    const struct batch *batch = first_due(delivery);
    assert(batch != NULL);
    return batch->due_ms > delivery->probe_ms ? batch->due_ms : delivery->probe_ms;
}

/* One at a time, and only when all that was under way has come to its end. */
static void send_probe(struct delivery *delivery)
{
    if (delivery->in_flight.count > 0 || delivery->clock->monotonic_ms < probe_due_ms(delivery)) {
        return;
    }
    struct batch *batch = oldest_due(delivery);
    assert(batch != NULL);
    batch_queue_remove(&delivery->waiting, batch);
    delivery->probe = batch;
    submit(delivery, batch);
}

void delivery_dispatch(struct delivery *delivery, bool flush)
{
    batcher_seal(&delivery->batcher, flush);
    if (delivery->held) {
        send_probe(delivery);
    } else {
        send_all(delivery);
    }
}

/* What the answer means for all conversions of its batch. */
static enum rokt_verdict judge(struct delivery *delivery, const struct transport_answer *answer,
                               struct error *ret_cause)
{
    if (answer->failed) {
        *ret_cause = answer->failure;
        return ROKT_RETRY; /* the outcome is unknown */
    }
    struct rokt_answer rokt_answer = {.status = answer->status, .body = answer->body};
    enum rokt_verdict verdict =
        delivery->settings.api->judge(&rokt_answer, &delivery->arena, ret_cause);
    arena_reset(&delivery->arena);
    return verdict;
}

static enum delivery_event deliver(struct delivery *delivery, struct batch *batch)
{
    batch_change(batch, BATCH_DONE);
    delivery->pending -= batch->count;
    delivery->reported = batch;
    if (batch != delivery->probe) {
        return DELIVERY_DELIVERED;
    }
    delivery->probe = NULL;
    delivery->held = false;
    return DELIVERY_RESUMED;
}

/* Begins a hold, or goes on with it after a probe that was not accepted. A batch that was in flight
 * when the hold began does not put the probe off. */
static void hold(struct delivery *delivery, const struct batch *batch, int64_t floor_ms)
{
    if (!delivery->held || batch == delivery->probe) {
        int64_t interval_ms = delivery->settings.probe_interval_ms;
        delivery->probe_ms =
            delivery->clock->monotonic_ms + (floor_ms > interval_ms ? floor_ms : interval_ms);
    }
    delivery->held = true;
    delivery->probe = NULL;
}

/* On hold the batch waits for the probe, and what it would have had to wait by itself is waited as
 * well: a Retry-After is heeded even when the hold ends before. */
static enum delivery_event send_again(struct delivery *delivery, struct batch *batch,
                                      enum rokt_verdict verdict, int64_t floor_ms,
                                      int64_t *ret_wait_ms)
{
    int64_t now_ms = delivery->clock->monotonic_ms;
    int64_t wait_ms = floor_ms;
    if (verdict == ROKT_HOLD || batch == delivery->probe) {
        hold(delivery, batch, floor_ms);
    }
    if (verdict == ROKT_RETRY) {
        wait_ms = backoff_delay_ms(&delivery->backoff, batch->attempts, floor_ms);
    }
    batch->due_ms = now_ms + wait_ms;
    batch_change(batch, BATCH_WAITING);
    batch_queue_push(&delivery->waiting, batch);
    if (!delivery->held) {
        *ret_wait_ms = wait_ms;
        return DELIVERY_RETRIED;
    }
    *ret_wait_ms = delivery->probe_ms > now_ms ? delivery->probe_ms - now_ms : 0;
    return DELIVERY_HELD;
}

static void give_back_reported(struct delivery *delivery)
{
    if (delivery->reported != NULL) {
        batcher_give_back(&delivery->batcher, delivery->reported);
        delivery->reported = NULL;
    }
}

bool delivery_reap(struct delivery *delivery, struct delivery_report *ret_report)
{
    give_back_reported(delivery);
    struct transport_answer answer;
    if (!delivery->transport->operations->reap(delivery->transport, &answer)) {
        return false;
    }
    struct batch *batch = answer.owner;
    batch_queue_remove(&delivery->in_flight, batch);
    *ret_report = (struct delivery_report){
        .batch = batch,
        .status = answer.failed ? 0 : answer.status,
        .duration_ms = answer.duration_ms,
    };
    enum rokt_verdict verdict = judge(delivery, &answer, &ret_report->cause);
    if (verdict == ROKT_DONE) {
        ret_report->event = deliver(delivery, batch);
    } else {
        int64_t floor_ms = answer.retry_after_ms > 0 ? answer.retry_after_ms : 0;
        ret_report->event = send_again(delivery, batch, verdict, floor_ms, &ret_report->wait_ms);
    }
    return true;
}

/* Monotonic time at which something can be sent though no answer comes. */
static int64_t sending_deadline_ms(const struct delivery *delivery)
{
    if (delivery->held) {
        return delivery->in_flight.count == 0 ? probe_due_ms(delivery) : INT64_MAX;
    }
    if (delivery->in_flight.count == delivery->settings.in_flight) {
        return INT64_MAX;
    }
    if (delivery->batcher.sealed.count > 0) {
        return delivery->clock->monotonic_ms;
    }
    const struct batch *batch = first_due(delivery);
    return batch == NULL ? INT64_MAX : batch->due_ms;
}

int64_t delivery_deadline_ms(const struct delivery *delivery)
{
    int64_t sealing_ms = batcher_deadline_ms(&delivery->batcher);
    int64_t sending_ms = sending_deadline_ms(delivery);
    return sealing_ms < sending_ms ? sealing_ms : sending_ms;
}

void delivery_wait(struct delivery *delivery, int fd, int timeout_ms)
{
    delivery->transport->operations->wait(delivery->transport, fd, timeout_ms);
}

bool delivery_on_hold(const struct delivery *delivery)
{
    return delivery->held;
}

size_t delivery_pending(const struct delivery *delivery)
{
    return delivery->pending;
}
