#include "app.h"
#include "setup.h"

#include <stdio.h>

static int check(const char *path)
{
    struct error_list errors = {0};
    struct setup setup;
    bool valid = setup_load(path, &setup, &errors);
    int code = app_report(&errors);

    if (valid) {
        printf("%s: ok\n", path);
        for (size_t i = 0; i < setup.config->route_count; i++) {
            const struct config_route *route = &setup.config->routes[i];

            for (size_t j = 0; j < route->topic_count; j++) {
                printf("  %s -> %s (%s)\n", route->topics[j], mapping_name(setup.mappings[i]),
                       route->mapping);
            }
        }
    }
    setup_release(&setup);
    error_list_done(&errors);
    return code;
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    const struct argument arguments[] = {{.name = "config", .letter = 'c', .value = &path}};
    int operand = app_arguments(&command_check, argc, argv, arguments, 1);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (operand < argc) {
        return app_usage(
            &command_check,
            "what is \"%s\"? A configuration is named by --config; a mapping is checked by "
            "rokt-relay test, and tried by rokt-relay map --mapping",
            argv[operand]);
    }
    return path == NULL ? app_usage(&command_check, "--config FILE is missing") : check(path);
}

const struct command command_check = {
    "check",
    "validate a configuration and its mappings without starting",
    "usage: rokt-relay check --config FILE\n"
    "\n"
    "Reads the configuration, the secrets and the mappings that it names, and checks everything "
    "that\n"
    "can be known without a connection. All errors are shown at once, each with its place in the "
    "file\n"
    "and what to do.\n"
    "\n"
    "  -c, --config FILE   the configuration (YAML)\n"
    "  -h, --help          this help\n"
    "\n"
    "Exit code 0 when it is valid, 3 when it has errors.\n",
    run,
};
