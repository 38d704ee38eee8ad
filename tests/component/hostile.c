/* Messages and mappings that are made to stall the relay, or to fill its memory. Whatever they are, a message is mapped, or
 * dead with a reason, within the work and the memory that one message may cost (base/work.h). Times are
 * those of the processor, as multiples of what the same run needs for a message that takes all of the
 * work in the simplest way. */
#include "base/memory.h"
#include "base/work.h"
#include "mapping/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)
#define MESSAGE_MAX (8 * MIB)

/* Over the time of the simplest work. What one step stands for differs by some tens. */
#define TIMES_MAX 20

/* What one operation may take from the arena before it is counted: a message of 8 MiB that a
 * transform reads as JSON has a million values. */
#define OPERATION_BYTES_MAX (128 * MIB)

/* A message: {"t": FILL × SIZE, "l": [ITEM × COUNT]}. */
struct shape {
    const char *fill;
    size_t size;
    const char *item;
    size_t count;
};

/* The custom attribute `a` is made by the expression. */
struct row {
    const char *expression;
    struct shape shape;
    const char *error; /* what is said of it; NULL: the message is mapped */
};

/* Once a message has gone through a mapping. */
struct passage {
    double cpu_s;
    size_t bytes;
    struct mapping_result result;
};

static const char head[] = "conversion:\n"
                           "  eventTime: kafka.timestamp\n"
                           "  passbackconversiontrackingid: kafka.key\n";

/* ---- one message ------------------------------------------------------------------------------ */

static void append_many(struct buffer *buffer, const char *text, size_t count,
                        const char *separator)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append(buffer, slice_of(i == 0 ? "" : separator));
        buffer_append(buffer, slice_of(text));
    }
}

static void build(const struct shape *shape, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("{\"t\": \""));
    append_many(buffer, shape->fill, shape->size, "");
    buffer_append(buffer, SLICE("\", \"l\": ["));
    append_many(buffer, shape->item, shape->count, ",");
    buffer_append(buffer, SLICE("]}"));
    assert_false(buffer->failed);
}

