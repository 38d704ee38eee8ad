/* regex: regular expressions in PCRE2's syntax (https://www.pcre.org/current/doc/html/pcre2syntax.html),
 * with bounded time and memory.
 *
 * Patterns and texts are valid UTF-8, and may hold NUL. A match counts its steps: the same pattern on the
 * same text takes the same number of them on every machine, and each takes some tens of nanoseconds, a few
 * hundred at worst (more in a recursion of the pattern that goes deep). What has not been decided within the
 * steps, or the memory, allowed is too hard, and no guess. Callouts do nothing, and \C is refused, because it
 * would cut characters. A regular expression is never changed once compiled; a matcher is one thread's. */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/arena.h"
#include "base/error.h"
#include "base/work.h"

#include <stdint.h>

/* A step, in those of base/work.h, and how many of them a match on a message may take. */
#define REGEX_STEP_WORK 4
#define REGEX_STEPS_MAX (1u << 20)

enum regex_scope {
    REGEX_ANYWHERE, /* some part of the text */
    REGEX_WHOLE     /* all of it */
};

enum regex_verdict {
    REGEX_NO,
    REGEX_YES,
    REGEX_TOO_HARD /* not decided within the steps, or the memory, allowed; or no part of the text */
};

struct regex;

/* What matching needs besides: one for any number of matches, as long as the arena is not reset. Begin with
 * all-zero but for the arena. */
struct regex_matcher {
    struct arena *arena;
    size_t steps; /* taken so far */

    /* The rest is regex.c's. */
    void *data;
    void *context;
    size_t groups; /* that `data` has room for, the whole match among them */
    size_t steps_max;
    size_t step_cost;
    size_t place;
    struct slice text;
};

/* Compiles into the arena. NULL when the pattern is wrong: `ret_place` is the byte at which, and `error`
 * says in what. */
__attribute__((warn_unused_result)) const struct regex *
regex_compile(struct slice pattern, enum regex_scope scope, struct arena *arena, size_t *ret_place,
              struct error *error);

/* How many groups it captures, the whole match not counted. */
size_t regex_group_count(const struct regex *regex);

/* The number of a named group, or 0. */
size_t regex_group_named(const struct regex *regex, const char *name);

/* The first match in `text` at or behind byte `from`, at which a character begins. The matcher's steps may
 * grow up to `steps_max`. */
enum regex_verdict regex_match(const struct regex *regex, struct slice text, size_t from,
                               size_t steps_max, struct regex_matcher *matcher);

/* The same on a message: within REGEX_STEPS_MAX, which are counted in `work`. REGEX_TOO_HARD also when that is
 * more work than is left. */
enum regex_verdict regex_match_counted(const struct regex *regex, struct slice text, size_t from,
                                       struct work *work, struct regex_matcher *matcher);

/* Of the last match, which was REGEX_YES: where group `index` begins, and what it took of the text: 0 is the
 * whole match. Nothing, data NULL, when the group took no part. */
struct slice regex_group(const struct regex_matcher *matcher, size_t index);

#endif
