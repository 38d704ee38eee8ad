#include "audience_api.h"

#include "audience_batch.h"
#include "names.h"

#include "base/buffer.h"
#include "base/entity.h"
#include "json/reader.h"
#include "json/writer.h"

#include <inttypes.h>

#define BULK_PATH "/v2/bulkevents"
#define SINGLE_PATH "/v2/events"

/* Each batch has one error at most, with words of its own and the path to a value of the batch, both of which
 * may need six characters for one. */
#define ERRORS_MAX ((size_t)6 * (AUDIENCE_API_BODY_MAX + AUDIENCE_API_BATCHES_MAX * 2 * ERROR_SIZE))

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* A request while it is judged. */
struct hearing {
    const struct api_request *request;
    const struct api_denial *denial;
    struct audience_window window;
    struct arena *arena;
    struct api_answer *answer;
    struct slice spans[AUDIENCE_API_BATCHES_MAX]; /* each batch in the body */
    struct names request_ids;
    struct names message_ids;
    struct buffer errors; /* the answer's, so far */
    bool single;          /* the body is a batch, and no array of them */
};

static void add_error(struct buffer *errors, struct slice code, struct slice message)
{
    buffer_append(errors, errors->size == 0 ? SLICE("{\"errors\":[") : SLICE(","));
    buffer_append(errors, SLICE("{\"code\":"));
    json_write_string(errors, code, JSON_UTF8);
    buffer_append(errors, SLICE(",\"message\":"));
    json_write_string(errors, message, JSON_UTF8);
    buffer_append_byte(errors, '}');
}

static struct slice close_errors(struct buffer *errors, struct arena *arena)
{
    buffer_append(errors, SLICE("]}"));
    return arena_copy(arena, buffer_slice(errors));
}

/* Only what is wrong with the request itself is worth words. */
static struct slice status_body(unsigned status, struct slice message, struct arena *arena)
{
    struct buffer errors;
    struct slice body = SLICE("");
    buffer_init(&errors, ERRORS_MAX);
    if (status == 400) {
        add_error(&errors, SLICE("BAD_REQUEST"), message);
        body = close_errors(&errors, arena);
    }
    buffer_done(&errors);
    return body;
}

/* Refuses the request as a whole; false, for the caller to return. */
static bool refuse(struct hearing *hearing, unsigned status, const char *message)
{
    hearing->answer->status = status;
    hearing->answer->body = status_body(status, slice_of(message), hearing->arena);
    return false;
}

static bool check_headers(struct hearing *hearing, const struct api_rules *rules)
{
    const struct api_request *request = hearing->request;
    if (!slice_equal_ignoring_case(request->content_type, SLICE("application/json"))) {
        return refuse(hearing, 415, "");
    }
    if (request->content_encoding.size > 0 &&
        !slice_equal_ignoring_case(request->content_encoding, SLICE("gzip"))) {
        return refuse(hearing, 415, "");
    }
    if (request->authorization.size == 0) {
        return refuse(hearing, 401, "");
    }
    if (!slice_equal(request->authorization, slice_of(rules->authorization))) {
        return refuse(hearing, 403, "");
    }
    if (request->version.size > 0) {
        return refuse(hearing, 400, "The header Rokt-Version is of the Event API.");
    }
    return !request->oversize || refuse(hearing, 413, "");
}

static bool read_body(struct hearing *hearing, const struct json_value **ret_body)
{
    struct slice body = hearing->request->body;
    struct error error;
    if (hearing->request->undecoded) {
        return refuse(hearing, 400, "The body is no gzip.");
    }
    if (slice_starts_with(body, SLICE(BYTE_ORDER_MARK))) {
        return refuse(hearing, 400, "Unexpected character: a byte order mark.");
    }
    return json_read(body, hearing->arena, ret_body, &error) || refuse(hearing, 400, error.text);
}

