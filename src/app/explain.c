#include "mapping/explain.h"
#include "app.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "config/route.h"
#include "kafka/letter.h"
#include "kafka/range.h"
#include "preview.h"
#include "setup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)256 * 1024 * 1024)

/* What the command line asks for. */
struct explain_request {
    const char *config;
    const char *mapping; /* NULL: that of the route */
    bool dead_letter;
    bool show_personal;
    bool value; /* print the message's value instead */
    const char *topic;
    int64_t partition;
    int64_t offset;
};

/* Everything that explaining one message needs. */
struct explanation {
    const struct explain_request *request;
    struct setup setup;
    struct range *range;
    const char *topic;      /* that it is read from */
    struct message message; /* as it was read first */
    struct letter letter;   /* if it is one */
    struct mapping *mapping;
    struct mapping *own; /* the same, when it is none of the setup's */
    struct mask mask;
    struct preview preview;
    struct arena arena;
    struct buffer out;
};

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
    va_list arguments;

    fputs("rokt-relay explain: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

/* ---- fetching --------------------------------------------------------------------------------- */

static int open_topic(struct explanation *explanation)
{
    const struct config *config = explanation->setup.config;
    const struct explain_request *request = explanation->request;
    struct consumer_property *properties = setup_kafka_properties(config);
    struct error error;

    explanation->topic = request->dead_letter ? config->dead_letter_topic : request->topic;
    explanation->range = range_new(properties, config->property_count, explanation->topic, &error);
    free(properties);
    return explanation->range == NULL ? fail("%s", error.text) : EXIT_OK;
}

static int fetch(struct explanation *explanation)
{
    const struct explain_request *request = explanation->request;
    struct error error;

    if (!range_select_offset(explanation->range, (int32_t)request->partition, request->offset,
                             &error)) {
        return fail("%s", error.text);
    }
    switch (range_next(explanation->range, &explanation->message, &error)) {
    case RANGE_FAILED:
        return fail("%s", error.text);
    case RANGE_END:
        return fail("there is no message at offset %" PRId64 " of partition %" PRId64
                    ": it has been compacted away, or was aborted with its transaction, or is a "
                    "marker of one",
                    request->offset, request->partition);
    case RANGE_MESSAGE:
        break;
    }
    return EXIT_OK;
}

/* The message that became a letter, as it was read first: ids and kafka.… are made from that. */
static int open_letter(struct explanation *explanation)
{
    struct letter *letter = &explanation->letter;
    struct message *message = &explanation->message;
    struct error error;

    if (!letter_read(message, letter, &error)) {
        return fail("this is no dead letter of the relay's: %s", error.text);
    }
    message->topic = letter->topic;
    message->partition = (int32_t)letter->partition;
    message->offset = letter->offset;
    message->timestamp_ms = letter->timestamp_ms;
    return EXIT_OK;
}

/* ---- the mapping ------------------------------------------------------------------------------ */

static int load_own(struct explanation *explanation)
{
    const char *path = explanation->request->mapping;
    struct error_list errors = {0};

    explanation->own = setup_mapping(&explanation->setup.api, path, &errors);
    explanation->mapping = explanation->own;
    int code = app_report(&errors);

    error_list_done(&errors);
    return code;
}

static int find_mapping(struct explanation *explanation)
{
    const struct config *config = explanation->setup.config;
    const char *topic = arena_string(&explanation->arena, explanation->message.topic);

    if (explanation->request->mapping != NULL) {
        return load_own(explanation);
    }
    const struct config_route *route = route_find(config, topic);

    if (route == NULL) {
        return fail(
            "no route of the configuration has the topic \"%s\"; --mapping says what to map "
            "its messages with",
            topic);
    }
    explanation->mapping = explanation->setup.mappings[route - config->routes];
    return EXIT_OK;
}

/* ---- in words --------------------------------------------------------------------------------- */

static void write_line(struct buffer *out, const char *name, struct slice text)
{
    if (text.size > 0) {
        buffer_printf(out, "  %-15s %.*s\n", name, SLICE_PRINT(text));
    }
}

static void write_number(struct buffer *out, const char *name, int64_t number)
{
    buffer_printf(out, "  %-15s %" PRId64 "\n", name, number);
}

static void write_time(struct buffer *out, const char *name, int64_t time_ms)
{
    char text[TIMESTAMP_SIZE];

    if (time_ms >= 0 && time_ms <= MOMENT_MAX_MS) {
        timestamp_format(time_ms, text);
        write_line(out, name, slice_of(text));
    }
}

static void write_items(struct buffer *out, const struct letter_items *items)
{
    const char *separator = "";

    if (items->count == 0) {
        return;
    }
    buffer_printf(out, "  %-15s ", "items");
    for (size_t i = 0; i < LETTER_ITEMS_MAX; i++) {
        if (letter_items_has(items, i)) {
            buffer_printf(out, "%s%zu", separator, i);
            separator = ", ";
        }
    }
    buffer_append(out, SLICE(" (counted from 0; the others were delivered)\n"));
}

/* What its headers say. */
static void write_letter(struct explanation *explanation)
{
    const struct letter *letter = &explanation->letter;
    struct buffer *out = &explanation->out;

    buffer_append(out, SLICE("dead letter\n"));
    write_line(out, "topic", slice_of(explanation->topic));
    write_number(out, "partition", explanation->request->partition);
    write_number(out, "offset", explanation->request->offset);
    write_line(out, "reason", letter->reason);
    write_line(out, "message", letter->message);
    write_line(out, "field", letter->field);
    write_items(out, &letter->items);
    if (letter->status > 0) {
        write_number(out, "HTTP status", letter->status);
    }
    write_line(out, "error code", letter->error_code);
    write_line(out, "error message", letter->error_message);
    write_number(out, "attempts", letter->attempts);
    write_time(out, "first", letter->first_ms);
    write_time(out, "last", letter->last_ms);
    write_line(out, "mapping", letter->mapping);
    write_line(out, "mapping's hash", letter->mapping_hash);
    write_line(out, "relay", letter->version);
    buffer_append_byte(out, '\n');
}

static void write_message(struct explanation *explanation)
{
    const struct message *message = &explanation->message;
    struct buffer *out = &explanation->out;

    buffer_append(out, SLICE("message\n"));
    write_line(out, "topic", message->topic);
    write_number(out, "partition", message->partition);
    write_number(out, "offset", message->offset);
    write_time(out, "timestamp", message->timestamp_ms);
    buffer_printf(out, "  %-15s %zu bytes\n", "key", message->key.size);
    buffer_printf(out, "  %-15s %zu bytes\n", "value", message->value.size);
    write_line(out, "mapping", slice_of(mapping_name(explanation->mapping)));
    write_line(out, "mapping's hash", slice_of(mapping_hash(explanation->mapping)));
}

/* Why the relay would not send it, although it is mapped. */
static void note_unsendable(const struct explanation *explanation,
                            const struct mapping_result *result, int64_t wall_ms)
{
    struct error error;

    if (!preview_sendable(&explanation->preview, result, wall_ms, &error)) {
        fprintf(stderr, "rokt-relay explain: note: this would not be sent now: %s\n", error.text);
    }
}

static void write_requests(struct explanation *explanation, const struct mapping_result *result)
{
    const struct preview *preview = &explanation->preview;
    struct buffer *out = &explanation->out;
    struct clock clock = {0};
    struct error error;

    clock_refresh(&clock);
    buffer_append(out, SLICE("\nresult\n"));
    preview_result(preview, result, out);
    buffer_printf(out, "\n\nrequest: POST %s, without the other conversions of its batch\n",
                  preview->api.path);
    if (!preview_requests(preview, result, clock.wall_ms, out, &error)) {
        buffer_printf(out, "dead: not_deliverable: %s", error.text);
    }
    buffer_append_byte(out, '\n');
    note_unsendable(explanation, result, clock.wall_ms);
}

static int print(struct explanation *explanation)
{
    if (explanation->out.failed) {
        return fail("the explanation is too large to be printed");
    }
    fwrite(explanation->out.data, 1, explanation->out.size, stdout);
    return EXIT_OK;
}

static int write_explanation(struct explanation *explanation)
{
    struct mask *mask = explanation->request->show_personal ? NULL : &explanation->mask;
    const struct explain_settings settings = {.colour = app_may_colour(), .mask = mask};
    const struct config *config = explanation->setup.config;
    struct mapping_result result;

    explanation->preview = (struct preview){
        .api = explanation->setup.api,
        .account_id = config->account_id == NULL ? "" : config->account_id,
        .mask = mask,
    };
    if (explanation->request->dead_letter) {
        write_letter(explanation);
    }
    write_message(explanation);
    mapping_explain(explanation->mapping, &explanation->message, &settings, &explanation->arena,
                    &explanation->out, &result);
    if (result.outcome == MAPPING_MAPPED) {
        write_requests(explanation, &result);
    }
    return print(explanation);
}

/* ---- the command ------------------------------------------------------------------------------ */

static int explain_message(struct explanation *explanation)
{
    const struct explain_request *request = explanation->request;
    int code = open_topic(explanation);

    code = code == EXIT_OK ? fetch(explanation) : code;
    if (code == EXIT_OK && request->value) {
        struct slice value = explanation->message.value;

        fwrite(value.data, 1, value.size, stdout);
        return EXIT_OK;
    }
    code = code == EXIT_OK && request->dead_letter ? open_letter(explanation) : code;
    code = code == EXIT_OK ? find_mapping(explanation) : code;
    return code == EXIT_OK ? write_explanation(explanation) : code;
}

static int explain(const struct explain_request *request)
{
    struct explanation explanation = {.request = request};
    struct error_list errors = {0};
    bool valid = setup_load(request->config, &explanation.setup, &errors);
    int code = app_report(&errors);

    error_list_done(&errors);
    if (valid) {
        arena_init(&explanation.arena, 0);
        mask_init(&explanation.mask, &explanation.arena);
        buffer_init(&explanation.out, OUTPUT_MAX);
        code = explain_message(&explanation);
        buffer_done(&explanation.out);
        arena_done(&explanation.arena);
    }
    range_free(explanation.range);
    mapping_free(explanation.own);
    setup_release(&explanation.setup);
    return code;
}

/* A number that is not negative. */
static bool read_operand(const char *what, const char *text, int64_t max, int64_t *ret_number)
{
    if (app_integer(text, ret_number) && *ret_number >= 0 && *ret_number <= max) {
        return true;
    }
    (void)app_usage(&command_explain, "%s: a number is wanted as %s", text, what);
    return false;
}

/* [TOPIC] PARTITION OFFSET */
static int read_operands(struct explain_request *request, int count, char **operands)
{
    int wanted = request->dead_letter ? 2 : 3;

    if (count != wanted) {
        return app_usage(&command_explain, "%s wanted, and there %s %d",
                         request->dead_letter ? "PARTITION and OFFSET of the dead letter are"
                                              : "TOPIC, PARTITION and OFFSET are",
                         count == 1 ? "is" : "are", count);
    }
    if (!request->dead_letter) {
        request->topic = *operands++;
    }
    return read_operand("the partition", operands[0], INT32_MAX, &request->partition) &&
                   read_operand("the offset", operands[1], INT64_MAX - 1, &request->offset)
               ? EXIT_OK
               : EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    struct explain_request request = {0};
    const struct argument arguments[] = {
        {.name = "config", .letter = 'c', .value = &request.config},
        {.name = "dead-letter", .letter = 'd', .flag = &request.dead_letter},
        {.name = "mapping", .letter = 'm', .value = &request.mapping},
        {.name = "show-personal", .letter = 'P', .flag = &request.show_personal},
        {.name = "value", .letter = 'v', .flag = &request.value},
    };
    int operand = app_arguments(&command_explain, argc, argv, arguments,
                                sizeof arguments / sizeof arguments[0]);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (request.config == NULL) {
        return app_usage(&command_explain, "--config FILE is missing");
    }
    int code = read_operands(&request, argc - operand, argv + operand);

    return code == EXIT_OK ? explain(&request) : code;
}

const struct command command_explain = {
    "explain",
    "show what becomes of one message in Kafka, and why",
    "usage: rokt-relay explain --config FILE TOPIC PARTITION OFFSET\n"
    "       rokt-relay explain --config FILE --dead-letter PARTITION OFFSET\n"
    "\n"
    "Fetches the message, and prints what each condition and each field is made of, why a field\n"
    "is left out, what it becomes, and the request that takes it to Rokt. No group is joined,\n"
    "nothing is committed and nothing is sent. Of a dead letter it also prints what its headers\n"
    "say, and maps it with the place where it was read first, so that ids are the same.\n"
    "\n"
    "Personal values are shown as ***: the fields that rokt-relay fields calls personal, whatever\n"
    "they are made of, and custom attributes and metadata.\n"
    "\n"
    "  -c, --config FILE     the configuration (YAML)\n"
    "  -d, --dead-letter     the message is on the dead-letter topic\n"
    "  -m, --mapping FILE    map it with this file, and not with that of the topic's route\n"
    "  -P, --show-personal   show personal values\n"
    "  -v, --value           print the value of the message alone, byte for byte, with all that "
    "is\n"
    "                        personal in it: to try rokt-relay map on it, or to make a test of it\n"
    "  -h, --help            this help\n"
    "\n"
    "Exit code 0 whatever becomes of the message, 1 when it cannot be fetched, 2 when the command\n"
    "line is not understood, 3 when the configuration or a mapping has errors.\n",
    run,
};
