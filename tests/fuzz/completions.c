/* Any text as metadata of a commit, and any content with the checksum that belongs to it: what is
 * believed is written again as the same text, and its runs are in order. */
#include "support/completions_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct completions_place place = {"orders", 3, 1000};
static struct completions completions;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void decode(struct slice text)
{
    struct error error;
    char again[COMPLETIONS_TEXT_MAX];
    if (!completions_decode(text, &place, &completions, &error)) {
        check(completions.count == 0);
        return;
    }
    int64_t next = place.offset;
    for (size_t i = 0; i < completions.count; i++) {
        check(completions.runs[i].first >= next);
        check(completions.runs[i].last >= completions.runs[i].first);
        next = completions.runs[i].last + 2;
    }
    size_t size = completions_encode(&completions, &place, again);
    check(slice_equal(text, (struct slice){again, size}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer content;
    struct buffer text;
    completions.count = 0;
    decode((struct slice){(const char *)data, size});
    buffer_init(&content, 1 << 20);
    buffer_init(&text, 1 << 20);
    buffer_append(&content, SLICE("rokt-relay/1:"));
    for (size_t i = 0; i < size; i++) {
        buffer_append_byte(&content, data[i] == '\0' ? 'A' : (char)data[i]);
    }
    completions_text(&text, buffer_slice(&content), &place);
    completions.count = 0;
    decode(buffer_slice(&text));
    buffer_done(&content);
    buffer_done(&text);
    return 0;
}
