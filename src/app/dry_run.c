#include "dry_run.h"

#include "app.h"
#include "pipeline/rehearsal.h"
#include "progress.h"
#include "replay_report.h"

#include <stdio.h>

/* What is read, and what is counted. */
struct trial {
    struct range *range;
    struct replay *replay;
    struct rehearsal *rehearsal;
    struct clock clock;
    struct progress progress;
};

static struct rehearsal *make_rehearsal(const struct setup *setup, const struct clock *clock)
{
    const struct config *config = setup->config;

    return rehearsal_new(&(struct rehearsal_settings){
        .mappings = (const struct mapping *const *)setup->mappings,
        .api = &setup->api,
        .account_id = config->account_id == NULL ? "" : config->account_id,
        .batch_bytes = (size_t)config->batch_bytes,
        .clock = clock,
    });
}

static void take(struct trial *trial, const struct message *message)
{
    struct consumer_message fetched = {.message = *message};
    struct letter_items items;

    if (replay_take(trial->replay, &fetched.message, &fetched.route, &items)) {
        fetched.items = items.count > 0 ? &items : NULL;
        rehearsal_take(trial->rehearsal, &fetched);
    }
}

static bool read_all(struct trial *trial, struct error *error)
{
    struct message message;
    enum range_step step;

    while ((step = range_next(trial->range, &message, error)) == RANGE_MESSAGE) {
        clock_refresh(&trial->clock);
        take(trial, &message);
        progress_show(&trial->progress, (uint64_t)range_passed(trial->range),
                      (uint64_t)range_selected(trial->range), trial->clock.monotonic_ms);
    }
    progress_end(&trial->progress);
    return step == RANGE_END;
}

static int report(const struct replay_plan *plan, const struct trial *trial)
{
    struct replay_outcome outcome = {
        .plan = plan,
        .read = replay_account(trial->replay),
        .account = rehearsal_account(trial->rehearsal),
        .rehearsed = true,
    };

    replay_report(&outcome);
    return replay_report_code(&outcome);
}

int dry_run(const struct replay_plan *plan)
{
    struct trial trial = {.progress = {.log = setup_log(plan->setup->config)}};
    struct error error;
    int code = EXIT_FAILED;

    clock_refresh(&trial.clock);
    trial.rehearsal = make_rehearsal(plan->setup, &trial.clock);
    trial.replay = replay_plan_replay(plan, &error);
    trial.range = trial.replay == NULL ? NULL : replay_plan_range(plan, &error);
    if (trial.range != NULL && range_skip_committed(trial.range, plan->group, &error) &&
        read_all(&trial, &error)) {
        code = report(plan, &trial);
    } else {
        fprintf(stderr, "rokt-relay replay: %s\n", error.text);
    }
    range_free(trial.range);
    replay_free(trial.replay);
    rehearsal_free(trial.rehearsal);
    log_free(trial.progress.log);
    return code;
}
