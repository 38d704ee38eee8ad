#include "kafka/replay.h"

#include "base/memory.h"
#include "partitions.h"

#include <stdlib.h>
#include <string.h>

struct replay {
    struct replay_settings settings;
    struct partitions *routes; /* for the topics of its subscriptions: it has no partition */
    struct replay_account account;
};

struct replay *replay_new(const struct replay_settings *settings, struct error *error)
{
    struct replay *replay = memory_new(1, sizeof *replay);
    replay->settings = *settings;
    replay->routes = partitions_new(settings->routes, settings->route_count, error);
    replay->settings.routes = NULL;
    if (replay->routes == NULL) {
        replay_free(replay);
        return NULL;
    }
    return replay;
}

void replay_free(struct replay *replay)
{
    if (replay != NULL) {
        partitions_free(replay->routes);
        free(replay);
    }
}

const struct replay_account *replay_account(const struct replay *replay)
{
    return &replay->account;
}

/* The name is a slice without a NUL. */
bool replay_route(const struct replay *replay, struct slice topic, size_t *ret_route)
{
    char *name = memory_string(topic);
    bool found = partitions_match(replay->routes, name, ret_route);
    free(name);
    return found;
}

/* ---- the filter ------------------------------------------------------------------------------ */

static bool is_among(const struct replay_names *names, struct slice name)
{
    if (names->names[0] == NULL) {
        return true;
    }
    for (size_t i = 0; i < REPLAY_NAMES_MAX && names->names[i] != NULL; i++) {
        if (slice_equal(slice_of(names->names[i]), name)) {
            return true;
        }
    }
    return false;
}

/* A letter that does not say when it became one is of no time, and none is asked for where all are. */
static bool is_within(const struct replay_filter *filter, int64_t time_ms)
{
    bool all = filter->since_ms == INT64_MIN && filter->until_ms == INT64_MAX;
    return all || (time_ms >= 0 && time_ms >= filter->since_ms && time_ms < filter->until_ms);
}

static bool is_wanted(const struct replay_filter *filter, const struct letter *letter)
{
    return is_among(&filter->reasons, letter->reason) && is_among(&filter->fields, letter->field) &&
           is_among(&filter->topics, letter->topic) &&
           is_among(&filter->hashes, letter->mapping_hash) && is_within(filter, letter->last_ms);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* The last row is kept for other reasons. */
static struct replay_count *find_count(struct replay_account *account, struct slice reason)
{
    for (size_t i = 0; i < account->reason_count; i++) {
        if (slice_equal(slice_of(account->reasons[i].reason), reason)) {
            return &account->reasons[i];
        }
    }
    bool fits = account->reason_count < REPLAY_REASONS_MAX - 1 && reason.size < REPLAY_REASON_SIZE;
    if (!fits && !slice_equal(reason, SLICE("other"))) {
        return find_count(account, SLICE("other"));
    }
    struct replay_count *count = &account->reasons[account->reason_count++];
    memcpy(count->reason, reason.data, reason.size);
    return count;
}

/* ---- letters --------------------------------------------------------------------------------- */

/* Adds to one of the account's counts. */
static bool pass(uint64_t *count)
{
    (*count)++;
    return false;
}

static bool take_letter(struct replay *replay, struct message *message, size_t *ret_route,
                        struct letter_items *ret_items)
{
    struct replay_account *account = &replay->account;
    struct letter letter;
    struct error ignored;
    if (!letter_read(message, &letter, &ignored)) {
        return pass(&account->no_letter);
    }
    if (!is_wanted(&replay->settings.filter, &letter)) {
        return pass(&account->left_out);
    }
    if (!replay_route(replay, letter.topic, ret_route)) {
        return pass(&account->no_route);
    }
    message->topic = letter.topic;
    message->partition = (int32_t)letter.partition;
    message->offset = letter.offset;
    message->timestamp_ms = letter.timestamp_ms;
    *ret_items = letter.items;
    find_count(account, letter.reason)->count++;
    return true;
}

static bool take_order(struct replay *replay, const struct message *message, size_t *ret_route,
                       struct letter_items *ret_items)
{
    *ret_items = (struct letter_items){0};
    return replay_route(replay, message->topic, ret_route) || pass(&replay->account.no_route);
}

bool replay_take(struct replay *replay, struct message *message, size_t *ret_route,
                 struct letter_items *ret_items)
{
    replay->account.read++;
    bool taken = replay->settings.letters ? take_letter(replay, message, ret_route, ret_items)
                                          : take_order(replay, message, ret_route, ret_items);
    replay->account.taken += taken;
    return taken;
}
