/* entity: the character references of HTML: what stands between `&` and `;`. */
#ifndef MAPPING_ENTITY_H
#define MAPPING_ENTITY_H

#include "base/slice.h"

/* The code point that a name (all of HTML 4's, and "apos"), "#233" or "#xE9" stands for. Numbers as HTML 5 has
 * them (section 13.2.5.80): 128 to 159 are Windows-1252, and what is no code point is U+FFFD. In UTF-8 it never
 * takes more bytes than the reference. */
bool entity_find(struct slice name, uint32_t *ret_code_point);

#endif
