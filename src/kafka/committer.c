#include "committer.h"

#include "base/clock.h"
#include "kafka/consumer.h"

#include <assert.h>
#include <stddef.h>

#define RETRY_MS 100

void committer_init(struct committer *committer, rd_kafka_t *rk, int wake_fd)
{
    static const uint64_t one = 1; /* what an eventfd wants to be written */
    *committer = (struct committer){.rk = rk, .answers = rd_kafka_queue_new(rk)};
    rd_kafka_queue_io_event_enable(committer->answers, wake_fd, &one, sizeof one);
}

bool committer_done(struct committer *committer)
{
    bool unreaped = committer->answered || committer->postponed != NULL ||
                    (committer->under_way && committer->awaited);
    if (committer->postponed != NULL) {
        rd_kafka_topic_partition_list_destroy(committer->postponed);
    }
    rd_kafka_queue_destroy(committer->answers);
    *committer = (struct committer){0};
    return unreaped;
}

static void strip_metadata(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_mem_free(NULL, list->elems[i].metadata);
        list->elems[i].metadata = NULL;
        list->elems[i].metadata_size = 0;
    }
}

static rd_kafka_resp_err_t send_list(struct committer *committer,
                                     const rd_kafka_topic_partition_list_t *list, bool awaited)
{
    assert(!committer->under_way);
    if (committer->plain) {
        strip_metadata(list);
    }
    if (list->cnt == 0) {
        return RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST; /* nothing of it is ours any more */
    }
    rd_kafka_resp_err_t err =
        rd_kafka_commit_queue(committer->rk, list, committer->answers, NULL, NULL);
    committer->under_way = err == RD_KAFKA_RESP_ERR_NO_ERROR;
    committer->awaited = awaited;
    return err;
}

static void set_answer(struct committer *committer, rd_kafka_resp_err_t err)
{
    assert(!committer->answered);
    committer->answered = true;
    committer->answer = err;
}

static void start(struct committer *committer, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = send_list(committer, list, true);
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        set_answer(committer, err);
    }
}

void committer_start(struct committer *committer, rd_kafka_topic_partition_list_t *list)
{
    assert(!committer->answered && committer->postponed == NULL);
    if (committer->under_way) {
        assert(!committer->awaited);
        committer->postponed = list;
    } else {
        start(committer, list);
    }
}

/* One partition's offset may be refused while the others are committed. That metadata is too long
 * goes before other reasons, as the next commit can do something about it. */
static rd_kafka_resp_err_t error_of(rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        bool too_long = list->elems[i].err == RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE;
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR || too_long) {
            err = list->elems[i].err;
        }
    }
    return err;
}

/* The answer to what is under way; false when it does not come within `timeout_ms`. */
static bool take_answer(struct committer *committer, int timeout_ms, rd_kafka_resp_err_t *ret_err)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(committer->answers, timeout_ms);
    if (event == NULL) {
        return false;
    }
    assert(rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT && committer->under_way);
    *ret_err = error_of(event);
    rd_kafka_event_destroy(event);
    committer->under_way = false;
    committer->plain |= *ret_err == RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE;
    if (committer->awaited) {
        set_answer(committer, *ret_err);
    }
    return true;
}

bool committer_reap(struct committer *committer, rd_kafka_resp_err_t *ret_err)
{
    rd_kafka_resp_err_t ignored;
    if (committer->under_way) {
        (void)take_answer(committer, 0, &ignored);
    }
    if (!committer->under_way && committer->postponed != NULL) {
        rd_kafka_topic_partition_list_t *list = committer->postponed;
        committer->postponed = NULL;
        start(committer, list);
    }
    if (!committer->answered) {
        return false;
    }
    committer->answered = false;
    *ret_err = committer->answer;
    return true;
}

/* Whether the same commit may succeed a moment later. */
static bool is_passing(rd_kafka_resp_err_t err)
{
    static const rd_kafka_resp_err_t passing[] = {
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, /* as it goes without from now on */
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH,
        RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR__WAIT_COORD,
    };
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (passing[i] == err) {
            return true;
        }
    }
    return false;
}

static int64_t now_ms(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock.monotonic_ms;
}

static int left_ms(int64_t due_ms)
{
    int64_t left = due_ms - now_ms();
    return left > 0 ? (int)left : 0;
}

static rd_kafka_resp_err_t try_until(struct committer *committer,
                                     const rd_kafka_topic_partition_list_t *list, int64_t due_ms)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (committer->under_way && !take_answer(committer, left_ms(due_ms), &err)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    err = send_list(committer, list, false);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && !take_answer(committer, left_ms(due_ms), &err)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    return err;
}

rd_kafka_resp_err_t committer_now(struct committer *committer,
                                  rd_kafka_topic_partition_list_t *list)
{
    int64_t due_ms = now_ms() + CONSUMER_COMMIT_NOW_MS;
    rd_kafka_resp_err_t err = try_until(committer, list, due_ms);
    while (is_passing(err) && left_ms(due_ms) > RETRY_MS) {
        /* Nothing can come while nothing is under way: this waits. */
        rd_kafka_event_t *event = rd_kafka_queue_poll(committer->answers, RETRY_MS);
        assert(event == NULL);
        err = try_until(committer, list, due_ms);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}
