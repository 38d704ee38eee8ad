/* event_audience_api_answer: how an answer of the Event and Audience API is to be read.
 *
 * 202 takes the request, but for the batches that an error in its body is about; 400 refuses it as a
 * whole, and may say for which of them. An error that does not tell its batch makes each that is not
 * told to be refused one to be sent alone (202), or is looked for by division (400).
 *
 * Source: mParticle's documentation of its Events API (statuses, headers of the rate limit), and what
 * clients tell of its errors (paths and positions); what nobody says is decided as for the Event API. */
#ifndef ROKT_EVENT_AUDIENCE_API_ANSWER_H
#define ROKT_EVENT_AUDIENCE_API_ANSWER_H

#include "rokt/api.h"

/* The answer's headers that it reads, in the order of struct rokt_answer. */
#define EVENT_AUDIENCE_API_EXCEEDED "X-mp-rate-limit-exceeded"
#define EVENT_AUDIENCE_API_PERCENTAGE "X-mp-rate-limit-percentage-used"

/* As judge() of struct rokt_api. */
void event_audience_api_answer_judge(const struct rokt_answer *answer, struct arena *arena,
                                     struct rokt_judgement *ret_judgement);

#endif
