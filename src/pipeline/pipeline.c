#include "pipeline/pipeline.h"

#include "assignment.h"
#include "base/memory.h"
#include "burial.h"
#include "choice.h"
#include "guard.h"
#include "kafka/ledger.h"
#include "observer.h"
#include "pipeline/account.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FETCH_MAX 256
#define PROOFS_MAX 16     /* messages that may be taken in beyond each limit, see beyond_limits() */
#define SLEEP_MAX_MS 1000 /* librdkafka wants to be polled, and so do deadlines nobody thought of */
#define PROGRESS_INTERVAL_MS 60000
#define ALARM_INTERVAL_MS 60000
#define SLOWED_INTERVAL_MS 60000
#define PARTITION_LIST_SIZE 2048
#define REASONS_SIZE 512

/* When something is to be done at a time; INT64_MAX: never. */
#define NEVER INT64_MAX

struct pipeline {
    struct pipeline_stages stages;
    struct pipeline_settings settings;
    struct ledger *ledger;
    struct assignment assignment;
    struct arena arena; /* of the message at hand */
    struct burials burials;
    struct guard *guards;      /* by route */
    struct arena letter_arena; /* of the letter at hand */

    struct consumer_message messages[FETCH_MAX]; /* fetched; [next, count) not yet taken in */
    size_t message_next;
    size_t message_count;
    bool messages_waiting; /* the consumer may have some: cleared only when it had none */

    int64_t commit_due_ms;
    int64_t release_due_ms;  /* a revoke is to be answered by then */
    int64_t shutdown_due_ms; /* the drain ends then */
    int64_t progress_due_ms;
    int64_t alarm_due_ms;  /* while on hold: when it is said again */
    int64_t slowed_due_ms; /* when it may be said again that Rokt slows delivery */
    /* When it may be said again that messages wait for one that does not end … */
    int64_t limit_due_ms;
    /* … and that letters cannot be written; so many attempts failed since. */
    int64_t letter_due_ms;
    uint64_t letter_failures;
    char trouble[64];       /* the last code of librdkafka's that was said … */
    int64_t trouble_due_ms; /* … and when it may be again */
    uint64_t progress_consumed;

    enum pipeline_state state;
    atomic_bool stop;
    struct observer observer;
    struct pipeline_account account;
};

struct pipeline *pipeline_new(const struct pipeline_stages *stages,
                              const struct pipeline_settings *settings)
{
    struct pipeline *pipeline = memory_new(1, sizeof *pipeline);

    pipeline->stages = *stages;
    pipeline->settings = *settings;
    pipeline->observer.exchange = stages->watchers;
    pipeline->ledger = ledger_new();
    pipeline->guards = memory_new(stages->route_count, sizeof *pipeline->guards);
    assignment_init(&pipeline->assignment);
    arena_init(&pipeline->arena, 0);
    arena_init(&pipeline->letter_arena, 0);
    pipeline->messages_waiting = true;
    pipeline->commit_due_ms = NEVER;
    pipeline->release_due_ms = NEVER;
    pipeline->shutdown_due_ms = NEVER;
    pipeline->alarm_due_ms = NEVER;
    pipeline->progress_due_ms = stages->clock->monotonic_ms + PROGRESS_INTERVAL_MS;
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL) {
        return;
    }
    ledger_free(pipeline->ledger);
    assignment_done(&pipeline->assignment);
    burials_done(&pipeline->burials);
    free(pipeline->guards);
    arena_done(&pipeline->arena);
    arena_done(&pipeline->letter_arena);
    free(pipeline);
}

const struct pipeline_account *pipeline_account(const struct pipeline *pipeline)
{
    return &pipeline->account;
}

void pipeline_stop(struct pipeline *pipeline)
{
    atomic_store(&pipeline->stop, true);
    if (pipeline->stages.wake_fd >= 0) {
        uint64_t one = 1;
        ssize_t written = write(pipeline->stages.wake_fd, &one, sizeof one);
        (void)written; /* a full counter wakes as well */
    }
}

static int64_t now_ms(const struct pipeline *pipeline)
{
    return pipeline->stages.clock->monotonic_ms;
}

static bool stopping(const struct pipeline *pipeline)
{
    return pipeline->shutdown_due_ms != NEVER;
}

/* ---- letters --------------------------------------------------------------------------------- */

static void say_dead(struct pipeline *pipeline, const struct message *message,
                     const struct burial *burial)
{
    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "message_dead",
              LOG_SLICE("topic", message->topic), LOG_INTEGER("partition", message->partition),
              LOG_INTEGER("offset", message->offset), LOG_TEXT("reason", burial->cause.reason),
              LOG_INTEGER("items", burial->items.count),
              LOG_TEXT("message", burial->cause.text.text));
}

static void write_letter(struct pipeline *pipeline, const struct burial *burial)
{
    struct dead_letter *dead_letter = pipeline->stages.dead_letter;
    const struct mapping *mapping = pipeline->stages.mappings[burial->route];
    const struct cause *cause = &burial->cause;
    struct letter letter;

    arena_reset(&pipeline->letter_arena);
    struct message message = burial_message(burial, &pipeline->letter_arena);
    letter_begin(&message, pipeline->stages.clock->wall_ms, &letter);
    letter.reason = slice_of(cause->reason);
    letter.message = slice_of(cause->text.text);
    letter.field = slice_of(cause->field);
    letter.items = burial->items;
    letter.status = cause->status;
    letter.error_code = slice_of(cause->complaint.code);
    letter.error_message = slice_of(cause->complaint.message);
    letter.mapping = slice_of(mapping_name(mapping));
    letter.mapping_hash = slice_of(mapping_hash(mapping));
    dead_letter->operations->send(dead_letter, &message, &letter, burial->token);
    observer_letter_sent(&pipeline->observer);
    account_dead(&pipeline->account, cause->reason);
    say_dead(pipeline, &message, burial);
}

static struct guard *guard_of(struct pipeline *pipeline, struct token token)
{
    return &pipeline->guards[pipeline->assignment.partitions[token.slot].route];
}

