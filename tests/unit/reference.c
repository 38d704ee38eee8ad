#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A folder with a file of each kind, in which the documents of these tests stand. */
struct folder {
    char path[64];
};

static void write_file(const struct folder *folder, const char *name, struct slice content)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    assert_int_equal(fclose(file), 0);
}

static const char *const files[] = {"secret", "crlf", "lines", "empty", "nul", "latin1", "huge"};

static int make_folder(void **state)
{
    static struct folder folder;
    (void)snprintf(folder.path, sizeof folder.path, "/tmp/rokt-relay-reference-XXXXXX");
    if (mkdtemp(folder.path) == NULL) {
        return -1;
    }
    write_file(&folder, "secret", SLICE("rsec-1\n"));
    write_file(&folder, "crlf", SLICE("rsec-2\r\n"));
    write_file(&folder, "lines", SLICE("one\ntwo\n\n"));
    write_file(&folder, "empty", SLICE(""));
    write_file(&folder, "nul", SLICE("a\0b"));
    write_file(&folder, "latin1", SLICE("caf\xE9"));
    static char huge[REFERENCE_VALUE_MAX + 1];
    memset(huge, 'x', sizeof huge);
    write_file(&folder, "huge", (struct slice){huge, sizeof huge});
    *state = &folder;
    return setenv("ROKT_RELAY_TEST_SET", "value", 1) != 0 ||
           setenv("ROKT_RELAY_TEST_EMPTY", "", 1) != 0 ||
           setenv("ROKT_RELAY_TEST_LATIN1", "caf\xE9", 1) != 0 ||
           unsetenv("ROKT_RELAY_TEST_UNSET") != 0;
}

static int remove_folder(void **state)
{
    const struct folder *folder = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder->path, files[i]);
        (void)remove(path);
    }
    return rmdir(folder->path);
}

/* The only scalar of the document `yaml`, expanded; the errors as people read them in `ret_errors`, less
 * the name of the folder, freed by the caller. */
static char *expand(const struct folder *folder, const char *yaml, struct buffer *ret_errors)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s/c.yaml", folder->path);
    struct error_list errors = {0};
    struct document *document = document_read(name, slice_of(yaml), &errors);
    assert_non_null(document);
    char *value = reference_expand(document, document_root(document)->first, &errors);
    assert_true((value == NULL) == (errors.errors > 0));
    for (size_t i = 0; i < errors.count; i++) {
        assert_string_equal(errors.items[i].file, name);
        memmove(errors.items[i].file, "c.yaml", sizeof "c.yaml");
    }
    error_list_write(&errors, ret_errors);
    buffer_append_byte(ret_errors, '\0');
    error_list_done(&errors);
    document_free(document);
    return value;
}

struct expand_case {
    const char *yaml;
    const char *expected; /* the value, or the errors */
};

static const struct expand_case value_cases[] = {
    {"a: plain $x {y} $", "plain $x {y} $"},
    {"a: ''", ""},
    {"a: ${env:ROKT_RELAY_TEST_SET}", "value"},
    {"a: <${env:ROKT_RELAY_TEST_SET}${env:ROKT_RELAY_TEST_SET}>", "<valuevalue>"},
    {"a: ${env:ROKT_RELAY_TEST_EMPTY}", ""},
    {"a: ${env:ROKT_RELAY_TEST_EMPTY:-default}", "default"},
    {"a: ${env:ROKT_RELAY_TEST_UNSET:-host:9092,b:9092}", "host:9092,b:9092"},
    {"a: ${env:ROKT_RELAY_TEST_UNSET:-}", ""},
    {"a: ${env:ROKT_RELAY_TEST_SET:-default}", "value"},
    {"a: $${env:X} and $$${file:y}", "${env:X} and $${file:y}"},
    {"a: $$x", "$$x"},
    {"a: ${file:secret}", "rsec-1"},
    {"a: ${file:crlf}", "rsec-2"},
    {"a: ${file:lines}", "one\ntwo\n"},
    {"a: ${file:empty}", ""},
    {"a: ${file:/dev/null}", ""},
    {"a: \"x\\u0024{env:ROKT_RELAY_TEST_SET}\"", "xvalue"},
    {"a: |-\n  one ${env:ROKT_RELAY_TEST_SET}\n  two", "one value\ntwo"},
};

