/* document: a YAML file as a tree of nodes that know their places.
 *
 * The subset that configurations need, so that nothing is surprising: one document, mappings with
 * scalar keys, sequences, scalars; JSON is a subset of it. Anchors, aliases and tags are refused (a value
 * that begins with * & or ! needs quotes, and the error says so); so are keys that stand twice. Scalars
 * are text; what type a value must have is said by who reads it. Depth and size are bounded. */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include "base/error.h"
#include "base/slice.h"

#define DOCUMENT_BYTES_MAX (4 * 1024 * 1024)
#define DOCUMENT_DEPTH_MAX 64
#define DOCUMENT_NODES_MAX 250000
#define DOCUMENT_KEY_MAX 1024   /* bytes of a key */
#define DOCUMENT_ERRORS_MAX 200 /* past it, one more says that the rest is not shown */

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    bool quoted;       /* scalar: '…', "…" or a block; a plain `~`, `null` or nothing is not */
    bool unquoted;     /* scalar: it wants quotes, which is an error that is told already */
    bool repeated;     /* its key stood before: never to be seen in a document that has been read */
    struct slice key;  /* within a mapping: the key */
    struct slice text; /* scalar: its decoded text, NUL-terminated behind its end */
    struct node *first; /* sequence, mapping: the first child */
    struct node *next;  /* the next sibling */
    size_t count;       /* sequence, mapping: how many children */
    struct place place; /* of the value; a scalar's length covers it on its line */
    struct place key_place;
    size_t from, to; /* the span of its raw text in the source, in bytes */
};

struct document;

/* Reads `text`, which is copied. Errors are added to `errors`, and NULL is returned when there is one; but
 * values that want quotes ("@.price") are read as if they had them, and of keys that stand twice the first
 * is kept, so that when there are no other errors, what else is wrong can be told too. `name` is the file's, as errors show it. */
struct document *document_read(const char *name, struct slice text, struct error_list *errors);

/* The same from a file; one that cannot be read is an error in `errors`. */
struct document *document_load(const char *path, struct error_list *errors);
void document_free(struct document *document);

/* Whether it was read without an error: for nothing else than finding more errors it may be used if not. */
bool document_is_whole(const struct document *document);

/* NULL for an empty document. */
const struct node *document_root(const struct document *document);
const struct source *document_source(const struct document *document);

/* The child of that key, or NULL; NULL also when `node` is NULL or no mapping. */
const struct node *node_child(const struct node *node, const char *key);

/* Whether it is a plain null: `~`, `null`, or nothing at all. */
bool node_is_null(const struct node *node);

/* The place of the bytes [offset, offset + size) of a scalar's decoded text, in the file: for errors that
 * point into an expression. Quotes, escapes and block indentation are seen through. */
struct place document_place(const struct document *document, const struct node *scalar,
                            size_t offset, size_t size);

/* Makes the bytes [offset, offset + size) of a scalar's decoded text unreadable in the lines that errors
 * show, for what must not reach a terminal or a log; of a list or a mapping, all of it, whatever the bytes.
 * Call it before errors are added. What its name or its shape shows to be a secret is hidden already. */
void document_hide(struct document *document, const struct node *node, size_t offset, size_t size);

/* Adds an error at `place` of this document's file; `hint` may be NULL. */
__attribute__((format(printf, 5, 6))) void document_error(const struct document *document,
                                                          struct error_list *errors,
                                                          struct place place, const char *hint,
                                                          const char *format, ...);

/* The same for what is suspicious, but no error. */
__attribute__((format(printf, 5, 6))) void document_warning(const struct document *document,
                                                            struct error_list *errors,
                                                            struct place place, const char *hint,
                                                            const char *format, ...);

#endif
