#include "event.h"

#include "attribute.h"
#include "names.h"

#include "base/timestamp.h"

#include <time.h>

#define DATE_SIZE 10     /* 2026-11-23 */
#define TIME_SIZE_MIN 20 /* 2026-11-23T10:03:00Z */

/* What the attributes of an event told about it. */
struct findings {
    bool identity;
    bool conversion_type;
    struct slice transaction_id;
    struct slice confirmation_ref;
};

/* The string member of that name, 1 to `max` code points long. */
static bool read_text(const struct json_value *value, const char *name, size_t max,
                      struct slice *ret_text, struct error *error)
{
    const struct json_value *member = json_member(value, slice_of(name));
    if (member == NULL) {
        error_set(error, "%s is missing", name);
        return false;
    }
    if (member->kind != JSON_STRING) {
        error_set(error, "%s must be a string, not %s", name, json_kind_name(member->kind));
        return false;
    }
    if (member->text.size == 0) {
        error_set(error, "%s is empty", name);
        return false;
    }
    if (slice_length(member->text) > max) {
        error_set(error, "%s is longer than %zu characters", name, max);
        return false;
    }
    *ret_text = member->text;
    return true;
}

bool event_id(const struct json_value *value, struct slice *ret_id, struct error *error)
{
    if (value->kind != JSON_OBJECT) {
        error_set(error, "an event must be an object, not %s", json_kind_name(value->kind));
        return false;
    }
    return read_text(value, "clientEventId", EVENT_ID_MAX, ret_id, error);
}

/* 18 months of the calendar ago; mktime's rules make 31 February the 3rd of March. */
static int64_t oldest_ms(int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm date;
    (void)gmtime_r(&now, &date);
    date.tm_mon -= EVENT_AGE_MONTHS;
    return (int64_t)timegm(&date) * 1000;
}

/* The relay's reader of times takes more than the API does. */
static bool is_utc_shaped(struct slice text)
{
    bool ends = text.size >= TIME_SIZE_MIN && text.data[DATE_SIZE] == 'T' &&
                text.data[text.size - 1] == 'Z';
    return ends && (text.size == TIME_SIZE_MIN ||
                    (text.data[TIME_SIZE_MIN - 1] == '.' && text.data[text.size - 2] != ' '));
}

bool event_time_check(struct slice text, bool any_time, int64_t now_ms, struct error *error)
{
    int64_t ms = 0;
    if (!is_utc_shaped(text) || timestamp_parse(text, NULL, &ms) != MOMENT_FINE) {
        error_set(error, "eventTime must be RFC 3339 in UTC, like 2026-11-23T10:03:00.125Z");
        return false;
    }
    if (any_time) {
        return true;
    }
    if (ms < oldest_ms(now_ms)) {
        error_set(error, "eventTime is older than %d months", EVENT_AGE_MONTHS);
        return false;
    }
    if (ms > now_ms + EVENT_AHEAD_MS) {
        error_set(error, "eventTime is more than 5 minutes ahead");
        return false;
    }
    return true;
}

/* A pair is {"name": …, "value": …}, both strings, and nothing else. */
static bool read_pair(const struct json_value *item, struct slice *ret_name,
                      struct slice *ret_value, struct error *error)
{
    if (item->kind != JSON_OBJECT) {
        error_set(error, "an item must be an object, not %s", json_kind_name(item->kind));
        return false;
    }
    const struct json_value *name = json_member(item, SLICE("name"));
    const struct json_value *value = json_member(item, SLICE("value"));
    if (name == NULL || value == NULL || item->count != 2) {
        error_set(error, "an item must have a name and a value, and nothing else");
        return false;
    }
    if (name->kind != JSON_STRING) {
        error_set(error, "a name must be a string, not %s", json_kind_name(name->kind));
        return false;
    }
    if (value->kind != JSON_STRING) {
        error_set(error, "the value of %.*s must be a string, not %s", SLICE_PRINT(name->text),
                  json_kind_name(value->kind));
        return false;
    }
    *ret_name = name->text;
    *ret_value = value->text;
    return true;
}

