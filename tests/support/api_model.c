#include "support/api_model.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDER_WAY_MAX 64 /* requests of one consumer */
#define LOG_MAX 4096     /* requests in a sliding second */
#define PEAK_SECONDS 10

/* A request on its way there, or its answer on the way back. */
struct passage {
    void *owner;
    size_t conversions;
    int64_t sent_ms;
    int64_t due_ms; /* of the arrival, then of the answer */
    bool answered;
    bool failed;
    int status;
    const char *exceeded;
    int used_percent;
    int64_t retry_after_ms;
};

/* A consumer's. */
struct way {
    struct transport transport; /* the first member: what the tested code sees */
    struct api_model *model;
    struct passage passages[UNDER_WAY_MAX];
    size_t under_way;
    char used_text[16]; /* of the answer reaped last */
    struct way *next;
};

struct api_model {
    struct api_model_settings settings;
    const struct clock *clock;
    uint64_t random;
    struct way *ways;

    /* Conversions that were taken: of each second, of a sliding one, of the bucket. */
    uint32_t taken[API_MODEL_SECONDS_MAX];
    struct {
        int64_t at_ms;
        size_t conversions;
    } log[LOG_MAX];
    size_t log_from, log_to;
    size_t log_sum;
    double tokens;
    int64_t filled_ms;

    double capacity_tokens;
    int64_t capacity_ms;
    int64_t worker_free_ms[API_MODEL_WORKERS_MAX];

    struct api_model_count count;
};

static struct way *way_of(struct transport *transport)
{
    return (struct way *)transport;
}

static int64_t draw_ms(struct api_model *model, int64_t min_ms, int64_t max_ms)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return min_ms + (int64_t)(model->random % (uint64_t)(max_ms - min_ms + 1));
}

/* ---- the limits ------------------------------------------------------------------------------- */

static size_t second_of(int64_t at_ms)
{
    size_t second = (size_t)(at_ms / 1000);
    assert(second < API_MODEL_SECONDS_MAX);
    return second;
}

/* Of the sliding second that ends now. */
static size_t sliding_sum(struct api_model *model, int64_t now_ms)
{
    while (model->log_from < model->log_to &&
           model->log[model->log_from % LOG_MAX].at_ms <= now_ms - 1000) {
        model->log_sum -= model->log[model->log_from % LOG_MAX].conversions;
        model->log_from++;
    }
    return model->log_sum;
}

static void fill_bucket(struct api_model *model, int64_t now_ms)
{
    model->tokens += model->settings.rate * (double)(now_ms - model->filled_ms) / 1000;
    model->tokens = model->tokens < model->settings.rate ? model->tokens : model->settings.rate;
    model->filled_ms = now_ms;
}

/* Conversions that count against the limit by now. */
static double used(struct api_model *model, int64_t now_ms)
{
    switch (model->settings.limit) {
    case API_MODEL_WINDOWS:
        return model->taken[second_of(now_ms)];
    case API_MODEL_SLIDING:
        return (double)sliding_sum(model, now_ms);
    case API_MODEL_BUCKET:
        fill_bucket(model, now_ms);
        return model->settings.rate - model->tokens;
    case API_MODEL_NO_LIMIT:
        break;
    }
    return 0;
}

static bool rises_too_quickly(const struct api_model *model, size_t conversions, int64_t now_ms)
{
    size_t second = second_of(now_ms);
    double peak = 0;
    for (size_t i = 1; i <= PEAK_SECONDS && i <= second; i++) {
        double then = model->taken[second - i];
        peak = then > peak ? then : peak;
    }
    return model->settings.acceleration > 0 &&
           (double)(model->taken[second] + conversions) >
               peak * model->settings.acceleration + model->settings.acceleration_floor;
}

static void take(struct api_model *model, size_t conversions, int64_t now_ms)
{
    assert(model->log_to - model->log_from < LOG_MAX);
    model->log[model->log_to % LOG_MAX].at_ms = now_ms;
    model->log[model->log_to % LOG_MAX].conversions = conversions;
    model->log_to++;
    model->log_sum += conversions;
    (void)sliding_sum(model, now_ms);
    model->taken[second_of(now_ms)] += (uint32_t)conversions;
    model->tokens -= (double)conversions;
    model->count.conversions += conversions;
}

/* Which limit the request would exceed; NULL: none. */
static const char *exceeded(struct api_model *model, size_t conversions, int64_t now_ms)
{
    if (rises_too_quickly(model, conversions, now_ms)) {
        return "acceleration";
    }
    bool over = model->settings.limit != API_MODEL_NO_LIMIT &&
                used(model, now_ms) + (double)conversions > model->settings.rate;
    return over ? "workspace" : NULL;
}

