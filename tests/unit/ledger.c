#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "kafka/ledger.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_up(void **state)
{
    *state = ledger_new();
    return 0;
}

static int tear_down(void **state)
{
    ledger_free(*state);
    return 0;
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void test_nothing_is_to_be_committed_before_something_has_ended(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    struct token token = ledger_open(ledger, 0, 41);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    assert_int_equal(ledger_open_count(ledger, 0), 1);
    assert_int_equal(ledger_done(ledger, token), LEDGER_CLOSED);
    assert_int_equal(ledger_watermark(ledger, 0), 42);
    assert_int_equal(ledger_open_count(ledger, 0), 0);
    assert_int_equal(ledger_open_total(ledger), 0);
}

static void test_the_watermark_never_passes_an_open_message(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token first = ledger_open(ledger, 0, 10);
    struct token second = ledger_open(ledger, 0, 11);
    struct token third = ledger_open(ledger, 0, 12);
    assert_int_equal(ledger_done(ledger, third), LEDGER_CLOSED);
    assert_int_equal(ledger_done(ledger, second), LEDGER_CLOSED);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    assert_int_equal(ledger_open_count(ledger, 0), 1); /* the others have ended */
    assert_int_equal(ledger_done(ledger, first), LEDGER_CLOSED);
    assert_int_equal(ledger_watermark(ledger, 0), 13);
}

static void test_offsets_may_have_gaps(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token first = ledger_open(ledger, 0, 100);
    struct token second = ledger_open(ledger, 0, 5000000000);
    (void)ledger_done(ledger, first);
    assert_int_equal(ledger_watermark(ledger, 0),
                     101); /* not behind the gap: nothing is known of it */
    (void)ledger_done(ledger, second);
    assert_int_equal(ledger_watermark(ledger, 0), 5000000001);
}

static void test_a_message_ends_with_its_last_part(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token token = ledger_open(ledger, 0, 7);
    ledger_more(ledger, token, 2);
    ledger_more(ledger, token, 0);
    assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
    assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    assert_int_equal(ledger_open_total(ledger), 1);
    assert_int_equal(ledger_done(ledger, token), LEDGER_CLOSED);
    assert_int_equal(ledger_watermark(ledger, 0), 8);
}

static void test_a_message_with_a_letter_ends_as_such_whatever_came_last(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    for (int64_t offset = 0; offset < 3; offset++) {
        struct token token = ledger_open(ledger, 0, offset);
        assert_true(ledger_letter(ledger, token));
        ledger_more(ledger, token, 1);
        assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
        assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
        assert_int_equal(ledger_watermark(ledger, 0), offset == 0 ? -1 : offset);
        assert_int_equal(ledger_done(ledger, token), LEDGER_LETTERED);
        assert_int_equal(ledger_watermark(ledger, 0), offset + 1);
    }
    struct token token = ledger_open(ledger, 0, 3);
    assert_int_equal(ledger_done(ledger, token), LEDGER_CLOSED);
}

static void test_a_message_with_a_letter_ends_as_one_whatever_ends_last(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token token = ledger_open(ledger, 0, 7);
    assert_true(ledger_letter(ledger, token));
    ledger_more(ledger, token, 1);
    assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
    assert_int_equal(ledger_done(ledger, token), LEDGER_OPEN);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    assert_int_equal(ledger_done(ledger, token), LEDGER_LETTERED);
    assert_int_equal(ledger_watermark(ledger, 0), 8);
    /* The next one that stands in its place in the ring is not one. */
    for (int64_t offset = 8; offset < 200; offset++) {
        assert_int_equal(ledger_done(ledger, ledger_open(ledger, 0, offset)), LEDGER_CLOSED);
    }
}

static void test_slots_know_nothing_of_each_other(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 5);
    ledger_assign(ledger, 2);
    struct token two = ledger_open(ledger, 2, 1);
    struct token five = ledger_open(ledger, 5, 1);
    assert_int_equal(ledger_open_total(ledger), 2);
    (void)ledger_done(ledger, five);
    assert_int_equal(ledger_watermark(ledger, 5), 2);
    assert_int_equal(ledger_watermark(ledger, 2), -1);
    assert_int_equal(ledger_open_count(ledger, 5), 0);
    assert_int_equal(ledger_open_count(ledger, 2), 1);
    (void)ledger_done(ledger, two);
    assert_int_equal(ledger_watermark(ledger, 2), 2);
}