static void references_are_put_in(void **state)
{
    for (size_t i = 0; i < sizeof value_cases / sizeof value_cases[0]; i++) {
        struct buffer errors;
        buffer_init(&errors, 10000);
        char *value = expand(*state, value_cases[i].yaml, &errors);
        assert_string_equal(errors.data, "");
        assert_string_equal(value, value_cases[i].expected);
        free(value);
        buffer_done(&errors);
    }
}

#define KNOWN \
    "      = known are ${env:NAME}, ${env:NAME:-default} and ${file:PATH}; $${ is a plain ${\n"
#define VARIABLE \
    "      = write ${env:NAME} or ${env:NAME:-default}; a name has letters, digits and _\n"
#define FOLDER "      = a path that does not begin with / starts at the folder of this file\n"

static const struct expand_case error_cases[] = {
    {"a: x${env:ROKT_RELAY_TEST_UNSET} ${file:none}",
     "c.yaml:1:5: error: this environment variable is not set\n"
     "    1 | a: x${env:ROKT_RELAY_TEST_UNSET} ${file:none}\n"
     "      |     ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = set it, or give a default: ${env:NAME:-default}\n"
     "c.yaml:1:34: error: cannot read the file: No such file or directory\n"
     "    1 | a: x${env:ROKT_RELAY_TEST_UNSET} ${file:none}\n"
     "      |                                  ^~~~~~~~~~~~\n" FOLDER},
    {"a: 'it''s ${file:/}'", "c.yaml:1:11: error: cannot read the file: it is a folder\n"
                             "    1 | a: 'it''s ${file:/}'\n"
                             "      |           ^~~~~~~~~\n" FOLDER},
    {"a: |\n  one\n  ${nev:X}\n", "c.yaml:3:3: error: an unknown kind of reference\n"
                                  "    3 |   ${nev:X}\n"
                                  "      |   ^~~~~~~~\n" KNOWN},
    {"a: ${HOME}", "c.yaml:1:4: error: an unknown kind of reference\n"
                   "    1 | a: ${HOME}\n"
                   "      |    ^~~~~~~\n" KNOWN},
    {"a: x ${env:X", "c.yaml:1:6: error: this reference is never closed\n"
                     "    1 | a: x ${env:X\n"
                     "      |      ^~~~~~~\n"
                     "      = close it with }, or write $${ for a plain ${\n"},
    {"a: ${env:}", "c.yaml:1:4: error: this is no name of an environment variable\n"
                   "    1 | a: ${env:}\n"
                   "      |    ^~~~~~~\n" VARIABLE},
    {"a: ${env:1X:-y}", "c.yaml:1:4: error: this is no name of an environment variable\n"
                        "    1 | a: ${env:1X:-y}\n"
                        "      |    ^~~~~~~~~~~~\n" VARIABLE},
    {"a: ${env:X-y}", "c.yaml:1:4: error: this is no name of an environment variable\n"
                      "    1 | a: ${env:X-y}\n"
                      "      |    ^~~~~~~~~~\n" VARIABLE},
    {"a: ${file:}", "c.yaml:1:4: error: the path of the file is missing\n"
                    "    1 | a: ${file:}\n"
                    "      |    ^~~~~~~~\n"
                    "      = write ${file:PATH}\n"},
    {"a: ${env:ROKT_RELAY_TEST_LATIN1}", "c.yaml:1:4: error: what this stands for is not UTF-8\n"
                                         "    1 | a: ${env:ROKT_RELAY_TEST_LATIN1}\n"
                                         "      |    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"},
    {"a: ${file:latin1}", "c.yaml:1:4: error: what this stands for is not UTF-8\n"
                          "    1 | a: ${file:latin1}\n"
                          "      |    ^~~~~~~~~~~~~~\n"},
    {"a: ${file:nul}", "c.yaml:1:4: error: the value holds a NUL byte\n"
                       "    1 | a: ${file:nul}\n"
                       "      |    ^~~~~~~~~~~\n"},
    {"a: \"x\\0\"", "c.yaml:1:4: error: the value holds a NUL byte\n"
                    "    1 | a: \"x\\0\"\n"
                    "      |    ^~~~~\n"},
    {"a: ${file:huge}", "c.yaml:1:4: error: cannot read the file: it is larger than 1048576 bytes\n"
                        "    1 | a: ${file:huge}\n"
                        "      |    ^~~~~~~~~~~~\n" FOLDER},
};

