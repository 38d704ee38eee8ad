/* api: what Rokt's two APIs have in common as the sandbox speaks them: a request as it is judged, and the
 * answer to it.
 *
 * An interface, because there are two of them. Both are strict: whatever the documentation asks for is
 * demanded, whatever it does not name is refused. They know nothing of HTTP beyond what they are given, keep
 * no state, and may be used by several threads. */
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include "event.h"

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api_kind { API_EVENT, API_AUDIENCE, API_KINDS };

/* What the sandbox was told to accept. */
struct api_rules {
    const char *account_id;    /* of the Event API */
    const char *authorization; /* the whole header's value, "Basic …" */
    bool strict_request;       /* one bad event refuses the whole request; of the Event API */
    bool any_time;             /* times are judged by their form, not by how long ago they are */
};

/* Headers are empty when they are not there. */
struct api_request {
    struct slice method;
    struct slice path;
    struct slice content_type;
    struct slice content_encoding;
    struct slice charset;
    struct slice version;
    struct slice authorization;
    struct slice body;
    bool oversize;       /* the body had more than `body_max` bytes, and is not whole */
    bool undecoded;      /* the body is not what its encoding says, and is not here */
    size_t bytes;        /* of the body, as they came */
    int64_t received_ms; /* on the monotonic clock */
};

/* How an answer says which conversion it means. A way that the API does not have is the full one. */
enum api_naming {
    API_FULLY,       /* Event API: the record is echoed. The other: Path, line and position */
    API_BY_ID,       /* Event API: of the record there is but the clientEventId */
    API_BY_PATH,     /* Event and Audience API: no position */
    API_BY_POSITION, /* the same: no path */
    API_WRONGLY,     /* an id, or a path, that the request does not have */
    API_NOT          /* neither record, path nor position */
};

/* Conversions to be refused although they are fine: those whose text holds `match`, or the first one when
 * `match` is empty. `code` empty: none. */
struct api_denial {
    struct slice code;
    struct slice match;
    enum api_naming naming;
};

/* Everything lives in the arena, or is constant. */
struct api_answer {
    unsigned status;
    struct slice body;
    struct event *accepted;
    size_t accepted_count;
    size_t unprocessed_count;
    size_t conversion_count; /* in the request, whatever becomes of them; 0: it is no request */
};

struct api {
    enum api_kind kind;
    const char *const *paths; /* NULL behind the last */
    size_t body_max;          /* bytes of a request's body */
    unsigned success;         /* the status when all is taken */

    /* `now_ms` is wall time. */
    void (*judge)(const struct api_rules *rules, const struct api_request *request,
                  const struct api_denial *denial, int64_t now_ms, struct arena *arena,
                  struct api_answer *ret_answer);

    /* The body that goes with a status when nothing is known of the request; with that of success: that all
     * was taken. `message` may have no place in it. */
    struct slice (*body)(unsigned status, struct slice message, struct arena *arena);
};

#endif