static void test_what_comes_back_after_a_revoke_changes_nothing(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token old = ledger_open(ledger, 0, 10);
    (void)ledger_open(ledger, 0, 11);
    assert_int_equal(ledger_revoke(ledger, 0), 2);
    assert_int_equal(ledger_open_total(ledger), 0);
    assert_int_equal(ledger_done(ledger, old), LEDGER_STALE);

    /* The partition comes back, and its first message has the old one's sequence and offset. */
    ledger_assign(ledger, 0);
    struct token again = ledger_open(ledger, 0, 10);
    assert_int_equal(ledger_done(ledger, old), LEDGER_STALE);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    assert_int_equal(ledger_open_count(ledger, 0), 1);
    assert_int_equal(ledger_done(ledger, again), LEDGER_CLOSED);
    assert_int_equal(ledger_watermark(ledger, 0), 11);
}

static void test_an_assignment_begins_with_nothing_known(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    (void)ledger_done(ledger, ledger_open(ledger, 0, 1000));
    assert_int_equal(ledger_watermark(ledger, 0), 1001);
    assert_int_equal(ledger_revoke(ledger, 0), 0);
    ledger_assign(ledger, 0);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    struct token lower = ledger_open(ledger, 0, 3); /* another partition, or its topic made anew */
    (void)ledger_done(ledger, lower);
    assert_int_equal(ledger_watermark(ledger, 0), 4);
}

static void test_a_revoke_counts_only_what_was_open(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token tokens[4];
    for (int i = 0; i < 4; i++) {
        tokens[i] = ledger_open(ledger, 0, i);
    }
    (void)ledger_done(ledger, tokens[1]);
    (void)ledger_done(ledger, tokens[3]);
    assert_int_equal(ledger_revoke(ledger, 0), 2);
}

static void test_many_open_messages_wait_for_the_first(void **state)
{
    struct ledger *ledger = *state;
    enum { COUNT = 100000 };
    struct token *tokens = memory_new(COUNT, sizeof *tokens);
    ledger_assign(ledger, 0);
    for (int64_t i = 0; i < COUNT; i++) {
        tokens[i] = ledger_open(ledger, 0, i * 3);
    }
    assert_int_equal(ledger_open_count(ledger, 0), COUNT);
    for (int64_t i = COUNT - 1; i > 0; i--) {
        (void)ledger_done(ledger, tokens[i]);
    }
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    (void)ledger_done(ledger, tokens[0]);
    assert_int_equal(ledger_watermark(ledger, 0), (COUNT - 1) * 3 + 1);
    free(tokens);
}

static void test_a_long_run_needs_no_more_memory_than_what_is_open(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    (void)ledger_done(ledger, ledger_open(ledger, 0, 0));
    size_t before = memory_allocations();
    struct token open[50];
    for (int64_t i = 0; i < 100000; i++) {
        if (i >= 50) {
            (void)ledger_done(ledger, open[i % 50]);
        }
        open[i % 50] = ledger_open(ledger, 0, i + 1);
    }
    assert_int_equal(memory_allocations(), before);
    assert_int_equal(ledger_watermark(ledger, 0), 99951);
}

