/* rule: what a field's value may be: one function a rule, which checks and normalises. */
#ifndef CONVERSION_RULE_H
#define CONVERSION_RULE_H

#include "base/arena.h"
#include "conversion/field.h"

/* `value` is valid UTF-8 and not blank. NULL when it holds; else what is wrong, as the end of a
 * sentence that begins with the field's name: "is no e-mail address: it has no '@'". Never the
 * value. */
const char *rule_apply(enum field_rule rule, struct slice value,
                       const struct field_context *context, struct slice *ret_value);

/* What a value may be, in words, for the reference. */
const char *rule_form(enum field_rule rule);

#endif
