#include "culprit.h"

#define NUMBER_DIGITS_MAX 9 /* more than a body has bytes */

/* What the places named so far come to. */
struct finding {
    const struct rokt_answer *answer;
    size_t event;
    bool found;
    bool contradicted;
};

static void note(struct finding *finding, size_t event)
{
    finding->contradicted = finding->contradicted || event >= finding->answer->event_count ||
                            (finding->found && event != finding->event);
    finding->found = true;
    finding->event = event;
}

/* The number that `text` begins with, and how many digits it has; 0 when there is none, or it is too
 * large to be any. */
static size_t read_number(struct slice text, size_t *ret_number)
{
    size_t digits = 0;
    size_t number = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        number = number * 10 + (size_t)(text.data[digits] - '0');
        if (++digits > NUMBER_DIGITS_MAX) {
            return 0;
        }
    }
    *ret_number = number;
    return digits;
}

/* The text behind the next `mark`; false when there is none. */
static bool next(struct slice *text, struct slice mark)
{
    size_t at = slice_find(*text, mark);
    if (at == SIZE_MAX) {
        return false;
    }
    *text = slice_part(*text, at + mark.size, SIZE_MAX);
    return true;
}

/* A path that begins with the index of a batch. */
static void find_paths(struct slice message, struct finding *finding)
{
    while (next(&message, SLICE("Path '["))) {
        size_t index;
        size_t digits = read_number(message, &index);
        bool closed = digits > 0 && digits < message.size && message.data[digits] == ']';
        note(finding, closed ? index : SIZE_MAX);
    }
}

/* The event in which character `position` of the body stands, counted from 1; SIZE_MAX: none. */
static size_t event_at(const struct rokt_answer *answer, size_t position)
{
    for (size_t i = 0; i < answer->event_count; i++) {
        const struct rokt_span *span = &answer->events[i];
        if (position > span->from && position <= span->from + span->size) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* A position between the events, or before them all (0), says nothing. */
static void find_positions(struct slice message, struct finding *finding)
{
    while (next(&message, SLICE(" position "))) {
        size_t position;
        bool read = read_number(message, &position) > 0;
        size_t event = read ? event_at(finding->answer, position) : SIZE_MAX;
        if (event != SIZE_MAX) {
            note(finding, event);
        }
    }
}

bool culprit_find(struct slice message, const struct rokt_answer *answer, size_t *ret_event)
{
    struct finding finding = {.answer = answer};
    find_paths(message, &finding);
    find_positions(message, &finding);
    if (!finding.found || finding.contradicted) {
        return false;
    }
    *ret_event = finding.event;
    return true;
}
