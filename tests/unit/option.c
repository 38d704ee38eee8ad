#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "config/option.h"

#include <stdlib.h>

struct settings {
    char *name;
    char *key;
    char *note;
    int64_t count;
    int64_t size;
    int64_t wait_ms;
    bool fast;
    int mode;
    int64_t depth;
};

#define MEMBER(name) offsetof(struct settings, name)

static const struct option table[] = {
    {.path = "shop.name",
     .type = OPTION_TEXT,
     .offset = MEMBER(name),
     .required = true,
     .doc = "What it is called."},
    {.path = "shop.key",
     .type = OPTION_SECRET,
     .offset = MEMBER(key),
     .required = true,
     .doc = "What opens it."},
    {.path = "shop.note", .type = OPTION_TEXT, .offset = MEMBER(note), .doc = "Anything."},
    {.path = "limits.count",
     .type = OPTION_INTEGER,
     .offset = MEMBER(count),
     .standard = "8",
     .min = 1,
     .max = 64,
     .doc = "How many."},
    {.path = "limits.size",
     .type = OPTION_BYTES,
     .offset = MEMBER(size),
     .standard = "64kB",
     .min = 1000,
     .max = 1000000,
     .doc = "How large."},
    {.path = "limits.wait.max",
     .type = OPTION_DURATION,
     .offset = MEMBER(wait_ms),
     .standard = "500ms",
     .min = 0,
     .max = 60000,
     .doc = "How long."},
    {.path = "fast",
     .type = OPTION_BOOLEAN,
     .offset = MEMBER(fast),
     .standard = "true",
     .doc = "How fast."},
    {.path = "mode",
     .type = OPTION_CHOICE,
     .offset = MEMBER(mode),
     .standard = "two",
     .choices = {"one", "two", "three"},
     .doc = "How else."},
    {.path = "rest", .type = OPTION_SECTION, .doc = "All else."},
};
static const size_t table_count = sizeof table / sizeof table[0];

/* The settings that `yaml` gives, and its errors as people read them; both are the caller's. */
static char *read_with(const struct option rows[], size_t count, const char *yaml,
                       struct settings *ret_settings)
{
    struct error_list errors = {0};
    struct document *document = document_read("c.yaml", slice_of(yaml), &errors);
    assert_non_null(document);
    *ret_settings = (struct settings){0};
    option_read(rows, count, document, ret_settings, &errors);
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    error_list_write(&errors, &buffer);
    char *written = memory_string(buffer_slice(&buffer));
    buffer_done(&buffer);
    error_list_done(&errors);
    document_free(document);
    return written;
}

static char *read_settings(const char *yaml, struct settings *ret_settings)
{
    return read_with(table, table_count, yaml, ret_settings);
}

static void defaults_fill_what_the_file_leaves_out(void **state)
{
    (void)state;
    static const char *const files[] = {
        "shop: {name: a, key: b}\n",
        "shop: {name: a, key: b, note: }\nlimits:\nmode: ''\nfast: ~\n",
        "shop: {name: a, key: b, note: ''}\nlimits: {wait: , count: ''}\nrest:\n",
        "shop: {name: a, key: b, note: '${env:ROKT_RELAY_TEST_UNSET:-}'}\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct settings settings;
        char *errors = read_settings(files[i], &settings);
        assert_string_equal(errors, "");
        assert_string_equal(settings.name, "a");
        assert_string_equal(settings.key, "b");
        assert_null(settings.note);
        assert_int_equal(settings.count, 8);
        assert_int_equal(settings.size, 64000);
        assert_int_equal(settings.wait_ms, 500);
        assert_true(settings.fast);
        assert_int_equal(settings.mode, 1);
        option_release(table, table_count, &settings);
        assert_null(settings.name);
        assert_null(settings.key);
        free(errors);
    }
}

static void values_of_the_file_are_taken(void **state)
{
    (void)state;
    struct settings settings;
    char *errors = read_settings("shop:\n"
                                 "  name: 'caf\xC3\xA9'\n"
                                 "  key: '~'\n"
                                 "  note: ${env:ROKT_RELAY_TEST_UNSET:-note}\n"
                                 "limits:\n"
                                 "  count: \"64\"\n"
                                 "  size: 1MB\n"
                                 "  wait: {max: 0}\n"
                                 "fast: false\n"
                                 "mode: ${env:ROKT_RELAY_TEST_UNSET:-three}\n"
                                 "rest: {what: [ever]}\n",
                                 &settings);
    assert_string_equal(errors, "");
    assert_string_equal(settings.name, "caf\xC3\xA9");
    assert_string_equal(settings.key, "~");
    assert_string_equal(settings.note, "note");
    assert_int_equal(settings.count, 64);
    assert_int_equal(settings.size, 1000000);
    assert_int_equal(settings.wait_ms, 0);
    assert_false(settings.fast);
    assert_int_equal(settings.mode, 2);
    option_release(table, table_count, &settings);
    free(errors);
}

