#include "delivery/original.h"

/* How long a text is; one that is not there at all has no data either. */
struct extent {
    size_t size;
    bool present;
};

/* What stands before the bytes: copied in and out, because bytes before it leave it unaligned. */
struct head {
    size_t size; /* of all of it, this included */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct extent topic;
    struct extent key;
    struct extent value;
    size_t header_count;
};

static struct extent extent_of(struct slice text)
{
    return (struct extent){.size = text.size, .present = text.data != NULL};
}

static void keep_header(struct buffer *buffer, const struct message_header *header)
{
    struct extent extents[] = {extent_of(header->name), extent_of(header->value)};
    buffer_append(buffer, (struct slice){(const char *)extents, sizeof extents});
    buffer_append(buffer, header->name);
    buffer_append(buffer, header->value);
}

size_t original_keep(struct buffer *buffer, const struct message *message)
{
    size_t at = buffer->size;
    struct head head = {
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = message->timestamp_ms,
        .topic = extent_of(message->topic),
        .key = extent_of(message->key),
        .value = extent_of(message->value),
        .header_count = message->header_count,
    };
    buffer_append(buffer, (struct slice){(const char *)&head, sizeof head});
    buffer_append(buffer, message->topic);
    buffer_append(buffer, message->key);
    buffer_append(buffer, message->value);
    for (size_t i = 0; i < message->header_count; i++) {
        keep_header(buffer, &message->headers[i]);
    }
    if (!buffer->failed) {
        head.size = buffer->size - at;
        memcpy(buffer->data + at, &head, sizeof head);
    }
    return at;
}

size_t original_copy(struct buffer *buffer, const struct buffer *from, size_t at)
{
    size_t to = buffer->size;
    struct head head;
    memcpy(&head, from->data + at, sizeof head);
    buffer_append(buffer, (struct slice){from->data + at, head.size});
    return to;
}

/* Takes `size` bytes from what is left. */
static const char *take(const char **rest, size_t size)
{
    const char *taken = *rest;
    *rest += size;
    return taken;
}

static struct slice take_text(const char **rest, struct extent extent)
{
    const char *data = take(rest, extent.size);
    return extent.present ? (struct slice){data, extent.size} : (struct slice){NULL, 0};
}

static struct message_header take_header(const char **rest)
{
    struct extent extents[2];
    memcpy(extents, take(rest, sizeof extents), sizeof extents);
    struct slice name = take_text(rest, extents[0]);
    return (struct message_header){.name = name, .value = take_text(rest, extents[1])};
}

struct message original_read(const struct buffer *buffer, size_t at, struct arena *arena)
{
    const char *rest = buffer->data + at;
    struct head head;
    memcpy(&head, take(&rest, sizeof head), sizeof head);
    struct message message = {.partition = head.partition,
                              .offset = head.offset,
                              .timestamp_ms = head.timestamp_ms,
                              .header_count = head.header_count};
    message.topic = take_text(&rest, head.topic);
    message.key = take_text(&rest, head.key);
    message.value = take_text(&rest, head.value);
    struct message_header *headers = arena_alloc(arena, head.header_count * sizeof *headers);
    for (size_t i = 0; i < head.header_count; i++) {
        headers[i] = take_header(&rest);
    }
    message.headers = headers;
    return message;
}

struct slice original_header(const struct buffer *buffer, size_t at, struct slice name)
{
    const char *rest = buffer->data + at;
    struct head head;
    memcpy(&head, take(&rest, sizeof head), sizeof head);
    (void)take(&rest, head.topic.size + head.key.size + head.value.size);
    for (size_t i = 0; i < head.header_count; i++) {
        struct message_header header = take_header(&rest);
        if (slice_equal(header.name, name)) {
            return header.value;
        }
    }
    return (struct slice){NULL, 0};
}
