/* snapshot: what the relay looked like at one moment, in plain numbers, for whoever watches it.
 *
 * The pipeline writes one some times a second, the admin server reads the newest when it is asked.
 * They meet in an exchange: a triple buffer. The writer has a snapshot of its own, the reader
 * another, and the third lies between; both only swap theirs for that one, with one atomic
 * instruction. Neither ever waits for the other, and what a reader does with its snapshot, and for
 * how long, cannot reach the writer: with a mutex a reader that is preempted while it holds it
 * could.
 *
 * Knows no room: counters and names, no personal value. Texts are literals, or live as long as the
 * configuration and the consumer. */
#ifndef BASE_SNAPSHOT_H
#define BASE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What keeps messages from ending until a person, or somebody else's system, is well again. */
enum snapshot_hold {
    SNAPSHOT_HOLD_CREDENTIALS,       /* Rokt takes no request: wrong keys or address */
    SNAPSHOT_HOLD_REFUSED,           /* Rokt refuses every request */
    SNAPSHOT_HOLD_DEAD_LETTER_SHARE, /* a mapping kills too many of its messages */
    SNAPSHOT_HOLD_DEAD_LETTER_TOPIC, /* letters cannot be written */
    SNAPSHOT_HOLDS
};

/* Why nothing is read now. */
enum snapshot_wait {
    SNAPSHOT_WAIT_NOTHING,     /* it is read, as far as there is something */
    SNAPSHOT_WAIT_HOLD,        /* delivery is on hold */
    SNAPSHOT_WAIT_ROKT,        /* as many requests are under way as may be */
    SNAPSHOT_WAIT_DEAD_LETTER, /* as many letters wait as may */
    SNAPSHOT_WAIT_OPEN,        /* as many messages wait for an older one as may */
    SNAPSHOT_WAIT_STOPPING,    /* it was asked to stop */
    SNAPSHOT_WAITS
};

/* A partition that is assigned. Times are monotonic, in ms. */
struct snapshot_partition {
    const char *topic;
    int32_t number;
    int64_t position;  /* offset of the next message to take in; -1: not known yet */
    int64_t watermark; /* all below it is taken care of; -1: not known yet */
    int64_t end;       /* behind the last message that can be read, by the brokers; -1: not known */
    size_t open;       /* messages taken in that have not ended */
    size_t waiting;    /* these, and what has ended behind the oldest of them */
    size_t held;       /* of those open: dead, and kept from the dead-letter topic */
    bool leaving;      /* it is being given back */
    bool full;         /* as many wait as may: no more of it is read */
    bool blocked;      /* its next message cannot be read */
    int64_t watermark_ms; /* since when messages wait for the same one; now: none does */
    /* When it was last seen that messages of it were taken in, or that none could be, for a reason
     * that is known; and likewise of messages that end. */
    int64_t read_ms;
    int64_t finished_ms;
};

struct snapshot_reason {
    const char *name;
    uint64_t count;
    bool dead; /* of dead letters, else of skips */
};

#define SNAPSHOT_REASONS_MAX 64

struct snapshot_status {
    int status; /* of HTTP; 0: no answer; -1: all that are in no other row */
    uint64_t count;
};

#define SNAPSHOT_STATUSES_MAX 24

/* How many values were at most `bounds[i]`, and not at most the one before; the last has none. */
#define SNAPSHOT_BUCKETS 10

struct snapshot_histogram {
    uint64_t counts[SNAPSHOT_BUCKETS];
    uint64_t sum; /* in the unit of its values */
};

extern const int64_t snapshot_duration_bounds_ms[SNAPSHOT_BUCKETS - 1];
extern const int64_t snapshot_batch_bounds[SNAPSHOT_BUCKETS - 1];

void snapshot_observe(struct snapshot_histogram *histogram,
                      const int64_t bounds[static SNAPSHOT_BUCKETS - 1], int64_t value);

/* Everything that is counted is counted since the start. */
struct snapshot {
    int64_t taken_ms; /* monotonic; 0: there has been none */
    int64_t wall_ms;

    uint64_t consumed;
    uint64_t delivered;
    uint64_t skipped;
    uint64_t dead_lettered;
    uint64_t done_before;
    uint64_t given_back;
    uint64_t open; /* now */
    uint64_t held; /* now */
    uint64_t letter_failures;
    uint64_t deleted_unread;
    uint64_t fields_omitted;
    struct snapshot_reason reasons[SNAPSHOT_REASONS_MAX];
    size_t reason_count;

    uint64_t conversions; /* that Rokt took */
    uint64_t repeated;    /* of these, taken before */
    uint64_t rejected;    /* that it will never take */
    uint64_t with_email;  /* handed to delivery, with … */
    uint64_t with_hash;
    uint64_t with_click_id;
    uint64_t pending; /* now */

    uint64_t requests;
    uint64_t retries;
    struct snapshot_status statuses[SNAPSHOT_STATUSES_MAX];
    size_t status_count;
    struct snapshot_histogram durations; /* ms of a request */
    struct snapshot_histogram batches;   /* conversions of a request */
    uint64_t in_flight;                  /* now: requests */
    uint64_t concurrency;                /* now: requests at once at most */
    double rate;                         /* now: conversions a second at most; 0: no limit */
    int used_percent;                    /* of Rokt's limit, as it said last; -1: it did not */

    bool holds[SNAPSHOT_HOLDS];
    enum snapshot_wait wait;
    uint64_t commits_failed;

    bool assigned;          /* partitions were assigned at least once */
    uint64_t assignments;   /* how often partitions were */
    uint64_t revocations;   /* how often partitions were given back in good order … */
    uint64_t losses;        /* … and how often they were taken away */
    int64_t kafka_error_ms; /* monotonic: when librdkafka last told an error; 0: never */
    uint64_t kafka_errors;
    uint64_t busy_ms;         /* of the loop: at work, … */
    uint64_t waited_rokt_ms;  /* … waiting while nothing more may be read, … */
    uint64_t waited_kafka_ms; /* … and waiting for something to do */

    struct snapshot_partition *partitions;
    size_t partition_count;
    size_t partition_capacity;
};

/* "credentials", "refused" …; "hold", "rokt" … */
const char *snapshot_hold_name(enum snapshot_hold hold);
const char *snapshot_wait_name(enum snapshot_wait wait);

/* Room for so many partitions, for the writer to fill. */
void snapshot_reserve(struct snapshot *snapshot, size_t partitions);

struct snapshot_exchange;

struct snapshot_exchange *snapshot_exchange_new(void);
void snapshot_exchange_free(struct snapshot_exchange *exchange);

/* One thread writes: this one, with whatever was in it before, until it is published. */
struct snapshot *snapshot_to_write(struct snapshot_exchange *exchange);
void snapshot_publish(struct snapshot_exchange *exchange);

/* One thread reads: the newest, which is its own until it reads again. All-zero before the first
 * was published. */
const struct snapshot *snapshot_read(struct snapshot_exchange *exchange);

#endif
