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

#define TRANSPORT_LINES_MAX 2
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
    /* Starts a POST of `body`. `lines` are header lines of this request alone, "Name: value", as
     * many as TRANSPORT_LINES_MAX with NULL behind the last, or NULL. Both must stay as they are
     * until the answer is reaped. */
    void (*submit)(struct transport *transport, void *owner, struct slice body,
                   const char *const *lines);
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

/* What is shown to the server, and who is trusted: it may be another one later. All but `headers`
 * may be NULL. Files are PEM and are read at once, but for the list of revoked certificates, which is
 * read for each connection. */
struct transport_credentials {
    const char *const *headers; /* lines "Name: value" */
    size_t header_count;
    const char *ca_file;  /* who is trusted; NULL: the system's authorities */
    const char *crl_file; /* revoked certificates, of each authority up to the root; NULL: none */
    const char *certificate_file; /* the client's own, with those of authorities between */
    const char *key_file;         /* NULL: it is in certificate_file */
    const char *key_password;
    const char *proxy_user; /* for the settings' proxy */
    const char *proxy_password;
};

struct transport_settings {
    const char *url; /* the whole of it; every request goes there */
    struct transport_credentials credentials;
    const char
        *answer_headers[TRANSPORT_ANSWER_HEADERS]; /* names, which are not copied; NULL: none */
    const char *proxy_url; /* NULL: the environment's, as curl has it (https_proxy, no_proxy) */
    int64_t timeout_ms;    /* for a whole request */
    int64_t connect_timeout_ms;
    int64_t stall_timeout_ms; /* without a byte sent or received; in whole seconds, rounded up */
    size_t connections_max;   /* requests in flight must never be more */
};

/* By libcurl. NULL when the settings cannot be used. Settings are copied. The program must ignore
 * SIGPIPE. */
struct transport *transport_new(const struct transport_settings *settings, struct error *error);

/* Uses other credentials for the requests to come, over new connections where certificates have
 * changed; those under way keep theirs. What is NULL must be as it was. False, and all is as before,
 * when they cannot be used. Only for what transport_new() has made. */
__attribute__((warn_unused_result)) bool
transport_renew(struct transport *interface, const struct transport_credentials *credentials,
                struct error *error);

#endif
