#include "base/page.h"

static void write_blanks(struct buffer *buffer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(buffer, ' ');
    }
}

/* What is shown of a word, without backticks. */
static void write_word(struct buffer *buffer, struct slice word)
{
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] != '`') {
            buffer_append_byte(buffer, word.data[i]);
        }
    }
}

/* Columns of a word: its code points but for backticks. */
static size_t word_width(struct slice word)
{
    size_t width = slice_length(word);
    for (size_t i = 0; i < word.size; i++) {
        width -= word.data[i] == '`';
    }
    return width;
}

/* The label, and blanks up to the text, on a line of its own when it reaches into the text. */
static void write_label(const struct page *page, const char *label)
{
    size_t end = page->indent + slice_length(slice_of(label));
    write_blanks(page->buffer, page->indent);
    buffer_append(page->buffer, slice_of(label));
    if (end + 2 > page->column && label[0] != '\0') {
        buffer_append_byte(page->buffer, '\n');
        end = 0;
    }
    write_blanks(page->buffer, page->column - end);
}

static void write_text(const struct page *page, struct slice text)
{
    size_t room =
        page->width < page->column + PAGE_TEXT_MIN ? PAGE_TEXT_MIN : page->width - page->column;
    size_t used = 0;
    while (text.size > 0) {
        size_t end = slice_find(text, SLICE(" "));
        struct slice word = slice_part(text, 0, end);
        size_t width = word_width(word);
        if (used > 0 && used + 1 + width > room) {
            buffer_append_byte(page->buffer, '\n');
            write_blanks(page->buffer, page->column);
            used = 0;
        } else if (used > 0) {
            buffer_append_byte(page->buffer, ' ');
            used++;
        }
        write_word(page->buffer, word);
        used += width;
        text = end == SIZE_MAX ? (struct slice){NULL, 0} : slice_part(text, end + 1, SIZE_MAX);
    }
    buffer_append_byte(page->buffer, '\n');
}

void page_entry(const struct page *page, const char *label, const char *text)
{
    write_label(page, label);
    write_text(page, slice_of(text));
}

void page_line(const struct page *page, const char *label, const char *text)
{
    write_label(page, label);
    buffer_append(page->buffer, slice_of(text));
    buffer_append_byte(page->buffer, '\n');
}