/* An item of the message, or all of it, is dead; whether that is the first of it. Unless the message's partition has been given up meanwhile,
 * for then it is read again elsewhere. */
static bool bury(struct pipeline *pipeline, const struct message *message, struct token token,
                 int32_t item, const struct cause *cause)
{
    struct burial *burial = burials_find(&pipeline->burials, token);
    bool first = burial == NULL;

    if (first) {
        if (!ledger_letter(pipeline->ledger, token)) {
            return false;
        }
        burial = burials_add(&pipeline->burials, token, message, cause);
        burial->route =
            pipeline->stages.consumer->operations->route(pipeline->stages.consumer, message->topic);
    }
    if (item != CONVERSION_NO_ITEM) {
        letter_items_add(&burial->items, (size_t)item);
    }
    return first;
}

/* An item of a message that was mapped is dead. */
static void bury_mapped(struct pipeline *pipeline, const struct message *message,
                        struct token token, int32_t item, const struct cause *cause)
{
    if (bury(pipeline, message, token, item, cause)) {
        guard_see_turn(guard_of(pipeline, token), pipeline->settings.dead_percent_max);
    }
}

/* "missing_identity=940 invalid_field=3", the most frequent first. */
static void list_held(const struct guard *guard, char *ret_text, size_t size)
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < guard->reason_count && used < size; i++) {
        int length =
            snprintf(ret_text + used, size - used, "%s%s=%llu", used > 0 ? " " : "",
                     guard->reasons[i].reason, (unsigned long long)guard->reasons[i].count);
        used += length > 0 ? (size_t)length : 0;
    }
}

/* At once, and then no more often than once a minute. */
static void say_held(struct pipeline *pipeline, const struct burial *burial, struct guard *guard)
{
    const struct partition *partition = &pipeline->assignment.partitions[burial->token.slot];
    char reasons[REASONS_SIZE];

    if (now_ms(pipeline) < guard->alarm_due_ms) {
        return;
    }
    guard->alarm_due_ms = now_ms(pipeline) + ALARM_INTERVAL_MS;
    list_held(guard, reasons, sizeof reasons);
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "dead_letters_on_hold",
              LOG_TEXT("mapping", mapping_name(pipeline->stages.mappings[burial->route])),
              LOG_TEXT("mapping_hash", mapping_hash(pipeline->stages.mappings[burial->route])),
              LOG_INTEGER("dead_percent", guard_percent(guard)),
              LOG_INTEGER("held_messages", guard->held), LOG_TEXT("reasons", reasons),
              LOG_TEXT("topic", partition->topic), LOG_INTEGER("partition", partition->number),
              LOG_TEXT("message", burial->cause.text.text),
              LOG_TEXT("hint", "more of this mapping's messages are dead than "
                               "dead_letter.max_share allows: they stay open, uncommitted, and "
                               "the others go on. Mend the mapping and start the relay again: "
                               "it gets all of them. If they are rightly dead, raise max_share"));
}

/* The message stays open for the rest of this assignment, and is read again by whoever has the partition
 * next. */
static void hold_message(struct pipeline *pipeline, const struct burial *burial,
                         struct guard *guard)
{
    guard_hold(guard, burial->cause.reason);
    pipeline->assignment.partitions[burial->token.slot].held++;
    pipeline->account.held++;
    say_held(pipeline, burial, guard);
}

/* A message that is dead as it is, or all that is wanted of it: a letter of items that is replayed stays
 * one of the same items. */
static void bury_again(struct pipeline *pipeline, const struct consumer_message *fetched,
                       const struct cause *cause, struct token token)
{
    (void)bury(pipeline, &fetched->message, token, CONVERSION_NO_ITEM,
               cause); /* the only one of it */
    if (fetched->items != NULL) {
        burials_find(&pipeline->burials, token)->items = *fetched->items;
    }
}

/* A message has one part less open: when what is left is its letter, that is written. */
static void write_if_last(struct pipeline *pipeline, struct token token)
{
    struct burial *burial = burials_find(&pipeline->burials, token);

    if (burial != NULL && ledger_parts(pipeline->ledger, token) == 1) {
        struct guard *guard = guard_of(pipeline, token);

        if (guard->tripped) {
            hold_message(pipeline, burial, guard);
        } else {
            write_letter(pipeline, burial);
        }
        burials_remove(&pipeline->burials, burial);
    }
}

/* ---- reap ------------------------------------------------------------------------------------ */

static void commit_soon(struct pipeline *pipeline)
{
    if (pipeline->commit_due_ms == NEVER) {
        pipeline->commit_due_ms = now_ms(pipeline) + pipeline->settings.commit_interval_ms;
    }
}

/* One part of a message is done. With the last one the message is counted: as dead-lettered when any part
 * of it was, whichever came last. */
static void acknowledge(struct pipeline *pipeline, struct token token)
{
    enum ledger_state state = ledger_done(pipeline->ledger, token);

    pipeline->account.delivered += state == LEDGER_CLOSED;
    pipeline->account.dead_lettered += state == LEDGER_LETTERED;
    if (state == LEDGER_OPEN) {
        write_if_last(pipeline, token);
    }
    commit_soon(pipeline);
}

/* A conversion that Rokt will never take. */
static void bury_rejected(struct pipeline *pipeline, const struct delivery_death *death)
{
    struct cause cause = {
        .reason = "rejected",
        .text = death->cause,
        .status = death->status,
        .complaint = death->complaint,
    };

    bury_mapped(pipeline, &death->message, death->token, death->item, &cause);
    acknowledge(pipeline, death->token);
}

/* What became of the request's conversions, as far as it is known. */
static void settle(struct pipeline *pipeline, const struct delivery_report *report)
{
    for (size_t i = 0; i < report->delivered_count; i++) {
        acknowledge(pipeline, report->delivered[i]);
    }
    for (size_t i = 0; i < report->dead_count; i++) {
        bury_rejected(pipeline, &report->dead[i]);
    }
    pipeline->account.conversions += report->delivered_count;
    pipeline->account.repeated += report->repeated_count;
    log_event(pipeline->stages.log, LOG_LEVEL_DEBUG, "request_answered",
              LOG_INTEGER("conversions", report->conversions),
              LOG_INTEGER("delivered", report->delivered_count),
              LOG_INTEGER("dead", report->dead_count), LOG_INTEGER("bytes", report->bytes),
              LOG_INTEGER("status", report->status), LOG_INTEGER("attempts", report->attempts),
              LOG_INTEGER("duration_ms", report->duration_ms));
}

