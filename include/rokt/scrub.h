/* scrub: what of an answer's own words may be shown.
 *
 * Rokt's messages may repeat values of a conversion, which are personal, in any form. So nothing is
 * masked: only words come through that are in a list of ours (those that such messages are made of,
 * and the names of fields), in our spelling. Whatever else there is becomes "…". */
#ifndef ROKT_SCRUB_H
#define ROKT_SCRUB_H

#include "base/slice.h"

#define SCRUB_SIZE 256 /* of a scrubbed text with its NUL; what is longer ends with "…" */

/* "events[3].amount: must be a number, got 'abc'" becomes "events … amount must be a number …". */
void scrub_message(struct slice message, char ret_text[static SCRUB_SIZE]);

#define SCRUB_CODE_SIZE 65 /* of a scrubbed code with its NUL */

/* An identifier such as "RequestValidationError" as it is: a letter, then letters and underscores,
 * at most 64 bytes. Empty when it is anything else. */
struct slice scrub_code(struct slice code);

#endif
