/* buffer: bytes that grow, up to a limit that the buffer has from its birth.
 *
 * Errors stick: once an append would pass the limit, `failed` is set, nothing more is appended, and
 * one check after a row of appends is enough. A mark (the size so far) and buffer_rollback() take
 * back what did not fit, so that one oversize record does not cost what stands before it. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"

#include <stdarg.h>

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit; /* in bytes; nothing is appended past it */
    bool failed;
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_done(struct buffer *buffer);

/* Empty again, the memory kept for the next use; forgets a failure. */
void buffer_reset(struct buffer *buffer);

/* For buffer_reserve(), when what is there does not do. */
char *buffer_reserve_more(struct buffer *buffer, size_t size);

/* Room for `size` more bytes that the caller writes itself, then states with buffer_commit();
 * NULL, and failed, past the limit. */
static inline char *buffer_reserve(struct buffer *buffer, size_t size)
{
    bool fits = !buffer->failed && size < buffer->capacity - buffer->size;
    return fits ? buffer->data + buffer->size : buffer_reserve_more(buffer, size);
}

void buffer_commit(struct buffer *buffer, size_t size);

static inline void buffer_append(struct buffer *buffer, struct slice bytes)
{
    char *room = buffer_reserve(buffer, bytes.size);
    if (room != NULL && bytes.size > 0) {
        memcpy(room, bytes.data, bytes.size);
        buffer->size += bytes.size;
    }
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, (struct slice){&byte, 1});
}

void buffer_append_integer(struct buffer *buffer, long long number);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format,
                                                         ...);
__attribute__((format(printf, 2, 0))) void buffer_vprintf(struct buffer *buffer, const char *format,
                                                          va_list arguments);

/* Back to `mark`, an earlier size; forgets a failure. */
void buffer_rollback(struct buffer *buffer, size_t mark);

/* What it holds now; valid until the next append. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->data, buffer->size};
}

#endif
