/* base64: bytes as text of 64 characters, RFC 4648. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/slice.h"

/* What `size` bytes take as base64, with the NUL behind it. */
#define BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/* In the standard alphabet, padded (section 4). `ret_text` holds BASE64_SIZE(size) bytes and is
 * terminated. Returns the length. */
size_t base64_encode(struct slice bytes, char *ret_text);

/* Takes the standard alphabet (`+`, `/`) and that of URLs (`-`, `_`), each with or without the padding
 * at the end. `ret_bytes` holds 3/4 of the text's size. False when it is anything else: another
 * character (a line's end too), padding that is not right, or bits left over that are not 0. */
__attribute__((warn_unused_result)) bool base64_decode(struct slice text, char *ret_bytes,
                                                       size_t *ret_size);

#endif
