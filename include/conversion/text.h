/* text: texts as Rokt's APIs take them well.
 *
 * JSON carries control characters, but not everything behind an API does: a NUL ends a text early
 * or is refused by a database, which would make a request fail for ever; a line end breaks the row
 * of a report. `text` is valid UTF-8. */
#ifndef CONVERSION_TEXT_H
#define CONVERSION_TEXT_H

#include "base/arena.h"
#include "base/slice.h"

/* Whether it holds a control character (C0, C1, U+2028, U+2029). No id does but by mistake. */
bool text_has_control(struct slice text);

/* Whether it is what programs write for an id that is not there, or for a truth value: `null`,
 * `undefined`, `None`, `NaN`, `true`, `false`, in any case. */
bool text_is_no_id(struct slice text);
#define TEXT_IS_NO_ID "is a word such as null, None or true, and no id"

/* The text with a space for each of them, else as it is; empty when it is blank then. */
struct slice text_clean(struct slice text, struct arena *arena);

#endif
