/* expressions: what an expression of the mapping language gives, as text. */
#ifndef SUPPORT_EXPRESSIONS_H
#define SUPPORT_EXPRESSIONS_H

#include "base/arena.h"
#include "base/error.h"
#include "config/document.h"
#include "mapping/expression.h"

/* A compiled expression with all that it needs. */
struct compiled {
    struct error_list errors;
    struct document *document;
    struct expression_pool pool;
    const struct expression *expression; /* NULL: there are errors */
};

/* With the tables of the transforms' examples; for expressions_release(). */
struct compiled expressions_compile(const char *source, enum expression_kind kind,
                                    struct arena *arena);
void expressions_release(struct compiled *compiled);

bool expressions_evaluate(const struct compiled *compiled, const char *json, struct arena *arena,
                          struct value *ret_value, struct error *error);

/* On a JSON text: a value's text, "nothing", a list as "[a, b]", or "error: …". What fails for
 * every message, as literals that cannot be used do, is an error of compiling in the same words.
 * In the arena. */
struct slice expressions_run(const char *json, const char *source, struct arena *arena);

/* Fails the test unless it gives that. */
void expressions_give(const char *json, const char *source, const char *expected);

#endif
