#include "rokt/event_api.h"

#include "base/timestamp.h"
#include "check.h"
#include "header.h"
#include "json/writer.h"
#include "rokt/event_api_answer.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define AGE_MAX_MONTHS 18
#define AGE_SURELY_ALLOWED_MS (540 * CHECK_DAY_MS) /* 18 months are 546 days at least */

static bool check_account_id(const char *account_id, struct error *error)
{
    if (!header_check("account id", account_id, error)) {
        return false;
    }
    if (!conversion_is_account_id(slice_of(account_id))) {
        error_set(error, "the account id is no text of at most %d printable ASCII characters",
                  CONVERSION_ACCOUNT_ID_MAX);
        return false;
    }
    return true;
}

static bool event_api_headers(const struct rokt_credentials *credentials,
                              struct rokt_headers *ret_headers, struct error *error)
{
    ret_headers->count = 0;
    header_add(ret_headers, "Content-Type", "application/json");
    header_add(ret_headers, "Charset", "utf-8");
    header_add(ret_headers, "Rokt-Version", "2020-05-21");
    return check_account_id(credentials->account_id, error) &&
           header_add_keys(ret_headers, credentials, error);
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

static bool check_age(int64_t event_time_ms, int64_t wall_ms, struct error *error)
{
    if (event_time_ms < wall_ms - AGE_SURELY_ALLOWED_MS && event_time_ms < oldest_ms(wall_ms)) {
        error_set(error, "eventTime is more than %d months ago", AGE_MAX_MONTHS);
        return false;
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
        if (!check_value(field_texts[i].name, value, CONVERSION_ATTRIBUTE_VALUE_MAX, error)) {
            return false;
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
        if (!check_attribute(attributes, i, CONVERSION_ATTRIBUTE_VALUE_MAX, error)) {
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
            return check_refuse_twice(attribute->name, error);
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

static bool event_api_encode(const struct rokt_api *api, const struct conversion *conversion,
                             bool first, int64_t wall_ms, struct buffer *body, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_fields);
    struct privacy_room room;
    conversion = privacy_apply(api->settings.email, conversion, &room);
    if (!check_event(conversion, wall_ms, error) ||
        !check_age(conversion->event_time_ms, wall_ms, error) ||
        !check_custom_names(conversion, error)) {
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
    .bytes_max = 1000000,
    .value_max = CONVERSION_ATTRIBUTE_VALUE_MAX,
    .accounts = true,
    .headers = event_api_headers,
    .open = event_api_open,
    .close = event_api_close,
    .closing_max = sizeof CLOSING - 1,
    .encode = event_api_encode,
    .judge = event_api_answer_judge,
};
