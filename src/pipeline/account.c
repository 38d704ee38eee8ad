#include "pipeline/account.h"

#include <stdio.h>
#include <string.h>

/* Room for every reason of a mapping that keeps its names short; a longer list is cut in the log. */
#define REASONS_TEXT_SIZE 2000

static const char other[] = "other";

/* The last two rows are kept for other skips and other dead letters. */
static void count_reason(struct pipeline_account *account, const char *reason, bool dead)
{
    for (size_t i = 0; i < account->reason_count; i++) {
        if (account->reasons[i].dead == dead && strcmp(account->reasons[i].reason, reason) == 0) {
            account->reasons[i].count++;
            return;
        }
    }
    if (account->reason_count >= PIPELINE_REASONS_MAX - 2 && reason != other) {
        count_reason(account, other, dead);
        return;
    }
    account->reasons[account->reason_count].reason = reason;
    account->reasons[account->reason_count].dead = dead;
    account->reasons[account->reason_count].count = 1;
    account->reason_count++;
}

void account_skip(struct pipeline_account *account, const char *reason)
{
    account->skipped++;
    count_reason(account, reason, false);
}

void account_dead(struct pipeline_account *account, const char *reason)
{
    count_reason(account, reason, true);
}

bool account_balances(const struct pipeline_account *account)
{
    return account->consumed == account->delivered + account->skipped + account->dead_lettered +
                                    account->done_before + account->given_back + account->open;
}

/* "unpaid=3 tombstone=1", of skips or of dead letters. */
static void list_reasons(const struct pipeline_account *account, bool dead, char *ret_text,
                         size_t size)
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < account->reason_count && used < size; i++) {
        if (account->reasons[i].dead == dead) {
            int length =
                snprintf(ret_text + used, size - used, "%s%s=%llu", used > 0 ? " " : "",
                         account->reasons[i].reason, (unsigned long long)account->reasons[i].count);
            used += length > 0 ? (size_t)length : 0;
        }
    }
}

void account_log(const struct pipeline_account *account, struct log *log, const char *event)
{
    char skips[REASONS_TEXT_SIZE];
    char deaths[REASONS_TEXT_SIZE];

    list_reasons(account, false, skips, sizeof skips);
    list_reasons(account, true, deaths, sizeof deaths);
    log_event(log, LOG_LEVEL_INFO, event, LOG_INTEGER("consumed", account->consumed),
              LOG_INTEGER("delivered", account->delivered),
              LOG_INTEGER("skipped", account->skipped),
              LOG_INTEGER("dead_lettered", account->dead_lettered),
              LOG_INTEGER("done_before", account->done_before),
              LOG_INTEGER("given_back", account->given_back), LOG_INTEGER("open", account->open),
              LOG_INTEGER("held", account->held),
              LOG_INTEGER("letter_failures", account->letter_failures),
              LOG_INTEGER("deleted_unread", account->deleted_unread),
              LOG_INTEGER("conversions", account->conversions),
              LOG_INTEGER("repeated", account->repeated),
              LOG_INTEGER("requests", account->requests), LOG_INTEGER("retries", account->retries),
              LOG_INTEGER("fields_omitted", account->fields_omitted),
              LOG_TEXT("skipped_by_reason", skips), LOG_TEXT("dead_by_reason", deaths));
}

bool account_check(const struct pipeline_account *account, struct log *log)
{
    if (account_balances(account)) {
        log_event(log, LOG_LEVEL_INFO, "account_balances",
                  LOG_TEXT("message", "every message that was consumed is accounted for"));
        return true;
    }
    log_event(log, LOG_LEVEL_ERROR, "account_does_not_balance",
              LOG_TEXT("message", "consumed is not delivered + skipped + dead_lettered + "
                                  "done_before + given_back + open: the relay has lost count of "
                                  "what became of its messages"),
              LOG_TEXT("hint", "this is a fault of the relay: please report it with the line "
                               "\"account\" before this one"));
    return false;
}
