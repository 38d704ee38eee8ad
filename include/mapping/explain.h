/* explain: what a mapping does with one message, step by step, in words for whoever writes the
 * mapping: what each named value, condition and field is made of, what each part of its expression
 * gave and where in the message that stood, and why a field is left out.
 *
 * It is the same run as mapping_run()'s, which writes down what it does. The text holds values of
 * the message, without a mask personal ones too: it is for the terminal of a person who may see them,
 * never for a log. */
#ifndef MAPPING_EXPLAIN_H
#define MAPPING_EXPLAIN_H

#include "conversion/mask.h"
#include "mapping/mapping.h"

struct explain_settings {
    bool colour; /* with the escapes that make a terminal colour it */

    /* NULL: everything is shown. Else it gets what the mapping makes personal fields of, whatever
     * becomes of the message, and hides that and all that custom attributes and metadata are made of.
     * Of objects the names of members are shown: they are the same for every order. What no personal
     * field is made of, and is no e-mail address, is shown where a condition or another field uses it. */
    struct mask *mask;
};

/* Maps the message as mapping_run() does, and writes what happened. Control characters are never
 * written, whatever the message holds. Long values and lists are cut, and say so. */
void mapping_explain(const struct mapping *mapping, const struct message *message,
                     const struct explain_settings *settings, struct arena *arena,
                     struct buffer *buffer, struct mapping_result *ret_result);

#endif