static struct mapping *compile(const char *rest)
{
    struct buffer yaml;
    struct error_list errors = {0};
    buffer_init(&yaml, MIB);
    buffer_append(&yaml, SLICE(head));
    buffer_append(&yaml, slice_of(rest));
    struct document *document = document_read("test.yaml", buffer_slice(&yaml), &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    if (mapping == NULL) {
        fail_msg("%s: %s", rest, errors.items[0].message);
    }
    document_free(document);
    error_list_done(&errors);
    buffer_done(&yaml);
    return mapping;
}

static double cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct passage pass(const char *rest, const struct message *message)
{
    struct mapping *mapping = compile(rest);
    struct passage passage;
    struct arena arena;
    arena_init(&arena, 0);
    double start = cpu_s();
    mapping_run(mapping, message, &arena, &passage.result);
    passage.cpu_s = cpu_s() - start;
    passage.bytes = arena_used(&arena);
    arena_done(&arena);
    mapping_free(mapping);
    return passage;
}

static struct passage pass_shape(const char *rest, const struct shape *shape)
{
    struct buffer json;
    buffer_init(&json, MESSAGE_MAX);
    build(shape, &json);
    const struct message message = {
        .key = SLICE("abc"), .timestamp_ms = 1795428180125, .value = buffer_slice(&json)};
    struct passage passage = pass(rest, &message);
    buffer_done(&json);
    return passage;
}

static struct passage pass_expression(const char *expression, const struct shape *shape)
{
    char rest[1024];
    (void)snprintf(rest, sizeof rest,
                   "custom:\n  a:\n    on_invalid: dead_letter\n    value: |-\n      %s\n",
                   expression);
    return pass_shape(rest, shape);
}

/* What all of the work takes when it is nothing but looking at values. */
static double simplest_s(void)
{
    static double seconds;
    if (seconds == 0) {
        static const struct shape shape = {"x", 1, "1", 9000};
        struct passage passage =
            pass_expression("$.l | each(add(@, $.l[*] | count)) | count", &shape);
        assert_string_equal(passage.result.reason, "too_much_work");
        seconds = passage.cpu_s;
    }
    return seconds;
}

static void expect_bounded(const char *what, const struct passage *passage)
{
    if (passage->cpu_s > TIMES_MAX * simplest_s()) {
        fail_msg("%s: %.1f times the simplest work", what, passage->cpu_s / simplest_s());
    }
    if (passage->bytes > WORK_BYTES_MAX + OPERATION_BYTES_MAX) {
        fail_msg("%s: %zu MiB", what, passage->bytes / MIB);
    }
}

/* Dead with that error, and too much work with the reason that says so; without one, mapped. */
static void expect(const char *what, const struct passage *passage, const char *error)
{
    const struct mapping_result *result = &passage->result;
    if ((result->outcome == MAPPING_DEAD) != (error != NULL) ||
        (error != NULL && strstr(result->error.text, error) == NULL)) {
        fail_msg("%s: %s: %s", what, result->reason == NULL ? "mapped" : result->reason,
                 result->error.text);
    }
    if (error != NULL) {
        bool work = strcmp(error, WORK_EXCEEDED) == 0;
        assert_string_equal(result->reason, work ? "too_much_work" : "expression_error");
    }
    expect_bounded(what, passage);
}

static void expect_all(const struct row rows[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct passage passage = pass_expression(rows[i].expression, &rows[i].shape);
        expect(rows[i].expression, &passage, rows[i].error);
    }
}

#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof *(rows))

/* ---- expressions ------------------------------------------------------------------------------ */

static void paths_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$..*..* | count", {"x", MIB, "[[[[1,2],[3,4]]]]", 9000}, "too many nodes"},
        {"$..*..*..*..* | first", {"x", 1, "[[[[[[[[1,2,3]]]]]]]]", 50000}, "too many nodes"},
        {"$.l[?$.l[?$.l[?@ == 2]]] | count", {"x", 1, "1", 1000}, WORK_EXCEEDED},
        {"$.l[?@[?@[?@[?@[?@[?@ > 1]]]]]] | count", {"x", 1, "[[[[[[1]]]]]]", 60000}, NULL},
        {"$.l[?count($..*) > 1] | count", {"x", 1, "1", 9000}, WORK_EXCEEDED},
        {"$.l[?length($.t) == 1] | count", {"x", MIB, "1", 100000}, WORK_EXCEEDED},
        {"$.l[?search($.t, @)] | count", {"a", 9000, "\"a+a+a+[bc]\"", 9000}, "takes too long"},
    };
    EXPECT_ALL(rows);
}

static void loops_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.l | each(add(@, $.l | each(add(@, $.l | each(add(@, 1)) | count)) | sum))",
         {"x", 1, "1", 5000},
         WORK_EXCEEDED},
        {"$.l | each(@.b ?? $.t ?? @) | count", {" ", MIB, "1", 9000}, WORK_EXCEEDED},
        {"$.l | each($.l[*] ?? @) | count", {"x", 1, "\"      \"", 9000}, NULL},
    };
    EXPECT_ALL(rows);
}

/* ---- transforms ------------------------------------------------------------------------------- */

static void regular_expressions_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.t | regex_replace('(a+)+[bc]', '')", {"a", 10000, "1", 1}, "takes too long"},
        {"$.t | regex_extract('(a|aa)+[bc]')", {"a", 10000, "1", 1}, "takes too long"},
        {"$.l | regex_replace('(x+x+)+[yz]', '') | count",
         {"x", 1, "\"xxxxxxxxxxxxx\"", 9000},
         WORK_EXCEEDED},
        {"$.t | regex_replace('a', '$0$0$0$0$0$0$0$0$0$0$0$0$0')",
         {"a", 100000, "1", 1},
         "would become too long"},
    };
    EXPECT_ALL(rows);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.l | each(@.x ?? $.t) | zip_join($.l | each(@.x ?? $.t), ',') | count",
         {"x", 20000, "1", 9000},
         WORK_EXCEEDED},
        {"$.l | each(list(@, $.l)) | count", {"x", 1, "1", 9000}, "more than 10000 values"},
        {"$.l | each(list(@, $.l) | flatten | distinct | count) | sum",
         {"x", 1, "1", 9000},
         WORK_EXCEEDED},
        {"$.l | flatten | count", {"x", 1, "[1,1,1]", 9000}, "more than 10000 values"},
        {"$.l | each(join(list(@, $.l), $.t)) | count", {"x", 100, "1", 9000}, WORK_EXCEEDED},
        {"$.l | count", {"x", 1, "1", 10001}, "more than 10000 values"},
    };
    EXPECT_ALL(rows);
}

