/* scripted_consumer: a consumer without Kafka: partitions in memory, and a test that plays the group's
 * coordinator.
 *
 * It keeps what a broker would: messages, and the committed offsets, from which an assignment begins.
 * Time is the clock's: an answer to a commit is there when its delay is over. What the contract in
 * kafka/consumer.h forbids is an assertion: a commit for a slot that is not assigned, beyond what was
 * fetched, or back; two commits in flight; a fetch or a pause before the discard; a release that nothing asked
 * for; anything after CONSUMER_FATAL. Messages given out are copies that end with discard(). */
#ifndef SUPPORT_SCRIPTED_CONSUMER_H
#define SUPPORT_SCRIPTED_CONSUMER_H

#include "base/clock.h"
#include "kafka/consumer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One offset of a commit. */
struct scripted_commit {
    size_t partition;
    uint32_t slot;
    int64_t offset;
    struct slice metadata; /* while it is decided */
    int64_t asked_ms;
    bool at_once; /* by commit_now() */
};

/* All-zero is a commit that succeeds at once. */
struct scripted_commit_answer {
    int64_t delay_ms; /* of those at once: none */
    bool failed;
};

struct scripted_consumer;

/* `clock` must outlive it; `wake_fd` is written as the contract says. Freed by the interface's
 * free(). */
struct scripted_consumer *scripted_consumer_new(const struct clock *clock, int wake_fd);
struct consumer *scripted_consumer_interface(struct scripted_consumer *scripted);

/* ---- the broker ---- */

/* Returns its index; the functions below name partitions by it. `topic` must outlive all. */
size_t scripted_consumer_partition(struct scripted_consumer *scripted, const char *topic,
                                   int32_t number, size_t route);

/* The offset behind the last of the partition with that index. */
int64_t scripted_consumer_next(const struct scripted_consumer *scripted, size_t index);

/* At that offset or above. `value` is copied; data of NULL is a tombstone. */
void scripted_consumer_produce(struct scripted_consumer *scripted, size_t index, int64_t offset,
                               struct slice value);

/* Control records and the like: the partition's end is there, but no message stands below it. */
void scripted_consumer_end(struct scripted_consumer *scripted, size_t index, int64_t offset);

/* So many offsets in front of the record that was added last were deleted before they were read. */
void scripted_consumer_deleted(struct scripted_consumer *scripted, size_t index, uint64_t count);

/* The record that was added last is a letter of these items, which must outlive all. */
void scripted_consumer_items(struct scripted_consumer *scripted, size_t index,
                             const struct letter_items *items);

/* -1: nothing was committed yet. */
int64_t scripted_consumer_committed(const struct scripted_consumer *scripted, size_t partition);

/* Of the last commit; "" when it had none, or there was no commit. And another, as if a stranger
 * had committed. */
const char *scripted_consumer_metadata(const struct scripted_consumer *scripted, size_t partition);
void scripted_consumer_set_metadata(struct scripted_consumer *scripted, size_t partition,
                                    const char *metadata);

/* ---- the coordinator ---- */

/* Each is one event, given out in this order. An assignment takes the lowest free slots, when it is
 * given out. What is lost cannot be committed from now on. */
void scripted_consumer_assign(struct scripted_consumer *scripted, const size_t partitions[],
                              size_t count);
void scripted_consumer_revoke(struct scripted_consumer *scripted, const size_t partitions[],
                              size_t count);
void scripted_consumer_lose(struct scripted_consumer *scripted, const size_t partitions[],
                            size_t count);
void scripted_consumer_error(struct scripted_consumer *scripted, const char *text);
void scripted_consumer_fatal(struct scripted_consumer *scripted, const char *text);
void scripted_consumer_fence(struct scripted_consumer *scripted, const char *text);

/* Asked at each commit; the default is that all succeed at once. */
void scripted_consumer_decide(
    struct scripted_consumer *scripted,
    struct scripted_commit_answer (*decide)(void *context, const struct scripted_commit commits[],
                                            size_t count),
    void *context);

/* At most so many messages a fetch, whatever is asked for; 0: a consumer that is stuck. */
void scripted_consumer_fetch_max(struct scripted_consumer *scripted, size_t max);

/* The member is gone without a word; another one has joined and has nothing assigned. */
void scripted_consumer_rejoin(struct scripted_consumer *scripted);

/* ---- what happened ---- */

/* All offsets of commits so far, in the order in which they were asked for; valid until the next. */
size_t scripted_consumer_commit_count(const struct scripted_consumer *scripted);
const struct scripted_commit *scripted_consumer_commits(const struct scripted_consumer *scripted);

size_t scripted_consumer_fetches(const struct scripted_consumer *scripted);
/* How often a slot was paused. */
size_t scripted_consumer_pauses(const struct scripted_consumer *scripted);
size_t scripted_consumer_releases(const struct scripted_consumer *scripted);
/* The longest time between a revoke and its release. */
int64_t scripted_consumer_longest_revoke_ms(const struct scripted_consumer *scripted);

/* A revoke or loss was given out and not released. */
bool scripted_consumer_unanswered(const struct scripted_consumer *scripted);

/* ---- time ---- */

/* Monotonic time at which something happens by itself; INT64_MAX: never. */
int64_t scripted_consumer_deadline_ms(const struct scripted_consumer *scripted);

/* To be called when the clock was moved: writes the fd when something has become due. */
void scripted_consumer_tick(struct scripted_consumer *scripted);

#endif
