/* language: tags of languages, as BCP 47 (RFC 5646) has them: `en`, `de-AT`, `zh-Hant-TW`.
 *
 * Their shape is checked, not the registry: a language of two or three letters, and further parts
 * of one to eight letters and digits. Written as RFC 5646 recommends: the language in lower case, a script
 * (four letters) with a capital, a region (two) in upper case. Java's and POSIX's underscore is
 * taken for a hyphen. */
#ifndef CONVERSION_LANGUAGE_H
#define CONVERSION_LANGUAGE_H

#include "base/arena.h"
#include "base/slice.h"

/* False when the text is no tag. */
bool language_normalise(struct slice text, struct arena *arena, struct slice *ret_tag);

#endif