static void a_reference_that_cannot_be_had_is_an_error_at_its_place(void **state)
{
    for (size_t i = 0; i < sizeof error_cases / sizeof error_cases[0]; i++) {
        struct buffer errors;
        buffer_init(&errors, 10000);
        assert_null(expand(*state, error_cases[i].yaml, &errors));
        assert_string_equal(errors.data, error_cases[i].expected);
        buffer_done(&errors);
    }
}

static void the_size_of_a_value_is_bounded(void **state)
{
    const size_t count = REFERENCE_VALUE_MAX / 5;
    char *big = malloc(count + 1);
    assert_non_null(big);
    memset(big, 'x', count);
    big[count] = '\0';
    assert_int_equal(setenv("ROKT_RELAY_TEST_BIG", big, 1), 0);
    free(big);
    struct buffer errors;
    buffer_init(&errors, 10000);
    const char *yaml = "a: ${env:ROKT_RELAY_TEST_BIG}${env:ROKT_RELAY_TEST_BIG}";
    char *value = expand(*state, yaml, &errors);
    assert_int_equal(strlen(value), 2 * count);
    free(value);
    buffer_reset(&errors);
    assert_null(expand(*state,
                       "a: ${env:ROKT_RELAY_TEST_BIG}${env:ROKT_RELAY_TEST_BIG}"
                       "${env:ROKT_RELAY_TEST_BIG}${env:ROKT_RELAY_TEST_BIG}"
                       "${env:ROKT_RELAY_TEST_BIG}${env:ROKT_RELAY_TEST_BIG}",
                       &errors));
    assert_non_null(strstr(errors.data, "error: the value has more than 1048576 bytes\n"));
    buffer_done(&errors);
    assert_int_equal(unsetenv("ROKT_RELAY_TEST_BIG"), 0);
}

static void hiding_leaves_the_references(void **state)
{
    (void)state;
    static const struct expand_case cases[] = {
        {"a: rsec-1", "a: ******"},
        {"a: ${file:/x/y}", "a: ${file:/x/y}"},
        {"a: ${env:X}", "a: ${env:X}"},
        {"a: ${env:X:-rsec-1}", "a: ${env:X:-******}"},
        {"a: x${env:X}y$${z}", "a: *${env:X}******"},
        {"a: 'x''y${env:X:-it''s}'", "a: '****${env:X:-*****}'"},
        {"a: ${env:rsec", "a: **********"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error_list errors = {0};
        struct document *document = document_read("c.yaml", slice_of(cases[i].yaml), &errors);
        assert_non_null(document);
        reference_hide(document, document_root(document)->first);
        struct slice shown = document_source(document)->text;
        assert_true(slice_equal(shown, slice_of(cases[i].expected)));
        document_free(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_put_in),
        cmocka_unit_test(a_reference_that_cannot_be_had_is_an_error_at_its_place),
        cmocka_unit_test(the_size_of_a_value_is_bounded),
        cmocka_unit_test(hiding_leaves_the_references),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
