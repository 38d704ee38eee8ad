/* What somebody is told who makes a common mistake in a mapping: the cases of
 * tests/mapping/mistakes.txt, each with a title, the mapping, and what must be said of it. */
#include "mapping/mapping.h"
#include "mapping/transform.h"
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

#define CASES ROKT_RELAY_SOURCE "/tests/mapping/mistakes.txt"
#define TITLE SLICE("\n=== ")
#define MARK SLICE("\n~~~\n")
#define TEXT_MAX (1024 * 1024)

/* Takes off what stands before `mark`, or all of it, with the mark. */
static struct slice take(struct slice *text, struct slice mark)
{
    size_t end = slice_find(*text, mark);
    struct slice part = slice_part(*text, 0, end);
    *text =
        end == SIZE_MAX ? (struct slice){NULL, 0} : slice_part(*text, end + mark.size, SIZE_MAX);
    return part;
}

/* A name that a hint gives must be one: of a transform, of a field, or of anything else that the
 * mapping language knows. */
static void check_hint(const char *hint)
{
    static const char *const others[] = {
        "eventTime", "eventType", "clientEventId", "headers", "timestamp", "value",
        "text",      "if",        "when",          "custom",  "let",       "for_each",
        "require",   "tables",    "conversion",    "tests",   "account",
    };
    static const char called[] = "it is called ";
    if (hint == NULL || strncmp(hint, called, sizeof called - 1) != 0) {
        return;
    }
    struct slice name = slice_of(hint + sizeof called - 1);
    name.size = strcspn(name.data, ":; ");
    enum field field;
    bool known = transform_find(name) != NULL || field_find(name, &field);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        known = known || slice_equal(name, slice_of(others[i]));
    }
    if (!known) {
        fail_msg("there is no %.*s", SLICE_PRINT(name));
    }
}

/* Writes what is said of the mapping; returns how many errors and warnings that is. */
static size_t judge(struct slice source, struct buffer *out)
{
    struct error_list errors = {0};
    struct document *document = document_read("mapping.yaml", source, &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    assert_int_equal(mapping == NULL, errors.errors > 0);
    error_list_write(&errors, out);
    for (size_t i = 0; i < errors.count; i++) {
        check_hint(errors.items[i].hint);
    }
    size_t count = errors.count;
    mapping_free(mapping);
    document_free(document);
    error_list_done(&errors);
    return count;
}

/* Writes the case as it must stand in the file; returns whether it does. */
static bool check_case(struct slice expected, struct buffer *out)
{
    struct slice rest = expected;
    struct slice title = take(&rest, SLICE("\n"));
    struct slice source = take(&rest, MARK);
    size_t mark = out->size;
    buffer_append(out, title);
    buffer_append_byte(out, '\n');
    buffer_append(out, source);
    buffer_append(out, MARK);
    source.size++; /* the end of its last line, which the mark begins with */
    if (judge(source, out) == 0) {
        print_error("%.*s: nothing is said\n", SLICE_PRINT(title));
        return false;
    }
    struct slice got = slice_part(buffer_slice(out), mark, SIZE_MAX);
    bool same = slice_equal(slice_trim(got), slice_trim(expected));
    if (!same) {
        print_error("this is said, and is not in " CASES ":\n%.*s", SLICE_PRINT(got));
    }
    return same;
}

/* For whoever changed what is said, and means it. */
static void update(struct slice text)
{
    FILE *file = fopen(CASES, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.size, file), text.size);
    assert_int_equal(fclose(file), 0);
}

static void who_makes_a_mistake_is_told_what_to_do(void **state)
{
    (void)state;
    struct slice file = shared_read_file(CASES);
    assert_non_null(file.data);
    struct slice rest = file;
    struct buffer out;
    buffer_init(&out, TEXT_MAX);
    buffer_append(&out, take(&rest, TITLE));
    size_t cases = 0;
    size_t wrong = 0;
    for (; rest.size > 0; cases++) {
        buffer_append(&out, TITLE);
        wrong += !check_case(take(&rest, TITLE), &out);
    }
    if (wrong > 0 && getenv("ROKT_RELAY_UPDATE") != NULL) {
        update(buffer_slice(&out));
        wrong = 0;
    }
    buffer_done(&out);
    free((void *)(uintptr_t)file.data);
    assert_in_range(cases, 60, 1000);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_makes_a_mistake_is_told_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