/* How many events the request has, as far as it can be told. */
static size_t count_events(const struct hearing *hearing, const struct json_value *body)
{
    const struct json_value *batch = hearing->single ? body : body->first;
    size_t count = 0;
    while (batch != NULL) {
        const struct json_value *events = json_member(batch, SLICE("events"));
        count += events == NULL ? 0 : events->count;
        batch = hearing->single ? NULL : batch->next;
    }
    return count;
}

static bool check_envelope(struct hearing *hearing, const struct json_value *body)
{
    if (hearing->single && body->kind != JSON_OBJECT) {
        return refuse(hearing, 400, "Unexpected token: " SINGLE_PATH " takes one batch.");
    }
    if (!hearing->single &&
        (body->kind != JSON_ARRAY || body->count == 0 || body->count > AUDIENCE_API_BATCHES_MAX)) {
        return refuse(hearing, 400, "An array of 1 to 100 batches is wanted.");
    }
    size_t events = count_events(hearing, body);
    if (events > AUDIENCE_EVENTS_MAX) {
        return refuse(hearing, 400, "There are more than 100 events.");
    }
    names_init(&hearing->request_ids, AUDIENCE_API_BATCHES_MAX, hearing->arena);
    names_init(&hearing->message_ids, AUDIENCE_EVENTS_MAX, hearing->arena);
    return true;
}

/* Where the value stands, as Json.NET has it: " Path '[0].ip', line 1, position 17." */
static void write_place(const struct hearing *hearing, const struct position *position,
                        enum api_naming naming, struct buffer *message)
{
    struct slice body = hearing->request->body;
    struct slice value = position_find(position, body, hearing->arena);
    if (naming != API_BY_POSITION) {
        buffer_append(message, SLICE(" Path '"));
        position_write(position, message);
        buffer_append_byte(message, '\'');
    }
    if (naming != API_BY_PATH && value.size > 0) {
        size_t end = (size_t)(value.data + value.size - body.data);
        buffer_printf(message, "%s line 1, position %zu", naming == API_BY_POSITION ? "" : ",",
                      slice_length(slice_part(body, 0, end)));
    }
    buffer_append_byte(message, '.');
}

/* One batch is refused. */
static void refuse_batch(struct hearing *hearing, struct slice code, const char *text,
                         const struct position *position, enum api_naming naming)
{
    struct buffer plain;
    struct buffer message;
    buffer_init(&plain, ERRORS_MAX);
    buffer_init(&message, ERRORS_MAX);
    buffer_append(&plain, slice_of(text));
    if (naming != API_NOT) {
        write_place(hearing, position, naming, &plain);
    }
    /* What stands in an error's message came out of one of ASP.NET's encoders. */
    entity_encode(&message, buffer_slice(&plain));
    add_error(&hearing->errors, code, buffer_slice(&message));
    hearing->answer->unprocessed_count++;
    buffer_done(&plain);
    buffer_done(&message);
}

/* A batch that is fine, and denied. Wrongly named is one behind the last. */
static void deny(struct hearing *hearing, struct position *position)
{
    const struct api_denial *denial = hearing->denial;
    if (denial->naming == API_WRONGLY) {
        *position = (struct position){.depth = 0};
        position_enter_item(position, AUDIENCE_API_BATCHES_MAX);
    }
    position_enter(position, SLICE("source_request_id"));
    refuse_batch(hearing, denial->code, "A fault of the script.", position, denial->naming);
}

/* How many values there are, with all that are within others. */
static size_t count_values(const struct json_value *value)
{
    size_t count = 1;
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        count += count_values(child); /* the reader has bounded the depth */
    }
    return count;
}

static bool check_batch(struct hearing *hearing, const struct json_value *value, struct slice span,
                        struct audience_batch *batch)
{
    if (span.size > AUDIENCE_BATCH_MAX) {
        error_set(&batch->error, "The batch has more than %d bytes.", AUDIENCE_BATCH_MAX);
        return false;
    }
    if (position_count(span) != count_values(value)) {
        error_set(&batch->error, "A property is there twice.");
        return false;
    }
    const struct position position = batch->position;
    return audience_batch_check(value, &hearing->window, &position, hearing->arena, batch);
}

