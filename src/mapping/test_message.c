/* The messages of a mapping's tests: the value, and what the record brings along. */
#include "base/memory.h"
#include "base/timestamp.h"
#include "config/amount.h"
#include "config/file.h"
#include "json/reader.h"
#include "json/writer.h"
#include "test_plan.h"

#include <stdlib.h>

/* --- The value ------------------------------------------------------------------------------- */

/* A plain scalar that is a word or a number of JSON stays one, with its digits; all else is a text. */
static void write_scalar(const struct node *node, struct arena *scratch, struct buffer *buffer)
{
    const struct json_value *value = NULL;
    struct error ignored;
    arena_reset(scratch);
    if (node_is_null(node)) {
        buffer_append(buffer, SLICE("null"));
    } else if (!node->quoted && json_read(node->text, scratch, &value, &ignored)) {
        buffer_append(buffer, node->text);
    } else {
        json_write_string(buffer, node->text, JSON_UTF8);
    }
}

/* The nodes as JSON text. The recursion is as deep as a document may be. */
static void write_node(const struct node *node, struct arena *scratch, struct buffer *buffer)
{
    if (node->kind == NODE_SCALAR) {
        write_scalar(node, scratch, buffer);
        return;
    }
    bool object = node->kind == NODE_MAPPING;
    buffer_append_byte(buffer, object ? '{' : '[');
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (child != node->first) {
            buffer_append_byte(buffer, ',');
        }
        if (object) {
            json_write_string(buffer, child->key, JSON_UTF8);
            buffer_append_byte(buffer, ':');
        }
        write_node(child, scratch, buffer);
    }
    buffer_append_byte(buffer, object ? '}' : ']');
}

static void compile_inline(struct compiler *compiler, const struct node *node, struct test *test)
{
    struct arena scratch;
    struct buffer buffer;
    arena_init(&scratch, 0);
    buffer_init(&buffer, PLAN_MESSAGE_BYTES_MAX);
    write_node(node, &scratch, &buffer);
    if (buffer.failed) {
        compiler_error(compiler, node->place, NULL, "the message is larger than %d bytes",
                       PLAN_MESSAGE_BYTES_MAX);
    } else {
        test->message.value = arena_copy(compiler_arena(compiler), buffer_slice(&buffer));
    }
    buffer_done(&buffer);
    arena_done(&scratch);
}

/* A text that begins like JSON is the message as it is; another is the name of a file. */
static void compile_text(struct compiler *compiler, const struct node *node, struct test *test)
{
    struct slice text = slice_trim(node->text);
    if (text.size == 0) {
        compiler_error(compiler, node->place, NULL,
                       "a message is not blank: null is one without a value");
        return;
    }
    if (slice_starts_with(text, SLICE("{")) || slice_starts_with(text, SLICE("["))) {
        test->message.value = arena_copy(compiler_arena(compiler), node->text);
        return;
    }
    char *path = file_resolve(document_source(compiler->document)->name, node->text.data);
    test->file = arena_string(compiler_arena(compiler), slice_of(path));
    free(path);
}

static void compile_value(struct compiler *compiler, const struct node *node, struct test *test)
{
    if (node->kind != NODE_SCALAR) {
        compile_inline(compiler, node, test);
    } else if (!node_is_null(node)) {
        compile_text(compiler, node, test);
    }
}

/* --- The record ------------------------------------------------------------------------------ */

/* The text of a scalar; no bytes at all when it is null. */
static struct slice optional_text(struct compiler *compiler, const struct node *node)
{
    if (!compiler_need(compiler, node, NODE_SCALAR, "a text") || node_is_null(node)) {
        return (struct slice){NULL, 0};
    }
    return (struct slice){arena_string(compiler_arena(compiler), node->text), node->text.size};
}

/* A whole number from 0 on. */
static int64_t whole_number(struct compiler *compiler, const struct node *node, int64_t max)
{
    int64_t number = 0;
    if (node->kind != NODE_SCALAR || !amount_parse(AMOUNT_NUMBER, node->text, &number) ||
        number > max) {
        compiler_error(compiler, node->place, NULL, "%.*s is a whole number from 0 to %lld",
                       SLICE_PRINT(node->key), (long long)max);
        return 0;
    }
    return number;
}

static int64_t record_time(struct compiler *compiler, const struct node *node)
{
    int64_t ms = -1;
    bool good = node->kind == NODE_SCALAR &&
                (amount_parse(AMOUNT_NUMBER, node->text, &ms) ||
                 timestamp_parse(slice_trim(node->text), NULL, &ms) == MOMENT_FINE);
    if (!good || ms < 0 || ms > MOMENT_MAX_MS) {
        compiler_error(compiler, node->place, "2026-11-23T10:03:00Z, or 1795428180125",
                       "timestamp is a time of RFC 3339, or milliseconds since 1970");
    }
    return ms;
}

static void compile_headers(struct compiler *compiler, const struct node *node,
                            struct message *message)
{
    if (!compiler_need(compiler, node, NODE_MAPPING, "a mapping of headers to texts")) {
        return;
    }
    struct message_header *headers =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *headers);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        headers[message->header_count].name = arena_copy(compiler_arena(compiler), child->key);
        headers[message->header_count++].value = optional_text(compiler, child);
    }
    message->headers = headers;
}

void compiler_test_message(struct compiler *compiler, const struct node *node, struct test *test)
{
    const struct node *value = node_child(node, "message");
    const struct node *key = node_child(node, "key");
    const struct node *headers = node_child(node, "headers");
    const struct node *topic = node_child(node, "topic");
    const struct node *partition = node_child(node, "partition");
    const struct node *offset = node_child(node, "offset");
    const struct node *timestamp = node_child(node, "timestamp");
    struct message *message = &test->message;
    message->topic = topic == NULL ? SLICE("orders") : optional_text(compiler, topic);
    message->timestamp_ms = timestamp == NULL ? -1 : record_time(compiler, timestamp);
    if (key != NULL) {
        message->key = optional_text(compiler, key);
    }
    if (partition != NULL) {
        message->partition = (int32_t)whole_number(compiler, partition, INT32_MAX);
    }
    if (offset != NULL) {
        message->offset = whole_number(compiler, offset, INT64_MAX);
    }
    if (headers != NULL) {
        compile_headers(compiler, headers, message);
    }
    if (value != NULL) {
        compile_value(compiler, value, test);
    } else {
        compiler_error(compiler, node->place,
                       "message: {…}, the name of its file, or null for a tombstone",
                       "the test has no message");
    }
}
