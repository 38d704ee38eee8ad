#include "support/scripted_dead_letter.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct scripted_dead_letter {
    struct dead_letter dead_letter; /* the first member: what the tested code sees */
    const struct clock *clock;
    int wake_fd;
    struct scripted_letter *letters;
    size_t count;
    size_t first; /* letters before this one are all at their end */
    size_t room;
    struct scripted_letter_answer (*decide)(void *context, const struct scripted_letter *letter);
    void *context;
};

static struct scripted_dead_letter *of(struct dead_letter *dead_letter)
{
    return (struct scripted_dead_letter *)dead_letter;
}

static bool is_open(const struct scripted_letter *letter)
{
    return !letter->acknowledged && !letter->given_up;
}

static bool scripted_has_room(const struct dead_letter *dead_letter)
{
    const struct scripted_dead_letter *scripted = (const struct scripted_dead_letter *)dead_letter;
    size_t open = 0;
    for (size_t i = scripted->first; i < scripted->count; i++) {
        open += is_open(&scripted->letters[i]);
    }
    return open < scripted->room;
}

static void attempt(struct scripted_dead_letter *scripted, struct scripted_letter *letter)
{
    struct scripted_letter_answer answer = {0};
    letter->attempts++;
    if (scripted->decide != NULL) {
        answer = scripted->decide(scripted->context, letter);
    }
    letter->resting = false;
    letter->failing = answer.failed;
    letter->due_ms = scripted->clock->monotonic_ms + answer.delay_ms;
}

static void scripted_send(struct dead_letter *dead_letter, const struct message *message,
                          const struct letter *letter, struct token token)
{
    struct scripted_dead_letter *scripted = of(dead_letter);
    scripted->letters =
        memory_resize(scripted->letters, scripted->count + 1, sizeof *scripted->letters);
    struct scripted_letter *scripted_letter = &scripted->letters[scripted->count++];
    *scripted_letter = (struct scripted_letter){
        .topic = memory_string(message->topic),
        .partition = message->partition,
        .offset = message->offset,
        .value = {memory_string(message->value), message->value.size},
        .reason = memory_string(letter->reason),
        .text = memory_string(letter->message),
        .field = memory_string(letter->field),
        .error_code = memory_string(letter->error_code),
        .error_message = memory_string(letter->error_message),
        .mapping = memory_string(letter->mapping),
        .mapping_hash = memory_string(letter->mapping_hash),
        .items = letter->items,
        .status = letter->status,
        .token = token,
    };
    attempt(scripted, scripted_letter);
    scripted_dead_letter_tick(scripted);
}

/* Whether the end of an attempt is to be reported. */
static bool step(struct scripted_dead_letter *scripted, struct scripted_letter *letter,
                 int64_t now_ms, struct dead_letter_report *ret_report)
{
    if (!is_open(letter) || letter->due_ms > now_ms) {
        return false;
    }
    if (letter->resting) {
        attempt(scripted, letter);
        return false;
    }
    *ret_report = (struct dead_letter_report){.failed = letter->failing, .token = letter->token};
    letter->acknowledged = !letter->failing;
    letter->resting = letter->failing;
    letter->due_ms = now_ms + SCRIPTED_DEAD_LETTER_RETRY_MS;
    if (letter->failing) {
        error_set(&ret_report->error, "the letter was scripted to fail");
    }
    return true;
}

static bool scripted_reap(struct dead_letter *dead_letter, int64_t now_ms,
                          struct dead_letter_report *ret_report)
{
    struct scripted_dead_letter *scripted = of(dead_letter);
    bool reported = false;
    for (size_t i = scripted->first; i < scripted->count && !reported; i++) {
        reported = step(scripted, &scripted->letters[i], now_ms, ret_report);
    }
    while (scripted->first < scripted->count && !is_open(&scripted->letters[scripted->first])) {
        scripted->first++;
    }
    scripted_dead_letter_tick(scripted);
    return reported;
}

static void scripted_free(struct dead_letter *dead_letter)
{
    struct scripted_dead_letter *scripted = of(dead_letter);
    for (size_t i = 0; i < scripted->count; i++) {
        struct scripted_letter *letter = &scripted->letters[i];
        free(letter->topic);
        free((void *)(uintptr_t)letter->value.data);
        free(letter->reason);
        free(letter->text);
        free(letter->field);
        free(letter->error_code);
        free(letter->error_message);
        free(letter->mapping);
        free(letter->mapping_hash);
    }
    free(scripted->letters);
    free(scripted);
}

static const struct dead_letter_operations operations = {
    .has_room = scripted_has_room,
    .send = scripted_send,
    .reap = scripted_reap,
    .free = scripted_free,
};

struct scripted_dead_letter *scripted_dead_letter_new(const struct clock *clock, int wake_fd)
{
    struct scripted_dead_letter *scripted = memory_new(1, sizeof *scripted);
    scripted->dead_letter.operations = &operations;
    scripted->clock = clock;
    scripted->wake_fd = wake_fd;
    scripted->room = 100;
    return scripted;
}

struct dead_letter *scripted_dead_letter_interface(struct scripted_dead_letter *scripted)
{
    return &scripted->dead_letter;
}

void scripted_dead_letter_room(struct scripted_dead_letter *scripted, size_t room)
{
    scripted->room = room;
}

void scripted_dead_letter_decide(
    struct scripted_dead_letter *scripted,
    struct scripted_letter_answer (*decide)(void *context, const struct scripted_letter *letter),
    void *context)
{
    scripted->decide = decide;
    scripted->context = context;
}

void scripted_dead_letter_restart(struct scripted_dead_letter *scripted)
{
    for (size_t i = scripted->first; i < scripted->count; i++) {
        scripted->letters[i].given_up = is_open(&scripted->letters[i]);
    }
}

size_t scripted_dead_letter_count(const struct scripted_dead_letter *scripted)
{
    return scripted->count;
}

const struct scripted_letter *
scripted_dead_letter_letter(const struct scripted_dead_letter *scripted, size_t index)
{
    assert(index < scripted->count);
    return &scripted->letters[index];
}

int64_t scripted_dead_letter_deadline_ms(const struct scripted_dead_letter *scripted)
{
    int64_t deadline_ms = INT64_MAX;
    for (size_t i = scripted->first; i < scripted->count; i++) {
        const struct scripted_letter *letter = &scripted->letters[i];
        if (is_open(letter) && letter->due_ms < deadline_ms) {
            deadline_ms = letter->due_ms;
        }
    }
    return deadline_ms;
}

void scripted_dead_letter_tick(struct scripted_dead_letter *scripted)
{
    if (scripted_dead_letter_deadline_ms(scripted) <= scripted->clock->monotonic_ms) {
        uint64_t one = 1;
        ssize_t written = write(scripted->wake_fd, &one, sizeof one);
        (void)written; /* a full counter wakes as well */
    }
}