static void test_what_is_no_message_is_passed_once_nothing_below_it_is_open(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    struct token first = ledger_open(ledger, 0, 10);
    struct token second = ledger_open(ledger, 0, 11);
    ledger_pass(ledger, 0, 15);
    (void)ledger_done(ledger, second);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
    (void)ledger_done(ledger, first);
    assert_int_equal(ledger_watermark(ledger, 0), 15);
    ledger_pass(ledger, 0, 20); /* at once, as nothing is open */
    assert_int_equal(ledger_watermark(ledger, 0), 20);

    /* Behind it all goes on, and the watermark never falls. */
    struct token third = ledger_open(ledger, 0, 20);
    assert_int_equal(ledger_watermark(ledger, 0), 20);
    ledger_pass(ledger, 0, 22);
    struct token fourth = ledger_open(ledger, 0, 22);
    (void)ledger_done(ledger, third);
    assert_int_equal(ledger_watermark(ledger, 0), 22);
    (void)ledger_done(ledger, fourth);
    assert_int_equal(ledger_watermark(ledger, 0), 23);
}

static void test_a_pass_of_an_older_assignment_is_forgotten(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    (void)ledger_open(ledger, 0, 10);
    ledger_pass(ledger, 0, 500);
    assert_int_equal(ledger_revoke(ledger, 0), 1);
    ledger_assign(ledger, 0);
    (void)ledger_done(ledger, ledger_open(ledger, 0, 10));
    assert_int_equal(ledger_watermark(ledger, 0), 11);
}

static void test_what_waits_is_all_behind_the_oldest_open_message(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    ledger_assign(ledger, 1);
    assert_int_equal(ledger_oldest(ledger, 0), -1);
    struct token tokens[4];
    for (int i = 0; i < 4; i++) {
        tokens[i] = ledger_open(ledger, 0, 100 + i);
    }
    (void)ledger_open(ledger, 1, 7);
    (void)ledger_done(ledger, tokens[1]);
    (void)ledger_done(ledger, tokens[2]);
    assert_int_equal(ledger_waiting_count(ledger, 0), 4);
    assert_int_equal(ledger_waiting_total(ledger), 5);
    assert_int_equal(ledger_oldest(ledger, 0), 100);
    (void)ledger_done(ledger, tokens[0]);
    assert_int_equal(ledger_waiting_count(ledger, 0), 1);
    assert_int_equal(ledger_waiting_total(ledger), 2);
    assert_int_equal(ledger_oldest(ledger, 0), 103);
    (void)ledger_done(ledger, tokens[3]);
    assert_int_equal(ledger_oldest(ledger, 0), -1);
    assert_int_equal(ledger_revoke(ledger, 1), 1);
    assert_int_equal(ledger_waiting_total(ledger), 0);
}

/* ---- what has ended behind an open message --------------------------------------------------- */

static void assert_completions(const struct ledger *ledger, const int64_t borders[], size_t runs)
{
    struct completions completions;
    ledger_completions(ledger, 0, &completions);
    assert_int_equal(completions.count, runs);
    for (size_t i = 0; i < runs; i++) {
        assert_int_equal(completions.runs[i].first, borders[2 * i]);
        assert_int_equal(completions.runs[i].last, borders[2 * i + 1]);
    }
}

static void test_what_has_ended_behind_an_open_message_is_told_in_runs(void **state)
{
    struct ledger *ledger = *state;
    static const int64_t offsets[] = {10, 11, 15, 16, 17, 90, 91};
    struct token tokens[7];
    ledger_assign(ledger, 0);
    assert_completions(ledger, NULL, 0);
    for (size_t i = 0; i < 7; i++) {
        tokens[i] = ledger_open(ledger, 0, offsets[i]);
    }
    assert_int_equal(ledger_ended(ledger, 0), 0);
    (void)ledger_done(ledger, tokens[1]);
    (void)ledger_done(ledger, tokens[2]); /* 12, 13 and 14 are no messages */
    (void)ledger_done(ledger, tokens[4]);
    (void)ledger_done(ledger, tokens[5]);
    assert_int_equal(ledger_ended(ledger, 0), 4);
    assert_completions(ledger, (const int64_t[]){11, 15, 17, 90}, 2);
    (void)ledger_done(ledger, tokens[0]);
    assert_int_equal(ledger_watermark(ledger, 0), 16);
    assert_completions(ledger, (const int64_t[]){17, 90}, 1);
    (void)ledger_done(ledger, tokens[3]);
    assert_completions(ledger, NULL, 0);
}

