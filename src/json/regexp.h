/* regexp: regular expressions as RFC 9485 (I-Regexp) has them, run by PCRE2.
 *
 * A pattern is checked against the RFC's grammar, then translated: the two agree on most, but not on
 * what `.` and `(` mean, and PCRE2 knows far more that must not slip through. As the compliance suite
 * of RFC 9535 has it, `^` and `$` outside of brackets mean the start and the end of the text. */
#ifndef JSON_REGEXP_H
#define JSON_REGEXP_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

enum regexp_scope {
    REGEXP_WHOLE,   /* must match the whole text */
    REGEXP_ANYWHERE /* some part of it */
};

enum regexp_verdict {
    REGEXP_NO,
    REGEXP_YES,
    REGEXP_TOO_HARD /* not decided within the steps, or the memory, allowed */
};

struct regexp;

/* What matching needs besides; of one arena, for any number of matches. Begin with all-zero but for
 * the arena. */
struct regexp_matcher {
    struct arena *arena;
    void *data;
    void *context;
};

enum regexp_state {
    REGEXP_READY,
    REGEXP_WRONG,    /* no I-Regexp */
    REGEXP_TOO_LARGE /* one, perhaps, but past a limit of ours or of PCRE2 */
};

/* Compiles into the arena. `pattern` must be valid UTF-8. Where it is not REGEXP_READY, `ret_place` is
 * the byte of the pattern at which it is wrong. */
__attribute__((warn_unused_result)) enum regexp_state
regexp_compile(struct slice pattern, enum regexp_scope scope, struct arena *arena,
               const struct regexp **ret_regexp, size_t *ret_place, struct error *error);

/* `text` must be valid UTF-8. A step is a choice that may have to be taken back; in the worst case
 * each step looks at the whole text. */
enum regexp_verdict regexp_match(const struct regexp *regexp, struct slice text, uint32_t steps,
                                 struct regexp_matcher *matcher);

#endif
