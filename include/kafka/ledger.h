/* ledger: what of each assigned partition is still open, and how far it may be committed.
 *
 * Messages stand in consumption order (offsets have gaps), each with how many parts of it (conversions,
 * dead letters) are open. When the head of a partition has none, it pops, and the watermark is the offset
 * behind the last popped message. The watermark never passes an open message and never moves backwards
 * within an assignment. Each assignment of a slot has an epoch; a token of an older one changes nothing.
 * Knows neither librdkafka nor time. */
#ifndef KAFKA_LEDGER_H
#define KAFKA_LEDGER_H

#include "conversion/token.h"
#include "kafka/completions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);

/* A new epoch for the slot, with nothing open. */
void ledger_assign(struct ledger *ledger, uint32_t slot);

/* Drops what is open; later tokens of it change nothing. Returns how many messages were open. */
size_t ledger_revoke(struct ledger *ledger, uint32_t slot);

/* What is known of the messages to come, from the metadata of an earlier commit; copied. Right
 * after the slot was assigned. */
void ledger_recall(struct ledger *ledger, uint32_t slot, const struct completions *completions);

/* Whether the message at this offset, which is to come next, is known to have ended before the slot
 * was assigned. It is opened like any other, and then done. */
bool ledger_recalls(struct ledger *ledger, uint32_t slot, int64_t offset);

/* Takes in the message at `offset`, one part of it open: whoever takes it in holds that part until it has
 * said with ledger_more() what the message was made into, then lets go of it with ledger_done(). Offsets
 * of a slot come in rising order. */
struct token ledger_open(struct ledger *ledger, uint32_t slot, int64_t offset);

/* `parts` more are open. The token's message must be open in the slot's current epoch. */
void ledger_more(struct ledger *ledger, struct token token, size_t parts);

/* One more is open, and it is a dead letter. False when the token is of an older epoch: then nothing has
 * changed, and whoever has the partition now sees to the message. */
__attribute__((warn_unused_result)) bool ledger_letter(struct ledger *ledger, struct token token);

enum ledger_state {
    LEDGER_STALE,   /* the token is of an older epoch: nothing has changed */
    LEDGER_OPEN,    /* other parts of its message are still open */
    LEDGER_CLOSED,  /* it was the last part: the message has been taken care of */
    LEDGER_LETTERED /* the same, and one of its parts, this or another, was a dead letter */
};

/* One part is done. */
enum ledger_state ledger_done(struct ledger *ledger, struct token token);

/* Of what is below `offset` and was not taken in, nothing is ours to take care of: control records
 * of transactions, messages that compaction or an abort took away. `offset` is above that of every
 * message taken in so far, and the partition's end: what is known of messages beyond it is
 * forgotten, because there have never been any. The watermark rises to it once nothing below it is
 * open. */
void ledger_pass(struct ledger *ledger, uint32_t slot, int64_t offset);

/* The offset to commit (that of the next message to read), or -1 when nothing has popped yet. */
int64_t ledger_watermark(const struct ledger *ledger, uint32_t slot);

/* How many messages of the slot have ended since it was assigned, passes counted with them: as long
 * as it does not rise there is nothing new to commit. */
uint64_t ledger_ended(const struct ledger *ledger, uint32_t slot);

/* Messages above the watermark that have ended, those too that are known to have and have not come
 * yet. */
void ledger_completions(const struct ledger *ledger, uint32_t slot,
                        struct completions *ret_completions);

/* Messages of the slot, or of all, that have an open part: those behind an open head which have ended are
 * not among them, though they cannot be committed yet. */
size_t ledger_open_count(const struct ledger *ledger, uint32_t slot);
size_t ledger_open_total(const struct ledger *ledger);

/* Messages of the slot, or of all, from the oldest open one on: with those behind it which have ended, and
 * passes among them. Each takes 16 bytes (twice that, as rings grow by doubling). */
size_t ledger_waiting_count(const struct ledger *ledger, uint32_t slot);
size_t ledger_waiting_total(const struct ledger *ledger);

/* Parts of the token's message that are open; 0 when the token is of an older epoch. */
size_t ledger_parts(const struct ledger *ledger, struct token token);

/* The offset of the slot's oldest open message; -1 when none is open. */
int64_t ledger_oldest(const struct ledger *ledger, uint32_t slot);

#endif
