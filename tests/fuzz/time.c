/* The first line is a format, the second a zone, and each line behind it a text that is read by both, as the
 * transform `timestamp` does. */
#include "base/timestamp.h"
#include "mapping/transform.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct slice take_line(struct slice *rest)
{
    struct slice line = slice_part(*rest, 0, slice_find(*rest, SLICE("\n")));
    *rest = slice_part(*rest, line.size + 1, SIZE_MAX);
    return line;
}

/* What is given is a moment, written in the one way in which moments are. */
static void check_time(const struct value *given)
{
    struct slice text = {NULL, 0};
    int64_t ms = -1;
    char again[TIMESTAMP_SIZE];
    check(value_text(given, &text) == VALUE_TEXT);
    check(timestamp_parse(text, NULL, &ms) == MOMENT_FINE);
    timestamp_format(ms, again);
    check(slice_equal(text, slice_of(again)));
}

static void read_time(const struct transform *transform, const void *prepared, struct slice text,
                      struct arena *arena)
{
    struct work work = {0};
    struct regex_matcher matcher = {0};
    struct call call = {.transform = transform,
                        .prepared = prepared,
                        .arena = arena,
                        .work = &work,
                        .matcher = &matcher};
    struct value value = value_new(JSON_STRING, text, arena);
    struct value given = {.one = NULL};
    struct error error = {""};
    bool good = transform_apply(&call, &value, &given, &error);
    check(good == (error.text[0] == '\0'));
    if (good && !value_is_nothing(&given)) {
        check_time(&given);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    arena_reset(&arena);
    const struct transform *transform = transform_find(SLICE("timestamp"));
    struct slice rest = arena_copy(&arena, (struct slice){(const char *)data, size});
    struct slice format = take_line(&rest);
    struct slice zone = take_line(&rest);
    const void *prepared = NULL;
    struct preparation preparation = {.arena = &arena, .argument_count = zone.size > 0 ? 2 : 1};
    preparation.arguments[0] = value_new(JSON_STRING, format, &arena).one;
    preparation.arguments[1] = value_new(JSON_STRING, zone, &arena).one;
    if (!slice_is_utf8(rest) || !slice_is_utf8(format) || !slice_is_utf8(zone)) {
        return 0;
    }
    if (!transform->prepare(&preparation, &prepared)) {
        check(preparation.error.text[0] != '\0');
        return 0;
    }
    while (rest.size > 0) {
        read_time(transform, prepared, take_line(&rest), &arena);
    }
    return 0;
}