static void what_is_wrong_keeps_its_default(void **state)
{
    (void)state;
    struct settings settings;
    char *errors =
        read_settings("shop: {name: '', key: [x]}\nlimits: {count: 65}\nmode: x\n", &settings);
    assert_null(settings.name);
    assert_null(settings.key);
    assert_int_equal(settings.count, 8);
    assert_int_equal(settings.mode, 1);
    option_release(table, table_count, &settings);
    free(errors);
}

/* A file, and all that people are told about it. */
struct error_case {
    const char *text;
    const char *expected;
};

static const struct error_case error_cases[] = {
    /* what is missing */
    {"mode: one\n", "c.yaml: error: shop.name is missing\n"
                    "      = add it: What it is called.\n"
                    "c.yaml: error: shop.key is missing\n"
                    "      = add it: What opens it.\n"},
    {"shop:\n  key: ''\n  name:\n", "c.yaml:2:8: error: shop.key must not be empty\n"
                                    "    2 |   key: ''\n"
                                    "      |        ^~\n"
                                    "      = What opens it.\n"
                                    "c.yaml:3:3: error: shop.name has no value\n"
                                    "    3 |   name:\n"
                                    "      |   ^~~~\n"
                                    "      = give it one: What it is called.\n"},
    {"shop: {name: a}\n", "c.yaml:1:1: error: shop.key is missing\n"
                          "    1 | shop: {name: a}\n"
                          "      | ^~~~\n"
                          "      = add it: What opens it.\n"},

    /* values that are none of their type; several at once */
    {"shop: {name: a, key: b}\n"
     "limits:\n"
     "  count: 65\n"
     "  size: 64 kB\n"
     "  wait:\n"
     "    max: 500\n"
     "fast: yes\n"
     "mode: tow\n",
     "c.yaml:3:10: error: limits.count must be a whole number from 1 to 64\n"
     "    3 |   count: 65\n"
     "      |          ^~\n"
     "c.yaml:4:9: error: limits.size must be a size from 1kB to 1MB\n"
     "    4 |   size: 64 kB\n"
     "      |         ^~~~~\n"
     "      = write it in bytes or with a unit: kB, MB, KiB or MiB\n"
     "c.yaml:6:10: error: limits.wait.max must be a duration from 0 to 1m\n"
     "    6 |     max: 500\n"
     "      |          ^~~\n"
     "      = write it with its unit, without a blank between: 500ms, 10s, 5m or 1h\n"
     "c.yaml:7:7: error: fast must be true or false\n"
     "    7 | fast: yes\n"
     "      |       ^~~\n"
     "c.yaml:8:7: error: mode must be one, two or three\n"
     "    8 | mode: tow\n"
     "      |       ^~~\n"
     "      = the nearest known is \"two\"\n"},
    {"shop: {name: a, key: b}\nmode: else\nlimits: {count: 1.5, size: 999}\n",
     "c.yaml:2:7: error: mode must be one, two or three\n"
     "    2 | mode: else\n"
     "      |       ^~~~\n"
     "c.yaml:3:17: error: limits.count must be a whole number from 1 to 64\n"
     "    3 | limits: {count: 1.5, size: 999}\n"
     "      |                 ^~~\n"
     "      = write it in digits only\n"
     "c.yaml:3:28: error: limits.size must be a size from 1kB to 1MB\n"
     "    3 | limits: {count: 1.5, size: 999}\n"
     "      |                            ^~~\n"},
    {"shop: {name: a, key: b}\nfast: [true]\nmode:\n  one: two\n",
     "c.yaml:2:7: error: fast must be true or false, not a list\n"
     "    2 | fast: [true]\n"
     "      |       ^\n"
     "c.yaml:4:3: error: mode must be one, two or three, not a mapping\n"
     "    4 |   one: two\n"
     "      |   ^~~\n"},

    /* names */
    {"shop: {name: a, key: b, kye: c}\nlimts: {count: 1}\nother: 1\n",
     "c.yaml:1:25: error: unknown option \"shop.kye\"\n"
     "    1 | shop: {name: a, key: *, kye: *}\n"
     "      |                         ^~~\n"
     "      = the nearest known is \"key\"\n"
     "c.yaml:2:1: error: unknown option \"limts\"\n"
     "    2 | limts: {count: 1}\n"
     "      | ^~~~~\n"
     "      = the nearest known is \"limits\"\n"
     "c.yaml:3:1: error: unknown option \"other\"\n"
     "    3 | other: 1\n"
     "      | ^~~~~\n"
     "      = known here: shop, limits, fast, mode, rest\n"},
    {"shop: {name: a, key: b, count: 1}\nlimits.wait.max: 1s\n'': x\n",
     "c.yaml:1:25: error: unknown option \"shop.count\"\n"
     "    1 | shop: {name: a, key: *, count: 1}\n"
     "      |                         ^~~~~\n"
     "      = there is limits.count: each dot of a path is a level of indentation\n"
     "c.yaml:2:1: error: unknown option \"limits.wait.max\"\n"
     "    2 | limits.wait.max: 1s\n"
     "      | ^~~~~~~~~~~~~~~\n"
     "      = there is limits.wait.max: each dot of a path is a level of indentation\n"
     "c.yaml:3:1: error: unknown option \"\"\n"
     "    3 | '': x\n"
     "      | ^~\n"
     "      = known here: shop, limits, fast, mode, rest\n"},
    {"shop: {name: a, key: b, name.x: 1, \"name\\0x\": 1}\nlimits: {wait: {max: 1s, min: 1s}}\n",
     "c.yaml:1:25: error: unknown option \"shop.name.x\"\n"
     "    1 | shop: {name: a, key: *, name.x: 1, \"name\\0x\": 1}\n"
     "      |                         ^~~~~~\n"
     "      = the nearest known is \"name\"\n"
     "c.yaml:1:36: error: unknown option \"shop.name\"\n"
     "    1 | shop: {name: a, key: *, name.x: 1, \"name\\0x\": 1}\n"
     "      |                                    ^~~~~~~~~\n"
     "      = the nearest known is \"name\"\n"
     "c.yaml:2:26: error: unknown option \"limits.wait.min\"\n"
     "    2 | limits: {wait: {max: 1s, min: 1s}}\n"
     "      |                          ^~~\n"
     "      = known here: max\n"},

    /* a section that is none is one error */
    {"shop: Anna's\nlimits: [1]\n", "c.yaml:1:7: error: shop must be a mapping of options\n"
                                    "    1 | shop: Anna's\n"
                                    "      |       ^~~~~~\n"
                                    "      = known here: name, key, note\n"
                                    "c.yaml:2:9: error: limits must be a mapping of options\n"
                                    "    2 | limits: [1]\n"
                                    "      |         ^\n"
                                    "      = known here: count, size, wait\n"},

    /* no value is told, of references and secrets not even its line's */
    {"shop: {name: a, key: hunter2, x: y}\n"
     "mode: ${env:ROKT_RELAY_TEST_UNSET:-tow}\n"
     "limits: {count: '${env:ROKT_RELAY_TEST_UNSET}'}\n",
     "c.yaml:1:31: error: unknown option \"shop.x\"\n"
     "    1 | shop: {name: a, key: *******, x: y}\n"
     "      |                               ^\n"
     "      = known here: name, key, note\n"
     "c.yaml:2:7: error: mode must be one, two or three\n"
     "    2 | mode: ${env:ROKT_RELAY_TEST_UNSET:-tow}\n"
     "      |       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = the nearest known is \"two\"\n"
     "c.yaml:3:18: error: this environment variable is not set\n"
     "    3 | limits: {count: '${env:ROKT_RELAY_TEST_UNSET}'}\n"
     "      |                  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = set it, or give a default: ${env:NAME:-default}\n"},
    {"shop: {name: a, key: [hunter2], kye: rsec-1, secretkey: x, password: y}\n",
     "c.yaml:1:22: error: shop.key must be a text, secret, not a list\n"
     "    1 | shop: {name: a, key: *********, kye: ******, secretkey: *, password: *}\n"
     "      |                      ^\n"
     "c.yaml:1:33: error: unknown option \"shop.kye\"\n"
     "    1 | shop: {name: a, key: *********, kye: ******, secretkey: *, password: *}\n"
     "      |                                 ^~~\n"
     "      = the nearest known is \"key\"\n"
     "c.yaml:1:46: error: unknown option \"shop.secretkey\"\n"
     "    1 | shop: {name: a, key: *********, kye: ******, secretkey: *, password: *}\n"
     "      |                                              ^~~~~~~~~\n"
     "      = known here: name, key, note\n"
     "c.yaml:1:60: error: unknown option \"shop.password\"\n"
     "    1 | shop: {name: a, key: *********, kye: ******, secretkey: *, password: *}\n"
     "      |                                                            ^~~~~~~~\n"
     "      = known here: name, key, note\n"},
};

