#include "page.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#define ELLIPSIS SLICE("\xE2\x80\xA6")

static const char *const inks[] = {
    [PAGE_PLAIN] = NULL, [PAGE_BOLD] = "1", [PAGE_FAINT] = "2",
    [PAGE_GOOD] = "32",  [PAGE_ODD] = "33", [PAGE_BAD] = "31",
};

/* Blanks that wait are written before the ink, so that they are never underlined or coloured. */
static void begin_ink(struct page *page, enum page_ink ink)
{
    for (; page->pending > 0; page->pending--) {
        buffer_append_byte(page->buffer, ' ');
    }
    if (page->colour && inks[ink] != NULL) {
        buffer_printf(page->buffer, "\x1b[%sm", inks[ink]);
    }
}

static void end_ink(struct page *page, enum page_ink ink)
{
    if (page->colour && inks[ink] != NULL) {
        buffer_append(page->buffer, SLICE("\x1b[0m"));
    }
}

static void put(struct page *page, struct slice text)
{
    buffer_append(page->buffer, text);
    page->column += slice_length(text);
}

static void put_escape(struct page *page, uint32_t code_point)
{
    char escape[16];
    const char *letters = "b\bf\fn\nr\rt\t";
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if ((uint32_t)pair[1] == code_point) {
            put(page, (struct slice){(const char[]){'\\', pair[0]}, 2});
            return;
        }
    }
    int size = snprintf(escape, sizeof escape, "\\u%04x", code_point);
    put(page, (struct slice){escape, (size_t)size});
}

/* Puts as much of `text` as has `max` code points; returns how much that is. `quoted`: whether
 * quotes stand around it. */
static size_t put_part(struct page *page, struct slice text, size_t max, bool quoted)
{
    size_t at = 0;
    for (size_t count = 0; at < text.size && count < max; count++) {
        uint32_t code_point = 0;
        struct slice rest = slice_part(text, at, SIZE_MAX);
        size_t size = slice_decode(rest, &code_point);
        if (size == 0) {
            put(page, SLICE("\xEF\xBF\xBD"));
            at++;
            continue;
        }
        if (slice_is_control(code_point)) {
            put_escape(page, code_point);
        } else {
            bool escape = quoted && (code_point == '\'' || code_point == '\\');
            put(page, escape ? SLICE("\\") : SLICE(""));
            put(page, slice_part(rest, 0, size));
        }
        at += size;
    }
    return at;
}

void page_write(struct page *page, enum page_ink ink, struct slice text)
{
    begin_ink(page, ink);
    (void)put_part(page, text, SIZE_MAX, false);
    end_ink(page, ink);
}

void page_printf(struct page *page, enum page_ink ink, const char *format, ...)
{
    char text[2 * ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    page_write(page, ink, slice_of(text));
}

/* "…" behind a text of which only a part is there, and how long all of it is. */
static void put_rest(struct page *page, struct slice text, size_t taken, struct slice quote)
{
    bool cut = taken < text.size;
    put(page, cut ? ELLIPSIS : SLICE(""));
    put(page, quote);
    if (cut) {
        char length[64];
        int size = snprintf(length, sizeof length, " (%zu characters)", slice_length(text));
        put(page, (struct slice){length, (size_t)size});
    }
}

void page_quote(struct page *page, enum page_ink ink, struct slice text, size_t max)
{
    begin_ink(page, ink);
    put(page, SLICE("'"));
    put_rest(page, text, put_part(page, text, max, true), SLICE("'"));
    end_ink(page, ink);
}

void page_cut(struct page *page, enum page_ink ink, struct slice text, size_t max)
{
    begin_ink(page, ink);
    put_rest(page, text, put_part(page, text, max, false), SLICE(""));
    end_ink(page, ink);
}

/* How many blanks `text` begins with, if a line ends among them; else 0. */
static size_t line_break(struct slice text)
{
    size_t size = 0;
    bool ends = false;
    while (size < text.size && memchr(" \t\r\n", text.data[size], 4) != NULL) {
        ends = ends || text.data[size] == '\n';
        size++;
    }
    return ends ? size : 0;
}

void page_source(struct page *page, enum page_ink ink, struct slice text, size_t max)
{
    size_t end = max < SIZE_MAX - page->column ? page->column + max : SIZE_MAX;
    size_t at = 0;
    begin_ink(page, ink);
    while (at < text.size && page->column < end) {
        struct slice rest = slice_part(text, at, SIZE_MAX);
        size_t blanks = line_break(rest);
        put(page, blanks > 0 ? SLICE(" ") : SLICE(""));
        at += blanks > 0 ? blanks : put_part(page, rest, 1, false);
    }
    put(page, at < text.size ? ELLIPSIS : SLICE(""));
    end_ink(page, ink);
}

void page_to(struct page *page, size_t column)
{
    size_t least = page->column == 0 ? 0 : page->column + 2;
    size_t target = column > least ? column : least;
    page->pending += target - page->column;
    page->column = target;
}

void page_end_line(struct page *page)
{
    buffer_append_byte(page->buffer, '\n');
    page->column = 0;
    page->pending = 0;
}
