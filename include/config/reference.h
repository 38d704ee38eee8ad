/* reference: the places in a value where something from outside is put in.
 *
 * ${env:NAME}, ${env:NAME:-default} and ${file:PATH}; "$${" is a plain "${". A reference ends with the
 * first "}", so neither a default nor a path holds one. Nothing is nested. */
#ifndef CONFIG_REFERENCE_H
#define CONFIG_REFERENCE_H

#include "config/document.h"

#define REFERENCE_VALUE_MAX (1024 * 1024) /* bytes of a value with its references put in */

enum reference_kind {
    REFERENCE_END,    /* nothing more */
    REFERENCE_TEXT,   /* `text` as it stands */
    REFERENCE_ENV,    /* the environment variable `text`, or `standard` */
    REFERENCE_FILE,   /* the content of the file `text` */
    REFERENCE_BROKEN, /* begins like a reference, and is none: `problem` */
};

struct reference {
    enum reference_kind kind;
    size_t from; /* of the whole piece, in the value */
    size_t size;
    struct slice text;
    bool has_standard;
    struct slice standard;
    const char *problem; /* static */
    const char *hint;
};

/* The piece of `value` that begins at byte `at`. */
struct reference reference_next(struct slice value, size_t at);

/* Whether the value is as it stands: no reference, nothing escaped. */
bool reference_none(struct slice value);

/* The scalar's text with its references put in, as an allocated string; NULL, and an error at the place of
 * the reference, when one cannot be had. The default is taken when the variable is not set or empty. A
 * file's content loses the line end at its end; a path that does not begin with / starts at the folder
 * of the document. */
char *reference_expand(const struct document *document, const struct node *scalar,
                       struct error_list *errors);

/* Keeps what a secret's node says from the lines that errors show: of a scalar all but its references, of
 * a list or a mapping, which a secret cannot be, all. Call it before errors are added. */
void reference_hide(struct document *document, const struct node *node);

#endif
