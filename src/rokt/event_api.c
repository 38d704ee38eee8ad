#include "rokt/event_api.h"

#include "base/base64.h"
#include "base/timestamp.h"
#include "json/writer.h"
#include "rokt/event_api_answer.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#define KEYS_SIZE_MAX 512 /* both, with the colon between them */

#define MINUTE_MS (60 * 1000LL)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define AHEAD_MAX_MS (5 * MINUTE_MS)
#define AGE_MAX_MONTHS 18
#define AGE_SURELY_ALLOWED_MS (540 * DAY_MS) /* 18 months are 546 days at least */

#define RESERVED_PREFIX "rokt."

/* --- Headers ---------------------------------------------------------------------------------- */

static bool has_control_character(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7F) {
            return true;
        }
    }
    return false;
}

/* `name` is what the error calls it; what it holds is never quoted. */
static bool check_credential(const char *name, const char *value, struct error *error)
{
    struct slice text = slice_of(value);
    if (text.size == 0) {
        error_set(error, "the %s is empty", name);
        return false;
    }
    if (has_control_character(text)) {
        error_set(error, "the %s holds a control character or a line end", name);
        return false;
    }
    return true;
}

static bool check_credentials(const struct rokt_credentials *credentials, struct error *error)
{
    if (!check_credential("account id", credentials->account_id, error) ||
        !check_credential("public key", credentials->public_key, error) ||
        !check_credential("secret key", credentials->secret_key, error)) {
        return false;
    }
    if (!conversion_is_account_id(slice_of(credentials->account_id))) {
        error_set(error, "the account id is no text of at most %d printable ASCII characters",
                  CONVERSION_ACCOUNT_ID_MAX);
        return false;
    }
    /* RFC 7617: what stands before the first colon is the user. */
    if (strchr(credentials->public_key, ':') != NULL) {
        error_set(error, "the public key holds a colon");
        return false;
    }
    return true;
}

static void add_header(struct rokt_headers *headers, const char *name, const char *value)
{
    char *line = headers->lines[headers->count++];
    (void)snprintf(line, sizeof headers->lines[0], "%s: %s", name, value);
}

static bool event_api_headers(const struct rokt_credentials *credentials,
                              struct rokt_headers *ret_headers, struct error *error)
{
    if (!check_credentials(credentials, error)) {
        return false;
    }
    char keys[KEYS_SIZE_MAX + 1];
    int size =
        snprintf(keys, sizeof keys, "%s:%s", credentials->public_key, credentials->secret_key);
    if (size < 0 || (size_t)size > KEYS_SIZE_MAX) {
        error_set(error, "the public key and the secret key are longer than %d bytes together",
                  KEYS_SIZE_MAX - 1);
        return false;
    }
    char basic[sizeof "Basic " + BASE64_SIZE(KEYS_SIZE_MAX)] = "Basic ";
    (void)base64_encode((struct slice){keys, (size_t)size}, basic + strlen("Basic "));
    ret_headers->count = 0;
    add_header(ret_headers, "Content-Type", "application/json");
    add_header(ret_headers, "Charset", "utf-8");
    add_header(ret_headers, "Rokt-Version", "2020-05-21");
    add_header(ret_headers, "Authorization", basic);
    explicit_bzero(keys, sizeof keys);
    explicit_bzero(basic, sizeof basic);
    return true;
}

/* --- Bodies ----------------------------------------------------------------------------------- */

#define CLOSING "]}"

static void event_api_open(struct buffer *body, struct slice account_id)
{
    buffer_append(body, SLICE("{\"accountId\":"));
    json_write_string(body, account_id, JSON_UTF8);
    buffer_append(body, SLICE(",\"events\":["));
}

static void event_api_close(struct buffer *body)
{
    buffer_append(body, SLICE(CLOSING));
}

/* 18 months before `wall_ms`. A day that the month does not have goes over into the next one. */
static int64_t oldest_ms(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm date;
    (void)gmtime_r(&seconds, &date);
    date.tm_mon -= AGE_MAX_MONTHS;
    return (int64_t)timegm(&date) * 1000 + wall_ms % 1000;
}

