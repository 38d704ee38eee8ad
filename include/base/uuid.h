/* uuid: UUIDs of version 5 (RFC 9562): the same names always give the same UUID. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/slice.h"

#define UUID_TEXT_SIZE 36

/* The UUID of `name` in the namespace `space`, as 36 lower-case characters, not terminated. */
void uuid_v5(const unsigned char space[static 16], const struct slice name_parts[], size_t count,
             char ret_text[static UUID_TEXT_SIZE]);

/* Reads 8-4-4-4-12 hex digits, any case. */
__attribute__((warn_unused_result)) bool uuid_parse(struct slice text,
                                                    unsigned char ret_uuid[static 16]);

#endif
