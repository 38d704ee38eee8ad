/* scripted_transport: a transport without a network: a script says which answer each request gets,
 * and after how long.
 *
 * Time is the clock's. While that is frozen nothing sleeps: wait() sets it forward to the next
 * answer, or by the time-out. Every body is recorded, and must be the same at its answer as it was
 * when submitted (an assertion). One thread. */
#ifndef SUPPORT_SCRIPTED_TRANSPORT_H
#define SUPPORT_SCRIPTED_TRANSPORT_H

#include "base/clock.h"
#include "delivery/transport.h"

/* All-zero but for the status is an answer at once, with a body that says that all was taken. */
struct scripted_answer {
    int64_t delay_ms;
    int status;
    const char *body;       /* NULL: {"data":{}} */
    int64_t retry_after_ms; /* 0: no such header */
    const char *failure;    /* not NULL: there is no whole answer, in these words */
};

struct scripted_request {
    struct slice body;    /* as it was submitted */
    char *lines;          /* its own header lines, each with a line end */
    int64_t submitted_ms; /* monotonic */
    int64_t answer_ms;    /* monotonic: when its answer is there */
    struct scripted_answer answer;
    bool in_flight;
    void *owner;
    struct slice submitted; /* where the body was taken from */
};

struct scripted_transport;

/* In the beginning every request is answered 200 at once. `clock` must outlive it. Freed by the
 * interface's free(). */
struct scripted_transport *scripted_transport_new(struct clock *clock);
struct transport *scripted_transport_interface(struct scripted_transport *scripted);

/* The next `count` requests get these, whatever was scripted before. `answers` must outlive it. */
void scripted_transport_script(struct scripted_transport *scripted,
                               const struct scripted_answer answers[], size_t count);

/* What requests beyond the script get. */
void scripted_transport_otherwise(struct scripted_transport *scripted,
                                  struct scripted_answer answer);

/* Instead of both: `decide` is asked at each submission; `index` counts requests from 0. */
void scripted_transport_decide(struct scripted_transport *scripted,
                               struct scripted_answer (*decide)(void *context, size_t index,
                                                                struct slice body),
                               void *context);

/* All requests so far, in the order of their submission; valid until the next one. */
size_t scripted_transport_count(const struct scripted_transport *scripted);
const struct scripted_request *scripted_transport_request(const struct scripted_transport *scripted,
                                                          size_t index);

size_t scripted_transport_in_flight(const struct scripted_transport *scripted);
/* The most there have been at once. */
size_t scripted_transport_most_in_flight(const struct scripted_transport *scripted);

/* Monotonic time of the next answer; INT64_MAX when nothing is in flight. */
int64_t scripted_transport_deadline_ms(const struct scripted_transport *scripted);

#endif
