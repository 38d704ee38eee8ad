/* parser: an expression's text while it is read: where reading stands, and errors at their
 * places.
 *
 * A syntax error ends the reading; other errors (an unknown name, a wrong argument) are
 * collected and reading goes on. In both cases no expression comes of it. */
#ifndef MAPPING_PARSER_H
#define MAPPING_PARSER_H

#include "mapping/mistake.h"
#include "syntax.h"

/* An each(…) whose argument is being read: what `@` means there. */
struct each {
    struct each *outer;
    bool used; /* `@` was found in it */
};

struct parser {
    const struct scope *scope;
    const struct node *scalar;
    struct slice text; /* a copy in the pool */
    size_t at;
    size_t depth;      /* parentheses, calls and negations around */
    struct each *each; /* the innermost around, or NULL */
    bool wrong;        /* an error was found */
};

/* Adds an error that underlines `size` bytes from `from` on. `hint` may be NULL. */
__attribute__((format(printf, 5, 6))) void parser_error(struct parser *parser, size_t from,
                                                        size_t size, const char *hint,
                                                        const char *format, ...);

/* The same for what is suspicious, but no error. */
__attribute__((format(printf, 5, 6))) void parser_warning(struct parser *parser, size_t from,
                                                          size_t size, const char *hint,
                                                          const char *format, ...);

/* The same as parser_error() for what a part of the expression has wrong. */
__attribute__((format(printf, 4, 5))) void parser_error_in(struct parser *parser,
                                                           const struct expression *part,
                                                           const char *hint, const char *format,
                                                           ...);

/* An error at where reading stands: what was expected there. Always NULL, for the caller to
 * return. */
struct expression *parser_expected(struct parser *parser, const char *what, const char *hint);

/* The same with the hint that what stands there tells. */
struct expression *parser_mistaken(struct parser *parser, const char *what,
                                   enum mistake_place place);

/* The hint for a text that ends too early because YAML took the rest of it for a comment; or NULL. */
const char *parser_comment_hint(const struct parser *parser);

/* Where `part`, a part of the text, begins in it. */
size_t parser_offset(const struct parser *parser, struct slice part);

/* "the nearest known is …", in `room`, or NULL. */
const char *parser_nearest(const char *nearest, struct error *room);

/* The byte where reading stands; NUL at the end. */
char parser_peek(const struct parser *parser);

void parser_skip_blanks(struct parser *parser);

/* Reads `token` if it comes next, blanks before it skipped. A `|` that is half of `||`, and the
 * like, does not count. */
bool parser_take(struct parser *parser, const char *token);

/* Whether `token` comes next, which is then left where it is. */
bool parser_sees(struct parser *parser, const char *token);

/* A name of letters, digits and underscores that does not begin with a digit; empty when there
 * is none. */
struct slice parser_take_name(struct parser *parser);

/* Reads a quoted text, at whose quote reading stands, with the escapes of RFC 9535. */
bool parser_take_string(struct parser *parser, struct slice *ret_text);

/* Reads a number as JSON writes it. */
bool parser_take_number(struct parser *parser, struct slice *ret_text);

/* One level deeper; false, with an error, past the limit. Undone by parser_leave(). */
bool parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);

/* A node whose source begins at `from` and ends where reading stands. */
struct expression *parser_node(struct parser *parser, enum operation operation, size_t from);

/* Makes `operand` the last operand of `node`. */
void parser_add(struct parser *parser, struct expression *node, struct expression *operand);

/* Errors when `part` is a condition, when it is none, when nothing but literals decides it, when it may be a
 * list. */
void parser_need_value(struct parser *parser, const struct expression *part);
void parser_need_condition(struct parser *parser, const struct expression *part);
void parser_need_message(struct parser *parser, const struct expression *condition);
void parser_need_single(struct parser *parser, const struct expression *part, const char *where);

/* grammar.c: a whole expression, conditions included. NULL after a syntax error. */
struct expression *parser_expression(struct parser *parser);

/* A value: alternatives and pipes. */
struct expression *parser_value(struct parser *parser);

/* parser_comparison.c: `value`, `value == value`, `value in […]`. */
struct expression *parser_comparison(struct parser *parser);

/* operand.c: the smallest part. */
struct expression *parser_operand(struct parser *parser);

/* parser_path.c: `$…`, `$name…` and `@…`. */
struct expression *parser_root_path(struct parser *parser);
struct expression *parser_item_path(struct parser *parser);

/* The segments that may follow what parentheses or a call give; `start` itself when there are
 * none. Its source begins at `from`. NULL after a syntax error, or when `start` is NULL. */
struct expression *parser_path_into(struct parser *parser, struct expression *start, size_t from);

/* parser_function.c: whether it is the name of a function that is no transform, and whether that is
 * a condition. */
bool parser_is_function(struct slice name, enum operation *ret_operation);
bool parser_is_question(enum operation operation);

/* The call of such a function whose name was read, from `from` on, with the segments behind it. A
 * question stands before its `(`; of the others `piped` is as for parser_call(). */
struct expression *parser_question(struct parser *parser, enum operation operation, size_t from);
struct expression *parser_function(struct parser *parser, enum operation operation, size_t from,
                                   struct expression *piped);

/* parser_call.c: the call of a transform, or of a function that gives a value, whose name was read,
 * from `from` on; `piped` is what stands before the pipe, or NULL. Segments behind it are read too. */
struct expression *parser_call(struct parser *parser, struct slice name, size_t from,
                               struct expression *piped);

#endif
