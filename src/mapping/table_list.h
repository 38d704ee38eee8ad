/* table_list: what look-up tables are made of. Private to the files that fill them and look into
 * them. */
#ifndef MAPPING_TABLE_LIST_H
#define MAPPING_TABLE_LIST_H

#include "mapping/table.h"

/* What an entry counts for beside its texts: itself, and its share of the slots. */
#define TABLE_ENTRY_BYTES 64

struct table_entry {
    struct slice key;
    struct slice value;
    size_t line; /* of the file that it stands in */
};

/* A hash table with open addressing: it never grows, and nothing is ever taken out. */
struct table {
    const char *name;
    struct place place; /* of the name */
    bool used;
    struct table_entry *entries; /* in the order of the file */
    size_t count;
    uint32_t *slots; /* the number of an entry, counted from 1; 0: free */
    size_t slot_mask;
};

struct tables {
    struct table items[TABLES_MAX];
    size_t count;
    size_t bytes; /* so far, of TABLES_BYTES_MAX */
};

/* Room for `capacity` entries. */
void table_init(struct table *table, size_t capacity, struct arena *arena);

/* Adds the entry, and returns the one that has the same key already, instead of adding it; NULL when
 * there is none. Its texts must outlive the table. */
const struct table_entry *table_add(struct table *table, const struct table_entry *entry);

#endif
