/* reply: what goes back over a connection, before it is sent. */
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include "fault_script.h"

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_HEADERS_MAX (FAULT_HEADERS_MAX + 6)

/* Slices live in the arena of the request, or are constant. */
struct reply {
    bool reset;    /* the connection, instead of anything below */
    bool truncate; /* the connection closes in the middle of the body */
    unsigned status;
    struct slice body;
    struct fault_header headers[REPLY_HEADERS_MAX];
    size_t header_count;
};

/* Unless it has one of that name. */
void reply_add_header(struct reply *reply, struct slice name, struct slice value);

/* Retry-After, in seconds from now, or as the date of then when `date` is not NULL. `now_ms` is wall time. */
void reply_add_retry_after(struct reply *reply, int64_t seconds, const enum fault_date *date,
                           int64_t now_ms, struct arena *arena);

/* Puts the body into other bytes: gzip, with its header, or Latin-1, about which nothing is said. */
void reply_encode(struct reply *reply, enum fault_encoding encoding, struct arena *arena);

#endif