static void all_errors_are_told_with_their_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof error_cases / sizeof error_cases[0]; i++) {
        struct settings settings;
        char *errors = read_settings(error_cases[i].text, &settings);
        assert_string_equal(errors, error_cases[i].expected);
        option_release(table, table_count, &settings);
        free(errors);
    }
}

static void a_path_finds_its_node(void **state)
{
    (void)state;
    struct error_list errors = {0};
    struct document *document =
        document_read("c.yaml", SLICE("limits: {wait: {max: 1s}, count: }\nshop: x\n"), &errors);
    assert_non_null(document);
    assert_string_equal(option_find(document, "limits.wait.max")->text.data, "1s");
    assert_int_equal(option_find(document, "limits.wait")->kind, NODE_MAPPING);
    assert_non_null(option_find(document, "limits.count"));
    assert_null(option_find(document, "limits.size"));
    assert_null(option_find(document, "limits.wait.max.more"));
    assert_null(option_find(document, "shop.name"));
    assert_null(option_find(document, "none"));
    document_free(document);
}

static void the_reference_has_a_row_for_each_option(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    option_reference(table, table_count, &buffer);
    buffer_append_byte(&buffer, '\0');
    assert_string_equal(buffer.data,
                        "| option | value | default | meaning |\n"
                        "|---|---|---|---|\n"
                        "| `shop.name` | a text | required | What it is called. |\n"
                        "| `shop.key` | a text, secret | required | What opens it. |\n"
                        "| `shop.note` | a text | not set | Anything. |\n"
                        "| `limits.count` | a whole number from 1 to 64 | `8` | How many. |\n"
                        "| `limits.size` | a size from 1kB to 1MB | `64kB` | How large. |\n"
                        "| `limits.wait.max` | a duration from 0 to 1m | `500ms` | How long. |\n"
                        "| `fast` | true or false | `true` | How fast. |\n"
                        "| `mode` | one, two or three | `two` | How else. |\n"
                        "| `rest` | a section | not set | All else. |\n");
    buffer_done(&buffer);
}

