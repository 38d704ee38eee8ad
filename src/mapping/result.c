/* The result of a mapping as JSON. */
#include "mapping/mapping.h"

#include "base/timestamp.h"
#include "json/writer.h"

/* A member of an object that is open: the comma before it, if it is not the first. */
static void write_member(struct buffer *buffer, struct slice name, struct slice text)
{
    if (buffer->size > 0 && buffer->data[buffer->size - 1] != '{') {
        buffer_append_byte(buffer, ',');
    }
    json_write_string(buffer, name, JSON_UTF8);
    buffer_append_byte(buffer, ':');
    json_write_string(buffer, text, JSON_UTF8);
}

static void write_fields(struct buffer *buffer, const struct conversion *conversion)
{
    buffer_append(buffer, SLICE(",\"fields\":{"));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (conversion->fields[i].size > 0) {
            write_member(buffer, slice_of(field_info((enum field)i)->name), conversion->fields[i]);
        }
    }
    buffer_append_byte(buffer, '}');
}

static void write_attributes(struct buffer *buffer, const char *name,
                             const struct attribute attributes[], size_t count)
{
    buffer_printf(buffer, ",\"%s\":{", name);
    for (size_t i = 0; i < count; i++) {
        write_member(buffer, attributes[i].name, attributes[i].value);
    }
    buffer_append_byte(buffer, '}');
}

static void write_conversion(struct buffer *buffer, const struct conversion *conversion)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(conversion->event_time_ms, time);
    buffer_append_byte(buffer, '{');
    if (conversion->account_id.size > 0) {
        write_member(buffer, SLICE("account"), conversion->account_id);
    }
    write_member(buffer, SLICE("clientEventId"), conversion->client_event_id);
    write_member(buffer, SLICE("eventTime"), slice_of(time));
    write_member(buffer, SLICE("eventType"), conversion->event_type);
    write_fields(buffer, conversion);
    write_attributes(buffer, "custom", conversion->custom, conversion->custom_count);
    if (conversion->metadata_count > 0) {
        write_attributes(buffer, "metadata", conversion->metadata, conversion->metadata_count);
    }
    buffer_append_byte(buffer, '}');
}

static void write_conversions(struct buffer *buffer, const struct mapping_result *result)
{
    buffer_append(buffer, SLICE(",\"conversions\":["));
    for (size_t i = 0; i < result->count; i++) {
        if (i > 0) {
            buffer_append_byte(buffer, ',');
        }
        write_conversion(buffer, &result->conversions[i]);
    }
    buffer_append_byte(buffer, ']');
}

void mapping_result_write(const struct mapping_result *result, struct buffer *buffer)
{
    buffer_append_byte(buffer, '{');
    switch (result->outcome) {
    case MAPPING_MAPPED:
        write_member(buffer, SLICE("result"), SLICE("mapped"));
        write_conversions(buffer, result);
        break;
    case MAPPING_SKIPPED:
        write_member(buffer, SLICE("result"), SLICE("skipped"));
        write_member(buffer, SLICE("reason"), slice_of(result->reason));
        break;
    case MAPPING_DEAD:
        write_member(buffer, SLICE("result"), SLICE("dead"));
        write_member(buffer, SLICE("reason"), slice_of(result->reason));
        write_member(buffer, SLICE("message"), slice_of(result->error.text));
        break;
    }
    buffer_append_byte(buffer, '}');
}
