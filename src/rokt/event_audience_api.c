#include "rokt/event_audience_api.h"

#include "base/uuid.h"
#include "check.h"
#include "header.h"
#include "json/writer.h"
#include "rokt/event_audience_api_answer.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#define AGE_MAX_DAYS 30
#define BATCH_BYTES_MAX \
    125000 /* 128 kB are documented: we keep away from what that means exactly */

static bool event_audience_api_headers(const struct rokt_credentials *credentials,
                                       struct rokt_headers *ret_headers, struct error *error)
{
    ret_headers->count = 0;
    header_add(ret_headers, "Content-Type", "application/json");
    return header_add_keys(ret_headers, credentials, error);
}

/* --- Where fields stand ----------------------------------------------------------------------- */

#define OPENING_SIZE 64

/* A place that a field fills. */
struct slot {
    enum field field;
    enum field rival; /* whose place this is when it has a value; FIELD_COUNT: nobody's */
    struct slice key;
    struct slice opening; /* ,"amount":" */
    char text[OPENING_SIZE];
};

/* An object of a batch, which is left out when nothing in it has a value. */
struct section {
    enum field_part part;
    const char *opening;
    const char *closing;
    struct slot slots[FIELD_COUNT];
    size_t count;
};

/* In the order of a batch; the last one is the event's. */
static struct section sections[] = {
    {.part = FIELD_USER_IDENTITY, .opening = ",\"user_identities\":{", .closing = "}"},
    {.part = FIELD_INTEGRATION_ATTRIBUTE,
     .opening = ",\"integration_attributes\":{\"" FIELD_INTEGRATION "\":{",
     .closing = "}}"},
    {.part = FIELD_USER_ATTRIBUTE, .opening = ",\"user_attributes\":{", .closing = "}"},
    {.part = FIELD_DEVICE_INFO, .opening = ",\"device_info\":{", .closing = "}"},
    {.part = FIELD_BATCH, .opening = ",", .closing = ""},
    {.part = FIELD_EVENT_ATTRIBUTE, .opening = ",\"custom_attributes\":{", .closing = "}"},
};

#define SECTION_COUNT (sizeof sections / sizeof *sections)

static struct section *const attributes_section = &sections[SECTION_COUNT - 1];

static enum field find_rival(const struct field_home *home)
{
    size_t field = 0;
    while (field < FIELD_COUNT) {
        const struct field_home *other = &field_info((enum field)field)->home;
        if (other->part == home->part && strcmp(other->key, home->key) == 0) {
            break;
        }
        field++;
    }
    return (enum field)field;
}

static void add_slot(enum field field, const struct field_home *home, enum field rival)
{
    struct section *section = sections;
    while (section->part != home->part) {
        section++;
        assert(section < sections + SECTION_COUNT);
    }
    struct slot *slot = &section->slots[section->count++];
    int size = snprintf(slot->text, OPENING_SIZE, ",\"%s\":\"", home->key);
    assert(size > 0 && size < OPENING_SIZE && section->count <= FIELD_COUNT);
    slot->field = field;
    slot->rival = rival;
    slot->key = slice_of(home->key);
    slot->opening = (struct slice){slot->text, (size_t)size};
}

static void make_sections(void)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)i);
        add_slot((enum field)i, &info->home, FIELD_COUNT);
        if (info->second_home.part != FIELD_NOWHERE) {
            add_slot((enum field)i, &info->second_home, find_rival(&info->second_home));
        }
    }
}

static struct slice value_of(const struct slot *slot, const struct conversion *conversion)
{
    bool taken = slot->rival != FIELD_COUNT && conversion->fields[slot->rival].size > 0;
    return taken ? (struct slice){NULL, 0} : conversion->fields[slot->field];
}

/* --- Bodies ----------------------------------------------------------------------------------- */

#define CLOSING "]"

static void event_audience_api_open(struct buffer *body, struct slice account_id)
{
    (void)account_id;
    buffer_append_byte(body, '[');
}

