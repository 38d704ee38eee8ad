/* fault_check: what the keys of a fault amount to, and which go together. */
#ifndef SANDBOX_FAULT_CHECK_H
#define SANDBOX_FAULT_CHECK_H

#include "fault.h"

/* What makes no sense together is a mistake, and would be noticed late. */
__attribute__((warn_unused_result)) bool fault_check(const struct fault *fault,
                                                     struct error *error);

/* Whether it changes the answer, and is more than a delay. */
bool fault_answers(const struct fault *fault);

#endif