static bool check_event_time(int64_t event_time_ms, int64_t wall_ms, struct error *error)
{
    if (event_time_ms > wall_ms + AHEAD_MAX_MS) {
        error_set(error, "eventTime is more than 5 minutes in the future");
        return false;
    }
    if (event_time_ms < wall_ms - AGE_SURELY_ALLOWED_MS && event_time_ms < oldest_ms(wall_ms)) {
        error_set(error, "eventTime is more than %d months ago", AGE_MAX_MONTHS);
        return false;
    }
    return true;
}

/* Counts only what has bytes enough to be too long. */
static bool longer_than(struct slice text, size_t length_max)
{
    return text.size > length_max && slice_length(text) > length_max;
}

static bool check_required(const char *name, struct slice value, size_t length_max,
                           struct error *error)
{
    if (value.size == 0) {
        error_set(error, "%s is missing", name);
        return false;
    }
    if (longer_than(value, length_max)) {
        error_set(error, "%s is longer than %zu characters", name, length_max);
        return false;
    }
    return true;
}

static bool refuse_long(struct slice name, struct error *error)
{
    error_set(error, "%.*s is longer than %d characters", SLICE_PRINT(name),
              CONVERSION_ATTRIBUTE_VALUE_MAX);
    return false;
}

static bool check_event(const struct conversion *conversion, int64_t wall_ms, struct error *error)
{
    if (!check_event_time(conversion->event_time_ms, wall_ms, error) ||
        !check_required("clientEventId", conversion->client_event_id,
                        CONVERSION_CLIENT_EVENT_ID_MAX, error) ||
        !check_required("eventType", conversion->event_type, CONVERSION_EVENT_TYPE_MAX, error)) {
        return false;
    }
    if (!conversion_has_identity(conversion)) {
        error_set(error, "none of email, emailsha256 and passbackconversiontrackingid has a value");
        return false;
    }
    return true;
}

static bool is_reserved(struct slice name)
{
    const struct slice prefix = SLICE(RESERVED_PREFIX);
    return slice_equal_ignoring_case(slice_part(name, 0, prefix.size), prefix);
}

static bool check_attribute_name(struct slice name, struct error *error)
{
    if (!check_required("the name of an attribute", name, CONVERSION_ATTRIBUTE_NAME_MAX, error)) {
        return false;
    }
    if (is_reserved(name)) {
        error_set(error, "the attribute %.*s: names that begin with %s are reserved",
                  SLICE_PRINT(name), RESERVED_PREFIX);
        return false;
    }
    return true;
}

static bool refuse_twice(struct slice name, struct error *error)
{
    error_set(error, "the attribute %.*s is there twice", SLICE_PRINT(name));
    return false;
}

/* Attribute `at` of a list against those before it. Lists are short: they stand in a mapping. */
static bool check_attribute(const struct attribute attributes[], size_t at, struct error *error)
{
    const struct attribute *attribute = &attributes[at];
    if (!check_attribute_name(attribute->name, error)) {
        return false;
    }
    if (longer_than(attribute->value, CONVERSION_ATTRIBUTE_VALUE_MAX)) {
        return refuse_long(attribute->name, error);
    }
    for (size_t i = 0; i < at; i++) {
        if (attributes[i].value.size > 0 && slice_equal(attributes[i].name, attribute->name)) {
            return refuse_twice(attribute->name, error);
        }
    }
    return true;
}

#define FIELD_OPENING_SIZE 64

/* Each field's name, and what stands before its value: ,{"name":"amount","value":" */
static struct {
    struct slice name;
    struct slice opening;
    char text[FIELD_OPENING_SIZE]; /* of the opening */
} field_texts[FIELD_COUNT];

static void make_fields(void)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        field_texts[i].name = slice_of(field_info((enum field)i)->name);
        int size = snprintf(field_texts[i].text, FIELD_OPENING_SIZE,
                            ",{\"name\":\"%.*s\",\"value\":\"", SLICE_PRINT(field_texts[i].name));
        assert(size > 0 && size < FIELD_OPENING_SIZE);
        field_texts[i].opening = (struct slice){field_texts[i].text, (size_t)size};
    }
}

/* One list of names and values under way. */
struct pairs {
    struct buffer *body;
    struct slice opening; /* of the list */
    bool begun;
};

/* `opening` is the pair's, with the comma that the first does without. */
static void begin_pair(struct pairs *pairs, struct slice opening)
{
    if (!pairs->begun) {
        buffer_append(pairs->body, pairs->opening);
        opening = slice_part(opening, 1, SIZE_MAX);
        pairs->begun = true;
    }
    buffer_append(pairs->body, opening);
}

