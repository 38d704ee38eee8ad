/* Reading the look-up tables of a mapping, from the mapping and from CSV files. */
#include "config/csv.h"
#include "config/file.h"
#include "mapping/expression.h"
#include "table_list.h"

#include <stdlib.h>

#define COLUMN_NAMES_MAX 8 /* of those that there are, in a hint */

struct reader {
    const struct document *document;
    struct error_list *errors;
    struct arena *arena;
    struct hash *hash; /* NULL: nobody wants it */
    struct tables *tables;
};

/* What a table in a file is made from; the columns are NULL where they go by their order. */
struct table_file {
    const struct node *path;
    const struct node *key;
    const struct node *value;
};

/* --- Room ------------------------------------------------------------------------------------ */

/* False, with an error, when `bytes` more are too many. */
static bool take_bytes(struct reader *reader, struct place place, size_t bytes)
{
    if (bytes > TABLES_BYTES_MAX - reader->tables->bytes) {
        document_error(reader->document, reader->errors, place, NULL,
                       "the tables of a mapping hold at most %ld bytes together", TABLES_BYTES_MAX);
        return false;
    }
    reader->tables->bytes += bytes;
    return true;
}

/* The entry as it is kept. */
static struct table_entry kept(struct reader *reader, struct slice key, struct slice value)
{
    return (struct table_entry){.key = arena_copy(reader->arena, key),
                                .value = arena_copy(reader->arena, value)};
}

/* --- Tables in the mapping ------------------------------------------------------------------- */

static void add_child(struct reader *reader, struct table *table, const struct node *child)
{
    if (child->kind != NODE_SCALAR) {
        document_error(reader->document, reader->errors, child->place,
                       "a table in a file is {file: FILE.csv, key: COLUMN, value: COLUMN}",
                       "a table has one text for each key, and this is a %s",
                       child->kind == NODE_SEQUENCE ? "list" : "mapping");
        return;
    }
    if (take_bytes(reader, child->place, child->key.size + child->text.size)) {
        struct slice value = node_is_null(child) ? SLICE("") : child->text;
        struct table_entry entry = kept(reader, child->key, value);
        (void)table_add(table, &entry); /* the document has no key twice */
    }
}

static void read_inline(struct reader *reader, struct table *table, const struct node *node)
{
    if (!take_bytes(reader, node->place, node->count * TABLE_ENTRY_BYTES)) {
        return;
    }
    table_init(table, node->count, reader->arena);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        add_child(reader, table, child);
    }
}

/* --- Tables in files ------------------------------------------------------------------------- */

/* "a, b, c", as many as a hint has room for. */
static void list_columns(struct csv_row names, struct error *ret_list)
{
    struct buffer buffer;
    buffer_init(&buffer, ERROR_SIZE);
    buffer_append(&buffer, SLICE("its columns are "));
    for (size_t i = 0; i < names.count && i < COLUMN_NAMES_MAX; i++) {
        buffer_printf(&buffer, "%s\"%.*s\"", i == 0 ? "" : ", ",
                      SLICE_PRINT(slice_part(names.cells[i].text, 0, EXPRESSION_NAME_MAX)));
    }
    if (names.count > COLUMN_NAMES_MAX) {
        buffer_append(&buffer, SLICE(", …"));
    }
    error_set(ret_list, "%.*s", SLICE_PRINT(buffer_slice(&buffer)));
    buffer_done(&buffer);
}

static void unknown_column(struct reader *reader, const struct node *node, struct csv_row names)
{
    const char *known[CSV_COLUMNS_MAX];
    struct error hint;
    for (size_t i = 0; i < names.count; i++) {
        known[i] = arena_string(reader->arena, names.cells[i].text);
    }
    const char *nearest = error_nearest(node->text, known, names.count);
    if (nearest != NULL) {
        error_set(&hint, "the nearest known is \"%s\"", nearest);
    } else {
        list_columns(names, &hint);
    }
    document_error(reader->document, reader->errors, node->place, hint.text,
                   "the file has no column \"%.*s\"", SLICE_PRINT(node->text));
}

/* The column of that name. */
static bool find_column(struct reader *reader, const struct node *node, struct csv_row names,
                        size_t *ret_column)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < names.count; i++) {
        if (!slice_equal(names.cells[i].text, node->text)) {
            continue;
        }
        if (found != SIZE_MAX) {
            document_error(reader->document, reader->errors, node->place, NULL,
                           "the file has two columns \"%.*s\"", SLICE_PRINT(node->text));
            return false;
        }
        found = i;
    }
    if (found == SIZE_MAX) {
        unknown_column(reader, node, names);
        return false;
    }
    *ret_column = found;
    return true;
}

/* Without names, the first column is the key and the second the value. */
static bool find_columns(struct reader *reader, const struct table_file *file, struct csv_row names,
                         size_t *ret_key, size_t *ret_value)
{
    if (file->key != NULL) {
        bool key = find_column(reader, file->key, names, ret_key);
        return find_column(reader, file->value, names, ret_value) && key;
    }
    *ret_key = 0;
    *ret_value = 1;
    if (names.count < 2) {
        bool other = slice_find(names.cells[0].text, SLICE(";")) != SIZE_MAX ||
                     slice_find(names.cells[0].text, SLICE("\t")) != SIZE_MAX;
        document_error(reader->document, reader->errors, file->path->place,
                       other ? "commas stand between the columns, neither semicolons nor tabs"
                             : "the first is the key, the second the value",
                       "a table needs two columns, and the file has one");
        return false;
    }
    return true;
}

