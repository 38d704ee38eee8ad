/* entity: the character references of HTML: `&eacute;`, `&#233;`, `&#xE9;`.
 *
 * All names of HTML 4, and "apos". Numbers as HTML 5 has them (section 13.2.5.80): 128 to 159 are
 * Windows-1252, and what is no code point is U+FFFD. */
#ifndef BASE_ENTITY_H
#define BASE_ENTITY_H

#include "base/buffer.h"
#include "base/slice.h"

/* The text with what its references stand for; what is none stays as it is. `ret_text` has room for
 * text.size bytes: a reference never takes less than what it stands for. Returns the size. */
size_t entity_decode(struct slice text, char *ret_text);

/* Appends the text as the content of an element or a quoted attribute has it: with references for
 * the characters & < > and ". */
void entity_encode(struct buffer *buffer, struct slice text);

#endif
