#include "service.h"

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

void service_draw(const struct service *service, const struct api_request *request,
                  const struct clock *now, struct arena *arena, struct fault_effect *ret_effect)
{
    *ret_effect = (struct fault_effect){0};
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
    const struct fault_effect *effect = exchange->effect;
    const struct service *service = exchange->service;
    const struct api_denial denial = {.code = effect->unprocessed, .match = effect->match};
    service->api->judge(&service->rules, exchange->request, &denial, exchange->now->wall_ms,
                        exchange->arena, &exchange->answer);
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

/* What the script says instead of the answer that was deserved. */
static void override(struct exchange *exchange)
{
    const struct fault_effect *effect = exchange->effect;
    struct api_answer *answer = &exchange->answer;
    if (effect->status > 0 || answer->status == 0) {
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
        .acknowledged = !effect->happens || effect->unprocessed.size > 0,
        .bytes = exchange->request->bytes,
        .rate = exchange->rate.verdict,
        .irregular = is_irregular(exchange),
        .events = answer->accepted,
        .event_count = answer->accepted_count,
        .unprocessed_count = answer->unprocessed_count,
    };
    account_request(exchange->service->account, &entry);
}

static void add_header(struct service_reply *reply, struct slice name, struct slice value)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (slice_equal_ignoring_case(reply->headers[i].name, name)) {
            return; /* the script has its own */
        }
    }
    reply->headers[reply->header_count++] = (struct fault_header){name, value};
}

/* The Event and Audience API tells how much of its limits is used, and which of them was passed. */
static void add_rate_headers(const struct exchange *exchange, struct service_reply *reply)
{
    const struct rate_outcome *rate = &exchange->rate;
    if (rate->verdict != RATE_FINE) {
        add_header(reply, SLICE("Retry-After"), SLICE("1"));
    }
    if (exchange->service->api->kind == API_AUDIENCE && rate->verdict != RATE_FINE) {
        add_header(reply, SLICE("X-mp-rate-limit-exceeded"),
                   rate->verdict == RATE_EXCEEDED ? SLICE("account") : SLICE("acceleration"));
    }
    if (exchange->service->api->kind == API_AUDIENCE && rate->used_percent >= 0) {
        add_header(reply, SLICE("X-mp-rate-limit-percentage-used"),
                   arena_printf(exchange->arena, "%d", rate->used_percent));
    }
}

static void make_reply(const struct exchange *exchange, struct service_reply *ret_reply)
{
    const struct fault_effect *effect = exchange->effect;
    const struct api_answer *answer = &exchange->answer;
    *ret_reply = (struct service_reply){
        .reset = effect->reset,
        .truncate = effect->truncate,
        .status = answer->status,
        .body = answer->body,
        .header_count = effect->header_count,
    };
    memcpy(ret_reply->headers, effect->headers, sizeof effect->headers);
    if (answer->body.size > 0) {
        add_header(ret_reply, SLICE("Content-Type"), SLICE("application/json"));
    }
    if (answer->status == METHOD_NOT_ALLOWED) {
        add_header(ret_reply, SLICE("Allow"), SLICE("POST"));
    }
    add_rate_headers(exchange, ret_reply);
}

void service_answer(const struct service *service, const struct api_request *request,
                    const struct fault_effect *effect, const struct clock *now, struct arena *arena,
                    struct service_reply *ret_reply)
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
    } else if (!effect->happens || effect->accept || effect->unprocessed.size > 0) {
        judge(&exchange);
        keep_rate(&exchange);
    }
    if (effect->happens && exchange.rate.verdict == RATE_FINE) {
        override(&exchange);
    }
    enter(&exchange);
    make_reply(&exchange, ret_reply);
}
