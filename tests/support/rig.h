/* rig: the pipeline between fakes: a scripted consumer, a scripted transport, scripted dead letters, real
 * mappings, real batches, and a clock that only its sleep moves.
 *
 * rig_run() lets the pipeline turn and sleep as it does in earnest: its sleep ends when its time-out is
 * over, when one of the fakes has something for it, or when the run is over; so a sleep that is too
 * long shows, and one that is none again and again is a failure. Watched in every run, whatever the
 * test looks at: each commit is checked with the oracle, the account must balance, and what stands in
 * orders must not stand in the log. */
#ifndef SUPPORT_RIG_H
#define SUPPORT_RIG_H

#include "delivery/delivery.h"
#include "kafka/completions.h"
#include "pipeline/pipeline.h"
#include "support/oracle.h"
#include "support/scripted_consumer.h"
#include "support/scripted_dead_letter.h"
#include "support/scripted_transport.h"

#define RIG_START_MS 1000000

/* Partitions: two of a topic whose messages are one conversion each, two of one with a list of tickets. */
enum { RIG_ORDERS_0, RIG_ORDERS_1, RIG_TICKETS_0, RIG_TICKETS_1, RIG_PARTITIONS };

struct rig {
    /* To be changed between rig_init() and rig_start(). */
    struct delivery_settings delivery_settings;
    struct pipeline_settings pipeline_settings;
    const char *accounts[2]; /* expressions for the account, of orders and of tickets; NULL: none */

    struct snapshot_exchange *watchers; /* NULL: nobody watches */

    struct clock clock;
    struct oracle oracle;
    struct scripted_consumer *consumer;
    struct scripted_transport *scripted;
    struct scripted_dead_letter *letters;
    struct delivery *delivery;
    struct pipeline *pipeline;
    enum pipeline_state state;
    uint64_t turns;

    /* What requests are answered: by `answer` if there is one, else by the script, then `otherwise`.
     * What is 200 without a body tells the oracle that Rokt took the conversions; an `answer` that
     * means more must tell so itself. */
    struct scripted_answer (*answer)(void *context, struct rig *rig, struct slice body);
    const struct scripted_answer *script;
    size_t script_count;
    struct scripted_answer otherwise;
    /* What letters and commits are answered: by these if there are any, else by the values. */
    struct scripted_letter_answer (*answer_letter)(void *context, size_t attempt);
    struct scripted_letter_answer letter_answer;
    struct scripted_commit_answer (*answer_commit)(void *context, bool at_once);
    struct scripted_commit_answer commit_answer;
    void *context; /* of all three */

    struct transport transport; /* the scripted one, with a sleep that knows all fakes */
    struct mapping *mappings[2];
    struct log *log;
    int log_fd;
    int wake_fd;
    int64_t until_ms;
    bool warming;
    size_t warming_requests; /* before the test's own */
    bool idle;               /* it would sleep now, with nothing left to do in this run */
};

/* Settings: 1,000 open messages of a partition and 3,000 in all, batches of 2, linger 100 ms, 3 in flight, commits each 1,000 ms, drain 5,000 ms, shutdown
 * 20,000 ms, a probe each 10,000 ms. The rig must not be moved after the start. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);

/* Checks the log and frees. */
void rig_free(struct rig *rig);

/* The pipeline and its member are gone without a word, as by SIGKILL; others start in their place. */
void rig_restart(struct rig *rig);

/* Runs for `ms`, or until it has ended: returns when there is nothing left to do at that time. */
enum pipeline_state rig_run(struct rig *rig, int64_t ms);

/* Returns the offset; `offset` of -1 is the next. */
int64_t rig_produce(struct rig *rig, size_t partition, int64_t offset, struct order order);
/* `count` paid orders at the next offsets. */
void rig_produce_paid(struct rig *rig, size_t partition, size_t count);

void rig_assign(struct rig *rig, size_t partition);
void rig_revoke(struct rig *rig, size_t partition);
void rig_lose(struct rig *rig, size_t partition);

int64_t rig_committed(const struct rig *rig, size_t partition);
size_t rig_requests(const struct rig *rig);
const struct scripted_request *rig_request(const struct rig *rig, size_t index);
const struct pipeline_account *rig_account(const struct rig *rig);

/* How many lines of the log hold `text`. */
size_t rig_log_count(const struct rig *rig, const char *text);

#endif
