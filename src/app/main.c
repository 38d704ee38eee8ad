/* rokt-relay: delivers order messages from Kafka to Rokt as conversions. */
#include "app.h"
#include "base/slice.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_run,     &command_replay, &command_check,      &command_map,   &command_test,
    &command_explain, &command_diff,   &command_transforms, &command_fields};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    fputs("rokt-relay delivers completed orders from Kafka topics to Rokt as conversions, and "
          "commits\n"
          "an offset only when everything up to it has been taken care of.\n"
          "\n"
          "usage: rokt-relay COMMAND [OPTION …]\n"
          "\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s  %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\n"
          "  rokt-relay COMMAND --help   what a command takes\n"
          "  rokt-relay --version        the version\n"
          "\n"
          "exit codes:\n"
          "  0  all is well (run: stopped as asked; what could not be delivered or committed in "
          "time is\n"
          "     delivered by the next member)\n"
          "  1  could not start, or could not go on; test: a test failed\n"
          "  2  the command line is not understood\n"
          "  3  the configuration or a mapping has errors\n"
          "  4  run, replay: a second signal ended it at once; what was not committed is delivered "
          "again\n"
          "  5  run: another process has taken its kafka.group.instance.id\n"
          "  6  replay: not all was delivered or skipped, or it was stopped before its end\n"
          "  diff: 0 nothing differs, 1 something does, 2 that cannot be found out\n",
          out);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    const char *nearest;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i]->name;
    }
    nearest = error_nearest(slice_of(name), names, COMMAND_COUNT);
    fprintf(stderr, "rokt-relay: unknown command \"%s\"", name);
    if (nearest != NULL) {
        fprintf(stderr, "; the nearest known is \"%s\"", nearest);
    }
    fputs("\nsee rokt-relay --help\n", stderr);
    return EXIT_USAGE;
}

/* `rokt-relay COMMAND --help`, wherever the --help stands. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    if (wants_help(argc, argv)) {
        fputs(command->help, stdout);
        return EXIT_OK;
    }
    return command->run(argc, argv);
}

/* A reader that went away, or a full disk, must not look like success. */
static int close_output(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("rokt-relay: standard output");
        return code == EXIT_OK ? EXIT_FAILED : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return close_output(EXIT_OK);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("rokt-relay " ROKT_RELAY_VERSION);
        return close_output(EXIT_OK);
    }
    command = find_command(argv[1]);
    if (command == NULL) {
        return unknown_command(argv[1]);
    }
    return close_output(run_command(command, argc - 1, argv + 1));
}
