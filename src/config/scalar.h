/* scalar: which bytes of a YAML file a piece of a scalar's decoded text was made of.
 *
 * libyaml tells where a scalar starts and ends, not where its inside comes from: quotes, escapes, folded
 * lines and indentation lie between. This module walks through the raw text the way libyaml has
 * decoded it. Line ends are LF or CRLF; document.h refuses the others. */
#ifndef CONFIG_SCALAR_H
#define CONFIG_SCALAR_H

#include "base/slice.h"

#define SCALAR_PAIR_SIZE 12 /* bytes of \ud83d\ude00 */

/* A span of raw bytes: [from, to). */
struct scalar_span {
    size_t from;
    size_t to;
};

/* `raw` is the scalar as it stands in the file, from its first character (a quote, | or >, or the text
 * itself) to its end; `text` is what libyaml made of it. The answer is the span within `raw` of the
 * bytes [offset, offset + size) of `text`; past the end of `text` it is the empty span behind the
 * last character. */
struct scalar_span scalar_find(struct slice raw, struct slice text, size_t offset, size_t size);

/* Whether a surrogate pair, JSON's way to write a character past U+FFFF, begins at `at`. */
bool scalar_pair(struct slice raw, size_t at, uint32_t *ret_code_point);

/* libyaml knows no such pairs: it was given others of the same size, by scalar_write_pair(), and `text`, of
 * `size` bytes, is what it made of a scalar in "…" with `raw` in the file. Takes out what is too much, and
 * returns the new size. */
void scalar_write_pair(uint32_t code_point, char *raw);
size_t scalar_read_pairs(struct slice raw, char *text, size_t size);

#endif
