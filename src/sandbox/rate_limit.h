/* rate_limit: how many conversions a second an API takes, and how fast that may rise.
 *
 * Two rules, about every second that ends now, in steps of 10 ms:
 *     rate          it has at most so many conversions
 *     acceleration  it has at most so many per cent more than the highest second of the ten seconds before,
 *                   and a tenth of `rate` besides, so that there is a way up from nothing
 * A request that would break one is refused as a whole and does not count. One that is alone in its second is
 * taken, however many conversions it has: else it never could be. May be used by several threads.
 *
 * mParticle documents that it limits both, and no figure for the acceleration: that rule is ours. */
#ifndef SANDBOX_RATE_LIMIT_H
#define SANDBOX_RATE_LIMIT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define RATE_MAX 1000000
#define RATE_ACCELERATION_MAX 10000

struct rate_rules {
    uint64_t rate;         /* conversions a second; 0: no limit at all */
    uint64_t acceleration; /* per cent; 0: none */
};

enum rate_verdict { RATE_FINE, RATE_EXCEEDED, RATE_ACCELERATED, RATE_VERDICTS };

struct rate_outcome {
    enum rate_verdict verdict;
    int used_percent; /* of the rule that is nearest to its limit, 100 at most; -1: there is no rule */
};

struct rate_limit;

struct rate_limit *rate_limit_new(const struct rate_rules *rules);
void rate_limit_free(struct rate_limit *limit);

struct rate_rules rate_limit_rules(struct rate_limit *limit);

/* From now on; what was taken before still counts. */
void rate_limit_set(struct rate_limit *limit, const struct rate_rules *rules);

/* A request with so many conversions, now (monotonic time, never before an earlier call's by more than a
 * moment). */
void rate_limit_take(struct rate_limit *limit, size_t conversions, int64_t now_ms,
                     struct rate_outcome *ret_outcome);

/* {"rate":270,"acceleration":50}, either or both; what is left out is 0. */
__attribute__((warn_unused_result)) bool
rate_rules_read(struct slice json, struct rate_rules *ret_rules, struct error *error);
void rate_rules_write(const struct rate_rules *rules, struct buffer *buffer);

/* Whether they go together. */
__attribute__((warn_unused_result)) bool rate_rules_check(const struct rate_rules *rules,
                                                          struct error *error);

#endif
