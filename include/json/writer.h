/* writer: JSON text into a buffer, piece by piece.
 *
 * The caller puts the punctuation, since it mostly stands in literals that were made beforehand
 * ({"name":"amount","value":"); these write the parts that vary. */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "base/buffer.h"
#include "json/value.h"

enum json_charset {
    JSON_UTF8, /* only what must be escaped is */
    JSON_ASCII /* everything above U+007E as \uXXXX, with surrogate pairs */
};

/* A string with its quotes. `text` must be valid UTF-8. */
void json_write_string(struct buffer *buffer, struct slice text, enum json_charset charset);

/* The same without the quotes. */
void json_write_escaped(struct buffer *buffer, struct slice text, enum json_charset charset);

/* A whole tree, compact, numbers with the digits they came with. */
void json_write_value(struct buffer *buffer, const struct json_value *value,
                      enum json_charset charset);

#endif
