/* composer: libyaml's events made into nodes, within the bounds and the subset of document.h. */
#ifndef CONFIG_COMPOSER_H
#define CONFIG_COMPOSER_H

#include "base/arena.h"
#include "config/document.h"
#include "lines.h"
#include "syntax.h"

/* Reads the text of `lines` into nodes in `arena`. NULL when it is empty, and when an error was added
 * to `errors`, or `ret_problem` filled: what libyaml found, which the caller has to report. */
struct node *composer_read(const struct document *document, const struct lines *lines,
                           struct arena *arena, struct error_list *errors,
                           struct syntax_problem *ret_problem);

#endif
