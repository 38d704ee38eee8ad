#include "lines.h"

#include "base/memory.h"

#include <stdlib.h>

void lines_init(struct lines *lines, struct slice text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == '\n';
    }
    size_t *starts = memory_new(count, sizeof *starts);
    for (size_t i = 0, line = 1; i < text.size; i++) {
        if (text.data[i] == '\n') {
            starts[line++] = i + 1;
        }
    }
    *lines = (struct lines){text, starts, count};
}

void lines_done(struct lines *lines)
{
    free(lines->starts);
    *lines = (struct lines){0};
}

size_t lines_find(const struct lines *lines, size_t at)
{
    size_t low = 0;
    size_t high = lines->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (lines->starts[middle] <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct slice lines_text(const struct lines *lines, size_t line)
{
    size_t from = lines->starts[line];
    size_t to = line + 1 == lines->count ? lines->text.size : lines->starts[line + 1];
    return slice_part(lines->text, from, to - from);
}

static size_t count_characters(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    }
    return count;
}

size_t lines_length(const struct lines *lines, size_t from, size_t to)
{
    struct slice part = slice_part(lines->text, from, to > from ? to - from : 0);
    size_t end = slice_find(part, SLICE("\n"));
    if (end != SIZE_MAX) {
        part.size = end;
    }
    if (slice_ends_with(part, SLICE("\r"))) {
        part.size--;
    }
    size_t length = count_characters(part);
    return length > 0 ? length : 1;
}

struct place lines_place(const struct lines *lines, size_t from, size_t to)
{
    size_t line = lines_find(lines, from);
    size_t start = lines->starts[line];
    return (struct place){
        .line = line + 1,
        .column = count_characters(slice_part(lines->text, start, from - start)) + 1,
        .length = lines_length(lines, from, to),
    };
}