/* ---- arrival ---------------------------------------------------------------------------------- */

static bool is_down(const struct api_model *model, int64_t now_ms)
{
    return now_ms >= model->settings.down_from_ms && now_ms < model->settings.down_to_ms;
}

static bool is_overloaded(struct api_model *model, int64_t now_ms)
{
    double capacity = model->settings.capacity;
    if (capacity == 0) {
        return false;
    }
    model->capacity_tokens += capacity * (double)(now_ms - model->capacity_ms) / 1000;
    model->capacity_ms = now_ms;
    double most = capacity / 10 > 1 ? capacity / 10 : 1;
    model->capacity_tokens = model->capacity_tokens < most ? model->capacity_tokens : most;
    if (model->capacity_tokens < 1) {
        return true;
    }
    model->capacity_tokens -= 1;
    return false;
}

/* Requests that a worker has, or that wait for one. */
static size_t queued(const struct api_model *model, int64_t now_ms)
{
    size_t count = 0;
    for (const struct way *way = model->ways; way != NULL; way = way->next) {
        for (size_t i = 0; i < way->under_way; i++) {
            count += way->passages[i].answered && way->passages[i].due_ms > now_ms;
        }
    }
    return count;
}

/* When the worker that is free first has done it. */
static int64_t work(struct api_model *model, int64_t now_ms)
{
    const struct api_model_settings *settings = &model->settings;
    int64_t *worker = &model->worker_free_ms[0];
    for (size_t i = 1; i < settings->workers; i++) {
        worker = model->worker_free_ms[i] < *worker ? &model->worker_free_ms[i] : worker;
    }
    size_t count = queued(model, now_ms);
    size_t waiting = count > settings->workers ? count - settings->workers : 0;
    double slower = 1 + settings->thrashing * (double)waiting;
    *worker =
        (*worker > now_ms ? *worker : now_ms) + (int64_t)((double)settings->service_ms * slower);
    return *worker;
}

static int64_t answer_due_ms(struct api_model *model, const struct passage *passage, int64_t now_ms)
{
    int64_t due_ms = passage->sent_ms +
                     draw_ms(model, model->settings.answer_min_ms, model->settings.answer_max_ms);
    if (model->settings.workers > 0) {
        due_ms = work(model, now_ms) + (now_ms - passage->sent_ms);
    }
    due_ms += now_ms >= model->settings.slower_from_ms ? model->settings.slower_ms : 0;
    return due_ms > now_ms ? due_ms : now_ms;
}

static void judge(struct api_model *model, struct passage *passage, int64_t now_ms)
{
    if (is_down(model, now_ms) || is_overloaded(model, now_ms)) {
        passage->failed = is_down(model, now_ms) && model->settings.refuses;
        passage->status = 503;
        model->count.unavailable++;
        return;
    }
    passage->exceeded = exceeded(model, passage->conversions, now_ms);
    if (passage->exceeded != NULL) {
        passage->status = 429;
        passage->retry_after_ms = model->settings.retry_after_ms;
        model->count.too_many++;
        model->count.refused[second_of(now_ms)]++;
        return;
    }
    take(model, passage->conversions, now_ms);
    model->count.accepted[second_of(now_ms)]++;
    passage->status = 202;
    if (model->settings.reports) {
        passage->used_percent = (int)(100 * used(model, now_ms) / model->settings.rate);
    }
}

/* What is refused is answered as soon as it can be. */
static void arrive(struct api_model *model, struct passage *passage)
{
    int64_t now_ms = passage->due_ms;
    model->count.requests++;
    model->count.arrivals[second_of(now_ms)]++;
    judge(model, passage, now_ms);
    passage->due_ms = passage->status == 202 ? answer_due_ms(model, passage, now_ms)
                                             : now_ms + (now_ms - passage->sent_ms);
    passage->answered = true;
}

/* The request of a consumer whose arrival, or answer, is due first; NULL when there is none. */
static struct passage *first_of(struct way *way, bool answered)
{
    struct passage *found = NULL;
    for (size_t i = 0; i < way->under_way; i++) {
        struct passage *passage = &way->passages[i];
        if (passage->answered == answered && (found == NULL || passage->due_ms < found->due_ms)) {
            found = passage;
        }
    }
    return found;
}

/* The one that arrives first. */
static struct passage *first_arriving(const struct api_model *model)
{
    struct passage *found = NULL;
    for (struct way *way = model->ways; way != NULL; way = way->next) {
        struct passage *passage = first_of(way, false);
        if (passage != NULL && (found == NULL || passage->due_ms < found->due_ms)) {
            found = passage;
        }
    }
    return found;
}

