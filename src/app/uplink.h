/* uplink: the transport to Rokt as the configuration describes it, and again with what has changed in
 * its files meanwhile: keys, passwords and certificates. */
#ifndef APP_UPLINK_H
#define APP_UPLINK_H

#include "config/config.h"
#include "delivery/transport.h"
#include "rokt/api.h"

/* NULL, with `error`, when it cannot be used. */
struct transport *uplink_new(const struct config *config, const struct rokt_api *api,
                             struct error *error);

/* Takes the credentials of another configuration for the requests to come; it must lead to the same
 * account at the same place, by the same options. False, and nothing has changed, when it does not or
 * cannot be used. */
__attribute__((warn_unused_result)) bool
uplink_renew(struct transport *transport, const struct config *before, const struct config *after,
             const struct rokt_api *api, struct error *error);

#endif