static void note(struct findings *findings, struct slice name, struct slice value)
{
    findings->identity = findings->identity || attribute_is_identity(name);
    if (slice_equal(name, SLICE("transactionid"))) {
        findings->transaction_id = value;
    } else if (slice_equal(name, SLICE("confirmationref"))) {
        findings->confirmation_ref = value;
    } else if (slice_equal(name, SLICE("conversiontype"))) {
        findings->conversion_type = true;
    }
}

static bool check_pair(const struct json_value *item, struct names *names,
                       struct findings *findings, struct error *error)
{
    struct slice name;
    struct slice value;
    if (!read_pair(item, &name, &value, error) || !attribute_name_check(name, error) ||
        !attribute_value_check(name, value, EVENT_VALUE_MAX, error)) {
        return false;
    }
    if (!names_add(names, name)) {
        error_set(error, "%.*s is there twice", SLICE_PRINT(name));
        return false;
    }
    note(findings, name, value);
    return true;
}

/* objectData and metaData have the same shape. */
static bool check_pairs(const struct json_value *value, const char *list_name, struct arena *arena,
                        struct findings *findings, struct error *error)
{
    const struct json_value *list = json_member(value, slice_of(list_name));
    if (list == NULL || list->kind != JSON_ARRAY) {
        error_set(error, "%s must be an array of names and values", list_name);
        return false;
    }
    struct names names;
    names_init(&names, list->count, arena);
    size_t index = 0;
    for (const struct json_value *item = list->first; item != NULL; item = item->next) {
        if (!check_pair(item, &names, findings, error)) {
            error_prefix(error, "%s[%zu]", list_name, index);
            return false;
        }
        index++;
    }
    return true;
}

static bool check_members(const struct json_value *value, struct error *error)
{
    static const char *const names[] = {"clientEventId", "eventTime", "eventType", "objectData",
                                        "metaData"};
    const size_t count = sizeof names / sizeof names[0];
    for (const struct json_value *member = value->first; member != NULL; member = member->next) {
        size_t i = 0;
        while (i < count && !slice_equal(member->name, slice_of(names[i]))) {
            i++;
        }
        if (i == count) {
            error_set(error, "an event has no member \"%.*s\"", SLICE_PRINT(member->name));
            return false;
        }
    }
    return true;
}

static bool check_lists(const struct json_value *value, struct arena *arena,
                        struct findings *findings, struct error *error)
{
    struct findings ignored = {0};
    if (!check_pairs(value, "objectData", arena, findings, error)) {
        return false;
    }
    return json_member(value, SLICE("metaData")) == NULL ||
           check_pairs(value, "metaData", arena, &ignored, error);
}

static bool check_findings(const struct findings *findings, const struct event *event,
                           struct error *error)
{
    if (!findings->identity) {
        error_set(error, "objectData needs one of email, emailsha256 and "
                         "passbackconversiontrackingid");
        return false;
    }
    if (findings->conversion_type && !slice_equal(event->type, SLICE("conversion"))) {
        error_set(error, "conversiontype goes with the eventType conversion only");
        return false;
    }
    return true;
}

bool event_check(const struct json_value *value, bool any_time, int64_t now_ms, struct arena *arena,
                 struct event *ret_event, struct error *error)
{
    struct findings findings = {0};
    struct event event = {0};
    struct slice time;
    if (!event_id(value, &event.client_event_id, error) || !check_members(value, error) ||
        !read_text(value, "eventType", EVENT_TYPE_MAX, &event.type, error) ||
        !read_text(value, "eventTime", EVENT_VALUE_MAX, &time, error) ||
        !event_time_check(time, any_time, now_ms, error) ||
        !check_lists(value, arena, &findings, error) || !check_findings(&findings, &event, error)) {
        return false;
    }
    event.transaction_id =
        findings.transaction_id.size > 0 ? findings.transaction_id : findings.confirmation_ref;
    *ret_event = event;
    return true;
}
