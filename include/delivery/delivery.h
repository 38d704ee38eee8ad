/* delivery: takes conversions, gathers them in batches, and gets each of them accepted, or told that
 * it never will be.
 *
 * It never gives a conversion up: a request is repeated with the same bytes until its answer proves
 * what became of each conversion. What an answer does not tell is asked again for each alone. A
 * request that is refused as a whole is divided, by what its answer names or by halves, until the
 * conversion at fault is alone; that one is dead only when another request has been taken since (but
 * see DELIVERY_TRUST_MS), because what refuses everything is the configuration. On hold (wrong credentials, wrong address, every request refused) nothing is taken
 * in or sent but one pending batch as a probe every `probe_interval_ms`; an accepted one ends the
 * hold by itself. One thread; never blocks but in delivery_wait(). */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "base/clock.h"
#include "conversion/token.h"
#include "delivery/transport.h"
#include "mapping/message.h"
#include "rokt/api.h"

struct delivery;

struct delivery_settings {
    const struct rokt_api *api;
    const char *account_id; /* of conversions that name none; must outlive the delivery */
    size_t batch_conversions;
    size_t batch_bytes;
    int64_t batch_linger_ms;
    size_t in_flight; /* requests at once */
    bool gzip;        /* of bodies; the limits are about what they are without it */
    int64_t backoff_base_ms;
    int64_t backoff_cap_ms;
    int64_t probe_interval_ms;
    double rate;   /* conversions a second at most, a tenth of it in a request; 0: no limit */
    uint64_t seed; /* for the jitter */
};

/* So many requests refused in a row, with none taken in between, and delivery is on hold. */
#define DELIVERY_REFUSALS_MAX 16

/* One conversion that is refused alone, with nothing else to send, is tried once more after
 * `probe_interval_ms`. Refused again, it is at fault itself when a request was taken less than so long ago
 * and nothing else has been refused since; else it is the configuration. */
#define DELIVERY_TRUST_MS (10 * 60 * 1000)

/* A Retry-After that asks for longer is taken as this: it is tried once an hour at least. */
#define DELIVERY_RETRY_AFTER_MAX_MS (60 * 60 * 1000)

/* Batches that may wait beside those in flight, so that the next is ready when an answer frees a
 * place. With the open one, bodies and the messages that they were made from take
 * (in_flight + DELIVERY_SPARE_BATCHES + 1) * 2 * batch_bytes at most, and what a message that is
 * larger than a batch went beyond it; with mappings that name accounts there is an open one for
 * each, BATCHER_OPEN_MAX at most. */
#define DELIVERY_SPARE_BATCHES 2

/* `transport` and `clock` must outlive it. */
struct delivery *delivery_new(const struct delivery_settings *settings, struct transport *transport,
                              const struct clock *clock);
/* Cancels what is in flight and forgets what was not delivered; the ledger has not. free(NULL) is
 * fine. */
void delivery_free(struct delivery *delivery);

/* Whether a message may be taken in now: there is room for one more batch and no hold, or a hold on which one
 * is wanted. */
bool delivery_has_room(const struct delivery *delivery);

/* Whether, on hold because every request is refused, nothing is left that has not been tried: only a
 * conversion that is taken in now can show that it is not the configuration. */
bool delivery_wants_fresh(const struct delivery *delivery);

/* Takes one conversion, always within the room it said it has (a message's conversions may exceed
 * it a little: they are taken all the same). False when it can never be delivered: `error` says
 * why, and it belongs into a dead letter. The conversion is encoded at once, the message that it was
 * made from is copied: neither need outlive the call. */
__attribute__((warn_unused_result)) bool delivery_add(struct delivery *delivery,
                                                      const struct conversion *conversion,
                                                      const struct message *message,
                                                      struct token token, struct error *error);

/* Forgets the conversions of a slot that have never been sent: whoever has its partition next delivers them. Nothing
 * is reported of them. Requests that are under way, and those that are to be repeated, stay: what became of them is
 * not known. Returns how many conversions it were. */
size_t delivery_cancel(struct delivery *delivery, uint32_t slot);

/* Seals batches that are due (or all, when `flush`), and sends what may be sent now. */
void delivery_dispatch(struct delivery *delivery, bool flush);

enum delivery_event {
    DELIVERY_SETTLED, /* it is known of each conversion what became of it */
    DELIVERY_RETRIED, /* the batch will be sent again, not before `wait_ms` have passed */
    DELIVERY_DIVIDED, /* some, or all, will be sent again in other requests */
    DELIVERY_HELD,    /* as RETRIED, and delivery is (still) on hold */
    DELIVERY_RESUMED  /* as SETTLED or DIVIDED, and the hold is over */
};

/* A conversion that Rokt will never take. */
struct delivery_death {
    struct token token;
    struct message message; /* that it was made from */
    int32_t item;           /* the same of it as in the conversion */
    struct error cause;     /* nothing personal */
    int status;             /* of the answer that proves it */
    struct rokt_complaint complaint;
};

/* What became of one request. All that it points to is valid until the next reap. */
struct delivery_report {
    enum delivery_event event;
    int status;         /* 0: no answer */
    struct error cause; /* what the answer was; nothing personal */
    size_t conversions; /* in the request */
    size_t bytes;       /* of its body */
    size_t attempts;    /* requests with these bytes so far */
    int64_t wait_ms;    /* RETRIED, HELD */
    bool refusing;      /* HELD: because every request is refused */
    int64_t duration_ms;
    int64_t asked_wait_ms; /* by Retry-After; 0: nothing. More than the maximum is not heeded */
    const char *slowed;    /* what the API said that makes requests start later; NULL: nothing */
    uint64_t rate;         /* conversions a second from now on, at most; 0: no limit */
    size_t concurrency;    /* requests at once from now on, at most */
    const struct token *delivered;
    size_t delivered_count;
    size_t repeated_count; /* of those: taken when they were sent before, as Rokt says */
    const struct delivery_death *dead;
    size_t dead_count;
};

/* The next finished request; false when there is none now. */
bool delivery_reap(struct delivery *delivery, struct delivery_report *ret_report);

/* Monotonic time at which dispatch has something to do though nothing happens; INT64_MAX: never. */
int64_t delivery_deadline_ms(const struct delivery *delivery);

/* Sleeps on the transport and `fd` (-1: none). */
void delivery_wait(struct delivery *delivery, int fd, int timeout_ms);

bool delivery_on_hold(const struct delivery *delivery);

/* How it is now, for whoever watches it. */
struct delivery_state {
    bool held;
    bool refusing; /* on hold because every request is refused */
    bool working;  /* it waits for an answer, or for a time at which it will do something */
    size_t in_flight;
    size_t concurrency; /* requests at once, at most */
    double rate;        /* conversions a second, at most; 0: no limit */
    int used_percent;   /* of Rokt's limit, as an answer said last; -1: none did */
};

struct delivery_state delivery_look(const struct delivery *delivery);

/* Requests carry other credentials from now on: what is on hold is tried at once, and so is what those
 * under way will be refused for. */
void delivery_renewed(struct delivery *delivery);

/* Conversions that were added and not yet reported as delivered or dead. */
size_t delivery_pending(const struct delivery *delivery);

#endif
