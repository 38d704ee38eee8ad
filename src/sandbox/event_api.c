#include "event_api.h"

#include "names.h"

#include "id_table.h"

#include "base/buffer.h"
#include "json/reader.h"
#include "json/writer.h"

/* JSON that is written again is hardly longer than it was, and answers echo it at most once. */
#define TEXT_MAX ((size_t)4 * EVENT_API_BODY_MAX)

/* Longer than ids may be, so that no event has it. */
#define UNKNOWN_ID "an id that no event of the request could have"

#define ALL_TAKEN "{\"data\":{\"unprocessedRecords\":[]}}"

/* A request while it is judged. */
struct hearing {
    const struct api_rules *rules;
    const struct api_denial *denial;
    int64_t now_ms;
    struct arena *arena;
    struct api_answer *answer;
    struct buffer unprocessed; /* the answer's unprocessedRecords so far */
    struct buffer text;        /* scratch: one event */
};

static struct slice error_body(struct slice code, struct slice message, struct arena *arena)
{
    struct buffer body;
    buffer_init(&body, TEXT_MAX);
    buffer_append(&body, SLICE("{\"data\":{\"code\":"));
    json_write_string(&body, code, JSON_UTF8);
    buffer_append(&body, SLICE(",\"message\":"));
    json_write_string(&body, message, JSON_UTF8);
    buffer_append(&body, SLICE("}}"));
    struct slice copy = arena_copy(arena, buffer_slice(&body));
    buffer_done(&body);
    return copy;
}

static struct slice status_body(unsigned status, struct slice message, struct arena *arena)
{
    static const struct {
        unsigned status;
        const char *code;
    } codes[] = {
        {400, "RequestValidationError"},
        {401, "UnauthorizedError"},
        {403, "Forbidden"},
        {404, "NotFound"},
        {405, "MethodNotAllowed"},
        {413, "RequestEntityTooLarge"},
        {415, "UnsupportedMediaType"},
        {429, "TooManyRequests"},
        {500, "InternalServerError"},
        {502, "BadGateway"},
        {503, "ServiceUnavailable"},
        {504, "GatewayTimeout"},
    };
    if (status < 300) {
        return SLICE(ALL_TAKEN);
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].status == status) {
            return error_body(slice_of(codes[i].code), message, arena);
        }
    }
    return error_body(SLICE("Error"), message, arena);
}

/* Refuses the request as a whole; false, for the caller to return. */
static bool refuse(struct hearing *hearing, unsigned status, const char *message)
{
    hearing->answer->status = status;
    hearing->answer->body = status_body(status, slice_of(message), hearing->arena);
    hearing->answer->accepted_count = 0;
    hearing->answer->unprocessed_count = 0;
    return false;
}

static bool check_headers(struct hearing *hearing, const struct api_request *request)
{
    if (!slice_equal_ignoring_case(request->content_type, SLICE("application/json"))) {
        return refuse(hearing, 415, "the header Content-Type must be application/json");
    }
    if (request->content_encoding.size > 0 &&
        !slice_equal_ignoring_case(request->content_encoding, SLICE("gzip"))) {
        return refuse(hearing, 415, "the header Content-Encoding may be gzip only");
    }
    if (!slice_equal_ignoring_case(request->charset, SLICE("utf-8"))) {
        return refuse(hearing, 400, "the header Charset must be utf-8");
    }
    if (!slice_equal(request->version, SLICE(EVENT_API_VERSION))) {
        return refuse(hearing, 400, "the header Rokt-Version must be " EVENT_API_VERSION);
    }
    if (!slice_equal(request->authorization, slice_of(hearing->rules->authorization))) {
        return refuse(hearing, 401, "the credentials are missing or wrong");
    }
    if (request->oversize) {
        return refuse(hearing, 413, "the body has more than 1,000,000 bytes");
    }
    return true;
}

/* A body that cannot be read has codes of its own; false, for the caller to return. */
static bool refuse_body(struct hearing *hearing, struct slice code, const char *message)
{
    hearing->answer->status = 400;
    hearing->answer->body = error_body(code, slice_of(message), hearing->arena);
    return false;
}

