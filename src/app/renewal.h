/* renewal: while the relay runs, looks whether the files have changed that keys, passwords and
 * certificates come from, and then has them used: no restart is needed for that. */
#ifndef APP_RENEWAL_H
#define APP_RENEWAL_H

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "rokt/api.h"

/* What it needs, all of it its owner's. */
struct renewal_parts {
    const char *path; /* of the configuration */
    struct config *config;
    const struct rokt_api *api;
    struct transport *transport;
    struct delivery *delivery;
    const struct clock *clock;
    struct log *log;
};

struct renewal;

struct renewal *renewal_new(const struct renewal_parts *parts);
/* renewal_free(NULL) is fine. */
void renewal_free(struct renewal *renewal);

/* To be called each turn, on the pipeline's thread; looks every second while delivery is on hold, else
 * every ten. What cannot be used is said in the log, and what was before is used on. */
void renewal_look(struct renewal *renewal);

#endif
