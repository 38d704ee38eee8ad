/* composer: libyaml's events made into nodes, within the bounds and the subset of document.h. */
#ifndef CONFIG_COMPOSER_H
#define CONFIG_COMPOSER_H

#include "base/arena.h"
#include "config/document.h"
#include "lines.h"
#include "syntax.h"

/* A value that begins with one of @ ` % & * ! is no text to YAML, and mostly the end of all reading. In
 * `mended`, a copy of the text of `lines`, such values are made to begin with a letter, as long as they
 * can be found. So are surrogate pairs of JSON within "…" (\ud83d\ude00) made escapes of YAML of the same size;
 * these are no errors. Of both together, 50 values at most. */
void composer_mend(const struct lines *lines, char *mended);

/* Reads the text of `lines`, of which `mended` was made, into nodes in `arena`. Values that were mended
 * are errors in `errors`, and nodes all the same, with their own text; so are keys that stand twice, of which
 * all but the first are marked as repeated. NULL when the text is empty, and when another error was added, or `ret_problem` filled: what libyaml found, which the caller has to
 * report. */
struct node *composer_read(const struct document *document, const struct lines *lines,
                           const char *mended, struct arena *arena, struct error_list *errors,
                           struct syntax_problem *ret_problem);

#endif
