#include "mapping/test.h"

#include "app.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define DIFFERENCE_MAX ((size_t)64 * 1024 * 1024)

enum format { FORMAT_TEXT, FORMAT_TAP };

/* Kafka is younger: an earlier time was read by the wrong unit or pattern. */
#define YEAR_2000_MS 946684800000
#define AHEAD_MAX_MS (5 * 60 * 1000) /* of Rokt's APIs */

/* What all mappings that were named come to. */
struct summary {
    enum format format;
    size_t tests; /* in TAP, a mapping with errors is one that failed */
    size_t failed;
    size_t broken; /* mappings with errors */
};

/* ---- writing ---------------------------------------------------------------------------------- */

/* Each line of the difference, indented. */
static void print_lines(struct slice text, const char *indent)
{
    while (text.size > 0) {
        size_t end = slice_find(text, SLICE("\n"));
        struct slice line = slice_part(text, 0, end);

        printf("%s%.*s\n", indent, SLICE_PRINT(line));
        text = end == SIZE_MAX ? (struct slice){0} : slice_part(text, end + 1, SIZE_MAX);
    }
}

/* In TAP, a # begins a directive, and \ takes a character as it is. */
static void print_description(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '#' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void print_tap(struct summary *summary, bool passed, const char *path, const char *name)
{
    printf("%s %zu - ", passed ? "ok" : "not ok", summary->tests);
    print_description(path);
    fputs(": ", stdout);
    print_description(name);
    putchar('\n');
}

static void print_test(struct summary *summary, const char *path, const struct mapping *mapping,
                       size_t index, bool passed, struct slice difference)
{
    const char *name = mapping_test_name(mapping, index);

    if (summary->format == FORMAT_TAP) {
        print_tap(summary, passed, path, name);
        print_lines(difference, "# ");
    } else if (passed) {
        printf("  ok      %s\n", name);
    } else {
        printf("  not ok  %s (%s:%zu)\n", name, path, mapping_test_line(mapping, index));
        print_lines(difference, "            ");
    }
}

/* What is strange about the message's time; NULL: nothing. That it is too old to be sent is not: samples
 * are kept for years. */
static const char *strange_time(const struct mapping_result *result)
{
    struct clock clock = {0};

    clock_refresh(&clock);
    for (size_t i = 0; i < result->count; i++) {
        if (result->conversions[i].event_time_ms < YEAR_2000_MS) {
            return "note: eventTime is before the year 2000: what does the message count?";
        }
        if (result->conversions[i].event_time_ms > clock.wall_ms + AHEAD_MAX_MS) {
            return "note: eventTime is more than 5 minutes ahead: today this would not be sent";
        }
    }
    return NULL;
}

static void print_note(const struct summary *summary, const char *note)
{
    if (note != NULL) {
        print_lines(slice_of(note), summary->format == FORMAT_TAP ? "# " : "            ");
    }
}

static void print_summary(const struct summary *summary)
{
    if (summary->format == FORMAT_TAP) {
        printf("1..%zu\n", summary->tests);
        return;
    }
    printf("%zu test%s, %zu failed", summary->tests, summary->tests == 1 ? "" : "s",
           summary->failed);
    if (summary->broken > 0) {
        printf(", %zu mapping%s with errors", summary->broken, summary->broken == 1 ? "" : "s");
    }
    putchar('\n');
}

/* ---- running ---------------------------------------------------------------------------------- */

static void run_tests(struct summary *summary, const char *path, const struct mapping *mapping)
{
    struct arena arena;
    struct buffer difference;

    arena_init(&arena, 0);
    buffer_init(&difference, DIFFERENCE_MAX);
    for (size_t i = 0; i < mapping_test_count(mapping); i++) {
        struct mapping_result result;
        bool passed;

        arena_reset(&arena);
        buffer_reset(&difference);
        passed = mapping_test_run(mapping, i, &arena, &difference, &result);
        summary->tests++;
        summary->failed += !passed;
        print_test(summary, path, mapping, i, passed, buffer_slice(&difference));
        print_note(summary, strange_time(&result));
        if (difference.failed) {
            fputs("rokt-relay test: the difference is too large to be printed\n", stderr);
        }
    }
    buffer_done(&difference);
    arena_done(&arena);
}

/* Its errors are on standard error. */
static void count_broken(struct summary *summary, const char *path)
{
    summary->broken++;
    if (summary->format == FORMAT_TAP) {
        summary->tests++;
        print_tap(summary, false, path, "the mapping has errors");
    }
}

static void test_mapping(struct summary *summary, const char *path)
{
    struct error_list errors = {0};
    struct mapping *mapping = mapping_load(path, &errors);

    if (summary->format == FORMAT_TEXT) {
        printf("%s\n", path);
    }
    /* So that on a terminal both stand in the order in which they were written. */
    (void)fflush(stdout);
    (void)app_report(&errors);
    error_list_done(&errors);
    if (mapping == NULL) {
        count_broken(summary, path);
    } else if (mapping_test_count(mapping) == 0) {
        fprintf(stderr, "%s: warning: this mapping has no tests\n", path);
    } else {
        run_tests(summary, path, mapping);
    }
    mapping_free(mapping);
}

static int test(enum format format, char **paths, size_t count)
{
    struct summary summary = {.format = format};

    if (format == FORMAT_TAP) {
        puts("TAP version 13");
    }
    for (size_t i = 0; i < count; i++) {
        test_mapping(&summary, paths[i]);
    }
    print_summary(&summary);
    if (summary.broken > 0) {
        return EXIT_CONFIG;
    }
    return summary.failed > 0 ? EXIT_FAILED : EXIT_OK;
}

static int run(int argc, char **argv)
{
    const char *format = NULL;
    const struct argument arguments[] = {{.name = "format", .letter = 'f', .value = &format}};
    int operand = app_arguments(&command_test, argc, argv, arguments, 1);
    bool tap;

    if (operand < 0) {
        return EXIT_USAGE;
    }
    tap = format != NULL && strcmp(format, "tap") == 0;
    if (format != NULL && !tap && strcmp(format, "text") != 0) {
        return app_usage(&command_test, "--format %s: text or tap is wanted", format);
    }
    if (operand == argc) {
        return app_usage(&command_test, "a mapping is missing");
    }
    return test(tap ? FORMAT_TAP : FORMAT_TEXT, argv + operand, (size_t)(argc - operand));
}

const struct command command_test = {
    "test",
    "run the tests that mappings have in them",
    "usage: rokt-relay test [--format text|tap] MAPPING …\n"
    "\n"
    "Compiles each mapping, and maps the messages under its `tests:`. Says of each test whether "
    "the\n"
    "message became what it must; if not, what was expected and what was got. Nothing is sent\n"
    "anywhere. Errors of a mapping are shown on standard error.\n"
    "\n"
    "  -f, --format text|tap   tap is the Test Anything Protocol, for other programs (default: "
    "text)\n"
    "  -h, --help              this help\n"
    "\n"
    "Exit code 0 when all is as expected, 1 when a test failed, 3 when a mapping has errors.\n",
    run,
};