static void recall(struct ledger *ledger, const int64_t borders[], size_t runs)
{
    struct completions completions = {0};
    for (size_t i = 0; i < runs; i++) {
        assert_true(completions_add(&completions, borders[2 * i], borders[2 * i + 1]));
    }
    ledger_recall(ledger, 0, &completions);
}

/* As the pipeline does. */
static bool take_in(struct ledger *ledger, int64_t offset)
{
    bool known = ledger_recalls(ledger, 0, offset);
    struct token token = ledger_open(ledger, 0, offset);
    if (known) {
        assert_int_equal(ledger_done(ledger, token), LEDGER_CLOSED);
    }
    return known;
}

static void test_what_had_ended_before_is_recalled_and_told_on(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    recall(ledger, (const int64_t[]){12, 14, 20, 20, 30, 39}, 3);
    assert_completions(ledger, (const int64_t[]){12, 14, 20, 20, 30, 39}, 3);
    assert_false(take_in(ledger, 10));
    assert_true(take_in(ledger, 12));
    assert_true(take_in(ledger, 13));
    assert_false(take_in(ledger, 15));
    assert_completions(ledger, (const int64_t[]){12, 13, 20, 20, 30, 39}, 3); /* no 14 came */
    assert_false(take_in(ledger, 19));
    assert_false(take_in(ledger, 21)); /* no 20 came either */
    assert_true(take_in(ledger, 35));
    assert_completions(ledger, (const int64_t[]){12, 13, 35, 39}, 2);
    assert_false(take_in(ledger, 40));
    assert_false(take_in(ledger, 41));
    assert_completions(ledger, (const int64_t[]){12, 13, 35, 35}, 2);
    assert_int_equal(ledger_watermark(ledger, 0), -1);
}

static void test_at_the_partitions_end_nothing_more_is_recalled(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    recall(ledger, (const int64_t[]){12, 14}, 1);
    assert_false(take_in(ledger, 10));
    ledger_pass(ledger, 0, 11);
    assert_completions(ledger, NULL, 0);
    assert_false(take_in(ledger, 12)); /* it is another message: the partition has lost its end */
}

static void test_what_is_recalled_ends_with_the_assignment(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    recall(ledger, (const int64_t[]){12, 14}, 1);
    (void)ledger_revoke(ledger, 0);
    ledger_assign(ledger, 0);
    assert_false(take_in(ledger, 12));
}

static void test_the_end_behind_an_open_message_does_not_tell_it_as_ended(void **state)
{
    struct ledger *ledger = *state;
    ledger_assign(ledger, 0);
    (void)ledger_open(ledger, 0, 10);
    ledger_pass(ledger, 0, 11);
    assert_completions(ledger, NULL, 0);
    ledger_pass(ledger, 0, 13);
    assert_completions(ledger, (const int64_t[]){12, 12}, 1);
}

/* ---- illegal use ----------------------------------------------------------------------------- */

enum misuse {
    OPEN_OF_NO_SLOT,
    OPEN_BACKWARDS,
    OPEN_AGAIN,
    ASSIGN_TWICE,
    REVOKE_TWICE,
    DONE_TWICE,
    DONE_OF_THE_FUTURE,
    MORE_OF_AN_ENDED_ONE,
    MORE_OF_AN_OLD_EPOCH,
    WATERMARK_OF_NO_SLOT,
    PASS_BACKWARDS,
    OPEN_BELOW_A_PASS,
    MISUSES
};

