#include "mapping/table.h"

#include "base/memory.h"
#include "config/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A mapping in a folder of its own, and the tables that were made from it. */
struct fixture {
    char folder[64];
    struct arena arena;
    struct error_list errors;
    struct document *document;
    struct tables *tables;
};

static int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/rokt-relay-table-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    arena_init(&fixture->arena, 0);
    *state = fixture;
    return 0;
}

static char *path_of(const struct fixture *fixture, const char *name, char *room, size_t size)
{
    (void)snprintf(room, size, "%s/%s", fixture->folder, name);
    return room;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    (void)unlink(path_of(fixture, "t.csv", path, sizeof path));
    assert_int_equal(rmdir(fixture->folder), 0);
    document_free(fixture->document);
    error_list_done(&fixture->errors);
    arena_done(&fixture->arena);
    free(fixture);
    return 0;
}

static void write_csv(struct fixture *fixture, const char *content)
{
    char path[128];
    FILE *file = fopen(path_of(fixture, "t.csv", path, sizeof path), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
    assert_int_equal(fclose(file), 0);
}

static void compile(struct fixture *fixture, const char *yaml)
{
    char path[128];
    path_of(fixture, "m.yaml", path, sizeof path);
    fixture->document = document_read(path, slice_of(yaml), &fixture->errors);
    assert_non_null(fixture->document);
    fixture->tables =
        tables_compile(fixture->document, node_child(document_root(fixture->document), "tables"),
                       &fixture->arena, NULL, &fixture->errors);
}

static void compile_fine(struct fixture *fixture, const char *yaml)
{
    compile(fixture, yaml);
    if (fixture->errors.count > 0) {
        fail_msg("%s", fixture->errors.items[0].message);
    }
}

/* What the table has for the key; NULL is nothing. */
static void gives(struct fixture *fixture, const char *name, const char *key, const char *expected)
{
    const struct table *table = tables_use(fixture->tables, slice_of(name));
    assert_non_null(table);
    struct slice value = {NULL, 0};
    assert_int_equal(table_find(table, slice_of(key), &value), expected != NULL);
    if (expected != NULL && !slice_equal(value, slice_of(expected))) {
        fail_msg("%s gives %.*s and not %s", key, SLICE_PRINT(value), expected);
    }
}

/* The errors as people read them, the folder left out of them. */
static void says(struct fixture *fixture, const char *expected)
{
    struct buffer got;
    buffer_init(&got, 1 << 20);
    error_list_write(&fixture->errors, &got);
    struct buffer shown;
    buffer_init(&shown, 1 << 20);
    struct slice rest = buffer_slice(&got);
    struct slice folder = slice_of(fixture->folder);
    for (size_t at = slice_find(rest, folder); at != SIZE_MAX; at = slice_find(rest, folder)) {
        buffer_append(&shown, slice_part(rest, 0, at));
        rest = slice_part(rest, at + folder.size + 1, SIZE_MAX);
    }
    buffer_append(&shown, rest);
    buffer_append_byte(&shown, '\0');
    assert_string_equal(shown.data, expected);
    buffer_done(&shown);
    buffer_done(&got);
}

static void a_table_stands_in_the_mapping(void **state)
{
    struct fixture *fixture = *state;
    compile_fine(fixture,
                 "tables:\n"
                 "  countries: {DEU: DE, FRA: 'FR', 1: one, 1.0: other, none: , nil: null,\n"
                 "    text: 'null', blank: ' ', '': empty}\n"
                 "  empty: {}\n");
    gives(fixture, "countries", "DEU", "DE");
    gives(fixture, "countries", "FRA", "FR");
    gives(fixture, "countries", "deu", NULL);
    gives(fixture, "countries", " DEU", NULL);
    gives(fixture, "countries", "1", "one");
    gives(fixture, "countries", "1.0", "other");
    gives(fixture, "countries", "none", NULL);
    gives(fixture, "countries", "nil", NULL);
    gives(fixture, "countries", "text", "null");
    gives(fixture, "countries", "blank", NULL);
    gives(fixture, "empty", "DEU", NULL);
    assert_null(tables_use(fixture->tables, SLICE("country")));
    assert_string_equal(tables_nearest(fixture->tables, SLICE("country")), "countries");
}

static void a_file_has_keys_in_its_first_column_and_values_in_its_second(void **state)
{
    struct fixture *fixture = *state;
    write_csv(fixture, "sku,title,price\nA-1,\"Mug, blue\",1\n,,\nA-2,,2\nA-3, Cup ,3\n");
    compile_fine(fixture, "tables: {skus: t.csv}\n");
    gives(fixture, "skus", "A-1", "Mug, blue");
    gives(fixture, "skus", "A-2", NULL);
    gives(fixture, "skus", "A-3", " Cup ");
    gives(fixture, "skus", "sku", NULL);
}

static void columns_can_be_named(void **state)
{
    struct fixture *fixture = *state;
    write_csv(fixture, "sku,title,price\nA-1,Mug,1\nA-2,Cup,2\n");
    compile_fine(fixture, "tables:\n"
                          "  prices: {file: t.csv, key: sku, value: price}\n"
                          "  articles: {file: t.csv, key: title, value: sku}\n"
                          "  plain: {file: t.csv}\n");
    gives(fixture, "prices", "A-2", "2");
    gives(fixture, "articles", "Cup", "A-2");
    gives(fixture, "plain", "A-2", "Cup");
}

static void all_of_many_keys_are_found_and_no_others(void **state)
{
    struct fixture *fixture = *state;
    char key[16];
    struct buffer csv;
    buffer_init(&csv, 1 << 20);
    buffer_append(&csv, SLICE("key,value\n"));
    for (int i = 0; i < 20000; i++) {
        buffer_printf(&csv, "%d,v%d\n", 2 * i, i);
    }
    buffer_append_byte(&csv, '\0');
    write_csv(fixture, csv.data);
    buffer_done(&csv);
    compile_fine(fixture, "tables: {many: t.csv}\n");
    for (int i = 0; i < 20000; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "v%d", i);
        (void)snprintf(key, sizeof key, "%d", 2 * i);
        gives(fixture, "many", key, value);
        (void)snprintf(key, sizeof key, "%d", 2 * i + 1);
        gives(fixture, "many", key, NULL);
    }
}