static void add_row(struct reader *reader, struct table *table, struct csv *csv,
                    const struct csv_cell *key, const struct csv_cell *value)
{
    if (slice_trim(key->text).size == 0) {
        if (slice_trim(value->text).size > 0) {
            csv_error(csv, key, NULL, "the key of this line is blank");
        }
        return;
    }
    struct table_entry entry = kept(reader, key->text, value->text);
    entry.line = csv_line(csv, key);
    const struct table_entry *first = table_add(table, &entry);
    if (first != NULL) {
        csv_error(csv, key, "a key has one value: take one of the two lines away",
                  "this key stands in line %zu already", first->line);
    }
}

static void read_rows(struct reader *reader, struct table *table, const struct table_file *file,
                      struct csv *csv)
{
    size_t key = 0;
    size_t value = 0;
    struct csv_row row;
    if (!find_columns(reader, file, csv_names(csv), &key, &value) ||
        !take_bytes(reader, file->path->place, csv_row_limit(csv) * TABLE_ENTRY_BYTES)) {
        return;
    }
    table_init(table, csv_row_limit(csv), reader->arena);
    while (csv_next(csv, &row)) {
        const struct csv_cell *cells = row.cells;
        if (!take_bytes(reader, file->path->place, cells[key].text.size + cells[value].text.size)) {
            return;
        }
        add_row(reader, table, csv, &cells[key], &cells[value]);
    }
}

static void read_path(struct reader *reader, struct table *table, const struct table_file *file)
{
    char *path = file_resolve(document_source(reader->document)->name, file->path->text.data);
    struct buffer content;
    struct error error;
    struct error hint;
    buffer_init(&content, CSV_BYTES_MAX);
    if (file_read(path, &content, &error)) {
        if (reader->hash != NULL) {
            hash_add(reader->hash, buffer_slice(&content));
        }
        struct csv *csv = csv_open(path, buffer_slice(&content), reader->errors);
        if (csv != NULL) {
            read_rows(reader, table, file, csv);
        }
        csv_close(csv);
    } else {
        error_set(&hint, "the file is %s", path);
        document_error(reader->document, reader->errors, file->path->place, hint.text,
                       "the table cannot be read: %s", error.text);
    }
    buffer_done(&content);
    free(path);
}

/* --- Either ---------------------------------------------------------------------------------- */

static bool is_text(const struct node *node)
{
    return node != NULL && node->kind == NODE_SCALAR && slice_trim(node->text).size > 0 &&
           !node_is_null(node);
}

static bool check_file_key(struct reader *reader, const struct node *child)
{
    static const char *const keys[] = {"file", "key", "value"};
    bool known = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        known = known || slice_equal(child->key, slice_of(keys[i]));
    }
    if (!known) {
        document_error(reader->document, reader->errors, child->key_place,
                       "a table with `file` in it is {file: FILE.csv, key: COLUMN, value: COLUMN}",
                       "unknown key \"%.*s\"", SLICE_PRINT(child->key));
    } else if (!is_text(child)) {
        document_error(reader->document, reader->errors, child->place, NULL,
                       "%.*s is one text, and not blank", SLICE_PRINT(child->key));
        return false;
    }
    return known;
}

/* {file: FILE.csv, key: COLUMN, value: COLUMN}; both columns, or none of them. */
static void read_file_form(struct reader *reader, struct table *table, const struct node *node)
{
    const struct table_file file = {node_child(node, "file"), node_child(node, "key"),
                                    node_child(node, "value")};
    bool good = true;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        good = check_file_key(reader, child) && good;
    }
    if ((file.key == NULL) != (file.value == NULL)) {
        document_error(reader->document, reader->errors, node->place, NULL,
                       "key and value, the names of two columns, go together");
    } else if (good) {
        read_path(reader, table, &file);
    }
}

static void read_table(struct reader *reader, struct table *table, const struct node *node)
{
    if (is_text(node)) {
        read_path(reader, table, &(struct table_file){.path = node});
    } else if (node_child(node, "file") != NULL) {
        read_file_form(reader, table, node);
    } else if (node->kind == NODE_MAPPING) {
        read_inline(reader, table, node);
    } else {
        document_error(reader->document, reader->errors, node->place, NULL,
                       "a table is {KEY: VALUE, …}, or the name of a CSV file");
    }
}

static void add_table(struct reader *reader, const struct node *node)
{
    struct tables *tables = reader->tables;
    struct table *table = &tables->items[tables->count++];
    table->name = arena_string(reader->arena, node->key);
    table->place = node->key_place;
    table_init(table, 0, reader->arena); /* so that it can be looked into after an error, too */
    if (slice_trim(node->key).size == 0 || node->key.size > EXPRESSION_NAME_MAX) {
        document_error(reader->document, reader->errors, node->key_place, NULL,
                       "the name of a table has 1 to %d bytes", EXPRESSION_NAME_MAX);
    }
    read_table(reader, table, node);
}

struct tables *tables_compile(const struct document *document, const struct node *node,
                              struct arena *arena, struct hash *hash, struct error_list *errors)
{
    struct tables *tables = arena_calloc(arena, 1, sizeof *tables);
    struct reader reader = {document, errors, arena, hash, tables};
    if (node->kind != NODE_MAPPING) {
        document_error(document, errors, node->place, "countries: {DEU: DE, FRA: FR}",
                       "names and their tables were expected");
        return tables;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (tables->count == TABLES_MAX) {
            document_error(document, errors, child->key_place, NULL, "more than %d tables",
                           TABLES_MAX);
            break;
        }
        add_table(&reader, child);
    }
    return tables;
}
