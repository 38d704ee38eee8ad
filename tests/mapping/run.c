/* Runs one case of tests/mapping, a folder:
 *
 *     mapping.yaml    the mapping
 *     order.json      the message's value, any bytes; without it the message is a tombstone
 *     message.json    the rest of the record: {"topic", "partition", "offset", "timestamp", "key", "headers": [["name",
 *                     "value"], …]}; may be left out
 *     expected.json   what `rokt-relay map` would print
 *     explain.txt     what `rokt-relay map --explain` would print, without colours; may be left out
 *     *.csv           tables of the mapping
 *     error.txt      the errors and warnings of compiling, as shown to users; without it there must be none
 *
 * Either expected.json or error.txt may be left out: a mapping that does not compile has no
 * result. Exit code 0 when all is as expected; else what was got instead is printed. With
 * ROKT_RELAY_UPDATE in the environment explain.txt and error.txt are written anew, where there is one. */
#include "json/reader.h"
#include "mapping/explain.h"
#include "support/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_MAX (4 * 1024 * 1024)
#define HEADERS_MAX 16

static const struct json_value *read_json(struct slice text, struct arena *arena, const char *name)
{
    const struct json_value *value = NULL;
    struct error error;
    if (!json_read(text, arena, &value, &error)) {
        (void)fprintf(stderr, "%s: %s\n", name, error.text);
        exit(2);
    }
    return value;
}

static long long number_of(const struct json_value *record, const char *name, long long standard)
{
    const struct json_value *number = json_member(record, slice_of(name));
    return number == NULL ? standard : strtoll(number->text.data, NULL, 10);
}

static struct slice text_of(const struct json_value *record, const char *name, const char *standard)
{
    const struct json_value *text = json_member(record, slice_of(name));
    return text == NULL ? slice_of(standard) : text->text;
}

/* The record around the value. */
static void fill_message(const struct json_value *record, struct message_header *headers,
                         struct message *message)
{
    message->topic = text_of(record, "topic", "orders");
    message->partition = (int32_t)number_of(record, "partition", 0);
    message->offset = number_of(record, "offset", 0);
    message->timestamp_ms = number_of(record, "timestamp", 1795428180125);
    message->key = text_of(record, "key", NULL);
    message->headers = headers;
    const struct json_value *list = json_member(record, SLICE("headers"));
    for (const struct json_value *pair = list == NULL ? NULL : list->first;
         pair != NULL && message->header_count < HEADERS_MAX; pair = pair->next) {
        headers[message->header_count++] =
            (struct message_header){json_item(pair, 0)->text, json_item(pair, 1)->text};
    }
}

/* For whoever changed what is said, and means it. */
static bool update(const char *name, struct slice text)
{
    FILE *file = fopen(name, "wbe");
    bool written = file != NULL && fwrite(text.data, 1, text.size, file) == text.size;
    return file != NULL && fclose(file) == 0 && written;
}

/* Whether the part holds just that text. */
static bool check_text(const char *name, struct slice got)
{
    struct slice expected = shared_read_file(name);
    bool same = slice_equal(expected, got);
    if (!same && expected.data != NULL && getenv("ROKT_RELAY_UPDATE") != NULL) {
        same = update(name, got);
    }
    if (!same) {
        (void)printf("%s does not say what is said:\n%.*s", name, SLICE_PRINT(got));
    }
    free((void *)(uintptr_t)expected.data);
    return same;
}

static bool check_errors(const struct error_list *errors)
{
    struct buffer got;
    buffer_init(&got, OUTPUT_MAX);
    error_list_write(errors, &got);
    bool same = check_text("error.txt", buffer_slice(&got));
    buffer_done(&got);
    return same;
}

static bool check_result(const struct mapping_result *result, struct arena *arena)
{
    struct slice expected = shared_read_file("expected.json");
    struct buffer got;
    buffer_init(&got, OUTPUT_MAX);
    mapping_result_write(result, &got);
    bool same =
        expected.data != NULL && json_equal(read_json(expected, arena, "expected.json"),
                                            read_json(buffer_slice(&got), arena, "the result"));
    if (!same) {
        (void)printf("%s:\n%.*s\n",
                     expected.data == NULL ? "there is no expected.json, and this is got"
                                           : "expected.json is not what is got",
                     SLICE_PRINT(buffer_slice(&got)));
    }
    buffer_done(&got);
    free((void *)(uintptr_t)expected.data);
    return same;
}

