/* event_api_answer: how an answer of the Event API is to be read.
 *
 * Source: Rokt's documentation of the Event API (answers); what it does not say is decided in the
 * table of this noun, on the side of sending again or holding, so that no answer loses a
 * conversion. */
#ifndef ROKT_EVENT_API_ANSWER_H
#define ROKT_EVENT_API_ANSWER_H

#include "rokt/api.h"

/* As judge() of struct rokt_api. */
void event_api_answer_judge(const struct rokt_answer *answer, struct arena *arena,
                            struct rokt_judgement *ret_judgement);

#endif
