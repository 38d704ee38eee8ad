/* culprit: which event of a request an error's words are about.
 *
 * The Event and Audience API names no ids. Its errors say where in the body they found something wrong:
 * "Path '[3].events[0].data', line 1, position 2304": batch 3 counted from 0, and how many characters
 * of the body had been read (the last one belongs to what is wrong). Both may stand in values that the
 * words repeat, too. So only what is not contradicted counts. */
#ifndef ROKT_CULPRIT_H
#define ROKT_CULPRIT_H

#include "rokt/api.h"

/* False unless all places that the message names are in one event of the request, and there is one.
 * `message` is plain text: what the API escapes for HTML has been undone. */
bool culprit_find(struct slice message, const struct rokt_answer *answer, size_t *ret_event);

#endif
