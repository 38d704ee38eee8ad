#include "control.h"

#include "base/clock.h"
#include "json/writer.h"

#include <stdlib.h>

#define EVENTS_DEFAULT 10

typedef void (*endpoint)(const struct control *control, const struct control_request *request,
                         struct control_answer *answer);

static void fail(struct control_answer *answer, unsigned status, const char *message)
{
    buffer_reset(&answer->body);
    answer->status = status;
    buffer_append(&answer->body, SLICE("{\"error\":"));
    json_write_string(&answer->body, slice_of(message), JSON_UTF8);
    buffer_append(&answer->body, SLICE("}"));
}

static void get_health(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    (void)control;
    (void)request;
    buffer_append(&answer->body, SLICE("{\"status\":\"ok\"}"));
}

static void get_account(const struct control *control, const struct control_request *request,
                        struct control_answer *answer)
{
    (void)request;
    account_write(control->account, &answer->body);
}

static void post_reset(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    (void)request;
    account_reset(control->account);
    buffer_append(&answer->body, SLICE("{}"));
}

static void get_faults(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    (void)request;
    fault_script_write(control->faults, &answer->body);
}

static void put_faults(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    struct error error;
    struct clock clock = {0};
    clock_refresh(&clock);
    if (fault_script_replace(control->faults, request->body, clock.monotonic_ms, &error)) {
        fault_script_write(control->faults, &answer->body);
    } else {
        fail(answer, 400, error.text);
    }
}

static void delete_faults(const struct control *control, const struct control_request *request,
                          struct control_answer *answer)
{
    fault_script_clear(control->faults);
    get_faults(control, request, answer);
}

static void get_limits(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    (void)request;
    const struct rate_rules rules = rate_limit_rules(control->limits[API_EVENT]);
    rate_rules_write(&rules, &answer->body);
}

static void set_limits(const struct control *control, const struct rate_rules *rules)
{
    for (size_t i = 0; i < API_KINDS; i++) {
        rate_limit_set(control->limits[i], rules);
    }
}

static void put_limits(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    struct error error;
    struct rate_rules rules;
    if (!rate_rules_read(request->body, &rules, &error)) {
        fail(answer, 400, error.text);
        return;
    }
    set_limits(control, &rules);
    get_limits(control, request, answer);
}

static void delete_limits(const struct control *control, const struct control_request *request,
                          struct control_answer *answer)
{
    const struct rate_rules none = {.rate = 0};
    set_limits(control, &none);
    get_limits(control, request, answer);
}

static void get_events(const struct control *control, const struct control_request *request,
                       struct control_answer *answer)
{
    const char *text = request->arguments.limit;
    char *end = NULL;
    unsigned long limit = text == NULL ? EVENTS_DEFAULT : strtoul(text, &end, 10);
    if (text != NULL && (*text < '0' || *text > '9' || *end != '\0')) {
        fail(answer, 400, "limit is a number");
        return;
    }
    account_write_events(control->account, limit, &answer->body);
}

static void get_event(const struct control *control, const struct control_request *request,
                      struct control_answer *answer)
{
    struct slice client_event_id = slice_of(request->arguments.client_event_id);
    struct slice transaction_id = slice_of(request->arguments.transaction_id);
    if (client_event_id.size == 0 && transaction_id.size == 0) {
        fail(answer, 400, "which one? clientEventId= or transactionid=");
    } else if (!account_write_event(control->account, client_event_id, transaction_id,
                                    &answer->body)) {
        fail(answer, 404, "not among the last events received");
    }
}

static void get_ids(const struct control *control, const struct control_request *request,
                    struct control_answer *answer)
{
    (void)request;
    answer->lines = true;
    account_write_ids(control->account, &answer->body);
}

static void get_kafka(const struct control *control, const struct control_request *request,
                      struct control_answer *answer)
{
    struct error error;
    if (control->kafka == NULL) {
        fail(answer, 404, "started without --kafka");
    } else if (!mock_kafka_write_offsets(control->kafka, request->arguments.group, &answer->body,
                                         &error)) {
        fail(answer, 500, error.text);
    }
}

static void get_order(const struct control *control, const struct control_request *request,
                      struct control_answer *answer)
{
    if (control->kafka == NULL) {
        fail(answer, 404, "started without --kafka");
    } else if (request->arguments.transaction_id == NULL) {
        fail(answer, 400, "which one? transactionid=");
    } else if (!mock_kafka_write_order(control->kafka, slice_of(request->arguments.transaction_id),
                                       &answer->body)) {
        fail(answer, 404, "no order that was produced becomes this transaction");
    }
}

static const struct route {
    const char *method;
    const char *path;
    endpoint endpoint;
} routes[] = {
    {"GET", "health", get_health},       {"GET", "account", get_account},
    {"POST", "reset", post_reset},       {"GET", "faults", get_faults},
    {"PUT", "faults", put_faults},       {"DELETE", "faults", delete_faults},
    {"GET", "limits", get_limits},       {"PUT", "limits", put_limits},
    {"DELETE", "limits", delete_limits}, {"GET", "events", get_events},
    {"GET", "event", get_event},         {"GET", "ids", get_ids},
    {"GET", "kafka", get_kafka},         {"GET", "order", get_order},
};

void control_answer(const struct control *control, const struct control_request *request,
                    struct control_answer *ret_answer)
{
    bool known = false;
    *ret_answer = (struct control_answer){.status = 200};
    buffer_init(&ret_answer->body, CONTROL_ANSWER_MAX);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, request->path) != 0) {
            continue;
        }
        known = true;
        if (strcmp(routes[i].method, request->method) == 0) {
            routes[i].endpoint(control, request, ret_answer);
            if (ret_answer->body.failed) {
                fail(ret_answer, 500, "the answer would be too large");
            }
            return;
        }
    }
    fail(ret_answer, known ? 405 : 404, known ? "not with this method" : "no such endpoint");
}