static const struct option dependent[] = {
    {.path = "depth",
     .type = OPTION_INTEGER,
     .offset = MEMBER(depth),
     .by = "mode",
     .cases = {{.standard = "10"}, {.standard = NULL}, {.required = true}},
     .min = 1,
     .max = 64,
     .doc = "How deep."},
    {.path = "mode",
     .type = OPTION_CHOICE,
     .offset = MEMBER(mode),
     .standard = "two",
     .choices = {"one", "two", "three"},
     .doc = "How else."},
};

static void a_default_may_depend_on_the_choice_of_another_option(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        int64_t depth;
        const char *errors;
    } rows[] = {
        {"mode:\n", 0, ""},
        {"mode: one\n", 10, ""},
        {"depth:\nmode: one\n", 10, ""},
        {"depth: ''\nmode: one\n", 10, ""},
        {"depth: 7\nmode: one\n", 7, ""},
        {"mode: two\ndepth: 7\n", 7, ""},
        {"mode: three\ndepth: 7\n", 7, ""},
        {"mode: three\n", 0, "c.yaml: error: depth is missing\n      = add it: How deep.\n"},
        {"mode: three\ndepth: ''\n", 0,
         "c.yaml:2:1: error: depth has no value\n    2 | depth: ''\n      | ^~~~~\n"
         "      = give it one: How deep.\n"},
        {"mode: one\ndepth: 100\n", 10,
         "c.yaml:2:8: error: depth must be a whole number from 1 to 64\n    2 | depth: 100\n"
         "      |        ^~~\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings settings;
        char *errors = read_with(dependent, 2, rows[i].yaml, &settings);
        assert_string_equal(errors, rows[i].errors);
        assert_int_equal(settings.depth, rows[i].depth);
        free(errors);
    }
}

static void the_reference_says_each_case_of_a_default(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    option_reference(dependent, 2, &buffer);
    assert_int_not_equal(slice_find(buffer_slice(&buffer),
                                    SLICE("| `10` (`one`), not set (`two`), required (`three`) |")),
                         SIZE_MAX);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_the_file_leaves_out),
        cmocka_unit_test(values_of_the_file_are_taken),
        cmocka_unit_test(what_is_wrong_keeps_its_default),
        cmocka_unit_test(all_errors_are_told_with_their_places),
        cmocka_unit_test(a_path_finds_its_node),
        cmocka_unit_test(the_reference_has_a_row_for_each_option),
        cmocka_unit_test(a_default_may_depend_on_the_choice_of_another_option),
        cmocka_unit_test(the_reference_says_each_case_of_a_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
