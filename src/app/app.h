/* app: what the commands share. */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the process says to its caller; documented in `rokt-relay --help`. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_FAILED = 1,  /* it could not start, or could not go on; a test of a mapping failed */
    EXIT_USAGE = 2,   /* the command line is not understood */
    EXIT_CONFIG = 3,  /* the configuration or a mapping has errors */
    EXIT_AT_ONCE = 4, /* a second signal ended it before all was drained */
    EXIT_FENCED = 5,  /* another process has its group.instance.id */
    EXIT_REST = 6     /* replay: not all of it was delivered or skipped */
};

struct command {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit_code */
};

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_map;
extern const struct command command_test;
extern const struct command command_replay;
extern const struct command command_explain;
extern const struct command command_diff;
extern const struct command command_transforms;
extern const struct command command_fields;

/* Prints the list to standard error. Returns EXIT_CONFIG when it holds an error, else EXIT_OK. */
int app_report(const struct error_list *errors);

/* Says on standard error what is wrong with the command line, and where the help is. EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int app_usage(const struct command *command,
                                                    const char *format, ...);

/* An option of the command line. One of `flag` and `value` is set. */
struct argument {
    const char *name; /* without its two hyphens */
    char letter;      /* its short form */
    bool *flag;
    const char **value;
    size_t value_max; /* how many times it may stand: `value` has that many places; 0 is 1 */
};

#define ARGUMENTS_MAX 16

/* Reads the options; what they do not name is left as it is. Returns the index of the first operand, or
 * -1 when app_usage() has said what is wrong. */
int app_arguments(const struct command *command, int argc, char **argv,
                  const struct argument arguments[], size_t count);

/* A whole number, with a sign or without. */
__attribute__((warn_unused_result)) bool app_integer(const char *text, int64_t *ret_integer);

/* Whether standard output is a terminal whose user takes colours (no-color.org). */
bool app_may_colour(void);

#endif
