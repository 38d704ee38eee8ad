/* letter: what the headers of a dead letter say: where its message came from, why it is dead, and
 * how often it has been.
 *
 * All of them are text, and stand behind the message's own headers, in this order; one that does
 * not apply is left out:
 *
 *     rokt-relay.topic           where the message was read first, however often it was
 *     rokt-relay.partition       replayed since: ids and kafka.… of a mapping are made from it
 *     rokt-relay.offset
 *     rokt-relay.timestamp       the record's own, in ms since 1970-01-01T00:00:00Z
 *     rokt-relay.reason          a code; config/README.md lists them
 *     rokt-relay.message         the same in words, nothing personal
 *     rokt-relay.field           the field, or what `require` names
 *     rokt-relay.item            "0,3": the items of for_each that are dead, counted from 0; the
 *                                others were delivered. Without it all of the message is dead
 *     rokt-relay.status          of HTTP
 *     rokt-relay.error_code      the API's own
 *     rokt-relay.error_message   the same, but only words that cannot be personal
 *     rokt-relay.attempts        how often the message has become a letter, from 1
 *     rokt-relay.first_time      when it first did, and last: RFC 3339, UTC
 *     rokt-relay.last_time
 *     rokt-relay.mapping         the mapping's name
 *     rokt-relay.mapping_hash    of its content and its tables: see mapping_hash()
 *     rokt-relay.version         of the relay
 *
 * A message makes one letter at a time, whatever becomes of its items, so that letters can be
 * counted and replayed like messages: where items are dead for different reasons it says the first
 * one's, and names all of them. These names are the relay's: a message that has such headers of its
 * own has them replaced, and all others, of whatever bytes, are kept as they are. */
#ifndef KAFKA_LETTER_H
#define KAFKA_LETTER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "mapping/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_HEADERS 17
#define LETTER_ITEMS_MAX 1024 /* a for_each gives at most 1,000 */
#define LETTER_ATTEMPTS_MAX 1000000
#define LETTER_TEXT_MAX 4096 /* bytes */
#define LETTER_WORD_MAX 249  /* bytes; of a topic's name, by a rule of Kafka's */

/* Which items of for_each; all-zero is none. */
struct letter_items {
    size_t count;
    uint64_t bits[LETTER_ITEMS_MAX / 64];
};

/* `item` is below LETTER_ITEMS_MAX; twice is once. */
void letter_items_add(struct letter_items *items, size_t item);
bool letter_items_has(const struct letter_items *items, size_t item);

/* In the order of the headers. Texts are UTF-8 on one line, of 1 to LETTER_TEXT_MAX bytes, words
 * printable ASCII without blanks, of 1 to LETTER_WORD_MAX; an empty one is not there. */
struct letter {
    struct slice topic;   /* a word, always there, like partition, offset and reason */
    int64_t partition;    /* 0 to INT32_MAX */
    int64_t offset;       /* not negative */
    int64_t timestamp_ms; /* -1: the record had none */
    struct slice reason;  /* a word */
    struct slice message;
    struct slice field;
    struct letter_items items; /* none: the whole message is dead */
    int64_t status;            /* 100 to 999; 0: no answer is the reason */
    struct slice error_code;   /* a word */
    struct slice error_message;
    int64_t attempts; /* 1 to LETTER_ATTEMPTS_MAX, where it stays */
    int64_t first_ms; /* wall time; -1: not known */
    int64_t last_ms;
    struct slice mapping;
    struct slice mapping_hash; /* a word */
    struct slice version;      /* a word */
};

/* The letter that a message becomes at that time: where it came from, attempts, times and version;
 * whoever sends it fills in why. A message that was a letter before keeps its origin and its first
 * time, and has one attempt more. Texts are the message's. */
void letter_begin(const struct message *message, int64_t wall_ms, struct letter *ret_letter);

/* All headers of the letter of a message, its own and these; in the arena, their bytes in the
 * message, the letter or the arena. A text or a word that is none is left out. Returns how many
 * there are. */
size_t letter_headers(const struct letter *letter, const struct message *message,
                      struct arena *arena, const struct message_header **ret_headers);

/* Reads them back; texts are the message's. False when the message is no letter: one of those that
 * are always there is missing, or any of them stands twice or says what it cannot; `error` names
 * the header, without its value. */
__attribute__((warn_unused_result)) bool
letter_read(const struct message *message, struct letter *ret_letter, struct error *error);

/* Whether a header of that name is one of these. */
bool letter_owns(struct slice name);

#endif
