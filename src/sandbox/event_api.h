/* event_api: judges requests to the Event API as Rokt documents it, and words the answers.
 *
 * Strict: whatever the documentation asks for is demanded, whatever it does not name is refused. Knows
 * nothing of HTTP beyond the headers it is given, keeps no state, and may be used by several threads.
 * Source: Rokt's documentation of the Event API, version 2020-05-21. */
#ifndef SANDBOX_EVENT_API_H
#define SANDBOX_EVENT_API_H

#include "event.h"

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_API_VERSION "2020-05-21"
#define EVENT_API_BODY_MAX 1000000 /* bytes; not documented: what other clients keep to */
#define EVENT_API_EVENTS_MAX 100
#define EVENT_API_ACCOUNT_MAX 64 /* code points */

struct event_api {
    const char *account_id;
    const char *authorization; /* the whole header's value, "Basic …" */
    bool strict_request;       /* one bad event refuses the whole request */
};

/* Headers are empty when they are not there. */
struct event_api_request {
    struct slice content_type;
    struct slice charset;
    struct slice version;
    struct slice authorization;
    struct slice body;
    bool oversize; /* the body had more than EVENT_API_BODY_MAX bytes, and is not here */
};

/* Events to be left unprocessed although they are fine: those whose text holds `match`, or the first one
 * when `match` is empty. `code` empty: none. */
struct event_api_denial {
    struct slice code;
    struct slice match;
};

/* Everything lives in the arena. */
struct event_api_answer {
    unsigned status;
    struct slice body;
    struct event *accepted;
    size_t accepted_count;
    size_t unprocessed_count;
};

/* `now_ms` is wall time. The answer's slices live in the arena or in the request. */
void event_api_judge(const struct event_api *api, const struct event_api_request *request,
                     const struct event_api_denial *denial, int64_t now_ms, struct arena *arena,
                     struct event_api_answer *ret_answer);

/* An error's body with the code that goes with the status: {"data":{"code":…,"message":…}}. */
struct slice event_api_error(unsigned status, struct slice message, struct arena *arena);

#endif
