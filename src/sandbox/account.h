/* account: what was received, for comparison with what was produced.
 *
 * Counts requests by answer and accepted events by their ids, keeps every id with the number of its comings
 * and the last events as they came. A batch whose source_request_id was accepted before is dropped, as Rokt
 * does: counted, but not accepted. All functions may be called by several threads. */
#ifndef SANDBOX_ACCOUNT_H
#define SANDBOX_ACCOUNT_H

#include "api.h"
#include "rate_limit.h"

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNT_IDS_MAX ((size_t)8 * 1000 * 1000) /* of each kind; past it they are only counted */
#define ACCOUNT_TYPES_MAX 100

struct account;

/* One request to an API, after it was answered. */
struct account_request {
    enum api_kind api;
    unsigned status;        /* of the answer; 0 when the connection was reset instead */
    bool truncated;         /* the answer was cut in its middle */
    bool acknowledged;      /* the answer tells the client truly what became of its events */
    size_t bytes;           /* of the body */
    bool compressed;        /* the body came with an encoding */
    enum rate_verdict rate; /* why it was refused, if that is the reason */
    bool irregular; /* the body is not one line of ASCII, as the Event and Audience API wants it */
    const struct event *events; /* those accepted */
    size_t event_count;
    size_t unprocessed_count;
};

struct account *account_new(void);
void account_free(struct account *account);

/* Empty again, as at the start. */
void account_reset(struct account *account);

/* A connection sent its first request to an API. */
void account_connection(struct account *account);

void account_request(struct account *account, const struct account_request *request);

/* The account as one JSON object. */
void account_write(struct account *account, struct buffer *buffer);

/* Every transaction with the number of its comings: {"transactionid":"…","count":1} lines. */
void account_write_ids(struct account *account, struct buffer *buffer);

/* {"events":[…]}: the last `limit` events, in the order of their coming. */
void account_write_events(struct account *account, size_t limit, struct buffer *buffer);

/* The newest event with that id, or, when `client_event_id` is empty, with that transaction. False when
 * there is none among the last events, as many as are kept. */
bool account_write_event(struct account *account, struct slice client_event_id,
                         struct slice transaction_id, struct buffer *buffer);

#endif
