/* control: the sandbox's own endpoints under /_sandbox, for tests and for curious people.
 *
 * They need no credentials; the server lets them be used from the same machine only. May be used by several
 * threads. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "account.h"
#include "fault_script.h"
#include "mock_kafka.h"
#include "rate_limit.h"

#include "base/arena.h"
#include "base/buffer.h"

#define CONTROL_PREFIX "/_sandbox/"

struct control {
    struct account *account;
    struct fault_script *faults;
    struct rate_limit *limits[API_KINDS]; /* all with the same rules */
    struct mock_kafka *kafka;             /* or NULL */
};

/* What follows the question mark; NULL: not there. */
struct control_arguments {
    const char *limit;
    const char *client_event_id;
    const char *transaction_id;
    const char *group;
};

struct control_request {
    const char *method;
    const char *path; /* behind CONTROL_PREFIX */
    struct control_arguments arguments;
    struct slice body;
};

#define CONTROL_ANSWER_MAX ((size_t)1024 * 1024 * 1024)

struct control_answer {
    unsigned status;
    struct buffer body; /* to be freed with buffer_done() */
    bool lines;         /* JSON lines instead of one JSON text */
};

void control_answer(const struct control *control, const struct control_request *request,
                    struct control_answer *ret_answer);

#endif
