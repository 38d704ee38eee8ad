#include "config/reference.h"

#include "base/memory.h"
#include "config/file.h"

#include <stdlib.h>

#define OPENING SLICE("${")
#define ESCAPED SLICE("$${")

static struct reference broken(struct reference reference, const char *problem, const char *hint)
{
    reference.kind = REFERENCE_BROKEN;
    reference.problem = problem;
    reference.hint = hint;
    return reference;
}

static bool is_variable_byte(char byte, bool first)
{
    bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
    return letter || (!first && byte >= '0' && byte <= '9');
}

static bool is_variable(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (!is_variable_byte(name.data[i], i == 0)) {
            return false;
        }
    }
    return name.size > 0;
}

/* `rest` is what stands behind "env:". */
static struct reference variable(struct reference reference, struct slice rest)
{
    size_t colon = slice_find(rest, SLICE(":-"));
    reference.kind = REFERENCE_ENV;
    reference.text = slice_part(rest, 0, colon);
    if (colon != SIZE_MAX) {
        reference.has_standard = true;
        reference.standard = slice_part(rest, colon + 2, rest.size);
    }
    if (!is_variable(reference.text)) {
        return broken(
            reference, "this is no name of an environment variable",
            "write ${env:NAME} or ${env:NAME:-default}; a name has letters, digits and _");
    }
    return reference;
}

/* `rest` is what stands behind "file:". */
static struct reference file(struct reference reference, struct slice rest)
{
    reference.kind = REFERENCE_FILE;
    reference.text = rest;
    if (rest.size == 0) {
        return broken(reference, "the path of the file is missing", "write ${file:PATH}");
    }
    return reference;
}

/* `rest` begins with the opening. */
static struct reference read_reference(struct slice rest, size_t at)
{
    struct reference reference = {.from = at, .size = rest.size};
    size_t end = slice_find(rest, SLICE("}"));
    if (end == SIZE_MAX) {
        return broken(reference, "this reference is never closed",
                      "close it with }, or write $${ for a plain ${");
    }
    reference.size = end + 1;
    struct slice body = slice_part(rest, OPENING.size, end - OPENING.size);
    if (slice_starts_with(body, SLICE("env:"))) {
        return variable(reference, slice_part(body, 4, body.size));
    }
    if (slice_starts_with(body, SLICE("file:"))) {
        return file(reference, slice_part(body, 5, body.size));
    }
    return broken(
        reference, "an unknown kind of reference",
        "known are ${env:NAME}, ${env:NAME:-default} and ${file:PATH}; $${ is a plain ${");
}

/* How many bytes stand before the next piece that is not plain text. */
static size_t text_size(struct slice rest)
{
    size_t size = slice_find(rest, OPENING);
    if (size == SIZE_MAX) {
        return rest.size;
    }
    bool escaped = size > 0 && rest.data[size - 1] == '$';
    return escaped ? size - 1 : size;
}

struct reference reference_next(struct slice value, size_t at)
{
    struct slice rest = slice_part(value, at, value.size);
    if (rest.size == 0) {
        return (struct reference){.kind = REFERENCE_END, .from = at};
    }
    if (slice_starts_with(rest, ESCAPED)) {
        return (struct reference){
            .kind = REFERENCE_TEXT, .from = at, .size = ESCAPED.size, .text = OPENING};
    }
    if (slice_starts_with(rest, OPENING)) {
        return read_reference(rest, at);
    }
    size_t size = text_size(rest);
    return (struct reference){
        .kind = REFERENCE_TEXT, .from = at, .size = size, .text = slice_part(rest, 0, size)};
}

bool reference_none(struct slice value)
{
    return slice_find(value, OPENING) == SIZE_MAX;
}

/* One value that is being put together. */
struct expansion {
    const struct document *document;
    const struct node *scalar;
    struct error_list *errors;
    struct buffer buffer;
};

static void refuse(const struct expansion *expansion, const struct reference *reference,
                   const char *problem, const char *hint)
{
    struct place place =
        document_place(expansion->document, expansion->scalar, reference->from, reference->size);
    document_error(expansion->document, expansion->errors, place, hint, "%s", problem);
}

/* What came from outside may hold anything. */
static bool append_foreign(struct expansion *expansion, const struct reference *reference,
                           struct slice bytes)
{
    if (!slice_is_utf8(bytes)) {
        refuse(expansion, reference, "what this stands for is not UTF-8", NULL);
        return false;
    }
    buffer_append(&expansion->buffer, bytes);
    return true;
}

