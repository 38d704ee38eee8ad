/* pipeline: the turn: one thread, one loop, the way that every order takes.
 *
 *     reap      finished requests and letters → ledger
 *     events    assignments, revokes, errors; never blocked by a full pipeline
 *     limits    partitions whose messages wait for one that does not end: they are left where they are
 *     intake    while there is room: next message → mapping → delivery (or skip, or dead letter)
 *     dispatch  batches that are due are sealed, sent, sent again
 *     commit    what the ledger's watermarks allow
 *     sleep     until a socket, Kafka or a deadline wakes it
 *
 * It alone knows every stage; stages know nothing of each other. A message's offset is committed only
 * when it, and all before it in its partition, have been delivered, skipped or dead-lettered. */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/snapshot.h"
#include "delivery/delivery.h"
#include "kafka/consumer.h"
#include "kafka/dead_letter.h"
#include "mapping/mapping.h"

#include <stdbool.h>
#include <stdint.h>

/* The stages. All of them stay their owner's and must outlive the pipeline. */
struct pipeline_stages {
    struct consumer *consumer;
    struct delivery *delivery;
    struct dead_letter *dead_letter;
    const struct mapping *const *mappings; /* by the route of a message */
    size_t route_count;
    struct clock *clock;
    struct log *log;
    struct snapshot_exchange
        *watchers; /* gets a snapshot some times a second; NULL: nobody watches */
    int wake_fd;   /* the eventfd that the kafka rooms write; -1 in tests */
};

struct pipeline_settings {
    /* Per cent of a mapping's messages: when more of its last ones are dead, those are held instead of
     * being written as letters. 0: never. */
    unsigned dead_percent_max;
    const char *dead_letter_topic; /* that no message may come from; NULL: any may */
    size_t
        open_partition_max; /* messages of a partition, from its oldest open one on; at least 1 */
    size_t open_max;        /* of all partitions together */
    int64_t commit_interval_ms;
    int64_t drain_timeout_ms;    /* on a rebalance */
    int64_t shutdown_timeout_ms; /* on pipeline_stop() */
};

#define PIPELINE_REASONS_MAX 64

/* Where every message that was taken in is now. Always:
 * consumed = delivered + skipped + dead_lettered + done_before + given_back + open. */
struct pipeline_account {
    uint64_t consumed;
    uint64_t delivered;
    uint64_t skipped;
    uint64_t dead_lettered;
    /* One of the three above, but by another process or in an earlier assignment, as the metadata
     * of the committed offset says. */
    uint64_t done_before;
    uint64_t given_back; /* open when their partition was revoked or lost: read again elsewhere */
    uint64_t open;
    uint64_t held; /* of those that are open: dead, but kept from the dead-letter topic */
    uint64_t letter_failures; /* attempts to write a letter */
    /* Not among those consumed: they were gone before they could be read. Offsets, which control records of
     * transactions have too. */
    uint64_t deleted_unread;
    uint64_t conversions;    /* accepted by Rokt */
    uint64_t repeated;       /* of these, taken before already, as Rokt said (409) */
    uint64_t requests;       /* answered or failed */
    uint64_t retries;        /* of these, sent again */
    uint64_t fields_omitted; /* values that broke their field's rule and could be left out */
    struct {
        const char *reason; /* of skips and dead letters, by name */
        uint64_t count;
        bool dead;
    } reasons[PIPELINE_REASONS_MAX]; /* past it: counted as "other" */
    size_t reason_count;
};

struct pipeline;

struct pipeline *pipeline_new(const struct pipeline_stages *stages,
                              const struct pipeline_settings *settings);
void pipeline_free(struct pipeline *pipeline);

enum pipeline_state {
    PIPELINE_RUNNING,
    PIPELINE_STOPPED, /* as asked: drained, or the time for it was over; committed */
    PIPELINE_FENCED,  /* as FAILED: another process has this one's group.instance.id */
    PIPELINE_FAILED   /* the consumer can go on no more; nothing was committed that was not done */
};

/* One turn, of at most about a second; to be called until the pipeline is stopped or has failed. The
 * last turn says the account. `may_sleep` is false for tests, which move the clock themselves. */
enum pipeline_state pipeline_turn(struct pipeline *pipeline, bool may_sleep);

/* Asks it to stop: no more intake, drain, commit. From any thread, any number of times. */
void pipeline_stop(struct pipeline *pipeline);

/* On the pipeline's thread, or after it has ended. */
const struct pipeline_account *pipeline_account(const struct pipeline *pipeline);

#endif
