/* Answers of any status and body: the first two bytes are the status, the rest is the body. */
#include "rokt/event_api_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Done is proven by a body, or by the one status that says so. The cause is one line of text. */
static void check(const struct rokt_answer *answer, enum rokt_verdict verdict,
                  const struct error *cause)
{
    bool may_be_done = answer->status == 409 ||
                       (answer->status >= 200 && answer->status <= 299 && answer->body.size > 0);
    struct slice text = slice_of(cause->text);
    if ((verdict == ROKT_DONE && !may_be_done) || text.size == 0 || text.size >= ERROR_SIZE ||
        !slice_is_utf8(text) || memchr(text.data, '\n', text.size) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct rokt_answer answer = {
        .status = (data[0] << 8 | data[1]) % 700,
        .body = {(const char *)data + 2, size - 2},
    };
    struct arena arena;
    struct error cause;
    arena_init(&arena, 0);
    enum rokt_verdict verdict = event_api_answer_judge(&answer, &arena, &cause);
    check(&answer, verdict, &cause);
    arena_done(&arena);
    return 0;
}
