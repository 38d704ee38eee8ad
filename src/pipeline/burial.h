/* burial: messages that will become letters, kept until nothing else of them is under way.
 *
 * A message makes one letter, which names all items of it that are dead; so it is written when no
 * other part of the message is open. A message whose other parts are still with Rokt waits here as
 * a copy: no more of them than messages have conversions in delivery. Private to the pipeline. */
#ifndef PIPELINE_BURIAL_H
#define PIPELINE_BURIAL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "conversion/token.h"
#include "kafka/letter.h"
#include "mapping/message.h"
#include "rokt/api.h"

#include <stddef.h>
#include <stdint.h>

/* Why a message, or an item of it, can never be delivered. */
struct cause {
    const char
        *reason;       /* a code; like the field it is a literal, or lives as long as the mapping */
    const char *field; /* NULL: none */
    struct error text;
    int status; /* of Rokt's answer; 0: there was none */
    struct rokt_complaint complaint;
};

struct burial {
    struct burial *next;
    struct token token;
    size_t route;
    struct cause cause; /* of what was dead first */
    struct letter_items items;
    struct buffer original; /* the message, see delivery/original */
};

/* All-zero is none. */
struct burials {
    struct burial *first;
    size_t count;
};

void burials_done(struct burials *burials);

/* NULL when there is none of the token's message. */
struct burial *burials_find(const struct burials *burials, struct token token);

/* Copies all of it; there must be none yet. */
struct burial *burials_add(struct burials *burials, struct token token,
                           const struct message *message, const struct cause *cause);

/* Ends one; or all of a slot, whose messages are read again elsewhere. */
void burials_remove(struct burials *burials, struct burial *burial);
void burials_drop(struct burials *burials, uint32_t slot);

/* The message; in the arena, its bytes in the burial. */
struct message burial_message(const struct burial *burial, struct arena *arena);

#endif
