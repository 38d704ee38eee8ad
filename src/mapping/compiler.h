/* compiler: what the files share that make a plan from the nodes of a document. Every key has
 * one function; errors are collected, and reading goes on behind them. */
#ifndef MAPPING_COMPILER_H
#define MAPPING_COMPILER_H

#include "plan.h"

struct compiler {
    struct mapping *mapping;
    const struct document *document;
    struct hash *hash; /* takes in what is read of files */
    struct error_list *errors;
    struct scope scope;
    bool unknown_fields; /* what is missing may be one of them */
};

/* Where the plan is. */
struct arena *compiler_arena(struct compiler *compiler);

/* Adds an error; `hint` may be NULL. */
__attribute__((format(printf, 4, 5))) void compiler_error(struct compiler *compiler,
                                                          struct place place, const char *hint,
                                                          const char *format, ...);

/* The same for what is suspicious, but no error. */
__attribute__((format(printf, 4, 5))) void compiler_warning(struct compiler *compiler,
                                                            struct place place, const char *hint,
                                                            const char *format, ...);

/* Whether the node is of that kind and not too large; else an error that says `what` was
 * expected. */
bool compiler_need(struct compiler *compiler, const struct node *node, enum node_kind kind,
                   const char *what);

/* Whether `name` is one of these. */
bool compiler_is_one_of(struct slice name, const char *const names[], size_t count);

/* Errors for all keys of the node that are none of these; false when there is one. `mistake`, which
 * may be NULL, knows what else they are called. */
bool compiler_check_keys(struct compiler *compiler, const struct node *node,
                         const char *const names[], size_t count,
                         const char *mistake(struct slice name));

/* What the long form of a value may say besides `value`, `text` and `if`: flags. */
enum long_form {
    LONG_FORM_ON_INVALID = 1, /* what becomes of an invalid value */
    LONG_FORM_NEGATIVE = 2    /* that the amount may be negative */
};

/* compile_value.c: an expression, or the long form. The target and the standard policy of the
 * assignment are set before. */
void compiler_assignment(struct compiler *compiler, const struct node *node, unsigned long_form,
                         struct assignment *assignment);

/* The place of the value, in either form. */
struct place compiler_value_place(const struct node *node);

/* compile_conversion.c: the keys of that name. */
void compiler_conversion(struct compiler *compiler, const struct node *node);
void compiler_attributes(struct compiler *compiler, const struct node *node, bool is_custom,
                         struct named_assignments *assignments);

/* compile_known.c: errors for what the field, FIELD_COUNT for one that is none of the table's, would never
 * take of what the assignment can give. */
void compiler_check_value(struct compiler *compiler, const struct node *node, enum field field,
                          const struct assignment *assignment);

/* compile_check.c: what is wrong with the whole; all parts are compiled before. */
void compiler_check(struct compiler *compiler, const struct node *root);

/* compile_require.c */
void compiler_require(struct compiler *compiler, const struct node *node);

/* test_compile.c: behind all others, whose names it looks for. */
void compiler_tests(struct compiler *compiler, const struct node *node);

/* Whether it is what a conversion has besides the fields of the table: eventTime … */
bool compiler_is_own(struct slice name);

/* What a name that is none may have been meant for; `otherwise` when nothing is known of it. */
void compiler_field_hint(struct slice name, const char *otherwise, struct error *ret_hint);

/* Whether the field is mapped. */
bool compiler_is_mapped(const struct compiler *compiler, enum field field);

#endif
