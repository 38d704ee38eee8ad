#include "support/reference.h"

#include "support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#ifndef ROKT_RELAY_SOURCE
#define ROKT_RELAY_SOURCE "."
#endif

#define PATH_SIZE 512

/* Where the mark stands in the text, or behind it. */
static size_t find_mark(const char *file, struct slice text, const char *slash, const char *name,
                        bool behind)
{
    char mark[64];
    (void)snprintf(mark, sizeof mark, "<!-- %s%s -->\n", slash, name);
    size_t at = slice_find(text, slice_of(mark));
    if (at == SIZE_MAX) {
        fail_msg("%s has no line %s", file, mark);
    }
    return behind ? at + strlen(mark) : at;
}

/* For whoever changed a table, and means it. */
static void update(const char *path, struct slice readme, size_t from, size_t to,
                   struct slice table)
{
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(readme.data, 1, from, file), from);
    assert_int_equal(fwrite(table.data, 1, table.size, file), table.size);
    assert_int_equal(fwrite(readme.data + to, 1, readme.size - to, file), readme.size - to);
    assert_int_equal(fclose(file), 0);
}

void reference_check(const char *name, struct slice table)
{
    reference_check_in("config/README.md", name, table);
}

void reference_check_in(const char *file, const char *name, struct slice table)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", ROKT_RELAY_SOURCE, file);
    struct slice readme = shared_read_file(path);
    assert_non_null(readme.data);
    size_t from = find_mark(file, readme, "", name, true);
    size_t to = find_mark(file, readme, "/", name, false);
    assert_true(from <= to);
    bool same = slice_equal(slice_part(readme, from, to - from), table);
    if (!same && getenv("ROKT_RELAY_UPDATE") != NULL) {
        update(path, readme, from, to, table);
        same = true;
    }
    free((void *)(uintptr_t)readme.data);
    if (!same) {
        print_error("between the marks \"%s\" %s must hold:\n%.*s", name, file, SLICE_PRINT(table));
        fail();
    }
}