/* The run that is written down gives the same result. */
static bool check_explanation(const struct mapping *mapping, const struct message *message,
                              struct arena *arena)
{
    struct slice expected = shared_read_file("explain.txt");
    struct mapping_result result;
    struct buffer got;
    buffer_init(&got, OUTPUT_MAX);
    mapping_explain(mapping, message, &(struct explain_settings){0}, arena, &got, &result);
    bool same = check_result(&result, arena);
    if (expected.data != NULL) {
        same = check_text("explain.txt", buffer_slice(&got)) && same;
    }
    buffer_done(&got);
    free((void *)(uintptr_t)expected.data);
    return same;
}

#define TELLING 5 /* bytes; what is shorter may stand anywhere by chance */

/* The text as small letters. */
static struct slice lower(struct slice text, struct arena *arena)
{
    char *bytes = arena_alloc(arena, text.size);
    for (size_t i = 0; i < text.size; i++) {
        bytes[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32 : text.data[i]);
    }
    return (struct slice){bytes, text.size};
}

/* A personal value that the mapping itself holds is its author's. */
static bool tells(struct slice text, struct slice mapping_text, struct slice value,
                  struct arena *arena)
{
    value = lower(value, arena);
    return value.size >= TELLING && slice_find(text, value) != SIZE_MAX &&
           slice_find(lower(mapping_text, arena), value) == SIZE_MAX;
}

/* What is explained with a mask holds no personal value of the conversions. */
static bool check_mask(const struct mapping *mapping, struct slice mapping_text,
                       const struct message *message, struct arena *arena)
{
    struct mapping_result result;
    struct mask mask;
    struct buffer got;
    bool good = true;
    mask_init(&mask, arena);
    buffer_init(&got, OUTPUT_MAX);
    mapping_explain(mapping, message, &(struct explain_settings){.mask = &mask}, arena, &got,
                    &result);
    struct slice text = lower(buffer_slice(&got), arena);
    for (size_t i = 0; i < result.count * FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)(i % FIELD_COUNT));
        struct slice value = result.conversions[i / FIELD_COUNT].fields[i % FIELD_COUNT];
        if (info->personal && tells(text, mapping_text, value, arena)) {
            (void)printf("the explanation with a mask tells %s:\n%.*s\n", info->name,
                         SLICE_PRINT(buffer_slice(&got)));
            good = false;
        }
    }
    buffer_done(&got);
    return good;
}

static bool check_message(const struct mapping *mapping, struct slice mapping_text,
                          struct arena *arena)
{
    struct message_header headers[HEADERS_MAX];
    struct message message = {.value = shared_read_file("order.json")};
    struct slice record = shared_read_file("message.json");
    struct mapping_result result;
    fill_message(record.data == NULL ? NULL : read_json(record, arena, "message.json"), headers,
                 &message);
    mapping_run(mapping, &message, arena, &result);
    bool good = check_result(&result, arena);
    good = good && check_explanation(mapping, &message, arena) &&
           check_mask(mapping, mapping_text, &message, arena);
    free((void *)(uintptr_t)record.data);
    free((void *)(uintptr_t)message.value.data);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: mapping_run FOLDER\n");
        return 2;
    }
    struct slice text = {NULL, 0};
    if (chdir(argv[1]) == 0) {
        text = shared_read_file("mapping.yaml");
    }
    if (text.data == NULL) {
        (void)fprintf(stderr, "%s/mapping.yaml cannot be read\n", argv[1]);
        return 2;
    }
    struct error_list errors = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct document *document = document_read("mapping.yaml", text, &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    bool good = check_errors(&errors);
    if (mapping != NULL) {
        good = check_message(mapping, text, &arena) && good;
    }
    mapping_free(mapping);
    document_free(document);
    error_list_done(&errors);
    arena_done(&arena);
    free((void *)(uintptr_t)text.data);
    return good ? 0 : 1;
}