static void say_retry(struct pipeline *pipeline, const struct delivery_report *report)
{
    log_event(
        pipeline->stages.log, LOG_LEVEL_WARNING, "batch_retried",
        LOG_INTEGER("status", report->status), LOG_INTEGER("conversions", report->conversions),
        LOG_INTEGER("attempts", report->attempts), LOG_INTEGER("wait_ms", report->wait_ms),
        LOG_TEXT("message", report->cause.text),
        LOG_TEXT("hint", report->status > 0
                             ? "it is sent again, with the same bytes, until Rokt takes it"
                             : "there was no whole answer; it is sent again. If it lasts, check "
                               "the network, rokt.base_url, the proxy, and for certificates "
                               "rokt.ca_file"));
}

#define HOLD_HINT                                                                        \
    "nothing is lost and no offset is committed; delivery goes on by itself as soon as " \
    "a probe is accepted. "

/* The alarm comes at once, and then no more often than once a minute. */
static void say_hold(struct pipeline *pipeline, const struct delivery_report *report)
{
    if (pipeline->alarm_due_ms != NEVER && now_ms(pipeline) < pipeline->alarm_due_ms) {
        return;
    }
    pipeline->alarm_due_ms = now_ms(pipeline) + ALARM_INTERVAL_MS;
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "delivery_on_hold",
              LOG_INTEGER("status", report->status),
              LOG_INTEGER("pending_conversions", delivery_pending(pipeline->stages.delivery)),
              LOG_INTEGER("next_probe_ms", report->wait_ms),
              LOG_TEXT("message", report->cause.text),
              LOG_TEXT("hint", report->refusing
                                   ? HOLD_HINT "Every request is refused: check rokt.api and "
                                               "rokt.account_id, and with `rokt-relay map "
                                               "--request` what the mapping makes"
                                   : HOLD_HINT "Keys and certificates that change in their "
                                               "files are tried at once"));
}

static void say_resumed(struct pipeline *pipeline)
{
    pipeline->alarm_due_ms = NEVER;
    log_event(pipeline->stages.log, LOG_LEVEL_INFO, "delivery_resumed",
              LOG_TEXT("message", "a probe was accepted: the hold is over"));
}

/* Rokt refused conversions, or did not tell what became of them: each of them will be sent again with
 * fewer others, or alone. */
static void say_divided(struct pipeline *pipeline, const struct delivery_report *report)
{
    log_event(
        pipeline->stages.log, LOG_LEVEL_WARNING, "request_divided",
        LOG_INTEGER("status", report->status), LOG_INTEGER("conversions", report->conversions),
        LOG_INTEGER("delivered", report->delivered_count), LOG_INTEGER("dead", report->dead_count),
        LOG_TEXT("message", report->cause.text),
        LOG_TEXT("hint",
                 "what is not settled is sent again, in smaller requests or alone, until it is "
                 "known of each conversion what becomes of it"));
}

/* Rokt asked for less, or later. What it says with every answer is said once a minute. */
static void say_slowed(struct pipeline *pipeline, const struct delivery_report *report)
{
    if (report->slowed == NULL || now_ms(pipeline) < pipeline->slowed_due_ms) {
        return;
    }
    pipeline->slowed_due_ms = now_ms(pipeline) + SLOWED_INTERVAL_MS;
    log_event(
        pipeline->stages.log, LOG_LEVEL_WARNING, "delivery_slowed",
        LOG_INTEGER("status", report->status), LOG_INTEGER("asked_wait_ms", report->asked_wait_ms),
        LOG_INTEGER("conversions_per_second", report->rate),
        LOG_INTEGER("requests_at_once", report->concurrency), LOG_TEXT("message", report->slowed),
        LOG_TEXT("hint", "nothing is lost; delivery is as quick as Rokt allows (0 conversions "
                         "a second: no limit). If others send with the same keys, set "
                         "rokt.rate to a share of what Rokt grants"));
}

static void say_capped(struct pipeline *pipeline, const struct delivery_report *report)
{
    if (report->asked_wait_ms > DELIVERY_RETRY_AFTER_MAX_MS) {
        log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "retry_after_capped",
                  LOG_INTEGER("status", report->status),
                  LOG_INTEGER("asked_wait_ms", report->asked_wait_ms),
                  LOG_INTEGER("heeded_ms", DELIVERY_RETRY_AFTER_MAX_MS),
                  LOG_TEXT("message", "Retry-After asks for an absurdly long wait: it is tried "
                                      "again before that"));
    }
}

static void reap_requests(struct pipeline *pipeline)
{
    struct delivery_report report;

    while (delivery_reap(pipeline->stages.delivery, &report)) {
        pipeline->account.requests++;
        observer_answered(&pipeline->observer, &report);
        settle(pipeline, &report);
        say_slowed(pipeline, &report);
        say_capped(pipeline, &report);
        switch (report.event) {
        case DELIVERY_RESUMED:
            say_resumed(pipeline);
            break;
        case DELIVERY_SETTLED:
            break;
        case DELIVERY_DIVIDED:
            say_divided(pipeline, &report);
            break;
        case DELIVERY_RETRIED:
            pipeline->account.retries++;
            say_retry(pipeline, &report);
            break;
        case DELIVERY_HELD:
            pipeline->account.retries++;
            say_hold(pipeline, &report);
            break;
        }
    }
}

