#include "audience_batch.h"

#include "attribute.h"
#include "audience_home.h"
#include "id_table.h"

#include "base/uuid.h"
#include "json/writer.h"

#include <stdlib.h>

/* JSON that is written again is hardly longer than it was. */
#define TEXT_MAX ((size_t)4 * AUDIENCE_BATCH_MAX)
#define EXCERPT_MAX 60       /* characters */
#define NUMBER_DIGITS_MAX 18 /* of an integer that 64 bits surely hold */

/* An inspection of one batch; `batch` tells the outcome. */
struct inspection {
    const struct audience_window *window;
    struct arena *arena;
    struct audience_batch *batch;
    struct event *event; /* the one that is looked at */
    bool identity;
    bool conversion;
    bool transaction;
    struct slice confirmation_ref;
    struct slice event_type;
    struct slice click_id[2]; /* as identity, and as integration attribute */
};

typedef bool (*check)(struct inspection *inspection, const struct json_value *value);

/* One member of an object. */
struct member {
    const char *name;
    check check;
    bool required;
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* False, for the caller to return. */
static bool fail(struct inspection *inspection, const char *message)
{
    error_set(&inspection->batch->error, "%s", message);
    return false;
}

static bool fail_kind(struct inspection *inspection, const char *wanted,
                      const struct json_value *value)
{
    error_set(&inspection->batch->error, "Unexpected token: %s is wanted, not %s.", wanted,
              json_kind_name(value->kind));
    return false;
}

/* As much of a text as a message repeats. */
static struct slice excerpt(struct slice text)
{
    size_t size = 0;
    for (size_t i = 0; i < EXCERPT_MAX && size < text.size; i++) {
        size += slice_decode(slice_part(text, size, SIZE_MAX), NULL);
    }
    return slice_part(text, 0, size);
}

/* Rokt's messages tell the value that they object to, which may be personal. */
static bool fail_value(struct inspection *inspection, const char *what, struct slice value)
{
    value = excerpt(value);
    error_set(&inspection->batch->error, "Error converting value \"%.*s\": %s.", SLICE_PRINT(value),
              what);
    return false;
}

static const struct member *find_member(const struct member members[], size_t count,
                                        struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(name, slice_of(members[i].name))) {
            return &members[i];
        }
    }
    return NULL;
}

static bool is_object(struct inspection *inspection, const struct json_value *value)
{
    return value->kind == JSON_OBJECT || fail_kind(inspection, "an object", value);
}

static bool check_member(struct inspection *inspection, const struct member *member,
                         const struct json_value *value)
{
    position_enter(&inspection->batch->position, value->name);
    if (member == NULL) {
        error_set(&inspection->batch->error, "Could not find member '%.*s' on object.",
                  SLICE_PRINT(value->name));
        return false;
    }
    if (!member->check(inspection, value)) {
        return false; /* the position stays where the mistake is */
    }
    position_leave(&inspection->batch->position);
    return true;
}

/* An object has the members of its table, and no others. */
static bool check_object(struct inspection *inspection, const struct json_value *value,
                         const struct member members[], size_t count)
{
    if (!is_object(inspection, value)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i].required && json_member(value, slice_of(members[i].name)) == NULL) {
            error_set(&inspection->batch->error, "Required property '%s' not found in JSON.",
                      members[i].name);
            return false;
        }
    }
    for (const struct json_value *item = value->first; item != NULL; item = item->next) {
        if (!check_member(inspection, find_member(members, count, item->name), item)) {
            return false;
        }
    }
    return true;
}

static bool check_text(struct inspection *inspection, const struct json_value *value)
{
    if (value->kind != JSON_STRING) {
        return fail_kind(inspection, "a string", value);
    }
    if (value->text.size == 0) {
        return fail(inspection, "The value is empty.");
    }
    return slice_length(value->text) <= AUDIENCE_VALUE_MAX ||
           fail(inspection, "The value is longer than 4096 characters.");
}

