/* dry_run: a replay that delivers nothing: it reads what the replay would, without its group, and counts. */
#ifndef APP_DRY_RUN_H
#define APP_DRY_RUN_H

#include "replay_plan.h"

/* Prints the counts. Returns an exit_code: EXIT_REST when something would not be delivered or skipped. */
int dry_run(const struct replay_plan *plan);

#endif