/* At once, and then no more often than once a minute. */
static void say_letter_failed(struct pipeline *pipeline, const struct dead_letter_report *report)
{
    if (now_ms(pipeline) < pipeline->letter_due_ms) {
        return;
    }
    log_event(
        pipeline->stages.log, LOG_LEVEL_ERROR, "dead_letter_not_written",
        LOG_TEXT("message", report->error.text), LOG_INTEGER("failures", pipeline->letter_failures),
        LOG_TEXT("hint", "does the topic exist, may this client write to it, and does it take "
                         "messages of that size (max.message.bytes of the topic, "
                         "message.max.bytes here)? Letters are never cut or dropped: it is "
                         "tried again until it is written, and the message's offset is not "
                         "committed before that"));
    pipeline->letter_due_ms = now_ms(pipeline) + ALARM_INTERVAL_MS;
    pipeline->letter_failures = 0;
}

static void reap_letters(struct pipeline *pipeline)
{
    struct dead_letter *dead_letter = pipeline->stages.dead_letter;
    struct dead_letter_report report;

    while (dead_letter->operations->reap(dead_letter, now_ms(pipeline), &report)) {
        observer_letter_reported(&pipeline->observer, report.failed);
        if (!report.failed) {
            acknowledge(pipeline, report.token);
            continue;
        }
        pipeline->account.letter_failures++;
        pipeline->letter_failures++;
        say_letter_failed(pipeline, &report);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

/* "orders-0 orders-1 …", as much of it as a line can bear. */
static void say_partitions(struct pipeline *pipeline, const char *name,
                           const struct consumer_event *event)
{
    char list[PARTITION_LIST_SIZE];
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = 0; i < event->partition_count && used < sizeof list; i++) {
        int length = snprintf(list + used, sizeof list - used, "%s%s-%d", i > 0 ? " " : "",
                              event->partitions[i].topic, event->partitions[i].partition);
        used += length > 0 ? (size_t)length : 0;
    }
    log_event(pipeline->stages.log, LOG_LEVEL_INFO, name,
              LOG_INTEGER("count", event->partition_count), LOG_TEXT("partitions", list));
}

/* What had ended behind the committed offset, when the process died or the partition moved, is not
 * sent again. */
static void recall(struct pipeline *pipeline, const struct consumer_partition *named)
{
    struct completions *completions = &pipeline->assignment.completions;
    struct completions_place place = {named->topic, named->partition, named->committed};
    struct error error;

    if (named->metadata.size == 0) {
        return;
    }
    if (completions_decode(named->metadata, &place, completions, &error)) {
        ledger_recall(pipeline->ledger, named->slot, completions);
        return;
    }
    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "metadata_ignored",
              LOG_TEXT("topic", named->topic), LOG_INTEGER("partition", named->partition),
              LOG_INTEGER("offset", named->committed), LOG_TEXT("message", error.text),
              LOG_TEXT("hint", "the metadata of the committed offset tells which messages behind "
                               "it have been delivered: these may be delivered again, with the "
                               "same ids"));
}

/* With group.protocol=consumer it is the broker that matches the routes' expressions, by its own kind of
 * them: a topic may come that none of them fits here. */
static bool is_letters(const struct pipeline *pipeline, const char *topic)
{
    const char *letters = pipeline->settings.dead_letter_topic;

    return letters != NULL && strcmp(topic, letters) == 0;
}

static void refuse_letters(struct pipeline *pipeline)
{
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "dead_letter_topic_assigned",
              LOG_TEXT("topic", pipeline->settings.dead_letter_topic),
              LOG_TEXT("message", "the group assigned the dead-letter topic: what it holds would "
                                  "come back for ever"),
              LOG_TEXT("hint", "an expression in routes takes it, in the brokers' reading: make it "
                               "narrower, or give dead_letter.topic a name that none takes"));
    pipeline->state = PIPELINE_FAILED;
}

static void assigned(struct pipeline *pipeline, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->partition_count; i++) {
        if (is_letters(pipeline, event->partitions[i].topic)) {
            refuse_letters(pipeline);
        }
    }
    for (size_t i = 0; i < event->partition_count; i++) {
        assignment_add(&pipeline->assignment, &event->partitions[i]);
        ledger_assign(pipeline->ledger, event->partitions[i].slot);
        recall(pipeline, &event->partitions[i]);
    }
    say_partitions(pipeline, "partitions_assigned", event);
}

/* What was fetched of the slot and not yet taken in is left to whoever has the partition next. */
static void drop_fetched(struct pipeline *pipeline, uint32_t slot)
{
    for (size_t i = pipeline->message_next; i < pipeline->message_count; i++) {
        if (pipeline->messages[i].slot == slot) {
            pipeline->messages[i].slot = SLOT_NONE;
        }
    }
}

/* Finishing what is open comes first; finish_release() answers when that is done, or its time over. */
static void revoked(struct pipeline *pipeline, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->partition_count; i++) {
        assignment_leave(&pipeline->assignment, event->partitions[i].slot);
        drop_fetched(pipeline, event->partitions[i].slot);
    }
    say_partitions(pipeline, "partitions_revoked", event);
    pipeline->release_due_ms = now_ms(pipeline) + pipeline->settings.drain_timeout_ms;
}

/* What was held is somebody else's. */
static void release_held(struct pipeline *pipeline, uint32_t slot)
{
    const struct partition *partition = &pipeline->assignment.partitions[slot];

    pipeline->guards[partition->route].held -= partition->held;
    pipeline->account.held -= partition->held;
}

/* What was given up: messages that were open, and of their conversions those that were not sent any more. */
struct given_up {
    size_t open;
    size_t cancelled;
};

static void give_up(struct pipeline *pipeline, uint32_t slot, struct given_up *given_up)
{
    size_t open = ledger_revoke(pipeline->ledger, slot);

    burials_drop(&pipeline->burials, slot);
    release_held(pipeline, slot);
    assignment_remove(&pipeline->assignment, slot);
    pipeline->account.given_back += open;
    given_up->open += open;
    given_up->cancelled += delivery_cancel(pipeline->stages.delivery, slot);
}

static void lost(struct pipeline *pipeline, const struct consumer_event *event)
{
    struct given_up given_up = {0, 0};

    for (size_t i = 0; i < event->partition_count; i++) {
        drop_fetched(pipeline, event->partitions[i].slot);
        give_up(pipeline, event->partitions[i].slot, &given_up);
    }
    if (pipeline->assignment.leaving == 0) {
        pipeline->release_due_ms = NEVER;
    }
    pipeline->stages.consumer->operations->release(pipeline->stages.consumer);
    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "assignment_lost",
              LOG_INTEGER("partitions", event->partition_count),
              LOG_INTEGER("open_messages", given_up.open),
              LOG_INTEGER("cancelled_conversions", given_up.cancelled),
              LOG_TEXT("message", "these partitions are no longer this member's: what was open is "
                                  "delivered again, with the same ids, by whoever has them next"));
}

