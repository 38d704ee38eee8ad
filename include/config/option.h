/* option: the engine behind a table of typed settings.
 *
 * A table row says all there is to know of one option: its path in the file, type, range, default
 * (as text, through the same reader as a user's value), and doc. Reading a document against a table
 * fills a struct, with every error at its place: unknown keys with the nearest known, wrong types,
 * values out of range, what is required and missing. Help, reference and example are printed from it. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/buffer.h"
#include "config/document.h"

#include <stdint.h>

enum option_type {
    OPTION_TEXT,     /* char *: allocated */
    OPTION_SECRET,   /* char *: allocated, never shown */
    OPTION_INTEGER,  /* int64_t */
    OPTION_BYTES,    /* int64_t: 1000000, 64kB, 16MiB */
    OPTION_DURATION, /* int64_t in ms: 500ms, 10s, 5m, 1h */
    OPTION_PERCENT,  /* int64_t: 50% */
    OPTION_BOOLEAN,  /* bool: true, false */
    OPTION_CHOICE,   /* int: the index into `choices` */
    OPTION_SECTION   /* nothing: the keys below it are read by whoever owns them (kafka, routes) */
};

#define OPTION_CHOICES_MAX 6

/* What depends on the choice of another option. */
struct option_case {
    const char *standard;
    bool required;
};

struct option {
    const char *path; /* "rokt.batch.linger" */
    enum option_type type;
    size_t offset;        /* of the member in the struct that is filled */
    const char *standard; /* the default as a user would write it; NULL: none */
    bool required;
    const char *by; /* the path of an option of OPTION_CHOICE; NULL: these two hold in any case … */
    struct option_case cases[OPTION_CHOICES_MAX]; /* … else these do, by its choices */
    int64_t min, max; /* INTEGER, BYTES, DURATION (ms), PERCENT: 0 <= min <= max */
    const char *choices[OPTION_CHOICES_MAX];
    const char *doc; /* one sentence or two */
};

/* Fills the struct at `target` from `document` (its root must be a mapping) and the defaults. References
 * (reference.h) are put in first. No error tells a value: the line that it shows is the file's, with the
 * secrets in it hidden. An option that is empty or null is not set. One that is wrong keeps its default,
 * or NULL. */
void option_read(const struct option table[], size_t count, struct document *document, void *target,
                 struct error_list *errors);

/* Frees the texts of the struct and sets them to NULL. */
void option_release(const struct option table[], size_t count, void *target);

/* The node at a path ("rokt.batch.linger"), or NULL. */
const struct node *option_find(const struct document *document, const char *path);

/* The place of an option's value; all-zero, the file as a whole, when it is not there. */
struct place option_place(const struct document *document, const char *path);

/* The place of the bytes [offset, offset + size) of it. A value with references has no parts in the
 * file: then all of it. */
struct place option_part_place(const struct document *document, const char *path, size_t offset,
                               size_t size);

/* The table as Markdown: a row an option. */
void option_reference(const struct option table[], size_t count, struct buffer *buffer);

#endif