static bool read_body(struct hearing *hearing, const struct api_request *request,
                      const struct json_value **ret_envelope)
{
    struct error error;
    if (request->undecoded) {
        return refuse_body(hearing, SLICE("RequestBodyReadError"), "the body is no gzip");
    }
    return json_read(request->body, hearing->arena, ret_envelope, &error) ||
           refuse_body(hearing, SLICE("RequestJsonUnmarshalError"), error.text);
}

static bool check_members(struct hearing *hearing, const struct json_value *envelope)
{
    struct error error;
    if (envelope->kind != JSON_OBJECT) {
        error_set(&error, "the body must be an object, not %s", json_kind_name(envelope->kind));
        return refuse(hearing, 400, error.text);
    }
    for (const struct json_value *member = envelope->first; member != NULL; member = member->next) {
        if (!slice_equal(member->name, SLICE("accountId")) &&
            !slice_equal(member->name, SLICE("events"))) {
            error_set(&error, "a request has no member \"%.*s\"", SLICE_PRINT(member->name));
            return refuse(hearing, 400, error.text);
        }
    }
    return true;
}

static bool check_account(struct hearing *hearing, const struct json_value *envelope)
{
    const struct json_value *account = json_member(envelope, SLICE("accountId"));
    if (account == NULL || account->kind != JSON_STRING || account->text.size == 0) {
        return refuse(hearing, 400, "accountId must be a string, and not empty");
    }
    if (slice_length(account->text) > EVENT_API_ACCOUNT_MAX) {
        return refuse(hearing, 400, "accountId is longer than 64 characters");
    }
    if (!slice_equal(account->text, slice_of(hearing->rules->account_id))) {
        return refuse(hearing, 403, "the credentials are not for this account");
    }
    return true;
}

/* Every event has an id of its own: without it no answer about the event could be understood. */
static bool check_ids(struct hearing *hearing, const struct json_value *events)
{
    struct error error;
    struct names names;
    struct slice id;
    size_t index = 0;
    names_init(&names, events->count, hearing->arena);
    for (const struct json_value *event = events->first; event != NULL; event = event->next) {
        if (!event_id(event, &id, &error)) {
            error_prefix(&error, "events[%zu]", index);
            return refuse(hearing, 400, error.text);
        }
        if (!names_add(&names, id)) {
            error_set(&error, "events[%zu]: its clientEventId is there twice", index);
            return refuse(hearing, 400, error.text);
        }
        index++;
    }
    return true;
}

static bool check_envelope(struct hearing *hearing, const struct json_value *envelope,
                           const struct json_value **ret_events)
{
    if (!check_members(hearing, envelope) || !check_account(hearing, envelope)) {
        return false;
    }
    const struct json_value *events = json_member(envelope, SLICE("events"));
    if (events == NULL || events->kind != JSON_ARRAY || events->count == 0 ||
        events->count > EVENT_API_EVENTS_MAX) {
        return refuse(hearing, 400, "events must be an array of 1 to 100 events");
    }
    *ret_events = events;
    return check_ids(hearing, events);
}

/* The echo of the record is how the client knows which event is meant. */
static void add_unprocessed(struct hearing *hearing, struct slice code, struct slice message,
                            struct slice record)
{
    struct buffer *records = &hearing->unprocessed;
    if (hearing->answer->unprocessed_count > 0) {
        buffer_append_byte(records, ',');
    }
    buffer_append(records, SLICE("{\"error\":{\"code\":"));
    json_write_string(records, code, JSON_UTF8);
    buffer_append(records, SLICE(",\"message\":"));
    json_write_string(records, message, JSON_UTF8);
    buffer_append(records, record.size == 0 ? SLICE("}") : SLICE("},\"record\":"));
    buffer_append(records, record);
    buffer_append_byte(records, '}');
    hearing->answer->unprocessed_count++;
}

