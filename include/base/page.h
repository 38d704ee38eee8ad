/* page: text for a terminal: entries of a label and a text beside it, wrapped to the width.
 *
 *     trim              without the blanks at both ends
 *     replace(old, new)
 *                       each old becomes new
 *
 * Texts may have code between backticks, as Markdown has it; the backticks are not shown. A code
 * point counts as one column: there is nothing wider among the texts that are shown so. */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include "base/buffer.h"

#define PAGE_TEXT_MIN 20 /* columns that a text has at least, however narrow the terminal */

struct page {
    struct buffer *buffer;
    size_t width;  /* columns of the terminal */
    size_t indent; /* columns left free before each line */
    size_t
        column; /* where the texts begin: past the indent; labels end before it, or stand alone */
};

/* Lines are broken at blanks only; a word that is longer than a line stands in one of its own. An
 * empty label leaves its place free. */
void page_entry(const struct page *page, const char *label, const char *text);

/* The same in one line as it is, backticks too, to be copied. */
void page_line(const struct page *page, const char *label, const char *text);

#endif
