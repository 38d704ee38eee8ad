/* scripted_dead_letter: dead letters without Kafka: a script says which attempt is acknowledged, and
 * after how long.
 *
 * Time is the clock's. */
#ifndef SUPPORT_SCRIPTED_DEAD_LETTER_H
#define SUPPORT_SCRIPTED_DEAD_LETTER_H

#include "base/clock.h"
#include "kafka/dead_letter.h"

/* How long after a failed attempt the next one comes. */
#define SCRIPTED_DEAD_LETTER_RETRY_MS 1000

struct scripted_letter {
    char *topic;
    int32_t partition;
    int64_t offset;
    struct slice value;
    char *reason;
    char *text;
    char *field;
    char *error_code;
    char *error_message;
    char *mapping;
    char *mapping_hash;
    struct letter_items items;
    int64_t status;
    struct token token;
    size_t attempts;
    bool acknowledged;

    bool given_up; /* its sender is gone */
    bool resting;  /* between two attempts */
    bool failing;  /* as the attempt under way will end */
    int64_t due_ms;
};

/* All-zero is an acknowledgement at once. */
struct scripted_letter_answer {
    int64_t delay_ms;
    bool failed;
};

struct scripted_dead_letter;

/* `clock` must outlive it; `wake_fd` is written when a report may be there. Freed by the interface's
 * free(). */
struct scripted_dead_letter *scripted_dead_letter_new(const struct clock *clock, int wake_fd);
struct dead_letter *scripted_dead_letter_interface(struct scripted_dead_letter *scripted);

/* How many may wait for their acknowledgement: 100 in the beginning. */
void scripted_dead_letter_room(struct scripted_dead_letter *scripted, size_t room);

/* Asked at each attempt; the default is that all are acknowledged at once. */
void scripted_dead_letter_decide(
    struct scripted_dead_letter *scripted,
    struct scripted_letter_answer (*decide)(void *context, const struct scripted_letter *letter),
    void *context);

/* The sender is gone; what was not acknowledged is given up. Another has come in its place. */
void scripted_dead_letter_restart(struct scripted_dead_letter *scripted);

/* All letters so far; valid until the next one. */
size_t scripted_dead_letter_count(const struct scripted_dead_letter *scripted);
const struct scripted_letter *
scripted_dead_letter_letter(const struct scripted_dead_letter *scripted, size_t index);

/* Monotonic time at which something happens by itself; INT64_MAX: never. */
int64_t scripted_dead_letter_deadline_ms(const struct scripted_dead_letter *scripted);

/* To be called when the clock was moved: writes the fd when something has become due. */
void scripted_dead_letter_tick(struct scripted_dead_letter *scripted);

#endif
