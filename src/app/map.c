#include "app.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "json/reader.h"
#include "mapping/explain.h"
#include "mapping/notice.h"
#include "preview.h"
#include "setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)256 * 1024 * 1024)
#define OUTPUT_MAX ((size_t)256 * 1024 * 1024)
#define NOTICES_MAX ((size_t)1024 * 1024)
#define CHUNK 65536
#define HEADERS_MAX 32

/* What the command line asks for. */
struct map_request {
    const char *mapping;
    bool request; /* print the request's bytes instead */
    bool explain; /* or how the result comes about */
    const char *api;
    const char *email;
    const char *environment;
    const char *account_id;
    const char *topic;
    const char *partition;
    const char *offset;
    const char *timestamp;
    const char *key;
    const char *headers[HEADERS_MAX + 1]; /* NAME=VALUE */
};

/* Everything that mapping one message after the other needs. */
struct mapper {
    struct mapping *mapping;
    struct preview preview;
    bool request;
    bool explain;
    bool colour;
    size_t count;           /* messages so far */
    struct message message; /* its value is set for each */
    struct message_header headers[HEADERS_MAX];
    struct arena arena;
    struct buffer out;
    struct buffer notices; /* of the message */
};

/* ---- mapping ---------------------------------------------------------------------------------- */

/* What whoever looks at the message should know besides. Standard output has all before it then, when
 * both are the same file. */
static void note_of_message(const struct mapper *mapper, const char *separator, struct slice note)
{
    (void)fflush(stdout);
    fprintf(stderr, "rokt-relay map: note: message %zu%s%.*s\n", mapper->count, separator,
            SLICE_PRINT(note));
}

/* What the API would refuse, or would not take today. */
static void note_undeliverable(const struct mapper *mapper, const struct mapping_result *result)
{
    struct clock clock = {0};
    struct error error;

    clock_refresh(&clock);
    if (!preview_sendable(&mapper->preview, result, clock.wall_ms, &error)) {
        note_of_message(mapper, " would not be sent: ", slice_of(error.text));
    }
}

/* The bodies of the requests, one for each account and line; dead when that cannot be. */
static void write_requests(struct mapper *mapper, struct mapping_result *ret_result)
{
    struct mapping_result dead = {.outcome = MAPPING_DEAD, .reason = "not_deliverable"};
    struct clock clock = {0};

    clock_refresh(&clock);
    if (!preview_requests(&mapper->preview, ret_result, clock.wall_ms, &mapper->out, &dead.error)) {
        mapping_result_write(&dead, &mapper->out);
        *ret_result = dead;
    }
}

static void write_result(struct mapper *mapper, struct mapping_result *ret_result)
{
    mapping_notice(mapper->mapping, &mapper->message, &mapper->arena, &mapper->notices, ret_result);
    if (mapper->request && ret_result->outcome == MAPPING_MAPPED) {
        write_requests(mapper, ret_result);
    } else {
        mapping_result_write(ret_result, &mapper->out);
    }
    buffer_append_byte(&mapper->out, '\n');
}

static void write_explanation(struct mapper *mapper, struct mapping_result *ret_result)
{
    buffer_printf(&mapper->out, "%smessage %zu\n", mapper->count > 1 ? "\n" : "", mapper->count);
    mapping_explain(mapper->mapping, &mapper->message,
                    &(struct explain_settings){.colour = mapper->colour}, &mapper->arena,
                    &mapper->out, ret_result);
}

/* On standard error, behind the result. */
static void write_notices(struct mapper *mapper, const struct mapping_result *result)
{
    struct slice rest = buffer_slice(&mapper->notices);

    while (rest.size > 0) {
        size_t end = slice_find(rest, SLICE("\n"));

        note_of_message(mapper, ": ", slice_part(rest, 0, end));
        rest = end == SIZE_MAX ? (struct slice){0} : slice_part(rest, end + 1, SIZE_MAX);
    }
    note_undeliverable(mapper, result);
}

static int map_message(struct mapper *mapper, struct slice value)
{
    struct mapping_result result;

    mapper->message.value = value;
    mapper->count++;
    arena_reset(&mapper->arena);
    buffer_reset(&mapper->out);
    buffer_reset(&mapper->notices);
    if (mapper->explain) {
        write_explanation(mapper, &result);
    } else {
        write_result(mapper, &result);
    }
    if (mapper->out.failed) {
        fputs("rokt-relay map: the result is too large to be printed\n", stderr);
        return EXIT_FAILED;
    }
    fwrite(mapper->out.data, 1, mapper->out.size, stdout);
    write_notices(mapper, &result);
    mapper->message.offset++;
    return EXIT_OK;
}