static void committed(struct pipeline *pipeline, const struct consumer_event *event)
{
    assignment_answered(&pipeline->assignment, event->failed);
    if (event->failed) {
        log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "commit_failed",
                  LOG_TEXT("code", event->code), LOG_TEXT("message", event->text.text),
                  LOG_TEXT("hint", "tried again with the next commit"));
        pipeline->commit_due_ms = now_ms(pipeline) + pipeline->settings.commit_interval_ms;
    }
}

static void failed(struct pipeline *pipeline, const struct consumer_event *event)
{
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "kafka_fatal", LOG_TEXT("code", event->code),
              LOG_TEXT("message", event->text.text));
    pipeline->state = PIPELINE_FAILED;
}

static void fenced(struct pipeline *pipeline, const struct consumer_event *event)
{
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "kafka_fenced", LOG_TEXT("code", event->code),
              LOG_TEXT("message", event->text.text),
              LOG_TEXT("hint", "another process has joined with the same kafka.group.instance.id, "
                               "and has the partitions: this one ends. Each member needs an id of "
                               "its own, such as the name of a StatefulSet's pod"));
    pipeline->state = PIPELINE_FENCED;
}

/* The one way in which orders are lost, and not by the relay: each time is told, and counted. */
static void say_deleted(struct pipeline *pipeline, const char *topic, int32_t partition,
                        uint64_t count)
{
    pipeline->account.deleted_unread += count;
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "messages_deleted", LOG_TEXT("topic", topic),
              LOG_INTEGER("partition", partition), LOG_INTEGER("messages", count),
              LOG_TEXT("message", "Kafka deleted messages that were not read yet: behind the "
                                  "group's committed offset, so many are gone"),
              LOG_TEXT("hint", "they are not delivered. Is the topic's retention (retention.ms, "
                               "retention.bytes) longer than the relay may be stopped or held?"));
}

/* Its neighbours go on; this one needs a person. */
static void say_blocked(struct pipeline *pipeline, const struct consumer_event *event)
{
    const struct consumer_partition *named = &event->partitions[0];

    if (assignment_state(&pipeline->assignment, named->slot) == PARTITION_HELD) {
        pipeline->assignment.partitions[named->slot].blocked = true;
    }
    if (named->deleted > 0) {
        say_deleted(pipeline, named->topic, named->partition, named->deleted);
    }
    log_event(pipeline->stages.log, LOG_LEVEL_ERROR, "partition_blocked",
              LOG_TEXT("topic", named->topic), LOG_INTEGER("partition", named->partition),
              LOG_TEXT("code", event->code), LOG_TEXT("message", event->text.text),
              LOG_TEXT("hint", "nothing more of it is read, so that nothing is passed over; it is "
                               "tried again when it is assigned anew"));
}

/* librdkafka tries again by itself, and says so each time: the same trouble is told once a minute. */
static void say_kafka_error(struct pipeline *pipeline, const struct consumer_event *event)
{
    bool same = strncmp(pipeline->trouble, event->code, sizeof pipeline->trouble - 1) == 0;

    if (same && now_ms(pipeline) < pipeline->trouble_due_ms) {
        return;
    }
    pipeline->trouble_due_ms = now_ms(pipeline) + ALARM_INTERVAL_MS;
    (void)snprintf(pipeline->trouble, sizeof pipeline->trouble, "%s", event->code);
    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "kafka_error", LOG_TEXT("code", event->code),
              LOG_TEXT("message", event->text.text),
              LOG_TEXT("hint",
                       "librdkafka tries again without end. If it lasts: do the topics of the "
                       "routes exist, may this client read them, are bootstrap.servers, TLS "
                       "and SASL as the brokers want them?"));
}

static void serve_event(struct pipeline *pipeline, const struct consumer_event *event)
{
    observer_event(&pipeline->observer, event, now_ms(pipeline));
    switch (event->kind) {
    case CONSUMER_ASSIGNED:
        assigned(pipeline, event);
        break;
    case CONSUMER_REVOKED:
        revoked(pipeline, event);
        break;
    case CONSUMER_LOST:
        lost(pipeline, event);
        break;
    case CONSUMER_COMMITTED:
        committed(pipeline, event);
        break;
    case CONSUMER_ERROR:
        if (event->partition_count > 0) {
            say_blocked(pipeline, event);
        } else {
            say_kafka_error(pipeline, event);
        }
        break;
    case CONSUMER_NOTICE:
        log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "kafka_notice",
                  LOG_TEXT("code", event->code), LOG_TEXT("message", event->text.text));
        break;
    case CONSUMER_LOG:
        log_event(pipeline->stages.log, LOG_LEVEL_DEBUG, "kafka_log", LOG_TEXT("code", event->code),
                  LOG_TEXT("message", event->text.text));
        break;
    case CONSUMER_FATAL:
        failed(pipeline, event);
        break;
    case CONSUMER_FENCED:
        fenced(pipeline, event);
        break;
    }
}

/* What may still end of the leaving partitions. */
static size_t open_of_leaving(const struct pipeline *pipeline)
{
    size_t open = 0;

    for (uint32_t slot = 0; slot < pipeline->assignment.count; slot++) {
        if (assignment_state(&pipeline->assignment, slot) == PARTITION_LEAVING) {
            open += ledger_open_count(pipeline->ledger, slot) -
                    pipeline->assignment.partitions[slot].held;
        }
    }
    return open;
}

/* All that the ledger allows, at once: before partitions are given up, and at the end. */
static void commit_now(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;
    struct error error;

    if (assignment_due(assignment, pipeline->ledger) == 0) {
        return;
    }
    if (pipeline->stages.consumer->operations->commit_now(
            pipeline->stages.consumer, assignment->due, assignment->due_count, &error)) {
        assignment_committed(assignment);
        return;
    }
    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "commit_failed",
              LOG_TEXT("message", error.text),
              LOG_TEXT("hint", "what was delivered since the last commit will be delivered again, "
                               "with the same ids"));
}

