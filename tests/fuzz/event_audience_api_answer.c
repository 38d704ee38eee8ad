/* Answers of any status, header and body: the first two bytes are the status, up to the next line's end
 * comes the header of the percentage, the rest is the body. */
#include "rokt/event_audience_api_answer.h"

#include <stdlib.h>

#define EVENTS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_cause(const struct error *cause)
{
    struct slice text = slice_of(cause->text);
    demand(text.size > 0 && text.size < ERROR_SIZE && slice_is_utf8(text) &&
           memchr(text.data, '\n', text.size) == NULL);
}

/* Done is said by a success alone, and nothing is dead but what a success names. */
static void check(const struct rokt_answer *answer, const struct rokt_judgement *judgement)
{
    bool success = answer->status >= 200 && answer->status <= 299;
    check_cause(&judgement->cause);
    demand(judgement->verdict != ROKT_DEAD && (judgement->verdict != ROKT_DONE || success));
    demand(judgement->used_percent >= -1 && judgement->used_percent <= 100);
    demand(judgement->refusal_count <= EVENTS);
    for (size_t i = 0; i < judgement->refusal_count; i++) {
        const struct rokt_refusal *refusal = &judgement->refusals[i];
        check_cause(&refusal->cause);
        demand(refusal->event < EVENTS && (i == 0 || refusal->event > refusal[-1].event));
        demand(refusal->verdict == ROKT_ALONE || (refusal->verdict == ROKT_DEAD && success));
        demand(judgement->verdict == ROKT_DONE || judgement->verdict == ROKT_ALONE ||
               judgement->verdict == ROKT_SPLIT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char request[] = "[{\"a\":111},{\"a\":222}]";
    static const struct rokt_span events[] = {{1, 9}, {11, 9}};
    if (size < 2) {
        return 0;
    }
    struct slice rest = {(const char *)data + 2, size - 2};
    size_t end = slice_find(rest, SLICE("\n"));
    struct rokt_answer answer = {
        .request = slice_of(request),
        .events = events,
        .event_count = EVENTS,
        .status = (data[0] << 8 | data[1]) % 700,
        .body = end == SIZE_MAX ? rest : slice_part(rest, end + 1, SIZE_MAX),
        .headers = {{NULL, 0}, slice_part(rest, 0, end == SIZE_MAX ? 0 : end)},
    };
    struct arena arena;
    struct rokt_judgement judgement;
    arena_init(&arena, 0);
    event_audience_api_answer_judge(&answer, &arena, &judgement);
    check(&answer, &judgement);
    arena_done(&arena);
    return 0;
}
