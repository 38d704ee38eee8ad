/* api_model: a model of the API behind the network, in simulated time: limits of the rate and of its increase,
 * how long answers take, a queue before a few workers, an outage. Each consumer gets a transport of its own.
 *
 * Answers are those of the Event and Audience API. Time is the clock's, which the caller sets forward to the
 * next of all deadlines. One thread. */
#ifndef SUPPORT_API_MODEL_H
#define SUPPORT_API_MODEL_H

#include "base/clock.h"
#include "delivery/transport.h"

#define API_MODEL_SECONDS_MAX 8192
#define API_MODEL_WORKERS_MAX 64

/* How the limit of conversions a second is counted. */
enum api_model_limit {
    API_MODEL_NO_LIMIT,
    API_MODEL_WINDOWS, /* seconds of the clock */
    API_MODEL_SLIDING, /* any second */
    API_MODEL_BUCKET   /* that holds a second's worth, filled evenly */
};

struct api_model_settings {
    uint64_t seed; /* not 0 */
    /* From the submission to the arrival, and to the answer; each drawn evenly. */
    int64_t way_min_ms, way_max_ms;
    int64_t answer_min_ms, answer_max_ms;
    int64_t slower_from_ms, slower_ms; /* from then on each answer takes so much longer; 0: never */

    enum api_model_limit limit;
    double rate; /* of the limit */
    /* In a second of the clock so many times the most of the ten before it, and `acceleration_floor` more;
     * 0: any. */
    double acceleration;
    double acceleration_floor;
    bool reports;           /* says with each answer how much of the limit is used */
    int64_t retry_after_ms; /* of a 429; 0: without */

    size_t
        workers; /* 0: without a queue. Else each request takes one of them `service_ms`, and longer by */
    int64_t service_ms;
    double thrashing; /* … this part for each request that waits */

    double capacity; /* requests a second, beyond which 503; 0: any */
    int64_t down_from_ms, down_to_ms;
    bool refuses; /* while it is down: connections, else 503 */
};

struct api_model_count {
    uint64_t requests;
    uint64_t conversions; /* taken */
    uint64_t too_many;    /* requests answered 429 */
    uint64_t unavailable; /* requests answered 503, or not at all */
    /* Requests that came, that were taken, and that were too many, by the second of the clock. */
    uint32_t arrivals[API_MODEL_SECONDS_MAX];
    uint32_t accepted[API_MODEL_SECONDS_MAX];
    uint32_t refused[API_MODEL_SECONDS_MAX];
};

struct api_model;

/* `clock` must outlive it; it begins with second 0. */
struct api_model *api_model_new(const struct api_model_settings *settings,
                                const struct clock *clock);
void api_model_free(struct api_model *model);

/* Another way to the API; freed by the interface's free(), before the model. Its wait() does nothing. */
struct transport *api_model_transport(struct api_model *model);

/* Lets arrive what has arrived by now. */
void api_model_turn(struct api_model *model);

/* When the next request arrives, or is answered; INT64_MAX: nothing is under way. */
int64_t api_model_deadline_ms(const struct api_model *model);

const struct api_model_count *api_model_count(const struct api_model *model);

#endif
