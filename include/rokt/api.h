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
#include "conversion/privacy.h"
#include "rokt/scrub.h"

#include <stdint.h>

struct rokt_credentials {
    const char
        *account_id; /* the Event and Audience API's keys stand for one: it is not looked at */
    const char *public_key;
    const char *secret_key;
};

/* What an answer means for a conversion. */
enum rokt_verdict {
    ROKT_DONE,  /* it was taken */
    ROKT_RETRY, /* unknown or transient: the same bytes again, later */
    ROKT_ALONE, /* it is not proven to be taken, or wants a second try: once more, by itself */
    ROKT_SPLIT, /* the whole request was refused: one of its conversions, or all, will never do */
    ROKT_DEAD,  /* it will never be taken */
    ROKT_HOLD   /* credentials or configuration: keep everything, alarm, probe */
};

/* What the API says of how much it is asked. */
enum rokt_pressure {
    ROKT_PRESSURE_NONE,
    ROKT_PRESSURE_RATE,        /* too much: lower the steady rate */
    ROKT_PRESSURE_ACCELERATION /* too much more than before: rise more slowly */
};

/* A conversion's event within a body, without the separators around it. */
struct rokt_span {
    size_t from, size;
};

#define ROKT_ANSWER_HEADERS_MAX 2

/* A request that has been answered, and how. (One without a whole answer is nobody's to judge: its
 * outcome is unknown.) */
struct rokt_answer {
    struct slice request; /* the body as it was sent */
    const struct rokt_span *events;
    size_t event_count; /* at least 1 */
    bool alone;         /* its one conversion was sent by itself because of ROKT_ALONE */

    int status;        /* of HTTP */
    struct slice body; /* bounded by the transport; may be anything */
    /* Of the headers that the API asks for, in that order; data is NULL for one that is missing. */
    struct slice headers[ROKT_ANSWER_HEADERS_MAX];
};

/* What the API itself says of a failure, as far as it may be shown (rokt/scrub); empty where it says
 * nothing. */
struct rokt_complaint {
    char code[SCRUB_CODE_SIZE];
    char message[SCRUB_SIZE];
};

/* A conversion that has a verdict of its own. */
struct rokt_refusal {
    size_t event;              /* its index in the request */
    enum rokt_verdict verdict; /* ROKT_ALONE or ROKT_DEAD */
    struct error cause;
    struct rokt_complaint complaint;
};

struct rokt_judgement {
    enum rokt_verdict verdict; /* of all that are not among the refusals; never ROKT_DEAD. Beside
                                * ROKT_RETRY and ROKT_HOLD there are no refusals; beside ROKT_SPLIT they
                                * are ROKT_ALONE: those for which the request was refused, as it says */
    struct error cause; /* what the answer was, with Rokt's code, but without any echoed value */
    struct rokt_complaint complaint;     /* of a request that was not taken */
    const struct rokt_refusal *refusals; /* in the arena; by rising index, each once at most */
    size_t refusal_count;
    bool repeated; /* done, because it had been taken when it was sent before */
    enum rokt_pressure pressure;
    int used_percent; /* of the API's limit, as it says; -1: it does not */
};

#define ROKT_SEPARATOR ',' /* between two events of a body */
#define ROKT_SEPARATOR_SIZE 1

#define ROKT_HEADERS_MAX 8
#define ROKT_HEADER_SIZE 1024

struct rokt_headers {
    char lines[ROKT_HEADERS_MAX][ROKT_HEADER_SIZE]; /* "Name: value"; one holds a secret */
    size_t count;
};

/* What the user decides of what is sent. All-zero: everything, as production. */
struct rokt_settings {
    enum privacy_email email;
    bool development; /* the Event and Audience API's environment; the Event API has one only */
};

/* An API as it comes has the settings of all-zero; whoever wants others sets them in a copy. */
struct rokt_api {
    const char *name;
    const char *path;       /* behind the base URL: "/v2/events" */
    size_t conversions_max; /* in a request */
    size_t bytes_max;       /* of a request's body */
    size_t value_max;       /* of a field or an attribute, in code points */
    bool accounts;          /* a request says whose it is; else its keys do */
    struct rokt_settings settings;

    /* The request's headers. False when the credentials cannot be sent: too long, empty, or with a
     * control character (as a line end left in a file of secrets); the error never quotes them. */
    bool (*headers)(const struct rokt_credentials *credentials, struct rokt_headers *ret_headers,
                    struct error *error);

    /* Start and end of a body; all its events are of one account, which may be empty where the keys
     * stand for it. The end is at most `closing_max` bytes. */
    void (*open)(struct buffer *body, struct slice account_id);
    void (*close)(struct buffer *body);
    size_t closing_max;

    /* Appends one event (and the separator when it is not the first), by the settings of `api`, which
     * is this one or a copy. False when the API would refuse it for certain — too old, too long a
     * value — with an error that names the field and nothing personal; what was appended is then to
     * be rolled back by the caller, as when the buffer has failed. */
    bool (*encode)(const struct rokt_api *api, const struct conversion *conversion, bool first,
                   int64_t wall_ms, struct buffer *body, struct error *error);

    /* The names of the answer's headers that judge() wants to see; NULL behind the last. */
    const char *answer_headers[ROKT_ANSWER_HEADERS_MAX];

    /* Reads an answer, in `arena`. Never more favourable than what is proven: a conversion that
     * might not have been taken is never ROKT_DONE, one that might be taken never ROKT_DEAD. */
    void (*judge)(const struct rokt_answer *answer, struct arena *arena,
                  struct rokt_judgement *ret_judgement);
};

#endif
