/* account: adds to the pipeline's account, says it, and checks that it balances. */
#ifndef PIPELINE_ACCOUNT_H
#define PIPELINE_ACCOUNT_H

#include "pipeline/pipeline.h"

void account_skip(struct pipeline_account *account, const char *reason);
void account_dead(struct pipeline_account *account, const char *reason);

/* One line that says it all. */
void account_log(const struct pipeline_account *account, struct log *log, const char *event);

/* Whether every message that was taken in is in one place. */
bool account_balances(const struct pipeline_account *account);

/* At the end: says whether it balances, as an error when it does not. */
__attribute__((warn_unused_result)) bool account_check(const struct pipeline_account *account,
                                                       struct log *log);

#endif
