/* doors: where both APIs are served: each with a port, credentials and limits of its own, and with one account
 * and one script of faults for both. */
#ifndef SANDBOX_DOORS_H
#define SANDBOX_DOORS_H

#include "base/address.h"
#include "certificate.h"
#include "control.h"
#include "options.h"
#include "server.h"
#include "service.h"

struct door {
    struct address address;
    char *authorization; /* the value of the header that is accepted */
    struct rate_limit *limit;
    struct service service;
    struct server *server;
};

/* All-zero is valid: closed. It must stay where it is while it is open. */
struct doors {
    struct door doors[API_KINDS];
    struct control control;
};

/* Serves both, and the sandbox's own endpoints, which `control` describes but for the limits. `certificate` is
 * NULL for plain HTTP, `journal` where none is kept. What it points to must live until doors_close(); call
 * doors_done() also after a failure. */
__attribute__((warn_unused_result)) bool
doors_open(struct doors *doors, const struct options *options, const struct address *address,
           const struct certificate *certificate, const struct control *control,
           struct journal *journal, struct error *error);

/* Answers nothing any more; the account stays. */
void doors_close(struct doors *doors);

void doors_done(struct doors *doors);

/* "https://127.0.0.1:45123"; while it is open. */
const char *doors_url(const struct doors *doors, enum api_kind kind);

#endif
