/* transport: where requests go: an interface, with libcurl behind it, or a script in tests.
 *
 * Asynchronous: requests are submitted, and their answers reaped, on one thread. The transport
 * knows nothing of Rokt but an address, header lines and bytes. With libcurl: connections are kept
 * and reused, HTTP/2 where offered, TLS >= 1.2 always verified, no redirect ever followed, an
 * answer's body bounded. */
#ifndef DELIVERY_TRANSPORT_H
#define DELIVERY_TRANSPORT_H

#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>

#define TRANSPORT_BODY_MAX (1024 * 1024) /* of an answer; a longer one is a failure */

#define TRANSPORT_ANSWER_HEADERS 2

struct transport_answer {
    void *owner;          /* as submitted */
    bool failed;          /* no whole answer: `failure` says why, the outcome is unknown */
    struct error failure; /* libcurl's words, without address parameters or anything personal */
    int status;
    int64_t retry_after_ms; /* as retry_after_ms() reads it; -1 when there is none */
    struct slice body;      /* valid until the next reap */
    /* Those that the settings name, in their order; data is NULL for one that is missing. */
    struct slice headers[TRANSPORT_ANSWER_HEADERS];
    int64_t duration_ms;
};

struct transport;

struct transport_operations {
    /* Starts a POST of `body`, which must stay as it is until its answer is reaped. */
    void (*submit)(struct transport *transport, void *owner, struct slice body);
    /* The next answer; false when there is none now. Never blocks. */
    bool (*reap)(struct transport *transport, struct transport_answer *ret_answer);
    /* Sleeps until a socket or `fd` (-1: none) is ready, or `timeout_ms` has passed. */
    void (*wait)(struct transport *transport, int fd, int timeout_ms);
    /* Gives up what is in flight: it is not reaped any more, and its bodies are not needed any
     * more. */
    void (*cancel)(struct transport *transport);
    /* Cancels, frees. */
    void (*free)(struct transport *transport);
};

struct transport {
    const struct transport_operations *operations;
};

struct transport_settings {
    const char *url;            /* the whole of it; every request goes there */
    const char *const *headers; /* lines "Name: value" */
    size_t header_count;
    const char
        *answer_headers[TRANSPORT_ANSWER_HEADERS]; /* names, which are not copied; NULL: none */
    const char *ca_file;                           /* NULL: the system's */
    int64_t timeout_ms;                            /* for a whole request */
    int64_t connect_timeout_ms;
    size_t connections_max; /* requests in flight must never be more */
};

/* By libcurl; takes a proxy from the environment as curl does (https_proxy, no_proxy). NULL when
 * the settings cannot be used. Settings are copied. The program must ignore SIGPIPE. */
struct transport *transport_new(const struct transport_settings *settings, struct error *error);

#endif
