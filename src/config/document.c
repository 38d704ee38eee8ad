#include "config/document.h"

#include "base/arena.h"
#include "base/memory.h"
#include "composer.h"
#include "config/file.h"
#include "config/reference.h"
#include "lines.h"
#include "scalar.h"
#include "secret.h"
#include "syntax.h"

#include <stdarg.h>
#include <stdlib.h>

#define BYTE_ORDER_MARK SLICE("\xEF\xBB\xBF")

struct document {
    struct arena arena; /* nodes, keys and texts */
    struct lines lines; /* of the file as it is, less a byte order mark */
    char *shown;        /* the same text, with what is hidden made unreadable */
    struct source source;
    struct node *root;
    bool whole;
};

/* In the file, not in the scalar. */
static struct scalar_span find_span(const struct document *document, const struct node *scalar,
                                    size_t offset, size_t size)
{
    struct slice raw = slice_part(document->lines.text, scalar->from, scalar->to - scalar->from);
    struct scalar_span span = scalar_find(raw, scalar->text, offset, size);
    return (struct scalar_span){scalar->from + span.from, scalar->from + span.to};
}

struct place document_place(const struct document *document, const struct node *scalar,
                            size_t offset, size_t size)
{
    struct scalar_span span = find_span(document, scalar, offset, size);
    return lines_place(&document->lines, span.from, span.to);
}

/* What is to be added; past the limit, one last error says that there is more. */
struct finding {
    enum error_grade grade;
    struct place place;
    const char *hint;
};

__attribute__((format(printf, 4, 0))) static void add_finding(const struct document *document,
                                                              struct error_list *errors,
                                                              const struct finding *finding,
                                                              const char *format, va_list arguments)
{
    if (errors->count > DOCUMENT_ERRORS_MAX) {
        return;
    }
    if (errors->count == DOCUMENT_ERRORS_MAX) {
        error_list_add(errors, ERROR_GRADE_ERROR, &document->source, (struct place){0},
                       "there are more errors, which are not shown", "correct these first");
        return;
    }
    struct buffer message;
    buffer_init(&message, SIZE_MAX - 1);
    buffer_vprintf(&message, format, arguments);
    buffer_append_byte(&message, '\0');
    error_list_add(errors, finding->grade, &document->source, finding->place, message.data,
                   finding->hint);
    buffer_done(&message);
}

void document_error(const struct document *document, struct error_list *errors, struct place place,
                    const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_finding(document, errors, &(struct finding){ERROR_GRADE_ERROR, place, hint}, format,
                arguments);
    va_end(arguments);
}

void document_warning(const struct document *document, struct error_list *errors,
                      struct place place, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_finding(document, errors, &(struct finding){ERROR_GRADE_WARNING, place, hint}, format,
                arguments);
    va_end(arguments);
}

/* What takes the place of a character that takes `size` bytes: as many bytes, so that nothing moves. */
static struct slice mask_of(size_t size)
{
    static const struct slice masks[] = {
        {"*", 1}, {"\xC2\xB7", 2}, {"\xE2\x80\xA2", 3}, {"\xF0\x9F\x94\x92", 4}};
    return masks[size - 1];
}

/* Blanks and line ends stay, so that lines keep their shape. */
static void hide_bytes(struct document *document, size_t from, size_t to)
{
    for (size_t at = from; at < to;) {
        struct slice rest = slice_part(document->lines.text, at, document->lines.text.size);
        size_t size = slice_decode(rest, NULL);
        size = size == 0 ? 1 : size; /* what is not UTF-8 */
        if (slice_trim(slice_part(rest, 0, 1)).size > 0) {
            memcpy(document->shown + at, mask_of(size).data, size);
        }
        at += size;
    }
}

void document_hide(struct document *document, const struct node *node, size_t offset, size_t size)
{
    if (size == 0) {
        return;
    }
    struct scalar_span span = {node->from, node->to};
    if (node->kind == NODE_SCALAR) {
        span = find_span(document, node, offset, size);
    }
    hide_bytes(document, span.from, span.to);
}

