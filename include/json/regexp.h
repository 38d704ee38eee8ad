/* regexp: regular expressions as RFC 9485 (I-Regexp) has them, run by base/regex.
 *
 * A pattern is checked against the RFC's grammar, then translated: the two agree on most, but not on
 * what `.` and `(` mean, and PCRE2 knows far more that must not slip through. As the compliance suite
 * of RFC 9535 has it, `^` and `$` outside of brackets mean the start and the end of the text. */
#ifndef JSON_REGEXP_H
#define JSON_REGEXP_H

#include "base/regex.h"

enum regexp_state {
    REGEXP_READY,
    REGEXP_WRONG,    /* no I-Regexp */
    REGEXP_TOO_LARGE /* one, perhaps, but past a limit of ours or of PCRE2 */
};

/* Compiles into the arena. `pattern` must be valid UTF-8. Where it is not REGEXP_READY, `ret_place` is
 * the byte of the pattern at which it is wrong. */
__attribute__((warn_unused_result)) enum regexp_state
regexp_compile(struct slice pattern, enum regex_scope scope, struct arena *arena,
               const struct regex **ret_regex, size_t *ret_place, struct error *error);

#endif