/* The second of two ids in a request would vanish without a word. */
static bool check_ids(struct hearing *hearing, struct audience_batch *batch)
{
    if (!names_add(&hearing->request_ids, batch->request_id)) {
        error_set(&batch->error, "The source_request_id is there twice.");
        return false;
    }
    for (size_t i = 0; i < batch->event_count; i++) {
        if (!names_add(&hearing->message_ids, batch->events[i].client_event_id)) {
            error_set(&batch->error, "The source_message_id is there twice.");
            return false;
        }
    }
    return true;
}

static bool is_denied(const struct hearing *hearing, size_t index, struct slice text)
{
    const struct api_denial *denial = hearing->denial;
    if (denial->code.size == 0) {
        return false;
    }
    return denial->match.size == 0 ? index == 0 : slice_find(text, denial->match) != SIZE_MAX;
}

static void judge_batch(struct hearing *hearing, const struct json_value *value, size_t index)
{
    struct api_answer *answer = hearing->answer;
    struct audience_batch batch = {.event_count = 0};
    if (!hearing->single) {
        position_enter_item(&batch.position, index);
    }
    if (!check_batch(hearing, value, hearing->spans[index], &batch) ||
        !check_ids(hearing, &batch)) {
        refuse_batch(hearing, SLICE("BAD_REQUEST"), batch.error.text, &batch.position, API_FULLY);
    } else if (is_denied(hearing, index, batch.events[0].text)) {
        deny(hearing, &batch.position);
    } else {
        memcpy(answer->accepted + answer->accepted_count, batch.events,
               batch.event_count * sizeof(struct event));
        answer->accepted_count += batch.event_count;
    }
}

static void judge_batches(struct hearing *hearing, const struct json_value *body)
{
    struct api_answer *answer = hearing->answer;
    size_t count = hearing->single ? 1 : body->count;
    const struct json_value *batch = hearing->single ? body : body->first;
    answer->conversion_count = count;
    answer->accepted = arena_calloc(hearing->arena, AUDIENCE_EVENTS_MAX, sizeof(struct event));
    hearing->spans[0] = hearing->request->body;
    if (!hearing->single) {
        (void)position_items(hearing->request->body, hearing->spans, AUDIENCE_API_BATCHES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        judge_batch(hearing, batch, i);
        batch = batch->next;
    }
    answer->status = answer->unprocessed_count == count ? 400 : 202;
    answer->body =
        answer->unprocessed_count == 0 ? SLICE("") : close_errors(&hearing->errors, hearing->arena);
}

static void judge(const struct api_rules *rules, const struct api_request *request,
                  const struct api_denial *denial, int64_t now_ms, struct arena *arena,
                  struct api_answer *ret_answer)
{
    struct hearing hearing = {
        .request = request,
        .denial = denial,
        .window = {.any_time = rules->any_time, .now_ms = now_ms},
        .arena = arena,
        .answer = ret_answer,
        .single = slice_equal(request->path, SLICE(SINGLE_PATH)),
    };
    const struct json_value *body = NULL;
    *ret_answer = (struct api_answer){0};
    buffer_init(&hearing.errors, ERRORS_MAX);
    if (check_headers(&hearing, rules) && read_body(&hearing, &body) &&
        check_envelope(&hearing, body)) {
        judge_batches(&hearing, body);
    }
    buffer_done(&hearing.errors);
}

static const char *const paths[] = {BULK_PATH, SINGLE_PATH, NULL};

const struct api audience_api = {
    .kind = API_AUDIENCE,
    .paths = paths,
    .body_max = AUDIENCE_API_BODY_MAX,
    .success = 202,
    .judge = judge,
    .body = status_body,
};
