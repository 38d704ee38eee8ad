#include "app.h"
#include "base/memory.h"
#include "pipeline/pipeline.h"
#include "renewal.h"
#include "setup.h"
#include "uplink.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Everything that runs, in the order in which it is made. All-zero is nothing made yet. */
struct relay {
    const char *path; /* of the configuration */
    struct setup setup;
    struct log *log;
    struct clock clock;
    int wake_fd;
    struct consumer *consumer;
    struct dead_letter *dead_letter;
    struct transport *transport;
    struct delivery *delivery;
    struct pipeline *pipeline;
    struct renewal *renewal;
    pthread_t main_thread;
    enum pipeline_state ended;
};

/* Sent by the pipeline's thread to the waiting main thread when it ends by itself. */
#define SIGNAL_ENDED SIGUSR1

/* ---- making ----------------------------------------------------------------------------------- */

static struct consumer_subscription *kafka_subscriptions(const struct config *config)
{
    struct consumer_subscription *subscriptions =
        memory_new(config->route_count, sizeof *subscriptions);

    for (size_t i = 0; i < config->route_count; i++) {
        subscriptions[i].topics = (const char *const *)config->routes[i].topics;
        subscriptions[i].topic_count = config->routes[i].topic_count;
    }
    return subscriptions;
}

static bool make_kafka(struct relay *relay, struct error *error)
{
    const struct config *config = relay->setup.config;
    struct consumer_property *properties = setup_kafka_properties(config);
    struct consumer_subscription *subscriptions = kafka_subscriptions(config);

    relay->dead_letter = dead_letter_new(properties, config->property_count,
                                         config->dead_letter_topic, relay->wake_fd, error);
    if (relay->dead_letter != NULL) {
        relay->consumer = consumer_new(properties, config->property_count, subscriptions,
                                       config->route_count, relay->wake_fd, error);
    }
    free(properties);
    free(subscriptions);
    return relay->consumer != NULL;
}

static void make_delivery(struct relay *relay)
{
    const struct config *config = relay->setup.config;

    relay->delivery = delivery_new(
        &(struct delivery_settings){
            .api = &relay->setup.api,
            .account_id = config->account_id == NULL ? "" : config->account_id,
            .batch_conversions = (size_t)config->batch_events,
            .batch_bytes = (size_t)config->batch_bytes,
            .batch_linger_ms = config->batch_linger_ms,
            .in_flight = (size_t)config->requests_in_flight,
            .gzip = config->requests_compression == CONFIG_COMPRESSION_GZIP,
            .backoff_base_ms = config->backoff_base_ms,
            .backoff_cap_ms = config->backoff_cap_ms,
            .probe_interval_ms = config->probe_interval_ms,
            .rate = (double)config->rate,
            .seed = (uint64_t)relay->clock.monotonic_ms * 2654435761U ^ (uint64_t)getpid(),
        },
        relay->transport, &relay->clock);
}

static void make_pipeline(struct relay *relay)
{
    const struct config *config = relay->setup.config;
    struct pipeline_stages stages = {
        .consumer = relay->consumer,
        .delivery = relay->delivery,
        .dead_letter = relay->dead_letter,
        .mappings = (const struct mapping *const *)relay->setup.mappings,
        .clock = &relay->clock,
        .log = relay->log,
        .wake_fd = relay->wake_fd,
    };

    relay->pipeline =
        pipeline_new(&stages, &(struct pipeline_settings){
                                  .open_partition_max = (size_t)config->open_partition_max,
                                  .open_max = (size_t)config->open_max,
                                  .commit_interval_ms = config->commit_interval_ms,
                                  .drain_timeout_ms = config->drain_timeout_ms,
                                  .shutdown_timeout_ms = config->shutdown_timeout_ms,
                              });
}

static void make_renewal(struct relay *relay)
{
    relay->renewal = renewal_new(&(struct renewal_parts){
        .path = relay->path,
        .config = relay->setup.config,
        .api = &relay->setup.api,
        .transport = relay->transport,
        .delivery = relay->delivery,
        .clock = &relay->clock,
        .log = relay->log,
    });
}

