/* Any bytes as a YAML file: it is read or refused with an error, and what is read can be pointed at. The
 * walk through raw scalars is checked against what libyaml made of them, byte by byte. */
#include "config/document.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The byte in the file that a place points at; lines end with LF or CRLF. */
static char byte_at(const struct document *document, struct place place)
{
    struct slice text = document_source(document)->text;
    size_t at = 0;
    for (size_t line = 1; line < place.line; line++) {
        at += slice_find(slice_part(text, at, text.size), SLICE("\n")) + 1;
    }
    for (size_t column = 1; column < place.column; column++) {
        size_t step = slice_decode(slice_part(text, at, text.size), NULL);
        demand(step > 0);
        at += step;
    }
    return at < text.size ? text.data[at] : '\0';
}

/* Whether the character is written as itself wherever it stands. */
static bool is_plain(char byte)
{
    return byte != ' ' && byte != '\n' && byte != '\\' && byte != '\'' && byte != '"' &&
           ((unsigned char)byte & 0xC0) != 0x80;
}

static void check_places(const struct document *document, const struct node *scalar)
{
    size_t size =
        scalar->text.size < 200 ? scalar->text.size : 200; /* each place is searched anew */
    for (size_t i = 0; i < size; i++) {
        struct place place = document_place(document, scalar, i, 1);
        demand(place.line >= scalar->place.line && place.length >= 1);
        char found = byte_at(document, place);
        bool escaped = found == '\\' || scalar->text.data[i] == '\t';
        bool hidden = found == '*'; /* what may be a secret */
        demand(escaped || hidden || !is_plain(scalar->text.data[i]) ||
               found == scalar->text.data[i]);
    }
    struct place place = document_place(document, scalar, scalar->text.size, 1);
    demand(place.line >= scalar->place.line);
}

/* The depth is bounded by DOCUMENT_DEPTH_MAX. */
static void check_node(const struct document *document, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        demand(node->text.data[node->text.size] == '\0');
        check_places(document, node);
    }
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        check_node(document, child);
        count++;
    }
    demand(count == node->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error_list errors = {0};
    struct slice text = {(const char *)data, size};
    struct document *document = document_read("fuzz.yaml", text, &errors);
    bool whole = document != NULL && document_is_whole(document);
    demand(whole == (errors.errors == 0));
    if (document != NULL && document_root(document) != NULL) {
        check_node(document, document_root(document));
    }
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX - 1);
    error_list_write(&errors, &buffer);
    demand(slice_is_utf8(buffer_slice(&buffer)));
    buffer_done(&buffer);
    document_free(document);
    error_list_done(&errors);
    return 0;
}
