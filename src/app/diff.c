#include "app.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "config/amount.h"
#include "config/route.h"
#include "kafka/range.h"
#include "mapping/difference.h"
#include "setup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)
#define PROGRESS_MS 200

/* As those of diff(1), and not as those of the other commands. */
enum diff_code { DIFF_SAME = 0, DIFF_DIFFERENT = 1, DIFF_TROUBLE = 2 };

/* What the command line asks for. */
struct diff_request {
    const char *config;
    const char *old; /* NULL: that of the topic's route */
    const char *changed;
    const char *topic;
    const char *since;
    const char *until;
    const char *last;
    int64_t
        since_ms; /* the same, read; RANGE_ALWAYS, RANGE_NEVER and 0 for what was not asked for */
    int64_t until_ms;
    int64_t last_count;
};

/* Everything that comparing needs. */
struct comparison {
    const struct diff_request *request;
    struct setup setup;
    struct mapping *loaded[2]; /* from the files of the command line; NULL for those of a route */
    const struct mapping *old;
    const struct mapping *changed;
    struct range *range;
    struct difference *difference;
    struct arena old_arena; /* of its own: what a message may cost is measured by it */
    struct arena arena;
    struct clock clock;
    int64_t shown_ms; /* when the progress was shown last */
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
    va_list arguments;