static void event_audience_api_close(struct buffer *body)
{
    buffer_append(body, SLICE(CLOSING));
}

/* A section under way. */
struct members {
    struct buffer *body;
    const struct section *section;
    size_t count;
};

/* `opening` is the member's, with the comma that the first does without. */
static void begin_member(struct members *members, struct slice opening)
{
    if (members->count++ == 0) {
        buffer_append(members->body, slice_of(members->section->opening));
        opening = slice_part(opening, 1, SIZE_MAX);
    }
    buffer_append(members->body, opening);
}

static void end_member(struct members *members, struct slice value)
{
    json_write_escaped(members->body, value, JSON_ASCII);
    buffer_append_byte(members->body, '"');
}

static void end_members(const struct members *members)
{
    if (members->count > 0) {
        buffer_append(members->body, slice_of(members->section->closing));
    }
}

static bool append_slots(struct members *members, const struct conversion *conversion,
                         struct error *error)
{
    for (size_t i = 0; i < members->section->count; i++) {
        const struct slot *slot = &members->section->slots[i];
        struct slice value = value_of(slot, conversion);
        if (value.size == 0) {
            continue;
        }
        if (!check_value(slice_of(field_info(slot->field)->name), value,
                         CONVERSION_AUDIENCE_VALUE_MAX, error)) {
            return false;
        }
        begin_member(members, slot->opening);
        end_member(members, value);
    }
    return true;
}

/* All of the batch but its event. */
static bool append_customer(struct buffer *body, const struct conversion *conversion,
                            struct error *error)
{
    for (const struct section *section = sections; section < attributes_section; section++) {
        struct members members = {.body = body, .section = section};
        if (!append_slots(&members, conversion, error)) {
            return false;
        }
        end_members(&members);
    }
    return true;
}

/* An attribute without a value is left out, as a field is. */
static bool append_custom(struct members *members, const struct conversion *conversion,
                          struct error *error)
{
    for (size_t i = 0; i < conversion->custom_count; i++) {
        const struct attribute *attribute = &conversion->custom[i];
        if (attribute->value.size == 0) {
            continue;
        }
        if (!check_attribute(conversion->custom, i, CONVERSION_AUDIENCE_VALUE_MAX, error)) {
            return false;
        }
        begin_member(members, SLICE(",\""));
        json_write_escaped(members->body, attribute->name, JSON_ASCII);
        buffer_append(members->body, SLICE("\":\""));
        end_member(members, attribute->value);
    }
    return true;
}

static bool append_attributes(struct buffer *body, const struct conversion *conversion,
                              struct error *error)
{
    struct members members = {.body = body, .section = attributes_section};
    if (!append_slots(&members, conversion, error) || !append_custom(&members, conversion, error)) {
        return false;
    }
    end_members(&members);
    if (members.count > CONVERSION_AUDIENCE_ATTRIBUTES_MAX) {
        error_set(error, "the event has %zu attributes, and the API takes %d of one", members.count,
                  CONVERSION_AUDIENCE_ATTRIBUTES_MAX);
        return false;
    }
    return true;
}

static bool append_event(struct buffer *body, const struct conversion *conversion,
                         struct error *error)
{
    buffer_append(body, SLICE(",\"events\":[{\"event_type\":\"custom_event\","
                              "\"data\":{\"event_name\":\""));
    json_write_escaped(body, conversion->event_type, JSON_ASCII);
    buffer_append(body, SLICE("\",\"custom_event_type\":\"transaction\",\"source_message_id\":\""));
    json_write_escaped(body, conversion->client_event_id, JSON_ASCII);
    buffer_append(body, SLICE("\",\"timestamp_unixtime_ms\":"));
    buffer_append_integer(body, conversion->event_time_ms);
    if (!append_attributes(body, conversion, error)) {
        return false;
    }
    buffer_append(body, SLICE("}}]"));
    return true;
}

/* The API drops a batch whose id it has seen: so what is sent twice has the same one, and what a
 * mended mapping makes of the same order another. It is made of all that stands before it. */