static struct log *make_log(const struct config *config)
{
    static const enum log_format formats[] = {[CONFIG_LOG_AUTO] = LOG_FORMAT_AUTO,
                                              [CONFIG_LOG_JSON] = LOG_FORMAT_JSON,
                                              [CONFIG_LOG_TEXT] = LOG_FORMAT_TEXT};
    static const enum log_level levels[] = {[CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG,
                                            [CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
                                            [CONFIG_LOG_WARNING] = LOG_LEVEL_WARNING,
                                            [CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR};

    return log_new(STDERR_FILENO, formats[config->log_format], levels[config->log_level]);
}

static bool make(struct relay *relay, struct error *error)
{
    clock_refresh(&relay->clock);
    relay->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (relay->wake_fd < 0) {
        error_set(error, "no eventfd: %s", strerror(errno));
        return false;
    }
    relay->transport = uplink_new(relay->setup.config, &relay->setup.api, error);
    if (relay->transport == NULL || !make_kafka(relay, error)) {
        return false;
    }
    make_delivery(relay);
    make_pipeline(relay);
    make_renewal(relay);
    return true;
}

/* The consumer leaves the group here; all that may be committed has been. */
static void unmake(struct relay *relay)
{
    renewal_free(relay->renewal);
    pipeline_free(relay->pipeline);
    if (relay->consumer != NULL) {
        relay->consumer->operations->free(relay->consumer);
    }
    if (relay->dead_letter != NULL) {
        relay->dead_letter->operations->free(relay->dead_letter);
    }
    delivery_free(relay->delivery);
    if (relay->transport != NULL) {
        relay->transport->operations->free(relay->transport);
    }
    if (relay->wake_fd >= 0) {
        (void)close(relay->wake_fd);
    }
}

/* ---- running ---------------------------------------------------------------------------------- */

static void *pipeline_thread(void *argument)
{
    struct relay *relay = argument;

    do {
        renewal_look(relay->renewal);
        relay->ended = pipeline_turn(relay->pipeline, true);
    } while (relay->ended == PIPELINE_RUNNING);
    (void)pthread_kill(relay->main_thread, SIGNAL_ENDED);
    return NULL;
}

/* Signals are blocked before any thread is made, so that all of them come to the main thread. */
static void block_signals(sigset_t *ret_signals)
{
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)sigaddset(ret_signals, SIGNAL_ENDED);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* A signal to a process group often comes twice at once, by the group and by a parent that passes it on:
 * that is one. */
#define SAME_SIGNAL_MS 50

/* The first signal asks the pipeline to stop; a second ends the process at once, which commits nothing. */
static void wait_for_end(struct relay *relay, const sigset_t *signals)
{
    struct clock clock = {0};
    int64_t asked_ms = 0;
    bool asked = false;
    int number = 0;

    while (sigwait(signals, &number) == 0 && number != SIGNAL_ENDED) {
        clock_refresh(&clock);
        if (asked && clock.monotonic_ms - asked_ms < SAME_SIGNAL_MS) {
            continue;
        }
        log_event(relay->log, LOG_LEVEL_INFO, "signal", LOG_TEXT("name", sigabbrev_np(number)),
                  LOG_TEXT("message", asked ? "the second: out at once"
                                            : "draining; a second signal ends it at once"));
        if (asked) {
            _exit(EXIT_AT_ONCE);
        }
        asked = true;
        asked_ms = clock.monotonic_ms;
        pipeline_stop(relay->pipeline);
    }
}

static int run_pipeline(struct relay *relay, const sigset_t *signals)
{
    pthread_t thread;

    relay->main_thread = pthread_self();
    if (pthread_create(&thread, NULL, pipeline_thread, relay) != 0) {
        log_event(relay->log, LOG_LEVEL_ERROR, "start_failed",
                  LOG_TEXT("message", "no thread could be made"));
        return EXIT_FAILED;
    }
    wait_for_end(relay, signals);
    (void)pthread_join(thread, NULL);
    return relay->ended == PIPELINE_STOPPED ? EXIT_OK : EXIT_FAILED;
}

static void say_start(const struct relay *relay)
{
    const struct config *config = relay->setup.config;

    log_event(relay->log, LOG_LEVEL_INFO, "started", LOG_TEXT("version", ROKT_RELAY_VERSION),
              LOG_TEXT("api", relay->setup.api.name), LOG_TEXT("base_url", config->base_url),
              LOG_TEXT("environment",
                       relay->setup.api.settings.development ? "development" : "production"),
              LOG_INTEGER("routes", config->route_count),
              LOG_TEXT("dead_letter_topic", config->dead_letter_topic),
              LOG_TEXT("message",
                       "waiting for partitions; they come at once, or when the session of a "
                       "member that ended without leaving has timed out"));
}

static int run_relay(struct relay *relay)
{
    sigset_t signals;
    struct error error;
    int code = EXIT_FAILED;

    block_signals(&signals);
    relay->log = make_log(relay->setup.config);
    if (make(relay, &error)) {
        say_start(relay);
        code = run_pipeline(relay, &signals);
    } else {
        log_event(relay->log, LOG_LEVEL_ERROR, "start_failed", LOG_TEXT("message", error.text));
    }
    unmake(relay);
    log_event(relay->log, LOG_LEVEL_INFO, "stopped", LOG_INTEGER("exit_code", code));
    log_free(relay->log);
    return code;
}

static int load_and_run(const char *path)
{
    struct relay relay = {.path = path, .wake_fd = -1};
    struct error_list errors = {0};
    bool valid = setup_load(path, &relay.setup, &errors);
    int code = app_report(&errors);

    if (valid) {
        code = run_relay(&relay);
    }
    setup_release(&relay.setup);
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
    "mapping has errors.\n",
    run,
};
