#include "doors.h"

#include "audience_api.h"
#include "event_api.h"

#include "base/base64.h"
#include "base/memory.h"

#include <stdlib.h>

#define PAIR_MAX ((size_t)1024 * 1024)

/* The value of the header Authorization that the credentials make. */
static char *make_authorization(const char *key, const char *secret)
{
    struct buffer pair;
    buffer_init(&pair, PAIR_MAX);
    buffer_printf(&pair, "%s:%s", key, secret);
    const char scheme[] = "Basic ";
    char *header = memory_new(sizeof scheme + 4 * (pair.size / 3 + 1), 1);
    memcpy(header, scheme, sizeof scheme);
    (void)base64_encode(buffer_slice(&pair), header + sizeof scheme - 1);
    buffer_done(&pair);
    return header;
}

static void prepare(struct door *door, const struct options *options, const struct control *control)
{
    door->limit = rate_limit_new(&options->limits);
    door->service.rules = (struct api_rules){.account_id = options->account_id,
                                             .authorization = door->authorization,
                                             .strict_request = options->strict_request,
                                             .any_time = options->any_time};
    door->service.account = control->account;
    door->service.faults = control->faults;
    door->service.limit = door->limit;
}

static void prepare_all(struct doors *doors, const struct options *options,
                        const struct address *address, const struct control *control)
{
    struct door *event = &doors->doors[API_EVENT];
    struct door *audience = &doors->doors[API_AUDIENCE];
    event->service.api = &event_api;
    event->address = *address;
    event->authorization = make_authorization(options->public_key, options->secret_key);
    audience->service.api = &audience_api;
    audience->address = address_with_port(address, (uint16_t)options->audience_port);
    audience->authorization = make_authorization(options->api_key, options->api_secret);
    doors->control = *control;
    for (size_t i = 0; i < API_KINDS; i++) {
        prepare(&doors->doors[i], options, control);
        doors->control.limits[i] = doors->doors[i].limit;
    }
}

bool doors_open(struct doors *doors, const struct options *options, const struct address *address,
                const struct certificate *certificate, const struct control *control,
                struct journal *journal, struct error *error)
{
    prepare_all(doors, options, address, control);
    for (size_t i = 0; i < API_KINDS; i++) {
        struct door *door = &doors->doors[i];
        door->service.journal = journal;
        const struct server_config config = {
            .address = &door->address,
            .certificate = certificate,
            .service = &door->service,
            .control = &doors->control,
        };
        door->server = server_start(&config, error);
        if (door->server == NULL) {
            return false;
        }
    }
    return true;
}

void doors_close(struct doors *doors)
{
    for (size_t i = 0; i < API_KINDS; i++) {
        server_stop(doors->doors[i].server);
        doors->doors[i].server = NULL;
    }
}

void doors_done(struct doors *doors)
{
    doors_close(doors);
    for (size_t i = 0; i < API_KINDS; i++) {
        free(doors->doors[i].authorization);
        rate_limit_free(doors->doors[i].limit);
    }
}

const char *doors_url(const struct doors *doors, enum api_kind kind)
{
    return server_url(doors->doors[kind].server);
}