static void misuse(struct ledger *ledger, enum misuse which)
{
    ledger_assign(ledger, 0);
    struct token token = ledger_open(ledger, 0, 10);
    struct token future = {token.slot, token.epoch + 1, token.sequence};
    switch (which) {
    case OPEN_OF_NO_SLOT:
        (void)ledger_open(ledger, 1, 10);
        break;
    case OPEN_BACKWARDS:
        (void)ledger_open(ledger, 0, 9);
        break;
    case OPEN_AGAIN:
        (void)ledger_open(ledger, 0, 10);
        break;
    case ASSIGN_TWICE:
        ledger_assign(ledger, 0);
        break;
    case REVOKE_TWICE:
        (void)ledger_revoke(ledger, 0);
        (void)ledger_revoke(ledger, 0);
        break;
    case DONE_TWICE:
        (void)ledger_open(ledger, 0, 11);
        (void)ledger_done(ledger, token);
        (void)ledger_done(ledger, token);
        break;
    case DONE_OF_THE_FUTURE:
        (void)ledger_done(ledger, future);
        break;
    case MORE_OF_AN_ENDED_ONE:
        (void)ledger_done(ledger, token);
        ledger_more(ledger, token, 1);
        break;
    case MORE_OF_AN_OLD_EPOCH:
        (void)ledger_revoke(ledger, 0);
        ledger_assign(ledger, 0);
        ledger_more(ledger, token, 1);
        break;
    case WATERMARK_OF_NO_SLOT:
        (void)ledger_watermark(ledger, 3);
        break;
    case PASS_BACKWARDS:
        ledger_pass(ledger, 0, 10);
        break;
    case OPEN_BELOW_A_PASS:
        ledger_pass(ledger, 0, 12);
        (void)ledger_open(ledger, 0, 11);
        break;
    case MISUSES:
        break;
    }
}

/* In a process of its own, as an assertion ends it. */
static void test_illegal_use_is_caught(void **state)
{
    for (enum misuse which = 0; which < MISUSES; which++) {
        pid_t child = fork();
        if (child == 0) {
            (void)signal(SIGABRT, SIG_DFL);
            (void)close(STDERR_FILENO);
            misuse(*state, which);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
            fail_msg("misuse %d was not caught", (int)which);
        }
    }
}

/* ---- against a model ------------------------------------------------------------------------- */

/* What the ledger means, without any cleverness: every message that was ever opened, in a list. */
struct model_message {
    uint32_t slot;
    unsigned int assignment; /* of the slot: counts up */
    int64_t offset;
    size_t open;
    bool lettered;
    bool passed; /* no message: ledger_pass() at this offset */
    bool waits;  /* such a one that stands for itself, behind a message that waits */
    struct token token;
};

#define MODEL_SLOTS 4
#define MODEL_MESSAGES 4000

struct model {
    struct model_message messages[MODEL_MESSAGES];
    size_t count;
    unsigned int assignment[MODEL_SLOTS];
    bool assigned[MODEL_SLOTS];
    int64_t last_offset[MODEL_SLOTS];
};

static bool is_current(const struct model *model, const struct model_message *message)
{
    return model->assigned[message->slot] &&
           message->assignment == model->assignment[message->slot];
}

static int64_t model_watermark(const struct model *model, uint32_t slot)
{
    int64_t watermark = -1;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_message *message = &model->messages[i];
        if (message->slot == slot && is_current(model, message)) {
            if (message->open > 0) {
                break;
            }
            watermark = message->offset + !message->passed;
        }
    }
    return watermark;
}

/* From the first open message on. */
static size_t model_waiting(const struct model *model, uint32_t slot, int64_t *ret_oldest)
{
    size_t waiting = 0;
    *ret_oldest = -1;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_message *message = &model->messages[i];
        if (message->slot == slot && is_current(model, message) &&
            (!message->passed || message->waits)) {
            *ret_oldest = *ret_oldest == -1 && message->open > 0 ? message->offset : *ret_oldest;
            waiting += *ret_oldest != -1;
        }
    }
    return waiting;
}

