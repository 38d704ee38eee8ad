/* The compliance test suite of RFC 9535: what each selector selects, and which must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/path.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/shared.h"

static struct slice suite_text;
static struct arena suite_arena;
static const struct json_value *tests; /* NULL: no suite */
static size_t wrong;
static size_t compared; /* normalised paths of how many tests */

static int read_suite(void **state)
{
    (void)state;
    arena_init(&suite_arena, 0);
    suite_text = shared_read("standards/jsonpath/cts.json");
    if (suite_text.data == NULL) {
        print_message("no compliance suite at %s: skipped\n",
                      shared_path("standards/jsonpath/cts.json"));
        return 0;
    }
    const struct json_value *suite = NULL;
    struct error error;
    if (!json_read(suite_text, &suite_arena, &suite, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    tests = json_member(suite, SLICE("tests"));
    return 0;
}

static int free_suite(void **state)
{
    (void)state;
    arena_done(&suite_arena);
    shared_free(suite_text);
    return 0;
}

static void complain(const struct json_value *test, const char *what)
{
    struct slice name = json_member(test, SLICE("name"))->text;
    struct slice selector = json_member(test, SLICE("selector"))->text;
    print_error("%.*s: %.*s: %s\n", SLICE_PRINT(name), SLICE_PRINT(selector), what);
    wrong++;
}

/* The whole selector must be a path that begins with `$`. */
static struct json_path *compile(struct slice selector, struct error *error)
{
    if (!slice_starts_with(selector, SLICE("$"))) {
        error_set(error, "does not begin with $");
        return NULL;
    }
    size_t size = 0;
    struct json_path *path = json_path_compile(slice_part(selector, 1, SIZE_MAX), &size, error);
    if (path != NULL && size != selector.size - 1) {
        json_path_free(path);
        error_set(error, "more than a path");
        return NULL;
    }
    return path;
}

static bool nodes_equal(const struct json_nodes *nodes, const struct json_value *expected)
{
    if (nodes->count != expected->count) {
        return false;
    }
    const struct json_value *item = expected->first;
    for (size_t i = 0; i < nodes->count; i++) {
        if (!json_equal(nodes->items[i], item)) {
            return false;
        }
        item = item->next;
    }
    return true;
}

static bool any_equal(const struct json_nodes *nodes, const struct json_value *alternatives)
{
    const struct json_value *alternative = alternatives->first;
    while (alternative != NULL && !nodes_equal(nodes, alternative)) {
        alternative = alternative->next;
    }
    return alternative != NULL;
}

/* The nodes' normalised paths as a JSON array of strings. */
static const struct json_value *paths_of(const struct json_nodes *nodes,
                                         const struct json_value *document, struct arena *arena)
{
    struct buffer path;
    struct buffer text;
    buffer_init(&path, 100000);
    buffer_init(&text, 1000000);
    for (size_t i = 0; i < nodes->count; i++) {
        buffer_reset(&path);
        (void)json_path_normalised(document, nodes->items[i], &path);
        buffer_append_byte(&text, i == 0 ? '[' : ',');
        json_write_string(&text, buffer_slice(&path), JSON_UTF8);
    }
    buffer_append(&text, nodes->count == 0 ? SLICE("[]") : SLICE("]"));
    const struct json_value *paths = NULL;
    struct error error;
    assert_true(json_read(arena_copy(arena, buffer_slice(&text)), arena, &paths, &error));
    buffer_done(&path);
    buffer_done(&text);
    return paths;
}

static void check_paths(const struct json_value *test, const struct json_nodes *nodes,
                        struct arena *arena)
{
    const struct json_value *document = json_member(test, SLICE("document"));
    const struct json_value *got = paths_of(nodes, document, arena);
    const struct json_value *expected = json_member(test, SLICE("result_paths"));
    if (expected != NULL) {
        compared++;
    }
    const struct json_value *several = json_member(test, SLICE("results_paths"));
    const struct json_value *alternative = several == NULL ? NULL : several->first;
    while (alternative != NULL && !json_equal(got, alternative)) {
        alternative = alternative->next;
    }
    if (expected != NULL ? !json_equal(got, expected) : several != NULL && alternative == NULL) {
        complain(test, "other normalised paths");
    }
}

static void check_result(const struct json_value *test)
{
    struct error error;
    struct json_path *path = compile(json_member(test, SLICE("selector"))->text, &error);
    if (path == NULL) {
        complain(test, error.text);
        return;
    }
    const struct json_value *document = json_member(test, SLICE("document"));
    const struct json_value *result = json_member(test, SLICE("result"));
    struct json_nodes nodes = {NULL, 0};
    struct arena arena;
    struct work work = {0};
    arena_init(&arena, 0);
    if (!json_path_run(path, document, document, &arena, &work, &nodes, &error)) {
        complain(test, error.text);
    } else if (result != NULL ? !nodes_equal(&nodes, result)
                              : !any_equal(&nodes, json_member(test, SLICE("results")))) {
        complain(test, "another result");
    } else if (json_path_is_singular(path) &&
               (nodes.count > 1 || json_path_single(path, document, &work) !=
                                       (nodes.count == 0 ? NULL : nodes.items[0]))) {
        complain(test, "not singular");
    } else {
        check_paths(test, &nodes, &arena);
    }
    arena_done(&arena);
    json_path_free(path);
}

static void check_refusal(const struct json_value *test)
{
    struct error error;
    struct json_path *path = compile(json_member(test, SLICE("selector"))->text, &error);
    if (path != NULL) {
        complain(test, "accepted");
        json_path_free(path);
    }
}

/* Checks all tests of a kind; returns how many there are. */
static size_t check_all(bool invalid, void check(const struct json_value *test))
{
    if (tests == NULL) {
        skip();
        return 0; /* not reached */
    }
    size_t count = 0;
    wrong = 0;
    for (const struct json_value *test = tests->first; test != NULL; test = test->next) {
        if ((json_member(test, SLICE("invalid_selector")) != NULL) == invalid) {
            check(test);
            count++;
        }
    }
    assert_int_equal(wrong, 0);
    return count;
}

static void valid_selectors_select_what_the_suite_says(void **state)
{
    (void)state;
    assert_in_range(check_all(false, check_result), 456, 10000);
    assert_in_range(compared, 440, 10000);
}

static void invalid_selectors_are_refused(void **state)
{
    (void)state;
    assert_in_range(check_all(true, check_refusal), 247, 10000);
}

int main(void)
{
    const struct CMUnitTest programme[] = {
        cmocka_unit_test(valid_selectors_select_what_the_suite_says),
        cmocka_unit_test(invalid_selectors_are_refused),
    };
    return cmocka_run_group_tests(programme, read_suite, free_suite);
}
