/* status: what a status of HTTP means.
 *
 * Each API has a table of its own; what it does not say of its own is the same for both. Undocumented
 * answers are decided here on the side of sending again or holding, so that none loses a conversion. */
#ifndef ROKT_STATUS_H
#define ROKT_STATUS_H

#include "rokt/api.h"

struct status_rule {
    int from, to;
    enum rokt_verdict verdict;
    bool by_body; /* the verdict holds only when the body bears it out */
    const char *meaning;
};

/* The first of the API's own rows that holds the status, else the common one. */
const struct status_rule *status_find(const struct status_rule own[], size_t count, int status);

/* "400 RequestValidationError: the request was refused (event … required)"; `code` and `message` are
 * the answer's own, and may be empty. */
void status_describe(const struct status_rule *rule, int status, struct slice code,
                     struct slice message, struct error *ret_cause,
                     struct rokt_complaint *ret_complaint);

/* A conversion that was not taken, of a request that was: "200, but not taken: ValidationError (…)". */
void status_describe_refusal(int status, struct slice code, struct slice message,
                             struct error *ret_cause, struct rokt_complaint *ret_complaint);

#endif
