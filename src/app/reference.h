/* reference: a command that prints a table of the program: all of it, or some rows in full. */
#ifndef APP_REFERENCE_H
#define APP_REFERENCE_H

#include "app.h"
#include "base/page.h"

struct reference {
    const struct command *command;
    const char *noun; /* what a row is: "field" */

    /* The name of the row at `index`; NULL behind the last. */
    const char *(*name)(size_t index);

    /* What a name that is none may have been meant for; NULL when that is not known. */
    const char *(*mistake)(struct slice name);

    /* The whole table in brief, one row in full, and what follows rows in full. */
    void (*brief)(const struct page *page);
    void (*full)(const struct page *page, size_t index);
    void (*end)(const struct page *page); /* NULL: nothing */

    void (*markdown)(struct buffer *buffer);
};

/* Reads the command line (--markdown, names) and prints. Returns an exit_code: EXIT_USAGE when there
 * is no row of a name. */
int reference_run(const struct reference *reference, int argc, char **argv);

#endif
