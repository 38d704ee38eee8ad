/* explain: what a mapping does with one message, step by step, in words for whoever writes the
 * mapping: what each named value, condition and field is made of, what each part of its expression
 * gave and where in the message that stood, and why a field is left out.
 *
 * It is the same run as mapping_run()'s, which writes down what it does. The text holds values of
 * the message, personal ones too: it is for the terminal of a person who may see them, never for a
 * log. */
#ifndef MAPPING_EXPLAIN_H
#define MAPPING_EXPLAIN_H

#include "mapping/mapping.h"

/* Maps the message as mapping_run() does, and writes what happened. `colour`: with the escapes that
 * make a terminal colour it; other control characters are never written, whatever the message
 * holds. Long values and lists are cut, and say so. */
void mapping_explain(const struct mapping *mapping, const struct message *message, bool colour,
                     struct arena *arena, struct buffer *buffer, struct mapping_result *ret_result);

#endif
