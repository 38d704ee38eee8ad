/* api: one of Rokt's server-to-server APIs: how a request is made, and how its answer is to be
 * read.
 *
 * An interface, because there are two of them. A request's body is an opening, events with the
 * separator between them, and a closing; each event is written straight into the body that will be
 * sent. */
#ifndef ROKT_API_H
#define ROKT_API_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "conversion/conversion.h"

#include <stdint.h>

struct rokt_credentials {
    const char *account_id;
    const char *public_key;
    const char *secret_key;
};

/* What an answer means for the conversions of its request. */
enum rokt_verdict {
    ROKT_DONE,  /* all were taken */
    ROKT_RETRY, /* unknown or transient: send the same bytes again, later */
    ROKT_HOLD   /* credentials or configuration: keep everything, alarm, probe */
};

struct rokt_answer {
    int status;        /* of HTTP */
    struct slice body; /* bounded by the transport; may be anything */
};

#define ROKT_SEPARATOR_SIZE 1 /* bytes between two events of a body */

#define ROKT_HEADERS_MAX 8
#define ROKT_HEADER_SIZE 1024

struct rokt_headers {
    char lines[ROKT_HEADERS_MAX][ROKT_HEADER_SIZE]; /* "Name: value"; one holds a secret */
    size_t count;
};

struct rokt_api {
    const char *name;
    const char *path;       /* behind the base URL: "/v2/events" */
    size_t conversions_max; /* in a request */

    /* The request's headers. False when the credentials cannot be sent: too long, empty, or with a
     * control character (as a line end left in a file of secrets); the error never quotes them. */
    bool (*headers)(const struct rokt_credentials *credentials, struct rokt_headers *ret_headers,
                    struct error *error);

    /* Start and end of a body; all its events are of one account. The end is at most `closing_max`
     * bytes. */
    void (*open)(struct buffer *body, struct slice account_id);
    void (*close)(struct buffer *body);
    size_t closing_max;

    /* Appends one event (and the separator when it is not the first). False when the API would
     * refuse it for certain — too old, too long a value — with an error that names the field and
     * nothing personal; what was appended is then to be rolled back by the caller, as when the
     * buffer has failed. */
    bool (*encode)(const struct conversion *conversion, bool first, int64_t wall_ms,
                   struct buffer *body, struct error *error);

    /* Reads an answer, in `arena`. `ret_cause` says in words what the answer was, with Rokt's code
     * but without any echoed value. Never more favourable than what is proven. */
    enum rokt_verdict (*judge)(const struct rokt_answer *answer, struct arena *arena,
                               struct error *ret_cause);
};

#endif
