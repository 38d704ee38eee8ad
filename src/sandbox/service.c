#include "service.h"

#include "coding.h"

#define FAULT_MESSAGE SLICE("a fault of the script")

#define NO_CONTENT 204
#define NOT_MODIFIED 304
#define NOT_FOUND 404
#define METHOD_NOT_ALLOWED 405
#define TOO_MANY_REQUESTS 429

static bool has_path(const struct api *api, struct slice path)
{
    for (size_t i = 0; api->paths[i] != NULL; i++) {
        if (slice_equal(path, slice_of(api->paths[i]))) {
            return true;
        }
    }
    return false;
}

/* The status of what is no request to the API; 0: it is one. */
static unsigned misses(const struct api *api, const struct api_request *request)
{
    if (!has_path(api, request->path)) {
        return NOT_FOUND;
    }
    return slice_equal(request->method, SLICE("POST")) ? 0 : METHOD_NOT_ALLOWED;
}

/* Past what the API takes, a body is not decoded to its end. */
static void decode(const struct service *service, struct api_request *request, struct arena *arena)
{
    struct buffer text;
    if (!slice_equal_ignoring_case(request->content_encoding, SLICE("gzip"))) {
        return;
    }
    buffer_init(&text, service->api->body_max);
    request->undecoded = !coding_gunzip(request->body, &text);
    request->oversize = request->oversize || text.failed;
    request->body = request->undecoded ? SLICE("") : arena_copy(arena, buffer_slice(&text));
    buffer_done(&text);
}

void service_draw(const struct service *service, struct api_request *request,
                  const struct clock *now, struct arena *arena, struct fault_effect *ret_effect)
{
    *ret_effect = (struct fault_effect){.retry_s = -1};
    request->received_ms = now->monotonic_ms;
    decode(service, request, arena);
    if (misses(service->api, request) == 0) {
        fault_script_draw(service->faults, request->body, now->monotonic_ms, arena, ret_effect);
    }
}

/* A request and what has become of it so far. */
struct exchange {
    const struct service *service;
    const struct api_request *request;
    const struct fault_effect *effect;
    const struct clock *now;
    struct arena *arena;
    struct api_answer answer;
    struct rate_outcome rate;
};

static void set_status(struct exchange *exchange, unsigned status, struct slice message)
{
    exchange->answer.status = status;
    exchange->answer.body = exchange->service->api->body(status, message, exchange->arena);
}

static void refuse(struct exchange *exchange, unsigned miss)
{
    const char *path = exchange->service->api->paths[0];
    set_status(exchange, miss,
               miss == NOT_FOUND ? arena_printf(exchange->arena, "there is nothing but %s", path)
                                 : SLICE("conversions are sent with POST"));
}

static void judge(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    service->api->judge(&service->rules, exchange->request, &exchange->effect->denial,
                        exchange->now->wall_ms, exchange->arena, &exchange->answer);
}

/* What is no request does not count, and neither does what the script answers. */
static void keep_rate(struct exchange *exchange)
{
    size_t conversions = exchange->answer.conversion_count;
    if (conversions == 0 || exchange->effect->accept) {
        return;
    }
    rate_limit_take(exchange->service->limit, conversions, exchange->now->monotonic_ms,
                    &exchange->rate);
    if (exchange->rate.verdict != RATE_FINE) {
        exchange->answer = (struct api_answer){.status = 0};
        set_status(exchange, TOO_MANY_REQUESTS,
                   exchange->rate.verdict == RATE_EXCEEDED
                       ? SLICE("more conversions a second than are allowed")
                       : SLICE("many more conversions a second than before"));
    }
}

/* Whether the script answers in place of the API. */
static bool replaces(const struct fault_effect *effect)
{
    return effect->denial.code.size == 0 &&
           (effect->reset || effect->truncate || effect->status > 0);
}

/* The status that a refusal of some conversions comes with; one of failure refuses the others, too. */
static void override_status(struct exchange *exchange)
{
    struct api_answer *answer = &exchange->answer;
    if (answer->conversion_count > 0) {
        answer->status = exchange->effect->status;
        answer->accepted_count = answer->status < 300 ? answer->accepted_count : 0;
    }
}

/* What the script says instead of the answer that was deserved. */
static void override(struct exchange *exchange)
{
    const struct fault_effect *effect = exchange->effect;
    struct api_answer *answer = &exchange->answer;
    if (effect->status > 0 && !replaces(effect)) {
        override_status(exchange);
    } else if (effect->status > 0 || answer->status == 0) {
        set_status(exchange, effect->status > 0 ? effect->status : exchange->service->api->success,
                   FAULT_MESSAGE);
    }
    if (effect->has_body) {
        answer->body = effect->body;
    }
    if (answer->status == NO_CONTENT || answer->status == NOT_MODIFIED) {
        answer->body = SLICE("");
    }
}