/* A text in the form of one of Rokt's attributes. */
static bool check_form(struct inspection *inspection, const struct json_value *value,
                       const char *attribute)
{
    struct error error;
    return check_text(inspection, value) &&
           (attribute_value_check(slice_of(attribute), value->text, AUDIENCE_VALUE_MAX, &error) ||
            fail_value(inspection, error.text, value->text));
}

static bool check_one_of(struct inspection *inspection, const struct json_value *value,
                         const char *const words[], const char *what)
{
    if (!check_text(inspection, value)) {
        return false;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (slice_equal(value->text, slice_of(words[i]))) {
            return true;
        }
    }
    return fail_value(inspection, what, value->text);
}

/* --- Whose conversion it is ----------------------------------------------------------------------------------- */

static bool check_email(struct inspection *inspection, const struct json_value *value)
{
    inspection->identity = true;
    return check_form(inspection, value, "email");
}

static bool check_email_digest(struct inspection *inspection, const struct json_value *value)
{
    inspection->identity = true;
    return check_form(inspection, value, "emailsha256");
}

static bool check_click_id(struct inspection *inspection, const struct json_value *value)
{
    inspection->identity = true;
    inspection->click_id[0] = value->text;
    return check_form(inspection, value, "passbackconversiontrackingid");
}

static bool check_integrated_click_id(struct inspection *inspection, const struct json_value *value)
{
    inspection->click_id[1] = value->text;
    return check_form(inspection, value, "passbackconversiontrackingid");
}

/* The names are those of Rokt's guide; mParticle's schema calls the last two customer_id and other_id_2. */
static bool check_identities(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {{"email", check_email, false},
                                            {"other", check_email_digest, false},
                                            {"customerid", check_text, false},
                                            {"other2", check_click_id, false}};
    if (!check_object(inspection, value, members, COUNT(members))) {
        return false;
    }
    return inspection->identity || fail(inspection, "One of email, other and other2 is required.");
}

static bool check_rokt_integration(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {
        {"passbackconversiontrackingid", check_integrated_click_id, true}};
    return check_object(inspection, value, members, COUNT(members));
}

/* 1277 is Rokt. */
static bool check_integrations(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {{"1277", check_rokt_integration, true}};
    return check_object(inspection, value, members, COUNT(members));
}

static bool check_guid(struct inspection *inspection, const struct json_value *value)
{
    unsigned char uuid[16];
    return check_text(inspection, value) &&
           (uuid_parse(value->text, uuid) || fail_value(inspection, "it is no GUID", value->text));
}

static bool check_device(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {{"http_header_user_agent", check_text, false},
                                            {"ios_advertising_id", check_guid, false},
                                            {"android_advertising_id", check_guid, false},
                                            {"ios_idfv", check_guid, false}};
    return check_object(inspection, value, members, COUNT(members));
}

static bool check_ip(struct inspection *inspection, const struct json_value *value)
{
    return check_form(inspection, value, "ipaddress");
}

/* --- Attributes ----------------------------------------------------------------------------------------------- */

#define USER "user_attributes"
#define CUSTOM "custom_attributes"

/* What a scalar's value is as text; false for what is none. */
static bool scalar_text(const struct json_value *value, struct slice *ret_text)
{
    switch (value->kind) {
    case JSON_STRING:
    case JSON_NUMBER:
        *ret_text = value->text;
        return true;
    case JSON_TRUE:
        *ret_text = SLICE("true");
        return true;
    case JSON_FALSE:
        *ret_text = SLICE("false");
        return true;
    default:
        return false;
    }
}

static bool check_attribute(struct inspection *inspection, const struct json_value *value,
                            const char *place)
{
    struct error error;
    struct slice text;
    if (!attribute_name_check(value->name, &error)) {
        error_set(&inspection->batch->error, "Invalid name: %s.", error.text);
        return false;
    }
    if (!scalar_text(value, &text)) {
        return fail_kind(inspection, "a scalar", value);
    }
    if (!attribute_value_check(value->name, text, AUDIENCE_VALUE_MAX, &error)) {
        return fail_value(inspection, error.text, text);
    }
    return audience_home_check(value->name, place, &error) || fail(inspection, error.text);
}

