/* The compliance test suite of RFC 9535: what each selector selects, and which must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shared.h"
#include "json/path.h"
#include "json/reader.h"
#include "json/writer.h"

struct suite {
    struct slice text;
    struct arena arena;
    const struct json_value *tests;
    size_t checked;
    size_t wrong;
};

static int read_suite(void **state)
{
    static struct suite suite;
    suite.text = shared_read("standards/jsonpath/cts.json");
    if (suite.text.data == NULL) {
        print_message("no compliance suite at %s: skipped\n",
                      shared_path("standards/jsonpath/cts.json"));
        *state = NULL;
        return 0;
    }
    arena_init(&suite.arena, 0);
    const struct json_value *value = NULL;
    struct error error;
    if (!json_read(suite.text, &suite.arena, &value, &error)) {
        return -1;
    }
    suite.tests = json_member(value, SLICE("tests"));
    *state = &suite;
    return 0;
}

static int free_suite(void **state)
{
    struct suite *suite = *state;
    if (suite != NULL) {
        arena_done(&suite->arena);
        shared_free(suite->text);
    }
    return 0;
}

static struct suite *start_counting(void **state)
{
    struct suite *suite = *state;
    if (suite == NULL) {
        skip();
    }
    suite->checked = 0;
    suite->wrong = 0;
    return suite;
}

static void complain(struct suite *suite, const struct json_value *test, const char *what)
{
    struct slice name = json_member(test, SLICE("name"))->text;
    struct slice selector = json_member(test, SLICE("selector"))->text;
    print_error("%.*s: %.*s: %s\n", SLICE_PRINT(name), SLICE_PRINT(selector), what);
    suite->wrong++;
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

static void check_result(struct suite *suite, const struct json_value *test)
{
    struct error error;
    struct json_path *path = compile(json_member(test, SLICE("selector"))->text, &error);
    if (path == NULL) {
        complain(suite, test, error.text);
        return;
    }
    const struct json_value *document = json_member(test, SLICE("document"));
    const struct json_value *result = json_member(test, SLICE("result"));
    struct json_nodes nodes = {NULL, 0};
    struct arena arena;
    arena_init(&arena, 0);
    if (!json_path_run(path, document, document, &arena, &nodes, &error)) {
        complain(suite, test, error.text);
    } else if (result != NULL ? !nodes_equal(&nodes, result)
                              : !any_equal(&nodes, json_member(test, SLICE("results")))) {
        complain(suite, test, "another result");
    } else if (nodes.count > 1 && json_path_is_singular(path)) {
        complain(suite, test, "not singular");
    }
    arena_done(&arena);
    json_path_free(path);
}

static void valid_selectors_select_what_the_suite_says(void **state)
{
    struct suite *suite = start_counting(state);
    for (const struct json_value *test = suite->tests->first; test != NULL; test = test->next) {
        if (json_member(test, SLICE("invalid_selector")) == NULL) {
            check_result(suite, test);
            suite->checked++;
        }
    }
    assert_int_equal(suite->wrong, 0);
    assert_in_range(suite->checked, 456, 10000);
}

static void invalid_selectors_are_refused(void **state)
{
    struct suite *suite = start_counting(state);
    for (const struct json_value *test = suite->tests->first; test != NULL; test = test->next) {
        if (json_member(test, SLICE("invalid_selector")) != NULL) {
            struct error error;
            struct json_path *path = compile(json_member(test, SLICE("selector"))->text, &error);
            if (path != NULL) {
                complain(suite, test, "accepted");
                json_path_free(path);
            }
            suite->checked++;
        }
    }
    assert_int_equal(suite->wrong, 0);
    assert_in_range(suite->checked, 247, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_selectors_select_what_the_suite_says),
        cmocka_unit_test(invalid_selectors_are_refused),
    };
    return cmocka_run_group_tests(tests, read_suite, free_suite);
}
