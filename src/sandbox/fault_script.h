/* fault_script: the faults that are to happen, and which of them happen to a request.
 *
 * Faults are tried in their order: the first that happens decides, only delays go on to the next and add up.
 * With `count` that makes a sequence of answers, with `from` and `for` a schedule.
 * Shares are drawn from seeded dice, so that the same requests in the same order meet the same faults. May be
 * used by several threads. */
#ifndef SANDBOX_FAULT_SCRIPT_H
#define SANDBOX_FAULT_SCRIPT_H

#include "api.h"
#include "fault.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULTS_MAX 64

struct fault_header {
    struct slice name;
    struct slice value;
};

/* What is to happen to one request; texts live in the arena that was given. */
struct fault_effect {
    bool happens; /* one of the faults changes the answer */
    bool reset;
    bool truncate;
    bool accept;     /* the request is judged and its events are counted all the same */
    unsigned status; /* 0: as the request deserves */
    int64_t delay_ms;
    bool has_body;
    struct slice body;
    struct fault_header headers[FAULT_HEADERS_MAX];
    size_t header_count;
    struct api_denial denial;
    int64_t retry_s; /* of Retry-After; -1: no such header */
    bool has_date;
    enum fault_date date; /* in which form */
    bool has_encoding;
    enum fault_encoding encoding;
};

struct fault_script;

struct fault_script *fault_script_new(uint64_t seed);
void fault_script_free(struct fault_script *script);

/* Adds a fault written in either of the two ways above. */
__attribute__((warn_unused_result)) bool fault_script_add(struct fault_script *script,
                                                          struct slice text, struct error *error);

/* Adds all of a JSON array, or, when one is wrong, none. */
__attribute__((warn_unused_result)) bool fault_script_load(struct fault_script *script,
                                                           struct slice json, struct error *error);

/* Replaces all by the JSON array's; leaves the script as it is when one is wrong. `now_ms` is monotonic: the
 * time from which `from` and `for` count. */
__attribute__((warn_unused_result)) bool fault_script_replace(struct fault_script *script,
                                                              struct slice json, int64_t now_ms,
                                                              struct error *error);

/* Sets the time from which `from` and `for` count. */
void fault_script_start(struct fault_script *script, int64_t now_ms);

void fault_script_clear(struct fault_script *script);

/* The faults as a JSON array, each with how often it happened ("happened"). */
void fault_script_write(struct fault_script *script, struct buffer *buffer);

/* What is to happen to the request with this body, now. */
void fault_script_draw(struct fault_script *script, struct slice body, int64_t now_ms,
                       struct arena *arena, struct fault_effect *ret_effect);

#endif