static void a_key_that_stands_twice_is_told_with_both_lines(void **state)
{
    struct fixture *fixture = *state;
    write_csv(fixture, "a,b\nx,1\n\ny,2\nx,1\n,3\n");
    compile(fixture, "tables: {t: t.csv}\n");
    says(fixture, "t.csv:5:1: error: this key stands in line 2 already\n"
                  "    5 | x,1\n"
                  "      | ^\n"
                  "      = a key has one value: take one of the two lines away\n"
                  "t.csv:6:1: error: the key of this line is blank\n"
                  "    6 | ,3\n"
                  "      | ^\n");
}

static void a_column_that_is_not_there_is_told_with_the_nearest(void **state)
{
    struct fixture *fixture = *state;
    write_csv(fixture, "sku,title,x,x\n");
    compile(fixture, "tables:\n"
                     "  a: {file: t.csv, key: skus, value: weight}\n"
                     "  b: {file: t.csv, key: sku, value: x}\n"
                     "  c: {file: t.csv, key: sku}\n"
                     "  d: {file: t.csv, key: sku, vaule: title}\n"
                     "  e: {file: t.csv, key: [sku], value: }\n");
    says(fixture,
         "m.yaml:2:25: error: the file has no column \"skus\"\n"
         "    2 |   a: {file: t.csv, key: skus, value: weight}\n"
         "      |                         ^~~~\n"
         "      = the nearest known is \"sku\"\n"
         "m.yaml:2:38: error: the file has no column \"weight\"\n"
         "    2 |   a: {file: t.csv, key: skus, value: weight}\n"
         "      |                                      ^~~~~~\n"
         "      = its columns are \"sku\", \"title\", \"x\", \"x\"\n"
         "m.yaml:3:37: error: the file has two columns \"x\"\n"
         "    3 |   b: {file: t.csv, key: sku, value: x}\n"
         "      |                                     ^\n"
         "m.yaml:4:6: error: key and value, the names of two columns, go together\n"
         "    4 |   c: {file: t.csv, key: sku}\n"
         "      |      ^\n"
         "m.yaml:5:6: error: key and value, the names of two columns, go together\n"
         "    5 |   d: {file: t.csv, key: sku, vaule: title}\n"
         "      |      ^\n"
         "m.yaml:5:30: error: unknown key \"vaule\"\n"
         "    5 |   d: {file: t.csv, key: sku, vaule: title}\n"
         "      |                              ^~~~~\n"
         "      = a table with `file` in it is {file: FILE.csv, key: COLUMN, value: COLUMN}\n"
         "m.yaml:6:25: error: key is one text, and not blank\n"
         "    6 |   e: {file: t.csv, key: [sku], value: }\n"
         "      |                         ^\n"
         "m.yaml:6:39: error: value is one text, and not blank\n"
         "    6 |   e: {file: t.csv, key: [sku], value: }\n"
         "      |                                       ^\n");
}