    fputs("rokt-relay diff: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

/* ---- mappings --------------------------------------------------------------------------------- */

static bool load(struct comparison *comparison, const char *path, struct mapping **ret_mapping)
{
    struct error_list errors = {0};

    *ret_mapping = setup_mapping(&comparison->setup.api, path, &errors);
    (void)app_report(&errors);
    error_list_done(&errors);
    return *ret_mapping != NULL;
}

static bool find_route(struct comparison *comparison)
{
    const struct config *config = comparison->setup.config;
    const struct config_route *route = route_find(config, comparison->request->topic);

    if (route == NULL) {
        return fail("no route of the configuration has the topic \"%s\": say with --old what its "
                    "messages are mapped with",
                    comparison->request->topic);
    }
    comparison->old = comparison->setup.mappings[route - config->routes];
    return true;
}

static bool load_mappings(struct comparison *comparison)
{
    const struct diff_request *request = comparison->request;

    if (request->old == NULL) {
        if (!find_route(comparison)) {
            return false;
        }
    } else if (!load(comparison, request->old, &comparison->loaded[0])) {
        return false;
    } else {
        comparison->old = comparison->loaded[0];
    }
    bool loaded = load(comparison, request->changed, &comparison->loaded[1]);

    comparison->changed = comparison->loaded[1];
    return loaded;
}

/* ---- messages --------------------------------------------------------------------------------- */

static bool select_messages(struct comparison *comparison, struct error *error)
{
    const struct diff_request *request = comparison->request;

    return request->last_count > 0
               ? range_select_last(comparison->range, request->last_count, request->until_ms, error)
               : range_select_times(comparison->range, request->since_ms, request->until_ms, error);
}

static bool open_topic(struct comparison *comparison)
{
    const struct config *config = comparison->setup.config;
    struct consumer_property *properties = setup_kafka_properties(config);
    struct error error;

    comparison->range =
        range_new(properties, config->property_count, comparison->request->topic, &error);
    free(properties);
    if (comparison->range == NULL || !select_messages(comparison, &error)) {
        return fail("%s", error.text);
    }
    return true;
}

/* One line on a terminal, which is overwritten. */
static void show_progress(struct comparison *comparison)
{
    int64_t selected = range_selected(comparison->range);

    clock_refresh(&comparison->clock);
    if (isatty(STDERR_FILENO) == 1 &&
        comparison->clock.monotonic_ms - comparison->shown_ms >= PROGRESS_MS) {
        comparison->shown_ms = comparison->clock.monotonic_ms;
        fprintf(stderr, "\r%3" PRId64 " %%  %" PRIu64 " messages, %" PRIu64 " different",
                100 * range_passed(comparison->range) / selected,
                difference_messages(comparison->difference),
                difference_changed(comparison->difference));
    }
}

static void clear_progress(const struct comparison *comparison)
{
    if (comparison->shown_ms > 0) {
        fputs("\r\x1b[K", stderr);
    }
}

static void compare_message(struct comparison *comparison, const struct message *message)
{
    struct mapping_result old;
    struct mapping_result changed;

    arena_reset(&comparison->old_arena);
    arena_reset(&comparison->arena);
    mapping_run(comparison->old, message, &comparison->old_arena, &old);
    mapping_run(comparison->changed, message, &comparison->arena, &changed);
    difference_add(comparison->difference, message, &old, &changed);
}

static bool compare_messages(struct comparison *comparison)
{
    struct message message;
    struct error error;
    enum range_step step = range_next(comparison->range, &message, &error);

    while (step == RANGE_MESSAGE) {
        compare_message(comparison, &message);
        show_progress(comparison);
        step = range_next(comparison->range, &message, &error);
    }
    clear_progress(comparison);
    return step == RANGE_END || fail("%s", error.text);
}

/* ---- the command ------------------------------------------------------------------------------ */

static enum diff_code print(const struct comparison *comparison)
{
    struct buffer out;

    buffer_init(&out, OUTPUT_MAX);
    difference_write(comparison->difference, &out);
    bool whole = !out.failed || fail("the differences are too many to be printed");

    if (whole) {
        fwrite(out.data, 1, out.size, stdout);
    }
    buffer_done(&out);
    if (!whole || fflush(stdout) != 0) {
        return DIFF_TROUBLE;
    }
    return difference_changed(comparison->difference) > 0 ? DIFF_DIFFERENT : DIFF_SAME;
}

static enum diff_code compare(struct comparison *comparison)
{
    arena_init(&comparison->old_arena, 0);
    arena_init(&comparison->arena, 0);
    comparison->difference = difference_new();
    bool fine = load_mappings(comparison) && open_topic(comparison) && compare_messages(comparison);
    enum diff_code code = fine ? print(comparison) : DIFF_TROUBLE;

    difference_free(comparison->difference);
    range_free(comparison->range);
    mapping_free(comparison->loaded[0]);
    mapping_free(comparison->loaded[1]);
    arena_done(&comparison->old_arena);
    arena_done(&comparison->arena);
    return code;
}

static int diff(const struct diff_request *request)
{
    struct comparison comparison = {.request = request};
    struct error_list errors = {0};
    bool valid = setup_load(request->config, &comparison.setup, &errors);

    (void)app_report(&errors);
    error_list_done(&errors);
    enum diff_code code = valid ? compare(&comparison) : DIFF_TROUBLE;

    setup_release(&comparison.setup);
    return (int)code;
}

/* ---- command line ----------------------------------------------------------------------------- */

/* A time, or how long ago; `unless` when it was not asked for. */
static bool read_time(const char *option, const char *text, int64_t unless, int64_t *ret_ms)
{
    struct clock clock = {0};
    int64_t duration_ms;

    *ret_ms = unless;
    if (text == NULL || timestamp_parse(slice_of(text), NULL, ret_ms) == MOMENT_FINE) {
        return true;
    }
    clock_refresh(&clock);
    if (amount_parse(AMOUNT_DURATION, slice_of(text), &duration_ms) &&
        duration_ms <= clock.wall_ms) {
        *ret_ms = clock.wall_ms - duration_ms;
        return true;
    }
    (void)app_usage(&command_diff,
                    "--%s %s: a time like 2026-11-23T10:03:00Z, or how long ago like 2h, is wanted",
                    option, text);
    return false;
}

static int read_bounds(struct diff_request *request)
{
    if (request->since != NULL && request->last != NULL) {
        return app_usage(&command_diff, "--since and --last say the same: take one");
    }
    if (request->last != NULL &&
        (!app_integer(request->last, &request->last_count) || request->last_count < 1)) {
        return app_usage(&command_diff, "--last %s: a number of messages is wanted", request->last);
    }
    if (!read_time("since", request->since, RANGE_ALWAYS, &request->since_ms) ||
        !read_time("until", request->until, RANGE_NEVER, &request->until_ms)) {
        return EXIT_USAGE;
    }
    if (request->since != NULL && request->until != NULL &&
        request->since_ms >= request->until_ms) {
        return app_usage(&command_diff, "--since %s: --until %s is not later", request->since,
                         request->until);
    }
    return EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct diff_request request = {0};
    const struct argument arguments[] = {
        {.name = "config", .letter = 'c', .value = &request.config},
        {.name = "old", .letter = 'o', .value = &request.old},
        {.name = "new", .letter = 'n', .value = &request.changed},
        {.name = "since", .letter = 's', .value = &request.since},
        {.name = "until", .letter = 'u', .value = &request.until},
        {.name = "last", .letter = 'l', .value = &request.last},
    };
    int operand =
        app_arguments(&command_diff, argc, argv, arguments, sizeof arguments / sizeof arguments[0]);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (request.config == NULL || request.changed == NULL) {
        return app_usage(&command_diff, "--%s FILE is missing",
                         request.config == NULL ? "config" : "new");
    }
    if (argc - operand != 1) {
        return app_usage(&command_diff, "one TOPIC is wanted, and there are %d", argc - operand);
    }
    request.topic = argv[operand];
    int code = read_bounds(&request);

    return code == EXIT_OK ? diff(&request) : code;
}

const struct command command_diff = {
    "diff",
    "show which messages of a topic another mapping would map differently",
    "usage: rokt-relay diff --config FILE [--old FILE] --new FILE [OPTION …] TOPIC\n"
    "\n"
    "Reads the topic as it is now, maps each message with both mappings, and counts what differs:\n"
    "which messages would newly be mapped, skipped or dead, with the reasons, and which values\n"
    "would differ, field by field. Of each kind three samples are shown, with partition and "
    "offset\n"
    "for rokt-relay explain; personal values, custom attributes and metadata as ***. No group is\n"
    "joined, nothing is committed and nothing is sent.\n"
    "\n"
    "  -c, --config FILE   the configuration (YAML)\n"
    "  -o, --old FILE      the mapping that there is (default: that of the topic's route)\n"
    "  -n, --new FILE      the mapping that there may be\n"
    "  -s, --since TIME    messages of that time or later (default: all that there are)\n"
    "  -u, --until TIME    messages before that time\n"
    "  -l, --last N        the last N messages of each partition\n"
    "  -h, --help          this help\n"
    "\n"
    "TIME is a time of RFC 3339 like 2026-11-23T10:03:00Z, or how long ago: 90s, 30m, 48h. Where\n"
    "such messages begin is asked of Kafka, by the records' timestamps.\n"
    "\n"
    "Exit code 0 when nothing differs, 1 when something does, 2 when that cannot be found out.\n",
    run,
};
