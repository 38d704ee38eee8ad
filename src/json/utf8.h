/* utf8: what the json room needs of Unicode beyond slices: where a text is wrong, and the escapes of
 * JSON and JSONPath, which write UTF-16 units as four hex digits. */
#ifndef JSON_UTF8_H
#define JSON_UTF8_H

#include "base/slice.h"

#include <stdint.h>

/* How many bytes at the start of `text` are valid UTF-8: its size when all are. */
size_t utf8_valid_size(struct slice text);

/* The unit of the escape (a backslash, "u", four hex digits) that `text` begins with. False when it
 * begins with none. */
bool utf8_read_escape(struct slice text, uint32_t *ret_unit);

/* The halves of a code point above U+FFFF. */
static inline bool utf8_is_high_surrogate(uint32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool utf8_is_low_surrogate(uint32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

#endif
