#include "renewal.h"

#include "base/memory.h"
#include "uplink.h"

#include <stdlib.h>

#define INTERVAL_MS 10000
#define INTERVAL_ON_HOLD_MS 1000

struct renewal {
    struct renewal_parts parts;
    struct config *latest; /* that was used; NULL: the one of the start */
    int64_t looked_ms;     /* monotonic */
};

struct renewal *renewal_new(const struct renewal_parts *parts)
{
    struct renewal *renewal = memory_new(1, sizeof *renewal);

    renewal->parts = *parts;
    renewal->looked_ms = parts->clock->monotonic_ms;
    return renewal;
}

void renewal_free(struct renewal *renewal)
{
    if (renewal != NULL) {
        config_free(renewal->latest);
        free(renewal);
    }
}

static struct config *current(const struct renewal *renewal)
{
    return renewal->latest == NULL ? renewal->parts.config : renewal->latest;
}

/* The first of the errors, as much of it as a line of the log can bear. */
static void take_error(const struct error_list *errors, struct error *ret_error)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct error_item *item = &errors->items[i];

        if (item->grade == ERROR_GRADE_ERROR) {
            error_set(ret_error, "%s:%zu: %s", item->file, item->place.line, item->message);
            return;
        }
    }
}

/* The configuration as it is now, with what its references stand for now; NULL when it has errors. */
static struct config *load(const struct renewal *renewal, struct error *error)
{
    struct error_list errors = {0};
    struct config *config = config_load(renewal->parts.path, &errors);

    if (config == NULL) {
        take_error(&errors, error);
    }
    error_list_done(&errors);
    return config;
}

static bool renew(struct renewal *renewal, struct error *error)
{
    const struct renewal_parts *parts = &renewal->parts;
    struct config *config = load(renewal, error);

    if (config == NULL) {
        return false;
    }
    if (!uplink_renew(parts->transport, parts->config, config, parts->api, error)) {
        config_free(config);
        return false;
    }
    config_free(renewal->latest);
    renewal->latest = config;
    delivery_renewed(parts->delivery);
    return true;
}

static bool is_time(const struct renewal *renewal)
{
    bool held = delivery_on_hold(renewal->parts.delivery);
    int64_t interval_ms = held ? INTERVAL_ON_HOLD_MS : INTERVAL_MS;

    return renewal->parts.clock->monotonic_ms - renewal->looked_ms >= interval_ms;
}

void renewal_look(struct renewal *renewal)
{
    struct error error;

    if (!is_time(renewal)) {
        return;
    }
    renewal->looked_ms = renewal->parts.clock->monotonic_ms;
    if (!watch_changed(current(renewal)->watch)) {
        return;
    }
    if (renew(renewal, &error)) {
        log_event(renewal->parts.log, LOG_LEVEL_INFO, "credentials_renewed",
                  LOG_TEXT("message", "files of keys or certificates have changed: requests have "
                                      "the new ones from now on"));
    } else {
        log_event(renewal->parts.log, LOG_LEVEL_WARNING, "credentials_not_renewed",
                  LOG_TEXT("message", error.text),
                  LOG_TEXT("hint",
                           "the keys and certificates from before are used on, until a file "
                           "changes again; `check` says all that is wrong, and other "
                           "changes need a restart"));
    }
}