/* Whether the answer tells the client truly, and readably, what became of its conversions. */
static bool acknowledges(const struct fault_effect *effect)
{
    bool named = effect->denial.naming != API_WRONGLY && effect->denial.naming != API_NOT;
    return !replaces(effect) && !effect->truncate && !effect->has_encoding && named;
}

/* The Event and Audience API counts positions in the body, so it is to be one line of ASCII. */
static bool is_irregular(const struct exchange *exchange)
{
    struct slice body = exchange->request->body;
    size_t size = exchange->service->api->kind == API_AUDIENCE ? body.size : 0;
    for (size_t i = 0; i < size; i++) {
        if (body.data[i] < ' ' || body.data[i] > '~') {
            return true;
        }
    }
    return false;
}

static void enter(const struct exchange *exchange)
{
    const struct api_answer *answer = &exchange->answer;
    const struct fault_effect *effect = exchange->effect;
    const struct account_request entry = {
        .api = exchange->service->api->kind,
        .status = effect->reset ? 0 : answer->status,
        .truncated = effect->truncate,
        .acknowledged = acknowledges(effect),
        .bytes = exchange->request->bytes,
        .compressed = exchange->request->content_encoding.size > 0,
        .rate = exchange->rate.verdict,
        .irregular = is_irregular(exchange),
        .events = answer->accepted,
        .event_count = answer->accepted_count,
        .unprocessed_count = answer->unprocessed_count,
    };
    account_request(exchange->service->account, &entry);
    if (exchange->service->journal != NULL) {
        journal_write(exchange->service->journal, &entry, exchange->request->received_ms,
                      exchange->now->monotonic_ms);
    }
}

/* The Event and Audience API tells how much of its limits is used, and which of them was passed. */
static void add_rate_headers(const struct exchange *exchange, struct reply *reply)
{
    const struct rate_outcome *rate = &exchange->rate;
    if (rate->verdict != RATE_FINE) {
        reply_add_header(reply, SLICE("Retry-After"), SLICE("1"));
    }
    if (exchange->service->api->kind == API_AUDIENCE && rate->verdict != RATE_FINE) {
        reply_add_header(reply, SLICE("X-mp-rate-limit-exceeded"),
                         rate->verdict == RATE_EXCEEDED ? SLICE("account") : SLICE("acceleration"));
    }
    if (exchange->service->api->kind == API_AUDIENCE && rate->used_percent >= 0) {
        reply_add_header(reply, SLICE("X-mp-rate-limit-percentage-used"),
                         arena_printf(exchange->arena, "%d", rate->used_percent));
    }
}

static void make_reply(const struct exchange *exchange, struct reply *ret_reply)
{
    const struct fault_effect *effect = exchange->effect;
    const struct api_answer *answer = &exchange->answer;
    *ret_reply = (struct reply){
        .reset = effect->reset,
        .truncate = effect->truncate,
        .status = answer->status,
        .body = answer->body,
        .header_count = effect->header_count,
    };
    memcpy(ret_reply->headers, effect->headers, sizeof effect->headers);
    if (answer->body.size > 0) {
        reply_add_header(ret_reply, SLICE("Content-Type"), SLICE("application/json"));
    }
    if (answer->status == METHOD_NOT_ALLOWED) {
        reply_add_header(ret_reply, SLICE("Allow"), SLICE("POST"));
    }
    if (effect->retry_s >= 0) {
        reply_add_retry_after(ret_reply, effect->retry_s, effect->has_date ? &effect->date : NULL,
                              exchange->now->wall_ms, exchange->arena);
    }
    if (effect->has_encoding) {
        reply_encode(ret_reply, effect->encoding, exchange->arena);
    }
    add_rate_headers(exchange, ret_reply);
}

void service_answer(const struct service *service, const struct api_request *request,
                    const struct fault_effect *effect, const struct clock *now, struct arena *arena,
                    struct reply *ret_reply)
{
    struct exchange exchange = {.service = service,
                                .request = request,
                                .effect = effect,
                                .now = now,
                                .arena = arena,
                                .rate = {.used_percent = -1}};
    unsigned miss = misses(service->api, request);
    if (miss > 0) {
        refuse(&exchange, miss);
    } else if (!replaces(effect) || effect->accept) {
        judge(&exchange);
        keep_rate(&exchange);
    }
    if (effect->happens && exchange.rate.verdict == RATE_FINE) {
        override(&exchange);
    }
    enter(&exchange);
    make_reply(&exchange, ret_reply);
}
