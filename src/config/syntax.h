/* syntax: what is wrong with a file that is no YAML, in words for people who do not know YAML's grammar.
 *
 * libyaml says "did not find expected key" and means that a quote ended too early. Its messages are
 * one half of what a table knows; the text around the place is the other. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include "base/slice.h"

/* What libyaml says of a value that begins with @ ` or %. */
#define SYNTAX_NO_TOKEN "found character that cannot start any token"
#define SYNTAX_NO_CHARACTER "found invalid Unicode character escape code"

/* What libyaml says: `problem` happened at byte `at` of `text`, while it was at `context` (may be NULL),
 * which began at byte `from`. */
struct syntax_problem {
    const char *problem;
    const char *context;
    struct slice text;
    size_t at;
    size_t from;
};

/* The place is the bytes [from, to), all on one line. Texts are static. */
struct syntax_answer {
    const char *message;
    const char *hint; /* may be NULL */
    size_t from;
    size_t to;
};

struct syntax_answer syntax_explain(const struct syntax_problem *problem);

#endif
