/* rule: what a field's value may be: one function a rule, which checks and normalises. */
#ifndef CONVERSION_RULE_H
#define CONVERSION_RULE_H

#include "base/arena.h"
#include "conversion/field.h"

/* `value` is valid UTF-8, trimmed (but for FIELD_RULE_TEXT, which keeps its blanks) and not
 * empty. NULL when it holds; else what is wrong, as the end of a sentence that begins with the
 * field's name: "is no e-mail address: it has no '@'". Never the value. */
const char *rule_apply(enum field_rule rule, struct slice value, struct arena *arena,
                       struct slice *ret_value);

/* What a value must be, in words, for the reference. */
const char *rule_doc(enum field_rule rule);

#endif
