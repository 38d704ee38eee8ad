/* replay: what of a topic is read again, and as which messages.
 *
 * Of a topic of dead letters each letter becomes the message that it was made from, with the place of
 * its first reading: whatever is made of that, ids too, is the same as then. What is no letter, is not
 * asked for or has no route any more is passed over, and counted. Of a topic of orders every message is
 * itself. */
#ifndef KAFKA_REPLAY_H
#define KAFKA_REPLAY_H

#include "kafka/consumer.h"
#include "kafka/letter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_NAMES_MAX 16

/* Names of which one must be the letter's; none: any. */
struct replay_names {
    const char *names[REPLAY_NAMES_MAX]; /* NULL behind the last */
};

/* Which letters. Texts must outlive the replay. */
struct replay_filter {
    struct replay_names reasons;
    struct replay_names fields;
    struct replay_names topics; /* that messages were read from first */
    struct replay_names hashes; /* of the mapping */
    int64_t since_ms;           /* when they became letters last; INT64_MIN: always */
    int64_t until_ms;           /* before that; INT64_MAX: always */
};

struct replay_settings {
    bool letters; /* the topic is one of dead letters */
    struct replay_filter filter;
    const struct consumer_subscription *routes;
    size_t route_count;
};

#define REPLAY_REASONS_MAX 32
#define REPLAY_REASON_SIZE 64 /* with its NUL; a longer one is counted as "other" */

struct replay_count {
    char reason[REPLAY_REASON_SIZE];
    uint64_t count;
};

/* read = taken + no_letter + left_out + no_route. */
struct replay_account {
    uint64_t read;
    uint64_t taken;
    uint64_t no_letter; /* without the headers of a letter, or with damaged ones */
    uint64_t left_out;  /* by the filter */
    uint64_t no_route;  /* read first from a topic that no route takes now */
    struct replay_count reasons[REPLAY_REASONS_MAX]; /* of letters taken; past it: as "other" */
    size_t reason_count;
};

struct replay;

/* NULL when a topic of the routes cannot be used. */
struct replay *replay_new(const struct replay_settings *settings, struct error *error);
void replay_free(struct replay *replay);

/* Makes of a message that was read the one to be mapped, with its route, in its place. Of a letter with
 * items `ret_items` gets those, else none. False when it is passed over. Bytes stay those of the letter. */
__attribute__((warn_unused_result)) bool replay_take(struct replay *replay, struct message *message,
                                                     size_t *ret_route,
                                                     struct letter_items *ret_items);

/* Which route takes the topic now; false when none does. */
__attribute__((warn_unused_result)) bool replay_route(const struct replay *replay,
                                                      struct slice topic, size_t *ret_route);

const struct replay_account *replay_account(const struct replay *replay);

#endif
