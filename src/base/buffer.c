#include "base/buffer.h"

#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.limit = buffer->limit};
}

void buffer_reset(struct buffer *buffer)
{
    buffer_rollback(buffer, 0);
}

/* Doubles, so that n appends cost O(n); the limit is the last step. The byte past the capacity is
 * for the NUL that vsnprintf() insists on. */
static void grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    if (capacity > buffer->limit) {
        capacity = buffer->limit;
    }
    buffer->data = memory_resize(buffer->data, capacity + 1, 1);
    buffer->capacity = capacity;
}

char *buffer_reserve_more(struct buffer *buffer, size_t size)
{
    if (buffer->failed || size > buffer->limit - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->data == NULL || size > buffer->capacity - buffer->size) {
        grow(buffer, buffer->size + size);
    }
    return buffer->data + buffer->size;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
    assert(size <= buffer->capacity - buffer->size);
    buffer->size += size;
}

void buffer_append_integer(struct buffer *buffer, long long number)
{
    char text[24];
    char *end = text + sizeof text;
    char *start = end;
    /* Unsigned, because the most negative number has no positive counterpart. */
    unsigned long long rest = (unsigned long long)number;
    if (number < 0) {
        rest = 0 - rest;
    }
    do {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--start = '-';
    }
    buffer_append(buffer, (struct slice){start, (size_t)(end - start)});
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

/* Tries with the room that is there, and again when more turns out to be needed. */
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
    if (buffer_reserve(buffer, 0) == NULL) {
        return;
    }
    va_list again;
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->size;
    int length = vsnprintf(buffer->data + buffer->size, room + 1, format, arguments);
    size_t size = (size_t)length;
    if (length < 0) {
        buffer->failed = true;
    } else if (size <= room) {
        buffer->size += size;
    } else if (buffer_reserve(buffer, size) != NULL) {
        (void)vsnprintf(buffer->data + buffer->size, size + 1, format, again);
        buffer->size += size;
    }
    va_end(again);
}

void buffer_rollback(struct buffer *buffer, size_t mark)
{
    assert(mark <= buffer->size);
    buffer->size = mark;
    buffer->failed = false;
}
