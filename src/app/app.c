#include "app.h"

#include "base/buffer.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_MAX (16 * 1024 * 1024)

int app_report(const struct error_list *errors)
{
    struct buffer text;

    buffer_init(&text, REPORT_MAX);
    error_list_write(errors, &text);
    if (text.size > 0) {
        fwrite(text.data, 1, text.size, stderr);
    }
    if (errors->errors > 0) {
        fprintf(stderr, "%zu error%s%s\n", errors->errors, errors->errors == 1 ? "" : "s",
                errors->cut ? "; of a file that is no YAML, the rest was not read" : "");
    }
    buffer_done(&text);
    return errors->errors > 0 ? EXIT_CONFIG : EXIT_OK;
}

int app_usage(const struct command *command, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "rokt-relay %s: ", command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nsee rokt-relay %s --help\n", command->name);
    return EXIT_USAGE;
}

/* What getopt_long() wants to know, made from the arguments. */
struct getopt_tables {
    struct option options[ARGUMENTS_MAX + 1];
    char letters[2 * ARGUMENTS_MAX + 2];
};

static void fill_tables(const struct argument arguments[], size_t count,
                        struct getopt_tables *ret_tables)
{
    char *letter = ret_tables->letters;

    *letter++ = ':';
    for (size_t i = 0; i < count; i++) {
        ret_tables->options[i] = (struct option){
            .name = arguments[i].name,
            .has_arg = arguments[i].flag == NULL ? required_argument : no_argument,
            .val = arguments[i].letter,
        };
        *letter++ = arguments[i].letter;
        if (arguments[i].flag == NULL) {
            *letter++ = ':';
        }
    }
}

/* Puts a value in its first free place; false when all are taken. */
static bool take_value(const struct argument *argument, const char *value)
{
    size_t max = argument->value_max == 0 ? 1 : argument->value_max;

    for (size_t i = 0; i < max; i++) {
        if (argument->value[i] == NULL) {
            argument->value[i] = value;
            return true;
        }
    }
    return false;
}

static const struct argument *find_argument(const struct argument arguments[], size_t count,
                                            int letter)
{
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].letter == letter) {
            return &arguments[i];
        }
    }
    return NULL;
}

int app_arguments(const struct command *command, int argc, char **argv,
                  const struct argument arguments[], size_t count)
{
    struct getopt_tables tables = {0};
    int letter;

    assert(count <= ARGUMENTS_MAX);
    fill_tables(arguments, count, &tables);
    opterr = 0;
    while ((letter = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
        const struct argument *argument = find_argument(arguments, count, letter);

        if (argument == NULL) {
            (void)app_usage(command, letter == ':' ? "%s needs a value" : "unknown option %s",
                            argv[optind - 1]);
            return -1;
        }
        if (argument->flag != NULL) {
            *argument->flag = true;
        } else if (!take_value(argument, optarg)) {
            (void)app_usage(command, "--%s stands too often", argument->name);
            return -1;
        }
    }
    return optind;
}

bool app_integer(const char *text, int64_t *ret_integer)
{
    char *end;
    intmax_t integer;

    errno = 0;
    integer = strtoimax(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        return false;
    }
    *ret_integer = integer;
    return true;
}

bool app_may_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) == 1 && (no_colour == NULL || no_colour[0] == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}