/* An event that is fine, and denied: echoed as the denial wants it. */
static void deny(struct hearing *hearing, const struct event *event, struct slice text)
{
    const struct api_denial *denial = hearing->denial;
    bool wrongly = denial->naming == API_WRONGLY;
    struct slice record = text;
    if (denial->naming == API_NOT) {
        record = SLICE("");
    } else if (wrongly || denial->naming == API_BY_ID) {
        struct buffer id;
        buffer_init(&id, TEXT_MAX);
        json_write_string(&id, wrongly ? SLICE(UNKNOWN_ID) : event->client_event_id, JSON_UTF8);
        record = arena_printf(hearing->arena, "{\"clientEventId\":%.*s}",
                              SLICE_PRINT(buffer_slice(&id)));
        buffer_done(&id);
    }
    add_unprocessed(hearing, denial->code, SLICE("a fault of the script"), record);
}

static bool is_denied(const struct hearing *hearing, size_t index, struct slice text)
{
    const struct api_denial *denial = hearing->denial;
    if (denial->code.size == 0) {
        return false;
    }
    return denial->match.size == 0 ? index == 0 : slice_find(text, denial->match) != SIZE_MAX;
}

/* One event on its own: accepted, or unprocessed. False when it costs the whole request. */
static bool judge_event(struct hearing *hearing, const struct json_value *value, size_t index)
{
    struct error error;
    struct event event;
    bool valid = event_check(value, hearing->rules->any_time, hearing->now_ms, hearing->arena,
                             &event, &error);
    if (!valid && hearing->rules->strict_request) {
        error_prefix(&error, "events[%zu]", index);
        return refuse(hearing, 400, error.text);
    }
    buffer_reset(&hearing->text);
    json_write_value(&hearing->text, value, JSON_UTF8);
    struct slice text = buffer_slice(&hearing->text);
    if (!valid) {
        add_unprocessed(hearing, SLICE("ValidationError"), slice_of(error.text), text);
    } else if (is_denied(hearing, index, text)) {
        deny(hearing, &event, text);
    } else {
        event.text = arena_copy(hearing->arena, text);
        event.content = id_digest(text);
        hearing->answer->accepted[hearing->answer->accepted_count++] = event;
    }
    return true;
}

static struct slice success_body(const struct hearing *hearing)
{
    if (hearing->answer->unprocessed_count == 0) {
        return SLICE(ALL_TAKEN);
    }
    return arena_printf(hearing->arena, "{\"data\":{\"unprocessedRecords\":[%.*s]}}",
                        SLICE_PRINT(buffer_slice(&hearing->unprocessed)));
}

static void judge_events(struct hearing *hearing, const struct json_value *events)
{
    size_t index = 0;
    hearing->answer->conversion_count = events->count;
    hearing->answer->accepted = arena_calloc(hearing->arena, events->count, sizeof(struct event));
    for (const struct json_value *event = events->first; event != NULL; event = event->next) {
        if (!judge_event(hearing, event, index)) {
            return;
        }
        index++;
    }
    hearing->answer->status = 200;
    hearing->answer->body = success_body(hearing);
}

static void judge(const struct api_rules *rules, const struct api_request *request,
                  const struct api_denial *denial, int64_t now_ms, struct arena *arena,
                  struct api_answer *ret_answer)
{
    struct hearing hearing = {
        .rules = rules, .denial = denial, .now_ms = now_ms, .arena = arena, .answer = ret_answer};
    const struct json_value *envelope = NULL;
    const struct json_value *events = NULL;
    *ret_answer = (struct api_answer){0};
    buffer_init(&hearing.unprocessed, TEXT_MAX);
    buffer_init(&hearing.text, TEXT_MAX);
    if (check_headers(&hearing, request) && read_body(&hearing, request, &envelope) &&
        check_envelope(&hearing, envelope, &events)) {
        judge_events(&hearing, events);
    }
    buffer_done(&hearing.unprocessed);
    buffer_done(&hearing.text);
}

static const char *const paths[] = {"/v2/events", NULL};

const struct api event_api = {
    .kind = API_EVENT,
    .paths = paths,
    .body_max = EVENT_API_BODY_MAX,
    .success = 200,
    .judge = judge,
    .body = status_body,
};
