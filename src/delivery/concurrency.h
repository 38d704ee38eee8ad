/* concurrency: how many requests may be under way at once: as many as the API answers without
 * getting slower.
 *
 * Private to the room. Additive increase, multiplicative decrease, between 1 and a maximum: lowered
 * when requests fail, and when they take twice as long as lately; raised only as long as it is what
 * limits. After the start, a hold and a long pause it begins with one and doubles with each round of
 * answers. */
#ifndef DELIVERY_CONCURRENCY_H
#define DELIVERY_CONCURRENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct concurrency {
    size_t max;
    size_t under_way;
    double allowed;     /* between 1 and max; a part of one counts for the growth alone */
    double threshold;   /* below it `allowed` doubles with each round, above it grows by one */
    int64_t idle_ms;    /* when the last was answered: with nothing under way it is idle since */
    int64_t full_ms;    /* when as many as allowed were under way last; INT64_MIN: never */
    int64_t changed_ms; /* when it was lowered: answers to what was started before tell nothing */
    size_t failures;    /* in a row, with one at a time: an answer that was waited for each */

    /* A round: the next requests that are started, until all of them are answered: those that are
     * answered first would be the quick ones. */
    int64_t round_ms;   /* when it began */
    size_t asked;       /* requests of it … */
    int64_t asked_ms;   /* … and when the last of them was started */
    size_t answered;    /* of those … */
    size_t measured;    /* … and taken, so that how long it took says something */
    double measured_ms; /* all of these together */
    double base_ms;     /* the shortest mean of a round; 0: none yet */
    int64_t base_seen_ms;
};

/* What became of a request. */
enum concurrency_answer {
    CONCURRENCY_TAKEN,
    CONCURRENCY_REFUSED, /* answered, but nothing is known from how long it took */
    CONCURRENCY_FAILED   /* no answer, or one that says that the API is overloaded or broken */
};

void concurrency_init(struct concurrency *concurrency, size_t max, int64_t now_ms);

/* Begins slowly again. What is under way still is. */
void concurrency_restart(struct concurrency *concurrency, int64_t now_ms);

/* Whether another request may be started. With nothing under way it always may. */
bool concurrency_has_room(const struct concurrency *concurrency);

void concurrency_start(struct concurrency *concurrency, int64_t now_ms);

/* One that was started at `sent_ms` and took `duration_ms`. */
void concurrency_answered(struct concurrency *concurrency, enum concurrency_answer answer,
                          int64_t sent_ms, int64_t duration_ms, int64_t now_ms);

#endif
