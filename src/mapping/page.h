/* page: lines of text in columns, for a person at a terminal.
 *
 * Whatever a message holds, a page does nothing to the terminal but show text: control characters
 * stand as escapes. Columns count code points from 0. */
#ifndef MAPPING_PAGE_H
#define MAPPING_PAGE_H

#include "base/buffer.h"

enum page_ink {
    PAGE_PLAIN,
    PAGE_BOLD,
    PAGE_FAINT,
    PAGE_GOOD, /* green */
    PAGE_ODD,  /* yellow */
    PAGE_BAD   /* red */
};

struct page {
    struct buffer *buffer;
    bool colour;    /* else all inks are plain */
    size_t column;  /* where the line ends so far */
    size_t pending; /* blanks that are written once text follows them */
};

/* Text, of which each control character stands as its escape. */
void page_write(struct page *page, enum page_ink ink, struct slice text);
__attribute__((format(printf, 3, 4))) void page_printf(struct page *page, enum page_ink ink,
                                                       const char *format, ...);

/* At most `max` code points of a text in single quotes, as the language of mappings writes it; of a
 * longer one "…" and its length are told. */
void page_quote(struct page *page, enum page_ink ink, struct slice text, size_t max);

/* The same without the quotes. */
void page_cut(struct page *page, enum page_ink ink, struct slice text, size_t max);

/* The same for a part of a mapping, all on one line. */
void page_source(struct page *page, enum page_ink ink, struct slice text, size_t max);

/* What follows begins at that column, or two blanks behind what reaches that far. */
void page_to(struct page *page, size_t column);

void page_end_line(struct page *page);

#endif
