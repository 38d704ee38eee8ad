/* id_table: which ids came, and how often each.
 *
 * About 24 bytes an id beside its text, in the order in which the ids first came; made for a million of
 * them. Past its maximum it takes no new ids and says so for each. Not for use by two threads. */
#ifndef SANDBOX_ID_TABLE_H
#define SANDBOX_ID_TABLE_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

enum id_news {
    ID_NEW,      /* never seen before */
    ID_REPEATED, /* seen before, with the same content */
    ID_CHANGED,  /* seen before, with another content */
    ID_UNTRACKED /* new, but the table is full */
};

struct id_entry {
    uint32_t content; /* digest of what came with it first */
    uint32_t count;
    uint32_t place; /* of the text, within `texts` */
    uint32_t size;
};

struct id_table {
    size_t max;
    struct id_entry *entries; /* in the order of their coming */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* open addressing; index into entries plus 1, 0 is free */
    size_t slot_count;
    struct buffer texts;
};

void id_table_init(struct id_table *table, size_t max);
void id_table_done(struct id_table *table);

/* Counts `id`. `content` is a digest of what came with it. */
enum id_news id_table_add(struct id_table *table, struct slice id, uint32_t content);

/* The id at `index`, in the order of their coming; its text is valid until the next addition. */
struct slice id_table_text(const struct id_table *table, size_t index);
uint32_t id_table_count(const struct id_table *table, size_t index);

/* A digest for telling contents apart, not for safety (FNV-1a, folded to 32 bits). */
uint32_t id_digest(struct slice bytes);

#endif
