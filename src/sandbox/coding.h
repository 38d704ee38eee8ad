/* coding: bodies in other bytes than those they were written in: gzip (RFC 1952) and Latin-1. */
#ifndef SANDBOX_CODING_H
#define SANDBOX_CODING_H

#include "base/buffer.h"

/* Appends what `bytes` are the gzip of. False when they are none, are cut, or go on behind its end. A text that
 * is larger than the buffer may be makes the buffer fail. */
__attribute__((warn_unused_result)) bool coding_gunzip(struct slice bytes, struct buffer *text);

void coding_gzip(struct slice text, struct buffer *bytes);

/* UTF-8 as Latin-1; a character that it does not have becomes a question mark. */
void coding_latin1(struct slice text, struct buffer *bytes);

#endif