/* Answers a revoke once nothing of the leaving partitions is open, or the time for it is over. A commit in
 * flight is waited for: an old one could overtake the one made here. */
static void finish_release(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;
    struct given_up given_up = {0, 0};

    if (pipeline->release_due_ms == NEVER) {
        return;
    }
    if ((open_of_leaving(pipeline) > 0 || assignment->committing) &&
        now_ms(pipeline) < pipeline->release_due_ms) {
        return;
    }
    commit_now(pipeline);
    for (uint32_t slot = 0; slot < assignment->count; slot++) {
        if (assignment_state(assignment, slot) == PARTITION_LEAVING) {
            give_up(pipeline, slot, &given_up);
        }
    }
    pipeline->release_due_ms = NEVER;
    pipeline->stages.consumer->operations->release(pipeline->stages.consumer);
    log_event(pipeline->stages.log, LOG_LEVEL_INFO, "partitions_released",
              LOG_INTEGER("given_back", given_up.open),
              LOG_INTEGER("cancelled_conversions", given_up.cancelled));
}

static void serve_events(struct pipeline *pipeline)
{
    struct consumer *consumer = pipeline->stages.consumer;
    struct consumer_event event;

    while (pipeline->state == PIPELINE_RUNNING && consumer->operations->event(consumer, &event)) {
        serve_event(pipeline, &event);
    }
    if (pipeline->state == PIPELINE_RUNNING) {
        finish_release(pipeline);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* What Rokt refuses is proven to be at fault by an order that it takes. When those at fault hold all that
 * may wait for them, such an order must come from beyond the limits, or it never would. */
static size_t beyond_limits(const struct pipeline *pipeline)
{
    return delivery_wants_fresh(pipeline->stages.delivery) ? PROOFS_MAX : 0;
}

/* A full partition goes on at three quarters, as stopping it is not for nothing. */
static void limit_partition(struct pipeline *pipeline, uint32_t slot)
{
    const struct partition *partition = &pipeline->assignment.partitions[slot];
    size_t max = pipeline->settings.open_partition_max;
    size_t beyond = beyond_limits(pipeline);
    size_t waiting = ledger_waiting_count(pipeline->ledger, slot);
    bool full = waiting >= (partition->full && beyond == 0 ? max - max / 4 : max + beyond);

    if (full != partition->full) {
        assignment_set_full(&pipeline->assignment, slot, full);
        pipeline->stages.consumer->operations->pause(pipeline->stages.consumer, slot, full);
    }
}

/* Only while nothing that was fetched is left. */
static void limit_partitions(struct pipeline *pipeline)
{
    for (uint32_t slot = 0; slot < pipeline->assignment.count; slot++) {
        if (assignment_state(&pipeline->assignment, slot) == PARTITION_HELD) {
            limit_partition(pipeline, slot);
        }
    }
}

static bool is_full(const struct pipeline *pipeline)
{
    return ledger_waiting_total(pipeline->ledger) >=
           pipeline->settings.open_max + beyond_limits(pipeline);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* So many messages that no limit can be passed, of whichever partitions they are; beyond them one at a time. */
static size_t fetch_size(const struct pipeline *pipeline)
{
    size_t beyond = beyond_limits(pipeline);
    size_t size = smaller(beyond > 0 ? 1 : FETCH_MAX, pipeline->settings.open_max + beyond -
                                                          ledger_waiting_total(pipeline->ledger));

    for (uint32_t slot = 0; slot < pipeline->assignment.count; slot++) {
        const struct partition *partition = &pipeline->assignment.partitions[slot];

        if (partition->state == PARTITION_HELD && !partition->full) {
            size = smaller(size, pipeline->settings.open_partition_max + beyond -
                                     ledger_waiting_count(pipeline->ledger, slot));
        }
    }
    return size;
}

/* The slot that most messages wait in. */
static uint32_t fullest(const struct pipeline *pipeline)
{
    uint32_t found = SLOT_NONE;
    size_t most = 0;

    for (uint32_t slot = 0; slot < pipeline->assignment.count; slot++) {
        size_t waiting = assignment_state(&pipeline->assignment, slot) == PARTITION_GONE
                             ? 0
                             : ledger_waiting_count(pipeline->ledger, slot);
        if (waiting > most) {
            found = slot;
            most = waiting;
        }
    }
    return found;
}

static void say_limit(struct pipeline *pipeline, uint32_t slot)
{
    const struct partition *partition = &pipeline->assignment.partitions[slot];

    log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "open_messages_limit",
              LOG_TEXT("topic", partition->topic), LOG_INTEGER("partition", partition->number),
              LOG_INTEGER("offset", ledger_oldest(pipeline->ledger, slot)),
              LOG_INTEGER("waiting", ledger_waiting_count(pipeline->ledger, slot)),
              LOG_INTEGER("waiting_in_all", ledger_waiting_total(pipeline->ledger)),
              LOG_INTEGER("full_partitions", pipeline->assignment.full),
              LOG_TEXT("hint", "the message at this offset has not ended, and holds what came "
                               "after it; other partitions go on until max_open_messages.in_all"));
}

/* At once, and then no more often than once a minute. A partition that was full is so until it is read
 * again, when nothing may wait in it any more. */
static void watch_limits(struct pipeline *pipeline)
{
    bool limited = pipeline->assignment.full > 0 || is_full(pipeline);
    uint32_t slot = limited ? fullest(pipeline) : SLOT_NONE;

    if (slot != SLOT_NONE && now_ms(pipeline) >= pipeline->limit_due_ms) {
        pipeline->limit_due_ms = now_ms(pipeline) + ALARM_INTERVAL_MS;
        say_limit(pipeline, slot);
    }
}

/* ---- intake ---------------------------------------------------------------------------------- */

static void deliver_one(struct pipeline *pipeline, const struct consumer_message *fetched,
                        const struct conversion *conversion, struct token token)
{
    const struct message *message = &fetched->message;
    struct cause cause = {.reason = "not_deliverable"};

    if (choice_of(fetched, conversion) == CHOICE_UNKNOWN) {
        error_set(&cause.text, CHOICE_UNKNOWN_TEXT);
        bury_again(pipeline, fetched, &cause, token);
        return;
    }
    ledger_more(pipeline->ledger, token, 1);
    if (!delivery_add(pipeline->stages.delivery, conversion, message, token, &cause.text)) {
        bury_mapped(pipeline, message, token, conversion->item, &cause);
        (void)ledger_done(pipeline->ledger, token);
        return;
    }
    observer_delivers(&pipeline->observer, conversion);
}

/* Hands the conversions over. Some may never be delivered; the others go on their way. */
static void deliver(struct pipeline *pipeline, const struct consumer_message *fetched,
                    const struct mapping_result *result, struct token token)
{
    size_t left = 0;

    guard_see(guard_of(pipeline, token), false, pipeline->settings.dead_percent_max);
    for (size_t i = 0; i < result->count; i++) {
        const struct conversion *conversion = &result->conversions[i];

        if (choice_of(fetched, conversion) == CHOICE_LEAVE) {
            left++;
        } else {
            deliver_one(pipeline, fetched, conversion, token);
        }
    }
    if (left == result->count) {
        account_skip(&pipeline->account, "no_items");
    }
    pipeline->account.fields_omitted += result->omitted;
}

static void bury_unmapped(struct pipeline *pipeline, const struct consumer_message *fetched,
                          const struct mapping_result *result, struct token token)
{
    struct cause cause = {.reason = result->reason, .field = result->field, .text = result->error};

    bury_again(pipeline, fetched, &cause, token);
    guard_see(guard_of(pipeline, token), true, pipeline->settings.dead_percent_max);
}

static void map(struct pipeline *pipeline, const struct consumer_message *fetched,
                struct token token)
{
    struct mapping_result result;

    arena_reset(&pipeline->arena);
    mapping_run(pipeline->stages.mappings[fetched->route], &fetched->message, &pipeline->arena,
                &result);
    switch (result.outcome) {
    case MAPPING_MAPPED:
        deliver(pipeline, fetched, &result, token);
        break;
    case MAPPING_DEAD:
        bury_unmapped(pipeline, fetched, &result, token);
        break;
    case MAPPING_SKIPPED:
        account_skip(&pipeline->account, result.reason);
        break;
    }
}

/* Until the end of this function the message has one part open of its own, so that nothing which is
 * done on the way can close it too early. */
static void take_in(struct pipeline *pipeline, const struct consumer_message *fetched)
{
    int64_t offset = fetched->offset;
    bool done_before = ledger_recalls(pipeline->ledger, fetched->slot, offset);
    struct token token = ledger_open(pipeline->ledger, fetched->slot, offset);

    pipeline->assignment.partitions[fetched->slot].position = offset + 1;
    pipeline->account.consumed++;
    if (done_before) {
        pipeline->account.done_before++;
    } else {
        map(pipeline, fetched, token);
    }
    if (ledger_done(pipeline->ledger, token) == LEDGER_OPEN) { /* else it is counted above */
        write_if_last(pipeline, token);
    }
    commit_soon(pipeline);
}

/* So that nothing lags behind once all is done. */
static void pass(struct pipeline *pipeline, const struct consumer_message *fetched)
{
    pipeline->assignment.partitions[fetched->slot].position = fetched->offset;
    ledger_pass(pipeline->ledger, fetched->slot, fetched->offset);
    commit_soon(pipeline);
}

/* Why nothing may be taken in now. */
static enum snapshot_wait wait_of(const struct pipeline *pipeline)
{
    const struct dead_letter *dead_letter = pipeline->stages.dead_letter;

    if (pipeline->state != PIPELINE_RUNNING || stopping(pipeline)) {
        return SNAPSHOT_WAIT_STOPPING;
    }
    if (!delivery_has_room(pipeline->stages.delivery)) {
        return delivery_on_hold(pipeline->stages.delivery) ? SNAPSHOT_WAIT_HOLD
                                                           : SNAPSHOT_WAIT_ROKT;
    }
    if (is_full(pipeline)) {
        return SNAPSHOT_WAIT_OPEN;
    }
    return dead_letter->operations->has_room(dead_letter) ? SNAPSHOT_WAIT_NOTHING
                                                          : SNAPSHOT_WAIT_DEAD_LETTER;
}

static bool has_room(const struct pipeline *pipeline)
{
    return wait_of(pipeline) == SNAPSHOT_WAIT_NOTHING;
}

/* The next message, or NULL when there is none now. */
static const struct consumer_message *next_message(struct pipeline *pipeline)
{
    struct consumer *consumer = pipeline->stages.consumer;

    if (pipeline->message_next == pipeline->message_count) {
        consumer->operations->discard(consumer);
        limit_partitions(pipeline);
        pipeline->message_next = 0;
        pipeline->message_count =
            pipeline->messages_waiting
                ? consumer->operations->fetch(consumer, pipeline->messages, fetch_size(pipeline))
                : 0;
        pipeline->messages_waiting = pipeline->message_count > 0;
    }
    return pipeline->message_count == 0 ? NULL : &pipeline->messages[pipeline->message_next++];
}

static void take_in_messages(struct pipeline *pipeline)
{
    for (size_t i = 0; i < FETCH_MAX && has_room(pipeline); i++) {
        const struct consumer_message *fetched = next_message(pipeline);

        if (fetched == NULL) {
            return;
        }
        if (assignment_state(&pipeline->assignment, fetched->slot) != PARTITION_HELD) {
            continue;
        }
        if (fetched->deleted > 0) {
            const struct partition *partition = &pipeline->assignment.partitions[fetched->slot];
            say_deleted(pipeline, partition->topic, partition->number, fetched->deleted);
        }
        if (fetched->end) {
            pass(pipeline, fetched);
        } else {
            take_in(pipeline, fetched);
        }
    }
}

/* ---- dispatch and commit ---------------------------------------------------------------------- */

/* Whoever waits for open messages to end does not want to wait for the linger time too. */
static void dispatch(struct pipeline *pipeline)
{
    delivery_dispatch(pipeline->stages.delivery,
                      stopping(pipeline) || pipeline->assignment.leaving > 0);
}

static void commit(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;

    if (assignment->committing || now_ms(pipeline) < pipeline->commit_due_ms) {
        return;
    }
    pipeline->commit_due_ms = NEVER;
    if (assignment_due(assignment, pipeline->ledger) == 0) {
        return;
    }
    assignment_sent(assignment);
    pipeline->stages.consumer->operations->commit(pipeline->stages.consumer, assignment->due,
                                                  assignment->due_count);
}

/* ---- stop, account, sleep --------------------------------------------------------------------- */

/* Before anything is taken in, and before dispatch: no turn is slept through with a batch that lingers. */
static void begin_stop(struct pipeline *pipeline)
{
    if (stopping(pipeline) || !atomic_load(&pipeline->stop)) {
        return;
    }
    pipeline->shutdown_due_ms = now_ms(pipeline) + pipeline->settings.shutdown_timeout_ms;
    log_event(pipeline->stages.log, LOG_LEVEL_INFO, "stopping",
              LOG_INTEGER("open_messages", ledger_open_total(pipeline->ledger)),
              LOG_INTEGER("shutdown_timeout_ms", pipeline->settings.shutdown_timeout_ms));
}

static void finish_stop(struct pipeline *pipeline)
{
    /* What is held cannot end. */
    size_t open = ledger_open_total(pipeline->ledger) - (size_t)pipeline->account.held;

    if (!stopping(pipeline)) {
        return;
    }
    if ((open > 0 || pipeline->assignment.committing) &&
        now_ms(pipeline) < pipeline->shutdown_due_ms) {
        return;
    }
    commit_now(pipeline);
    if (open > 0) {
        log_event(pipeline->stages.log, LOG_LEVEL_WARNING, "drain_incomplete",
                  LOG_INTEGER("open_messages", open),
                  LOG_TEXT("message",
                           "shutdown_timeout is over; what is open was not committed and "
                           "is delivered by the next member"));
    }
    pipeline->state = PIPELINE_STOPPED;
}

static void account(struct pipeline *pipeline)
{
    pipeline->account.open = ledger_open_total(pipeline->ledger);
    assert(account_balances(&pipeline->account));
    log_flush(pipeline->stages.log, now_ms(pipeline));
    if (now_ms(pipeline) < pipeline->progress_due_ms) {
        return;
    }
    pipeline->progress_due_ms = now_ms(pipeline) + PROGRESS_INTERVAL_MS;
    if (pipeline->account.consumed != pipeline->progress_consumed || pipeline->account.open > 0) {
        account_log(&pipeline->account, pipeline->stages.log, "progress");
        pipeline->progress_consumed = pipeline->account.consumed;
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long nothing has to be done unless something happens; 0 when there is more to do now. */
static int sleep_ms(const struct pipeline *pipeline)
{
    bool more = pipeline->message_next < pipeline->message_count || pipeline->messages_waiting;
    int64_t due = now_ms(pipeline) + SLEEP_MAX_MS;

    if (more && has_room(pipeline)) {
        return 0;
    }
    due = earlier(due, delivery_deadline_ms(pipeline->stages.delivery));
    due = earlier(due, pipeline->release_due_ms);
    due = earlier(due, pipeline->shutdown_due_ms);
    if (!pipeline->assignment.committing) {
        due = earlier(due, pipeline->commit_due_ms);
    }
    return due > now_ms(pipeline) ? (int)(due - now_ms(pipeline)) : 0;
}

/* The eventfd tells once that a queue is no longer empty: that is kept until the queue is drained. */
static void clear_wake(struct pipeline *pipeline)
{
    uint64_t count;

    if (read(pipeline->stages.wake_fd, &count, sizeof count) == (ssize_t)sizeof count) {
        pipeline->messages_waiting = true;
    }
}

static void sleep_until_needed(struct pipeline *pipeline)
{
    struct clock before = *pipeline->stages.clock;
    struct clock after = before;

    if (pipeline->state != PIPELINE_RUNNING) {
        return;
    }
    clock_refresh(&before);
    delivery_wait(pipeline->stages.delivery, pipeline->stages.wake_fd, sleep_ms(pipeline));
    clock_refresh(&after);
    observer_slept(&pipeline->observer, before.monotonic_ms, after.monotonic_ms, wait_of(pipeline));
}

static void look(struct pipeline *pipeline)
{
    const struct observed observed = {
        .clock = pipeline->stages.clock,
        .account = &pipeline->account,
        .ledger = pipeline->ledger,
        .assignment = &pipeline->assignment,
        .consumer = pipeline->stages.consumer,
        .delivery = pipeline->stages.delivery,
        .guards = pipeline->guards,
        .guard_count = pipeline->stages.route_count,
        .wait = wait_of(pipeline),
    };

    observer_look(&pipeline->observer, &observed);
}

enum pipeline_state pipeline_turn(struct pipeline *pipeline, bool may_sleep)
{
    clock_refresh(pipeline->stages.clock);
    if (pipeline->stages.wake_fd >= 0) {
        clear_wake(pipeline);
    } else {
        pipeline->messages_waiting = true;
    }

    begin_stop(pipeline);
    reap_requests(pipeline);
    reap_letters(pipeline);
    serve_events(pipeline);
    if (pipeline->state == PIPELINE_RUNNING) {
        take_in_messages(pipeline);
        watch_limits(pipeline);
        dispatch(pipeline);
        commit(pipeline);
        finish_stop(pipeline);
    }
    account(pipeline);
    if (pipeline->state != PIPELINE_RUNNING) {
        account_log(&pipeline->account, pipeline->stages.log, "account");
        if (!account_check(&pipeline->account, pipeline->stages.log)) {
            pipeline->state = PIPELINE_FAILED;
        }
    }
    look(pipeline);
    if (may_sleep) {
        sleep_until_needed(pipeline);
    }
    return pipeline->state;
}
