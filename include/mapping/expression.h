/* expression: the language of mappings: compiled once, run per message.
 *
 *     expression = operand *( "??" operand ) *( "|" name [ arguments ] segments )
 *     operand    = path / literal / kafka
 *                / name arguments segments / "(" expression ")" segments
 *     path       = ( "$" / "$" name / "@" ) followed by segments of RFC 9535
 *     arguments  = "(" [ expression *( "," expression ) ] ")"
 *
 * `x | f(a)` is f(x, a). `??` gives the first operand that is present: null, blank text, [], {},
 * an array of nothing else and nothing are missing, 0 and false are not. `x | each(e)` is what e gives for each value of x,
 * which is `@` in it. What kinds of values an expression can give is known as far as its text tells,
 * and what can never be right by them is an error of compiling. A condition compares such expressions, with the
 * semantics of RFC 9535's logical expressions. config/README.md has the whole grammar.
 *
 * What it costs to run is counted, and bounded: see base/work.h.
 *
 * Running recurses no deeper than EXPRESSION_DEPTH_MAX, which compiling checks, named values
 * included. */
#ifndef MAPPING_EXPRESSION_H
#define MAPPING_EXPRESSION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/regex.h"
#include "config/document.h"
#include "json/path.h"
#include "json/value.h"
#include "mapping/message.h"
#include "mapping/table.h"
#include "mapping/value.h"

#define EXPRESSION_BYTES_MAX 16384
#define EXPRESSION_DEPTH_MAX 100
#define EXPRESSION_NAME_MAX 64 /* bytes of a named value's name */

struct expression;

enum expression_kind { EXPRESSION_VALUE, EXPRESSION_CONDITION };

/* What compiled expressions are made of, until it is done with. All-zero is a valid empty one,
 * but for its arena, which wants arena_init(). */
struct expression_pool {
    struct arena arena;
    struct json_path **paths;
    size_t path_count;
    size_t path_capacity;
};

void expression_pool_init(struct expression_pool *pool);
void expression_pool_done(struct expression_pool *pool);

/* A named value: `$name`. The expression is NULL where it could not be compiled. */
struct binding {
    struct slice name;
    const struct expression *expression;
};

/* What an expression may refer to, and where its errors go. */
struct scope {
    struct expression_pool *pool;
    const struct document *document;
    struct error_list *errors;
    const struct binding *bindings;
    size_t binding_count;  /* how many there are */
    bool *binding_used;    /* one for each: set where it is used; NULL: nobody asks */
    size_t binding_known;  /* how many of them, from the first, may be used */
    bool has_item;         /* whether there is an item of for_each, which `@` is */
    struct tables *tables; /* those of `lookup`; NULL: there are none */
};

/* Whether `name` can be written as `$name`. */
bool expression_is_name(struct slice name);

/* NULL when there are errors: all that are found are in the scope's list, each at its place. */
const struct expression *expression_compile(const struct scope *scope, const struct node *scalar,
                                            enum expression_kind kind);

/* A constant text. */
const struct expression *expression_text(struct expression_pool *pool, struct slice text);

/* What it gives for every message: a literal, or a constant text; NULL when that depends on the
 * message. */
const struct json_value *expression_constant(const struct expression *expression);

/* What it takes one of: its alternatives (`$.a ?? 'x'`) in their order, or itself alone. NULL behind the
 * last. */
const struct expression *expression_alternative(const struct expression *expression, size_t index);

/* As the mapping has it; lives as long as the pool. */
struct slice expression_source(const struct expression *expression);

/* Whether it can give a list by the way it is written: a path that is not singular, not reduced. */
bool expression_may_be_list(const struct expression *expression);

/* Whether its value depends on the item of for_each, directly or by a named value. */
bool expression_uses_item(const struct expression *expression);

/* Whether it makes the hash of a text as it is, in which nothing was made small letters before. */
bool expression_hashes_as_is(const struct expression *expression);

/* Whether its value depends on the message, directly or by a named value. Topic and partition are no
 * part of it: all messages of a partition have the same. */
bool expression_uses_message(const struct expression *expression);

/* A named value once it is known. */
struct binding_value {
    bool known;
    struct value value;
};

struct trace;

/* What expressions run on. `item` is what `@` is, NULL where there is none; but within each(…),
 * where `@` is `each_item`: only each itself sets that. `trace` is where each step is written
 * down, for `map --explain`; NULL: nowhere. */
struct evaluation {
    const struct message *message;
    const struct json_value *root;
    const struct json_value *item;
    const struct json_value *each_item;
    const struct binding *bindings;
    struct binding_value *values; /* one for each binding; not known at first */
    struct arena *arena;
    struct trace *trace;
    struct work work; /* all-zero at first, as the next */
    struct regex_matcher matcher;
};

/* False, with an error that tells what could not be used and never a value, when a transform
 * fails or a limit is passed; `evaluation->work` tells whether it was too much work. */
__attribute__((warn_unused_result)) bool expression_evaluate(const struct expression *expression,
                                                             struct evaluation *evaluation,
                                                             struct value *ret_value,
                                                             struct error *error);

/* The same for a condition. */
__attribute__((warn_unused_result)) bool expression_holds(const struct expression *expression,
                                                          struct evaluation *evaluation,
                                                          bool *ret_holds, struct error *error);

#endif
