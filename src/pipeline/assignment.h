/* assignment: the partitions that this member holds now, by slot, and how far each is committed.
 *
 * Private to the pipeline. A partition is held, then leaving (revoked, while what is open of it is
 * finished), then gone. At most one commit is in flight, with the newest watermarks: of several, an old one
 * may be applied last. */
#ifndef PIPELINE_ASSIGNMENT_H
#define PIPELINE_ASSIGNMENT_H

#include "base/arena.h"
#include "kafka/consumer.h"
#include "kafka/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum partition_state { PARTITION_GONE, PARTITION_HELD, PARTITION_LEAVING };

struct partition {
    enum partition_state state;
    const char *topic;
    int32_t number;
    size_t route; /* of its messages */
    size_t held;  /* messages that are open because of its mapping's guard: they cannot end */
    bool full;    /* at the limit of open messages: nothing more of it is taken in */
    uint64_t
        committed; /* what ledger_ended() was at the last commit that is known to have succeeded */
    bool blocked;  /* the consumer gives out nothing more of it */
    int64_t position; /* of the next message to take in; -1: not known yet */

    /* The observer's: how far it was when it was looked at last, and since when; all-zero: never. */
    struct {
        int64_t position;
        int64_t watermark;
        uint64_t ended;
        int64_t read_ms;
        int64_t finished_ms;
        int64_t watermark_ms;
    } watched;
};

/* How much of a slot is in a commit. */
struct progress {
    uint32_t slot;
    uint64_t ended; /* by ledger_ended() */
};

struct assignment {
    struct partition *partitions; /* by slot */
    size_t count;
    size_t leaving;                /* how many are */
    size_t full;                   /* how many are */
    struct consumer_offset *due;   /* as gathered by assignment_due(); room for every slot */
    struct progress *due_progress; /* likewise */
    size_t due_count;
    struct progress *in_flight; /* of the commit that is */
    size_t in_flight_count;
    bool committing;
    struct arena texts;             /* metadata of what is due */
    struct completions completions; /* one at a time */
};

/* A slot that no partition has: what the in-flight commit of a partition that is gone is moved to. */
#define SLOT_NONE UINT32_MAX

/* All-zero but for the arena. */
void assignment_init(struct assignment *assignment);
void assignment_done(struct assignment *assignment);

/* The topic's name is not copied. */
void assignment_add(struct assignment *assignment, const struct consumer_partition *named);
void assignment_leave(struct assignment *assignment, uint32_t slot);
void assignment_remove(struct assignment *assignment, uint32_t slot);

static inline enum partition_state assignment_state(const struct assignment *assignment,
                                                    uint32_t slot)
{
    return slot < assignment->count ? assignment->partitions[slot].state : PARTITION_GONE;
}

/* The door for `full`. */
void assignment_set_full(struct assignment *assignment, uint32_t slot, bool full);

/* Gathers in `due`, with metadata, what has ended since it was committed last: the offset need not
 * be another one for that. Returns of how many slots; valid until it is called again. */
size_t assignment_due(struct assignment *assignment, const struct ledger *ledger);

/* What is due was given to an asynchronous commit; that commit has ended; what is due was committed. */
void assignment_sent(struct assignment *assignment);
void assignment_answered(struct assignment *assignment, bool failed);
void assignment_committed(struct assignment *assignment);

#endif
