#include "replay_report.h"

#include "app.h"

#include <inttypes.h>
#include <stdio.h>

static void print(const char *name, uint64_t count, const char *remark)
{
    printf("%-14s %10" PRIu64 "%s%s\n", name, count, remark[0] == '\0' ? "" : "   ", remark);
}

/* What is usually nothing is left out when it is. */
static void print_if_any(const char *name, uint64_t count, const char *remark)
{
    if (count > 0) {
        print(name, count, remark);
    }
}

static void print_read(const struct replay_outcome *outcome)
{
    const struct replay_account *read = outcome->read;

    print("read", read->read, outcome->plan->topic);
    print_if_any("  no letter", read->no_letter,
                 "without the headers of a dead letter, or with damaged ones: left alone");
    print_if_any("  left out", read->left_out, "not asked for");
    print_if_any("  no route", read->no_route,
                 "read first from a topic that no route takes now: left alone");
    for (size_t i = 0; i < read->reason_count; i++) {
        printf("  %-30s %10" PRIu64 "\n", read->reasons[i].reason, read->reasons[i].count);
    }
}

static void print_reasons(const struct pipeline_account *account, bool dead)
{
    for (size_t i = 0; i < account->reason_count; i++) {
        if (account->reasons[i].dead == dead) {
            printf("  %-30s %10" PRIu64 "\n", account->reasons[i].reason,
                   account->reasons[i].count);
        }
    }
}

/* What was read ahead. */
static uint64_t not_begun(const struct replay_outcome *outcome)
{
    uint64_t taken = outcome->read->taken;
    uint64_t consumed = outcome->account->consumed;

    return taken > consumed ? taken - consumed : 0;
}

static void print_done(const struct replay_outcome *outcome)
{
    const struct pipeline_account *account = outcome->account;
    bool rehearsed = outcome->rehearsed;
    char remark[64];

    (void)snprintf(remark, sizeof remark, "%" PRIu64 " conversions", account->conversions);
    print(rehearsed ? "to deliver" : "delivered", account->delivered, remark);
    print(rehearsed ? "to skip" : "skipped", account->skipped, "");
    print_reasons(account, false);
    print(rehearsed ? "to go back" : "went back", account->dead_lettered,
          outcome->plan->setup->config->dead_letter_topic);
    print_reasons(account, true);
    print_if_any("done before", account->done_before, "by an earlier run");
    print_if_any("given back", account->given_back, "another member of the group has them");
    print_if_any("open", account->open, "not delivered in time");
    print_if_any("not begun", not_begun(outcome), "left for whoever goes on");
}

static void print_rest(const struct replay_outcome *outcome)
{
    if (outcome->blocked > 0) {
        printf("%zu partition%s could not be read to the end: see partition_blocked in the log\n",
               outcome->blocked, outcome->blocked == 1 ? "" : "s");
    }
    if (outcome->unfinished) {
        printf("stopped before the end: run the same command again, and it goes on there (group "
               "%s)\n",
               outcome->plan->group);
    }
}

void replay_report(const struct replay_outcome *outcome)
{
    print_read(outcome);
    print_done(outcome);
    print_rest(outcome);
}

int replay_report_code(const struct replay_outcome *outcome)
{
    bool rest = outcome->account->dead_lettered > 0 || outcome->read->no_route > 0 ||
                outcome->blocked > 0 || outcome->unfinished;

    return rest ? EXIT_REST : EXIT_OK;
}