static int map_lines(struct mapper *mapper, struct slice text)
{
    while (text.size > 0) {
        size_t end = slice_find(text, SLICE("\n"));
        struct slice line = slice_part(text, 0, end);

        text = end == SIZE_MAX ? (struct slice){0} : slice_part(text, end + 1, SIZE_MAX);
        if (slice_trim(line).size > 0 && map_message(mapper, line) != EXIT_OK) {
            return EXIT_FAILED;
        }
    }
    return EXIT_OK;
}

static bool is_json(struct mapper *mapper, struct slice text)
{
    const struct json_value *value;
    struct error error;

    arena_reset(&mapper->arena);
    return json_read(text, &mapper->arena, &value, &error);
}

/* Whether the text is one message a line, as kcat prints them: the first line is a whole message though
 * the text is not. */
static bool is_lines(struct mapper *mapper, struct slice text)
{
    size_t end = slice_find(text, SLICE("\n"));

    return end != SIZE_MAX && slice_trim(slice_part(text, end, SIZE_MAX)).size > 0 &&
           !is_json(mapper, text) && is_json(mapper, slice_part(text, 0, end));
}

/* Whether something begins at the margin again in what is no JSON as a whole. */
static bool looks_like_several(struct mapper *mapper, struct slice text)
{
    bool again =
        slice_find(text, SLICE("\n{")) != SIZE_MAX || slice_find(text, SLICE("\n[")) != SIZE_MAX;

    return again && !is_json(mapper, text);
}