/* While there are no nodes that say what is a secret, the names on the lines must do. This comes before
 * any error, so that none shows a line as it stands. */
static void hide_by_lines(struct document *document)
{
    struct secret_scan scan = {.lines = &document->lines};
    size_t from = 0;
    size_t to = 0;
    while (secret_next(&scan, &from, &to)) {
        hide_bytes(document, from, to);
    }
}

/* What a key's name, or the value itself, shows to be a secret. The recursion is as deep as a document may
 * be. */
static void hide_by_names(struct document *document, const struct node *node)
{
    if (node->kind == NODE_SCALAR && secret_is_value(node->text)) {
        reference_hide(document, node);
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (secret_is_name(child->key)) {
            reference_hide(document, child);
        } else {
            hide_by_names(document, child);
        }
    }
}

/* Behind a value that is shown, somebody may have kept another one. */
static void hide_comments(struct document *document)
{
    for (size_t line = 0; line < document->lines.count; line++) {
        struct slice text = lines_text(&document->lines, line);
        size_t at = slice_find(text, SLICE(" #"));
        if (at != SIZE_MAX && secret_is_value(slice_part(text, at, text.size))) {
            size_t start = document->lines.starts[line];
            hide_bytes(document, start + at + 2, start + text.size);
        }
    }
}

/* The nodes know better than the lines what is a secret, and what is a reference to one. */
static void hide_by_nodes(struct document *document)
{
    if (document->root != NULL) {
        memcpy(document->shown, document->lines.text.data, document->lines.text.size);
        hide_by_names(document, document->root);
        hide_comments(document);
    }
}

/* Not before the secrets among them are hidden. The recursion is as deep as a document may be. */
static void drop_repeated(struct node *node)
{
    struct node **link = &node->first;
    while (*link != NULL) {
        if ((*link)->repeated) {
            *link = (*link)->next;
            node->count--;
        } else {
            drop_repeated(*link);
            link = &(*link)->next;
        }
    }
}

static bool is_allowed(uint32_t code_point, char next)
{
    if (code_point == '\r') {
        return next == '\n';
    }
    if (code_point < 0x20) {
        return code_point == '\t' || code_point == '\n';
    }
    bool control = code_point >= 0x7F && code_point < 0xA0;
    bool line_end = code_point == 0x2028 || code_point == 0x2029;
    bool none = code_point == 0xFEFF || code_point == 0xFFFE || code_point == 0xFFFF;
    return !control && !line_end && !none;
}

static void refuse_character(const struct document *document, struct error_list *errors, size_t at,
                             size_t size, uint32_t code_point)
{
    struct place place = lines_place(&document->lines, at, at + 1);
    if (size == 0) {
        document_error(document, errors, place, "save the file as UTF-8",
                       "these bytes are not UTF-8");
    } else if (code_point == '\r') {
        document_error(document, errors, place, "save the file with LF or CRLF as line ends",
                       "a carriage return (CR) without a line feed (LF)");
    } else {
        document_error(document, errors, place,
                       "within \"…\" it can be written as \\u and its four hex digits",
                       "the character U+%04X is not allowed here", code_point);
    }
}

/* Everything but LF and CRLF that libyaml takes for a line end is refused, so that lines are what
 * editors call lines; and NUL, which it takes for the end of the file. */
static bool check_characters(const struct document *document, struct error_list *errors)
{
    struct slice text = document->lines.text;
    for (size_t at = 0; at < text.size;) {
        uint32_t code_point = 0;
        size_t size = slice_decode(slice_part(text, at, text.size), &code_point);
        char next = at + 1 < text.size ? text.data[at + 1] : '\0';
        if (size == 0 || !is_allowed(code_point, next)) {
            refuse_character(document, errors, at, size, code_point);
            return false;
        }
        at += size;
    }
    return true;
}

