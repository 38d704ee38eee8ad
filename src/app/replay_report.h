/* replay_report: what became of a replay, or would become of it, in words on standard output. */
#ifndef APP_REPLAY_REPORT_H
#define APP_REPLAY_REPORT_H

#include "pipeline/pipeline.h"
#include "replay_plan.h"

struct replay_outcome {
    const struct replay_plan *plan;
    const struct replay_account *read;
    const struct pipeline_account *account;
    size_t blocked;  /* partitions that could not be read to their end */
    bool unfinished; /* it was stopped before its end */
    bool rehearsed;  /* nothing was delivered: this is what would be */
};

void replay_report(const struct replay_outcome *outcome);

/* EXIT_OK when all was delivered or skipped, else EXIT_REST. */
int replay_report_code(const struct replay_outcome *outcome);

#endif
