/* dead_letter: where messages go that can never be delivered: an interface, with a librdkafka producer
 * behind it, or a script in tests.
 *
 * A letter is the message byte for byte (key, value, headers, timestamp) with headers that say where it
 * came from and why (kafka/letter). It is done only when the brokers have acknowledged it (idempotent, acks=all); a letter
 * that cannot be written is tried again without end, and said so. One thread. */
#ifndef KAFKA_DEAD_LETTER_H
#define KAFKA_DEAD_LETTER_H

#include "base/error.h"
#include "conversion/token.h"
#include "kafka/consumer.h"
#include "kafka/letter.h"
#include "mapping/message.h"

struct dead_letter_report {
    bool failed; /* not written yet: it will be tried again; `error` says why */
    struct token token;
    struct error error;
};

struct dead_letter;

struct dead_letter_operations {
    /* Whether another message may be taken in, which may become a letter. */
    bool (*has_room)(const struct dead_letter *dead_letter);
    /* Copies the message and what `letter` says of it; takes it whether there is room or not, for what is
     * under way already may come to nothing at any time. */
    void (*send)(struct dead_letter *dead_letter, const struct message *message,
                 const struct letter *letter, struct token token);
    /* The next report; false when there is none. Also tries again what is due. */
    bool (*reap)(struct dead_letter *dead_letter, int64_t now_ms,
                 struct dead_letter_report *ret_report);
    /* Gives up what is not acknowledged, frees. */
    void (*free)(struct dead_letter *dead_letter);
};

struct dead_letter {
    const struct dead_letter_operations *operations;
};

/* By librdkafka. Properties as for the consumer: those that are a consumer's alone are passed over.
 * `wake_fd` as there. NULL on failure. */
struct dead_letter *dead_letter_new(const struct consumer_property properties[],
                                    size_t property_count, const char *topic, int wake_fd,
                                    struct error *error);

#endif