static void texts_that_grow_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.t | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', "
         "'aaaaaaaaaa')",
         {"a", 10000, "1", 1},
         "would become too long"},
        {"$.l | each(replace(@, 'a', $.t) | sha256) | count",
         {"x", 60000, "\"aaaaaaaaaaaaaaaa\"", 9000},
         WORK_EXCEEDED},
        {"$.l | each(lower($.t) | upper | default(@) | sha256) | count",
         {"\xC3\xA4", MIB, "1", 9000},
         WORK_EXCEEDED},
        {"$.t | html_decode | html_decode | html_decode | sha256", {"&amp;", MIB, "1", 1}, NULL},
        {"$.t | percent_decode | percent_decode | sha256", {"%2525", MIB, "1", 1}, NULL},
        {"$.t | base64_decode | base64_decode | sha256", {"UVVG", MIB, "1", 1}, NULL},
        {"$.t | split('a') | count", {"a", MIB, "1", 1}, "more than 10000 parts"},
    };
    EXPECT_ALL(rows);
}

static void json_within_json_is_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"parse_json($.t) | count", {"[", 200, "1", 1}, "nested too deeply"},
        {"parse_json($.t) | count", {"[],", MIB, "1", 1}, "no JSON"},
        {"$.l | each(parse_json(@) | count) | count", {"x", 1, "\"[[1,2],[3,4]]\"", 9000}, NULL},
    };
    EXPECT_ALL(rows);
}

static void numbers_are_bounded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.l | sum", {"x", 1, "1e-98", 9000}, NULL},
        {"$.l | sum", {"x", 1, "1e-998", 9000}, WORK_EXCEEDED},
        {"$.l | product($.l) | sum", {"x", 1, "1e400", 9000}, WORK_EXCEEDED},
        {"$.l | each(multiply(@, 1e499)) | count", {"x", 1, "1e499", 9000}, WORK_EXCEEDED},
        {"$.l | divide(7e400, 100) | sum", {"x", 1, "9e490", 9000}, WORK_EXCEEDED},
        {"$.t | decimal", {"9", 7 * MIB, "1", 1}, "no number"},
    };
    EXPECT_ALL(rows);
}

/* ---- fields and conditions -------------------------------------------------------------------- */

/* Each of these would take from half a minute to some hours for the items of one message. */
static void what_is_done_for_each_item_is_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        struct shape shape;
    } rows[] = {
        {"for_each: $.l[*]\ncustom: {a: $.t, b: $.t, c: $.t, d: $.t}\n",
         {"\\u0001x", 30000, "1", 1000}},
        {"for_each: $.l[*]\ncustom: {a: $.t, b: $.t, c: $.t, d: $.t}\n", {"x", 2 * MIB, "1", 1000}},
        {"for_each: $.l[*]\ncustom: {a: $.t, b: $.t, c: $.t, d: $.t}\n", {" ", 2 * MIB, "1", 1000}},
        {"  email: $.t\nfor_each: $.l[*]\n", {"\xC3\xA4", MIB, "1", 1000}},
        {"  margin: $.t\nfor_each: $.l[*]\n", {"1", 2 * MIB, "1", 1000}},
        {"  emailsha256: $.t\nfor_each: $.l[*]\n", {"X", 2 * MIB, "1", 1000}},
        {"account: $.t\nfor_each: $.l[*]\n", {" ", 2 * MIB, "1", 1000}},
        {"for_each: $.l[*]\nwhen: {a: '!present($.t) && @ == 1'}\n", {" ", 2 * MIB, "1", 1000}},
        {"for_each: $.l[*]\nwhen: {a: '!present($.t) && @ == 1'}\n",
         {"\xE3\x80\x80", MIB, "1", 1000}},
        {"for_each: $.l[*]\nwhen: {a: \"!search($.t, 'x[yz]') && @ == 1\"}\n",
         {"x", 30000, "1", 1000}},
        {"for_each: $.l[*]\nwhen: {a: length($.t) == 1 && @ == 1}\n", {"\xC3\xA4", MIB, "1", 1000}},
        {"let: {n: parse_json($.t)}\nfor_each: $.l[*]\nwhen: {a: '!(@ == $n) && @ < $n'}\n",
         {"1", 2 * MIB, "1", 1000}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct passage passage = pass_shape(rows[i].rest, &rows[i].shape);
        expect(rows[i].rest, &passage, WORK_EXCEEDED);
    }
}

