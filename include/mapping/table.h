/* table: the look-up tables of a mapping: a text for each of many texts.
 *
 * They stand in the mapping, or in CSV files (config/csv.h) that it names, whose paths start at its
 * folder:
 *
 *     tables:
 *       countries: {DEU: DE, FRA: FR}
 *       titles: titles.csv
 *       skus: {file: skus.csv, key: article, value: sku}
 *
 * Read once, when the mapping is compiled, and only looked into from then on. */
#ifndef MAPPING_TABLE_H
#define MAPPING_TABLE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "config/document.h"

#define TABLES_MAX 200 /* of one mapping */
#define TABLES_BYTES_MAX \
    (128 * 1024 * 1024L) /* all keys and values, and what it takes to find them */

struct table;
struct tables;

/* Makes the tables of the node `tables:`, in the arena, which must outlive them. What is wrong is in
 * `errors`, and left out. The content of their files is added to `hash`, unless that is NULL. */
struct tables *tables_compile(const struct document *document, const struct node *node,
                              struct arena *arena, struct hash *hash, struct error_list *errors);

/* The table of that name, which counts as used from then on; NULL when there is none, or no table at
 * all (`tables` is NULL). */
const struct table *tables_use(struct tables *tables, struct slice name);

/* The name nearest to one that is none, or NULL. */
const char *tables_nearest(const struct tables *tables, struct slice name);

/* Adds a warning for each table that was never used. */
void tables_warn_of_unused(const struct tables *tables, const struct document *document,
                           struct error_list *errors);

/* False when the table does not have the key, or a blank value for it. Keys are compared byte by byte. */
bool table_find(const struct table *table, struct slice key, struct slice *ret_value);

#endif
