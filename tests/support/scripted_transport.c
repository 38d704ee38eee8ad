#include "support/scripted_transport.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

struct scripted_transport {
    struct transport transport; /* the first member: what the tested code sees */
    struct clock *clock;
    struct scripted_request *requests;
    size_t count;
    size_t capacity;
    size_t first; /* requests before this one are all answered */
    size_t in_flight;
    size_t most_in_flight;

    const struct scripted_answer *script;
    size_t script_from; /* index of the request that its first answer is for */
    size_t script_count;
    struct scripted_answer otherwise;
    struct scripted_answer (*decide)(void *context, size_t index, struct slice body);
    void *context;
};

static struct scripted_transport *of(struct transport *transport)
{
    return (struct scripted_transport *)transport;
}

static struct scripted_answer answer_for(struct scripted_transport *scripted, size_t index,
                                         struct slice body)
{
    if (scripted->decide != NULL) {
        return scripted->decide(scripted->context, index, body);
    }
    if (index >= scripted->script_from && index - scripted->script_from < scripted->script_count) {
        return scripted->script[index - scripted->script_from];
    }
    return scripted->otherwise;
}

static struct scripted_request *new_request(struct scripted_transport *scripted)
{
    if (scripted->count == scripted->capacity) {
        scripted->capacity = scripted->capacity == 0 ? 64 : scripted->capacity * 2;
        scripted->requests =
            memory_resize(scripted->requests, scripted->capacity, sizeof *scripted->requests);
    }
    return &scripted->requests[scripted->count++];
}

static char *join_lines(const char *const *lines)
{
    struct buffer joined;
    buffer_init(&joined, 4096);
    for (size_t i = 0; lines != NULL && lines[i] != NULL; i++) {
        buffer_printf(&joined, "%s\n", lines[i]);
    }
    char *text = memory_string(buffer_slice(&joined));
    buffer_done(&joined);
    return text;
}

static void scripted_submit(struct transport *transport, void *owner, struct slice body,
                            const char *const *lines)
{
    struct scripted_transport *scripted = of(transport);
    struct scripted_answer answer = answer_for(scripted, scripted->count, body);
    int64_t now_ms = scripted->clock->monotonic_ms;
    *new_request(scripted) = (struct scripted_request){
        .body = {memory_string(body), body.size},
        .lines = join_lines(lines),
        .submitted_ms = now_ms,
        .answer_ms = now_ms + answer.delay_ms,
        .answer = answer,
        .in_flight = true,
        .owner = owner,
        .submitted = body,
    };
    scripted->in_flight++;
    if (scripted->in_flight > scripted->most_in_flight) {
        scripted->most_in_flight = scripted->in_flight;
    }
}

/* The one whose answer comes next; NULL when nothing is in flight. */
static struct scripted_request *next_answered(const struct scripted_transport *scripted)
{
    struct scripted_request *next = NULL;
    for (size_t i = scripted->first; i < scripted->count; i++) {
        struct scripted_request *request = &scripted->requests[i];
        if (request->in_flight && (next == NULL || request->answer_ms < next->answer_ms)) {
            next = request;
        }
    }
    return next;
}

static void finish(struct scripted_transport *scripted, struct scripted_request *request)
{
    request->in_flight = false;
    scripted->in_flight--;
    while (scripted->first < scripted->count && !scripted->requests[scripted->first].in_flight) {
        scripted->first++;
    }
}

