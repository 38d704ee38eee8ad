/* service: one of Rokt's APIs as the sandbox serves it: the API's own judgement, the limit of its rate,
 * what the script of faults makes of them, and the account of it all.
 *
 * Knows requests and replies, and nothing of connections. May be used by several threads. */
#ifndef SANDBOX_SERVICE_H
#define SANDBOX_SERVICE_H

#include "account.h"
#include "api.h"
#include "fault_script.h"
#include "journal.h"
#include "rate_limit.h"
#include "reply.h"

#include "base/arena.h"
#include "base/clock.h"

/* What it points to belongs to others, and outlives it. */
struct service {
    const struct api *api;
    struct api_rules rules;
    struct account *account;
    struct journal *journal; /* NULL: none is kept */
    struct fault_script *faults;
    struct rate_limit *limit;
};

/* Decodes the body of a request as it came, and says what the script wants to happen to it: its delay is the
 * caller's to wait. Nothing happens to what is no request to the API at all. */
void service_draw(const struct service *service, struct api_request *request,
                  const struct clock *now, struct arena *arena, struct fault_effect *ret_effect);

/* Answers, and enters request and answer into the account. */
void service_answer(const struct service *service, const struct api_request *request,
                    const struct fault_effect *effect, const struct clock *now, struct arena *arena,
                    struct reply *ret_reply);

#endif