static bool check_attributes(struct inspection *inspection, const struct json_value *value,
                             const char *place)
{
    if (!is_object(inspection, value)) {
        return false;
    }
    if (value->count > AUDIENCE_ATTRIBUTES_MAX) {
        return fail(inspection, "There are more than 100 attributes.");
    }
    for (const struct json_value *item = value->first; item != NULL; item = item->next) {
        position_enter(&inspection->batch->position, item->name);
        if (!check_attribute(inspection, item, place)) {
            return false;
        }
        position_leave(&inspection->batch->position);
    }
    return true;
}

static bool check_user_attributes(struct inspection *inspection, const struct json_value *value)
{
    return check_attributes(inspection, value, USER);
}

/* The text of a scalar member, or none. */
static struct slice member_text(const struct json_value *value, const char *name)
{
    const struct json_value *member = json_member(value, slice_of(name));
    struct slice text = {NULL, 0};
    return member != NULL && scalar_text(member, &text) ? text : SLICE("");
}

/* Duplicates are found by conversiontype and confirmationref, so a transaction has the latter, too. */
static bool check_custom_attributes(struct inspection *inspection, const struct json_value *value)
{
    if (!check_attributes(inspection, value, CUSTOM)) {
        return false;
    }
    struct slice transaction_id = member_text(value, "transactionid");
    struct slice confirmation_ref = member_text(value, "confirmationref");
    inspection->event->transaction_id = transaction_id.size > 0 ? transaction_id : confirmation_ref;
    return transaction_id.size == 0 || confirmation_ref.size > 0 ||
           fail(inspection, "Required property 'confirmationref' not found beside transactionid.");
}

/* --- Events --------------------------------------------------------------------------------------------------- */

static bool check_event_type(struct inspection *inspection, const struct json_value *value)
{
    static const char *const words[] = {"custom_event", NULL};
    return check_one_of(inspection, value, words, "the event_type is custom_event");
}

static bool check_event_name(struct inspection *inspection, const struct json_value *value)
{
    inspection->event->type = value->text;
    return check_text(inspection, value);
}

static bool check_custom_event_type(struct inspection *inspection, const struct json_value *value)
{
    static const char *const words[] = {"navigation",  "location",     "search",
                                        "transaction", "user_content", "user_preference",
                                        "social",      "other",        NULL};
    inspection->conversion = slice_equal(value->text, SLICE("transaction"));
    return check_one_of(inspection, value, words, "no such custom_event_type");
}

static bool check_message_id(struct inspection *inspection, const struct json_value *value)
{
    inspection->event->client_event_id = value->text;
    return check_text(inspection, value);
}

static bool read_integer(struct slice text, int64_t *ret_number)
{
    char digits[NUMBER_DIGITS_MAX + 1] = "";
    if (text.size == 0 || text.size > NUMBER_DIGITS_MAX) {
        return false;
    }
    memcpy(digits, text.data, text.size);
    char *end = digits;
    *ret_number = strtoll(digits, &end, 10);
    return end == digits + text.size;
}

static bool check_timestamp(struct inspection *inspection, const struct json_value *value)
{
    const struct audience_window *window = inspection->window;
    int64_t ms = 0;
    if (value->kind != JSON_NUMBER) {
        return fail_kind(inspection, "an integer", value);
    }
    if (!read_integer(value->text, &ms)) {
        return fail_value(inspection, "it is no integer", value->text);
    }
    if (!window->any_time && ms < window->now_ms - AUDIENCE_AGE_MS) {
        return fail_value(inspection, "it is older than 30 days", value->text);
    }
    if (!window->any_time && ms > window->now_ms + EVENT_AHEAD_MS) {
        return fail_value(inspection, "it is more than 5 minutes ahead", value->text);
    }
    return true;
}