void api_model_turn(struct api_model *model)
{
    struct passage *passage = first_arriving(model);
    while (passage != NULL && passage->due_ms <= model->clock->monotonic_ms) {
        arrive(model, passage);
        passage = first_arriving(model);
    }
}

int64_t api_model_deadline_ms(const struct api_model *model)
{
    int64_t deadline_ms = INT64_MAX;
    for (const struct way *way = model->ways; way != NULL; way = way->next) {
        for (size_t i = 0; i < way->under_way; i++) {
            int64_t due_ms = way->passages[i].due_ms;
            deadline_ms = due_ms < deadline_ms ? due_ms : deadline_ms;
        }
    }
    return deadline_ms;
}

/* ---- the transport ---------------------------------------------------------------------------- */

static size_t conversions_in(struct slice body)
{
    static const struct slice name = {"\"source_message_id\"", sizeof "\"source_message_id\"" - 1};
    size_t count = 0;
    size_t at = slice_find(body, name);
    while (at != SIZE_MAX) {
        count++;
        body = slice_part(body, at + name.size, SIZE_MAX);
        at = slice_find(body, name);
    }
    return count;
}

static void way_submit(struct transport *transport, void *owner, struct slice body,
                       const char *const *lines)
{
    (void)lines;
    struct way *way = way_of(transport);
    struct api_model *model = way->model;
    assert(way->under_way < UNDER_WAY_MAX);
    int64_t now_ms = model->clock->monotonic_ms;
    way->passages[way->under_way++] = (struct passage){
        .owner = owner,
        .conversions = conversions_in(body),
        .sent_ms = now_ms,
        .due_ms = now_ms + draw_ms(model, model->settings.way_min_ms, model->settings.way_max_ms),
        .used_percent = -1,
    };
}

static void write_answer(struct way *way, const struct passage *passage,
                         struct transport_answer *ret_answer)
{
    *ret_answer = (struct transport_answer){
        .owner = passage->owner,
        .failed = passage->failed,
        .status = passage->failed ? 0 : passage->status,
        .retry_after_ms = passage->retry_after_ms > 0 ? passage->retry_after_ms : -1,
        .body = SLICE(""),
        .duration_ms = way->model->clock->monotonic_ms - passage->sent_ms,
    };
    if (passage->failed) {
        error_set(&ret_answer->failure, "Connection refused");
    }
    if (passage->exceeded != NULL) {
        ret_answer->headers[0] = slice_of(passage->exceeded);
    }
    if (passage->used_percent >= 0) {
        (void)snprintf(way->used_text, sizeof way->used_text, "%d", passage->used_percent);
        ret_answer->headers[1] = slice_of(way->used_text);
    }
}

static bool way_reap(struct transport *transport, struct transport_answer *ret_answer)
{
    struct way *way = way_of(transport);
    struct passage *passage = first_of(way, true);
    if (passage == NULL || passage->due_ms > way->model->clock->monotonic_ms) {
        return false;
    }
    write_answer(way, passage, ret_answer);
    *passage = way->passages[--way->under_way];
    return true;
}

static void way_wait(struct transport *transport, int fd, int timeout_ms)
{
    (void)transport;
    (void)fd;
    (void)timeout_ms;
}

static void way_cancel(struct transport *transport)
{
    way_of(transport)->under_way = 0;
}

static void way_free(struct transport *transport)
{
    struct way *way = way_of(transport);
    struct way **link = &way->model->ways;
    while (*link != way) {
        link = &(*link)->next;
    }
    *link = way->next;
    free(way);
}

static const struct transport_operations operations = {
    .submit = way_submit,
    .reap = way_reap,
    .wait = way_wait,
    .cancel = way_cancel,
    .free = way_free,
};

struct transport *api_model_transport(struct api_model *model)
{
    struct way *way = memory_new(1, sizeof *way);
    way->transport.operations = &operations;
    way->model = model;
    way->next = model->ways;
    model->ways = way;
    return &way->transport;
}

struct api_model *api_model_new(const struct api_model_settings *settings,
                                const struct clock *clock)
{
    assert(settings->workers <= API_MODEL_WORKERS_MAX && settings->seed != 0);
    struct api_model *model = memory_new(1, sizeof *model);
    model->settings = *settings;
    model->clock = clock;
    model->random = settings->seed;
    model->tokens = settings->rate;
    return model;
}

void api_model_free(struct api_model *model)
{
    free(model);
}

const struct api_model_count *api_model_count(const struct api_model *model)
{
    return &model->count;
}
