/* delivery: takes conversions, gathers them in batches, gets every batch accepted.
 *
 * It never gives a conversion up: a request is repeated with the same bytes until its answer proves
 * that all were taken. On hold (wrong credentials, wrong address, a request refused) nothing is
 * taken in or sent but one pending batch as a probe every `probe_interval_ms`; an accepted one ends
 * the hold by itself. One thread; never blocks but in delivery_wait(). */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "base/clock.h"
#include "conversion/token.h"
#include "delivery/transport.h"
#include "rokt/api.h"

struct delivery;

struct delivery_settings {
    const struct rokt_api *api;
    const char *account_id; /* of conversions that name none; must outlive the delivery */
    size_t batch_conversions;
    size_t batch_bytes;
    int64_t batch_linger_ms;
    size_t in_flight; /* requests at once */
    int64_t backoff_base_ms;
    int64_t backoff_cap_ms;
    int64_t probe_interval_ms;
    uint64_t seed; /* for the jitter */
};

/* Batches that may wait beside those in flight, so that the next is ready when an answer frees a
 * place. With the open one, bodies take (in_flight + DELIVERY_SPARE_BATCHES + 1) * batch_bytes at
 * most, and what the last message taken in went beyond it; with mappings that name accounts there
 * is an open one for each, BATCHER_OPEN_MAX at most. */
#define DELIVERY_SPARE_BATCHES 2

/* `transport` and `clock` must outlive it. */
struct delivery *delivery_new(const struct delivery_settings *settings, struct transport *transport,
                              const struct clock *clock);
/* Cancels what is in flight and forgets what was not delivered; the ledger has not. free(NULL) is
 * fine. */
void delivery_free(struct delivery *delivery);

/* Whether a message may be taken in now: there is room for one more batch and no hold. */
bool delivery_has_room(const struct delivery *delivery);

/* Takes one conversion, always within the room it said it has (a message's conversions may exceed
 * it a little: they are taken all the same). False when it can never be delivered: `error` says
 * why, and it belongs into a dead letter. The conversion is encoded at once and need not outlive
 * the call. */
__attribute__((warn_unused_result)) bool delivery_add(struct delivery *delivery,
                                                      const struct conversion *conversion,
                                                      struct token token, struct error *error);

/* Seals batches that are due (or all, when `flush`), and sends what may be sent now. */
void delivery_dispatch(struct delivery *delivery, bool flush);

enum delivery_event {
    DELIVERY_DELIVERED, /* tokens: these are done */
    DELIVERY_RETRIED,   /* the batch will be sent again after `wait_ms` */
    DELIVERY_HELD,      /* as RETRIED, and delivery is (still) on hold */
    DELIVERY_RESUMED    /* as DELIVERED, and the hold is over */
};

/* What became of one request. */
struct delivery_report {
    enum delivery_event event;
    const struct batch *batch; /* valid until the next reap */
    int status;                /* 0: no answer */
    struct error cause;        /* RETRIED, HELD: why, nothing personal */
    int64_t wait_ms;
    int64_t duration_ms;
};

/* The next finished request; false when there is none now. */
bool delivery_reap(struct delivery *delivery, struct delivery_report *ret_report);

/* Monotonic time at which dispatch has something to do though nothing happens; INT64_MAX: never. */
int64_t delivery_deadline_ms(const struct delivery *delivery);

/* Sleeps on the transport and `fd` (-1: none). */
void delivery_wait(struct delivery *delivery, int fd, int timeout_ms);

bool delivery_on_hold(const struct delivery *delivery);

/* Conversions that were added and not yet reported as delivered. */
size_t delivery_pending(const struct delivery *delivery);

#endif