static int map_text(struct mapper *mapper, struct slice text)
{
    if (is_lines(mapper, text)) {
        return map_lines(mapper, text);
    }
    int code = map_message(mapper, text);

    if (looks_like_several(mapper, text)) {
        note_of_message(
            mapper, ": ",
            SLICE("if these are several, each stands on one line, as jq -c . makes it"));
    }
    return code;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool read_all(FILE *file, struct buffer *content)
{
    size_t got;

    do {
        char *room = buffer_reserve(content, CHUNK);

        if (room == NULL) {
            errno = EFBIG;
            return false;
        }
        got = fread(room, 1, CHUNK, file);
        buffer_commit(content, got);
    } while (got == CHUNK);
    return ferror(file) == 0;
}

static int map_file(struct mapper *mapper, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    struct buffer content;
    int code = EXIT_FAILED;

    buffer_init(&content, INPUT_MAX);
    if (file != NULL && read_all(file, &content)) {
        code = map_text(mapper, buffer_slice(&content));
    } else {
        fprintf(stderr, "rokt-relay map: %s: %s\n", standard ? "standard input" : path,
                strerror(errno));
    }
    buffer_done(&content);
    if (file != NULL && !standard) {
        (void)fclose(file);
    }
    return code;
}

/* ---- command line ----------------------------------------------------------------------------- */

/* Milliseconds since 1970, or RFC 3339. */
static bool read_time(const char *text, int64_t *ret_ms)
{
    return app_integer(text, ret_ms) ||
           timestamp_parse(slice_of(text), NULL, ret_ms) == MOMENT_FINE;
}

static int set_headers(const struct map_request *request, struct mapper *mapper)
{
    for (size_t i = 0; request->headers[i] != NULL; i++) {
        struct slice header = slice_of(request->headers[i]);
        size_t end = slice_find(header, SLICE("="));

        if (end == SIZE_MAX) {
            return app_usage(&command_map, "--header %s: NAME=VALUE is wanted",
                             request->headers[i]);
        }
        mapper->headers[i].name = slice_part(header, 0, end);
        mapper->headers[i].value = slice_part(header, end + 1, SIZE_MAX);
        mapper->message.header_count = i + 1;
    }
    mapper->message.headers = mapper->headers;
    return EXIT_OK;
}

/* What the message brings along beside its value. */
static int set_message(const struct map_request *request, struct mapper *mapper)
{
    struct message *message = &mapper->message;
    int64_t partition = 0;

    message->topic = slice_of(request->topic == NULL ? "orders" : request->topic);
    message->timestamp_ms = -1;
    message->key = slice_of(request->key);
    if (request->partition != NULL &&
        (!app_integer(request->partition, &partition) || partition < 0 || partition > INT32_MAX)) {
        return app_usage(&command_map, "--partition %s: a number is wanted", request->partition);
    }
    message->partition = (int32_t)partition;
    if (request->offset != NULL &&
        (!app_integer(request->offset, &message->offset) || message->offset < 0)) {
        return app_usage(&command_map, "--offset %s: a number is wanted", request->offset);
    }
    if (request->timestamp != NULL && !read_time(request->timestamp, &message->timestamp_ms)) {
        return app_usage(&command_map,
                         "--timestamp %s: milliseconds since 1970, or a time like "
                         "2026-11-23T10:03:00Z, is wanted",
                         request->timestamp);
    }
    return set_headers(request, mapper);
}

/* What standard input has can be read once. A terminal that nobody types at would look like a hang. */
static int check_operands(int argc, char **argv, int operand)
{
    int standard = 0;

    for (int i = operand; i < argc; i++) {
        standard += strcmp(argv[i], "-") == 0;
    }
    if (standard > 1) {
        return app_usage(&command_map, "- stands twice: standard input can be read once only");
    }
    if (operand == argc && isatty(STDIN_FILENO)) {
        return app_usage(&command_map, "the message's file is missing; - reads the terminal");
    }
    return EXIT_OK;
}

static int map_all(struct mapper *mapper, int argc, char **argv, int operand)
{
    int code = EXIT_OK;

    if (operand == argc) {
        return map_file(mapper, "-");
    }
    for (int i = operand; i < argc; i++) {
        int one = map_file(mapper, argv[i]);

        code = one == EXIT_OK ? code : one;
    }
    return code;
}

#define CHOICES_MAX 3

/* One of several names. */
struct choice {
    const char *option;
    const char *names[CHOICES_MAX]; /* the first is the default */
    const char *wanted;             /* all of them, in words */
};

/* By enum config_api, enum privacy_email and which environment. */
static const struct choice api_choice = {
    "api", {"event", "event-and-audience"}, "event or event-and-audience"};
static const struct choice email_choice = {
    "email", {"plain", "sha256", "both"}, "plain, sha256 or both"};
static const struct choice environment_choice = {
    "environment", {"production", "development"}, "production or development"};

/* The index of the name; CHOICES_MAX, and said what is wrong, when there is none such. */
static size_t choose(const struct choice *choice, const char *name)
{
    size_t i = 0;

    while (name != NULL && i < CHOICES_MAX &&
           (choice->names[i] == NULL || strcmp(name, choice->names[i]) != 0)) {
        i++;
    }
    if (i == CHOICES_MAX) {
        (void)app_usage(&command_map, "--%s %s: %s is wanted", choice->option, name,
                        choice->wanted);
    }
    return i;
}

/* As a configuration says it, with rokt.api, rokt.environment and privacy.email. */
static int set_api(const struct map_request *request, struct mapper *mapper)
{
    size_t api = choose(&api_choice, request->api);
    size_t email = choose(&email_choice, request->email);
    size_t environment = choose(&environment_choice, request->environment);

    if (api == CHOICES_MAX || email == CHOICES_MAX || environment == CHOICES_MAX) {
        return EXIT_USAGE;
    }
    mapper->preview.api = *setup_apis[api];
    mapper->preview.api.settings.email = (enum privacy_email)email;
    mapper->preview.api.settings.development = environment == 1;
    return EXIT_OK;
}

static int load_mapping(const struct map_request *request, struct mapper *mapper)
{
    struct error_list errors = {0};
    int code;

    mapper->mapping = setup_mapping(&mapper->preview.api, request->mapping, &errors);
    code = app_report(&errors);
    error_list_done(&errors);
    return code;
}

static int map(const struct map_request *request, int argc, char **argv, int operand)
{
    struct mapper mapper = {
        .preview.account_id = request->account_id == NULL ? "account" : request->account_id,
        .request = request->request,
        .explain = request->explain,
        .colour = app_may_colour(),
    };

    if (set_api(request, &mapper) != EXIT_OK || set_message(request, &mapper) != EXIT_OK) {
        return EXIT_USAGE;
    }
    int code = load_mapping(request, &mapper);

    if (code == EXIT_OK) {
        arena_init(&mapper.arena, 0);
        buffer_init(&mapper.out, OUTPUT_MAX);
        buffer_init(&mapper.notices, NOTICES_MAX);
        code = map_all(&mapper, argc, argv, operand);
        buffer_done(&mapper.notices);
        buffer_done(&mapper.out);
        arena_done(&mapper.arena);
    }
    mapping_free(mapper.mapping);
    return code;
}

static int run(int argc, char **argv)
{
    struct map_request request = {0};
    const struct argument arguments[] = {
        {.name = "mapping", .letter = 'm', .value = &request.mapping},
        {.name = "request", .letter = 'r', .flag = &request.request},
        {.name = "explain", .letter = 'x', .flag = &request.explain},
        {.name = "api", .letter = 'A', .value = &request.api},
        {.name = "email", .letter = 'e', .value = &request.email},
        {.name = "environment", .letter = 'E', .value = &request.environment},
        {.name = "account-id", .letter = 'a', .value = &request.account_id},
        {.name = "topic", .letter = 't', .value = &request.topic},
        {.name = "partition", .letter = 'p', .value = &request.partition},
        {.name = "offset", .letter = 'o', .value = &request.offset},
        {.name = "timestamp", .letter = 'T', .value = &request.timestamp},
        {.name = "key", .letter = 'k', .value = &request.key},
        {.name = "header", .letter = 'H', .value = request.headers, .value_max = HEADERS_MAX},
    };
    int operand =
        app_arguments(&command_map, argc, argv, arguments, sizeof arguments / sizeof arguments[0]);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (request.mapping == NULL) {
        return app_usage(&command_map, "--mapping FILE is missing");
    }
    if (request.request && request.explain) {
        return app_usage(&command_map, "--request and --explain print different things: take one");
    }
    if (request.account_id != NULL && !conversion_is_account_id(slice_of(request.account_id))) {
        return app_usage(&command_map, "--account-id: 1 to %d printable characters are wanted",
                         CONVERSION_ACCOUNT_ID_MAX);
    }
    int code = check_operands(argc, argv, operand);

    return code == EXIT_OK ? map(&request, argc, argv, operand) : code;
}

const struct command command_map = {
    "map",
    "show what a mapping makes of messages",
    "usage: rokt-relay map --mapping FILE [OPTION …] [ORDER.json …|-]\n"
    "\n"
    "Prints one line of JSON for each message: what it becomes, or why it is skipped or dead. A "
    "file is\n"
    "one message, or one message a line when its first line is a whole one; an empty one is a "
    "tombstone.\n"
    "- is standard input, which is also read when no file is named and it is no terminal. Nothing "
    "is\n"
    "sent anywhere. The output holds the orders' personal values. On standard error: which mapped "
    "fields\n"
    "found nothing, and what would not be sent because it is too old, or ahead of time.\n"
    "\n"
    "  -m, --mapping FILE        the mapping (YAML)\n"
    "  -r, --request             print the very bytes that would be sent to Rokt, a line for "
    "each\n"
    "                            account\n"
    "  -x, --explain             print how it comes about instead: what each condition and each "
    "field\n"
    "                            is made of, and why a field is left out\n"
    "  -A, --api NAME            the API that they would be sent to: event (the default) or\n"
    "                            event-and-audience\n"
    "  -e, --email HOW           what is sent of an address: plain (the default), sha256 or both\n"
    "  -E, --environment NAME    production (the default) or development, where the API has them\n"
    "  -a, --account-id ID       the account in those bytes, unless the mapping names one\n"
    "                            (default: account)\n"
    "\n"
    "What the message brings along, for expressions with kafka.* and for default ids:\n"
    "  -t, --topic NAME          default: orders\n"
    "  -p, --partition N         default: 0\n"
    "  -o, --offset N            of the first message; each further one has the next (default: 0)\n"
    "  -T, --timestamp TIME      milliseconds since 1970, or RFC 3339 (default: none)\n"
    "  -k, --key TEXT            default: none\n"
    "  -H, --header NAME=VALUE   may stand several times\n"
    "\n"
    "  -h, --help                this help\n"
    "\n"
    "Exit code 0 whatever becomes of the messages, 1 when a file cannot be read, 2 when the "
    "command\n"
    "line is not understood, 3 when the mapping has errors.\n",
    run,
};
