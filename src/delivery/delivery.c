#include "delivery/delivery.h"

#include "base/arena.h"
#include "base/memory.h"
#include "delivery/backoff.h"
#include "delivery/batcher.h"
#include "delivery/division.h"
#include "delivery/gzip.h"
#include "delivery/limiter.h"
#include "delivery/original.h"
#include "delivery/trace.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Every batch is in one place: the batcher (open, sealed, idle), one of the queues, or it hangs at one
 * of those as its rest or what is unclear. */
struct delivery {
    struct delivery_settings settings;
    struct transport *transport;
    const struct clock *clock;
    struct arena arena; /* of the answer that was read last, and its report */
    struct backoff backoff;
    struct limiter *limiter;
    struct gzip *gzip; /* NULL: bodies are sent as they are */

    struct batcher batcher;
    struct batch_queue in_flight;
    struct batch_queue waiting;
    struct batch_queue suspects; /* see batch.h; each of one conversion, by rising `due_ms` */
    struct batch *reported;      /* done; the caller looks at its messages until the next reap */
    size_t pending;              /* conversions */

    uint64_t taken;   /* requests of which something was taken */
    int64_t taken_ms; /* monotonic: the last of them */
    size_t refusals;  /* requests refused as a whole, since the last that was taken */

    bool held;
    bool refusing;       /* on hold because every request is refused, not for the credentials */
    struct batch *probe; /* the batch in flight whose answer decides on the hold, or NULL */
    int64_t probe_ms;    /* monotonic: when the next probe may be sent */
    int used_percent;    /* of Rokt's limit, as it said last; -1: it did not */
    int64_t renewed_ms;  /* monotonic: what was sent until then had other credentials */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct delivery *delivery_new(const struct delivery_settings *settings, struct transport *transport,
                              const struct clock *clock)
{
    assert(settings->in_flight > 0);
    struct delivery *delivery = memory_new(1, sizeof *delivery);
    delivery->settings = *settings;
    delivery->transport = transport;
    delivery->used_percent = -1;
    delivery->clock = clock;
    delivery->backoff = (struct backoff){
        .base_ms = settings->backoff_base_ms,
        .cap_ms = settings->backoff_cap_ms,
        .random = settings->seed == 0 ? 1 : settings->seed,
    };
    arena_init(&delivery->arena, 0);
    delivery->limiter = limiter_new(
        &(struct limiter_settings){
            .in_flight_max = settings->in_flight,
            .rate = settings->rate,
            .backoff = &delivery->backoff,
        },
        clock->monotonic_ms);
    delivery->gzip = settings->gzip ? gzip_new() : NULL;
    struct batcher_settings batcher_settings = {
        .api = settings->api,
        .account_id = settings->account_id,
        .conversions_max =
            smaller(settings->batch_conversions, limiter_request_max(delivery->limiter)),
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
    batch_queue_done(&delivery->suspects);
    batch_free(delivery->reported);
    batcher_done(&delivery->batcher);
    arena_done(&delivery->arena);
    limiter_free(delivery->limiter);
    gzip_free(delivery->gzip);
    free(delivery);
}

/* Whether there is something that has never been sent. */
static bool has_fresh(const struct delivery *delivery)
{
    bool fresh = delivery->batcher.open.count > 0 || delivery->batcher.sealed.count > 0;
    for (const struct batch *batch = delivery->waiting.first; batch != NULL; batch = batch->next) {
        fresh = fresh || batch->sent_ms == 0;
    }
    return fresh;
}

/* Where every request is refused, each probe may be something new: it may be the first that is fine. */
bool delivery_wants_fresh(const struct delivery *delivery)
{
    return delivery->held && delivery->refusing && delivery->in_flight.count == 0 &&
           !has_fresh(delivery);
}

bool delivery_has_room(const struct delivery *delivery)
{
    if (delivery->held) {
        return delivery_wants_fresh(delivery);
    }
    size_t batches =
        delivery->batcher.sealed.count + delivery->in_flight.count + delivery->waiting.count;
    return batches < delivery->settings.in_flight + DELIVERY_SPARE_BATCHES;
}

bool delivery_add(struct delivery *delivery, const struct conversion *conversion,
                  const struct message *message, struct token token, struct error *error)
{
    if (!batcher_add(&delivery->batcher, conversion, message, token, error)) {
        return false;
    }
    delivery->pending++;
    return true;
}

size_t delivery_cancel(struct delivery *delivery, uint32_t slot)
{
    size_t cancelled = batcher_cancel(&delivery->batcher, slot);
    delivery->pending -= cancelled;
    return cancelled;
}

static int64_t now_ms(const struct delivery *delivery)
{
    return delivery->clock->monotonic_ms;
}

/* --- Sending ---------------------------------------------------------------------------------- */

/* What is sent besides the body, or in its place, is made once: a retry sends the same bytes. */
static void prepare(struct delivery *delivery, struct batch *batch)
{
    size_t count = 0;
    if (delivery->gzip != NULL) {
        gzip_pack(delivery->gzip, buffer_slice(&batch->body), &batch->packed);
        batch->lines[count++] = "Content-Encoding: gzip";
    }
    if (trace_line(batch, batch->trace)) {
        batch->lines[count++] = batch->trace;
    }
    batch->lines[count] = NULL;
}

static void submit(struct delivery *delivery, struct batch *batch)
{
    if (batch->attempts == 0) {
        prepare(delivery, batch);
    }
    batch_change(batch, BATCH_IN_FLIGHT);
    batch->attempts++;
    batch->sent_ms = now_ms(delivery);
    limiter_start(delivery->limiter, batch->count, now_ms(delivery));
    batch_queue_push(&delivery->in_flight, batch);
    const struct buffer *bytes = delivery->gzip == NULL ? &batch->body : &batch->packed;
    delivery->transport->operations->submit(delivery->transport, batch, buffer_slice(bytes),
                                            batch->lines);
}

static void send_at(struct delivery *delivery, struct batch *batch, int64_t due_ms)
{
    batch->due_ms = due_ms;
    batch_change(batch, BATCH_WAITING);
    batch_queue_push(&delivery->waiting, batch);
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

/* A batch that has waited comes before one that has not been sent yet. It stays where it is. */
static struct batch *next_to_send(const struct delivery *delivery)
{
    struct batch *batch = first_due(delivery);
    return batch != NULL && batch->due_ms <= now_ms(delivery) ? batch
                                                              : delivery->batcher.sealed.first;
}

static void take(struct delivery *delivery, struct batch *batch)
{
    if (batch->state == BATCH_WAITING) {
        batch_queue_remove(&delivery->waiting, batch);
    } else {
        batch_queue_remove(&delivery->batcher.sealed, batch);
    }
}

/* When the limiter lets a batch go. */
static int64_t limited_ms(const struct delivery *delivery, const struct batch *batch)
{
    return limiter_due_ms(delivery->limiter, batch->count);
}

static void send_all(struct delivery *delivery)
{
    struct batch *batch = next_to_send(delivery);
    while (batch != NULL && limited_ms(delivery, batch) <= now_ms(delivery)) {
        take(delivery, batch);
        submit(delivery, batch);
        batch = next_to_send(delivery);
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

/* What has never been sent, else of the waiting batches that may be sent now the one that was tried
 * longest ago: where everything is refused, one that is at fault itself must not be the only one that
 * is tried. */
static struct batch *next_probe(const struct delivery *delivery)
{
    struct batch *next = delivery->refusing ? delivery->batcher.sealed.first : NULL;
    if (next != NULL) {
        return next;
    }
    for (struct batch *batch = delivery->waiting.first; batch != NULL; batch = batch->next) {
        if (batch->due_ms <= now_ms(delivery) && (next == NULL || batch->sent_ms < next->sent_ms)) {
            next = batch;
        }
    }
    return next;
}

/* One at a time, and only when all that was under way has come to its end. */
static void send_probe(struct delivery *delivery)
{
    if (delivery->in_flight.count > 0 || now_ms(delivery) < probe_due_ms(delivery)) {
        return;
    }
    struct batch *batch = next_probe(delivery);
    assert(batch != NULL);
    take(delivery, batch);
    delivery->probe = batch;
    submit(delivery, batch);
}

static void send_at_once(struct delivery *delivery, struct batch *suspect)
{
    suspect->due_ms = now_ms(delivery);
    batch_queue_push(&delivery->waiting, suspect);
}

/* With nothing taken meanwhile, a suspect is tried again all the same, by and by. */
static void retry_suspects(struct delivery *delivery)
{
    const struct batch *suspect = delivery->suspects.first;
    while (suspect != NULL && suspect->due_ms <= now_ms(delivery)) {
        send_at_once(delivery, batch_queue_pop(&delivery->suspects));
        suspect = delivery->suspects.first;
    }
}

void delivery_dispatch(struct delivery *delivery, bool flush)
{
    batcher_seal(&delivery->batcher, flush);
    if (delivery->held) {
        send_probe(delivery);
    } else {
        retry_suspects(delivery);
        send_all(delivery);
    }
}

/* --- Answers ---------------------------------------------------------------------------------- */

/* What the answer means for the conversions of its batch. */
static void judge(struct delivery *delivery, const struct batch *batch,
                  const struct transport_answer *answer, struct rokt_judgement *ret_judgement)
{
    if (answer->failed) {
        *ret_judgement = (struct rokt_judgement){
            .verdict = ROKT_RETRY, /* the outcome is unknown */
            .cause = answer->failure,
            .used_percent = -1,
        };
        return;
    }
    struct rokt_answer rokt_answer = {
        .request = buffer_slice(&batch->body),
        .events = batch->events,
        .event_count = batch->count,
        .alone = batch->alone,
        .status = answer->status,
        .body = answer->body,
    };
    memcpy(rokt_answer.headers, answer->headers, sizeof rokt_answer.headers);
    delivery->settings.api->judge(&rokt_answer, &delivery->arena, ret_judgement);
}

/* What Retry-After asks for, as far as it is heeded; 0: nothing. */
static int64_t asked_wait_ms(const struct transport_answer *answer)
{
    int64_t wait_ms = answer->retry_after_ms > 0 ? answer->retry_after_ms : 0;
    return wait_ms < DELIVERY_RETRY_AFTER_MAX_MS ? wait_ms : DELIVERY_RETRY_AFTER_MAX_MS;
}

/* 408 and 5xx, whatever the API calls them; 429 is a matter of the rate. */
static bool is_failure(const struct transport_answer *answer)
{
    return answer->failed || answer->status == 408 ||
           (answer->status >= 500 && answer->status <= 599);
}

static void tell_limiter(struct delivery *delivery, const struct batch *batch,
                         const struct transport_answer *answer,
                         const struct rokt_judgement *judgement, struct delivery_report *report)
{
    struct limiter_answer told = {
        .sent_ms = batch->sent_ms,
        .conversions = batch->count,
        .taken = !answer->failed && answer->status >= 200 && answer->status <= 299,
        .failed = is_failure(answer),
        .pause_ms = asked_wait_ms(answer),
        .duration_ms = answer->duration_ms,
        .pressure = judgement->pressure,
        .used_percent = judgement->used_percent,
    };
    if (judgement->used_percent >= 0) {
        delivery->used_percent = judgement->used_percent;
    }
    report->slowed = limiter_answer(delivery->limiter, &told, now_ms(delivery));
    batcher_fill_to(&delivery->batcher, limiter_request_max(delivery->limiter));
    report->rate = (uint64_t)ceil(limiter_rate(delivery->limiter));
    report->concurrency = limiter_concurrency(delivery->limiter);
}

/* Begins a hold, or goes on with it after a probe that was not accepted. A batch that was in flight
 * when the hold began does not put the probe off. */
static void hold(struct delivery *delivery, const struct batch *batch, int64_t floor_ms)
{
    if (!delivery->held || batch == delivery->probe) {
        bool outdated = batch->sent_ms <= delivery->renewed_ms;
        int64_t interval_ms = outdated ? 0 : delivery->settings.probe_interval_ms;
        delivery->probe_ms = now_ms(delivery) + (floor_ms > interval_ms ? floor_ms : interval_ms);
    }
    delivery->held = true;
    delivery->refusing = delivery->refusals >= DELIVERY_REFUSALS_MAX;
    delivery->probe = NULL;
}

/* Those that waited for a request to be taken are tried once more: now it is known that what is
 * refused from now on is refused for its own sake. */
static void release_suspects(struct delivery *delivery)
{
    struct batch *batch = batch_queue_pop(&delivery->suspects);
    while (batch != NULL) {
        send_at_once(delivery, batch);
        batch = batch_queue_pop(&delivery->suspects);
    }
}

/* Something of a request was taken: the configuration was right when it was sent. */
static void witness(struct delivery *delivery)
{
    delivery->taken++;
    delivery->taken_ms = now_ms(delivery);
    delivery->refusals = 0;
    release_suspects(delivery);
}

/* A probe was accepted: the hold is over. */
static void resume(struct delivery *delivery)
{
    delivery->held = false;
    delivery->probe = NULL;
    delivery->refusals = 0;
    limiter_restart(delivery->limiter, now_ms(delivery));
}

static void send_now(struct delivery *delivery, struct batch_queue *parts)
{
    struct batch *batch = batch_queue_pop(parts);
    while (batch != NULL) {
        send_at(delivery, batch, now_ms(delivery));
        batch = batch_queue_pop(parts);
    }
}

/* On hold the batch waits for the probe, and what it would have had to wait by itself is waited as
 * well: a Retry-After is heeded even when the hold ends before. */
static void send_again(struct delivery *delivery, struct batch *batch, enum rokt_verdict verdict,
                       int64_t floor_ms, struct delivery_report *report)
{
    int64_t wait_ms = floor_ms;
    if (verdict == ROKT_HOLD || batch == delivery->probe) {
        hold(delivery, batch, floor_ms);
    }
    if (verdict == ROKT_RETRY) {
        wait_ms = backoff_delay_ms(&delivery->backoff, batch->attempts, floor_ms);
    }
    send_at(delivery, batch, now_ms(delivery) + wait_ms);
    report->event = delivery->held ? DELIVERY_HELD : DELIVERY_RETRIED;
    if (delivery->held) {
        int64_t left_ms = delivery->probe_ms - now_ms(delivery);
        wait_ms = left_ms > 0 ? left_ms : 0;
    }
    report->wait_ms = wait_ms;
}

/* One conversion of the batch is to be sent by itself, after a wait: what it needs may be time. */
static void send_alone(struct delivery *delivery, const struct batch *batch, size_t index)
{
    struct batch *single = division_single(&delivery->batcher, batch, index);
    single->alone = true;
    send_at(delivery, single,
            now_ms(delivery) + backoff_delay_ms(&delivery->backoff, batch->attempts, 0));
}

/* The report's lists, with room for all of the batch. */
struct settlement {
    struct token *delivered;
    struct delivery_death *dead;
    struct delivery_report *report;
};

static struct settlement new_settlement(struct delivery *delivery, const struct batch *batch,
                                        struct delivery_report *report)
{
    struct settlement settlement = {
        .delivered = arena_alloc(&delivery->arena, batch->count * sizeof(struct token)),
        .dead = arena_alloc(&delivery->arena, batch->count * sizeof(struct delivery_death)),
        .report = report,
    };
    report->delivered = settlement.delivered;
    report->dead = settlement.dead;
    return settlement;
}

static void bury(struct delivery *delivery, struct settlement *settlement,
                 const struct batch *batch, size_t index, const struct error *cause,
                 const struct rokt_complaint *complaint)
{
    settlement->dead[settlement->report->dead_count++] = (struct delivery_death){
        .token = batch->items[index].token,
        .message = original_read(&batch->messages, batch->items[index].message, &delivery->arena),
        .item = batch->items[index].item,
        .cause = *cause,
        .status = settlement->report->status,
        .complaint = *complaint,
    };
    delivery->pending--;
}

/* What is settled of each conversion; the others go on their way. Whether there are others. */
static bool settle_each(struct delivery *delivery, const struct batch *batch,
                        const struct rokt_judgement *judgement, struct settlement *settlement)
{
    size_t refusal = 0;
    bool others = false;
    for (size_t i = 0; i < batch->count; i++) {
        bool refused =
            refusal < judgement->refusal_count && judgement->refusals[refusal].event == i;
        enum rokt_verdict verdict =
            refused ? judgement->refusals[refusal].verdict : judgement->verdict;
        if (verdict == ROKT_DEAD) {
            assert(refused); /* never of all the rest: see struct rokt_judgement */
            const struct rokt_refusal *own = &judgement->refusals[refusal];
            bury(delivery, settlement, batch, i, &own->cause, &own->complaint);
        } else if (verdict == ROKT_DONE) {
            settlement->delivered[settlement->report->delivered_count++] = batch->items[i].token;
            delivery->pending--;
        } else {
            send_alone(delivery, batch, i);
            others = true;
        }
        refusal += refused;
    }
    return others;
}

/* The answer tells single conversions apart, or all were taken. */
static void settle(struct delivery *delivery, struct batch *batch,
                   const struct rokt_judgement *judgement, struct delivery_report *report)
{
    struct batch_queue parts = {NULL, NULL, 0};
    struct settlement settlement = new_settlement(delivery, batch, report);
    bool probe = batch == delivery->probe;
    bool others = settle_each(delivery, batch, judgement, &settlement);
    report->repeated_count = judgement->repeated ? report->delivered_count : 0;
    if (report->delivered_count > 0) {
        witness(delivery);
    }
    if (probe) {
        resume(delivery);
    }
    if (report->delivered_count == batch->count) {
        division_of_taken(&delivery->batcher, batch, &parts);
    } else {
        division_end(&delivery->batcher, batch, &parts);
    }
    report->event = probe                       ? DELIVERY_RESUMED
                    : others || parts.count > 0 ? DELIVERY_DIVIDED
                                                : DELIVERY_SETTLED;
    send_now(delivery, &parts);
    batch_change(batch, BATCH_DONE);
    delivery->reported = batch;
}

/* Waits for another request to be taken. */
static void set_aside(struct delivery *delivery, struct batch *batch)
{
    batch->suspect = true;
    batch->due_ms = now_ms(delivery) + delivery->settings.probe_interval_ms;
    batch_change(batch, BATCH_WAITING);
    batch_queue_push(&delivery->suspects, batch);
}

/* A conversion that was refused alone, and is at fault if `proven`. */
static void refused_alone(struct delivery *delivery, struct batch *batch, bool proven,
                          const struct rokt_judgement *judgement, struct delivery_report *report)
{
    struct batch_queue parts = {NULL, NULL, 0};
    division_end(&delivery->batcher, batch, &parts);
    send_now(delivery, &parts);
    if (!proven) {
        set_aside(delivery, batch);
        report->event = DELIVERY_DIVIDED;
        return;
    }
    struct settlement settlement = new_settlement(delivery, batch, report);
    bury(delivery, &settlement, batch, 0, &judgement->cause, &judgement->complaint);
    report->event = DELIVERY_SETTLED;
    batch_change(batch, BATCH_DONE);
    delivery->reported = batch;
}

/* Where several conversions are at fault, more than half of a run of refusals may be theirs: then what is
 * likely to be taken is sent too, before the run is long enough for a hold. */
static void divide(struct delivery *delivery, struct batch *batch, bool witnessed,
                   const struct rokt_judgement *judgement, struct delivery_report *report)
{
    struct batch_queue parts = {NULL, NULL, 0};
    witnessed = witnessed && delivery->refusals < DELIVERY_REFUSALS_MAX / 2;
    if (judgement->refusal_count > 0) {
        division_of_named(&delivery->batcher, batch, judgement->refusals, judgement->refusal_count,
                          &parts);
    } else {
        division_of_refused(&delivery->batcher, batch, witnessed, &parts);
    }
    send_now(delivery, &parts);
    batch_change(batch, BATCH_DONE);
    delivery->reported = batch;
    report->event = DELIVERY_DIVIDED;
}

/* Every request is refused: what is refused once more is divided all the same, at the pace of the
 * probes, so that what could be taken is found among what cannot. */
static void refused_on_hold(struct delivery *delivery, struct batch *batch,
                            const struct rokt_judgement *judgement, int64_t floor_ms,
                            struct delivery_report *report)
{
    bool probe = batch == delivery->probe;
    release_suspects(delivery);
    if (!probe || batch->count == 1) {
        send_again(delivery, batch, ROKT_HOLD, floor_ms, report);
        return;
    }
    hold(delivery, batch, floor_ms);
    divide(delivery, batch, false, judgement, report);
    report->event = DELIVERY_HELD;
    report->wait_ms = delivery->probe_ms - now_ms(delivery);
}

/* The suspect was refused a second time, both times alone, and nothing else was since a request was
 * taken, which is not long ago. */
static bool is_sole_suspect(const struct delivery *delivery, const struct batch *batch)
{
    return batch->suspect && delivery->refusals == 2 && delivery->taken > 0 &&
           now_ms(delivery) - delivery->taken_ms < DELIVERY_TRUST_MS;
}

/* Counts the refusal, and says whether one of the batch's conversions is proven to be at fault. A suspect
 * that is refused once more, and still may not be, is as good as a run of refusals. */
static bool count_refusal(struct delivery *delivery, struct batch *batch)
{
    if (!batch->refused) {
        batch->refused = true;
        batch->refused_at = delivery->taken;
    }
    delivery->refusals++;
    bool witnessed = delivery->taken > batch->refused_at;
    bool proven = witnessed || is_sole_suspect(delivery, batch);
    if (batch->suspect && !proven && delivery->refusals < DELIVERY_REFUSALS_MAX) {
        delivery->refusals = DELIVERY_REFUSALS_MAX;
    }
    return proven;
}

/* The request was refused as a whole. When none is taken any more it is the configuration; that the
 * credentials are right is proven by it. */
static void refused(struct delivery *delivery, struct batch *batch,
                    const struct rokt_judgement *judgement, int64_t floor_ms,
                    struct delivery_report *report)
{
    bool resumes = batch == delivery->probe && !delivery->refusing;
    if (resumes) {
        resume(delivery);
    }
    bool proven = count_refusal(delivery, batch);
    if (delivery->held || delivery->refusals >= DELIVERY_REFUSALS_MAX) {
        refused_on_hold(delivery, batch, judgement, floor_ms, report);
        return;
    }
    if (batch->count == 1) {
        refused_alone(delivery, batch, proven, judgement, report);
    } else {
        divide(delivery, batch, proven, judgement, report);
    }
    report->event = resumes ? DELIVERY_RESUMED : report->event;
}

static void apply(struct delivery *delivery, struct batch *batch,
                  const struct rokt_judgement *judgement, int64_t floor_ms,
                  struct delivery_report *report)
{
    switch (judgement->verdict) {
    case ROKT_DONE:
    case ROKT_ALONE:
    case ROKT_DEAD:
        settle(delivery, batch, judgement, report);
        break;
    case ROKT_SPLIT:
        refused(delivery, batch, judgement, floor_ms, report);
        break;
    case ROKT_RETRY:
    case ROKT_HOLD:
        send_again(delivery, batch, judgement->verdict, floor_ms, report);
        break;
    }
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
    arena_reset(&delivery->arena);
    struct rokt_judgement judgement;
    judge(delivery, batch, &answer, &judgement);
    *ret_report = (struct delivery_report){
        .status = answer.failed ? 0 : answer.status,
        .cause = judgement.cause,
        .conversions = batch->count,
        .bytes = batch->body.size,
        .attempts = batch->attempts,
        .duration_ms = answer.duration_ms,
        .asked_wait_ms = answer.retry_after_ms > 0 ? answer.retry_after_ms : 0,
    };
    tell_limiter(delivery, batch, &answer, &judgement, ret_report);
    apply(delivery, batch, &judgement, asked_wait_ms(&answer), ret_report);
    ret_report->refusing = delivery->held && delivery->refusing;
    return true;
}

/* Monotonic time at which a batch that is to be sent can be. */
static int64_t batch_deadline_ms(const struct delivery *delivery)
{
    const struct batch *batch = next_to_send(delivery);
    int64_t due_ms = now_ms(delivery);
    if (batch == NULL) {
        batch = first_due(delivery);
        if (batch == NULL) {
            return INT64_MAX;
        }
        due_ms = batch->due_ms;
    }
    int64_t limited = limited_ms(delivery, batch);
    return limited > due_ms ? limited : due_ms;
}

/* Monotonic time at which something can be sent though no answer comes. */
static int64_t sending_deadline_ms(const struct delivery *delivery)
{
    if (delivery->held) {
        return delivery->in_flight.count == 0 ? probe_due_ms(delivery) : INT64_MAX;
    }
    const struct batch *suspect = delivery->suspects.first;
    int64_t suspect_ms = suspect == NULL ? INT64_MAX : suspect->due_ms;
    int64_t batch_ms = batch_deadline_ms(delivery);
    return suspect_ms < batch_ms ? suspect_ms : batch_ms;
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

void delivery_renewed(struct delivery *delivery)
{
    delivery->renewed_ms = now_ms(delivery);
    delivery->probe_ms = now_ms(delivery);
}

struct delivery_state delivery_look(const struct delivery *delivery)
{
    return (struct delivery_state){
        .held = delivery->held,
        .refusing = delivery->held && delivery->refusing,
        .working = delivery->in_flight.count > 0 || delivery_deadline_ms(delivery) != INT64_MAX,
        .in_flight = delivery->in_flight.count,
        .concurrency = limiter_concurrency(delivery->limiter),
        .rate = limiter_rate(delivery->limiter),
        .used_percent = delivery->used_percent,
    };
}

bool delivery_on_hold(const struct delivery *delivery)
{
    return delivery->held;
}

size_t delivery_pending(const struct delivery *delivery)
{
    return delivery->pending;
}
