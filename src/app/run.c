#include "app.h"
#include "relay.h"
#include "setup.h"

#include <stdlib.h>

/* `owner` is the setup: the topics of its routes. */
static struct consumer *open_consumer(void *owner, int wake_fd, struct error *error)
{
    const struct config *config = ((const struct setup *)owner)->config;
    struct consumer_property *properties = setup_kafka_properties(config);
    struct consumer_subscription *subscriptions = setup_kafka_subscriptions(config);
    struct consumer *consumer = consumer_new(properties, config->property_count, subscriptions,
                                             config->route_count, wake_fd, error);

    free(properties);
    free(subscriptions);
    return consumer;
}

static void say_start(const struct setup *setup, struct log *log)
{
    const struct config *config = setup->config;

    log_event(
        log, LOG_LEVEL_INFO, "started", LOG_TEXT("version", ROKT_RELAY_VERSION),
        LOG_TEXT("api", setup->api.name), LOG_TEXT("base_url", config->base_url),
        LOG_TEXT("environment", setup->api.settings.development ? "development" : "production"),
        LOG_INTEGER("routes", config->route_count),
        LOG_TEXT("dead_letter_topic", config->dead_letter_topic),
        LOG_TEXT("message", "waiting for partitions; they come at once, or when the session of a "
                            "member that ended without leaving has timed out"));
}

static int run_relay(const char *path, struct setup *setup)
{
    struct log *log = setup_log(setup->config);
    struct relay_settings settings = {.path = path,
                                      .setup = setup,
                                      .log = log,
                                      .rate = setup->config->rate,
                                      .source = {.owner = setup, .open = open_consumer},
                                      .watched = true};
    sigset_t signals;
    struct error error;
    int code = EXIT_FAILED;

    relay_block_signals(&signals);
    struct relay *relay = relay_new(&settings, &error);
    if (relay == NULL) {
        log_event(log, LOG_LEVEL_ERROR, "start_failed", LOG_TEXT("message", error.text));
    } else {
        say_start(setup, log);
        code = relay_run(relay, &signals);
    }
    relay_free(relay);
    log_event(log, LOG_LEVEL_INFO, "stopped", LOG_INTEGER("exit_code", code));
    log_free(log);
    return code;
}

static int load_and_run(const char *path)
{
    struct setup setup;
    struct error_list errors = {0};
    bool valid = setup_load(path, &setup, &errors);
    int code = app_report(&errors);

    if (valid) {
        code = run_relay(path, &setup);
    }
    setup_release(&setup);
    error_list_done(&errors);
    return code;
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    const struct argument arguments[] = {{.name = "config", .letter = 'c', .value = &path}};
    int operand = app_arguments(&command_run, argc, argv, arguments, 1);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (operand < argc) {
        return app_usage(&command_run, "what is \"%s\"?", argv[operand]);
    }
    return path == NULL ? app_usage(&command_run, "--config FILE is missing") : load_and_run(path);
}

const struct command command_run = {
    "run",
    "consume, map and deliver until it is told to stop",
    "usage: rokt-relay run --config FILE\n"
    "\n"
    "Joins the consumer group, maps each order to conversions, delivers them to Rokt in batches, "
    "and\n"
    "commits offsets when what is before them has been taken care of. Logs to standard error.\n"
    "\n"
    "  -c, --config FILE   the configuration (YAML)\n"
    "  -h, --help          this help\n"
    "\n"
    "SIGTERM or SIGINT: takes in no more, delivers what is open within shutdown_timeout, commits,\n"
    "leaves the group, exit code 0. A second signal: out at once, exit code 4; nothing is "
    "committed\n"
    "that was not delivered. Exit code 1 when it cannot start or go on, 3 when the configuration "
    "or a\n"
    "mapping has errors, 5 when another process has taken its kafka.group.instance.id.\n",
    run,
};
