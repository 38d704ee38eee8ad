/* JSONTestSuite: what a parser must accept (y_), must refuse (n_) and must survive (i_). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/reader.h"
#include "json/writer.h"
#include "support/shared.h"

#include <dirent.h>
#include <stdio.h>

static bool accepts(struct slice text)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct buffer buffer;
    buffer_init(&buffer, 100000000);
    const struct json_value *value = NULL;
    struct error error;
    /* A copy that ends with its memory, so that the sanitizer sees reads past the end. */
    bool accepted = json_read(arena_copy(&arena, text), &arena, &value, &error);
    if (accepted) {
        json_write_value(&buffer, value, JSON_ASCII);
        assert_false(buffer.failed);
        const struct json_value *again = NULL;
        assert_true(json_read(buffer_slice(&buffer), &arena, &again, &error));
        assert_true(json_equal(value, again));
    }
    buffer_done(&buffer);
    arena_done(&arena);
    return accepted;
}

/* Runs all files of a folder; returns how many there are. */
static int run_folder(const char *folder)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s", shared_path(folder));
    DIR *directory = opendir(path);
    if (directory == NULL) {
        print_message("no JSONTestSuite at %s: skipped\n", path);
        skip();
        return 0; /* not reached */
    }
    int count = 0;
    int wrong = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char file[8192];
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        struct slice text = shared_read_file(file);
        assert_non_null(text.data);
        bool accepted = accepts(text);
        shared_free(text);
        count++;
        if (strncmp(entry->d_name, accepted ? "n_" : "y_", 2) == 0) {
            print_error("%s: %s\n", entry->d_name, accepted ? "accepted" : "refused");
            wrong++;
        }
    }
    (void)closedir(directory);
    assert_int_equal(wrong, 0);
    return count;
}

static void right_is_accepted_and_wrong_refused(void **state)
{
    (void)state;
    assert_in_range(run_folder("standards/json/jsontestsuite/test_parsing"), 300, 10000);
}

static void what_parsers_disagree_on_is_survived(void **state)
{
    (void)state;
    assert_in_range(run_folder("standards/json/jsontestsuite/test_transform"), 20, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_is_accepted_and_wrong_refused),
        cmocka_unit_test(what_parsers_disagree_on_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
