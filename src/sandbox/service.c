#include "service.h"

#define FAULT_MESSAGE SLICE("a fault of the script")

#define NO_CONTENT 204
#define NOT_MODIFIED 304
#define NOT_FOUND 404
#define METHOD_NOT_ALLOWED 405

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

static void refuse(const struct service *service, unsigned status, struct arena *arena,
                   struct api_answer *answer)
{
    struct slice message =
        status == NOT_FOUND ? arena_printf(arena, "there is nothing but %s", service->api->paths[0])
                            : SLICE("conversions are sent with POST");
    answer->status = status;
    answer->body = service->api->body(status, message, arena);
}

static void judge(const struct service *service, const struct api_request *request,
                  const struct fault_effect *effect, const struct clock *now, struct arena *arena,
                  struct api_answer *ret_answer)
{
    const struct api_denial denial = {.code = effect->unprocessed, .match = effect->match};
    service->api->judge(&service->rules, request, &denial, now->wall_ms, arena, ret_answer);
}

/* What the script says instead of the answer that was deserved. */
static void override(const struct service *service, const struct fault_effect *effect,
                     struct arena *arena, struct api_answer *answer)
{
    if (effect->status > 0 || answer->status == 0) {
        answer->status = effect->status > 0 ? effect->status : service->api->success;
        answer->body = service->api->body(answer->status, FAULT_MESSAGE, arena);
    }
    if (effect->has_body) {
        answer->body = effect->body;
    }
    if (answer->status == NO_CONTENT || answer->status == NOT_MODIFIED) {
        answer->body = SLICE("");
    }
}

/* The Event and Audience API counts positions in the body, so it is to be one line of ASCII. */
static bool is_irregular(const struct service *service, const struct api_request *request)
{
    size_t size = service->api->kind == API_AUDIENCE ? request->body.size : 0;
    for (size_t i = 0; i < size; i++) {
        if (request->body.data[i] < ' ' || request->body.data[i] > '~') {
            return true;
        }
    }
    return false;
}

static void enter(const struct service *service, const struct api_request *request,
                  const struct fault_effect *effect, const struct api_answer *answer)
{
    const struct account_request entry = {
        .api = service->api->kind,
        .status = effect->reset ? 0 : answer->status,
        .truncated = effect->truncate,
        .acknowledged = !effect->happens || effect->unprocessed.size > 0,
        .bytes = request->bytes,
        .irregular = is_irregular(service, request),
        .events = answer->accepted,
        .event_count = answer->accepted_count,
        .unprocessed_count = answer->unprocessed_count,
    };
    account_request(service->account, &entry);
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

static void make_reply(const struct fault_effect *effect, const struct api_answer *answer,
                       struct service_reply *ret_reply)
{
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
}

void service_answer(const struct service *service, const struct api_request *request,
                    const struct fault_effect *effect, const struct clock *now, struct arena *arena,
                    struct service_reply *ret_reply)
{
    struct api_answer answer = {0};
    unsigned miss = misses(service->api, request);
    if (miss > 0) {
        refuse(service, miss, arena, &answer);
    } else if (!effect->happens || effect->accept || effect->unprocessed.size > 0) {
        judge(service, request, effect, now, arena, &answer);
    }
    if (effect->happens) {
        override(service, effect, arena, &answer);
    }
    enter(service, request, effect, &answer);
    make_reply(effect, &answer, ret_reply);
}