static void bytes_of_the_record_are_work(void **state)
{
    (void)state;
    char *key = memory_new(MIB, 1);
    memset(key, 'x', MIB);
    key[MIB - 1] = '\xFF';
    struct buffer json;
    buffer_init(&json, MIB);
    append_many(&json, "[", 1, "");
    append_many(&json, "{\"e\": \"a@b.cd\"}", 1000, ",");
    append_many(&json, "]", 1, "");
    const struct message message = {
        .timestamp_ms = 1795428180125, .value = buffer_slice(&json), .key = {key, MIB}};
    static const char rest[] = "  email: '@.e'\nfor_each: $[*]\ncustom: {a: kafka.key}\n";
    struct passage passage = pass(rest, &message);
    expect(rest, &passage, WORK_EXCEEDED);
    buffer_done(&json);
    free(key);
}

/* A name that is looked for among very many, again and again. */
static void members_of_large_objects_are_work(void **state)
{
    (void)state;
    struct buffer json;
    buffer_init(&json, MESSAGE_MAX);
    for (size_t i = 0; i < 200000; i++) {
        buffer_printf(&json, "%s\"member %zu\":1", i == 0 ? "{" : ",", i);
    }
    append_many(&json, "}", 1, "");
    struct buffer rest;
    buffer_init(&rest, MIB);
    buffer_append(&rest, SLICE("custom:\n  a: $.a"));
    for (size_t i = 0; i < 2000; i++) {
        buffer_printf(&rest, " ?? $.a%zu", i % 10);
    }
    append_many(&rest, "\n", 1, "");
    const struct message message = {
        .key = SLICE("abc"), .timestamp_ms = 1795428180125, .value = buffer_slice(&json)};
    char *text = memory_string(buffer_slice(&rest));
    struct passage passage = pass(text, &message);
    expect("alternatives", &passage, WORK_EXCEEDED);
    free(text);
    buffer_done(&rest);
    buffer_done(&json);
}

/* ---- mappings --------------------------------------------------------------------------------- */

/* BEFORE, PART × COUNT, AFTER do not compile, and this is said of them. */
static void mappings_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *before, *part;
        size_t count;
        const char *after, *error;
    } rows[] = {
        {"custom: {a: $.a", " ?? $.a", 10000, "}", "the expression is longer than 16384 bytes"},
        {"custom: {a: '", "(", 101, "$.a'}", "the expression is nested deeper than 100 levels"},
        {"custom: {a: $.a", " | trim", 100, "}",
         "the expression, with the named values in it, is nested deeper than 100"},
        {"when: {a: '", "!", 101, "($.a == 1)'}",
         "the expression is nested deeper than 100 levels"},
        {"custom: {a: '$.l", "[?@.a", 200, "'}", "nested too deeply"},
        {"custom: {a: \"$.a | regex_replace('", "(", 1, "((a{1,99}){1,99}){1,99}){1,99}', '')\"}",
         "in the regular expression, at character 32: regular expression is too large"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer yaml;
        struct error_list errors = {0};
        buffer_init(&yaml, MIB);
        buffer_append(&yaml, SLICE(head));
        buffer_append(&yaml, slice_of(rows[i].before));
        append_many(&yaml, rows[i].part, rows[i].count, "");
        buffer_append(&yaml, slice_of(rows[i].after));
        struct document *document = document_read("test.yaml", buffer_slice(&yaml), &errors);
        assert_non_null(document);
        assert_null(mapping_compile(document, &errors));
        assert_string_equal(errors.items[0].message, rows[i].error);
        document_free(document);
        error_list_done(&errors);
        buffer_done(&yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_bounded),
        cmocka_unit_test(loops_are_bounded),
        cmocka_unit_test(regular_expressions_are_bounded),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(texts_that_grow_are_bounded),
        cmocka_unit_test(json_within_json_is_bounded),
        cmocka_unit_test(numbers_are_bounded),
        cmocka_unit_test(what_is_done_for_each_item_is_bounded),
        cmocka_unit_test(bytes_of_the_record_are_work),
        cmocka_unit_test(members_of_large_objects_are_work),
        cmocka_unit_test(mappings_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
