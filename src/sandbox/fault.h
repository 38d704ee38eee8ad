/* fault: one thing that goes wrong, as it was written.
 *
 * A fault is what happens (a status, a reset, a cut, a delay, unprocessed events, a header, another encoding)
 * and when (by share, every n-th time, for a while, so often, only for bodies that hold a text). Written as
 *     status=503,share=0.2        at the command line: comma-separated, `body` last and up to the end
 *     {"status":503,"share":0.2}  as JSON, also at the command line
 * with the same keys, which are one table. */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_HEADERS_MAX 8
#define FAULT_TEXT_MAX 65536 /* bytes of a header, a body or a match */

/* The keys, as bits of `given`. */
enum fault_key {
    FAULT_STATUS,
    FAULT_RESET,
    FAULT_TRUNCATE,
    FAULT_DELAY,
    FAULT_UNPROCESSED,
    FAULT_NAMED,
    FAULT_HEADER,
    FAULT_RETRY,
    FAULT_DATE,
    FAULT_ENCODE,
    FAULT_BODY,
    FAULT_PASS,
    FAULT_ACCEPT,
    FAULT_SHARE,
    FAULT_EVERY,
    FAULT_COUNT,
    FAULT_FROM,
    FAULT_FOR,
    FAULT_MATCH,
    FAULT_NOTE,
    FAULT_KEYS
};

/* The forms of a date that HTTP knows (RFC 9110, section 5.6.7). */
enum fault_date { FAULT_DATE_IMF, FAULT_DATE_RFC850, FAULT_DATE_ASCTIME };

enum fault_encoding { FAULT_ENCODE_GZIP, FAULT_ENCODE_LATIN1 };

struct fault_text {
    char *data; /* NULL: not given */
    size_t size;
};

/* Values stand under the names of their keys; all-zero is valid, and gives none. */
struct fault {
    unsigned given; /* the keys that were, as bits */
    bool reset;
    bool truncate;
    bool accept;
    bool pass;
    uint64_t status;
    uint64_t delay;  /* milliseconds */
    uint64_t named;  /* enum api_naming */
    uint64_t retry;  /* seconds */
    uint64_t date;   /* enum fault_date */
    uint64_t encode; /* enum fault_encoding */
    uint64_t every;
    uint64_t count;
    double share;
    double from;   /* seconds */
    double period; /* the key `for`, seconds */
    struct fault_text unprocessed;
    struct fault_text body;
    struct fault_text match;
    struct fault_text note;
    struct fault_text headers[FAULT_HEADERS_MAX]; /* "Name: value" */
    uint64_t seen;     /* requests it might have happened to, but for share and count */
    uint64_t happened; /* requests it did happen to */
};

/* Reads a fault in either of the two ways above into an all-zero one. Call fault_done() also after a
 * failure. */
__attribute__((warn_unused_result)) bool fault_parse(struct slice text, struct fault *fault,
                                                     struct error *error);

/* The same for JSON that is read already; the arena is scratch. */
__attribute__((warn_unused_result)) bool fault_read(const struct json_value *value,
                                                    struct fault *fault, struct arena *arena,
                                                    struct error *error);

void fault_done(struct fault *fault);

bool fault_gives(const struct fault *fault, enum fault_key key);

/* As JSON, with how often it "happened", which fault_read() passes over. */
void fault_write(const struct fault *fault, struct buffer *buffer);

/* The keys with what they mean, one a line. */
void fault_keys_write(struct buffer *buffer);

#endif
