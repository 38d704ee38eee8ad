#include "relay.h"

#include "base/memory.h"
#include "panel.h"
#include "renewal.h"
#include "uplink.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct relay {
    struct relay_settings settings;
    struct clock clock;
    int wake_fd;
    struct consumer *consumer;
    struct dead_letter *dead_letter;
    struct transport *transport;
    struct delivery *delivery;
    struct pipeline *pipeline;
    struct renewal *renewal;
    struct snapshot_exchange *exchange; /* NULL: nobody watches */
    struct panel *panel;                /* likewise */
    pthread_t main_thread;
    enum pipeline_state ended;
};

/* Sent by the pipeline's thread to the waiting main thread when it ends by itself. */
#define SIGNAL_ENDED SIGUSR1

/* ---- making ----------------------------------------------------------------------------------- */

static bool make_kafka(struct relay *relay, struct error *error)
{
    const struct relay_settings *settings = &relay->settings;
    const struct config *config = settings->setup->config;
    struct consumer_property *properties = setup_kafka_properties(config);

    relay->dead_letter = dead_letter_new(properties, config->property_count,
                                         config->dead_letter_topic, relay->wake_fd, error);
    if (relay->dead_letter != NULL) {
        relay->consumer = settings->source.open(settings->source.owner, relay->wake_fd, error);
    }
    free(properties);
    return relay->consumer != NULL;
}

static void make_delivery(struct relay *relay)
{
    const struct config *config = relay->settings.setup->config;

    relay->delivery = delivery_new(
        &(struct delivery_settings){
            .api = &relay->settings.setup->api,
            .account_id = config->account_id == NULL ? "" : config->account_id,
            .batch_conversions = (size_t)config->batch_events,
            .batch_bytes = (size_t)config->batch_bytes,
            .batch_linger_ms = config->batch_linger_ms,
            .in_flight = (size_t)config->requests_in_flight,
            .gzip = config->requests_compression == CONFIG_COMPRESSION_GZIP,
            .backoff_base_ms = config->backoff_base_ms,
            .backoff_cap_ms = config->backoff_cap_ms,
            .probe_interval_ms = config->probe_interval_ms,
            .rate = (double)relay->settings.rate,
            .seed = (uint64_t)relay->clock.monotonic_ms * 2654435761U ^ (uint64_t)getpid(),
        },
        relay->transport, &relay->clock);
}

static void make_pipeline(struct relay *relay)
{
    const struct config *config = relay->settings.setup->config;
    struct pipeline_stages stages = {
        .consumer = relay->consumer,
        .delivery = relay->delivery,
        .dead_letter = relay->dead_letter,
        .mappings = (const struct mapping *const *)relay->settings.setup->mappings,
        .route_count = config->route_count,
        .clock = &relay->clock,
        .log = relay->settings.log,
        .watchers = relay->exchange,
        .wake_fd = relay->wake_fd,
    };
    bool again = relay->settings.source.again;

    relay->pipeline = pipeline_new(
        &stages, &(struct pipeline_settings){
                     .dead_percent_max = again ? 0 : (unsigned)config->dead_percent_max,
                     .dead_letter_topic = again ? NULL : config->dead_letter_topic,
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
        .path = relay->settings.path,
        .config = relay->settings.setup->config,
        .api = &relay->settings.setup->api,
        .transport = relay->transport,
        .delivery = relay->delivery,
        .clock = &relay->clock,
        .log = relay->settings.log,
    });
}

static bool is_watched(const struct relay *relay)
{
    return relay->settings.watched && relay->settings.setup->config->admin_listen != NULL;
}

static bool make_panel(struct relay *relay, struct error *error)
{
    if (!is_watched(relay)) {
        return true;
    }
    relay->panel = panel_new(relay->settings.setup, relay->exchange, &relay->clock,
                             relay->settings.log, error);
    return relay->panel != NULL;
}

static bool make(struct relay *relay, struct error *error)
{
    clock_refresh(&relay->clock);
    relay->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (relay->wake_fd < 0) {
        error_set(error, "no eventfd: %s", strerror(errno));
        return false;
    }
    relay->transport =
        uplink_new(relay->settings.setup->config, &relay->settings.setup->api, error);
    if (relay->transport == NULL || !make_kafka(relay, error)) {
        return false;
    }
    make_delivery(relay);
    relay->exchange = is_watched(relay) ? snapshot_exchange_new() : NULL;
    make_pipeline(relay);
    make_renewal(relay);
    return make_panel(relay, error);
}

struct relay *relay_new(const struct relay_settings *settings, struct error *error)
{
    struct relay *relay = memory_new(1, sizeof *relay);

    relay->settings = *settings;
    relay->wake_fd = -1;
    if (!make(relay, error)) {
        relay_free(relay);
        return NULL;
    }
    return relay;
}

void relay_free(struct relay *relay)
{
    if (relay == NULL) {
        return;
    }
    panel_free(relay->panel); /* first: it looks at texts of the others */
    renewal_free(relay->renewal);
    pipeline_free(relay->pipeline);
    if (relay->consumer != NULL) {
        relay->consumer->operations->free(relay->consumer);
    }
    if (relay->dead_letter != NULL) {
        relay->dead_letter->operations->free(relay->dead_letter);
    }
    snapshot_exchange_free(relay->exchange);
    delivery_free(relay->delivery);
    if (relay->transport != NULL) {
        relay->transport->operations->free(relay->transport);
    }
    if (relay->wake_fd >= 0) {
        (void)close(relay->wake_fd);
    }
    free(relay);
}

/* ---- running ---------------------------------------------------------------------------------- */

static void watch(struct relay *relay)
{
    const struct relay_source *source = &relay->settings.source;

    if (source->turned != NULL && source->turned(source->owner, pipeline_account(relay->pipeline),
                                                 relay->clock.monotonic_ms)) {
        pipeline_stop(relay->pipeline);
    }
}

static void *pipeline_thread(void *argument)
{
    struct relay *relay = argument;

    do {
        renewal_look(relay->renewal);
        relay->ended = pipeline_turn(relay->pipeline, true);
        watch(relay);
    } while (relay->ended == PIPELINE_RUNNING);
    (void)pthread_kill(relay->main_thread, SIGNAL_ENDED);
    return NULL;
}

void relay_block_signals(sigset_t *ret_signals)
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
        log_event(relay->settings.log, LOG_LEVEL_INFO, "signal",
                  LOG_TEXT("name", sigabbrev_np(number)),
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

static int code_of(enum pipeline_state ended)
{
    if (ended == PIPELINE_FENCED) {
        return EXIT_FENCED;
    }
    return ended == PIPELINE_STOPPED ? EXIT_OK : EXIT_FAILED;
}

int relay_run(struct relay *relay, const sigset_t *signals)
{
    pthread_t thread;

    relay->main_thread = pthread_self();
    if (pthread_create(&thread, NULL, pipeline_thread, relay) != 0) {
        log_event(relay->settings.log, LOG_LEVEL_ERROR, "start_failed",
                  LOG_TEXT("message", "no thread could be made"));
        return EXIT_FAILED;
    }
    wait_for_end(relay, signals);
    (void)pthread_join(thread, NULL);
    return code_of(relay->ended);
}

const struct pipeline_account *relay_account(const struct relay *relay)
{
    return pipeline_account(relay->pipeline);
}
