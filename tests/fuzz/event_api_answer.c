/* Answers of any status and body: the first two bytes are the status, the rest is the body. */
#include "rokt/event_api_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Done is proven by a body, or by the one status that says so. The cause is one line of text. */
static void check(const struct rokt_answer *answer, const struct rokt_judgement *judgement)
{
    bool may_be_done = answer->status == 409 ||
                       (answer->status >= 200 && answer->status <= 299 && answer->body.size > 0);
    struct slice text = slice_of(judgement->cause.text);
    if ((judgement->verdict == ROKT_DONE && !may_be_done) || text.size == 0 ||
        text.size >= ERROR_SIZE || !slice_is_utf8(text) ||
        memchr(text.data, '\n', text.size) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    static const char request[] = "[{\"clientEventId\":\"1\"},{\"clientEventId\":\"2\"}]";
    static const struct rokt_span events[] = {{1, 21}, {23, 21}};
    struct rokt_answer answer = {
        .request = slice_of(request),
        .events = events,
        .event_count = 2,
        .status = (data[0] << 8 | data[1]) % 700,
        .body = {(const char *)data + 2, size - 2},
    };
    struct arena arena;
    struct rokt_judgement judgement;
    arena_init(&arena, 0);
    event_api_answer_judge(&answer, &arena, &judgement);
    check(&answer, &judgement);
    arena_done(&arena);
    return 0;
}