static size_t model_open(const struct model *model, uint32_t slot)
{
    size_t open = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_message *message = &model->messages[i];
        open += message->slot == slot && is_current(model, message) && message->open > 0;
    }
    return open;
}

static uint32_t dice(uint64_t *seed, uint32_t sides)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % sides;
}

/* The last that stands for itself. */
static const struct model_message *model_last(const struct model *model, uint32_t slot)
{
    for (size_t i = model->count; i > 0; i--) {
        const struct model_message *message = &model->messages[i - 1];
        if (message->slot == slot && is_current(model, message) &&
            (!message->passed || message->waits)) {
            return message;
        }
    }
    return NULL;
}

static void pass(struct ledger *ledger, struct model *model, uint32_t slot, uint64_t *seed)
{
    if (!model->assigned[slot] || model->count == MODEL_MESSAGES) {
        return;
    }
    int64_t offset = model->last_offset[slot] + 1 + dice(seed, 5);
    const struct model_message *last = model_last(model, slot);
    int64_t oldest = 0;
    model->messages[model->count++] = (struct model_message){
        .slot = slot,
        .assignment = model->assignment[slot],
        .offset = offset,
        .passed = true,
        .waits = model_waiting(model, slot, &oldest) > 0 && !last->passed &&
                 offset > model->last_offset[slot] + 1,
    };
    model->last_offset[slot] = offset - 1;
    ledger_pass(ledger, slot, offset);
}

static void open_one(struct ledger *ledger, struct model *model, uint32_t slot, uint64_t *seed)
{
    if (!model->assigned[slot] || model->count == MODEL_MESSAGES) {
        return;
    }
    int64_t gap = dice(seed, 5) == 0 ? dice(seed, 1000) : 0;
    struct model_message *message = &model->messages[model->count++];
    *message = (struct model_message){
        .slot = slot,
        .assignment = model->assignment[slot],
        .offset = model->last_offset[slot] + 1 + gap,
        .open = 1,
    };
    model->last_offset[slot] = message->offset;
    message->token = ledger_open(ledger, slot, message->offset);
    size_t parts = dice(seed, 4);
    ledger_more(ledger, message->token, parts);
    message->open += parts;
    if (dice(seed, 6) == 0) {
        assert_true(ledger_letter(ledger, message->token));
        message->open++;
        message->lettered = true;
    }
}

/* Any message there ever was, those of older assignments too. */
static void end_one_part(struct ledger *ledger, struct model *model, uint64_t *seed)
{
    if (model->count == 0) {
        return;
    }
    struct model_message *message = &model->messages[dice(seed, (uint32_t)model->count)];
    if (message->passed) {
        return;
    }
    if (!is_current(model, message)) {
        assert_int_equal(ledger_done(ledger, message->token), LEDGER_STALE);
    } else if (message->open > 0) {
        message->open--;
        enum ledger_state ended = message->lettered ? LEDGER_LETTERED : LEDGER_CLOSED;
        assert_int_equal(ledger_done(ledger, message->token),
                         message->open == 0 ? ended : LEDGER_OPEN);
    }
}

static void turn_over(struct ledger *ledger, struct model *model, uint32_t slot, uint64_t *seed)
{
    if (model->assigned[slot]) {
        assert_int_equal(ledger_revoke(ledger, slot), model_open(model, slot));
        model->assigned[slot] = false;
    } else {
        ledger_assign(ledger, slot);
        model->assigned[slot] = true;
        model->assignment[slot]++;
        model->last_offset[slot] = (int64_t)dice(seed, 100) - 1;
    }
}

static bool is_told(const struct completions *completions, int64_t offset)
{
    bool told = false;
    for (size_t i = 0; i < completions->count; i++) {
        told =
            told || (offset >= completions->runs[i].first && offset <= completions->runs[i].last);
    }
    return told;
}

