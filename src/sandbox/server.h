/* server: HTTP and HTTPS for one of the APIs and for the sandbox's own endpoints.
 *
 * Each connection has a thread of its own, so that a delayed answer holds up nothing but its connection.
 * HTTP/1.1 by libmicrohttpd. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "base/address.h"
#include "certificate.h"
#include "control.h"
#include "service.h"

/* Everything it points to must live until server_stop(). */
struct server_config {
    const struct address *address;
    const struct certificate *certificate; /* NULL: plain HTTP */
    const struct service *service;
    const struct control *control;
};

struct server;

/* Listens and answers from now on; NULL when it cannot. */
__attribute__((warn_unused_result)) struct server *server_start(const struct server_config *config,
                                                                struct error *error);

/* "https://127.0.0.1:45123"; lives as long as the server. */
const char *server_url(const struct server *server);

/* Closes all connections, also those that wait; free(NULL) is fine. */
void server_stop(struct server *server);

#endif
