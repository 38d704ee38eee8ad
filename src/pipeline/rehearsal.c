#include "pipeline/rehearsal.h"

#include "base/memory.h"
#include "choice.h"
#include "pipeline/account.h"

#include <stdlib.h>

struct rehearsal {
    struct rehearsal_settings settings;
    struct arena arena; /* of the message at hand */
    struct buffer body; /* of a request with one conversion */
    struct pipeline_account account;
};

struct rehearsal *rehearsal_new(const struct rehearsal_settings *settings)
{
    struct rehearsal *rehearsal = memory_new(1, sizeof *rehearsal);

    rehearsal->settings = *settings;
    arena_init(&rehearsal->arena, 0);
    buffer_init(&rehearsal->body, settings->batch_bytes);
    return rehearsal;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    if (rehearsal != NULL) {
        arena_done(&rehearsal->arena);
        buffer_done(&rehearsal->body);
        free(rehearsal);
    }
}

const struct pipeline_account *rehearsal_account(const struct rehearsal *rehearsal)
{
    return &rehearsal->account;
}

static bool can_encode(struct rehearsal *rehearsal, const struct conversion *conversion)
{
    const struct rehearsal_settings *settings = &rehearsal->settings;
    struct buffer *body = &rehearsal->body;
    struct slice account_id =
        conversion->account_id.size > 0 ? conversion->account_id : slice_of(settings->account_id);
    struct error ignored;

    buffer_reset(body);
    settings->api->open(body, account_id);
    if (!settings->api->encode(settings->api, conversion, true, settings->clock->wall_ms, body,
                               &ignored)) {
        return false;
    }
    settings->api->close(body);
    return !body->failed;
}

static void count_conversions(struct rehearsal *rehearsal, const struct consumer_message *fetched,
                              const struct mapping_result *result)
{
    struct pipeline_account *account = &rehearsal->account;
    size_t left = 0;
    size_t refused = 0;

    for (size_t i = 0; i < result->count; i++) {
        const struct conversion *conversion = &result->conversions[i];
        enum choice choice = choice_of(fetched, conversion);

        left += choice == CHOICE_LEAVE;
        refused += choice == CHOICE_UNKNOWN ||
                   (choice == CHOICE_DELIVER && !can_encode(rehearsal, conversion));
    }
    account->conversions += result->count - left - refused;
    account->fields_omitted += result->omitted;
    if (refused > 0) {
        account->dead_lettered++;
        account_dead(account, "not_deliverable");
    } else if (left == result->count) {
        account_skip(account, "no_items");
    } else {
        account->delivered++;
    }
}

void rehearsal_take(struct rehearsal *rehearsal, const struct consumer_message *fetched)
{
    struct pipeline_account *account = &rehearsal->account;
    struct mapping_result result;

    arena_reset(&rehearsal->arena);
    mapping_run(rehearsal->settings.mappings[fetched->route], &fetched->message, &rehearsal->arena,
                &result);
    account->consumed++;
    switch (result.outcome) {
    case MAPPING_MAPPED:
        count_conversions(rehearsal, fetched, &result);
        break;
    case MAPPING_DEAD:
        account->dead_lettered++;
        account_dead(account, result.reason);
        break;
    case MAPPING_SKIPPED:
        account_skip(account, result.reason);
        break;
    }
}