static void end_pair(struct pairs *pairs, struct slice value)
{
    json_write_escaped(pairs->body, value, JSON_UTF8);
    buffer_append(pairs->body, SLICE("\"}"));
}

static void append_attribute(struct pairs *pairs, const struct attribute *attribute)
{
    begin_pair(pairs, SLICE(",{\"name\":\""));
    json_write_escaped(pairs->body, attribute->name, JSON_UTF8);
    buffer_append(pairs->body, SLICE("\",\"value\":\""));
    end_pair(pairs, attribute->value);
}

static bool append_fields(struct pairs *pairs, const struct conversion *conversion,
                          struct error *error)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct slice value = conversion->fields[i];
        if (value.size == 0) {
            continue;
        }
        if (longer_than(value, CONVERSION_ATTRIBUTE_VALUE_MAX)) {
            return refuse_long(field_texts[i].name, error);
        }
        begin_pair(pairs, field_texts[i].opening);
        end_pair(pairs, value);
    }
    return true;
}

/* An attribute without a value is left out, as a field is. */
static bool append_attributes(struct pairs *pairs, const struct attribute attributes[],
                              size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (attributes[i].value.size == 0) {
            continue;
        }
        if (!check_attribute(attributes, i, error)) {
            return false;
        }
        append_attribute(pairs, &attributes[i]);
    }
    return true;
}

static bool is_field_with_value(const struct conversion *conversion, struct slice name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (conversion->fields[i].size > 0 && slice_equal(field_texts[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Custom attributes share objectData with the fields, so they may not be called like one of
 * those. */
static bool check_custom_names(const struct conversion *conversion, struct error *error)
{
    for (size_t i = 0; i < conversion->custom_count; i++) {
        const struct attribute *attribute = &conversion->custom[i];
        if (attribute->value.size > 0 && is_field_with_value(conversion, attribute->name)) {
            return refuse_twice(attribute->name, error);
        }
    }
    return true;
}

/* Never empty: the identity is in it. */
static bool append_object_data(struct buffer *body, const struct conversion *conversion,
                               struct error *error)
{
    struct pairs pairs = {.body = body, .opening = SLICE("\",\"objectData\":[")};
    if (!append_fields(&pairs, conversion, error) ||
        !append_attributes(&pairs, conversion->custom, conversion->custom_count, error)) {
        return false;
    }
    buffer_append_byte(body, ']');
    return true;
}

/* The list is begun by its first pair: there is none when nothing has a value. */
static bool append_metadata(struct buffer *body, const struct conversion *conversion,
                            struct error *error)
{
    struct pairs pairs = {.body = body, .opening = SLICE(",\"metaData\":[")};
    if (!append_attributes(&pairs, conversion->metadata, conversion->metadata_count, error)) {
        return false;
    }
    if (pairs.begun) {
        buffer_append_byte(body, ']');
    }
    return true;
}

static bool event_api_encode(const struct conversion *conversion, bool first, int64_t wall_ms,
                             struct buffer *body, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_fields);
    if (!check_event(conversion, wall_ms, error) || !check_custom_names(conversion, error)) {
        return false;
    }
    char time[TIMESTAMP_SIZE];
    timestamp_format(conversion->event_time_ms, time);
    buffer_append(body, first ? SLICE("{\"clientEventId\":\"") : SLICE(",{\"clientEventId\":\""));
    json_write_escaped(body, conversion->client_event_id, JSON_UTF8);
    buffer_append(body, SLICE("\",\"eventTime\":\""));
    buffer_append(body, slice_of(time));
    buffer_append(body, SLICE("\",\"eventType\":\""));
    json_write_escaped(body, conversion->event_type, JSON_UTF8);
    if (!append_object_data(body, conversion, error) || !append_metadata(body, conversion, error)) {
        return false;
    }
    buffer_append_byte(body, '}');
    return true;
}

const struct rokt_api rokt_event_api = {
    .name = "event",
    .path = "/v2/events",
    .conversions_max = 100,
    .headers = event_api_headers,
    .open = event_api_open,
    .close = event_api_close,
    .closing_max = sizeof CLOSING - 1,
    .encode = event_api_encode,
    .judge = event_api_answer_judge,
};
