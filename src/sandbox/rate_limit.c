#include "rate_limit.h"

#include "base/arena.h"
#include "base/memory.h"
#include "json/reader.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define STEP_MS 10
#define SECOND (1000 / STEP_MS) /* steps */
/* The second that ends now, and the ten before it. */
#define STEPS (11 * SECOND)

struct rate_limit {
    pthread_mutex_t mutex;
    struct rate_rules rules;
    uint64_t taken[STEPS]; /* in each step; a ring */
    int64_t newest;        /* number of the newest step; its place is this modulo STEPS */
};

struct rate_limit *rate_limit_new(const struct rate_rules *rules)
{
    struct rate_limit *limit = memory_new(1, sizeof(struct rate_limit));
    (void)pthread_mutex_init(&limit->mutex, NULL);
    limit->rules = *rules;
    return limit;
}

void rate_limit_free(struct rate_limit *limit)
{
    if (limit != NULL) {
        (void)pthread_mutex_destroy(&limit->mutex);
        free(limit);
    }
}

struct rate_rules rate_limit_rules(struct rate_limit *limit)
{
    (void)pthread_mutex_lock(&limit->mutex);
    struct rate_rules rules = limit->rules;
    (void)pthread_mutex_unlock(&limit->mutex);
    return rules;
}

void rate_limit_set(struct rate_limit *limit, const struct rate_rules *rules)
{
    (void)pthread_mutex_lock(&limit->mutex);
    limit->rules = *rules;
    (void)pthread_mutex_unlock(&limit->mutex);
}

/* What was taken `back` steps before the newest. */
static uint64_t taken(const struct rate_limit *limit, int64_t back)
{
    int64_t place = (limit->newest - back) % STEPS;
    return limit->taken[place < 0 ? place + STEPS : place];
}

/* Forgets the steps that are too long ago. A thread that is a moment late counts to the newest step. */
static void go_on(struct rate_limit *limit, int64_t now_ms)
{
    int64_t step = now_ms / STEP_MS;
    if (step - limit->newest >= STEPS) {
        memset(limit->taken, 0, sizeof limit->taken);
        limit->newest = step;
    }
    while (limit->newest < step) {
        limit->newest++;
        limit->taken[limit->newest % STEPS] = 0;
    }
}

/* Conversions in the second that ends now, and in the highest of all that ended a second ago or before. */
static void measure(const struct rate_limit *limit, uint64_t *ret_now, uint64_t *ret_highest)
{
    uint64_t sum = 0;
    uint64_t highest = 0;
    for (int64_t back = 0; back < SECOND; back++) {
        sum += taken(limit, back);
    }
    *ret_now = sum;
    for (int64_t back = SECOND; back < STEPS; back++) {
        sum += taken(limit, back);
        sum -= taken(limit, back - SECOND);
        bool before = back >= 2 * SECOND - 1; /* all of the window is */
        highest = before && sum > highest ? sum : highest;
    }
    *ret_highest = highest;
}

static int percent(uint64_t part, uint64_t whole)
{
    return part >= whole ? 100 : (int)(part * 100 / whole);
}

static uint64_t allowed_by_acceleration(const struct rate_rules *rules, uint64_t highest)
{
    return highest + highest * rules->acceleration / 100 + (rules->rate + 9) / 10;
}

static void judge(const struct rate_limit *limit, size_t conversions,
                  struct rate_outcome *ret_outcome)
{
    const struct rate_rules *rules = &limit->rules;
    uint64_t now = 0;
    uint64_t highest = 0;
    measure(limit, &now, &highest);
    uint64_t would_be = now + conversions;
    uint64_t allowed =
        rules->acceleration == 0 ? rules->rate : allowed_by_acceleration(rules, highest);
    bool alone = now == 0;
    *ret_outcome = (struct rate_outcome){RATE_FINE, percent(would_be, rules->rate)};
    if (percent(would_be, allowed) > ret_outcome->used_percent) {
        ret_outcome->used_percent = percent(would_be, allowed);
    }
    if (!alone && would_be > rules->rate) {
        ret_outcome->verdict = RATE_EXCEEDED;
    } else if (!alone && would_be > allowed) {
        ret_outcome->verdict = RATE_ACCELERATED;
    }
}

void rate_limit_take(struct rate_limit *limit, size_t conversions, int64_t now_ms,
                     struct rate_outcome *ret_outcome)
{
    *ret_outcome = (struct rate_outcome){RATE_FINE, -1};
    (void)pthread_mutex_lock(&limit->mutex);
    go_on(limit, now_ms);
    if (limit->rules.rate > 0) {
        judge(limit, conversions, ret_outcome);
    }
    if (ret_outcome->verdict == RATE_FINE) {
        limit->taken[limit->newest % STEPS] += conversions;
    }
    (void)pthread_mutex_unlock(&limit->mutex);
}

static bool read_count(const struct json_value *value, uint64_t max, uint64_t *ret_count)
{
    uint64_t count = 0;
    for (size_t i = 0; i < value->text.size; i++) {
        char digit = value->text.data[i];
        if (digit < '0' || digit > '9' || count > max) {
            return false;
        }
        count = count * 10 + (uint64_t)(digit - '0');
    }
    *ret_count = count;
    return value->kind == JSON_NUMBER && count <= max;
}

static bool read_rule(const struct json_value *member, struct rate_rules *rules,
                      struct error *error)
{
    if (slice_equal(member->name, SLICE("rate"))) {
        error_set(error, "rate is a number up to %d", RATE_MAX);
        return read_count(member, RATE_MAX, &rules->rate);
    }
    if (slice_equal(member->name, SLICE("acceleration"))) {
        error_set(error, "acceleration is a number up to %d", RATE_ACCELERATION_MAX);
        return read_count(member, RATE_ACCELERATION_MAX, &rules->acceleration);
    }
    error_set(error, "the limits are rate and acceleration; there is no \"%.*s\"",
              SLICE_PRINT(member->name));
    return false;
}

static bool read_rules(const struct json_value *value, struct rate_rules *rules,
                       struct error *error)
{
    if (value->kind != JSON_OBJECT) {
        error_set(error, "the limits are an object, not %s", json_kind_name(value->kind));
        return false;
    }
    for (const struct json_value *member = value->first; member != NULL; member = member->next) {
        if (!read_rule(member, rules, error)) {
            return false;
        }
    }
    return rate_rules_check(rules, error);
}

bool rate_rules_read(struct slice json, struct rate_rules *ret_rules, struct error *error)
{
    struct arena arena;
    const struct json_value *value = NULL;
    struct rate_rules rules = {0};
    arena_init(&arena, 0);
    bool done = json_read(json, &arena, &value, error) && read_rules(value, &rules, error);
    arena_done(&arena);
    if (done) {
        *ret_rules = rules;
    }
    return done;
}

bool rate_rules_check(const struct rate_rules *rules, struct error *error)
{
    if (rules->acceleration > 0 && rules->rate == 0) {
        error_set(error, "an acceleration goes with a rate, of which it is the rise");
        return false;
    }
    return true;
}

void rate_rules_write(const struct rate_rules *rules, struct buffer *buffer)
{
    buffer_printf(buffer, "{\"rate\":%" PRIu64 ",\"acceleration\":%" PRIu64 "}", rules->rate,
                  rules->acceleration);
}