static bool check_data(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {{"event_name", check_event_name, true},
                                            {"custom_event_type", check_custom_event_type, true},
                                            {"source_message_id", check_message_id, true},
                                            {"timestamp_unixtime_ms", check_timestamp, true},
                                            {CUSTOM, check_custom_attributes, true}};
    if (!check_object(inspection, value, members, COUNT(members))) {
        return false;
    }
    bool is_conversion = slice_equal(inspection->event->type, SLICE("conversion"));
    return !is_conversion || inspection->conversion ||
           fail(inspection, "The custom_event_type of a conversion is transaction.");
}

static bool check_event(struct inspection *inspection, const struct json_value *value)
{
    static const struct member members[] = {{"event_type", check_event_type, true},
                                            {"data", check_data, true}};
    return check_object(inspection, value, members, COUNT(members));
}

static bool check_events(struct inspection *inspection, const struct json_value *value)
{
    struct audience_batch *batch = inspection->batch;
    size_t index = 0;
    if (value->kind != JSON_ARRAY || value->count == 0 || value->count > AUDIENCE_EVENTS_MAX) {
        return fail(inspection, "Unexpected token: an array of 1 to 100 events is wanted.");
    }
    batch->events = arena_calloc(inspection->arena, value->count, sizeof(struct event));
    for (const struct json_value *item = value->first; item != NULL; item = item->next) {
        inspection->event = &batch->events[batch->event_count++];
        position_enter_item(&batch->position, index++);
        if (!check_event(inspection, item)) {
            return false;
        }
        position_leave(&batch->position);
    }
    return true;
}

/* --- The batch ------------------------------------------------------------------------------------------------ */

static bool check_environment(struct inspection *inspection, const struct json_value *value)
{
    static const char *const words[] = {"production", "development", NULL};
    return check_one_of(inspection, value, words, "the environment is production or development");
}

static bool check_request_id(struct inspection *inspection, const struct json_value *value)
{
    inspection->batch->request_id = value->text;
    return check_text(inspection, value);
}

/* Both places of the click id are read, by different parts of Rokt. */
static bool check_click_ids(struct inspection *inspection)
{
    return slice_equal(inspection->click_id[0], inspection->click_id[1]) ||
           fail(inspection, "The click id must be the same in user_identities.other2 and in "
                            "integration_attributes.1277.");
}

/* The digest of a batch without its id, which is to change with the content and with nothing else. */
static uint32_t digest(const struct json_value *value)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    for (const struct json_value *item = value->first; item != NULL; item = item->next) {
        if (!slice_equal(item->name, SLICE("source_request_id"))) {
            json_write_string(&text, item->name, JSON_UTF8);
            json_write_value(&text, item, JSON_UTF8);
        }
    }
    uint32_t content = id_digest(buffer_slice(&text));
    buffer_done(&text);
    return content;
}

/* What all events of the batch share. */
static void complete(const struct json_value *value, struct arena *arena,
                     struct audience_batch *batch)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    json_write_value(&text, value, JSON_UTF8);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    uint32_t content = digest(value);
    for (size_t i = 0; i < batch->event_count; i++) {
        batch->events[i].request_id = batch->request_id;
        batch->events[i].text = copy;
        batch->events[i].content = content;
        batch->events[i].follows = i > 0;
    }
    buffer_done(&text);
}

bool audience_batch_check(const struct json_value *value, const struct audience_window *window,
                          const struct position *position, struct arena *arena,
                          struct audience_batch *ret_batch)
{
    static const struct member members[] = {{"environment", check_environment, true},
                                            {"source_request_id", check_request_id, true},
                                            {"user_identities", check_identities, true},
                                            {"integration_attributes", check_integrations, false},
                                            {"user_attributes", check_user_attributes, false},
                                            {"device_info", check_device, false},
                                            {"ip", check_ip, false},
                                            {"events", check_events, true}};
    struct inspection inspection = {.window = window, .arena = arena, .batch = ret_batch};
    *ret_batch = (struct audience_batch){.position = *position};
    if (!check_object(&inspection, value, members, COUNT(members)) ||
        !check_click_ids(&inspection)) {
        return false;
    }
    complete(value, arena, ret_batch);
    return true;
}