static void append_request_id(struct buffer *body, size_t from)
{
    static const unsigned char space[16] = {0x3B, 0x0E, 0x5D, 0x0A, 0x5C, 0x1F, 0x4E, 0x0B,
                                            0x9D, 0x52, 0x61, 0x77, 0x2A, 0x84, 0xC6, 0xF3};
    struct slice content = slice_part(buffer_slice(body), from, SIZE_MAX);
    char id[UUID_TEXT_SIZE];
    uuid_v5(space, &content, 1, id);
    buffer_append(body, SLICE(",\"source_request_id\":\""));
    buffer_append(body, (struct slice){id, sizeof id});
    buffer_append(body, SLICE("\"}"));
}

/* --- Conversions ------------------------------------------------------------------------------ */

static bool check_age(int64_t event_time_ms, int64_t wall_ms, struct error *error)
{
    if (event_time_ms < wall_ms - AGE_MAX_DAYS * CHECK_DAY_MS) {
        error_set(error, "eventTime is more than %d days ago", AGE_MAX_DAYS);
        return false;
    }
    return true;
}

static bool is_slot_with_value(const struct conversion *conversion, struct slice name)
{
    for (size_t i = 0; i < attributes_section->count; i++) {
        const struct slot *slot = &attributes_section->slots[i];
        if (slice_equal(slot->key, name) && value_of(slot, conversion).size > 0) {
            return true;
        }
    }
    return false;
}

/* Custom attributes share their object with fields, so they may not be called like one of those. */
static bool check_custom_names(const struct conversion *conversion, struct error *error)
{
    for (size_t i = 0; i < conversion->custom_count; i++) {
        const struct attribute *attribute = &conversion->custom[i];
        if (attribute->value.size > 0 && is_slot_with_value(conversion, attribute->name)) {
            return check_refuse_twice(attribute->name, error);
        }
    }
    return true;
}

static bool check_size(const struct buffer *body, size_t from, struct error *error)
{
    if (body->size - from > BATCH_BYTES_MAX) {
        error_set(error, "the conversion is larger than a batch may be: %zu bytes instead of %d",
                  body->size - from, BATCH_BYTES_MAX);
        return false;
    }
    return true;
}

static bool append_batch(const struct rokt_api *api, const struct conversion *conversion,
                         struct buffer *body, struct error *error)
{
    size_t from = body->size;
    buffer_append(body, api->settings.development ? SLICE("{\"environment\":\"development\"")
                                                  : SLICE("{\"environment\":\"production\""));
    if (!append_customer(body, conversion, error) || !append_event(body, conversion, error)) {
        return false;
    }
    append_request_id(body, from);
    return check_size(body, from, error);
}

static bool event_audience_api_encode(const struct rokt_api *api,
                                      const struct conversion *conversion, bool first,
                                      int64_t wall_ms, struct buffer *body, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_sections);
    struct privacy_room room;
    conversion = privacy_apply(api->settings.email, conversion, &room);
    if (!check_event(conversion, wall_ms, error) ||
        !check_age(conversion->event_time_ms, wall_ms, error) ||
        !check_custom_names(conversion, error)) {
        return false;
    }
    if (!first) {
        buffer_append_byte(body, ROKT_SEPARATOR);
    }
    return append_batch(api, conversion, body, error);
}

const struct rokt_api rokt_event_audience_api = {
    .name = "event-and-audience",
    .path = "/v2/bulkevents",
    .conversions_max = 100,
    .bytes_max = 250000, /* 256 kB are documented */
    .value_max = CONVERSION_AUDIENCE_VALUE_MAX,
    .headers = event_audience_api_headers,
    .open = event_audience_api_open,
    .close = event_audience_api_close,
    .closing_max = sizeof CLOSING - 1,
    .encode = event_audience_api_encode,
    .answer_headers = {EVENT_AUDIENCE_API_EXCEEDED, EVENT_AUDIENCE_API_PERCENTAGE},
    .judge = event_audience_api_answer_judge,
};