static void a_file_with_one_column_is_no_table(void **state)
{
    struct fixture *fixture = *state;
    write_csv(fixture, "sku;title\nA-1;Mug\n");
    compile(fixture, "tables: {t: t.csv}\n");
    says(fixture, "m.yaml:1:13: error: a table needs two columns, and the file has one\n"
                  "    1 | tables: {t: t.csv}\n"
                  "      |             ^~~~~\n"
                  "      = commas stand between the columns, neither semicolons nor tabs\n");
}

static void what_is_no_table_is_told(void **state)
{
    struct fixture *fixture = *state;
    compile(fixture, "tables:\n"
                     "  a: missing.csv\n"
                     "  b: [x]\n"
                     "  c:\n"
                     "  d: {x: [1], y: {z: 1}}\n"
                     "  ' ': {}\n");
    says(fixture, "m.yaml:2:6: error: the table cannot be read: No such file or directory\n"
                  "    2 |   a: missing.csv\n"
                  "      |      ^~~~~~~~~~~\n"
                  "      = the file is missing.csv\n"
                  "m.yaml:3:6: error: a table is {KEY: VALUE, …}, or the name of a CSV file\n"
                  "    3 |   b: [x]\n"
                  "      |      ^\n"
                  "m.yaml:4:5: error: a table is {KEY: VALUE, …}, or the name of a CSV file\n"
                  "    4 |   c:\n"
                  "      |     ^\n"
                  "m.yaml:5:10: error: a table has one text for each key, and this is a list\n"
                  "    5 |   d: {x: [1], y: {z: 1}}\n"
                  "      |          ^\n"
                  "      = a table in a file is {file: FILE.csv, key: COLUMN, value: COLUMN}\n"
                  "m.yaml:5:18: error: a table has one text for each key, and this is a mapping\n"
                  "    5 |   d: {x: [1], y: {z: 1}}\n"
                  "      |                  ^\n"
                  "      = a table in a file is {file: FILE.csv, key: COLUMN, value: COLUMN}\n"
                  "m.yaml:6:3: error: the name of a table has 1 to 64 bytes\n"
                  "    6 |   ' ': {}\n"
                  "      |   ^~~\n");
    assert_null(tables_use(NULL, SLICE("a")));
    assert_null(tables_nearest(NULL, SLICE("a")));
}

static void tables_that_no_expression_uses_are_told(void **state)
{
    struct fixture *fixture = *state;
    compile_fine(fixture, "tables: {a: {}, b: {}}\n");
    (void)tables_use(fixture->tables, SLICE("a"));
    tables_warn_of_unused(fixture->tables, fixture->document, &fixture->errors);
    says(fixture, "m.yaml:1:17: warning: no expression looks into the table \"b\"\n"
                  "    1 | tables: {a: {}, b: {}}\n"
                  "      |                 ^\n");
}

/* Lines count by the room that is made for them, before it is known what they hold. */
static void all_tables_together_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    buffer_append(&buffer, SLICE("key,value\n"));
    for (int i = 0; i < CSV_ROWS_MAX; i++) {
        buffer_append(&buffer, SLICE("\n"));
    }
    buffer_append_byte(&buffer, '\0');
    write_csv(fixture, buffer.data);
    buffer_reset(&buffer);
    buffer_append(&buffer, SLICE("tables:\n"));
    for (int i = 1; i <= 11; i++) {
        buffer_printf(&buffer, "  t%d: t.csv\n", i);
    }
    buffer_append_byte(&buffer, '\0');
    compile(fixture, buffer.data);
    buffer_done(&buffer);
    says(fixture,
         "m.yaml:12:8: error: the tables of a mapping hold at most 134217728 bytes together\n"
         "   12 |   t11: t.csv\n"
         "      |        ^~~~~\n");
}

static void more_tables_than_a_mapping_may_have_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct buffer yaml;
    buffer_init(&yaml, 1 << 16);
    buffer_append(&yaml, SLICE("tables:\n"));
    for (int i = 0; i <= TABLES_MAX; i++) {
        buffer_printf(&yaml, "  t%d: {}\n", i);
    }
    buffer_append_byte(&yaml, '\0');
    compile(fixture, yaml.data);
    buffer_done(&yaml);
    assert_int_equal(fixture->errors.count, 1);
    assert_string_equal(fixture->errors.items[0].message, "more than 200 tables");
    assert_int_equal(fixture->errors.items[0].place.line, TABLES_MAX + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_stands_in_the_mapping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_file_has_keys_in_its_first_column_and_values_in_its_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_can_be_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_of_many_keys_are_found_and_no_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_stands_twice_is_told_with_both_lines, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_column_that_is_not_there_is_told_with_the_nearest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_with_one_column_is_no_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_table_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_that_no_expression_uses_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_tables_together_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_tables_than_a_mapping_may_have_are_told, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