static bool append_variable(struct expansion *expansion, const struct reference *reference)
{
    char *name = memory_string(reference->text);
    struct slice value = slice_of(getenv(name));
    bool known = getenv(name) != NULL;
    free(name);
    if (value.size == 0 && reference->has_standard) {
        buffer_append(&expansion->buffer, reference->standard);
        return true;
    }
    if (!known) {
        refuse(expansion, reference, "this environment variable is not set",
               "set it, or give a default: ${env:NAME:-default}");
        return false;
    }
    return append_foreign(expansion, reference, value);
}

static struct slice without_line_end(struct slice text)
{
    if (slice_ends_with(text, SLICE("\n"))) {
        text.size--;
        text.size -= slice_ends_with(text, SLICE("\r"));
    }
    return text;
}

static bool append_file(struct expansion *expansion, const struct reference *reference)
{
    char *name = memory_string(reference->text);
    char *path = file_resolve(document_source(expansion->document)->name, name);
    struct buffer content;
    buffer_init(&content, REFERENCE_VALUE_MAX);
    struct error error;
    bool read = file_read(path, &content, &error);
    if (read) {
        struct slice bytes = without_line_end(buffer_slice(&content));
        read = append_foreign(expansion, reference, bytes);
    } else {
        error_prefix(&error, "cannot read the file");
        refuse(expansion, reference, error.text,
               "a path that does not begin with / starts at the folder of this file");
    }
    buffer_done(&content);
    free(path);
    free(name);
    return read;
}

static bool append_piece(struct expansion *expansion, const struct reference *reference)
{
    switch (reference->kind) {
    case REFERENCE_ENV:
        return append_variable(expansion, reference);
    case REFERENCE_FILE:
        return append_file(expansion, reference);
    case REFERENCE_BROKEN:
        refuse(expansion, reference, reference->problem, reference->hint);
        return false;
    default:
        buffer_append(&expansion->buffer, reference->text);
        return true;
    }
}

/* All pieces are tried, so that all errors are shown. */
static bool append_pieces(struct expansion *expansion)
{
    struct slice text = expansion->scalar->text;
    bool fine = true;
    struct reference reference = reference_next(text, 0);
    while (reference.kind != REFERENCE_END) {
        fine = append_piece(expansion, &reference) && fine;
        reference = reference_next(text, reference.from + reference.size);
    }
    return fine;
}

/* Whether what was put together can be a string in C. */
static bool check_expansion(const struct expansion *expansion)
{
    struct place place = expansion->scalar->place;
    struct slice value = buffer_slice(&expansion->buffer);
    if (expansion->buffer.failed) {
        document_error(expansion->document, expansion->errors, place, NULL,
                       "the value has more than %d bytes", REFERENCE_VALUE_MAX);
        return false;
    }
    if (slice_find(value, (struct slice){"", 1}) != SIZE_MAX) {
        document_error(expansion->document, expansion->errors, place, NULL,
                       "the value holds a NUL byte");
        return false;
    }
    return true;
}

char *reference_expand(const struct document *document, const struct node *scalar,
                       struct error_list *errors)
{
    struct expansion expansion = {.document = document, .scalar = scalar, .errors = errors};
    buffer_init(&expansion.buffer, REFERENCE_VALUE_MAX);
    char *value = NULL;
    if (append_pieces(&expansion) && check_expansion(&expansion)) {
        value = memory_string(buffer_slice(&expansion.buffer));
    }
    buffer_done(&expansion.buffer);
    return value;
}

/* A default for a secret is a secret too. */
static void hide_piece(struct document *document, const struct node *scalar,
                       const struct reference *reference)
{
    if (reference->kind == REFERENCE_TEXT || reference->kind == REFERENCE_BROKEN) {
        document_hide(document, scalar, reference->from, reference->size);
    } else if (reference->has_standard) {
        size_t from = (size_t)(reference->standard.data - scalar->text.data);
        document_hide(document, scalar, from, reference->standard.size);
    }
}

void reference_hide(struct document *document, const struct node *node)
{
    if (node->kind != NODE_SCALAR) {
        document_hide(document, node, 0, SIZE_MAX);
        return;
    }
    struct reference reference = reference_next(node->text, 0);
    while (reference.kind != REFERENCE_END) {
        hide_piece(document, node, &reference);
        reference = reference_next(node->text, reference.from + reference.size);
    }
}