/* Of the messages above the watermark those that have ended are told, and no other. */
static void compare_completions(const struct ledger *ledger, const struct model *model,
                                uint32_t slot)
{
    static struct completions completions;
    ledger_completions(ledger, slot, &completions);
    for (size_t i = 0; i < model->count; i++) {
        const struct model_message *message = &model->messages[i];
        if (message->slot == slot && is_current(model, message) && !message->passed &&
            message->offset >= model_watermark(model, slot)) {
            assert_int_equal(is_told(&completions, message->offset), message->open == 0);
        }
    }
}

static void compare(const struct ledger *ledger, const struct model *model)
{
    size_t total = 0;
    size_t waiting_total = 0;
    for (uint32_t slot = 0; slot < MODEL_SLOTS; slot++) {
        if (model->assigned[slot]) {
            assert_int_equal(ledger_watermark(ledger, slot), model_watermark(model, slot));
            assert_int_equal(ledger_open_count(ledger, slot), model_open(model, slot));
            int64_t oldest = 0;
            compare_completions(ledger, model, slot);
            size_t waiting = model_waiting(model, slot, &oldest);
            assert_int_equal(ledger_waiting_count(ledger, slot), waiting);
            assert_int_equal(ledger_oldest(ledger, slot), oldest);
            total += model_open(model, slot);
            waiting_total += waiting;
        }
    }
    assert_int_equal(ledger_waiting_total(ledger), waiting_total);
    assert_int_equal(ledger_open_total(ledger), total);
}

static void run_schedule(uint64_t seed)
{
    struct ledger *ledger = ledger_new();
    struct model *model = memory_new(1, sizeof *model);
    uint32_t openness = 1 + dice(&seed, 8); /* how many are opened for each that ends */
    for (int step = 0; step < 1500; step++) {
        uint32_t slot = dice(&seed, MODEL_SLOTS);
        uint32_t what = dice(&seed, 100);
        if (what < 3) {
            turn_over(ledger, model, slot, &seed);
        } else if (what < 6) {
            pass(ledger, model, slot, &seed);
        } else if (what < 6 + 10 * openness) {
            open_one(ledger, model, slot, &seed);
        } else {
            end_one_part(ledger, model, &seed);
        }
        if (step % 10 == 0) {
            compare(ledger, model);
        }
    }
    compare(ledger, model);
    free(model);
    ledger_free(ledger);
}

static void test_it_agrees_with_a_naive_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        run_schedule(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_nothing_is_to_be_committed_before_something_has_ended),
        TEST(test_the_watermark_never_passes_an_open_message),
        TEST(test_offsets_may_have_gaps),
        TEST(test_a_message_ends_with_its_last_part),
        TEST(test_a_message_with_a_letter_ends_as_such_whatever_came_last),
        TEST(test_a_message_with_a_letter_ends_as_one_whatever_ends_last),
        TEST(test_slots_know_nothing_of_each_other),
        TEST(test_what_comes_back_after_a_revoke_changes_nothing),
        TEST(test_an_assignment_begins_with_nothing_known),
        TEST(test_a_revoke_counts_only_what_was_open),
        TEST(test_many_open_messages_wait_for_the_first),
        TEST(test_a_long_run_needs_no_more_memory_than_what_is_open),
        TEST(test_what_is_no_message_is_passed_once_nothing_below_it_is_open),
        TEST(test_a_pass_of_an_older_assignment_is_forgotten),
        TEST(test_what_waits_is_all_behind_the_oldest_open_message),
        TEST(test_what_has_ended_behind_an_open_message_is_told_in_runs),
        TEST(test_what_had_ended_before_is_recalled_and_told_on),
        TEST(test_at_the_partitions_end_nothing_more_is_recalled),
        TEST(test_what_is_recalled_ends_with_the_assignment),
        TEST(test_the_end_behind_an_open_message_does_not_tell_it_as_ended),
        TEST(test_illegal_use_is_caught),
        TEST(test_it_agrees_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