static bool scripted_reap(struct transport *transport, struct transport_answer *ret_answer)
{
    struct scripted_transport *scripted = of(transport);
    struct scripted_request *request = next_answered(scripted);
    if (request == NULL || request->answer_ms > scripted->clock->monotonic_ms) {
        return false;
    }
    assert(slice_equal(request->body, request->submitted));
    finish(scripted, request);
    const struct scripted_answer *answer = &request->answer;
    *ret_answer = (struct transport_answer){
        .owner = request->owner,
        .failed = answer->failure != NULL,
        .retry_after_ms = answer->retry_after_ms > 0 ? answer->retry_after_ms : -1,
        .duration_ms = scripted->clock->monotonic_ms - request->submitted_ms,
    };
    if (ret_answer->failed) {
        error_set(&ret_answer->failure, "%s", answer->failure);
    } else {
        ret_answer->status = answer->status;
        ret_answer->body = answer->body == NULL ? SLICE("{\"data\":{}}") : slice_of(answer->body);
    }
    return true;
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd extra = {.fd = fd, .events = POLLIN};
    return poll(&extra, 1, timeout_ms) > 0;
}

static void scripted_wait(struct transport *transport, int fd, int timeout_ms)
{
    struct scripted_transport *scripted = of(transport);
    int64_t until_answer_ms =
        scripted_transport_deadline_ms(scripted) - scripted->clock->monotonic_ms;
    int64_t wait_ms = timeout_ms < until_answer_ms ? timeout_ms : until_answer_ms;
    if (wait_ms <= 0) {
        return;
    }
    if (!scripted->clock->frozen) {
        (void)is_readable(fd, (int)wait_ms);
    } else if (!is_readable(fd, 0)) {
        scripted->clock->monotonic_ms += wait_ms;
        scripted->clock->wall_ms += wait_ms;
    }
}

static void scripted_cancel(struct transport *transport)
{
    struct scripted_transport *scripted = of(transport);
    for (size_t i = 0; i < scripted->count; i++) {
        scripted->requests[i].in_flight = false;
    }
    scripted->in_flight = 0;
}

static void scripted_free(struct transport *transport)
{
    struct scripted_transport *scripted = of(transport);
    for (size_t i = 0; i < scripted->count; i++) {
        free((void *)(uintptr_t)scripted->requests[i].body.data);
        free(scripted->requests[i].lines);
    }
    free(scripted->requests);
    free(scripted);
}

static const struct transport_operations operations = {
    .submit = scripted_submit,
    .reap = scripted_reap,
    .wait = scripted_wait,
    .cancel = scripted_cancel,
    .free = scripted_free,
};

struct scripted_transport *scripted_transport_new(struct clock *clock)
{
    struct scripted_transport *scripted = memory_new(1, sizeof *scripted);
    scripted->transport.operations = &operations;
    scripted->clock = clock;
    scripted->otherwise = (struct scripted_answer){.status = 200};
    return scripted;
}

struct transport *scripted_transport_interface(struct scripted_transport *scripted)
{
    return &scripted->transport;
}

void scripted_transport_script(struct scripted_transport *scripted,
                               const struct scripted_answer answers[], size_t count)
{
    scripted->script = answers;
    scripted->script_from = scripted->count;
    scripted->script_count = count;
}

void scripted_transport_otherwise(struct scripted_transport *scripted,
                                  struct scripted_answer answer)
{
    scripted->otherwise = answer;
}

void scripted_transport_decide(struct scripted_transport *scripted,
                               struct scripted_answer (*decide)(void *context, size_t index,
                                                                struct slice body),
                               void *context)
{
    scripted->decide = decide;
    scripted->context = context;
}

size_t scripted_transport_count(const struct scripted_transport *scripted)
{
    return scripted->count;
}

const struct scripted_request *scripted_transport_request(const struct scripted_transport *scripted,
                                                          size_t index)
{
    assert(index < scripted->count);
    return &scripted->requests[index];
}

size_t scripted_transport_in_flight(const struct scripted_transport *scripted)
{
    return scripted->in_flight;
}

size_t scripted_transport_most_in_flight(const struct scripted_transport *scripted)
{
    return scripted->most_in_flight;
}

int64_t scripted_transport_deadline_ms(const struct scripted_transport *scripted)
{
    const struct scripted_request *next = next_answered(scripted);
    return next == NULL ? INT64_MAX : next->answer_ms;
}