static bool check_size(const struct document *document, struct error_list *errors, size_t size)
{
    if (size <= DOCUMENT_BYTES_MAX) {
        return true;
    }
    document_error(document, errors, (struct place){0}, NULL, "the file is larger than %d bytes",
                   DOCUMENT_BYTES_MAX);
    return false;
}

static void report_syntax(const struct document *document, struct error_list *errors,
                          const struct syntax_problem *problem)
{
    struct syntax_answer answer = syntax_explain(problem);
    struct place place = lines_place(&document->lines, answer.from, answer.to);
    document_error(document, errors, place, answer.hint, "%s", answer.message);
    errors->cut = true;
}

static void compose(struct document *document, struct error_list *errors)
{
    struct syntax_problem problem = {0};
    char *mended = arena_string(&document->arena, document->lines.text);
    composer_mend(&document->lines, mended);
    struct node *root =
        composer_read(document, &document->lines, mended, &document->arena, errors, &problem);
    if (problem.problem != NULL) {
        report_syntax(document, errors, &problem);
    }
    /* `---` with nothing behind it is as empty as nothing at all. */
    bool empty = root != NULL && root->kind == NODE_SCALAR && root->from == root->to;
    document->root = empty ? NULL : root;
}

static struct document *new_document(const char *name, struct slice text)
{
    struct document *document = memory_new(1, sizeof *document);
    arena_init(&document->arena, 0);
    if (slice_starts_with(text, BYTE_ORDER_MARK)) {
        text = slice_part(text, BYTE_ORDER_MARK.size, text.size);
    }
    struct slice copy = {arena_string(&document->arena, text), text.size};
    lines_init(&document->lines, copy);
    document->shown = arena_string(&document->arena, text);
    document->source.name = arena_string(&document->arena, slice_of(name));
    document->source.text = (struct slice){document->shown, text.size};
    return document;
}

struct document *document_read(const char *name, struct slice text, struct error_list *errors)
{
    bool fits = text.size <= DOCUMENT_BYTES_MAX;
    struct document *document = new_document(name, fits ? text : SLICE(""));
    size_t before = errors->errors;
    hide_by_lines(document);
    if (check_size(document, errors, text.size) && check_characters(document, errors)) {
        compose(document, errors);
    }
    document->whole = errors->errors == before;
    if (!document->whole && document->root == NULL) {
        document_free(document);
        return NULL;
    }
    hide_by_nodes(document);
    if (!document->whole) {
        drop_repeated(document->root);
    }
    return document;
}

bool document_is_whole(const struct document *document)
{
    return document->whole;
}

struct document *document_load(const char *path, struct error_list *errors)
{
    struct buffer buffer;
    buffer_init(&buffer, DOCUMENT_BYTES_MAX);
    struct error error;
    struct document *document = NULL;
    if (file_read(path, &buffer, &error)) {
        document = document_read(path, buffer_slice(&buffer), errors);
    } else {
        struct source source = {.name = path};
        error_prefix(&error, "cannot read the file");
        error_list_add(errors, ERROR_GRADE_ERROR, &source, (struct place){0}, error.text, NULL);
    }
    buffer_done(&buffer);
    return document;
}

void document_free(struct document *document)
{
    if (document == NULL) {
        return;
    }
    arena_done(&document->arena);
    lines_done(&document->lines);
    free(document);
}

const struct node *document_root(const struct document *document)
{
    return document->root;
}

const struct source *document_source(const struct document *document)
{
    return &document->source;
}

const struct node *node_child(const struct node *node, const char *key)
{
    if (node == NULL || node->kind != NODE_MAPPING) {
        return NULL;
    }
    const struct node *child = node->first;
    while (child != NULL && !slice_equal(child->key, slice_of(key))) {
        child = child->next;
    }
    return child;
}

bool node_is_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted &&
           (node->text.size == 0 || slice_equal(node->text, SLICE("~")) ||
            slice_equal(node->text, SLICE("null")));
}
