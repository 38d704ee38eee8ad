/* reader: JSON text to a value tree, strictly RFC 8259, with yajl.
 *
 * Beyond what yajl checks: UTF-8 is valid throughout, depth is bounded, nothing follows the value. A
 * byte order mark at the start is passed over. An escaped surrogate without its partner (an emoji that
 * somebody cut in half) becomes U+FFFD. Memory comes from the arena alone. */
#ifndef JSON_READER_H
#define JSON_READER_H

#include "base/arena.h"
#include "base/error.h"
#include "json/value.h"

#define JSON_DEPTH_MAX 128      /* levels of arrays and objects */
#define JSON_VALUES_MAX 1000000 /* in one text; 64 bytes of the arena each */

/* `text` must outlive the tree. On failure says what and at which byte, without quoting the text
 * (it may be personal). */
__attribute__((warn_unused_result)) bool json_read(struct slice text, struct arena *arena,
                                                   const struct json_value **ret_value,
                                                   struct error *error);

#endif
