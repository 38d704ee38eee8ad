/* mistake: what people write who know other languages, and what they would write here.
 *
 * Hints beside errors, nothing more: what is an error is not decided here. Each is a literal, or
 * NULL when nothing is known of the mistake. */
#ifndef MAPPING_MISTAKE_H
#define MAPPING_MISTAKE_H

#include "base/slice.h"

/* What was expected where the mistake is. */
enum mistake_place {
    MISTAKE_VALUE,  /* a value: a path, a text … */
    MISTAKE_BEHIND, /* what may stand behind a value, or the end */
    MISTAKE_NAME    /* the name of a transform, behind a pipe */
};

/* Of what stands at `at` in an expression, where something else was expected. */
const char *mistake_in_expression(enum mistake_place place, struct slice text, size_t at);

/* Of what stands at `at` in the segments of a path, where json_path_compile() found an error. */
const char *mistake_in_path(struct slice segments, size_t at);

/* Of a word that stands where a value does, and is none. */
const char *mistake_of_word(struct slice word);

/* Of a whole expression that begins with such a word: mostly a text without quotes. */
const char *mistake_of_text(struct slice text);

/* Of the name of a transform, of a field, of a part of the record, of a key of a value's long form,
 * and of one of the mapping, when there is none of that name. Case, hyphens and underscores do not
 * count. */
const char *mistake_of_transform(struct slice name);
const char *mistake_of_field(struct slice name);
const char *mistake_of_part(struct slice name);
const char *mistake_of_key(struct slice name);
const char *mistake_of_section(struct slice name);

/* Of a format of times that is none; "yyyy-MM-dd" is one of other languages. */
const char *mistake_of_format(struct slice name);

/* Whether a constant text was meant to be a path. */
bool mistake_is_path(struct slice constant);

#endif
