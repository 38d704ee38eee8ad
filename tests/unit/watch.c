#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/rokt-relay-test-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink("key");
    (void)unlink("other");
    (void)unlink("link");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_file_that_stays_has_not_changed(void **state)
{
    (void)state;
    struct watch *watch = watch_new();
    assert_false(watch_changed(watch));
    write_file("key", "one");
    watch_add(watch, "key");
    watch_add(watch, "nowhere");
    assert_false(watch_changed(watch));
    assert_false(watch_changed(watch));
    watch_free(watch);
}

/* As editors, mv and a mounted secret do it: the same size, another file. */
static void another_file_at_its_path_is_a_change_and_told_once(void **state)
{
    (void)state;
    struct watch *watch = watch_new();
    write_file("key", "one");
    write_file("other", "two");
    watch_add(watch, "key");
    assert_int_equal(rename("other", "key"), 0);
    assert_true(watch_changed(watch));
    assert_false(watch_changed(watch));
    assert_int_equal(unlink("key"), 0);
    assert_true(watch_changed(watch));
    assert_false(watch_changed(watch));
    write_file("key", "one");
    assert_true(watch_changed(watch));
    watch_free(watch);
}

static void a_link_that_leads_elsewhere_is_a_change(void **state)
{
    (void)state;
    struct watch *watch = watch_new();
    write_file("key", "one");
    write_file("other", "two");
    assert_int_equal(symlink("key", "link"), 0);
    watch_add(watch, "link");
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(symlink("other", "link"), 0);
    assert_true(watch_changed(watch));
    watch_free(watch);
}

static void what_is_written_in_place_is_a_change(void **state)
{
    (void)state;
    struct watch *watch = watch_new();
    write_file("key", "one");
    watch_add(watch, "key");
    write_file("key", "longer");
    assert_true(watch_changed(watch));
    assert_false(watch_changed(watch));
    watch_free(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_stays_has_not_changed),
        cmocka_unit_test(another_file_at_its_path_is_a_change_and_told_once),
        cmocka_unit_test(a_link_that_leads_elsewhere_is_a_change),
        cmocka_unit_test(what_is_written_in_place_is_a_change),
    };
    return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
